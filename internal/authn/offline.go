package authn

import (
	"time"

	"avow/internal/key"
)

// Batch is a list of codes that a computer made, as the server passes it on. Nothing in it is secret: the codes come from Key and the exchange key of its holder
// (docs/protocol.md, section 7).
type Batch struct {
	ID        BatchID
	Grant     GrantID
	Holder    DeviceID // whose exchange key it was made for; "" is the service desk
	JWS       string   // as the computer signed it
	Key       key.Public
	Count     int
	CreatedAt time.Time // when it arrived

	// Each is the index after the last one, so 0 is "none".
	Given int // by the service desk
	Shown int // by the phone
	Used  int // at the computer
}

// Next is the index of the next code that the service desk may give out; ok is false when there is none. A code that was used before
// it was given out is passed over.
func (b Batch) Next() (index int, ok bool) {
	index = max(b.Given, b.Used)
	return index, index < b.Count
}

// OfflineUse is one code, or one line of a computer's journal that is about none: what the computer says of it, what the phone says,
// and what the service desk did. Zero times mean that it has not happened.
type OfflineUse struct {
	Computer ClientID
	Use      Hash     // names the code (wire.ChallengeUse, wire.ListUse); the line's own sum for a line about none
	Grant    GrantID  // as the computer or phone says
	Device   DeviceID // of the grant; "" when the computer has no such grant
	User     UserID   // of the grant; "" when the computer has no such grant
	Method   OfflineMethod

	CreatedAt time.Time // when the server first heard of it

	Kind       string    // of the journal's line: sign_in, refused, locked; "" while the computer has told nothing
	Login      string    // as it was typed
	Seq        uint64    // of the line
	Sum        Hash      // of the line
	ComputerAt time.Time // by the computer's clock
	ReceivedAt time.Time // when the line arrived

	PhoneAt    time.Time // by the phone's clock
	RecordedAt time.Time // when the phone's note arrived

	ReleasedBy     string // who at the service desk gave it out: admin:maja
	Reason         string
	ReleasedAt     time.Time
	ReleaseExpires time.Time
	UsedAt         time.Time // the computer asked, and was told yes

	AlertedAt time.Time // people were told that it does not fit
}

// OfflineUseState says how what is known of a code fits. It is sent: append, never rename.
type OfflineUseState string

// The states.
const (
	UseWaiting  OfflineUseState = "waiting"  // a sign-in; its phone has not called since
	UseMatched  OfflineUseState = "matched"  // a sign-in with a code that its phone has shown, or the service desk has given out
	UseShown    OfflineUseState = "shown"    // a phone has shown it; nobody has signed in with it, as far as is known
	UseUnknown  OfflineUseState = "unknown"  // a sign-in with a code that nobody knows of: an alert
	UseRefused  OfflineUseState = "refused"  // no sign-in
	UseReleased OfflineUseState = "released" // the service desk gave it out; nobody has signed in with it, as far as is known
)

// State is how it stands.
func (u OfflineUse) State() OfflineUseState {
	switch {
	case u.Kind != "" && u.Kind != "sign_in":
		return UseRefused
	case !u.AlertedAt.IsZero():
		return UseUnknown
	case u.Kind == "" && !u.ReleasedAt.IsZero() && u.UsedAt.IsZero():
		return UseReleased
	case u.Kind == "" && u.UsedAt.IsZero():
		return UseShown
	case u.RecordedAt.IsZero() && u.ReleasedAt.IsZero():
		return UseWaiting
	}
	return UseMatched
}

// Errors of a code of the service desk. To the computer they are all the same: this code lets nobody in.
var (
	ErrDeskNotGiven = Fail(Gone, "desk_code_not_given", "This code was not given out. Ask the service desk for one.")
	ErrDeskOver     = Fail(Gone, "desk_code_over", "Too late: the two minutes of this code are over. Ask the service desk for another.")
	ErrDeskUsed     = Fail(Gone, "desk_code_used", "This code was used already. Ask the service desk for another.")
)

// Release gives the code out for DeskLifetime, once.
func (u OfflineUse) Release(by, reason string, now time.Time) (OfflineUse, error) {
	if !u.ReleasedAt.IsZero() || !u.UsedAt.IsZero() || u.Kind != "" {
		return u, ErrDeskUsed
	}
	u.ReleasedBy, u.Reason, u.ReleasedAt, u.ReleaseExpires = by, reason, now, now.Add(DeskLifetime)
	return u, nil
}

// Take uses a code that was given out, once and within its time.
func (u OfflineUse) Take(now time.Time) (OfflineUse, error) {
	switch {
	case u.ReleasedAt.IsZero():
		return u, ErrDeskNotGiven
	case !u.UsedAt.IsZero():
		return u, ErrDeskUsed
	case !now.Before(u.ReleaseExpires):
		return u, ErrDeskOver
	}
	u.UsedAt = now
	return u, nil
}
