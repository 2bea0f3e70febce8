package authn

import (
	"slices"
	"strconv"
)

// RestorePolicy says who may bring an account back with a restore code (feature D6). Stored and sent: append, never rename.
type RestorePolicy string

// The policies, the strictest first.
const (
	RestoreForbidden RestorePolicy = "forbidden" // nobody may set it up, nor use what was set up
	RestoreLimited   RestorePolicy = "limited"   // each restore has to be allowed beforehand by the service desk or an administrator
	RestoreAllowed   RestorePolicy = "allowed"   // who wants may set it up; the app offers it
	RestoreAutomatic RestorePolicy = "automatic" // the app sets it up right after the first registration
)

// RestorePolicies are all, the strictest first.
var RestorePolicies = []RestorePolicy{RestoreForbidden, RestoreLimited, RestoreAllowed, RestoreAutomatic}

// Valid reports whether p is one of the policies.
func (p RestorePolicy) Valid() bool { return slices.Contains(RestorePolicies, p) }

// OldDevicePolicy says what becomes of a user's other devices when a restore is over. Stored and sent: append, never rename.
type OldDevicePolicy string

// The policies.
const (
	OldDeviceRemoved OldDevicePolicy = "removed" // at once
	OldDeviceAsked   OldDevicePolicy = "asked"   // the new device asks its user
	OldDeviceKept    OldDevicePolicy = "kept"
)

// OldDevicePolicies are all.
var OldDevicePolicies = []OldDevicePolicy{OldDeviceRemoved, OldDeviceAsked, OldDeviceKept}

// Valid reports whether p is one of the policies.
func (p OldDevicePolicy) Valid() bool { return slices.Contains(OldDevicePolicies, p) }

// RestoreCodeDelivery says how the one-time code of a restore, the second of its two proofs, reaches the user. Stored and sent: append, never rename.
type RestoreCodeDelivery string

// The deliveries.
const (
	DeliveryMail RestoreCodeDelivery = "mail"
	DeliveryDesk RestoreCodeDelivery = "desk" // the service desk reads it out, or hands it over, to a caller whom it has verified
)

// RestoreCodeDeliveries are all.
var RestoreCodeDeliveries = []RestoreCodeDelivery{DeliveryMail, DeliveryDesk}

// Valid reports whether d is one of the deliveries.
func (d RestoreCodeDelivery) Valid() bool { return slices.Contains(RestoreCodeDeliveries, d) }

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
	strictest := -1
	for _, g := range groups {
		own, ok := p.GroupRestore[g]
		if !ok {
			continue
		}
		if n := max(0, slices.Index(RestorePolicies, own)); strictest < 0 || n < strictest {
			strictest = n
		}
	}
	if strictest < 0 {
		strictest = max(0, slices.Index(RestorePolicies, p.Restore))
	}
	return RestorePolicies[strictest]
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
