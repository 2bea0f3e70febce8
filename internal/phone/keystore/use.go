package keystore

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// Use implements Keystore.
func (f *File) Use(ctx context.Context, id ID, p platform.Prompt) (Use, error) {
	e, err := f.entry(id)
	if err != nil {
		return nil, err
	}
	kind, until, user := authn.UVNone, time.Time{}, key.Secret(nil)
	if e.Purpose.NeedsUser() {
		if kind, until, user, err = f.userKey(ctx, e.Purpose, p); err != nil {
			return nil, err
		}
		defer user.Wipe()
	}
	private, err := e.openKey(user)
	if err != nil {
		return nil, err
	}
	return &use{now: f.opt.Now, entry: e, kind: kind, until: until, private: private}, nil
}

// userKey gives a copy of the user's private key for the purpose: from a verification that is still good, where one
// may be, or from a fresh one.
func (f *File) userKey(ctx context.Context, purpose Purpose, p platform.Prompt) (authn.UserVerification, time.Time, key.Secret, error) {
	if _, typed := pinOf(ctx); !typed && purpose != Approval && !p.Fresh {
		if kind, until, k := f.held(p); k != nil {
			return kind, until, k, nil
		}
	}
	o, err := f.verify(ctx, p)
	if err != nil {
		return "", time.Time{}, nil, err
	}
	until := f.hold(o)
	if purpose == Approval {
		return o.kind, until, o.single, nil
	}
	o.single.Wipe()
	return o.kind, until, append(key.Secret(nil), o.window...), nil
}

// verify asks for the user: the PIN that came with ctx, else the OS.
func (f *File) verify(ctx context.Context, p platform.Prompt) (*opened, error) {
	if pin, ok := pinOf(ctx); ok {
		if !p.Allows(authn.UVPIN) {
			return nil, platform.ErrNotEnrolled
		}
		return f.openPIN(ctx, pin)
	}
	if !f.HasPIN() {
		return nil, ErrPINNotSet
	}
	if !f.BiometricEnabled() || f.opt.Verifier == nil {
		return nil, ErrPINRequired
	}
	return f.openBiometric(ctx, p)
}

// held returns a copy of the key of a verification that is still good, and until when.
func (f *File) held(p platform.Prompt) (authn.UserVerification, time.Time, key.Secret) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.window == nil || !p.Allows(f.window.kind) {
		return "", time.Time{}, nil
	}
	now := f.opt.Now()
	if over(now, f.until) || now.Round(0).Before(f.until.Add(-Window).Round(0)) {
		return "", time.Time{}, nil
	}
	return f.window.kind, f.until, append(key.Secret(nil), f.window.window...)
}

// hold keeps what opens exchange and vault keys, and only that, for Window.
func (f *File) hold(o *opened) time.Time {
	f.forget()
	f.mu.Lock()
	defer f.mu.Unlock()
	held := &opened{kind: o.kind, window: o.window}
	f.window, f.until = held, f.opt.Now().Add(Window)
	f.timer = time.AfterFunc(Window, func() { f.drop(held) })
	return f.until
}

// Lock implements Keystore.
func (f *File) Lock() {
	f.saveWait()
	f.forget()
}

func (f *File) forget() {
	f.mu.Lock()
	held := f.window
	f.mu.Unlock()
	if held != nil {
		f.drop(held)
	}
}

// drop forgets a verification, unless a newer one took its place.
func (f *File) drop(held *opened) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.window != held {
		return
	}
	f.timer.Stop()
	f.window.wipe()
	f.window = nil
}

// over reports whether a time has come, by the monotonic clock, which nobody can set, or by the wall clock, which goes on while the
// device sleeps.
func over(now, until time.Time) bool {
	return !now.Before(until) || !now.Round(0).Before(until.Round(0))
}

type use struct {
	now   func() time.Time
	entry entry
	kind  authn.UserVerification
	until time.Time // zero for keys that need no user

	mu      sync.Mutex
	private *ecdh.PrivateKey // nil: spent
}

func (u *use) UserVerification() authn.UserVerification { return u.kind }
func (u *use) Public() crypto.PublicKey                 { return u.entry.Public.ECDSA() }
func (u *use) PublicKey() *ecdh.PublicKey               { return u.entry.Public.ECDH() }
func (u *use) Curve() ecdh.Curve                        { return ecdh.P256() }

func (u *use) Close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.private = nil
}

// Sign implements crypto.Signer.
func (u *use) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if !u.entry.Purpose.Signs() {
		return nil, ErrKeyPurpose
	}
	if len(digest) != sha256.Size || opts == nil || opts.HashFunc() != crypto.SHA256 {
		return nil, errors.New("sign: want a SHA-256 digest")
	}
	private, err := u.take()
	if err != nil {
		return nil, err
	}
	scalar := private.Bytes()
	defer clear(scalar)
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, ErrKeystoreDamaged.Because(err)
	}
	return k.Sign(rand.Reader, digest, opts)
}

// ECDH implements ecdh.KeyExchanger.
func (u *use) ECDH(peer *ecdh.PublicKey) ([]byte, error) {
	if !u.entry.Purpose.Exchanges() {
		return nil, ErrKeyPurpose
	}
	private, err := u.take()
	if err != nil {
		return nil, err
	}
	return private.ECDH(peer)
}

// take returns the key if the use is still good, and ends the use of an approval key.
func (u *use) take() (*ecdh.PrivateKey, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	private := u.private
	if private == nil {
		return nil, ErrSpent
	}
	if !u.until.IsZero() && over(u.now(), u.until) {
		u.private = nil
		return nil, ErrSpent
	}
	if u.entry.Purpose.once() {
		u.private = nil
	}
	return private, nil
}
