package authn

import (
	"time"

	"avow/internal/key"
)

// RestoreKind is stored and sent: append, never rename.
type RestoreKind string

// The kinds.
const (
	RestoreByCode       RestoreKind = "code"       // with the restore code
	RestoreByColleagues RestoreKind = "colleagues" // named colleagues vouch for her
)

// RestoreState is stored and sent: append, never rename.
type RestoreState string

// The states: proved -> held -> released, or asking -> held -> released; blocked, expired and failed end it for good.
const (
	RestoreProved   RestoreState = "proved" // the restore code was proved; the one-time code is awaited
	RestoreAsking   RestoreState = "asking" // colleagues are asked
	RestoreHeld     RestoreState = "held"   // until HeldUntil; from then on the phone may finish it
	RestoreReleased RestoreState = "released"
	RestoreBlocked  RestoreState = "blocked" // by the user, an administrator or the service desk
	RestoreExpired  RestoreState = "expired"
	RestoreFailed   RestoreState = "failed" // too many wrong one-time codes, or another restore took its place
)

// Open reports whether a restore in this state can still be finished.
func (s RestoreState) Open() bool {
	return s == RestoreProved || s == RestoreAsking || s == RestoreHeld
}

// Limits of a restore.
const (
	OTPLifetime   = 10 * time.Minute
	OTPTries      = 5 // of one restore, over all its codes
	OTPResends    = 3 // beside the first
	OTPMailsADay  = 10
	DeskTime      = 24 * time.Hour      // to ask the service desk for the one-time code
	FinishTime    = 7 * 24 * time.Hour  // after the hold
	AskTime       = 72 * time.Hour      // for colleagues to answer
	ReachHold     = 24 * time.Hour      // after mail or phone were changed
	RestoreMemory = 90 * 24 * time.Hour // how long an ended restore is kept
)

// Restore is one attempt to connect a new phone to an account without an old one. It is bound to the new phone's three keys from its start.
type Restore struct {
	ID         RestoreID
	User       UserID
	Kind       RestoreKind
	State      RestoreState
	Challenge  Hash // of the challenge that the statement answers
	Keys       DeviceKeys
	Info       DeviceInfo
	Class      key.Class
	UV         UserVerification
	Verifies   UVPolicy
	Statement  Hash // of the statement's exact bytes
	IP         string
	CreatedAt  time.Time
	Delivery   RestoreDelivery
	OTPSends   int       // how many one-time codes were made; each makes the ones before worthless
	OTPExpires time.Time // of the newest; zero while there is none
	OTPTries   int
	HeldUntil  time.Time
	EndedAt    time.Time
	EndedBy    string // device:d_…, admin:NAME, server
	Device     DeviceID
	Bound      string // the answer, a JWS: the phone that lost it gets the same again
	Needed     int    // of colleagues
	Answers    []ColleagueAnswer
}

