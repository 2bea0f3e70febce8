package vault

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"filippo.io/age"
	"filippo.io/age/tag"

	"avow/internal/key"
)

// Sizes of a p256tag stanza (C2SP age.md, section "The p256tag recipient type").
const (
	stanzaType  = "p256tag"
	stanzaLabel = "age-encryption.org/p256tag"
	tagSize     = 4
	encSize     = 65
	bodySize    = 16 + 16
)

// Identity opens age files that are encrypted to a P-256 key held by a keystore: an age.Identity for p256tag stanzas, HPKE with
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305 (RFC 9180). The key is used only for a stanza whose tag is
// its own.
type Identity struct{ key ecdh.KeyExchanger }

var _ age.Identity = (*Identity)(nil)

// NewIdentity wraps a P-256 key.
func NewIdentity(k ecdh.KeyExchanger) (*Identity, error) {
	if k.Curve() != ecdh.P256() {
		return nil, errors.New("age identity: key is not on P-256")
	}
	return &Identity{k}, nil
}

// Recipient returns the age recipient of a public key.
func Recipient(pub key.Public) (age.Recipient, error) {
	r, err := tag.NewClassicRecipient(pub.Compressed())
	if err != nil {
		return nil, fmt.Errorf("age recipient: %w", err)
	}
	return r, nil
}

// Unwrap implements age.Identity. A malformed p256tag stanza is an error; one of another key, or whose short tag is the
// same by chance, is passed over. What the key itself refuses is returned as it is.
func (i *Identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != stanzaType {
			continue
		}
		enc, mine, err := i.parse(s)
		if err != nil {
			return nil, err
		}
		if !mine {
			continue
		}
		fileKey, err := i.open(enc, s.Body)
		if err != nil {
			return nil, err
		}
		if fileKey != nil {
			return fileKey, nil
		}
	}
	return nil, age.ErrIncorrectIdentity
}

func (i *Identity) parse(s *age.Stanza) (enc []byte, mine bool, err error) {
	if len(s.Args) != 2 || len(s.Body) != bodySize {
		return nil, false, errors.New("malformed p256tag stanza")
	}
	got, err := base64.RawStdEncoding.Strict().DecodeString(s.Args[0])
	if err != nil || len(got) != tagSize {
		return nil, false, errors.New("malformed p256tag stanza: tag")
	}
	enc, err = base64.RawStdEncoding.Strict().DecodeString(s.Args[1])
	if err != nil || len(enc) != encSize {
		return nil, false, errors.New("malformed p256tag stanza: encapsulated key")
	}
	want, err := stanzaTag(enc, i.key.PublicKey())
	if err != nil {
		return nil, false, err
	}
	return enc, subtle.ConstantTimeCompare(got, want) == 1, nil
}

// stanzaTag is HKDF-Extract-SHA-256(enc || SHA-256(recipient)[:4], label)[:4].
func stanzaTag(enc []byte, pub *ecdh.PublicKey) ([]byte, error) {
	p, err := key.FromECDH(pub)
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256(p.Compressed())
	prk, err := hkdf.Extract(sha256.New, append(bytes.Clone(enc), h[:4]...), []byte(stanzaLabel))
	if err != nil {
		return nil, fmt.Errorf("p256tag: %w", err)
	}
	return prk[:tagSize], nil
}

// open returns nil without an error if the stanza is for another key after all.
func (i *Identity) open(enc, body []byte) ([]byte, error) {
	if _, err := ecdh.P256().NewPublicKey(enc); err != nil {
		return nil, errors.New("malformed p256tag stanza: encapsulated key is not on P-256")
	}
	k := &watched{KeyExchanger: i.key}
	private, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("p256tag: %w", err)
	}
	r, err := hpke.NewRecipient(enc, private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(stanzaLabel))
	if k.err != nil {
		return nil, k.err
	}
	if err != nil {
		return nil, fmt.Errorf("p256tag: %w", err)
	}
	fileKey, err := r.Open(nil, body)
	if err != nil {
		return nil, nil
	}
	return fileKey, nil
}

// watched remembers why a key refused, whatever the packages in between make of the error.
type watched struct {
	ecdh.KeyExchanger
	err error
}

func (w *watched) ECDH(peer *ecdh.PublicKey) ([]byte, error) {
	shared, err := w.KeyExchanger.ECDH(peer)
	if err != nil {
		w.err = &refusedError{err}
	}
	return shared, err
}

// refusedError tells a key that says no (canceled, wrong PIN) from a file that is damaged.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }
