package oidc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Limits of a client assertion.
const (
	maxAssertion      = 8 << 10
	assertionLifetime = 5 * time.Minute // at most
	leeway            = 30 * time.Second
	maxUsed           = 200_000 // assertions remembered; more than that in five minutes is an attack
)

// clientAuth checks client assertions (RFC 7523, section 3).
type clientAuth struct {
	site   *site.Site
	nobody key.Public // verifies for clients that do not exist, so that they cost the same time
	begin  time.Time  // assertions from before are refused: nobody remembers whether they were used

	mu   sync.Mutex
	used map[[32]byte]time.Time // until when
	next time.Time              // when to forget again
}

func newClientAuth(s *site.Site) *clientAuth {
	k, err := key.Generate()
	if err != nil {
		panic("generating a P-256 key cannot fail: " + err.Error())
	}
	return &clientAuth{site: s, nobody: k.Key(), begin: s.Now().Truncate(time.Second), used: map[[32]byte]time.Time{}}
}

var errInvalidClient = refuse(http.StatusUnauthorized, wire.ErrInvalidClient, "The client is not known, or its assertion is not good.")

// claims of an assertion. Others are ignored (RFC 7523, section 3).
type assertion struct {
	Issuer    string        `json:"iss"`
	Subject   string        `json:"sub"`
	Audience  wire.Audience `json:"aud"`
	ID        string        `json:"jti"`
	IssuedAt  float64       `json:"iat"` // NumericDate may have a fraction
	Expires   float64       `json:"exp"`
	NotBefore float64       `json:"nbf"`
}

// authenticate finds the client that a form is from.
func (a *clientAuth) authenticate(ctx context.Context, r *http.Request, f form) (authn.Client, error) {
	if len(r.Header.Values("Authorization")) > 0 || f.has("client_secret") {
		return authn.Client{}, refuse(http.StatusUnauthorized, wire.ErrInvalidClient, "Clients prove themselves by private_key_jwt only.")
	}
	raw := f.get("client_assertion")
	if f.get("client_assertion_type") != wire.AssertionJWT || raw == "" || len(raw) > maxAssertion {
		return authn.Client{}, errInvalidClient
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return authn.Client{}, errInvalidClient.because(err)
	}
	if err := checkHeader(jws); err != nil {
		return authn.Client{}, errInvalidClient.because(err)
	}
	var named assertion // only to find out whose key to check with
	if err := wire.DecodeAnswer(jws.UnsafePayloadWithoutVerification(), &named); err != nil {
		return authn.Client{}, errInvalidClient.because(err)
	}
	client, known, err := a.find(ctx, authn.ClientID(named.Subject))
	if err != nil {
		return authn.Client{}, err
	}
	pub := a.nobody
	if known {
		pub = client.Key
	}
	payload, err := jws.Verify(pub.ECDSA())
	if err != nil || !known {
		return authn.Client{}, errInvalidClient.because(errors.New("signature does not match, or nobody has this id"))
	}
	var got assertion
	if err := wire.DecodeAnswer(payload, &got); err != nil {
		return authn.Client{}, errInvalidClient.because(err)
	}
	if err := a.check(got, client.ID, f.get("client_id")); err != nil {
		return authn.Client{}, err
	}
	return client, nil
}

// checkHeader refuses a JWS that is something else; keys and addresses of keys in a header are not looked at.
func checkHeader(jws *jose.JSONWebSignature) error {
	head := jws.Signatures[0].Protected.ExtraHeaders
	if _, ok := head["crit"]; ok {
		return errors.New("header has crit")
	}
	typ, ok := head[jose.HeaderType]
	if ok && typ != "JWT" && typ != "client-authentication+jwt" {
		return fmt.Errorf("typ is %.40q", typ)
	}
	return nil
}

func (a *clientAuth) find(ctx context.Context, id authn.ClientID) (c authn.Client, known bool, err error) {
	if id.Validate() != nil {
		return c, false, nil
	}
	err = a.site.Store.View(ctx, func(rd store.Reader) (err error) {
		c, err = rd.Client(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return c, false, nil
	}
	return c, err == nil && !c.Disabled, err
}

// check holds the claims against the client that signed them.
func (a *clientAuth) check(got assertion, client authn.ClientID, clientID string) error {
	now := a.site.Now()
	issued, expires := seconds(got.IssuedAt), seconds(got.Expires)
	bad := func(format string, x ...any) error { return errInvalidClient.because(fmt.Errorf(format, x...)) }
	switch {
	case got.Issuer != string(client), got.Subject != string(client):
		return bad("iss is %.64q, sub %.64q", got.Issuer, got.Subject)
	case clientID != "" && clientID != string(client):
		return bad("client_id is %.64q", clientID)
	case !a.forUs(got.Audience):
		return bad("aud is %.200q", []string(got.Audience))
	case len(got.ID) < 8 || len(got.ID) > 256:
		return bad("jti has %d characters", len(got.ID))
	case got.IssuedAt == 0 || issued.After(now.Add(leeway)):
		return bad("iat is missing or in the future")
	case got.NotBefore != 0 && seconds(got.NotBefore).After(now.Add(leeway)):
		return bad("nbf is in the future")
	case !expires.After(now.Add(-leeway)):
		return bad("exp is over")
	case expires.After(now.Add(assertionLifetime + leeway)):
		return bad("exp is more than %s away", assertionLifetime)
	case issued.Before(a.begin):
		// Good otherwise, but the server has forgotten what was used before it began.
		ref := refuse(http.StatusServiceUnavailable, wire.ErrTemporarily, "The server has just started. Try again with a new assertion.")
		ref.after = time.Second
		return ref
	}
	return a.use(client, got.ID, expires.Add(leeway), now)
}

func seconds(f float64) time.Time {
	if f < 0 || f > 1<<40 {
		return time.Time{}
	}
	return time.UnixMilli(int64(f * 1000))
}

// forUs wants every audience to be this server: an assertion for two servers could be sent on by one to the other.
func (a *clientAuth) forUs(aud wire.Audience) bool {
	ours := []string{a.site.Issuer, a.site.Issuer + pathToken, a.site.Issuer + pathAuthorize}
	for _, name := range aud {
		if !slices.Contains(ours, name) {
			return false
		}
	}
	return len(aud) > 0
}

// use remembers an assertion until it has expired, and refuses it from then on.
func (a *clientAuth) use(client authn.ClientID, id string, until, now time.Time) error {
	h := sha256.Sum256([]byte(string(client) + "\x00" + id))
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.After(a.next) {
		for k, t := range a.used {
			if now.After(t) {
				delete(a.used, k)
			}
		}
		a.next = now.Add(time.Minute)
	}
	if _, twice := a.used[h]; twice {
		return errInvalidClient.because(errors.New("jti was used"))
	}
	if len(a.used) >= maxUsed {
		ref := refuse(http.StatusServiceUnavailable, wire.ErrTemporarily, "The server has too much to do. Try again in a minute.")
		ref.after = time.Minute
		return ref
	}
	a.used[h] = until
	return nil
}
