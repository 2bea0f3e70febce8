package wire

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// typeJWT is the typ of what other people's libraries read too: ID tokens and client assertions (RFC 7519, section 5.1).
const typeJWT Type = "JWT"

// Audience is the aud claim: one name or several (RFC 7519, section 4.1.3).
type Audience []string

// MarshalJSON writes a single name as a string, which every library reads.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON reads a string or an array of strings.
func (a *Audience) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*a = Audience{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("aud is neither a string nor an array of strings")
	}
	*a = many
	return nil
}

// Assertion is by what a client proves itself at the token endpoint (RFC 7523, section 3; private_key_jwt).
type Assertion struct {
	Issuer   string   `json:"iss"` // the client's id, as Subject
	Subject  string   `json:"sub"`
	Audience Audience `json:"aud"` // the server's issuer or token endpoint
	ID       string   `json:"jti"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"exp"`
}

// AssertionLifetime is for how long, in seconds, NewAssertion makes an assertion good.
const AssertionLifetime = 60

// NewAssertion fills an assertion of a client for a server.
func NewAssertion(client authn.ClientID, issuer string, unix int64) Assertion {
	return Assertion{
		Issuer: string(client), Subject: string(client), Audience: Audience{issuer},
		ID: key.RandomID(16), IssuedAt: unix, Expires: unix + AssertionLifetime,
	}
}

// SignAssertion signs with the client's key, whose thumbprint becomes the kid.
func SignAssertion(s crypto.Signer, a Assertion) (string, error) {
	pub, err := key.PublicOf(s)
	if err != nil {
		return "", err
	}
	return sign(s, typeJWT, pub.Thumbprint().String(), nil, a)
}

// IDToken says to a client who signed in, how and when (OpenID Connect Core 1.0, section 2; CIBA Core 1.0, section 10.1.1).
type IDToken struct {
	Issuer    string       `json:"iss"`
	Subject   authn.UserID `json:"sub"`
	Audience  Audience     `json:"aud"` // the client's id
	Expires   int64        `json:"exp"`
	IssuedAt  int64        `json:"iat"`
	AuthTime  int64        `json:"auth_time"` // when the person said Yes
	ACR       string       `json:"acr"`
	AMR       []string     `json:"amr"` // RFC 8176
	AuthReqID string       `json:"urn:openid:params:jwt:claim:auth_req_id"`
	Nonce     string       `json:"nonce,omitempty"`
	Login     string       `json:"preferred_username"`
	Name      string       `json:"name,omitempty"`
}

// SignIDToken signs with the identity key; the kid is its thumbprint, as in the JWKS.
func SignIDToken(s crypto.Signer, t IDToken) (string, error) {
	pub, err := key.PublicOf(s)
	if err != nil {
		return "", err
	}
	return sign(s, typeJWT, pub.Thumbprint().String(), nil, t)
}

// VerifyIDToken checks signature, issuer and audience. The caller compares time and auth_req_id.
func VerifyIDToken(raw string, keys JWKS, issuer string, client authn.ClientID) (IDToken, error) {
	t, err := open(raw, typeJWT)
	if err != nil {
		return IDToken{}, err
	}
	pub, err := keys.find(t.header.Kid)
	if err != nil {
		return IDToken{}, err
	}
	var id IDToken
	if err := t.verify(pub, false, &id); err != nil {
		return IDToken{}, err
	}
	switch {
	case id.Issuer != issuer:
		return IDToken{}, fmt.Errorf("ID token: iss is %.200q", id.Issuer)
	case len(id.Audience) != 1 || id.Audience[0] != string(client):
		return IDToken{}, fmt.Errorf("ID token: aud is %.200q", []string(id.Audience))
	case id.Subject == "" || id.Expires == 0 || id.IssuedAt == 0:
		return IDToken{}, errors.New("ID token: sub, exp or iat is missing")
	}
	return id, nil
}

// JWK is a public key in a key set, with the members that libraries look for (RFC 7517, section 4).
type JWK struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
}

// JWKS is a key set (RFC 7517, section 5).
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// NewJWKS lists signature keys by their thumbprints.
func NewJWKS(keys ...key.Public) (JWKS, error) {
	var set JWKS
	for _, k := range keys {
		b, err := k.MarshalJSON()
		if err != nil {
			return JWKS{}, err
		}
		j := JWK{Kid: k.Thumbprint().String(), Use: "sig", Alg: "ES256"}
		if err := json.Unmarshal(b, &j); err != nil {
			return JWKS{}, fmt.Errorf("encode jwks: %w", err)
		}
		set.Keys = append(set.Keys, j)
	}
	return set, nil
}

func (s JWKS) find(kid string) (key.Public, error) {
	for _, j := range s.Keys {
		if j.Kid != kid || kid == "" {
			continue
		}
		b, err := json.Marshal(map[string]string{"kty": j.Kty, "crv": j.Crv, "x": j.X, "y": j.Y})
		if err != nil {
			return key.Public{}, err
		}
		var k key.Public
		err = k.UnmarshalJSON(b)
		return k, err
	}
	return key.Public{}, fmt.Errorf("no key %.60q in the key set", kid)
}