// ColleagueAnswer is what a colleague was asked, and said.
type ColleagueAnswer struct {
	User     UserID    `json:"user"`
	Request  RequestID `json:"request,omitempty"`
	Answered bool      `json:"answered,omitempty"`
	Yes      bool      `json:"yes,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Approved counts the colleagues who said Yes.
func (r Restore) Approved() (n int) {
	for _, a := range r.Answers {
		if a.Answered && a.Yes {
			n++
		}
	}
	return n
}

// Errors of restores.
var (
	// ErrRestoreRefused is the one answer to a wrong code, an unknown user, a user without restore, and too many tries.
	ErrRestoreRefused    = Fail(Forbidden, "restore_refused", "This does not work. Compare server, user name and restore code. After five wrong tries nothing is accepted for a day; the service desk can help.")
	ErrRestoreForbidden  = Fail(Forbidden, "restore_forbidden", "Your organisation does not allow that an account is restored. Ask the service desk for a new code to connect this phone.")
	ErrRestoreNotAllowed = Fail(Forbidden, "restore_not_allowed", "Your organisation wants to know first. Call the service desk, have the restore allowed, and try again.")
	ErrRestoreIsBlocked  = Fail(Forbidden, "restore_blocked", "Restoring this account was blocked. If that was not you, call the service desk now; it can allow it again.")
	ErrRestoreUnknown    = Fail(NotFound, "restore_unknown", "This restore is not known here. Begin again.")
	ErrRestoreExpired    = Fail(Gone, "restore_expired", "This restore took too long. Begin again.")
	ErrRestoreFailed     = Fail(Gone, "restore_failed", "This restore has ended: too many wrong codes, or another one took its place. Begin again.")
	ErrRestoreHeld       = Fail(Conflict, "restore_held", "Your organisation waits before it lets a new phone in. Try again when the time is over.")
	ErrRestoreOver       = Fail(Conflict, "restore_over", "This restore is over. Remove the phone from the account if it is not yours.")
	ErrRestoreState      = Fail(Conflict, "restore_state", "This restore is not at this step. Look at it again.")
	ErrOTPWrong          = Fail(Invalid, "otp_wrong", "This is not the code. Compare it with the newest mail and type it again.")
	ErrOTPExpired        = Fail(Gone, "otp_expired", "This code is too old. Have a new one sent.")
	ErrOTPResends        = Fail(TooMany, "otp_resends", "No more codes are sent for this restore. Type the newest, or begin again later.")
)

// NewRestore begins a restore whose factor before the one-time code was proved.
func NewRestore(id RestoreID, user UserID, kind RestoreKind, delivery RestoreDelivery, now time.Time) Restore {
	r := Restore{ID: id, User: user, Kind: kind, State: RestoreProved, Delivery: delivery, CreatedAt: now}
	if delivery == RestoreByMail {
		r.OTPSends, r.OTPExpires = 1, now.Add(OTPLifetime)
	}
	return r
}

// Deadline is when the restore ends by itself in its present state; zero for one that is over.
func (r Restore) Deadline() time.Time {
	switch r.State {
	case RestoreProved:
		if r.Delivery == RestoreByDesk {
			return r.CreatedAt.Add(DeskTime)
		}
		return r.CreatedAt.Add((OTPResends + 1) * OTPLifetime)
	case RestoreAsking:
		return r.CreatedAt.Add(AskTime)
	case RestoreHeld:
		return r.HeldUntil.Add(FinishTime)
	}
	return time.Time{}
}

// StateAt is the state at a time: one that is open past its deadline is expired, whether or not that was written down.
func (r Restore) StateAt(now time.Time) RestoreState {
	if r.State.Open() && !now.Before(r.Deadline()) {
		return RestoreExpired
	}
	return r.State
}

// Ended is the error that says why a restore goes no further; nil while it does.
func (r Restore) Ended(now time.Time) error {
	switch r.StateAt(now) {
	case RestoreReleased:
		return ErrRestoreOver
	case RestoreBlocked:
		return ErrRestoreIsBlocked
	case RestoreExpired:
		return ErrRestoreExpired
	case RestoreFailed:
		return ErrRestoreFailed
	}
	return nil
}

// end ends a restore that is open.
func (r Restore) end(state RestoreState, by string, now time.Time) Restore {
	if r.State.Open() {
		r.State, r.EndedAt, r.EndedBy = state, now, by
	}
	return r
}

// Block ends the restore for good. Blocking twice is the same as once; ErrRestoreOver once the new phone is in.
func (r Restore) Block(by string, now time.Time) (Restore, error) {
	if r.State == RestoreReleased {
		return r, ErrRestoreOver
	}
	return r.end(RestoreBlocked, by, now), nil
}

// Fail ends an open restore that did not come to its end.
func (r Restore) Fail(by string, now time.Time) Restore {
	if r.StateAt(now) == RestoreExpired {
		return r.end(RestoreExpired, by, now)
	}
	return r.end(RestoreFailed, by, now)
}

// Send makes the codes before worthless and a new one good for OTPLifetime.
func (r Restore) Send(now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	if r.State != RestoreProved {
		return r, ErrRestoreState
	}
	if r.OTPSends > OTPResends {
		return r, ErrOTPResends
	}
	r.OTPSends, r.OTPExpires = r.OTPSends+1, now.Add(OTPLifetime)
	return r, nil
}

// TryOTP takes one try of the one-time code before it is looked at, so that many at the same time get no more tries than one after the other. Once
// there is none left the restore fails: keep it and tell ErrRestoreFailed.
func (r Restore) TryOTP(now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	switch {
	case r.State != RestoreProved:
		return r, ErrRestoreState
	case !now.Before(r.OTPExpires):
		return r, ErrOTPExpired
	case r.OTPTries >= OTPTries:
		return r.end(RestoreFailed, "server", now), ErrRestoreFailed
	}
	r.OTPTries++
	return r, nil
}

// Hold puts a proved restore into its hold. reachChanged is when the user's mail or phone was last changed.
func (r Restore) Hold(hold time.Duration, reachChanged, now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	if r.State != RestoreProved && r.State != RestoreAsking {
		return r, ErrRestoreState
	}
	r.State = RestoreHeld
	r.HeldUntil = HeldUntil(now.Add(hold), reachChanged)
	return r, nil
}

// HeldUntil is the end of a hold that may not come before ReachHold after the last change of mail or phone.
func HeldUntil(until, reachChanged time.Time) time.Time {
	if t := reachChanged.Add(ReachHold); !reachChanged.IsZero() && t.After(until) {
		return t
	}
	return until
}

// Release lets the new phone in. reachChanged may be later than the hold's begin: who changes the address during the hold waits again.
func (r Restore) Release(device DeviceID, bound string, reachChanged, now time.Time) (Restore, error) {
	if err := r.Ended(now); err != nil {
		return r, err
	}
	if r.State != RestoreHeld {
		return r, ErrRestoreState
	}
	if until := HeldUntil(r.HeldUntil, reachChanged); now.Before(until) {
		return r, ErrRestoreHeld.After(until.Sub(now))
	}
	r.State, r.Device, r.Bound, r.EndedAt, r.EndedBy = RestoreReleased, device, bound, now, "device:"+string(device)
	return r, nil
}
