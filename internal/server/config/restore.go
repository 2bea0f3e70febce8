package config

import (
	"fmt"

	"avow/internal/authn"
)

func (r Restore) check(fs *Faults) {
	oneOf(fs, "restore.policy", r.Policy, words(authn.RestorePolicies)...)
	oneOf(fs, "restore.old_device", r.OldDevice, words(authn.OldDevicePolicies)...)
	if r.HoldHours < 0 || r.HoldHours > authn.MaxHoldHours {
		fs.add("restore.hold_hours", fmt.Sprintf("%d is not between 0 and %d", r.HoldHours, authn.MaxHoldHours), "Write a number of hours in between, for instance 24")
	}
	oneOf(fs, "restore.delivery", r.Delivery, words(authn.RestoreDeliveries)...)
}

func words[T ~string](list []T) []string {
	out := make([]string, 0, len(list))
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

// Decided is what the table says, as the server's defaults.
func (r Restore) Decided(p authn.Policy) authn.Policy {
	p.Restore, p.OldDevice = authn.RestorePolicy(r.Policy), authn.OldDevicePolicy(r.OldDevice)
	p.RestoreHold, p.RestoreDelivery = r.HoldHours, authn.RestoreDelivery(r.Delivery)
	return p
}
