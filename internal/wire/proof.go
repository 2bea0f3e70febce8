package wire

import (
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"avow/internal/key"
)

// ProofScheme is the scheme of the Authorization header that carries a proof.
const ProofScheme = "Avow"

// NonceHeader carries the server's nonce in every answer; a proof returns it.
const NonceHeader = "Avow-Nonce"

// Proof binds one HTTP request to the key that makes it: the shape of a DPoP proof (RFC 9449, section 4.2) with the
// body bound too.
type Proof struct {
	Method   string `json:"htm"`
	URL      string `json:"htu"` // without query and fragment
	IssuedAt int64  `json:"iat"` // by the phone's clock; not trusted, the nonce says how fresh it is
	ID       string `json:"jti"` // 128 random bits
	Nonce    string `json:"nonce"`
	BodyHash string `json:"bh"` // base64url SHA-256 of the body
}

// NewProof fills a proof for a request.
func NewProof(method, url, nonce string, body []byte, unix int64) Proof {
	return Proof{
		Method: method, URL: url, IssuedAt: unix, ID: key.RandomID(16), Nonce: nonce, BodyHash: bodyHash(body),
	}
}

// jtiForm is what a jti may be: 128 bits in base64url, or longer; also a UUID.
var jtiForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

func bodyHash(body []byte) string {
	h := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// Sign makes the header value for a key that the server knows by kid (a device, computer or administrator).
func (p Proof) Sign(s crypto.Signer, kid string) (string, error) {
	raw, err := sign(s, TypeProof, kid, nil, p)
	return ProofScheme + " " + raw, err
}

// SignNew makes the header value for a key that the server does not know yet: it is embedded (claim, finish).
func (p Proof) SignNew(s crypto.Signer) (string, error) {
	pub, err := key.PublicOf(s)
	if err != nil {
		return "", err
	}
	raw, err := sign(s, TypeProof, "", &pub, p)
	return ProofScheme + " " + raw, err
}

// ReceivedProof is a proof from an Authorization header, not yet verified.
type ReceivedProof struct{ t token }

// ErrNoProof means that the header is missing or of another scheme.
var ErrNoProof = errors.New("no proof")

// ParseProof reads an Authorization header.
func ParseProof(authorization string) (ReceivedProof, error) {
	raw, ok := strings.CutPrefix(authorization, ProofScheme+" ")
	if !ok {
		return ReceivedProof{}, ErrNoProof
	}
	t, err := open(raw, TypeProof)
	if err != nil {
		return ReceivedProof{}, err
	}
	return ReceivedProof{t}, nil
}

// Kid names the signer; empty when the key is embedded.
func (r ReceivedProof) Kid() string { return r.t.header.Kid }

// Embedded gives the embedded key, to be accepted only where a key is introduced.
func (r ReceivedProof) Embedded() (key.Public, bool) {
	if r.t.header.JWK == nil {
		return key.Public{}, false
	}
	return *r.t.header.JWK, !r.t.header.JWK.IsZero()
}

// Verify checks the signature and that the proof is for exactly this request. Nonce and jti are left to the caller, who
// keeps what they are compared with.
func (r ReceivedProof) Verify(pub key.Public, method, url string, body []byte) (Proof, error) {
	var p Proof
	if err := r.t.verify(pub, true, &p); err != nil {
		return Proof{}, err
	}
	switch {
	case p.Method != method:
		return Proof{}, fmt.Errorf("%s: htm is %.20q", TypeProof, p.Method)
	case p.URL != url:
		return Proof{}, fmt.Errorf("%s: htu is %.200q", TypeProof, p.URL)
	case subtle.ConstantTimeCompare([]byte(p.BodyHash), []byte(bodyHash(body))) != 1:
		return Proof{}, fmt.Errorf("%s: bh does not match the body", TypeProof)
	case !jtiForm.MatchString(p.ID):
		return Proof{}, fmt.Errorf("%s: jti %.64q", TypeProof, p.ID)
	}
	return p, nil
}
