package keystore

import (
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/argon2"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// KDF are the parameters of argon2id (RFC 9106), stored beside what they protect.
type KDF struct {
	Memory uint32 `json:"memory"` // KiB
	Time   uint32 `json:"time"`
	Lanes  uint8  `json:"lanes"`
}

// DefaultKDF makes a try with a PIN cost about a tenth of a second of one core; MinKDF is the least that is accepted
// (OWASP, 19 MiB and two passes), also from a file; the most guards against a file that would take all memory.
var (
	DefaultKDF = KDF{Memory: 64 << 10, Time: 2, Lanes: 1}
	MinKDF     = KDF{Memory: 19 << 10, Time: 2, Lanes: 1}
	maxKDF     = KDF{Memory: 1 << 20, Time: 16, Lanes: 8}
)

func (k KDF) valid() bool {
	return k.Memory >= MinKDF.Memory && k.Time >= MinKDF.Time && k.Lanes >= MinKDF.Lanes &&
		k.Memory <= maxKDF.Memory && k.Time <= maxKDF.Time && k.Lanes <= maxKDF.Lanes
}

// stretching limits argon2 to one at a time in this process: each takes its memory, and a phone has one user.
var stretching = make(chan struct{}, 1)

// stretch turns a PIN into a key. Without the root secret, which may lie in a keyring, the PIN alone gives nothing.
func (f *File) stretch(ctx context.Context, pin key.Secret, s slot) (key.Secret, error) {
	if !s.KDF.valid() {
		return nil, ErrKeystoreDamaged.Because(fmt.Errorf("argon2id parameters %+v are out of range", s.KDF))
	}
	select {
	case stretching <- struct{}{}:
		defer func() { <-stretching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k := argon2.IDKey(pin, s.Salt, s.KDF.Time, s.KDF.Memory, s.KDF.Lanes, 32)
	defer clear(k)
	return derive(append(append(key.Secret(nil), f.root...), k...), "pin"), nil
}

// WeakPIN returns ErrPINWeak for a PIN that is not 6 to 32 digits or that anyone would try first: all the same digit, a row up
// or down, one short block repeated.
func WeakPIN(pin key.Secret) error {
	if len(pin) < 6 || len(pin) > 32 {
		return ErrPINWeak
	}
	for _, c := range pin {
		if c < '0' || c > '9' {
			return ErrPINWeak
		}
	}
	for period := 1; period <= len(pin)/2; period++ {
		if len(pin)%period == 0 && repeats(pin, period) {
			return ErrPINWeak
		}
	}
	if row(pin, 1) || row(pin, 9) {
		return ErrPINWeak
	}
	return nil
}

func repeats(pin key.Secret, period int) bool {
	for i := period; i < len(pin); i++ {
		if pin[i] != pin[i-period] {
			return false
		}
	}
	return true
}

// row reports whether each digit is the one before plus step, modulo 10.
func row(pin key.Secret, step byte) bool {
	for i := 1; i < len(pin); i++ {
		if (pin[i-1]-'0'+step)%10 != pin[i]-'0' {
			return false
		}
	}
	return true
}

// HasPIN implements PINs.
func (f *File) HasPIN() bool { return f.hasSlot(authn.UVPIN) }

// BiometricEnabled implements PINs.
func (f *File) BiometricEnabled() bool { return f.hasSlot(authn.UVBiometric) }

func (f *File) hasSlot(kind authn.UserVerification) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.body.slot(kind)
	return ok
}

// SetPIN implements PINs. It also makes the two keys that approval, exchange and vault keys are sealed to.
func (f *File) SetPIN(ctx context.Context, pin key.Secret) error {
	if err := WeakPIN(pin); err != nil {
		return err
	}
	if f.HasPIN() {
		return ErrPINSet
	}
	o := &opened{kind: authn.UVPIN}
	defer o.wipe()
	single, err := newUserKey(&o.single)
	if err != nil {
		return err
	}
	window, err := newUserKey(&o.window)
	if err != nil {
		return err
	}
	s, err := f.pinSlot(ctx, pin, o)
	if err != nil {
		return err
	}
	return f.commit(keys, func(b *body) error {
		if _, ok := b.slot(authn.UVPIN); ok {
			return ErrPINSet
		}
		b.Single, b.Window, b.Slots = single, window, []slot{s}
		return nil
	})
}

func newUserKey(private *key.Secret) (public []byte, err error) {
	k, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make user key: %w", err)
	}
	if *private, err = k.Bytes(); err != nil {
		return nil, fmt.Errorf("make user key: %w", err)
	}
	return k.PublicKey().Bytes(), nil
}

func (f *File) pinSlot(ctx context.Context, pin key.Secret, o *opened) (slot, error) {
	s := slot{Kind: authn.UVPIN, Salt: key.NewSecret(16), KDF: f.opt.KDF}
	k, err := f.stretch(ctx, pin, s)
	if err != nil {
		return slot{}, err
	}
	s.Sealed = f.sealUser(k, s.Kind, o)
	return s, nil
}

func (f *File) sealUser(k key.Secret, kind authn.UserVerification, o *opened) []byte {
	text := slices.Concat(o.single, o.window)
	defer clear(text)
	return seal(k, f.slotAAD(kind), text)
}

func (f *File) openUser(k key.Secret, s slot) (*opened, error) {
	text, err := unseal(k, f.slotAAD(s.Kind), s.Sealed)
	if err != nil || len(text) != 64 {
		return nil, ErrSealBroken
	}
	return &opened{kind: s.Kind, single: text[:32:32], window: text[32:]}, nil
}

func (f *File) slotAAD(kind authn.UserVerification) []byte {
	return []byte(f.install + "\x00" + string(kind))
}

// ChangePIN implements PINs.
func (f *File) ChangePIN(ctx context.Context, old, pin key.Secret) error {
	if err := WeakPIN(pin); err != nil {
		return err
	}
	o, err := f.openPIN(ctx, old)
	if err != nil {
		return err
	}
	defer o.wipe()
	s, err := f.pinSlot(ctx, pin, o)
	if err != nil {
		return err
	}
	return f.commit(keys, func(b *body) error {
		b.setSlot(s)
		return nil
	})
}

// ResetPIN implements PINs.
func (f *File) ResetPIN(ctx context.Context, pin key.Secret, p platform.Prompt) error {
	if err := WeakPIN(pin); err != nil {
		return err
	}
	if !f.HasPIN() {
		return ErrPINNotSet
	}
	if !f.BiometricEnabled() || f.opt.Verifier == nil {
		return ErrPINRequired
	}
	o, err := f.openBiometric(ctx, p)
	if err != nil {
		return err
	}
	defer o.wipe()
	s, err := f.pinSlot(ctx, pin, o)
	if err != nil {
		return err
	}
	return f.commit(keys, func(b *body) error {
		b.setSlot(s)
		b.Tries = tries{}
		return nil
	})
}

func (b *body) setSlot(s slot) {
	b.Slots = slices.DeleteFunc(b.Slots, func(o slot) bool { return o.Kind == s.Kind })
	b.Slots = append(b.Slots, s)
}

// CheckPIN implements PINs.
func (f *File) CheckPIN(ctx context.Context, pin key.Secret) error {
	o, err := f.openPIN(ctx, pin)
	if err != nil {
		return err
	}
	o.wipe()
	return nil
}

// openPIN opens the user's keys with a PIN. The try is on disk as a wrong one before the PIN is looked at, so that killing
// the app at the right moment gains no free try.
func (f *File) openPIN(ctx context.Context, pin key.Secret) (*opened, error) {
	select {
	case f.pinning <- struct{}{}:
		defer func() { <-f.pinning }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f.mu.Lock()
	s, ok := f.body.slot(authn.UVPIN)
	f.mu.Unlock()
	if !ok {
		return nil, ErrPINNotSet
	}
	before, err := f.countTry()
	if err != nil {
		return nil, err
	}
	k, err := f.stretch(ctx, pin, s)
	if err != nil {
		f.setTries(before)
		return nil, err
	}
	o, err := f.openUser(k, s)
	if err != nil {
		return nil, f.wrongPIN()
	}
	f.setTries(tries{})
	return o, nil
}

// EnableBiometric implements PINs.
func (f *File) EnableBiometric(ctx context.Context, pin key.Secret, p platform.Prompt) error {
	if f.opt.Verifier == nil {
		return platform.ErrNotEnrolled
	}
	o, err := f.openPIN(ctx, pin)
	if err != nil {
		return err
	}
	defer o.wipe()
	released := key.Secret(make([]byte, 32))
	rand.Read(released)
	defer released.Wipe()
	if err := f.opt.Verifier.Keep(ctx, p, released); err != nil {
		return err
	}
	s := slot{Kind: authn.UVBiometric}
	s.Sealed = f.sealUser(f.releasedKey(released), s.Kind, o)
	return f.commit(keys, func(b *body) error {
		b.setSlot(s)
		return nil
	})
}

func (f *File) releasedKey(released key.Secret) key.Secret {
	return derive(append(append(key.Secret(nil), f.root...), released...), "released")
}

// DisableBiometric implements PINs.
func (f *File) DisableBiometric(ctx context.Context) error {
	err := f.commit(keys, func(b *body) error {
		b.Slots = slices.DeleteFunc(b.Slots, func(s slot) bool { return s.Kind == authn.UVBiometric })
		return nil
	})
	if f.opt.Verifier == nil {
		return err
	}
	return errors.Join(err, f.opt.Verifier.Forget(ctx))
}

// openBiometric opens the user's keys with what the OS lets go. A verification that lets nothing go, or something else,
// opens nothing, whatever it says.
func (f *File) openBiometric(ctx context.Context, p platform.Prompt) (*opened, error) {
	v, err := f.opt.Verifier.Verify(ctx, p)
	if err != nil {
		return nil, err
	}
	defer v.Released.Wipe()
	f.mu.Lock()
	s, ok := f.body.slot(authn.UVBiometric)
	f.mu.Unlock()
	if !ok || !p.Allows(v.Kind) || len(v.Released) != 32 {
		return nil, platform.ErrInvalidated
	}
	o, err := f.openUser(f.releasedKey(v.Released), s)
	if err != nil {
		return nil, platform.ErrInvalidated.Because(err)
	}
	o.kind = v.Kind
	return o, nil
}
