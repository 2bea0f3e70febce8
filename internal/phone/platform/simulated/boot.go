package simulated

import (
	"time"

	"avow/internal/key"
)

// Boot is a device that was started just now and goes by a clock which nobody turns: its name, and how long it runs. It is a keystore.Boot.
func Boot(now func() time.Time) func() (string, time.Duration) {
	if now == nil {
		now = time.Now
	}
	name, began := key.RandomID(16), now()
	return func() (string, time.Duration) { return name, now().Sub(began) }
}
