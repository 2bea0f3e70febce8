package client

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// pollTimeout bounds one call of the token endpoint, which the server may hold open for its long_poll.
const pollTimeout = 40 * time.Second

// idleConnections are kept open: a web application has many sign-ins at once, and a handshake costs as much as an approval.
const idleConnections = 64

// Question is what a relying party asks.
type Question struct {
	User     string        // login of the person who signs in (login_hint)
	Message  string        // binding_message, shown on the phone
	ACR      string        // acr_values: wire.ACRNumber, wire.ACRQR, wire.ACRTap; empty leaves it to the client's policy
	Lifetime time.Duration // requested_expiry; 0 leaves it to the server
	Agent    string        // what runs on the client: Linux console
	IP       string        // where the person sits
	Nonce    string        // comes back in the ID token
}

// RelyingParty asks for approvals by CIBA Core 1.0 in poll mode and proves itself by private_key_jwt. It is safe for concurrent use.
type RelyingParty struct {
	*conn
	id     authn.ClientID
	signer crypto.Signer

	mu   sync.Mutex
	disc *wire.Discovery
	keys wire.JWKS
	skew time.Duration // how far the server's clock is ahead of ours
}

// NewRelyingParty makes the client of a computer or web application. signer is the key whose public half the server knows.
func NewRelyingParty(s Server, id authn.ClientID, signer crypto.Signer, o Options) *RelyingParty {
	r := &RelyingParty{conn: newConn(s, o), id: id, signer: signer}
	r.keepIdle(idleConnections)
	return r
}

// Authorize asks a user for an approval. What comes back says what the screen has to show.
func (r *RelyingParty) Authorize(ctx context.Context, q Question) (wire.BackchannelAnswer, error) {
	form := url.Values{"scope": {"openid"}, "login_hint": {q.User}}
	for name, value := range map[string]string{
		"binding_message": q.Message, "acr_values": q.ACR, wire.ParamAgent: q.Agent, wire.ParamIP: q.IP, "nonce": q.Nonce,
	} {
		if value != "" {
			form.Set(name, value)
		}
	}
	if q.Lifetime > 0 {
		form.Set("requested_expiry", strconv.Itoa(int(q.Lifetime/time.Second)))
	}
	var out wire.BackchannelAnswer
	if err := r.post(ctx, func(d wire.Discovery) string { return d.BackchannelEndpoint }, form, MaxTimeout, &out); err != nil {
		return wire.BackchannelAnswer{}, err
	}
	if out.AuthReqID == "" || out.ExpiresIn <= 0 {
		return wire.BackchannelAnswer{}, nonsense("answer has no auth_req_id or lifetime")
	}
	return out, nil
}

// Token asks once whether there is an answer. As long as there is none, the code of the error is wire.ErrAuthPending or
// wire.ErrSlowDown; a No is wire.ErrAccessDenied. The ID token that comes back was checked in full.
func (r *RelyingParty) Token(ctx context.Context, authReqID string) (wire.IDToken, error) {
	t, _, err := r.Redeem(ctx, authReqID)
	return t, err
}

// Redeem is Token for an enrolled computer: with the ID token comes the grant for sign-ins without a network, a JWS that was not
// checked; "" if the server gave none.
func (r *RelyingParty) Redeem(ctx context.Context, authReqID string) (t wire.IDToken, grant string, err error) {
	form := url.Values{"grant_type": {wire.GrantCIBA}, "auth_req_id": {authReqID}}
	var out wire.TokenAnswer
	if err := r.post(ctx, func(d wire.Discovery) string { return d.TokenEndpoint }, form, pollTimeout, &out); err != nil {
		return wire.IDToken{}, "", err
	}
	r.mu.Lock()
	keys, now := r.keys, r.o.now().Add(r.skew)
	r.mu.Unlock()
	t, err = wire.VerifyIDToken(out.IDToken, keys, r.Server().Issuer, r.id)
	if err != nil {
		return wire.IDToken{}, "", ErrNonsense.Because(err)
	}
	const leeway = 60
	switch {
	case t.AuthReqID != authReqID:
		return wire.IDToken{}, "", nonsense("ID token is for another request")
	case now.Unix() > t.Expires+leeway, now.Unix() < t.IssuedAt-leeway:
		return wire.IDToken{}, "", nonsense("ID token is not of this time")
	}
	return t, out.Grant, nil
}

