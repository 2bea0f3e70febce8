// Package keystoretest is the conformance suite of keystore.Keystore. Every implementation runs it: those in a file in this
// repository's tests, those of Android and Apple on a device or its emulator.
package keystoretest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
)

// Fixture is one keystore under test and the person in front of it.
type Fixture struct {
	Keys keystore.Keystore // empty, ready for Create of every purpose

	// Agree gives a context for a call at which the user, if asked, is verified; Refuse one at which the user says no.
	Agree, Refuse func(context.Context) context.Context

	Kind    authn.UserVerification // what Agree leads to
	Advance func(time.Duration)    // the keystore's clock
	Reopen  func() keystore.Keystore
	Other   func() keystore.Keystore // another installation

	// Forced opens the keystore again with the OS made to say yes whatever happens, and to let go released, as with a callback that was hooked. Nil where no OS
	// verifies the user.
	Forced func(released key.Secret) keystore.Keystore

	// Enroll adds a finger or a face. Nil as above.
	Enroll func()
}

// Run runs the suite. make is called for each part.
func Run(t *testing.T, make func(*testing.T) *Fixture) {
	for name, part := range map[string]func(*testing.T, *Fixture){
		"keys live and die":               keysLiveAndDie,
		"device key signs unasked":        deviceSigns,
		"approval key asks each time":     approvalAsks,
		"approval key signs once":         approvalSignsOnce,
		"open approval key asks nobody":   openApprovalSigns,
		"fresh prompt asks in the window": freshAsks,
		"exchange key within the window":  exchangeWindow,
		"approval leaves nothing open":    approvalStaysShut,
		"forced yes opens nothing":        forcedYes,
		"new finger invalidates":          newFinger,
		"lock forgets the user":           lockForgets,
		"key keeps to its purpose":        purposes,
		"prompt limits the kinds":         promptLimits,
		"use is spent after the window":   useSpent,
		"ecdh agrees with the standard":   agrees,
		"seal opens only as it was":       seals,
		"marks never fall":                marks,
		"destroyed keystore gives no key": destroys,
	} {
		t.Run(name, func(t *testing.T) { part(t, make(t)) })
	}
}

var digest = sha256.Sum256([]byte("what is signed"))

func create(t *testing.T, f *Fixture, id keystore.ID, p keystore.Purpose) key.Public {
	t.Helper()
	pub, err := f.Keys.Create(t.Context(), id, p)
	if err != nil {
		t.Fatalf("create %s: %v", p, err)
	}
	return pub
}

func use(t *testing.T, f *Fixture, ctx context.Context, id keystore.ID) keystore.Use {
	t.Helper()
	u, err := f.Keys.Use(ctx, id, platform.Prompt{Title: "Test"})
	if err != nil {
		t.Fatalf("use %s: %v", id, err)
	}
	t.Cleanup(u.Close)
	return u
}

func refused(t *testing.T, f *Fixture, id keystore.ID) {
	t.Helper()
	u, err := f.Keys.Use(f.Refuse(t.Context()), id, platform.Prompt{Title: "Test"})
	if err == nil {
		u.Close()
		t.Errorf("%s opened although the user was not verified", id)
	}
}

func sign(t *testing.T, u keystore.Use, pub key.Public) {
	t.Helper()
	sig, err := u.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	if !ecdsa.VerifyASN1(pub.ECDSA(), digest[:], sig) {
		t.Error("signature does not verify")
	}
}

func exchange(t *testing.T, u keystore.Use) {
	t.Helper()
	peer, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.ECDH(peer.PublicKey())
	if err != nil {
		t.Fatalf("ecdh: %v", err)
	}
	want, err := peer.ECDH(u.PublicKey())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("shared secrets differ (%v)", err)
	}
}

