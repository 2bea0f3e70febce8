package wire

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Claim asks for a registration session (POST /v1/registration/claim), proved by the device key.
type Claim struct {
	Session   SessionSecret `json:"session"`
	DeviceJWK key.Public    `json:"device_jwk"`
}

// SessionSecret is the session of an R link in a command. It is a secret that is meant to be sent, so unlike key.Secret
// it does encode to JSON; in prints it is redacted.
type SessionSecret struct{ key.Secret }

// MarshalText writes the 16 bytes as base64url.
func (s SessionSecret) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(s.Secret)), nil
}

// UnmarshalText reads exactly 16 bytes.
func (s *SessionSecret) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil || len(raw) != 16 || len(b) != 22 { // the decoder skips line breaks
		return errors.New("secret is not 16 bytes of base64url")
	}
	s.Secret = raw
	return nil
}

// Claimed answers a Claim.
type Claimed struct {
	RegistrationID authn.RegistrationID `json:"registration_id"`
	Challenge      string               `json:"challenge"` // 128 bits, base64url
	LoginMasked    string               `json:"login_masked"`
	SecondProof    authn.SecondProof    `json:"second_proof"` // none, password, pin, code
	ExpiresAt      int64                `json:"expires_at"`   // unix seconds
	ServerTime     int64                `json:"server_time"`
	Policy         RegistrationPolicy   `json:"policy"`
}

// Registration binds the three keys of a device to an account; it is signed by the new approval key, so that the key
// proves itself and everything that it stands for.
type Registration struct {
	Audience       string                 `json:"aud"` // the server's issuer
	RegistrationID authn.RegistrationID   `json:"registration_id"`
	Challenge      string                 `json:"challenge"`
	SessionHash    string                 `json:"session_hash"` // base64url SHA-256 of the session
	DeviceJWK      key.Public             `json:"device_jwk"`
	ApprovalJWK    key.Public             `json:"approval_jwk"`
	ExchangeJWK    key.Public             `json:"exchange_jwk"`
	Device         authn.DeviceInfo       `json:"device"`
	Class          key.Class              `json:"key"` // a claim, which decides nothing
	UV             authn.UserVerification `json:"uv"`
	Verifies       authn.UVPolicy         `json:"uv_policy,omitempty"` // what the approval key demands; "" is each_approval
	Attestation    *Attestation           `json:"attestation,omitempty"`
}

// SignRegistration signs with the new approval key.
func SignRegistration(s crypto.Signer, r Registration) (string, error) {
	return sign(s, TypeRegistration, "", nil, r)
}

// VerifyRegistration checks the signature by the approval key that the statement itself names, and that the user was verified unless the key's
// policy is never to do so. The caller compares audience, id, challenge, session hash, device key and the key's policy with what it gave out.
func VerifyRegistration(raw string) (Registration, error) {
	t, err := open(raw, TypeRegistration)
	if err != nil {
		return Registration{}, err
	}
	var peeked Registration
	if err := t.peek(&peeked); err != nil {
		return Registration{}, fmt.Errorf("%s: %w", TypeRegistration, err)
	}
	var r Registration
	if err := t.verify(peeked.ApprovalJWK, true, &r); err != nil {
		return Registration{}, err
	}
	n := newKeys{
		device: r.DeviceJWK, approval: r.ApprovalJWK, exchange: r.ExchangeJWK, class: r.Class, uv: r.UV, verifies: r.Verifies,
	}
	if r.Verifies, err = n.check(TypeRegistration, peeked.ApprovalJWK); err != nil {
		return Registration{}, err
	}
	if r.Attestation != nil {
		if err := r.Attestation.check(); err != nil {
			return Registration{}, fmt.Errorf("%s: %w", TypeRegistration, err)
		}
	}
	return r, nil
}

// newKeys is what every statement that introduces a device says of its keys.
type newKeys struct {
	device, approval, exchange key.Public
	class                      key.Class
	uv                         authn.UserVerification
	verifies                   authn.UVPolicy
}

// check refuses keys that are missing or the same, words that nobody knows, and a user who was not verified although the approval key's policy is to do
// so. signer is the key that has signed. It returns the policy.
func (n newKeys) check(typ Type, signer key.Public) (authn.UVPolicy, error) {
	if n.approval != signer || n.device.IsZero() || n.exchange.IsZero() {
		return "", fmt.Errorf("%s: a key is missing", typ)
	}
	if n.device == n.approval || n.device == n.exchange || n.approval == n.exchange {
		return "", fmt.Errorf("%s: the three keys must differ", typ)
	}
	if !n.class.Valid() || !n.uv.Valid() {
		return "", fmt.Errorf("%s: key class or user verification is not known", typ)
	}
	verifies := cmp.Or(n.verifies, authn.UVEachApproval)
	if !verifies.Valid() {
		return "", fmt.Errorf("%s: uv_policy %.40q is not one that this program knows", typ, verifies)
	}
	if verifies != authn.UVOff && !n.uv.Happened() {
		return "", fmt.Errorf("%s: the user was not verified", typ)
	}
	return verifies, nil
}

