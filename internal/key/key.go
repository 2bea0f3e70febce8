// Package key holds the types of keys and secrets and their text forms: P-256 public keys as JWK (RFC 7517) with the
// thumbprint of RFC 7638, ES256 signatures (RFC 7518, section 3.4), the pin that a QR carries, and Secret, which
// redacts itself. It stores nothing and knows no protocol; package wire says what is signed.
package key

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strings"
)

// Class says where a private key lives. It is stored and sent: append, never rename.
type Class string

// The classes, weakest first.
const (
	Software      Class = "software"       // a file sealed by a PIN
	Keyring       Class = "keyring"        // sealed by a secret in the desktop's keyring
	TEE           Class = "tee"            // AndroidKeyStore in a trusted execution environment
	StrongBox     Class = "strongbox"      // AndroidKeyStore in a security chip
	SecureEnclave Class = "secure_enclave" // Apple
)

// Valid reports whether c is one of the known classes.
func (c Class) Valid() bool {
	switch c {
	case Software, Keyring, TEE, StrongBox, SecureEnclave:
		return true
	}
	return false
}

// Public is a P-256 public key on the curve. The zero value is no key; IsZero tells. Its text form is a JWK with exactly
// the members crv, kty, x, y.
type Public struct{ point [65]byte }

// PublicOf takes the public half of a signer, which must be a P-256 ECDSA key.
func PublicOf(s crypto.Signer) (Public, error) {
	pub, ok := s.Public().(*ecdsa.PublicKey)
	if !ok {
		return Public{}, fmt.Errorf("public key is a %T, want P-256", s.Public())
	}
	return FromECDSA(pub)
}

// FromECDSA wraps a standard library key and refuses other curves.
func FromECDSA(pub *ecdsa.PublicKey) (Public, error) {
	if pub == nil || pub.Curve != elliptic.P256() {
		return Public{}, errors.New("public key is not on P-256")
	}
	b, err := pub.Bytes()
	if err != nil {
		return Public{}, fmt.Errorf("public key: %w", err)
	}
	return FromPoint(b)
}

// FromECDH wraps a standard library key exchange key and refuses other curves.
func FromECDH(pub *ecdh.PublicKey) (Public, error) {
	if pub == nil || pub.Curve() != ecdh.P256() {
		return Public{}, errors.New("public key is not on P-256")
	}
	return FromPoint(pub.Bytes())
}

// FromPoint takes an uncompressed SEC 1 point of 65 bytes. A point off the curve or at infinity is refused.
func FromPoint(b []byte) (Public, error) {
	if _, err := ecdh.P256().NewPublicKey(b); err != nil {
		return Public{}, errors.New("public key is not a point on P-256")
	}
	var p Public
	copy(p.point[:], b)
	return p, nil
}

// FromCompressed takes a compressed SEC 1 point of 33 bytes. A point off the curve or at infinity is refused.
func FromCompressed(b []byte) (Public, error) {
	if len(b) != 33 {
		return Public{}, errors.New("point is not 33 bytes long")
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), b)
	if x == nil {
		return Public{}, errors.New("point is not on the curve P-256")
	}
	point := append(make([]byte, 0, 65), 4)
	point = append(point, x.FillBytes(make([]byte, 32))...)
	return FromPoint(append(point, y.FillBytes(make([]byte, 32))...))
}

// IsZero reports whether p holds no key.
func (p Public) IsZero() bool { return p.point[0] == 0 }

// Bytes returns the uncompressed point, 65 bytes.
func (p Public) Bytes() []byte { return bytes.Clone(p.point[:]) }

// Compressed returns the compressed SEC 1 point, 33 bytes.
func (p Public) Compressed() []byte {
	out := make([]byte, 33)
	out[0] = 2 | p.point[64]&1
	copy(out[1:], p.point[1:33])
	return out
}

// ECDSA returns the key for verifying signatures; nil for the zero value.
func (p Public) ECDSA() *ecdsa.PublicKey {
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), p.point[:])
	if err != nil {
		return nil
	}
	return pub
}

// ECDH returns the key for a key exchange; nil for the zero value.
func (p Public) ECDH() *ecdh.PublicKey {
	pub, err := ecdh.P256().NewPublicKey(p.point[:])
	if err != nil {
		return nil
	}
	return pub
}

// Thumbprint is the SHA-256 JWK thumbprint (RFC 7638, section 3).
type Thumbprint [32]byte

// String returns unpadded base64url.
func (t Thumbprint) String() string { return base64.RawURLEncoding.EncodeToString(t[:]) }

// Pin is the first 128 bits of a thumbprint, short enough for a QR.
type Pin [16]byte

// Pin cuts the thumbprint for a QR.
func (t Thumbprint) Pin() Pin { return Pin(t[:16]) }

// Thumbprint hashes the canonical JWK.
func (p Public) Thumbprint() Thumbprint { return sha256.Sum256(p.canonical()) }