// Wait polls until the person answered, the time is over or ctx ends, at the pace that the server asks for.
func (r *RelyingParty) Wait(ctx context.Context, a wire.BackchannelAnswer) (wire.IDToken, error) {
	pace := time.Duration(max(a.Interval, 1)) * time.Second
	for {
		began := r.o.now()
		t, err := r.Token(ctx, a.AuthReqID)
		switch code := authn.CodeOf(err); {
		case err == nil:
			return t, nil
		case code == wire.ErrSlowDown:
			pace += 5 * time.Second // CIBA Core 1.0, section 11
		case code == wire.ErrAuthPending, code == wire.ErrTemporarily, errors.Is(err, ErrUnreachable), errors.Is(err, ErrNotReady):
		default:
			return wire.IDToken{}, err
		}
		select {
		case <-time.After(pace - r.o.now().Sub(began)): // a long poll that took longer may be followed at once
		case <-ctx.Done():
			return wire.IDToken{}, ErrCancelled.Because(ctx.Err())
		}
	}
}

// Cancel takes an open request back.
func (r *RelyingParty) Cancel(ctx context.Context, authReqID string) error {
	return r.post(ctx, func(d wire.Discovery) string { return d.CancelEndpoint }, url.Values{"auth_req_id": {authReqID}}, MaxTimeout, nil)
}

// post sends a form with a client assertion to one of the server's endpoints.
func (r *RelyingParty) post(parent context.Context, endpoint func(wire.Discovery) string, form url.Values, limit time.Duration, out any) error {
	ctx, cancel := context.WithTimeout(parent, limit)
	defer cancel()
	d, err := r.discover(parent, ctx)
	if err != nil {
		return err
	}
	return r.roundTrip(ctx, func() error {
		r.mu.Lock()
		now := r.o.now().Add(r.skew)
		r.mu.Unlock()
		assertion, err := wire.SignAssertion(r.signer, wire.NewAssertion(r.id, d.Issuer, now.Unix()))
		if err != nil {
			return fmt.Errorf("sign client assertion: %w", err)
		}
		form.Set("client_id", string(r.id))
		form.Set("client_assertion_type", wire.AssertionJWT)
		form.Set("client_assertion", assertion)
		req, err := newRequest(ctx, http.MethodPost, endpoint(d), []byte(form.Encode()), r.o.Agent)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		status, head, body, err := send(parent, r.http, req, wire.MaxBody)
		if err != nil {
			return err
		}
		r.setClock(head)
		if status >= 400 && media(head) == "application/json" {
			return oauthError(status, head, body)
		}
		return decode(status, head, body, out)
	})
}

// discover fetches endpoints and keys once.
func (r *RelyingParty) discover(parent, ctx context.Context) (wire.Discovery, error) {
	r.mu.Lock()
	known := r.disc
	r.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	issuer := r.Server().Issuer
	var d wire.Discovery
	var keys wire.JWKS
	err := r.roundTrip(ctx, func() error {
		if err := r.get(parent, ctx, issuer+wire.DiscoveryPath, &d); err != nil {
			return err
		}
		for _, e := range []string{d.JWKSURI, d.TokenEndpoint, d.BackchannelEndpoint, d.CancelEndpoint} {
			if d.Issuer != issuer || !strings.HasPrefix(e, issuer+"/") {
				return nonsense("discovery of %.200q names endpoint %.200q", d.Issuer, e)
			}
		}
		return r.get(parent, ctx, d.JWKSURI, &keys)
	})
	if err != nil {
		return wire.Discovery{}, err
	}
	r.mu.Lock()
	r.disc, r.keys = &d, keys
	r.mu.Unlock()
	return d, nil
}