// Finish carries a Registration (POST /v1/registration/finish), proved by the device key.
type Finish struct {
	Registration string `json:"registration"` // JWS
	// SecondProof is what the claim's answer asked for. It stands beside the JWS and not in it: a phone keeps the JWS to send it again, and must not keep a
	// password. The proof of the request covers both.
	SecondProof ProofText `json:"second_proof,omitzero"`
}

// ProofText is a password, pin or code in a command. It is a secret that is meant to be sent, so unlike key.Secret it does encode to JSON; in prints it is
// redacted.
type ProofText struct{ key.Secret }

// MaxProof is how long a second proof may be, in bytes.
const MaxProof = 512

// MarshalText writes it as it is.
func (p ProofText) MarshalText() ([]byte, error) { return []byte(p.Secret), nil }

// UnmarshalText reads it as it is, up to MaxProof.
func (p *ProofText) UnmarshalText(b []byte) error {
	if len(b) > MaxProof {
		return errors.New("second proof is too long")
	}
	p.Secret = bytes.Clone(b)
	return nil
}

// IsZero reports whether there is none.
func (p ProofText) IsZero() bool { return len(p.Secret) == 0 }

// Finished answers a Finish.
type Finished struct {
	Bound string `json:"bound"` // JWS
}

// Bound is the server's statement that a device exists.
type Bound struct {
	Issuer       string            `json:"iss"`
	Device       authn.DeviceID    `json:"aud"`
	User         authn.UserID      `json:"sub"`
	Login        string            `json:"login"`
	Name         string            `json:"name"`
	Organisation string            `json:"organisation"`
	State        authn.DeviceState `json:"state"`
	CheckWords   [2]string         `json:"check_words"`
	Registration string            `json:"registration_hash"` // base64url SHA-256 of the registration JWS
	IssuedAt     int64             `json:"iat"`
}

// SignBound signs with the identity key.
func SignBound(s crypto.Signer, b Bound) (string, error) { return sign(s, TypeBound, "", nil, b) }

// VerifyBound checks the server's statement against the registration that was sent, works out the check words anew, and cleans
// its texts. The caller compares the issuer.
func VerifyBound(raw string, identity key.Public, registration string) (Bound, error) {
	b, err := verifyBound(raw, identity, registration)
	if err != nil {
		return Bound{}, err
	}
	sent, err := open(registration, TypeRegistration)
	if err != nil {
		return Bound{}, err
	}
	var r Registration
	if err := sent.peek(&r); err != nil { // our own words: nothing to verify
		return Bound{}, fmt.Errorf("%s: %w", TypeRegistration, err)
	}
	if b.CheckWords != CheckWords(r.RegistrationID, registration) {
		return Bound{}, fmt.Errorf("%s: check words are not those of this registration", TypeBound)
	}
	return b, nil
}

// verifyBound checks all but the check words.
func verifyBound(raw string, identity key.Public, statement string) (Bound, error) {
	t, err := open(raw, TypeBound)
	if err != nil {
		return Bound{}, err
	}
	var b Bound
	if err := t.verify(identity, false, &b); err != nil {
		return Bound{}, err
	}
	if b.Registration != HashText(statement) {
		return Bound{}, fmt.Errorf("%s: is for another registration", TypeBound)
	}
	if !authn.ValidID("d_", string(b.Device)) || !authn.ValidID("u_", string(b.User)) {
		return Bound{}, fmt.Errorf("%s: device or user id is missing", TypeBound)
	}
	b.Login, b.Name = authn.CleanText(b.Login, 128), authn.CleanText(b.Name, 128)
	b.Organisation = authn.CleanText(b.Organisation, 128)
	return b, nil
}

// HashText is base64url of the SHA-256 of a text's exact bytes: how one statement refers to another.
func HashText(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// HashSession is the session_hash of a Registration.
func HashSession(session key.Secret) string { return authn.HashOf(session).String() }

// CheckWords are two words that page and phone both show. They follow from everything that was bound, so a phone that
// finished with other keys shows other words.
func CheckWords(id authn.RegistrationID, registration string) [2]string {
	h := sha256.Sum256([]byte("avow check words v1\x00" + string(id) + "\x00" + registration))
	return [2]string{words[h[0]], words[h[1]]}
}
