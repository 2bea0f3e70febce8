package authn

import "time"

// CheckMethod is how the service desk makes sure who calls. Stored and sent: append, never rename.
type CheckMethod string

// The methods.
const (
	CheckDevice  CheckMethod = "device"  // she types the number that she hears into her phone, and says Yes
	CheckCode    CheckMethod = "code"    // she reads out a code that was sent to her
	CheckManager CheckMethod = "manager" // somebody who knows her says Yes on his phone
)

// CheckState is stored and sent: append, never rename.
type CheckState string

// The states: open -> passed | failed.
const (
	CheckOpen   CheckState = "open"
	CheckPassed CheckState = "passed"
	CheckFailed CheckState = "failed"
)

// Limits of a check of a caller.
const (
	CheckLifetime = 10 * time.Minute // to pass it
	CheckGood     = 15 * time.Minute // after it was passed: for the call
	CheckTries    = 3                // wrong codes
)

// CallerCheck is one check of who calls. It counts for the administrator who made it and for nobody else.
type CallerCheck struct {
	ID        CallerCheckID
	User      UserID // who is said to call
	By        string // admin:kim
	Method    CheckMethod
	Channel   Channel // of code: how it was sent
	State     CheckState
	Request   RequestID // of device and manager
	Asked     UserID    // of manager: who is asked
	Tries     int
	CreatedAt time.Time
	ExpiresAt time.Time
	DecidedAt time.Time
}

// Errors of checks.
var (
	ErrCheckOver   = Fail(Conflict, "check_over", "This check is over. Begin a new one.")
	ErrCheckWrong  = Fail(Invalid, "check_wrong", "This is not the code. Ask the caller to read it out again.")
	ErrCheckNeeded = Fail(Forbidden, "check_needed", "Make sure first who calls.")
)

// Open reports whether the check can still be passed.
func (c CallerCheck) Open(now time.Time) bool { return c.State == CheckOpen && now.Before(c.ExpiresAt) }

// Decide ends the check.
func (c CallerCheck) Decide(passed bool, now time.Time) (CallerCheck, error) {
	if !c.Open(now) {
		return c, ErrCheckOver
	}
	c.State, c.DecidedAt = CheckFailed, now
	if passed {
		c.State = CheckPassed
	}
	return c, nil
}

// Try counts a code. A wrong one gives the check to be kept together with ErrCheckWrong, or, after the last, a check that has failed.
func (c CallerCheck) Try(right bool, now time.Time) (CallerCheck, error) {
	if right || !c.Open(now) {
		return c.Decide(right, now)
	}
	if c.Tries++; c.Tries >= CheckTries {
		return c.Decide(false, now)
	}
	return c, ErrCheckWrong
}

// Good reports whether the one who made the check may act on it now.
func (c CallerCheck) Good(by string, user UserID, now time.Time) bool {
	return c.State == CheckPassed && c.By == by && c.User == user && now.Before(c.DecidedAt.Add(CheckGood))
}
