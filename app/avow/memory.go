package main

import (
	"runtime/debug"

	"avow/internal/phone"
)

// garbage is how much of what lives may be garbage before it is collected, in percent: the app mostly waits, and others need the memory.
const garbage = 50

// givesBack has memory given back to the system after each lock and unlock: a PIN takes 64 MiB for a moment (argon2id), which the runtime would keep for
// minutes. A full collection takes some milliseconds beside what runs.
func givesBack(core *phone.Core) (cancel func()) {
	debug.SetGCPercent(garbage)
	return core.Subscribe(func(e phone.Event) {
		if e.Kind == phone.LockChanged {
			go debug.FreeOSMemory()
		}
	})
}
