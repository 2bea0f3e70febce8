package wire

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"avow/internal/key"
)

// Type is the typ header of a JWS. Each kind of statement has its own, so that none can stand for another (RFC 8725,
// section 3.11). Append, never rename.
type Type string

// The kinds of statements.
const (
	TypeMetadata     Type = "avow-metadata+jwt"      // server: who it is
	TypeProof        Type = "avow-req+jwt"           // device, computer, administrator: this request is mine
	TypeRegistration Type = "avow-registration+jwt"  // approval key: bind these keys
	TypeBound        Type = "avow-bound+jwt"         // server: bound
	TypeRequest      Type = "avow-approval-req+jwt"  // server: is it you?
	TypeDecision     Type = "avow-approval+jwt"      // device: yes, no, not me
	TypeReceipt      Type = "avow-receipt+jwt"       // server: this decision was taken
	TypeStatus       Type = "avow-device-status+jwt" // server: how the device stands
)

// maxJWS bounds a compact JWS before anything in it is looked at.
const maxJWS = 32 << 10

// header is a protected header; only these members are accepted, so jku, x5u, x5c, crit and b64 are refused.
type header struct {
	Alg string      `json:"alg"`
	Typ Type        `json:"typ"`
	Kid string      `json:"kid,omitempty"`
	JWK *key.Public `json:"jwk,omitempty"`
}

// signer lets go-jose sign with a key that only a keystore holds.
type signer struct{ crypto.Signer }

// Public is not used: the header is ours.
func (signer) Public() *jose.JSONWebKey { return nil }

// Algs names the one algorithm.
func (signer) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

// SignPayload signs header and payload.
func (s signer) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return key.Sign(s.Signer, payload)
}

// sign makes a compact JWS of claims. kid or jwk say whose key it is; both may be empty.
func sign(s crypto.Signer, typ Type, kid string, jwk *key.Public, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", typ, err)
	}
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if kid != "" {
		opts = opts.WithHeader("kid", kid)
	}
	if jwk != nil {
		opts = opts.WithHeader("jwk", jwk)
	}
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: signer{s}}, opts)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	obj, err := js.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	return obj.CompactSerialize()
}

// token is a compact JWS whose header was read and whose signature was not yet checked.
type token struct {
	header header
	raw    string
	jws    *jose.JSONWebSignature
}

// open reads a compact JWS of one kind. The header must be exactly one that sign writes.
func open(raw string, typ Type) (token, error) {
	if len(raw) > maxJWS || strings.Count(raw, ".") != 2 {
		return token{}, fmt.Errorf("%s: not a compact JWS", typ)
	}
	head, err := base64.RawURLEncoding.Strict().DecodeString(raw[:strings.IndexByte(raw, '.')])
	if err != nil {
		return token{}, fmt.Errorf("%s: header is not base64url", typ)
	}
	t := token{raw: raw}
	if err := DecodeCommand(head, &t.header); err != nil {
		return token{}, fmt.Errorf("%s: header: %w", typ, err)
	}
	if t.header.Alg != string(jose.ES256) || t.header.Typ != typ {
		return token{}, fmt.Errorf("%s: header says alg %.20q, typ %.40q", typ, t.header.Alg, t.header.Typ)
	}
	t.jws, err = jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return token{}, fmt.Errorf("%s: %w", typ, err)
	}
	// base64url has several spellings of the last bits; only the canonical one is signed by us.
	if again, err := t.jws.CompactSerialize(); err != nil || again != raw {
		return token{}, fmt.Errorf("%s: not in its one canonical form", typ)
	}
	return t, nil
}

var errSignature = errors.New("signature does not match")

// verify checks the signature and reads the claims; strict refuses claims that we would not have written.
func (t token) verify(pub key.Public, strict bool, claims any) error {
	ec := pub.ECDSA()
	if ec == nil {
		return fmt.Errorf("%s: no key", t.header.Typ)
	}
	payload, err := t.jws.Verify(ec)
	if err != nil {
		return fmt.Errorf("%s: %w", t.header.Typ, errSignature)
	}
	decode := DecodeAnswer
	if strict {
		decode = DecodeCommand
	}
	if err := decode(payload, claims); err != nil {
		return fmt.Errorf("%s: %w", t.header.Typ, err)
	}
	return nil
}

// peek reads the claims without a check, to find out whose key to check with. The result must not be acted on.
func (t token) peek(claims any) error {
	return json.NewDecoder(bytes.NewReader(t.jws.UnsafePayloadWithoutVerification())).Decode(claims)
}
