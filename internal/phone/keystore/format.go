package keystore

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"avow/internal/authn"
	"avow/internal/key"
)

const (
	fileVersion = 2 // 1 had no rule for wrong PINs and counted their waits by the clock
	maxFile     = 4 << 20
	rootSize    = 32
)

// header is what lies in the file. Only the sealed part says anything.
type header struct {
	V       int       `json:"v"`
	Class   key.Class `json:"class"`
	Install string    `json:"install"` // random; names the secret in the keyring
	Sealed  []byte    `json:"sealed"`
}

// body is what is sealed under the root secret.
type body struct {
	Single []byte            `json:"single,omitempty"` // X25519 public keys; nil until a PIN is set
	Window []byte            `json:"window,omitempty"`
	Slots  []slot            `json:"slots,omitempty"`
	Keys   []entry           `json:"keys,omitempty"`
	Tries  tries             `json:"tries"`
	Rule   authn.WrongPINs   `json:"wrong_pins,omitempty"`
	Marks  map[string]uint64 `json:"marks,omitempty"`
}

// slot holds both private keys of the user, sealed under a PIN or under what the OS lets go.
type slot struct {
	Kind   authn.UserVerification `json:"kind"`
	Salt   []byte                 `json:"salt"`
	KDF    KDF                    `json:"kdf,omitzero"`
	Sealed []byte                 `json:"sealed"`
}

type entry struct {
	ID      ID         `json:"id"`
	Purpose Purpose    `json:"purpose"`
	Public  key.Public `json:"public"`
	Sealed  []byte     `json:"sealed"` // HPKE; for keys that need no user under the root secret alone
}

// opened are the private keys of a verified user.
type opened struct {
	kind   authn.UserVerification
	single key.Secret // opens approval keys; never kept
	window key.Secret // opens exchange and vault keys; kept for Window
}

func (o *opened) wipe() {
	o.single.Wipe()
	o.window.Wipe()
	o.single, o.window = nil, nil
}

func (b body) find(id ID) (entry, bool) {
	for _, e := range b.Keys {
		if e.ID == id {
			return e, true
		}
	}
	return entry{}, false
}

func (b body) slot(kind authn.UserVerification) (slot, bool) {
	for _, s := range b.Slots {
		if s.Kind == kind {
			return s, true
		}
	}
	return slot{}, false
}

func (h header) aad() []byte {
	return fmt.Appendf(nil, "avow keystore v%d\x00%s\x00%s", h.V, h.Class, h.Install)
}

func encode(class key.Class, install string, root key.Secret, b body) ([]byte, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode keystore: %w", err)
	}
	defer clear(text)
	h := header{V: fileVersion, Class: class, Install: install}
	h.Sealed = seal(derive(root, "body"), h.aad(), text)
	return h.encode()
}

func (h header) encode() ([]byte, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode keystore: %w", err)
	}
	return append(data, '\n'), nil
}

func parseHeader(data []byte) (header, error) {
	var h header
	if len(data) > maxFile {
		return h, ErrKeystoreDamaged.Because(fmt.Errorf("file of %d bytes", len(data)))
	}
	if err := strict(data, &h); err != nil {
		return h, ErrKeystoreDamaged.Because(err)
	}
	switch {
	case h.V > fileVersion:
		return h, ErrKeystoreNewer
	case h.V < 1, h.Class != key.Software && h.Class != key.Keyring, len(h.Install) != 22:
		return h, ErrKeystoreDamaged.Because(errors.New("header is not one of ours"))
	}
	if again, err := h.encode(); err != nil || !bytes.Equal(again, data) {
		return h, ErrKeystoreDamaged.Because(errors.New("header is not written as we write it"))
	}
	return h, nil
}

func (h header) open(root key.Secret) (body, error) {
	text, err := unseal(derive(root, "body"), h.aad(), h.Sealed)
	if err != nil {
		return body{}, ErrKeystoreDamaged.Because(err)
	}
	defer clear(text)
	var b body
	if err := strict(text, &b); err != nil {
		return body{}, ErrKeystoreDamaged.Because(err)
	}
	for _, e := range b.Keys {
		if !e.Purpose.Valid() || e.Public.IsZero() {
			return body{}, ErrKeystoreNewer
		}
	}
	return b, nil
}

func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return errors.New("not JSON of the expected shape") // the cause could quote the content
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the JSON value")
	}
	return nil
}

// sealKey seals a private key to the user's public key for its purpose, so that making a key needs no verification.
func (b body) sealKey(e entry, private key.Private) ([]byte, error) {
	k, err := private.ECDH()
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	scalar := k.Bytes()
	if !e.Purpose.NeedsUser() {
		return scalar, nil // the whole body is sealed under the root secret
	}
	defer clear(scalar)
	to := b.Window
	if e.Purpose == Approval {
		to = b.Single
	}
	if to == nil {
		return nil, ErrPINNotSet
	}
	pub, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(to)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	sealed, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), e.info(), scalar)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return sealed, nil
}

// openKey opens a key with the user's private key for its purpose, or without one where the purpose needs no user.
func (e entry) openKey(user key.Secret) (*ecdh.PrivateKey, error) {
	if !e.Purpose.NeedsUser() {
		return ecdh.P256().NewPrivateKey(e.Sealed)
	}
	private, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(user)
	if err != nil {
		return nil, ErrKeyInvalidated.Because(errors.New("user verification let go no key"))
	}
	scalar, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), e.info(), e.Sealed)
	if err != nil {
		return nil, ErrKeystoreDamaged.Because(fmt.Errorf("open key: %w", err))
	}
	defer clear(scalar)
	return ecdh.P256().NewPrivateKey(scalar)
}

func (e entry) info() []byte {
	return fmt.Appendf(nil, "avow key v1\x00%s\x00%s\x00%s", e.Purpose, e.ID, e.Public.Compressed())
}

// derive gives a key of 32 bytes for one end from a secret that is uniformly random.
func derive(secret key.Secret, end string) key.Secret {
	k, err := hkdf.Key(sha256.New, secret, nil, "avow keystore v1 "+end, chacha20poly1305.KeySize)
	if err != nil {
		panic("hkdf of 32 bytes cannot fail: " + err.Error())
	}
	return k
}

// seal is XChaCha20-Poly1305 with a random nonce in front.
func seal(k key.Secret, aad, text []byte) []byte {
	a := newAEAD(k)
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(text)+a.Overhead())
	rand.Read(nonce)
	return a.Seal(nonce, nonce, text, aad)
}

func unseal(k key.Secret, aad, sealed []byte) ([]byte, error) {
	a := newAEAD(k)
	if len(sealed) < a.NonceSize() {
		return nil, ErrSealBroken
	}
	text, err := a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], aad)
	if err != nil {
		return nil, ErrSealBroken
	}
	return text, nil
}

func newAEAD(k key.Secret) cipher.AEAD {
	a, err := chacha20poly1305.NewX(k)
	if err != nil {
		panic("key is always 32 bytes: " + err.Error())
	}
	return a
}
