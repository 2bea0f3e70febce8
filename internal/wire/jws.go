package wire

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
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
	TypeGrant        Type = "avow-grant+jwt"         // server: may sign in to this computer without a network
	TypeBatch        Type = "avow-batch+jwt"         // computer: from this key your next list of codes comes
	TypeRestore      Type = "avow-restore+jwt"       // approval key: bind these keys to an account that is restored
	TypeCodeProof    Type = "avow-code-proof+jwt"    // restore code: I want that
	TypeEscrow       Type = "avow-escrow+jwt"        // approval key: this is the new restore code
	TypeEscrowOff    Type = "avow-escrow-off+jwt"    // approval key: no restore any more
	TypeColleagues   Type = "avow-colleagues+jwt"    // approval key: these may bring the account back

	TypeDevices         Type = "avow-devices+jwt"          // server: these are the user's devices
	TypeDeviceCommand   Type = "avow-device-command+jwt"   // approval key: remove, wipe or block another device
	TypeWipe            Type = "avow-wipe+jwt"             // server: delete what you have
	TypeWipeReceipt     Type = "avow-wipe-receipt+jwt"     // device: deleted
	TypeDuplicateOffer  Type = "avow-duplicate-offer+jwt"  // approval key: another phone may ask for this account
	TypeDuplicateClaim  Type = "avow-duplicate-claim+jwt"  // new approval key: bind these keys
	TypeDuplicateAnswer Type = "avow-duplicate-answer+jwt" // approval key: yes; device key: no
)

// maxJWS bounds a compact JWS before anything in it is looked at.
const maxJWS = 32 << 10

// header is a protected header; only these members are accepted, so jku, x5u, x5c, crit and b64 are refused. They stand in the order
// in which go-jose writes them.
type header struct {
	Alg string      `json:"alg"`
	JWK *key.Public `json:"jwk,omitempty"`
	Kid string      `json:"kid,omitempty"`
	Typ Type        `json:"typ"`
}

var kidForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// check says what the header must be for its kind: a proof names its key by kid or brings it, metadata and what OpenID Connect reads have a kid,
// the rest names no key, since the receiver knows whose it must be.
func (h header) check() error {
	hasKid, hasJWK := h.Kid != "", h.JWK != nil
	if hasKid && !kidForm.MatchString(h.Kid) {
		return fmt.Errorf("%s: kid has characters that no id of ours has", h.Typ)
	}
	switch h.Typ {
	case TypeProof:
		if hasKid == hasJWK {
			return fmt.Errorf("%s: wants either kid or jwk", h.Typ)
		}
	case TypeMetadata, typeJWT:
		if hasJWK || !hasKid {
			return fmt.Errorf("%s: wants a kid and no jwk", h.Typ)
		}
	default:
		if hasKid || hasJWK {
			return fmt.Errorf("%s: names a key in its header", h.Typ)
		}
	}
	return nil
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
	raw, err := obj.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	if len(raw) > maxJWS { // nobody would read it
		return "", fmt.Errorf("sign %s: %d bytes, at most %d are allowed", typ, len(raw), maxJWS)
	}
	return raw, nil
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
	encoded := raw[:strings.IndexByte(raw, '.')]
	head, err := base64.RawURLEncoding.DecodeString(encoded)
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
	if err := t.header.check(); err != nil {
		return token{}, err
	}
	// JSON has several spellings of one header, and base64url of the last bits; sign writes one. The same bytes must mean the same to
	// everyone who reads them, also to programs that read what we only compare.
	again, err := json.Marshal(t.header)
	if err != nil || base64.RawURLEncoding.EncodeToString(again) != encoded {
		return token{}, fmt.Errorf("%s: header is not in its one canonical form", typ)
	}
	t.jws, err = jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return token{}, fmt.Errorf("%s: %w", typ, err)
	}
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
	return DecodeAnswer(t.jws.UnsafePayloadWithoutVerification(), claims)
}