func (p Public) canonical() []byte {
	x := base64.RawURLEncoding.EncodeToString(p.point[1:33])
	y := base64.RawURLEncoding.EncodeToString(p.point[33:])
	return []byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`)
}

// MarshalJSON writes the JWK with its members in the order of RFC 7638.
func (p Public) MarshalJSON() ([]byte, error) {
	if p.IsZero() {
		return []byte("null"), nil
	}
	return p.canonical(), nil
}

// UnmarshalJSON reads a JWK with exactly the members that MarshalJSON writes, each once and spelled the same, in any order. It
// refuses private members, other curves, coordinates that are not 32 bytes long and points off the curve.
func (p *Public) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*p = Public{}
		return nil
	}
	var jwk struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&jwk); err != nil {
		return fmt.Errorf("jwk: %w", err)
	}
	if jwk.Kty != "EC" || jwk.Crv != "P-256" {
		return fmt.Errorf("jwk is %q %q, want EC P-256", jwk.Kty, jwk.Crv)
	}
	point := []byte{4}
	for _, c := range []string{jwk.X, jwk.Y} {
		// The length is compared too, because the decoder skips line breaks.
		b, err := base64.RawURLEncoding.Strict().DecodeString(c)
		if err != nil || len(b) != 32 || len(c) != 43 {
			return errors.New("jwk coordinate is not 32 bytes of base64url")
		}
		point = append(point, b...)
	}
	got, err := FromPoint(point)
	if err != nil {
		return err
	}
	if !got.spelledAs(data) {
		return errors.New("jwk has a member twice, or one that is not spelled as in RFC 7517")
	}
	*p = got
	return nil
}

// spelledAs reports whether data holds the four members of p and nothing else. encoding/json takes "KTY" for "kty" and the last of
// two members; another program may take the first.
func (p Public) spelledAs(data []byte) bool {
	var flat bytes.Buffer
	canonical := p.canonical()
	if json.Compact(&flat, data) != nil || flat.Len() != len(canonical) {
		return false
	}
	for _, member := range strings.Split(strings.Trim(string(canonical), "{}"), ",") {
		if !bytes.Contains(flat.Bytes(), []byte(member)) {
			return false
		}
	}
	return true
}

// Sign makes an ES256 signature over input: R and S of 32 bytes each (RFC 7518, section 3.4). A keystore key asks for
// user verification while this runs.
func Sign(s crypto.Signer, input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	der, err := s.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) != 0 {
		return nil, errors.New("signer returned no ECDSA signature")
	}
	if rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.BitLen() > 256 || rs.S.BitLen() > 256 {
		return nil, errors.New("signature is not of P-256")
	}
	out := make([]byte, 64)
	rs.R.FillBytes(out[:32])
	rs.S.FillBytes(out[32:])
	return out, nil
}

// Verify checks an ES256 signature of 64 bytes over input.
func Verify(p Public, input, sig []byte) bool {
	pub := p.ECDSA()
	if pub == nil || len(sig) != 64 {
		return false
	}
	digest := sha256.Sum256(input)
	return ecdsa.Verify(pub, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

// Private is a P-256 private key kept in memory: the server's identity, a computer's key, a software keystore's key.
// It is a crypto.Signer and prints as "[redacted]".
type Private struct{ k *ecdsa.PrivateKey }

// Generate makes a new private key.
func Generate() (Private, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Private{}, fmt.Errorf("generate key: %w", err)
	}
	return Private{k}, nil
}

// Public returns the public half as a standard library key (crypto.Signer).
func (p Private) Public() crypto.PublicKey { return &p.k.PublicKey }

// Key returns the public half.
func (p Private) Key() Public {
	pub, err := FromECDSA(&p.k.PublicKey)
	if err != nil {
		panic("a P-256 private key has a P-256 public key: " + err.Error())
	}
	return pub
}

// Sign implements crypto.Signer; the signature is ASN.1 DER.
func (p Private) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return p.k.Sign(random, digest, opts)
}

// ECDH returns the key for key exchanges.
func (p Private) ECDH() (*ecdh.PrivateKey, error) { return p.k.ECDH() }

// String, GoString, Format and LogValue keep the key out of every print.
func (Private) String() string { return redacted }

// GoString returns a fixed text in place of the key.
func (Private) GoString() string { return redacted }

// Format covers every verb of fmt.
func (Private) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps the key out of slog.
func (Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// EncodePEM writes the key as PKCS #8 in PEM, the form in which a file keeps it.
func (p Private) EncodePEM() (Secret, error) {
	der, err := x509.MarshalPKCS8PrivateKey(p.k)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParsePEM reads a file that holds exactly one PKCS #8 P-256 private key and nothing else but space around it.
func ParsePEM(data Secret) (Private, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" || len(block.Headers) != 0 ||
		len(bytes.TrimSpace(rest)) != 0 || !bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN")) {
		return Private{}, errors.New("not one PRIVATE KEY block in PEM")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Private{}, errors.New("private key cannot be read")
	}
	// The parser passes over bytes behind the key.
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(block.Bytes, &outer); err != nil || len(rest) != 0 {
		return Private{}, errors.New("private key has something behind it")
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return Private{}, errors.New("private key is not on P-256")
	}
	return Private{ec}, nil
}
