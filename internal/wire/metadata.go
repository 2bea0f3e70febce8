package wire

import (
	"crypto"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
)

// Metadata is what a server says of itself at /.well-known/avow, signed by its identity key. A phone that scanned a
// link checks the key against the pin before it sends anything.
type Metadata struct {
	Version      int        `json:"v"`
	Issuer       string     `json:"iss"` // https://id.example.com
	Organisation string     `json:"organisation"`
	Support      string     `json:"support,omitempty"` // what to do when nothing helps: a phone number, an address
	Identity     key.Public `json:"identity"`
	TLSKeys      []TLSKey   `json:"tls_keys"` // keys that are trusted beside the WebPKI
	IssuedAt     int64      `json:"iat"`      // unix seconds
	Expires      int64      `json:"exp"`
	Match        string     `json:"match"` // the usual match mode: number, qr, tap
	Endpoints    []string   `json:"endpoints,omitempty"`
	Brand        Brand      `json:"brand,omitzero"` // how the app looks while an account of this server is shown
}

// TLSKey is the base64url SHA-256 of a certificate's SubjectPublicKeyInfo.
type TLSKey string

// MetadataPath is where the metadata is fetched. The body of the answer is the compact JWS and nothing else.
const MetadataPath = "/.well-known/avow"

// MetadataMedia is the media type of that answer (RFC 7519, section 10.3.1).
const MetadataMedia = "application/jwt"

// MetadataVersion is the version of the protocol.
const MetadataVersion = 1

// ErrPinMismatch means that the server is not the one that made the QR: a hard stop.
var ErrPinMismatch = errors.New("the server's identity key does not match the pin")

// SignMetadata signs with the identity key.
func SignMetadata(s crypto.Signer, m Metadata) (string, error) {
	return sign(s, TypeMetadata, m.Identity.Thumbprint().String(), nil, m)
}

// VerifyPinnedMetadata checks metadata against the pin of a link and cleans its texts. Expires is the caller's to judge, who knows how far
// to trust the clock.
func VerifyPinnedMetadata(raw string, pin key.Pin) (Metadata, error) {
	t, m, err := peekMetadata(raw)
	if err != nil {
		return Metadata{}, err
	}
	if m.Identity.Thumbprint().Pin() != pin {
		return Metadata{}, ErrPinMismatch
	}
	return finishMetadata(t, m.Identity)
}

// VerifyMetadata checks metadata against the identity key that is already known; the rest is as with VerifyPinnedMetadata.
func VerifyMetadata(raw string, identity key.Public) (Metadata, error) {
	t, m, err := peekMetadata(raw)
	if err != nil {
		return Metadata{}, err
	}
	if m.Identity != identity {
		return Metadata{}, ErrPinMismatch
	}
	return finishMetadata(t, identity)
}

// VerifyOwnMetadata checks metadata against the identity key that it names itself: it says who somebody claims to be and nothing more. The caller has to
// compare Identity with what it knows from elsewhere.
func VerifyOwnMetadata(raw string) (Metadata, error) {
	t, m, err := peekMetadata(raw)
	if err != nil {
		return Metadata{}, err
	}
	return finishMetadata(t, m.Identity)
}

func peekMetadata(raw string) (token, Metadata, error) {
	t, err := open(raw, TypeMetadata)
	if err != nil {
		return token{}, Metadata{}, err
	}
	var m Metadata
	if err := t.peek(&m); err != nil {
		return token{}, Metadata{}, fmt.Errorf("%s: %w", TypeMetadata, err)
	}
	return t, m, nil
}

func finishMetadata(t token, identity key.Public) (Metadata, error) {
	var m Metadata
	if err := t.verify(identity, false, &m); err != nil {
		return Metadata{}, err
	}
	if m.Version != MetadataVersion {
		return Metadata{}, fmt.Errorf("%s: version %d is not one that this program knows", TypeMetadata, m.Version)
	}
	m.Brand = m.Brand.clean()
	m.Organisation, m.Support = authn.CleanText(m.Organisation, 128), authn.CleanText(m.Support, 300)
	if m.Identity != identity || m.Organisation == "" || t.header.Kid != identity.Thumbprint().String() {
		return Metadata{}, fmt.Errorf("%s: organisation or identity is missing", TypeMetadata)
	}
	if err := validateIssuer(m.Issuer); err != nil {
		return Metadata{}, fmt.Errorf("%s: %w", TypeMetadata, err)
	}
	return m, nil
}

// validateIssuer wants https:// and a host as in a link, or http:// and a loopback address, which only development uses; whether it may is the
// client's to say.
func validateIssuer(issuer string) error {
	if host, ok := strings.CutPrefix(issuer, "http://"); ok {
		if addr, err := netip.ParseAddrPort(host); err == nil && addr.Addr().IsLoopback() && addr.String() == host {
			return nil
		}
	}
	host, ok := strings.CutPrefix(issuer, "https://")
	if !ok {
		return fmt.Errorf("issuer %.200q does not begin with https://", issuer)
	}
	if err := ValidateHost(host); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	return nil
}
