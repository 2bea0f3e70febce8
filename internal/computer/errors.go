package computer

import (
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/otp"
)

// Errors of offline sign-in. Beside them are authn's ErrGrantOver, ErrGrantRevoked and ErrGrantStolen.
var (
	// ErrStateDamaged means that the state file is not as it was written. Nobody is let in by it; Erase begins anew.
	ErrStateDamaged = authn.Fail(authn.Internal, "state_damaged",
		"What this computer knew about offline sign-in is damaged. Sign in with a network; offline sign-in works again after that.")
	// ErrStorage means that the state could not be written, so nobody may be let in.
	ErrStorage = authn.Fail(authn.Unavailable, "state_not_written", "This computer could not write to its disk. Make room on it, or sign in with a network.")
	// ErrDenied means that the organisation, or a report that the computer was stolen, ended offline sign-in here.
	ErrDenied = authn.Fail(authn.Forbidden, "offline_denied", "Your organisation allows no sign-in to this computer without a network.")
	// ErrNoGrant means that no grant was ever seen for the login.
	ErrNoGrant = authn.Fail(authn.NotFound, "offline_no_grant", "Sign in to this computer once with a network. After that it also works without one.")
	// ErrUsesSpent means that all offline sign-ins of the grant were used.
	ErrUsesSpent = authn.Fail(authn.Gone, "offline_uses_spent", "All sign-ins without a network are used up. Sign in once with a network.")
	// ErrOtherComputer is a list code with another computer's prefix; it costs no try.
	ErrOtherComputer = authn.Fail(authn.Invalid, "code_of_other_computer", "This code is for another computer.")
	// ErrCodeUsed is a list code that let somebody in before; it costs no try.
	ErrCodeUsed = authn.Fail(authn.Gone, "offline_code_used", "This code was used already. Take the next one on your phone.")
	// ErrWrong is a code of the right shape that is none of those that are expected. Left counts the tries before the next must wait.
	ErrWrong = authn.Fail(authn.Unauthorized, "offline_code_wrong", "The code is wrong. Look at your phone again.")
	// ErrWait means that a code may be tried after RetryAfter only; the one given was not looked at.
	ErrWait = authn.Fail(authn.TooMany, "offline_wait", "Too many wrong codes.")
	// ErrLocked means that offline sign-in is off for the login until it signs in online.
	ErrLocked = authn.Fail(authn.Forbidden, "offline_locked", "Too many wrong codes. Sign in once with a network.")
	// ErrChallengeOver means that the challenge is too old, was used or had its three tries; it costs no further try.
	ErrChallengeOver = authn.Fail(authn.Gone, "challenge_over", "The QR code is over. Scan the new one.")
	// ErrNoChallenge means that eight digits came where no QR of this login was shown; it costs no try.
	ErrNoChallenge = authn.Fail(authn.Invalid, "challenge_missing", "Codes of 8 digits belong to a QR code. Scan the one on the screen, or type a code of 10 letters and digits.")
	// ErrJournalFull means that there is no room to record another sign-in until the server has fetched what is recorded.
	ErrJournalFull = authn.Fail(authn.Forbidden, "journal_full", "This computer was without a network for too long. Connect it to one and sign in.")
)

// otherComputer names the computer at which the code was typed, since people read names and not prefixes.
func otherComputer(name string) error {
	if name == "" {
		return ErrOtherComputer
	}
	e := *ErrOtherComputer
	e.Message = fmt.Sprintf("This code is for another computer. This one is %s: take its code on your phone.", name)
	return &e
}

func waitFor(d time.Duration) error {
	e := ErrWait.After(d)
	minutes := int((d + time.Minute - 1) / time.Minute)
	e.Message = fmt.Sprintf("Too many wrong codes. Wait %d min.", minutes)
	return e
}

// wrongCode says how many tries are left, or how long the next one has to wait.
func wrongCode(p person) error {
	switch wait := waitAfter(p.Row); {
	case p.Total >= maxWrong:
		return ErrLocked
	case wait > 0:
		e := ErrWrong.After(wait)
		e.Message = fmt.Sprintf("The code is wrong. Wait %d min before the next.", int(wait/time.Minute))
		return e
	default:
		return ErrWrong.WithLeft(freeTries - p.Row)
	}
}

// shape checks what was typed without looking at any secret.
func shape(t otp.Typed) error {
	if (t.Digits == "") == (t.List == nil) {
		return otp.ErrTyped
	}
	return nil
}
