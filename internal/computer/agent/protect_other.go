//go:build !linux

package agent

import (
	"errors"
	"time"
)

// Protect does nothing here and says so: the daemon is for Linux.
func Protect() error { return errors.New("memory is not protected on this system") }

var began = time.Now()

// Uptime is the time since this process began.
func Uptime() time.Duration { return time.Since(began) }
