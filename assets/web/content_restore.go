package web

import (
	"time"

	"avow/assets/translations"
)

// RestorePolicy says who may restore an account; the words are those of authn.RestorePolicy.
type RestorePolicy string

// The policies, the strictest first.
const (
	RestoreForbidden RestorePolicy = "forbidden"
	RestoreLimited   RestorePolicy = "limited"
	RestoreAllowed   RestorePolicy = "allowed"
	RestoreAutomatic RestorePolicy = "automatic"
)

// RestorePolicies are the choices in their order.
func RestorePolicies() []RestorePolicy {
	return []RestorePolicy{RestoreForbidden, RestoreLimited, RestoreAllowed, RestoreAutomatic}
}

// Text names the policy.
func (p RestorePolicy) Text() translations.Message {
	switch p {
	case RestoreForbidden:
		return "portal.restore.forbidden"
	case RestoreLimited:
		return "portal.restore.limited"
	case RestoreAllowed:
		return "portal.restore.allowed"
	case RestoreAutomatic:
		return "portal.restore.automatic"
	}
	return "portal.state.none"
}

// AccountRestore is whether an account can be restored. Never the code, which the server does not know.
type AccountRestore string

// The states.
const (
	RestoreOff       AccountRestore = "off" // nobody has set it up
	RestoreOn        AccountRestore = "on"
	RestoreIsBlocked AccountRestore = "blocked"
)

// Look implements Stated.
func (s AccountRestore) Look() Look {
	return lookOf(map[AccountRestore]Look{
		RestoreOff:       {Calm, "minus-circle-fill", "portal.restore.off"},
		RestoreOn:        {Good, "shield-check-fill", "portal.restore.on"},
		RestoreIsBlocked: {Bad, "prohibit-fill", "portal.restore.blocked"},
	}, s)
}

// OneRestore is how one restore stands; the words are those of authn.RestoreState.
type OneRestore string

// The states of one restore.
const (
	RestoreProved   OneRestore = "proved"
	RestoreAsking   OneRestore = "asking"
	RestoreHeld     OneRestore = "held"
	RestoreReleased OneRestore = "released"
	RestoreStopped  OneRestore = "blocked"
	RestoreExpired  OneRestore = "expired"
	RestoreFailed   OneRestore = "failed"
)

// Look implements Stated.
func (s OneRestore) Look() Look {
	return lookOf(map[OneRestore]Look{
		RestoreProved:   {Warn, "clock-fill", "portal.restore.proved"},
		RestoreAsking:   {Warn, "clock-fill", "portal.restore.asking"},
		RestoreHeld:     {Warn, "clock-fill", "portal.restore.held"},
		RestoreReleased: {Good, "check-circle-fill", "portal.restore.released"},
		RestoreStopped:  {Bad, "prohibit-fill", "portal.restore.stopped"},
		RestoreExpired:  {Calm, "history", "portal.restore.expired"},
		RestoreFailed:   {Calm, "x-circle-fill", "portal.restore.failed"},
	}, s)
}

// WipeState is how far a wipe has come; the words are those of authn.WipeState.
type WipeState string

// The states of a wipe. Only WipeConfirmed is what the device itself has signed.
const (
	WipeNone      WipeState = ""
	WipeRequested WipeState = "requested"
	WipeDelivered WipeState = "delivered"
	WipeConfirmed WipeState = "confirmed"
	WipeNeverSeen WipeState = "never_seen"
	WipeSealed    WipeState = "sealed" // confirmed, but for what opens with the user's PIN only
)

// Look implements Stated.
func (s WipeState) Look() Look {
	return lookOf(map[WipeState]Look{
		WipeRequested: {Warn, "clock-fill", "portal.wipe.requested"},
		WipeDelivered: {Warn, "clock-fill", "portal.wipe.delivered"},
		WipeConfirmed: {Good, "check-circle-fill", "portal.wipe.confirmed"},
		WipeNeverSeen: {Bad, "warning-fill", "portal.wipe.never_seen"},
		WipeSealed:    {Good, "check-circle-fill", "portal.wipe.sealed"},
	}, s)
}

// Restore is how restore stands for one account.
type Restore struct {
	State        AccountRestore
	Policy       RestorePolicy // for this account
	CodeAt       time.Time     // when the code was made
	ProvenAt     time.Time     // when somebody last typed it and it was right; zero: never
	BlockedAt    time.Time
	BlockedBy    string
	AllowedUntil time.Time // one restore was allowed; zero: none is
	Locked       bool      // too many wrong codes today
	Open         []RestoreRow
}

// MayAllow says whether one restore can be allowed: where the policy asks for that.
func (r Restore) MayAllow() bool {
	return r.Policy == RestoreLimited && r.State == RestoreOn && r.AllowedUntil.IsZero()
}

// MayUnblock says whether there is something to unblock.
func (r Restore) MayUnblock() bool { return r.State == RestoreIsBlocked || r.Locked }

// MayBlock says whether there is something to block.
func (r Restore) MayBlock() bool {
	return r.State == RestoreOn || len(r.Open) > 0 && r.State != RestoreIsBlocked
}

// RestoreRow is one restore that is under way.
type RestoreRow struct {
	ID         string
	State      OneRestore
	Colleagues bool // colleagues are asked, in place of a code
	Name       string
	Facts      string // model, system
	Place      string // address
	At         time.Time
	Until      time.Time // of the waiting time; zero: none
	Needed     int       // of colleagues
	Approved   int
	DeskCode   bool // the service desk gives out its one-time code
}

// RestoreCoverage is for how many users restore is set up, and proven. Never a code.
type RestoreCoverage struct {
	Users, On, Proven, Blocked int // Proven: within a year
	Open                       int // restores that are under way
}

// OneTimeCodePage shows the one-time code of a restore, which the service desk reads out, once.
type OneTimeCodePage struct {
	Person   Person
	Phone    RestoreRow // the new phone
	Code     string     // in groups: "4821 9930"
	Left     time.Duration
	Lifetime time.Duration
	Back     string
}

// GroupPolicy is the policy for a group.
type GroupPolicy struct {
	Group  string
	Policy RestorePolicy // "": as for everybody
}
