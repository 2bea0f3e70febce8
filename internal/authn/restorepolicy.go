package authn

// RestorePolicy says whether people may restore their account with a restore code. Stored and sent: append, never rename.
type RestorePolicy string

// The policies, the strictest first.
const (
	RestoreForbidden RestorePolicy = "forbidden"
	RestoreLimited   RestorePolicy = "limited"   // each restore has to be allowed beforehand by service desk or administrator
	RestoreAllowed   RestorePolicy = "allowed"   // whoever wants to sets it up
	RestoreAutomatic RestorePolicy = "automatic" // the app sets it up right after registration
)

// Valid reports whether p is one of the policies.
func (p RestorePolicy) Valid() bool { return p.laxity() >= 0 }

// laxity is 0 for the strictest policy, and -1 for what nobody knows.
func (p RestorePolicy) laxity() int {
	switch p {
	case RestoreForbidden:
		return 0
	case RestoreLimited:
		return 1
	case RestoreAllowed:
		return 2
	case RestoreAutomatic:
		return 3
	}
	return -1
}

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

// Valid reports whether p is one of the policies.
func (p OldDevicePolicy) Valid() bool {
	return p == OldDeviceRemoved || p == OldDeviceAsked || p == OldDeviceKept
}

// RestoreDelivery says how the one-time code of a restore reaches its user. Stored and sent: append, never rename.
type RestoreDelivery string

// The ways.
const (
	RestoreByMail RestoreDelivery = "mail"
	RestoreByDesk RestoreDelivery = "desk" // the service desk reads it out or hands it over, after it made sure who asks
)

// Valid reports whether d is one of the ways.
func (d RestoreDelivery) Valid() bool { return d == RestoreByMail || d == RestoreByDesk }
