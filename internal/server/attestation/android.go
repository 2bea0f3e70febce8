package attestation

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"avow/internal/authn"
	"avow/internal/key"
)

// What KeyMint's numbers mean (hardware/interfaces/security/keymint).
const (
	purposeSign   = 2
	algorithmEC   = 3
	curveP256     = 1
	digestSHA256  = 4
	originMade    = 0 // generated in the hardware, not imported
	levelTEE      = 1
	levelStrong   = 2
	userPassword  = 1 // the lock of the phone
	userBiometric = 2
)

// Android checks the chain of an approval key and returns where it lies: key.TEE or key.StrongBox. Errors: ErrFailed, ErrUnavailable.
func (v *Verifier) Android(ders [][]byte, e Expect) (key.Class, error) {
	chain, err := parseChain(ders)
	if err != nil {
		return "", ErrFailed.Because(err)
	}
	whole, err := anchor(chain, v.google, v.now())
	if err != nil {
		return "", ErrFailed.Because(err)
	}
	if err := v.status.check(append(slices.Clone(whole), chain...)); err != nil {
		if errors.Is(err, ErrUnavailable) {
			return "", err
		}
		return "", ErrFailed.Because(err)
	}
	d, err := described(chain)
	if err == nil {
		err = d.about(chain[0], e)
	}
	if err != nil {
		return "", ErrFailed.Because(err)
	}
	if d.keyMint == levelStrong {
		return key.StrongBox, nil
	}
	return key.TEE, nil
}

// described finds the description of the key. An attested key can sign certificates like any other: so only the leaf may have a description, or a phone
// could certify what it likes with a good key of its own.
func described(chain []*x509.Certificate) (d description, err error) {
	var found []byte
	for i, c := range chain {
		for _, ext := range c.Extensions {
			if !ext.Id.Equal(oidKeyDescription) {
				continue
			}
			if i > 0 {
				return d, errors.New("the leaf was signed by a key that is itself attested")
			}
			found = ext.Value
		}
	}
	if found == nil {
		return d, errors.New("the leaf does not describe its key")
	}
	return parseDescription(found)
}

// about says what is wrong with a key: it must be the expected one, in hardware, made there for signing only, used only by its user, on an unmodified phone.
// Only what the hardware enforces counts.
func (d description) about(leaf *x509.Certificate, e Expect) error {
	got, err := keyOf(leaf)
	if err != nil {
		return err
	}
	h := d.hardware
	switch {
	case got != e.Key:
		return errors.New("another key is attested")
	case !bytes.Equal(d.challenge, e.Challenge[:]):
		return errors.New("the key was made for another registration")
	case d.level != d.keyMint || d.level != levelTEE && d.level != levelStrong:
		return fmt.Errorf("security levels %d and %d", d.level, d.keyMint)
	case !slices.Equal(h.purposes, []int64{purposeSign}):
		return fmt.Errorf("purposes %d", h.purposes)
	case !is(h.algorithm, algorithmEC) || !is(h.size, 256) || !is(h.curve, curveP256) || !slices.Contains(h.digests, digestSHA256):
		return errors.New("the key is not for ES256")
	case !is(h.origin, originMade):
		return errors.New("the key was not made in the hardware")
	case h.noUser || d.software.noUser || h.timeout || h.onBody:
		return errors.New("the key does not ask for its user each time")
	case !verifies(h.users, e.UV):
		return fmt.Errorf("the key does not verify its user by %q", e.UV)
	case h.anyApp || d.software.anyApp:
		return errors.New("every app may use the key")
	case !h.root.trusted():
		return errors.New("the phone is unlocked or its system is modified")
	}
	return nil
}

func is(n *int64, want int64) bool { return n != nil && *n == want }

// verifies reports whether a key asks for its user in the way that the phone says.
func verifies(users *int64, uv authn.UserVerification) bool {
	if users == nil || *users < 1 || *users > userPassword|userBiometric {
		return false
	}
	switch uv {
	case authn.UVBiometric:
		return *users&userBiometric != 0
	case authn.UVDevice:
		return *users&userPassword != 0
	}
	return false
}
