//go:build !linux

package agent

import (
	"errors"
	"time"
)

// Hide does nothing here and says so: helper and daemon are for Linux.
func Hide() error { return errors.New("memory is not hidden on this system") }

// Protect does nothing here and says so: the daemon is for Linux.
func Protect() error { return errors.New("memory is not protected on this system") }

var began = time.Now()

// Uptime is the time since this process began.
func Uptime() time.Duration { return time.Since(began) }
