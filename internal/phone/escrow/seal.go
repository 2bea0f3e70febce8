package escrow

import (
	"bytes"
	"crypto/ecdh"
	"crypto/subtle"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/vault"
)

// Sealed is what a server keeps.
type Sealed struct {
	Generation uint64
	File       []byte
	Tag        authn.Hash
}

// Seal encrypts the document to the restore code's exchange key and to those of its devices that are active. The list of active ones, which is the
// server's, only takes away: a device that is not in the document gets nothing.
func Seal(doc Document, code key.RestoreCode, active []authn.DeviceID) (Sealed, error) {
	doc.V = Version
	text, err := marshal(doc)
	defer clear(text)
	if err != nil {
		return Sealed{}, err
	}
	to, err := recipients(doc, code, active)
	if err != nil {
		return Sealed{}, err
	}
	var file bytes.Buffer
	file.Grow(len(text) + 4096)
	w, err := age.Encrypt(&file, to...)
	if err != nil {
		return Sealed{}, fmt.Errorf("seal escrow: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return Sealed{}, fmt.Errorf("seal escrow: %w", err)
	}
	if err := w.Close(); err != nil {
		return Sealed{}, fmt.Errorf("seal escrow: %w", err)
	}
	if file.Len() > MaxFile {
		return Sealed{}, ErrTooLarge
	}
	return Sealed{doc.Generation, file.Bytes(), code.EscrowMAC(string(doc.User), doc.Generation, file.Bytes())}, nil
}

func recipients(doc Document, code key.RestoreCode, active []authn.DeviceID) (to []age.Recipient, err error) {
	_, exchange := code.Keys(string(doc.User))
	keys := []key.Public{exchange.Key()}
	for _, m := range doc.Devices {
		if !m.Removed && slices.Contains(active, m.ID) {
			keys = append(keys, m.Exchange)
		}
	}
	for _, k := range keys {
		r, err := vault.Recipient(k)
		if err != nil {
			return nil, err
		}
		to = append(to, r)
	}
	return to, nil
}

// Verify says whether s was sealed with this code for this user, and is not older than the generation that the caller knows, 0 for none. Without the code
// nobody can tell, so nothing is opened without it.
func Verify(code key.RestoreCode, user authn.UserID, s Sealed, known uint64) error {
	if len(s.File) > MaxFile {
		return ErrNotOurs
	}
	want := code.EscrowMAC(string(user), s.Generation, s.File)
	if subtle.ConstantTimeCompare(want[:], s.Tag[:]) != 1 {
		return ErrNotOurs
	}
	if s.Generation < known {
		return ErrRolledBack
	}
	return nil
}

// Open verifies and reads an escrow with the key of the restore code.
func Open(code key.RestoreCode, user authn.UserID, s Sealed, known uint64) (Document, error) {
	if err := Verify(code, user, s, known); err != nil {
		return Document{}, err
	}
	_, exchange := code.Keys(string(user))
	k, err := exchange.ECDH()
	if err != nil {
		return Document{}, fmt.Errorf("open escrow: %w", err)
	}
	return open(k, user, s)
}

// OpenAs verifies an escrow with the code and reads it with a device's exchange key, whose refusals come back as it gave them.
func OpenAs(k ecdh.KeyExchanger, code key.RestoreCode, user authn.UserID, s Sealed, known uint64) (Document, error) {
	if err := Verify(code, user, s, known); err != nil {
		return Document{}, err
	}
	return open(k, user, s)
}

func open(k ecdh.KeyExchanger, user authn.UserID, s Sealed) (Document, error) {
	id, err := vault.NewIdentity(k)
	if err != nil {
		return Document{}, err
	}
	r, err := age.Decrypt(bytes.NewReader(s.File), id)
	if err != nil {
		return Document{}, fmt.Errorf("open escrow: %w", err)
	}
	text, err := io.ReadAll(r)
	defer clear(text)
	if err != nil {
		return Document{}, ErrDamaged.Because(fmt.Errorf("open escrow: %w", err))
	}
	doc, err := parse(text)
	if err != nil {
		return Document{}, err
	}
	if doc.User != user || doc.Generation != s.Generation {
		return Document{}, ErrDamaged.Because(fmt.Errorf("escrow of generation %d says %d, or another user", s.Generation, doc.Generation))
	}
	return doc, nil
}
