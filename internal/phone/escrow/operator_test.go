package escrow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"

	"filippo.io/age"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/vault"
)

// operator is somebody who has everything that the server has: its identity key and its database with everything that was ever in it, and who answers
// the phones whatever suits him.
type operator struct {
	identity key.Private
	proof    key.Public // of the code, as all public keys
	exchange key.Public
	vouch    authn.Hash
	devices  map[authn.DeviceID]key.Public // exchange keys
	kept     []escrow.Sealed               // every escrow that was ever uploaded
	own      key.Private                   // made by him
}

// world is a user with two phones, an escrow of three generations, and an operator who watched.
type world struct {
	code        key.RestoreCode
	phone, next key.Private // exchange keys
	doc         escrow.Document
	operator    operator
}

const issuer = "https://id.example.com"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{code: key.NewRestoreCode(), phone: newKey(t), next: newKey(t), doc: document(3)}
	proof, exchange := w.code.Keys(string(anna))
	o := &w.operator
	o.identity, o.own = newKey(t), newKey(t)
	o.proof, o.exchange = proof.Key(), exchange.Key()
	o.vouch = w.code.Vouch(string(anna), issuer, o.identity.Key().Thumbprint())
	o.devices = map[authn.DeviceID]key.Public{deviceID(0): w.phone.Key(), deviceID(1): w.next.Key()}
	w.doc.Admit(deviceID(0), w.phone.Key())
	w.doc.Admit(deviceID(1), w.next.Key())
	w.doc.Generation = 0
	for range 3 {
		w.upload(t)
	}
	return w
}

// upload is what a phone does after a change: the operator says which devices are active.
func (w *world) upload(t *testing.T) {
	t.Helper()
	w.doc.Generation++
	var active []authn.DeviceID
	for id := range w.operator.devices {
		active = append(active, id)
	}
	w.operator.kept = append(w.operator.kept, seal(t, w.doc, w.code, active...))
}

func (w *world) newest() escrow.Sealed { return w.operator.kept[len(w.operator.kept)-1] }

// reads tries to open a file with every private key in the operator's hands.
func (o *operator) reads(t *testing.T, file []byte) bool {
	t.Helper()
	for _, k := range []key.Private{o.identity, o.own} {
		private, err := k.ECDH()
		if err != nil {
			t.Fatal(err)
		}
		id, err := vault.NewIdentity(private)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := age.Decrypt(bytes.NewReader(file), id); err == nil {
			return true
		}
	}
	return false
}

// T10, R-096: the operator reads no escrow, and the server keeps nothing of which the code could be guessed without all its 128 bits: the public keys, the tag
// and the vouch are each of a key derived from all of them.
func TestOperatorCannotRead(t *testing.T) {
	w := newWorld(t)
	for _, s := range w.operator.kept {
		if w.operator.reads(t, s.File) {
			t.Errorf("the operator reads generation %d", s.Generation)
		}
		for _, secret := range [][]byte{[]byte("JBSWY3DP"), []byte("anna.lind"), w.code.Bytes(), []byte("Service 1")} {
			if bytes.Contains(s.File, secret) {
				t.Errorf("generation %d shows %q", s.Generation, secret)
			}
		}
	}
}

// T10, R-096: he adds a device of his own to the list that the server gives, also under the id of one that there is. The next upload is not to it.
func TestOperatorCannotAddDevice(t *testing.T) {
	w := newWorld(t)
	o := &w.operator
	o.devices[deviceID(7)] = o.own.Key()
	o.devices[deviceID(1)] = o.own.Key() // in place of the second phone's
	w.upload(t)
	if o.reads(t, w.newest().File) {
		t.Fatal("the operator's device reads the escrow")
	}
	// Nor does it by way of a phone that merges what the operator made up: that has no tag, and is not opened.
	forged := w.doc
	forged.Admit(deviceID(7), o.own.Key())
	if _, err := escrow.Open(w.code, anna, o.forge(t, forged, w.newest().Tag), 0); !errors.Is(err, escrow.ErrNotOurs) {
		t.Errorf("a document with the operator's device: %v", err)
	}
	if got, err := open(t, w.next, w.code, w.newest()); err != nil || len(got.Devices) != 2 {
		t.Errorf("the second phone: %v, %v", got, err)
	}
}

