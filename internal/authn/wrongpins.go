package authn

import "time"

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

// LockBounds are the longest times, without being used, after which an organisation may have its phones lock. Zero sets no bound.
var LockBounds = []time.Duration{0, 30 * time.Second, time.Minute, 5 * time.Minute}
