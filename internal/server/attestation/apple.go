package attestation

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"avow/internal/key"
)

// appAttest is the object of DCAppAttestService.attestKey: a WebAuthn attestation object of format apple-appattest.
type appAttest struct {
	Format    string `cbor:"fmt"`
	Statement struct {
		Chain   [][]byte `cbor:"x5c"`
		Receipt []byte   `cbor:"receipt"` // for Apple's own assessment of risk; not used here
	} `cbor:"attStmt"`
	AuthData []byte `cbor:"authData"`
}

// The extension that carries the nonce, and what stands before its 32 bytes: a SEQUENCE of one OCTET STRING tagged [1].
var (
	oidNonce    = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}
	noncePrefix = []byte{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20}
)

// aaguid of apps from the App Store and of the organization's own distribution. Apps in development have another and are not believed.
var aaguid = []byte("appattest\x00\x00\x00\x00\x00\x00\x00")

var strictCBOR = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxNestedLevels: 4, MaxArrayElements: 16, MaxMapPairs: 16,
	}.DecMode()
	if err != nil {
		panic("fixed options are valid: " + err.Error())
	}
	return m
}()

// Apple checks an App Attest object and returns key.SecureEnclave, where the attested app says that its approval key lies. Errors: ErrFailed, ErrUnavailable.
func (v *Verifier) Apple(object []byte, e Expect) (key.Class, error) {
	if len(v.apps) == 0 {
		return "", ErrUnavailable.Because(errors.New("no id of the app is configured"))
	}
	if err := v.appAttested(object, e); err != nil {
		return "", ErrFailed.Because(err)
	}
	return key.SecureEnclave, nil
}

func (v *Verifier) appAttested(object []byte, e Expect) error {
	if e.Class != key.SecureEnclave {
		return fmt.Errorf("the app says that its keys are %q", e.Class)
	}
	a, auth, err := parseAppAttest(object)
	if err != nil {
		return err
	}
	chain, err := parseChain(a.Statement.Chain)
	if err != nil {
		return err
	}
	if _, err := anchor(chain, v.apple, v.now()); err != nil {
		return err
	}
	nonce := sha256.Sum256(append(bytes.Clone(a.AuthData), e.Client[:]...))
	if !bytes.Equal(extension(chain[0], oidNonce), append(bytes.Clone(noncePrefix), nonce[:]...)) {
		return errors.New("the app was attested for another registration")
	}
	leaf, err := keyOf(chain[0])
	if err != nil {
		return err
	}
	return auth.about(leaf, v.apps)
}

// parseAppAttest reads the object and the data within it.
func parseAppAttest(object []byte) (a appAttest, auth authData, err error) {
	if len(object) > maxBytes {
		return a, auth, errors.New("the object is too large")
	}
	if err := strictCBOR.Unmarshal(object, &a); err != nil {
		return a, auth, err
	}
	if a.Format != "apple-appattest" {
		return a, auth, fmt.Errorf("format %.40q", a.Format)
	}
	auth, err = parseAuthData(a.AuthData)
	return a, auth, err
}

func extension(c *x509.Certificate, id asn1.ObjectIdentifier) []byte {
	for _, ext := range c.Extensions { // no certificate with one twice is read
		if ext.Id.Equal(id) {
			return ext.Value
		}
	}
	return nil
}

// authData is authenticator data (WebAuthn Level 3, section 6.1) of a new key.
type authData struct {
	app     []byte // SHA-256 of the app's id
	counter uint32
	aaguid  []byte
	keyID   []byte
	cose    []byte // the key (RFC 9052, section 7)
}

func parseAuthData(b []byte) (a authData, err error) {
	const fixed = 32 + 1 + 4 + 16 + 2
	if len(b) < fixed || b[32]&0x40 == 0 {
		return a, errors.New("authenticator data is without a key")
	}
	n := int(binary.BigEndian.Uint16(b[fixed-2:]))
	if len(b) < fixed+n {
		return a, errors.New("authenticator data is too short")
	}
	return authData{
		app: b[:32], counter: binary.BigEndian.Uint32(b[33:]), aaguid: b[37:53], keyID: b[fixed : fixed+n], cose: b[fixed+n:],
	}, nil
}

func (a authData) about(leaf key.Public, apps []string) error {
	id := sha256.Sum256(leaf.Bytes())
	switch {
	case !ours(a.app, apps):
		return errors.New("another app is attested")
	case a.counter != 0:
		return errors.New("the attested key was used before")
	case !bytes.Equal(a.aaguid, aaguid):
		return errors.New("the app is not in production")
	case !bytes.Equal(a.keyID, id[:]) || !bytes.Equal(a.cose, coseKey(leaf)):
		return errors.New("the object is about another key than its certificate")
	}
	return nil
}

func ours(hash []byte, apps []string) bool {
	for _, app := range apps {
		h := sha256.Sum256([]byte(app))
		if bytes.Equal(h[:], hash) {
			return true
		}
	}
	return false
}

// coseKey is the one canonical COSE form of a P-256 key: kty EC2, alg ES256, crv P-256, x, y.
func coseKey(p key.Public) []byte {
	point := p.Bytes()
	out := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...)
	return append(append(out, 0x22, 0x58, 32), point[33:]...)
}
