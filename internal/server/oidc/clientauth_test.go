package oidc_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

func signJWT(t *testing.T, alg jose.SignatureAlgorithm, k any, header map[string]any, claims map[string]any) string {
	t.Helper()
	opts := &jose.SignerOptions{}
	for name, v := range header {
		opts = opts.WithHeader(jose.HeaderKey(name), v)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, opts)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := s.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := obj.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// R-131, RFC 7523: what is not exactly an assertion of this client for this server, now and once, is refused, and every refusal looks
// the same.
func TestAssertion(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	w.Advance(10 * time.Minute) // so that assertions of the past are not older than the server
	now := w.Now().Unix()
	good := func() map[string]any {
		return map[string]any{
			"iss": "laptop-1", "sub": "laptop-1", "aud": w.Site.Issuer, "jti": key.RandomID(16), "iat": now, "exp": now + 60,
		}
	}
	with := func(pairs ...any) map[string]any {
		c := good()
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] == nil {
				delete(c, pairs[i].(string))
				continue
			}
			c[pairs[i].(string)] = pairs[i+1]
		}
		return c
	}
	raw, err := w.oneKey.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	sig := jose.SigningKey{Key: parseEC(t, raw)}.Key
	other := parseEC(t, must(t, w.Key()))
	jwt := func(c map[string]any) string { return signJWT(t, jose.ES256, sig, map[string]any{"typ": "JWT"}, c) }
	public, err := w.oneKey.Key().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	accepted := map[string]string{
		"plain":                 jwt(good()),
		"without typ":           signJWT(t, jose.ES256, sig, nil, good()),
		"typ of the new draft":  signJWT(t, jose.ES256, sig, map[string]any{"typ": "client-authentication+jwt"}, good()),
		"aud token endpoint":    jwt(with("aud", w.Site.Issuer+"/oidc/token")),
		"aud list":              jwt(with("aud", []string{w.Site.Issuer, w.Site.Issuer + "/oidc/token"})),
		"fractions of a second": jwt(with("iat", float64(now)-0.5, "exp", float64(now)+30.25)),
		"claims of others":      jwt(with("nbf", now, "client", "x")),
		"clock a bit ahead":     jwt(with("iat", now+20, "exp", now+80)),
	}
	refused := map[string]string{
		"other key":           signJWT(t, jose.ES256, other, nil, good()),
		"unknown client":      jwt(with("iss", "laptop-9", "sub", "laptop-9")),
		"other client":        jwt(with("iss", "laptop-2", "sub", "laptop-2")),
		"iss is not sub":      jwt(with("iss", "laptop-2")),
		"no sub":              jwt(with("sub", nil)),
		"aud elsewhere":       jwt(with("aud", "https://evil.example.com")),
		"aud elsewhere too":   jwt(with("aud", []string{w.Site.Issuer, "https://evil.example.com"})),
		"aud with slash":      jwt(with("aud", w.Site.Issuer+"/")),
		"no aud":              jwt(with("aud", nil)),
		"empty aud":           jwt(with("aud", []string{})),
		"no jti":              jwt(with("jti", nil)),
		"short jti":           jwt(with("jti", "1")),
		"no exp":              jwt(with("exp", nil)),
		"expired":             jwt(with("iat", now-120, "exp", now-60)),
		"too long":            jwt(with("exp", now+3600)),
		"no iat":              jwt(with("iat", nil)),
		"iat in the future":   jwt(with("iat", now+120, "exp", now+180)),
		"nbf in the future":   jwt(with("nbf", now+120)),
		"numbers as text":     jwt(with("exp", "9999999999")),
		"huge exp":            jwt(with("exp", 1e300)),
		"typ of a proof":      signJWT(t, jose.ES256, sig, map[string]any{"typ": "avow-req+jwt"}, good()),
		"HS256 by public key": signJWT(t, jose.HS256, public, nil, good()),
		"alg none":            none(t, good()),
		"not a JWT":           "hello",
		"too large":           jwt(with("x", strings.Repeat("x", 10000))),
		"claim twice":         twice(t, jwt(good())),
		"crit":                signJWT(t, jose.ES256, sig, map[string]any{"crit": []string{"b64"}, "b64": true}, good()),
	}
	ask := func(a string) (int, wire.OAuthError) {
		status, _, e := w.post(t, "/oidc/token", url.Values{
			"client_assertion_type": {wire.AssertionJWT}, "client_assertion": {a}, "grant_type": {wire.GrantCIBA}, "auth_req_id": {"x"},
		})
		return status, e
	}
	for name, a := range accepted {
		if status, e := ask(a); status != 400 || e.Code != wire.ErrInvalidGrant {
			t.Errorf("%s: %d %+v, want to get past the assertion", name, status, e)
		}
		if status, e := ask(a); status != 401 || e.Code != wire.ErrInvalidClient {
			t.Errorf("%s, sent again: %d %+v, want %s", name, status, e, wire.ErrInvalidClient)
		}
	}
	var first wire.OAuthError
	for name, a := range maps.All(refused) {
		status, e := ask(a)
		if first.Code == "" {
			first = e
		}
		if status != 401 || e != first || e.Code != wire.ErrInvalidClient {
			t.Errorf("%s: %d %+v", name, status, e)
		}
	}
}

func TestAssertionForms(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	for name, c := range map[string]func(url.Values){
		"no type":         func(f url.Values) { f.Del("client_assertion_type") },
		"other type":      func(f url.Values) { f.Set("client_assertion_type", "x") },
		"no assertion":    func(f url.Values) { f.Del("client_assertion") },
		"other client_id": func(f url.Values) { f.Set("client_id", "laptop-2") },
		"secret":          func(f url.Values) { f.Set("client_secret", "x") },
	} {
		f := w.proved(t, "grant_type", wire.GrantCIBA, "auth_req_id", "x")
		c(f)
		if status, _, e := w.post(t, "/oidc/token", f); status != 401 || e.Code != wire.ErrInvalidClient {
			t.Errorf("%s: %d %+v", name, status, e)
		}
	}
}

// An assertion is good once, also when a hundred calls bring it at the same moment.
func TestAssertionOnce(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	f := w.proved(t, "grant_type", wire.GrantCIBA, "auth_req_id", "x")
	var through atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, _, e := w.post(t, "/oidc/token", f); e.Code == wire.ErrInvalidGrant {
				through.Add(1)
			}
		})
	}
	wg.Wait()
	if through.Load() != 1 {
		t.Errorf("%d calls got through, want 1", through.Load())
	}
}

// An assertion from before the server began may have been used; the client is told to make a new one.
func TestAssertionFromBeforeTheStart(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	a, err := wire.SignAssertion(w.oneKey, wire.NewAssertion("laptop-1", w.Site.Issuer, w.Now().Unix()-30))
	if err != nil {
		t.Fatal(err)
	}
	f := url.Values{"client_assertion_type": {wire.AssertionJWT}, "client_assertion": {a}, "grant_type": {wire.GrantCIBA}, "auth_req_id": {"x"}}
	status, head, e := w.post(t, "/oidc/token", f)
	if status != 503 || e.Code != wire.ErrTemporarily || head.Get("Retry-After") != "1" {
		t.Errorf("%d %+v", status, e)
	}
}
