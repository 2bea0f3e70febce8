// Package vault keeps what the phone must not lose nor show: one age v1 file (C2SP age-encryption.org/v1) to the vault key
// of the keystore, with an own identity for p256tag stanzas, replaced atomically, the previous generation kept beside it.
// Beside the vault lies a small index, sealed without user verification, so that a request can be shown while the app is locked.
// The format is docs/vault.md, after section 8 of docs/protocol.md.
//
// The package does not know what an account is: entries are JSON of the core's. It makes no network calls and asks the
// user nothing; the keystore does when the vault is opened.
package vault

import (
	"encoding/json"
	"fmt"

	"avow/internal/authn"
)

// Version is the version of the document that this package writes. It reads this one and refuses newer ones.
const Version = 1

// Limits of what is read; a vault beyond them is refused before it costs memory.
const (
	MaxFile       = 32 << 20 // bytes of a vault file
	MaxEntries    = 100_000  // accounts and codes
	maxGeneration = 1 << 53  // what every JSON reader keeps exact; a billion years of saves
)

// Document is the content of the vault. Entries are the core's: each a JSON object. It holds secrets: don't print it, Wipe it
// when the app locks.
type Document struct {
	V          int               `json:"v"`
	Generation uint64            `json:"generation"` // set by Save; strictly increasing
	Accounts   []json.RawMessage `json:"accounts"`
	Codes      []json.RawMessage `json:"codes"`
}

// String keeps the content out of prints.
func (d Document) String() string { return fmt.Sprintf("vault generation %d", d.Generation) }

// GoString keeps the content out of prints.
func (d Document) GoString() string { return d.String() }

// Format covers every verb of fmt.
func (d Document) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.String())) }

// Wipe overwrites the entries. Copies that the runtime or the caller made are out of reach.
func (d *Document) Wipe() {
	for _, list := range [][]json.RawMessage{d.Accounts, d.Codes} {
		for _, entry := range list {
			clear(entry)
		}
	}
	d.Accounts, d.Codes = nil, nil
}

// Index is what may be known while the app is locked: enough to show a request and to sign as the device. No secrets.
type Index struct {
	V          int               `json:"v"`
	Generation uint64            `json:"generation"` // of the vault that it was made from; differs after a crash: make it anew
	Accounts   []json.RawMessage `json:"accounts"`   // the core's: names, server, pinned identity, device id, key ids
}

// What the vault says. Compare with errors.Is.
var (
	ErrNoVault    = authn.Fail(authn.NotFound, "vault_missing", "There are no accounts on this device yet.")
	ErrExists     = authn.Fail(authn.Conflict, "vault_exists", "There is a vault on this device already.")
	ErrDamaged    = authn.Fail(authn.Internal, "vault_damaged", "The file with your accounts is damaged. Open the backup from before the last change, or use your restore code.")
	ErrRolledBack = authn.Fail(authn.Conflict, "vault_rolled_back", "The file with your accounts is older than it should be: someone or something put back an earlier copy. If you did not do that yourself, tell your service desk before you go on.")
	ErrNewer      = authn.Fail(authn.Invalid, "vault_newer", "The file with your accounts was written by a newer version of the app. Update the app.")
	ErrChanged    = authn.Fail(authn.Conflict, "vault_changed", "Another window of the app has changed your accounts. Close one of them and try again.")
	ErrStorage    = authn.Fail(authn.Unavailable, "storage_failed", "The device's storage can't be read or written. Make some space free and try again; nothing was lost.")
	ErrNoIndex    = authn.Fail(authn.NotFound, "index_missing", "Unlock the app once to see your accounts.") // also if it is damaged: it is made anew from the vault
)

// DamagedError says what is left when the newest vault can't be read. It is an ErrDamaged to errors.Is.
type DamagedError struct {
	// Backup is the generation of the backup, 0 if there is none that can be read. OpenBackup opens it.
	Backup uint64
	// Mark is the newest generation that this device has stored; Mark - Backup changes are lost with the backup.
	Mark uint64
	// Cause is for the log.
	Cause error
}

// Error gives the cause, for logs.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("vault damaged (backup: generation %d, stored: %d): %v", e.Backup, e.Mark, e.Cause)
}

// Unwrap gives the error for people and the cause.
func (e *DamagedError) Unwrap() []error { return []error{ErrDamaged, e.Cause} }

// RolledBackError says how old the vault is. It is an ErrRolledBack to errors.Is.
type RolledBackError struct{ Found, Mark uint64 }

// Error gives the generations, for logs.
func (e *RolledBackError) Error() string {
	return fmt.Sprintf("vault rolled back: generation %d found, %d stored", e.Found, e.Mark)
}

// Unwrap gives the error for people.
func (e *RolledBackError) Unwrap() error { return ErrRolledBack }
