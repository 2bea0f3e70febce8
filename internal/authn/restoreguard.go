package authn

import "time"

// Limits of proofs of a restore code.
const (
	MaxFailedProofs = 5 // a user in proofWindow; then nothing is accepted until the oldest is past
	proofWindow     = 24 * time.Hour
	AllowanceTime   = 24 * time.Hour // how long a restore that was allowed beforehand may begin
)

// RestoreGuard is what the server remembers of a user's restores to hold the limits, and what she and the organisation decided.
type RestoreGuard struct {
	User         UserID
	FailedProofs []time.Time // in the last day, newest last
	BlockedAt    time.Time   // zero: not blocked
	BlockedBy    string
	AllowedUntil time.Time // by an administrator or the service desk, where the policy is RestoreLimited
	Colleagues   []UserID  // who may vouch for her
	Needed       int       // how many of them have to
	OTPMails     []time.Time
}

// Locked reports whether too many proofs have failed.
func (g RestoreGuard) Locked(now time.Time) bool {
	return len(since(g.FailedProofs, now.Add(-proofWindow))) >= MaxFailedProofs
}

// Failed counts a wrong proof; locked is true for the one that was the last.
func (g RestoreGuard) Failed(now time.Time) (next RestoreGuard, locked bool) {
	if g.Locked(now) {
		return g, false
	}
	g.FailedProofs = append(since(g.FailedProofs, now.Add(-proofWindow)), now)
	return g, g.Locked(now)
}

// May says why a restore that has proved its code may not begin: the policy, or somebody who blocked it.
func (g RestoreGuard) May(p RestorePolicy, now time.Time) error {
	switch {
	case !p.Valid() || p == RestoreForbidden:
		return ErrRestoreForbidden
	case !g.BlockedAt.IsZero():
		return ErrRestoreIsBlocked
	case p == RestoreLimited && !now.Before(g.AllowedUntil):
		return ErrRestoreNotAllowed
	}
	return nil
}

// MailOTP counts a mail with a one-time code.
func (g RestoreGuard) MailOTP(now time.Time) (RestoreGuard, error) {
	g.OTPMails = since(g.OTPMails, now.Add(-proofWindow))
	if len(g.OTPMails) >= OTPMailsADay {
		return g, ErrOTPResends
	}
	g.OTPMails = append(g.OTPMails, now)
	return g, nil
}

// Block refuses every restore of the user from now on, until Allow or NewCode.
func (g RestoreGuard) Block(by string, now time.Time) RestoreGuard {
	if g.BlockedAt.IsZero() {
		g.BlockedAt, g.BlockedBy = now, by
	}
	g.AllowedUntil = time.Time{}
	return g
}

// Allow takes a block and counted proofs away, and lets a restore begin within AllowanceTime where the policy wants that.
func (g RestoreGuard) Allow(now time.Time) RestoreGuard {
	g = g.NewCode()
	g.AllowedUntil = now.Add(AllowanceTime)
	return g
}

// NewCode takes away what was held against the code before.
func (g RestoreGuard) NewCode() RestoreGuard {
	g.BlockedAt, g.BlockedBy, g.FailedProofs = time.Time{}, "", nil
	return g
}

// Finished takes away what a restore has used up.
func (g RestoreGuard) Finished() RestoreGuard {
	g.AllowedUntil, g.FailedProofs = time.Time{}, nil
	return g
}