// forge encrypts a document of the operator's to the true keys, which he knows, and gives it a tag that he has seen.
func (o *operator) forge(t *testing.T, doc escrow.Document, tag authn.Hash) escrow.Sealed {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var to []age.Recipient
	for _, k := range append([]key.Public{o.exchange}, values(o.devices)...) {
		r, err := vault.Recipient(k)
		if err != nil {
			t.Fatal(err)
		}
		to = append(to, r)
	}
	var file bytes.Buffer
	a, err := age.Encrypt(&file, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(a, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return escrow.Sealed{Generation: doc.Generation, File: file.Bytes(), Tag: tag}
}

func values(m map[authn.DeviceID]key.Public) (out []key.Public) {
	for _, k := range m {
		out = append(out, k)
	}
	return out
}

// T10, R-096: what he encrypts himself, with any tag that he has seen or can make, no phone takes.
func TestOperatorCannotForge(t *testing.T) {
	w := newWorld(t)
	o := &w.operator
	doc := document(1)
	doc.Generation = 9
	tags := []authn.Hash{{}, o.vouch}
	for _, s := range o.kept {
		tags = append(tags, s.Tag)
	}
	mine := key.NewRestoreCode() // a code of his own, for the same user
	file := o.forge(t, doc, authn.Hash{})
	tags = append(tags, mine.EscrowMAC(string(anna), file.Generation, file.File))
	for _, k := range []key.Private{o.identity, o.own} { // the identity key in place of the code
		private, err := k.ECDH()
		if err != nil {
			t.Fatal(err)
		}
		c, err := key.RestoreCodeOf(private.Bytes()[:16])
		if err != nil {
			t.Fatal(err)
		}
		tags = append(tags, c.EscrowMAC(string(anna), file.Generation, file.File))
	}
	for i, tag := range tags {
		file.Tag = tag
		if err := escrow.Verify(w.code, anna, file, 0); !errors.Is(err, escrow.ErrNotOurs) {
			t.Errorf("tag %d: %v", i, err)
		}
		if got, err := open(t, w.phone, w.code, file); err == nil {
			t.Errorf("tag %d: the phone takes %v", i, got)
		}
	}
	// The proof that the file itself would open: only the tag stands in the way.
	file.Tag = w.code.EscrowMAC(string(anna), file.Generation, file.File)
	if _, err := open(t, w.phone, w.code, file); err != nil && !errors.Is(err, escrow.ErrDamaged) {
		t.Errorf("the forged file does not even open: %v", err)
	}
}

// T10, R-096: he gives out an earlier escrow, as it was or under a later number. A phone that was there takes neither; nobody takes one of an earlier code.
func TestOperatorCannotRollBack(t *testing.T) {
	w := newWorld(t)
	o := &w.operator
	known := w.newest().Generation
	for _, old := range o.kept[:len(o.kept)-1] {
		if err := escrow.Verify(w.code, anna, old, known); !errors.Is(err, escrow.ErrRolledBack) {
			t.Errorf("generation %d given to a phone that knows %d: %v", old.Generation, known, err)
		}
		for _, g := range []uint64{known, known + 1, known + 1<<32} {
			again := old
			again.Generation = g
			if err := escrow.Verify(w.code, anna, again, known); !errors.Is(err, escrow.ErrNotOurs) {
				t.Errorf("generation %d as %d: %v", old.Generation, g, err)
			}
		}
	}
	before := slices.Clone(o.kept)
	w.code = key.NewRestoreCode()
	w.upload(t)
	for _, old := range before {
		if err := escrow.Verify(w.code, anna, old, 0); !errors.Is(err, escrow.ErrNotOurs) {
			t.Errorf("generation %d after a new code, to a phone that knows nothing: %v", old.Generation, err)
		}
	}
	if err := escrow.Verify(w.code, anna, w.newest(), known); err != nil {
		t.Errorf("the newest: %v", err)
	}
}

// T10: another server, or the same operator with another identity key, has no vouch for it: a phone that is told host, login and code by hand tells nothing to it.
func TestOperatorCannotVouch(t *testing.T) {
	w := newWorld(t)
	o := &w.operator
	tp := o.own.Key().Thumbprint()
	for name, vouch := range map[string]authn.Hash{
		"the true server's": o.vouch, "a tag": w.newest().Tag, "of another code": key.NewRestoreCode().Vouch(string(anna), issuer, tp), "of another address": w.code.Vouch(string(anna), "https://evil.example", tp),
	} {
		if want := authn.Hash(w.code.Vouch(string(anna), issuer, tp)); vouch == want {
			t.Errorf("a vouch that is %s is good for another identity key", name)
		}
	}
}
