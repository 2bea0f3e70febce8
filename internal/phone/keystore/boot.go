package keystore

import (
	"time"

	"avow/internal/key"
)

// Boot is how long the device has run since it was started, sleep counted where the system does, and a name of that start which no other has. Nobody can
// turn it, as they can the clock.
type Boot func() (name string, since time.Duration)

var (
	processBegan = time.Now()
	processName  = key.RandomID(16)
)

// processBoot takes the start of this process for the device's: what waits goes on waiting after a restart of the app, at most a little longer.
func processBoot() (string, time.Duration) { return processName, time.Since(processBegan) }
