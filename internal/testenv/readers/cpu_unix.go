//go:build unix

package readers

import (
	"syscall"
	"time"
)

// used is the CPU time of this process so far: user and system together, as the kernel is exact about their sum only.
func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
