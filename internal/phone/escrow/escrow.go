// Package escrow makes and reads the backup of one account that a server keeps for its user: an age file (C2SP age-encryption.org/v1) to the keys of the
// restore code and of the user's phones, with a tag that only the restore code makes. The server can neither read it nor put another in its place; a phone
// that has seen a generation refuses an earlier one. The format is docs/vault.md, after docs/protocol.md, section 11.
//
// The package makes no network calls, stores nothing and asks nobody. What account and codes are is the core's.
package escrow

import (
	"encoding/json"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Version is the version of the document that this package writes. It reads this one and refuses newer ones.
const Version = 1

// Limits of what is read, so that a server cannot make a phone run out of memory, and of what is written, so that everything that was written is read.
const (
	MaxFile       = 2 << 20 // bytes of a sealed file: what PUT /v1/escrow takes
	MaxCodes      = 20_000  // with those that were deleted
	MaxDevices    = 256     // with those that were removed
	maxGeneration = 1 << 53 // what every JSON reader keeps exact
)

// Document is the content of an escrow. It holds secrets: Wipe it when it was used.
type Document struct {
	V          int          `json:"v"`
	User       authn.UserID `json:"user"`
	Generation uint64       `json:"generation"` // each upload has a greater one than what it replaces
	Account    Entry        `json:"account"`
	Codes      []Entry      `json:"codes"`   // by ID
	Devices    []Member     `json:"devices"` // by ID
}

// Entry is something that phones of one user change on their own and merge later: the newest change counts. Change it by Edit and Delete.
type Entry struct {
	ID      string          `json:"id"` // 1 to 64 of A-Z a-z 0-9 . _ : / -
	At      int64           `json:"at"` // unix milliseconds of the last change
	Deleted bool            `json:"deleted,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"` // a JSON object; none where Deleted
}

// Member is a phone that may read the escrow. One gets in only by a phone that has verified its exchange key itself: its own, or that of a phone which it
// duplicated to. No list of the server's adds one.
type Member struct {
	ID       authn.DeviceID `json:"id"`
	Exchange key.Public     `json:"exchange_jwk"`
	Removed  bool           `json:"removed,omitempty"` // for good: device ids never come again
}

// What the escrow says. Compare with errors.Is.
var (
	// ErrNotOurs: forged, changed, of another user or another restore code; nobody can tell which.
	ErrNotOurs = authn.Fail(authn.Forbidden, "escrow_not_ours", "The backup on the server was not made with this restore code, or someone has changed it. Nothing was taken from it. Check the code; if it is right, tell your service desk.")
	// ErrRolledBack: this phone knows a later one.
	ErrRolledBack = authn.Fail(authn.Conflict, "escrow_rolled_back", "The server has given an older backup than the one this phone knows. Nothing was taken from it. Tell your service desk.")
	ErrNewer      = authn.Fail(authn.Invalid, "escrow_newer", "The backup was written by a newer version of the app. Update the app.")
	ErrTooLarge   = authn.Fail(authn.Invalid, "escrow_too_large", "There are more codes than a backup can hold. Remove some that you no longer use.")
	// ErrDamaged: it is ours, and yet it can't be read; only a fault in a program does that.
	ErrDamaged = authn.Fail(authn.Internal, "escrow_damaged", "The backup on the server can't be read. A phone that still works can make a new one.")
)

// String keeps the content out of prints.
func (d Document) String() string { return fmt.Sprintf("escrow generation %d", d.Generation) }

// GoString keeps the content out of prints.
func (d Document) GoString() string { return d.String() }

// Format covers every verb of fmt.
func (d Document) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.String())) }

// String keeps the content out of prints.
func (e Entry) String() string { return "escrow entry " + e.ID }

// GoString keeps the content out of prints.
func (e Entry) GoString() string { return e.String() }

// Format covers every verb of fmt.
func (e Entry) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.String())) }

// Wipe overwrites the entries. Copies that the runtime or the caller made are out of reach.
func (d *Document) Wipe() {
	clear(d.Account.Body)
	for _, e := range d.Codes {
		clear(e.Body)
	}
	d.Account, d.Codes = Entry{}, nil
}
