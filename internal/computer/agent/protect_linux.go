package agent

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Hide keeps other processes of this one's user out of its memory and descriptors: no core dumps, no ptrace (prctl(2), PR_SET_DUMPABLE).
func Hide() error {
	var all []error
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		all = append(all, fmt.Errorf("switch core dumps off: %w", err))
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		all = append(all, fmt.Errorf("keep debuggers away: %w", err))
	}
	return errors.Join(all...)
}

// Protect keeps this process's memory, in which the keys of QR codes are, off the disk too: Hide, and no swap (mlockall(2), MCL_ONFAULT since
// Go reserves much more than it uses). What the system does not allow is told, and the rest is done.
func Protect() error {
	err := Hide()
	if lock := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); lock != nil {
		err = errors.Join(err, fmt.Errorf("lock memory: %w", lock))
	}
	return err
}

// Uptime is the time since boot, with the time in which the machine slept (CLOCK_BOOTTIME).
func Uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0 // it began just now: what waits, waits longer
	}
	return time.Duration(t.Nano())
}
