package keystore

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"errors"
	"io"
	"sync"

	"avow/internal/key"
	"avow/internal/phone/platform"
)

// PurposeOf says what a key is for; ErrKeyNotFound if there is no such key.
func PurposeOf(ks Keystore, id ID) (Purpose, error) {
	for _, info := range ks.List() {
		if info.ID == id {
			return info.Purpose, nil
		}
	}
	return "", ErrKeyNotFound
}

// Signer binds a device key to a crypto.Signer that lives as long as the keystore: each Sign is a use of its own. ctx ends
// them all. For an approval key call Use, because its kind of user verification stands in what is signed.
func Signer(ctx context.Context, ks Keystore, id ID) (crypto.Signer, error) {
	pub, err := ks.Public(id)
	if err != nil {
		return nil, err
	}
	return signer{ctx, ks, id, pub}, nil
}

type signer struct {
	ctx context.Context
	ks  Keystore
	id  ID
	pub key.Public
}

func (s signer) Public() crypto.PublicKey { return s.pub.ECDSA() }

func (s signer) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	use, err := s.ks.Use(s.ctx, s.id, platform.Prompt{})
	if err != nil {
		return nil, err
	}
	defer use.Close()
	return use.Sign(random, digest, opts)
}

// Exchanger binds an exchange or vault key to an ecdh.KeyExchanger that asks the user at its first ECDH and not before, so
// that what can't be opened anyway asks for nothing. Close it after use.
type Exchanger struct {
	ctx    context.Context
	ks     Keystore
	id     ID
	prompt platform.Prompt
	pub    *ecdh.PublicKey

	mu  sync.Mutex
	use Use
	err error
}

var _ ecdh.KeyExchanger = (*Exchanger)(nil)

// NewExchanger returns the key exchanger of a key; ErrKeyNotFound if there is no such key.
func NewExchanger(ctx context.Context, ks Keystore, id ID, p platform.Prompt) (*Exchanger, error) {
	pub, err := ks.Public(id)
	if err != nil {
		return nil, err
	}
	return &Exchanger{ctx: ctx, ks: ks, id: id, prompt: p, pub: pub.ECDH()}, nil
}

// PublicKey implements ecdh.KeyExchanger.
func (e *Exchanger) PublicKey() *ecdh.PublicKey { return e.pub }

// Curve implements ecdh.KeyExchanger.
func (e *Exchanger) Curve() ecdh.Curve { return e.pub.Curve() }

// ECDH implements ecdh.KeyExchanger. The user is asked once; a refusal is final for this Exchanger.
func (e *Exchanger) ECDH(peer *ecdh.PublicKey) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.use == nil && e.err == nil {
		e.use, e.err = e.ks.Use(e.ctx, e.id, e.prompt)
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.use.ECDH(peer)
}

// Err returns why the keystore refused, nil if it did not. Callers need it because packages in between may hide the cause.
func (e *Exchanger) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// Close forgets the key.
func (e *Exchanger) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.use != nil {
		e.use.Close()
	}
	e.use, e.err = nil, errors.Join(e.err, ErrSpent)
}
