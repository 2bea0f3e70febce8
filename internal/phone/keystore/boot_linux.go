package keystore

import (
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// bootID is what random(4) says of this boot.
var bootID = sync.OnceValue(func() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // as on an Android that shows it to no app
	}
	return strings.TrimSpace(string(data))
})

// systemBoot is the kernel's boot id and CLOCK_BOOTTIME (clock_gettime(2)), which goes on while the machine sleeps.
func systemBoot() (string, time.Duration) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil || bootID() == "" {
		return processBoot()
	}
	return bootID(), time.Duration(t.Nano())
}