func keysLiveAndDie(t *testing.T, f *Fixture) {
	ctx := t.Context()
	want := map[keystore.ID]keystore.Info{}
	for _, p := range []keystore.Purpose{keystore.Device, keystore.Approval, keystore.ApprovalOpen, keystore.Exchange, keystore.Vault} {
		id := keystore.ID("a/" + p)
		want[id] = keystore.Info{ID: id, Purpose: p, Public: create(t, f, id, p)}
	}
	if _, err := f.Keys.Create(ctx, "a/device", keystore.Approval); !errors.Is(err, keystore.ErrKeyExists) {
		t.Errorf("second key of one id: %v, want ErrKeyExists", err)
	}
	for _, bad := range []keystore.ID{"", "name with spaces", "ä"} {
		if _, err := f.Keys.Create(ctx, bad, keystore.Device); err == nil {
			t.Errorf("id %q was taken", bad)
		}
	}
	if _, err := f.Keys.Create(ctx, "x", "signing"); err == nil {
		t.Error("an unknown purpose was taken")
	}
	f.Keys = f.Reopen()
	list := f.Keys.List()
	if len(list) != len(want) {
		t.Fatalf("list has %d keys after a restart, want %d", len(list), len(want))
	}
	for i, info := range list {
		if info != want[info.ID] {
			t.Errorf("key %q changed over a restart", info.ID)
		}
		if i > 0 && list[i-1].ID >= info.ID {
			t.Error("list is not ordered")
		}
	}
	for range 2 {
		if err := f.Keys.Delete(ctx, "a/exchange"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	f.Keys = f.Reopen()
	if _, err := f.Keys.Public("a/exchange"); !errors.Is(err, keystore.ErrKeyNotFound) {
		t.Errorf("deleted key: %v, want ErrKeyNotFound", err)
	}
	if _, err := f.Keys.Use(f.Agree(ctx), "a/exchange", platform.Prompt{}); !errors.Is(err, keystore.ErrKeyNotFound) {
		t.Errorf("use of a deleted key: %v, want ErrKeyNotFound", err)
	}
	sign(t, use(t, f, ctx, "a/device"), want["a/device"].Public)
	if !f.Keys.Class().Valid() {
		t.Errorf("class %q is none of ours", f.Keys.Class())
	}
}

func deviceSigns(t *testing.T, f *Fixture) {
	pub := create(t, f, "d", keystore.Device)
	u := use(t, f, f.Refuse(t.Context()), "d")
	for range 3 {
		sign(t, u, pub)
	}
	if u.UserVerification() != authn.UVNone {
		t.Errorf("device key claims user verification %q", u.UserVerification())
	}
	for name, call := range map[string]func() ([]byte, error){
		"short digest": func() ([]byte, error) { return u.Sign(rand.Reader, digest[:31], crypto.SHA256) },
		"other hash":   func() ([]byte, error) { return u.Sign(rand.Reader, digest[:], crypto.SHA512_256) },
		"no hash":      func() ([]byte, error) { return u.Sign(rand.Reader, digest[:], nil) },
	} {
		if _, err := call(); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
	s, err := keystore.Signer(t.Context(), f.Keys, "d")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign(s, []byte("text"))
	if err != nil || !key.Verify(pub, []byte("text"), sig) {
		t.Errorf("signature by the adapter does not verify (%v)", err)
	}
}

// an earlier unlock or approval is not enough.
func approvalAsks(t *testing.T, f *Fixture) {
	pub := create(t, f, "p", keystore.Approval)
	create(t, f, "v", keystore.Vault)
	refused(t, f, "p")
	exchange(t, use(t, f, f.Agree(t.Context()), "v")) // the unlock
	refused(t, f, "p")
	u := use(t, f, f.Agree(t.Context()), "p")
	if u.UserVerification() != f.Kind {
		t.Errorf("user verification is %q before signing, want %q", u.UserVerification(), f.Kind)
	}
	sign(t, u, pub)
	refused(t, f, "p")
}

func approvalSignsOnce(t *testing.T, f *Fixture) {
	pub := create(t, f, "p", keystore.Approval)
	u := use(t, f, f.Agree(t.Context()), "p")
	sign(t, u, pub)
	if _, err := u.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.Is(err, keystore.ErrSpent) {
		t.Errorf("second signature of one verification: %v, want ErrSpent", err)
	}
}

// A4: where the policy wants no verification the key asks nobody, and says so. It opens nothing else.
func openApprovalSigns(t *testing.T, f *Fixture) {
	pub := create(t, f, "o", keystore.ApprovalOpen)
	create(t, f, "p", keystore.Approval)
	create(t, f, "x", keystore.Exchange)
	f.Keys = f.Reopen()
	if p, err := keystore.PurposeOf(f.Keys, "o"); err != nil || p != keystore.ApprovalOpen {
		t.Errorf("purpose is %q, %v", p, err)
	}
	for range 2 {
		u := use(t, f, f.Refuse(t.Context()), "o")
		if u.UserVerification() != authn.UVNone {
			t.Errorf("open approval key claims user verification %q", u.UserVerification())
		}
		sign(t, u, pub)
		if _, err := u.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.Is(err, keystore.ErrSpent) {
			t.Errorf("second signature of one use: %v, want ErrSpent", err)
		}
	}
	refused(t, f, "p")
	refused(t, f, "x")
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
	if u := use(t, f, f.Agree(t.Context()), "o"); u.UserVerification() != authn.UVNone {
		t.Errorf("open approval key takes credit for another key's verification: %q", u.UserVerification())
	}
	if _, err := keystore.PurposeOf(f.Keys, "q"); !errors.Is(err, keystore.ErrKeyNotFound) {
		t.Errorf("purpose of a missing key: %v, want ErrKeyNotFound", err)
	}
}

// The verification of a moment ago opens exchange keys, but not for a prompt that wants a fresh one.
func freshAsks(t *testing.T, f *Fixture) {
	create(t, f, "x", keystore.Exchange)
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
	exchange(t, use(t, f, f.Refuse(t.Context()), "x"))
	fresh := platform.Prompt{Title: "Test", Fresh: true}
	if u, err := f.Keys.Use(f.Refuse(t.Context()), "x", fresh); err == nil {
		u.Close()
		t.Error("a fresh verification was wanted, and an earlier one was taken")
	}
	u, err := f.Keys.Use(f.Agree(t.Context()), "x", fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if u.UserVerification() != f.Kind {
		t.Errorf("user verification is %q, want %q", u.UserVerification(), f.Kind)
	}
	exchange(t, u)
}

func exchangeWindow(t *testing.T, f *Fixture) {
	create(t, f, "x", keystore.Exchange)
	create(t, f, "v", keystore.Vault)
	refused(t, f, "x")
	refused(t, f, "v")
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
	f.Advance(keystore.Window - time.Second)
	u := use(t, f, f.Refuse(t.Context()), "v")
	if u.UserVerification() != f.Kind {
		t.Errorf("user verification is %q, want %q", u.UserVerification(), f.Kind)
	}
	exchange(t, u)
	f.Advance(time.Second)
	refused(t, f, "x")
	refused(t, f, "v")
}

// An approval may open the window for exchange keys, never for the next approval; a restart closes both.
func approvalStaysShut(t *testing.T, f *Fixture) {
	create(t, f, "p", keystore.Approval)
	create(t, f, "q", keystore.Approval)
	create(t, f, "x", keystore.Exchange)
	use(t, f, f.Agree(t.Context()), "p")
	refused(t, f, "q")
	f.Keys = f.Reopen()
	refused(t, f, "q")
	refused(t, f, "x")
}

// keys open with what the OS lets go, not because its callback says yes.
func forcedYes(t *testing.T, f *Fixture) {
	if f.Forced == nil {
		t.Skip("no OS verifies the user")
	}
	for id, p := range map[keystore.ID]keystore.Purpose{"p": keystore.Approval, "v": keystore.Vault, "x": keystore.Exchange} {
		create(t, f, id, p)
	}
	use(t, f, f.Agree(t.Context()), "p") // it is on
	for name, released := range map[string]key.Secret{"nothing": nil, "zeros": make(key.Secret, 32), "noise": key.NewSecret(32), "short": key.NewSecret(31)} {
		f.Keys = f.Forced(released)
		for _, id := range []keystore.ID{"p", "v", "x"} {
			if u, err := f.Keys.Use(t.Context(), id, platform.Prompt{}); !invalidated(err) {
				if err == nil {
					u.Close()
				}
				t.Errorf("%s released, key %s: %v, want that it is invalidated", name, id, err)
			}
		}
	}
}

// a finger or face that is added takes the keys that need the user away; the sensor then opens none of them, also not after a restart.
func newFinger(t *testing.T, f *Fixture) {
	if f.Enroll == nil {
		t.Skip("no OS verifies the user")
	}
	device := create(t, f, "d", keystore.Device)
	create(t, f, "p", keystore.Approval)
	create(t, f, "v", keystore.Vault)
	exchange(t, use(t, f, f.Agree(t.Context()), "v"))
	f.Keys.Lock()
	f.Enroll()
	for range 2 {
		for _, id := range []keystore.ID{"p", "v"} {
			if u, err := f.Keys.Use(f.Agree(t.Context()), id, platform.Prompt{}); !invalidated(err) {
				if err == nil {
					u.Close()
				}
				t.Errorf("key %s after a new finger: %v, want that it is invalidated", id, err)
			}
		}
		sign(t, use(t, f, t.Context(), "d"), device)
		f.Keys = f.Reopen()
	}
}

// invalidated reports whether a verification opens its keys no more, for the moment or for ever.
func invalidated(err error) bool {
	return errors.Is(err, platform.ErrInvalidated) || errors.Is(err, keystore.ErrKeyInvalidated)
}

func lockForgets(t *testing.T, f *Fixture) {
	create(t, f, "x", keystore.Exchange)
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
	f.Keys.Lock()
	refused(t, f, "x")
	f.Keys.Lock()
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
}

func purposes(t *testing.T, f *Fixture) {
	peer, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []keystore.Purpose{keystore.Device, keystore.Approval, keystore.ApprovalOpen, keystore.Exchange, keystore.Vault} {
		pub := create(t, f, keystore.ID(p), p)
		u := use(t, f, f.Agree(t.Context()), keystore.ID(p))
		if got, err := key.FromECDH(u.PublicKey()); err != nil || got != pub {
			t.Errorf("%s: exchange half is another key (%v)", p, err)
		}
		if got, err := key.PublicOf(u); err != nil || got != pub {
			t.Errorf("%s: signing half is another key (%v)", p, err)
		}
		if p.Signs() {
			_, err = u.ECDH(peer.PublicKey())
		} else {
			_, err = u.Sign(rand.Reader, digest[:], crypto.SHA256)
		}
		if !errors.Is(err, keystore.ErrKeyPurpose) {
			t.Errorf("%s: %v, want ErrKeyPurpose", p, err)
		}
	}
}

func promptLimits(t *testing.T, f *Fixture) {
	create(t, f, "p", keystore.Approval)
	create(t, f, "x", keystore.Exchange)
	exchange(t, use(t, f, f.Agree(t.Context()), "x"))
	other := authn.UVDevice
	if f.Kind == other {
		other = authn.UVPIN
	}
	for _, id := range []keystore.ID{"p", "x"} {
		for _, kinds := range [][]authn.UserVerification{{other}, {authn.UVNone}} {
			if _, err := f.Keys.Use(f.Agree(t.Context()), id, platform.Prompt{Allowed: kinds}); err == nil {
				t.Errorf("%s: only %v is allowed and %q opened it", id, kinds, f.Kind)
			}
		}
	}
	u, err := f.Keys.Use(f.Agree(t.Context()), "p", platform.Prompt{Allowed: []authn.UserVerification{other, f.Kind}})
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
}

func useSpent(t *testing.T, f *Fixture) {
	create(t, f, "p", keystore.Approval)
	create(t, f, "x", keystore.Exchange)
	p, x := use(t, f, f.Agree(t.Context()), "p"), use(t, f, f.Agree(t.Context()), "x")
	f.Advance(keystore.Window)
	if _, err := p.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.Is(err, keystore.ErrSpent) {
		t.Errorf("approval after the window: %v, want ErrSpent", err)
	}
	if _, err := x.ECDH(x.PublicKey()); !errors.Is(err, keystore.ErrSpent) {
		t.Errorf("exchange after the window: %v, want ErrSpent", err)
	}
	x = use(t, f, f.Agree(t.Context()), "x")
	x.Close()
	if _, err := x.ECDH(x.PublicKey()); !errors.Is(err, keystore.ErrSpent) {
		t.Errorf("exchange after close: %v, want ErrSpent", err)
	}
}

func agrees(t *testing.T, f *Fixture) {
	create(t, f, "x", keystore.Exchange)
	x, err := keystore.NewExchanger(f.Agree(t.Context()), f.Keys, "x", platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		peer, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.ECDH(peer.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		if want, err := peer.ECDH(x.PublicKey()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("shared secrets differ (%v)", err)
		}
	}
	x.Close()
	if _, err := x.ECDH(x.PublicKey()); !errors.Is(err, keystore.ErrSpent) {
		t.Errorf("closed exchanger: %v, want ErrSpent", err)
	}
	no, err := keystore.NewExchanger(f.Refuse(t.Context()), f.Keys, "x", platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	f.Keys.Lock()
	if _, err := no.ECDH(no.PublicKey()); err == nil || no.Err() == nil {
		t.Error("exchanger opened the key although the user was not verified")
	}
}

func seals(t *testing.T, f *Fixture) {
	ctx, text := t.Context(), []byte("an index")
	sealed, err := f.Keys.Seal(ctx, "one", text)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, text) {
		t.Error("sealed text can be read")
	}
	f.Keys = f.Reopen()
	if got, err := f.Keys.Unseal(ctx, "one", sealed); err != nil || !bytes.Equal(got, text) {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	bad := func(name string, ks keystore.Keystore, label string, data []byte) {
		if _, err := ks.Unseal(ctx, label, data); !errors.Is(err, keystore.ErrSealBroken) {
			t.Errorf("%s: %v, want ErrSealBroken", name, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		bad("changed byte", f.Keys, "one", changed)
		bad("cut off", f.Keys, "one", sealed[:i])
	}
	bad("other label", f.Keys, "two", sealed)
	bad("other installation", f.Other(), "one", sealed)
}

func marks(t *testing.T, f *Fixture) {
	ctx := t.Context()
	check := func(name string, want uint64) {
		t.Helper()
		if got, err := f.Keys.Mark(ctx, name); err != nil || got != want {
			t.Errorf("mark %s is %d, %v, want %d", name, got, err, want)
		}
	}
	check("a", 0)
	for _, n := range []uint64{3, 7, 5, 7} {
		if err := f.Keys.RaiseMark(ctx, "a", n); err != nil {
			t.Fatal(err)
		}
	}
	check("a", 7)
	if err := f.Keys.RaiseMark(ctx, "b", 1<<60); err != nil {
		t.Fatal(err)
	}
	f.Keys = f.Reopen()
	check("a", 7)
	check("b", 1<<60)
}

func destroys(t *testing.T, f *Fixture) {
	ctx := t.Context()
	create(t, f, "d", keystore.Device)
	create(t, f, "x", keystore.Exchange)
	exchange(t, use(t, f, f.Agree(ctx), "x"))
	for range 2 {
		if err := f.Keys.Destroy(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Keys.Use(ctx, "d", platform.Prompt{}); err == nil {
		t.Error("device key is still there")
	}
	if _, err := f.Keys.Use(f.Agree(ctx), "x", platform.Prompt{}); err == nil {
		t.Error("exchange key is still there")
	}
	if len(f.Keys.List()) != 0 {
		t.Error("keys are still listed")
	}
}
