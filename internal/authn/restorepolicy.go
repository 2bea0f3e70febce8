package authn

import (
	"slices"
	"strconv"
)

// RestorePolicy says whether people may restore their account with a restore code. Stored and sent: append, never rename.
type RestorePolicy string

// The policies, the strictest first.
const (
	RestoreForbidden RestorePolicy = "forbidden"
	RestoreLimited   RestorePolicy = "limited"   // each restore has to be allowed beforehand by service desk or administrator
	RestoreAllowed   RestorePolicy = "allowed"   // whoever wants to sets it up
	RestoreAutomatic RestorePolicy = "automatic" // the app sets it up right after registration
)

// RestorePolicies are all, the strictest first.
var RestorePolicies = []RestorePolicy{RestoreForbidden, RestoreLimited, RestoreAllowed, RestoreAutomatic}

// Valid reports whether p is one of the policies.
func (p RestorePolicy) Valid() bool { return p.laxity() >= 0 }

// laxity is 0 for the strictest policy, and -1 for what nobody knows.
func (p RestorePolicy) laxity() int { return slices.Index(RestorePolicies, p) }

// Stricter returns the stricter of two policies. One that nobody knows is the strictest: it was written by a newer program.
func (p RestorePolicy) Stricter(q RestorePolicy) RestorePolicy {
	if !p.Valid() || !q.Valid() {
		return RestoreForbidden
	}
	if q.laxity() < p.laxity() {
		return q
	}
	return p
}

// OldDevicePolicy says what becomes of the devices that the user had when a restore is finished. Stored and sent: append, never rename.
type OldDevicePolicy string

// The policies.
const (
	OldDeviceRemoved OldDevicePolicy = "removed" // with the restore
	OldDeviceAsked   OldDevicePolicy = "asked"   // the new device asks its user
	OldDeviceKept    OldDevicePolicy = "kept"
)

// OldDevicePolicies are all.
var OldDevicePolicies = []OldDevicePolicy{OldDeviceRemoved, OldDeviceAsked, OldDeviceKept}

// Valid reports whether p is one of the policies.
func (p OldDevicePolicy) Valid() bool { return slices.Contains(OldDevicePolicies, p) }

// RestoreDelivery says how the one-time code of a restore reaches its user. Stored and sent: append, never rename.
type RestoreDelivery string

// The ways.
const (
	RestoreByMail RestoreDelivery = "mail"
	RestoreByDesk RestoreDelivery = "desk" // the service desk reads it out or hands it over, after it made sure who asks
)

// RestoreDeliveries are all.
var RestoreDeliveries = []RestoreDelivery{RestoreByMail, RestoreByDesk}

// Valid reports whether d is one of the ways.
func (d RestoreDelivery) Valid() bool { return slices.Contains(RestoreDeliveries, d) }

// What holds where nobody has decided otherwise, and how far a decision goes.
const (
	ProbationHours      = 24 // of a new device
	ColleaguesNeeded    = 2
	ColleaguesHold      = 24 // hours
	MaxHoldHours        = 72 // of a restore, of colleagues and of probation
	MaxColleaguesNeeded = 5
	maxGroupRestores    = 100
	maxGroupName        = 128
)

// RestoreFor is the policy for a user who is in these groups: the strictest of those that have one, which wins over the policy for everybody. What nobody
// knows is forbidden.
func (p Policy) RestoreFor(groups []string) RestorePolicy {
	found := RestorePolicy("")
	for _, g := range groups {
		switch own, ok := p.GroupRestore[g]; {
		case ok && found == "":
			found = own.Stricter(own)
		case ok:
			found = found.Stricter(own)
		}
	}
	if found == "" {
		return p.Restore.Stricter(p.Restore)
	}
	return found
}

func (p Policy) validateRestore() error {
	switch {
	case p.Restore != "" && !p.Restore.Valid():
		return errBadRestore
	case p.OldDevice != "" && !p.OldDevice.Valid():
		return Fail(Invalid, "bad_old_device", "The old device is removed, asked about or kept.")
	case p.RestoreDelivery != "" && !p.RestoreDelivery.Valid():
		return Fail(Invalid, "bad_restore_delivery", "The one-time code of a restore comes by mail, or from the service desk.")
	case p.RestoreHold < 0 || p.RestoreHold > MaxHoldHours:
		return Fail(Invalid, "bad_restore_hold", "The waiting time of a restore is 0 to "+strconv.Itoa(MaxHoldHours)+" hours.")
	case p.ProbationHours < 0 || p.ProbationHours > MaxHoldHours:
		return Fail(Invalid, "bad_probation", "The probation of a new device is 0 to "+strconv.Itoa(MaxHoldHours)+" hours.")
	case p.ColleaguesNeeded < 0 || p.ColleaguesNeeded > MaxColleaguesNeeded:
		return Fail(Invalid, "bad_colleagues_needed", "1 to "+strconv.Itoa(MaxColleaguesNeeded)+" colleagues have to say Yes.")
	case p.ColleaguesHold < 0 || p.ColleaguesHold > MaxHoldHours:
		return Fail(Invalid, "bad_colleagues_hold", "The waiting time after the colleagues' Yes is 1 to "+strconv.Itoa(MaxHoldHours)+" hours.")
	case len(p.GroupRestore) > maxGroupRestores:
		return Fail(Invalid, "too_many_groups", "At most "+strconv.Itoa(maxGroupRestores)+" groups have a policy of their own.")
	}
	for name, own := range p.GroupRestore {
		if name == "" || CleanText(name, maxGroupName) != name {
			return Fail(Invalid, "bad_group", "The name of a group has 1 to "+strconv.Itoa(maxGroupName)+" characters, without line breaks and angle brackets.")
		}
		if !own.Valid() {
			return errBadRestore
		}
	}
	return nil
}

var errBadRestore = Fail(Invalid, "bad_restore", "Restore is forbidden, limited, allowed or automatic.")
