package authn

import "time"

// WipeState says how far a wipe has come, and never more than is known. Stored and sent: append, never rename.
type WipeState string

// The states: "" -> requested -> delivered -> confirmed.
const (
	WipeNone      WipeState = ""
	WipeRequested WipeState = "requested"  // the device was not heard of since
	WipeDelivered WipeState = "delivered"  // it has fetched the command
	WipeConfirmed WipeState = "confirmed"  // it has signed that its keys are gone
	WipeNeverSeen WipeState = "never_seen" // shown in place of requested after NeverSeenAfter; not stored
)

// NeverSeenAfter is how long a command waits for its device before people are told that it probably never comes.
const NeverSeenAfter = 30 * 24 * time.Hour

// WipeScope says what a device deletes. Stored and sent: append, never rename.
type WipeScope string

// The scopes.
const (
	WipeAccount    WipeScope = "account"    // the work account; what else is in the app stays
	WipeEverything WipeScope = "everything" // the whole app; only its user herself may ask for that
)

// Valid reports whether s is one of the scopes.
func (s WipeScope) Valid() bool { return s == WipeAccount || s == WipeEverything }

// WipeLeft says what a device could not delete yet. Stored and sent: append, never rename.
type WipeLeft string

// What is left.
const (
	LeftNothing WipeLeft = ""
	LeftSealed  WipeLeft = "sealed" // the app was locked: the account's entry in the vault, which opens with the user's PIN, goes when that is opened next
)

// Valid reports whether l is one that this program knows.
func (l WipeLeft) Valid() bool { return l == LeftNothing || l == LeftSealed }

// Wipe is what becomes of the data on a device that was removed.
type Wipe struct {
	State       WipeState
	Scope       WipeScope
	Counter     uint64 // of the device's commands; each has the next
	Command     string // JWS by the identity key
	RequestedAt time.Time
	RequestedBy string // who: device:d_…, admin:maja
	DeliveredAt time.Time
	ConfirmedAt time.Time
	Left        WipeLeft
	Receipt     string // JWS by the device key; only with it is a wipe confirmed
}

// StateAt is the state that people are shown.
func (w Wipe) StateAt(now time.Time) WipeState {
	if w.State == WipeRequested && now.Sub(w.RequestedAt) >= NeverSeenAfter {
		return WipeNeverSeen
	}
	return w.State
}

// NeedsWipe reports whether asking for a wipe of this scope asks for more than was asked for already.
func (d Device) NeedsWipe(scope WipeScope) bool {
	return d.Wipe.State == WipeNone || d.Wipe.State != WipeConfirmed && d.Wipe.Scope == WipeAccount && scope == WipeEverything
}

// RequestWipe removes the device and asks it to delete what it has. command is the JWS of the next counter, Wipe.Counter+1. Asking again for the same, or for
// less, changes nothing.
func (d Device) RequestWipe(scope WipeScope, command, by string, now time.Time) Device {
	d = d.Revoke(now)
	if d.NeedsWipe(scope) {
		d.Wipe = Wipe{State: WipeRequested, Scope: scope, Counter: d.Wipe.Counter + 1, Command: command, RequestedAt: now, RequestedBy: by}
	}
	return d
}

// DeliverWipe notes that the device has the command.
func (d Device) DeliverWipe(now time.Time) Device {
	if d.Wipe.State == WipeRequested {
		d.Wipe.State, d.Wipe.DeliveredAt = WipeDelivered, now
	}
	return d
}

// ErrWipeUnknown is answered to a receipt of a wipe that nobody asked for.
var ErrWipeUnknown = Fail(NotFound, "wipe_unknown", "Nobody asked this device to delete anything.")

// ConfirmWipe takes a receipt that the device has signed: scope is what it has deleted, which may be less than it was asked for, and "" is just that. One that says that
// nothing is left may come after one that says "sealed", not the other way round.
func (d Device) ConfirmWipe(counter uint64, scope WipeScope, left WipeLeft, receipt string, now time.Time) (Device, error) {
	w := d.Wipe
	switch {
	case w.State == WipeNone || counter != w.Counter:
		return d, ErrWipeUnknown
	case w.State == WipeConfirmed && (w.Left == LeftNothing || left != LeftNothing):
		return d, nil
	}
	if w.DeliveredAt.IsZero() {
		w.DeliveredAt = now
	}
	if scope == WipeAccount {
		w.Scope = WipeAccount
	}
	w.State, w.ConfirmedAt, w.Left, w.Receipt = WipeConfirmed, now, left, receipt
	d.Wipe = w
	return d, nil
}

// Erase takes the word of a device whose user has erased the app on it: it is removed, and nothing is left to be wiped.
func (d Device) Erase(receipt string, now time.Time) Device {
	d = d.Revoke(now)
	if d.Wipe.State != WipeConfirmed {
		d.Wipe = Wipe{
			State: WipeConfirmed, Scope: WipeEverything, Counter: d.Wipe.Counter + 1, RequestedAt: now, RequestedBy: "device:" + string(d.ID),
			DeliveredAt: now, ConfirmedAt: now, Receipt: receipt,
		}
	}
	return d
}
