package authn

import "slices"

// WrongPINs says what follows PINTries wrong PINs in the app. Stored and sent: append, never rename.
type WrongPINs string

// The rules.
const (
	WrongPINWait    WrongPINs = "wait"    // a day, then twice as long after each
	WrongPINRestore WrongPINs = "restore" // no PIN is taken any more: the restore code or another device brings the account back
)

// PINTries is how many wrong PINs in a row there may be before the rule holds.
const PINTries = 10

// WrongPINRules are all, the laxest first.
var WrongPINRules = []WrongPINs{WrongPINWait, WrongPINRestore}

// Valid reports whether r is one of the rules.
func (r WrongPINs) Valid() bool { return r == WrongPINWait || r == WrongPINRestore }

// Stricter returns the stricter of two rules. "" is the laxest; what nobody knows was written by a newer program, and is passed over.
func (r WrongPINs) Stricter(q WrongPINs) WrongPINs {
	if r == WrongPINRestore || q == WrongPINRestore {
		return WrongPINRestore
	}
	return WrongPINWait
}

// LockBounds are how many seconds, at most, an organisation lets the app be open without being used. Zero sets no bound.
var LockBounds = []int{0, 30, 60, 300}

func (p Policy) validateLock() error {
	switch {
	case !slices.Contains(LockBounds, p.LockSeconds):
		return Fail(Invalid, "bad_lock", "The app locks within 30, 60 or 300 seconds, or 0 for as its user likes.")
	case p.WrongPINs != "" && !p.WrongPINs.Valid():
		return Fail(Invalid, "bad_wrong_pins", "After ten wrong PINs the app waits, or wants the restore code: wait or restore.")
	}
	return nil
}
