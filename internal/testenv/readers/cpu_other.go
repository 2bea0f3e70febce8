//go:build !unix

package readers

import "time"

var began = time.Now()

// used is the time by the clock, where the system does not tell that of the process in a portable way.
func used() time.Duration { return time.Since(began) }
