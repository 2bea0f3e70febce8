package phone

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// handover is what one phone of a user gives another of an account: what is the user's and not of the phone's own keys. docs/vault.md has the format.
type handover struct {
	V        int             `json:"v"`
	User     authn.UserID    `json:"user"`
	Receipts []Receipt       `json:"receipts,omitempty"`
	Codes    []escrow.Entry  `json:"codes,omitempty"`   // of other services
	Restore  json.RawMessage `json:"restore,omitempty"` // the restore code and who may read the escrow, if this phone has them
}

const handoverVersion = 1

// maxHandedReceipts keeps a file of the longest receipts well below wire.MaxFile.
const maxHandedReceipts = 50

// errHandover means that what was handed over can't be read, though it is from the right phone.
var errHandover = authn.Fail(authn.Internal, "duplicate_unreadable", "What the other phone has sent can't be read. Update the app on both, and try again.")

// errTooManyCodes means that what there is to be handed over does not fit.
var errTooManyCodes = authn.Fail(authn.Invalid, "too_many_codes_to_copy", "There are more codes than a new phone can be given at once. Remove some that you no longer use.")

// sealHandover encrypts what another phone gets to its exchange key.
func (c *Core) sealHandover(a *account, to key.Public) ([]byte, error) {
	c.mu.Lock()
	if c.doc == nil {
		c.mu.Unlock()
		return nil, ErrLocked
	}
	h := handover{V: handoverVersion, User: a.stored.User}
	h.Receipts = append(h.Receipts, a.stored.Receipts[max(0, len(a.stored.Receipts)-maxHandedReceipts):]...)
	h.Restore = c.restoreForHandover(a)
	h.Codes = c.codes.Escrow()
	c.mu.Unlock()
	defer clear(h.Restore)
	for {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false) // entries stay byte for byte what they are
		if err := enc.Encode(h); err != nil {
			return nil, errors.New("encode handover: an entry is not JSON") // the cause could quote it
		}
		file, err := encryptTo(to, bytes.TrimSuffix(text.Bytes(), []byte("\n")))
		clear(text.Bytes())
		switch {
		case err != nil:
			return nil, err
		case len(file) <= wire.MaxFile:
			return file, nil
		case len(h.Receipts) == 0:
			return nil, errTooManyCodes
		}
		h.Receipts = nil // proofs of the old phone's decisions, which it keeps; the rest is what counts
	}
}

func encryptTo(to key.Public, text []byte) ([]byte, error) {
	r, err := vault.Recipient(to)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	w, err := age.Encrypt(&file, r)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt handover: %w", err)
	}
	return file.Bytes(), nil
}

// openHandover reads what was handed over to an exchange key. What the key refuses comes back as it gave it.
func openHandover(k ecdh.KeyExchanger, user authn.UserID, file []byte) (handover, error) {
	id, err := vault.NewIdentity(k)
	if err != nil {
		return handover{}, err
	}
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if err != nil {
		return handover{}, err
	}
	text, err := io.ReadAll(io.LimitReader(r, wire.MaxFile))
	defer clear(text)
	if err != nil {
		return handover{}, errHandover
	}
	var h handover
	if err := wire.DecodeAnswer(text, &h); err != nil {
		return handover{}, errHandover // the cause could quote it
	}
	if h.V != handoverVersion || h.User != user {
		return handover{}, errHandover.Because(fmt.Errorf("version %d, or another user", h.V))
	}
	return h, nil
}
