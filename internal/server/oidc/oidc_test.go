package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// world is a server with one user, her phone and two computers.
type world struct {
	*servertest.Env
	phone   *servertest.Phone
	one     *client.RelyingParty
	two     *client.RelyingParty
	oneKey  key.Private
	browser *http.Client
}

func newWorld(t *testing.T, o servertest.Options) *world {
	t.Helper()
	w := &world{Env: servertest.Start(t, o)}
	w.User("anna")
	w.phone = w.Phone("anna")
	w.one, w.oneKey = w.Computer("laptop-1", authn.MatchNumber)
	w.two, _ = w.Computer("laptop-2", authn.MatchNumber)
	w.browser = w.Browser()
	return w
}

func (w *world) ask(t *testing.T) wire.BackchannelAnswer {
	t.Helper()
	a, err := w.one.Authorize(t.Context(), client.Question{User: "anna", Message: "Sign in to LAPTOP-1", Nonce: "n-1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) answer(t *testing.T, kind authn.DecisionKind, number string) {
	t.Helper()
	if err := w.phone.Answer(kind, number); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := authn.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}

// post sends a form as a client that is not ours would.
func (w *world) post(t *testing.T, path string, form url.Values) (int, http.Header, wire.OAuthError) {
	t.Helper()
	resp, err := w.browser.PostForm(w.Site.Issuer+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var e wire.OAuthError
	if resp.StatusCode >= 400 {
		if err := json.Unmarshal(body, &e); err != nil || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %q is no OAuth error: %v", path, resp.StatusCode, body, err)
		}
		for _, r := range e.Description {
			if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
				t.Errorf("error_description %q has a character that RFC 6749, section 5.2 forbids", e.Description)
			}
		}
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: Cache-Control is %q", path, resp.Header.Get("Cache-Control"))
	}
	return resp.StatusCode, resp.Header, e
}

// proved is a form with a good assertion of laptop-1.
func (w *world) proved(t *testing.T, pairs ...string) url.Values {
	t.Helper()
	a, err := wire.SignAssertion(w.oneKey, wire.NewAssertion("laptop-1", w.Site.Issuer, w.Now().Unix()))
	if err != nil {
		t.Fatal(err)
	}
	f := url.Values{"client_assertion_type": {wire.AssertionJWT}, "client_assertion": {a}}
	for i := 0; i < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

func TestSignIn(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	a := w.ask(t)
	if a.Interval != 2 || a.ExpiresIn != 120 || a.Match != authn.MatchNumber || len(a.Number) != 6 {
		t.Errorf("answer %+v", a)
	}
	if l, err := wire.ParseLink(a.QR); err != nil || l.(wire.ApprovalLink).Host != w.Site.Host {
		t.Errorf("QR %q: %v", a.QR, err)
	}
	_, err := w.one.Token(t.Context(), a.AuthReqID)
	wantCode(t, err, wire.ErrAuthPending)
	if _, r := w.phone.Open(); r.Message != "Sign in to LAPTOP-1" || r.Client.Name != "Computer laptop-1" || r.Origin.IP != "127.0.0.1" {
		t.Errorf("the phone shows %+v", r)
	}
	w.answer(t, authn.Approve, a.Number)
	w.Advance(3 * time.Second)
	id, err := w.one.Token(t.Context(), a.AuthReqID)
	if err != nil {
		t.Fatal(err)
	}
	if id.Login != "anna" || id.Subject != w.phone.User || id.ACR != wire.ACRNumber || !slices.Equal(id.AMR, []string{"pop", "pin", "mfa", "mca"}) {
		t.Errorf("ID token %+v", id)
	}
}

// TestTokenOfAnUnverifiedUser: the token claims what happened and no more (RFC 8176): a key on another channel, one factor.
func TestTokenOfAnUnverifiedUser(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	w.Verify(authn.UVOff)
	w.User("bo")
	p := w.Phone("bo")
	for uv, want := range map[authn.UVPolicy][]string{authn.UVOff: {"pop", "mca"}, authn.UVEachApproval: {"pop", "pin", "mfa", "mca"}} {
		w.Verify(uv)
		a, err := w.one.Authorize(t.Context(), client.Question{User: "bo"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Answer(authn.Approve, a.Number); err != nil {
			t.Fatal(err)
		}
		w.Advance(3 * time.Second)
		id, err := w.one.Token(t.Context(), a.AuthReqID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(id.AMR, want) || id.ACR != wire.ACRNumber {
			t.Errorf("%s: amr %v, acr %s; want %v", uv, id.AMR, id.ACR, want)
		}
	}
}

// the ID token verifies with a library that is not ours, by what discovery and JWKS say.
func TestIDTokenVerifiesR132(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	a := w.ask(t)
	w.answer(t, authn.Approve, a.Number)
	decided := w.Now()
	w.Advance(10 * time.Second)
	var disc struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
		Token  string `json:"token_endpoint"`
	}
	w.getJSON(t, w.Site.Issuer+"/.well-known/openid-configuration", &disc)
	var keys jose.JSONWebKeySet
	w.getJSON(t, disc.JWKS, &keys)
	resp, err := w.browser.PostForm(disc.Token, w.proved(t, "grant_type", wire.GrantCIBA, "auth_req_id", a.AuthReqID))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var token struct {
		ID          string `json:"id_token"`
		AccessToken string `json:"access_token"`
		Type        string `json:"token_type"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.Type != "Bearer" || token.AccessToken == "" {
		t.Fatalf("%+v: %v", token, err)
	}
	jws, err := jose.ParseSignedCompact(token.ID, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	found := keys.Key(jws.Signatures[0].Protected.KeyID)
	if len(found) != 1 || !found[0].Valid() || found[0].Use != "sig" || found[0].Algorithm != "ES256" {
		t.Fatalf("key set has %+v for kid %q", found, jws.Signatures[0].Protected.KeyID)
	}
	if thumb, err := found[0].Thumbprint(5); err != nil || base64.RawURLEncoding.EncodeToString(thumb) != found[0].KeyID {
		t.Errorf("kid is not the RFC 7638 thumbprint: %v", err)
	}
	payload, err := jws.Verify(found[0].Key.(*ecdsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"iss": w.Site.Issuer, "aud": "laptop-1", "sub": string(w.phone.User), "acr": wire.ACRNumber, "nonce": "n-1",
		wire.ClaimAuthReqID: a.AuthReqID, "preferred_username": "anna",
	}
	for name, v := range want {
		if c[name] != v {
			t.Errorf("%s is %v, want %v", name, c[name], v)
		}
	}
	if at := c["auth_time"].(float64); at > float64(decided.Unix()) || at < float64(decided.Unix()-5) {
		t.Errorf("auth_time %v, decided %v", at, decided.Unix())
	}
	if c["exp"].(float64)-c["iat"].(float64) != 300 {
		t.Errorf("lifetime %v", c["exp"].(float64)-c["iat"].(float64))
	}
}

func (w *world) getJSON(t *testing.T, address string, into any) {
	t.Helper()
	resp, err := w.browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// at least 160 random bits, redeemed once under 50 calls at the same time, bound to its client, errors as specified.
func TestAuthReqIDR130(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	a := w.ask(t)
	if b, err := base64.RawURLEncoding.DecodeString(a.AuthReqID); err != nil || len(b) < 20 {
		t.Errorf("auth_req_id has %d bytes (%v), want 20 at least", len(b), err)
	}
	w.answer(t, authn.Approve, a.Number)
	var wins, slow, gone atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := w.one.Token(context.Background(), a.AuthReqID)
			switch authn.CodeOf(err) {
			case "":
				wins.Add(1)
			case wire.ErrSlowDown:
				slow.Add(1)
			case wire.ErrInvalidGrant:
				gone.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 || slow.Load()+gone.Load() != 49 {
		t.Errorf("%d tokens, %d slowed, %d refused", wins.Load(), slow.Load(), gone.Load())
	}
	w.Advance(10 * time.Minute)
	_, err := w.one.Token(t.Context(), a.AuthReqID)
	wantCode(t, err, wire.ErrInvalidGrant)
}

func TestTokenErrorsR130(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	t.Run("slow_down lengthens the interval", func(t *testing.T) {
		a := w.ask(t)
		poll := func(want string) {
			t.Helper()
			_, err := w.one.Token(t.Context(), a.AuthReqID)
			wantCode(t, err, want)
		}
		poll(wire.ErrAuthPending)
		poll(wire.ErrSlowDown)
		w.Advance(3 * time.Second)
		poll(wire.ErrSlowDown) // it is seven seconds now
		w.Advance(13 * time.Second)
		poll(wire.ErrAuthPending)
		w.answer(t, authn.Deny, "")
		w.Advance(13 * time.Second)
		poll(wire.ErrAccessDenied)
	})
	t.Run("not me", func(t *testing.T) {
		a := w.ask(t)
		w.answer(t, authn.NotMe, "")
		_, err := w.one.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrAccessDenied)
	})
	t.Run("nobody answers", func(t *testing.T) {
		w.Advance(time.Hour)
		a := w.ask(t)
		w.Advance(121 * time.Second)
		_, err := w.one.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrExpiredToken)
	})
	t.Run("cancelled", func(t *testing.T) {
		w.Advance(time.Hour)
		a := w.ask(t)
		if err := w.one.Cancel(t.Context(), a.AuthReqID); err != nil {
			t.Fatal(err)
		}
		_, err := w.one.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrInvalidGrant)
		wantCode(t, w.one.Cancel(t.Context(), a.AuthReqID), wire.ErrInvalidGrant)
	})
	t.Run("redeemed too late", func(t *testing.T) {
		a := w.ask(t)
		w.answer(t, authn.Approve, a.Number)
		w.Advance(authn.RedeemLifetime + time.Second)
		_, err := w.one.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrExpiredToken)
	})
	t.Run("blocked after the Yes", func(t *testing.T) {
		w.Advance(time.Hour)
		a := w.ask(t)
		w.answer(t, authn.Approve, a.Number)
		set := func(s authn.UserStatus) {
			if _, err := w.Admin.SetUserStatus(t.Context(), "anna", wire.SetUserStatus{Status: s, Reason: "test"}); err != nil {
				t.Fatal(err)
			}
		}
		set(authn.UserDisabled)
		_, err := w.one.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrAccessDenied)
		set(authn.UserActive)
	})
	t.Run("unknown", func(t *testing.T) {
		_, err := w.one.Token(t.Context(), key.RandomID(20))
		wantCode(t, err, wire.ErrInvalidGrant)
	})
}

// a request belongs to the client that made it, and one client cannot slow another down.
func TestMixUpR131(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	a := w.ask(t)
	for range 3 {
		_, err := w.two.Token(t.Context(), a.AuthReqID)
		wantCode(t, err, wire.ErrInvalidGrant)
	}
	wantCode(t, w.two.Cancel(t.Context(), a.AuthReqID), wire.ErrInvalidGrant)
	w.answer(t, authn.Approve, a.Number)
	_, err := w.two.Token(t.Context(), a.AuthReqID)
	wantCode(t, err, wire.ErrInvalidGrant)
	if _, err := w.one.Token(t.Context(), a.AuthReqID); err != nil {
		t.Errorf("the right client: %v", err)
	}
}

func TestLongPoll(t *testing.T) {
	w := newWorld(t, servertest.Options{LongPoll: 20 * time.Second})
	a := w.ask(t)
	got := make(chan error, 1)
	go func() {
		_, err := w.one.Token(context.Background(), a.AuthReqID)
		got <- err
	}()
	w.answer(t, authn.Approve, a.Number)
	select {
	case err := <-got:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the answer did not end the long poll")
	}
}

// A computer whose clock battery is empty lets people in: its assertions go by the server's time.
func TestComputerWithWrongClock(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	for _, years := range []int{-10, 10} {
		o := w.Options()
		o.Now = func() time.Time { return w.Now().AddDate(years, 0, 0) }
		rp := client.NewRelyingParty(w.ClientServer(), "laptop-1", w.oneKey, o)
		a, err := rp.Authorize(t.Context(), client.Question{User: "anna"})
		if err != nil {
			t.Fatalf("%d years off: %v", years, err)
		}
		w.answer(t, authn.Approve, a.Number)
		if _, err := rp.Token(t.Context(), a.AuthReqID); err != nil {
			t.Errorf("%d years off: %v", years, err)
		}
		rp.Close()
	}
}

func TestWait(t *testing.T) {
	w := newWorld(t, servertest.Options{LongPoll: 20 * time.Second})
	a := w.ask(t)
	done := make(chan error, 1)
	go func() {
		_, err := w.one.Wait(context.Background(), a)
		done <- err
	}()
	w.answer(t, authn.Deny, "")
	wantCode(t, <-done, wire.ErrAccessDenied)
}
