package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"avow/internal/authn"
)

// The formats of an Attestation. Sent: append, never rename.
const (
	FormatAndroid = "android-key"     // Chain: the certificates of the approval key, leaf first
	FormatApple   = "apple-appattest" // Statement: the object of App Attest
)

// Limits of an Attestation.
const (
	maxCertificates = 8
	maxAttestation  = 16 << 10 // bytes of all of it
)

// Attestation is what the maker of a phone has signed about it. It stands in the registration that the approval key signs; the server alone judges it.
type Attestation struct {
	Format    string `json:"format"`
	Chain     []Blob `json:"chain,omitempty"`
	Statement Blob   `json:"statement,omitempty"`
}

func (a *Attestation) check() error {
	size := len(a.Statement)
	for _, c := range a.Chain {
		if len(c) == 0 {
			return errors.New("attestation has an empty certificate")
		}
		size += len(c)
	}
	switch {
	case size > maxAttestation:
		return fmt.Errorf("attestation has %d bytes, at most %d are allowed", size, maxAttestation)
	case a.Format == FormatAndroid && len(a.Chain) >= 2 && len(a.Chain) <= maxCertificates && len(a.Statement) == 0:
		return nil
	case a.Format == FormatApple && len(a.Chain) == 0 && len(a.Statement) > 0:
		return nil
	}
	return fmt.Errorf("attestation of format %.40q does not have what belongs to it", a.Format)
}

// Blob is bytes as unpadded base64url, in its one spelling.
type Blob []byte

// MarshalText writes base64url.
func (b Blob) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(b)), nil
}

// UnmarshalText reads base64url.
func (b *Blob) UnmarshalText(text []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(text) { // the decoder skips line breaks
		return errors.New("not base64url")
	}
	*b = raw
	return nil
}

// AttestationChallenge is what an Android phone makes its approval key for: this claim of this server, by this device key.
func AttestationChallenge(r Registration) [32]byte {
	return digest("avow attestation v1", []byte(r.Audience), []byte(r.RegistrationID), []byte(r.Challenge), r.DeviceJWK.Bytes())
}

// AppAttestHash is the clientDataHash that an Apple app has attested: that claim, and what the app says of itself. App Attest certifies no key of ours, so the
// other keys, where they lie and how the user was verified stand in it.
func AppAttestHash(r Registration) [32]byte {
	claim := AttestationChallenge(r)
	return digest("avow app attest v1", claim[:], r.ApprovalJWK.Bytes(), r.ExchangeJWK.Bytes(), []byte(r.Class), []byte(r.UV))
}

// digest hashes a label and parts, each behind its length, so that no two rows of parts are the same bytes.
func digest(label string, parts ...[]byte) [32]byte {
	b := append([]byte(label), 0)
	for _, p := range parts {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
	}
	return sha256.Sum256(b)
}

// RegistrationPolicy is what the organisation asks of a device.
type RegistrationPolicy struct {
	UserVerification authn.UVPolicy          `json:"user_verification"` // each_approval, registration, off (feature A4)
	Attestation      authn.AttestationPolicy `json:"attestation"`       // none, required
}
