package phone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// markerName is the file that is written before anything is deleted, and that goes when nothing is left to be deleted or told. Nothing in it is secret, and it must be readable
// when all keys are gone: so it is not sealed.
const markerName = "wipe.json"

const markerVersion = 1

// wipeMarker says what is being deleted. Append fields, never rename.
type wipeMarker struct {
	V          int        `json:"v"`
	Items      []wipeItem `json:"items"`
	Everything bool       `json:"everything,omitempty"` // keystore and vault go too
	Signed     bool       `json:"signed,omitempty"`     // every item has its receipt: the keys are not needed any more
}

// wipeItem is one account that is being deleted.
type wipeItem struct {
	Account AccountID       `json:"account"`
	Server  client.Server   `json:"server"`
	Keys    keyIDs          `json:"keys"`
	Counter uint64          `json:"counter"` // of the command; 0: the user has erased the app
	Scope   authn.WipeScope `json:"scope"`
	Command string          `json:"command,omitempty"` // JWS
	At      time.Time       `json:"at"`

	Receipt string `json:"receipt,omitempty"` // JWS: nothing is left
	Sealed  string `json:"sealed,omitempty"`  // JWS: the vault could not be opened yet
	Gone    bool   `json:"gone,omitempty"`    // keys and index entry
	Purged  bool   `json:"purged,omitempty"`  // the vault and its backup, too
	Told    bool   `json:"told,omitempty"`    // the server has the receipt that says "sealed"
}

// errMarker means that the marker can't be read. It is written in one piece, so this is a fault of the disk; what it said is not known, so nothing may be shown.
var errMarker = authn.Fail(authn.Internal, "wipe_damaged", "The app was to delete its data and can't read what. Delete the app with its data, and connect it again.")

func readMarker(fsys atomicfile.FS, dir string) (m wipeMarker, err error) {
	if err := atomicfile.Clean(fsys, filepath.Join(dir, markerName)); err != nil {
		return m, vault.ErrStorage.Because(err)
	}
	data, err := fsys.ReadFile(filepath.Join(dir, markerName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, vault.ErrStorage.Because(fmt.Errorf("read %s: %w", markerName, err))
	}
	if err := wire.DecodeAnswer(data, &m); err != nil || m.V != markerVersion {
		return m, errMarker.Because(errors.Join(err, fmt.Errorf("version %d", m.V)))
	}
	return m, nil
}

// write stores the marker; one without anything in it is removed.
func (m wipeMarker) write(fsys atomicfile.FS, dir string) error {
	path := filepath.Join(dir, markerName)
	if len(m.Items) == 0 && !m.Everything {
		if err := atomicfile.Remove(fsys, path); err != nil {
			return vault.ErrStorage.Because(err)
		}
		return nil
	}
	m.V = markerVersion
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s: %w", markerName, err)
	}
	if err := atomicfile.WriteFS(fsys, path, data); err != nil {
		return vault.ErrStorage.Because(err)
	}
	return nil
}

// mark is the keystore's high-water mark of the commands that an account has obeyed.
func (i wipeItem) mark() string { return wipeMark(i.Account) }

func wipeMark(id AccountID) string { return "wipe/" + string(id) }

// sign makes the receipts of an item; the device key must be there.
func (i *wipeItem) sign(signer keystore.Use, now time.Time) error {
	r := wire.WipeReceipt{Device: i.Account, Audience: i.Server.Issuer, Counter: i.Counter, At: now.Unix()}
	if i.Command != "" {
		r.CommandHash, r.Scope = wire.HashText(i.Command), i.Scope
	}
	var err error
	if i.Receipt, err = wire.SignWipeReceipt(signer, r); err != nil {
		return fmt.Errorf("sign receipt: %w", err)
	}
	r.Left = authn.LeftSealed
	if i.Sealed, err = wire.SignWipeReceipt(signer, r); err != nil {
		return fmt.Errorf("sign receipt: %w", err)
	}
	return nil
}