func (r *RelyingParty) get(parent, ctx context.Context, url string, out any) error {
	req, err := newRequest(ctx, http.MethodGet, url, nil, r.o.Agent)
	if err != nil {
		return err
	}
	status, head, body, err := send(parent, r.http, req, wire.MaxBody)
	if err != nil {
		return err
	}
	r.setClock(head)
	return decode(status, head, body, out)
}

// setClock takes the time from the server, over a connection that is trusted already: assertions live a minute, and a computer
// with an empty clock battery must still let people in.
func (r *RelyingParty) setClock(head http.Header) {
	t, err := http.ParseTime(head.Get("Date"))
	if err != nil {
		return
	}
	skew := t.Sub(r.o.now())
	if skew.Abs() < 2*time.Second { // Date has whole seconds
		skew = 0
	}
	r.mu.Lock()
	r.skew = skew
	r.mu.Unlock()
}

// sentences for people who sign in, by the code of the protocol.
var sentences = map[string]*authn.Error{
	wire.ErrAuthPending:      authn.Fail(authn.Unavailable, wire.ErrAuthPending, "Waiting for the answer on the phone."),
	wire.ErrSlowDown:         authn.Fail(authn.TooMany, wire.ErrSlowDown, "Waiting for the answer on the phone."),
	wire.ErrAccessDenied:     authn.Fail(authn.Forbidden, wire.ErrAccessDenied, "The sign-in was denied on the phone."),
	wire.ErrExpiredToken:     authn.Fail(authn.Gone, wire.ErrExpiredToken, "Nobody answered in time. Sign in again."),
	wire.ErrInvalidGrant:     authn.Fail(authn.Gone, wire.ErrInvalidGrant, "This sign-in is not open any more. Sign in again."),
	wire.ErrInvalidClient:    authn.Fail(authn.Unauthorized, wire.ErrInvalidClient, "The server does not know this computer or its key. Tell the service desk."),
	wire.ErrUnauthorized:     authn.Fail(authn.Forbidden, wire.ErrUnauthorized, "This computer may not ask for sign-ins. Tell the service desk."),
	wire.ErrUnknownUser:      authn.Fail(authn.NotFound, wire.ErrUnknownUser, "Nobody of this name can sign in with a phone. Check the name, or connect a phone first."),
	wire.ErrInvalidRequest:   authn.Fail(authn.Invalid, wire.ErrInvalidRequest, "The server did not understand the request."),
	wire.ErrUnsupportedGrant: authn.Fail(authn.Invalid, wire.ErrUnsupportedGrant, "The server did not understand the request."),
}

func oauthError(status int, head http.Header, body []byte) error {
	var e wire.OAuthError
	if err := wire.DecodeAnswer(body, &e); err != nil || e.Code == "" {
		return nonsense("HTTP status %d with JSON that is no OAuth error", status)
	}
	e.Code, e.Description = authn.CleanText(e.Code, 64), authn.CleanText(e.Description, 300)
	if known, ok := sentences[e.Code]; ok {
		if (e.Code == wire.ErrInvalidRequest || e.Code == wire.ErrAccessDenied) && e.Description != "" {
			known = authn.Fail(known.Kind, known.Code, e.Description)
		}
		return known.Because(&e)
	}
	kind := authn.Invalid
	switch {
	case status == http.StatusTooManyRequests:
		kind = authn.TooMany
	case status >= 500:
		kind = authn.Unavailable
	}
	after, _ := strconv.Atoi(head.Get("Retry-After")) // absent or a date: 0
	return authn.Fail(kind, e.Code, cmp.Or(e.Description, "The server refused this sign-in.")).After(time.Duration(max(after, 0)) * time.Second).Because(&e)
}
