package authn

import (
	"slices"
	"time"

	"avow/internal/key"
)

// MaxEscrowFile is how many bytes the file of an escrow may have.
const MaxEscrowFile = 2 << 20

// Escrow is what a user has left with the server for the day on which she has lost her phones: an age file to keys that the server does not hold. There is
// one a user at most. The server can neither read, forge nor roll it back (docs/protocol.md, section 8).
type Escrow struct {
	User       UserID
	Proof      key.Public // of the restore code: verifies that somebody has it; zero once restore was switched off
	Exchange   key.Public // of the restore code: a recipient of the file
	Vouch      Hash       // by the restore code, over this server's name and identity key
	Generation uint64     // rises with each change for ever, so that no older statement can be put in again
	File       []byte
	Tag        Hash // by the restore code, over Generation and File
	By         DeviceID
	Holders    []DeviceID // who have stored something under this code, and so know it
	CodeAt     time.Time  // when the restore code was made
	UpdatedAt  time.Time
	ProvenAt   time.Time // when a device last proved that the code opens the file
	ProvenBy   DeviceID
}

// Active reports whether the user can restore with a code. What was switched off keeps its Generation and nothing else.
func (e Escrow) Active() bool { return !e.Proof.IsZero() }

// Errors of escrows.
var (
	ErrNoEscrow       = Fail(NotFound, "no_escrow", "Restore is not set up for this account. Set it up first.")
	ErrEscrowChanged  = Fail(Conflict, "escrow_changed", "Another device was first. Fetch what is there and try again.")
	ErrEscrowTooLarge = Fail(Invalid, "escrow_too_large", "There is too much to be kept for a restore. Leave out codes of other services.")
	errEscrow         = Fail(Invalid, "bad_escrow", "The restore code or what it protects cannot be verified. Update the app and try again.")
)

// check says what is wrong with the parts of a new version.
func (e Escrow) check() error {
	switch {
	case e.Proof.IsZero() || e.Exchange.IsZero() || e.Proof == e.Exchange || e.Vouch.IsZero() || e.Tag.IsZero() || len(e.File) == 0 || e.By == "":
		return errEscrow
	case len(e.File) > MaxEscrowFile:
		return ErrEscrowTooLarge
	}
	return nil
}

// follow reports whether next may take the place of e, which the device knew as generation replaces: ErrEscrowChanged if that is no longer so.
func (e Escrow) follow(replaces, next uint64) error {
	if replaces != e.Generation {
		return ErrEscrowChanged
	}
	if next <= e.Generation || next > 1<<53 {
		return errEscrow
	}
	return nil
}

// NewCode replaces the code and the file, whatever was there before: for a first code e is only its user. The device's approval key has signed for it.
func (e Escrow) NewCode(replaces uint64, next Escrow, now time.Time) (Escrow, error) {
	if err := e.follow(replaces, next.Generation); err != nil {
		return e, err
	}
	next.User, next.Holders = e.User, []DeviceID{next.By}
	next.CodeAt, next.UpdatedAt, next.ProvenAt, next.ProvenBy = now, now, time.Time{}, ""
	return next, next.check()
}

// NewFile replaces the file under the same code.
func (e Escrow) NewFile(replaces, generation uint64, file []byte, tag Hash, by DeviceID, now time.Time) (Escrow, error) {
	if !e.Active() {
		return e, ErrNoEscrow
	}
	if err := e.follow(replaces, generation); err != nil {
		return e, err
	}
	next := e
	next.Generation, next.File, next.Tag, next.By, next.UpdatedAt = generation, file, tag, by, now
	if !slices.Contains(e.Holders, by) {
		next.Holders = append(slices.Clone(e.Holders), by)
	}
	return next, next.check()
}

// Prove notes that a device has opened the file with the code. Proving another generation than the one that is there gives ErrEscrowChanged.
func (e Escrow) Prove(generation uint64, by DeviceID, now time.Time) (Escrow, error) {
	switch {
	case !e.Active():
		return e, ErrNoEscrow
	case generation != e.Generation:
		return e, ErrEscrowChanged
	}
	e.ProvenAt, e.ProvenBy = now, by
	return e, nil
}

// SwitchOff forgets code and file.
func (e Escrow) SwitchOff(replaces uint64, by DeviceID, now time.Time) (Escrow, error) {
	if !e.Active() {
		return e, ErrNoEscrow
	}
	if err := e.follow(replaces, replaces+1); err != nil {
		return e, err
	}
	return Escrow{User: e.User, Generation: e.Generation + 1, By: by, UpdatedAt: now}, nil
}
