package oidc_test

import (
	"slices"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// nobody of the name, blocked, without a phone: one answer.
func TestWhoCannotBeAskedR046(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	w.User("without.phone")
	w.User("blocked")
	w.Phone("blocked")
	if _, err := w.Admin.SetUserStatus(t.Context(), "blocked", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	var first wire.OAuthError
	for _, login := range []string{"nobody", "without.phone", "blocked", "", "a b", strings.Repeat("x", 300)} {
		status, _, e := w.post(t, "/oidc/bc-authorize", w.proved(t, "scope", "openid", "login_hint", login))
		if login == "" {
			continue // a missing hint, which is another matter
		}
		if first.Code == "" {
			first = e
		}
		if status != 400 || e != first || e.Code != wire.ErrUnknownUser {
			t.Errorf("%q: %d %+v, want %+v", login, status, e, first)
		}
	}
}

func TestAuthorizeParameters(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	good := []string{"scope", "openid", "login_hint", "anna"}
	cases := map[string]struct {
		pairs []string
		want  string
	}{
		"no scope":             {[]string{"login_hint", "anna"}, wire.ErrInvalidScope},
		"scope without":        {[]string{"scope", "profile openidx", "login_hint", "anna"}, wire.ErrInvalidScope},
		"no hint":              {[]string{"scope", "openid"}, wire.ErrInvalidRequest},
		"two hints":            {append([]string{"id_token_hint", "x"}, good...), wire.ErrInvalidRequest},
		"other hint":           {[]string{"scope", "openid", "login_hint_token", "x"}, wire.ErrInvalidRequest},
		"hint twice":           {append([]string{"login_hint", "anna"}, good...), wire.ErrInvalidRequest},
		"signed request":       {append([]string{"request", "x.y.z"}, good...), wire.ErrInvalidRequest},
		"binding with break":   {append([]string{"binding_message", "a\nb"}, good...), wire.ErrBindingMessage},
		"binding too long":     {append([]string{"binding_message", strings.Repeat("x", 129)}, good...), wire.ErrBindingMessage},
		"binding with bidi":    {append([]string{"binding_message", "a\u202eb"}, good...), wire.ErrBindingMessage},
		"expiry zero":          {append([]string{"requested_expiry", "0"}, good...), wire.ErrInvalidRequest},
		"expiry too long":      {append([]string{"requested_expiry", "601"}, good...), wire.ErrInvalidRequest},
		"expiry no number":     {append([]string{"requested_expiry", "1e2"}, good...), wire.ErrInvalidRequest},
		"bad ip":               {append([]string{"avow_ip", "laptop"}, good...), wire.ErrInvalidRequest},
		"same device (R-033)":  {append([]string{"avow_same_device", "true"}, good...), wire.ErrAccessDenied},
		"same device nonsense": {append([]string{"avow_same_device", "yes"}, good...), wire.ErrInvalidRequest},
		"good, then the limit": {good, ""},
		"one open a client":    {good, wire.ErrTemporarily},
	}
	names := make([]string, 0, len(cases))
	for name := range cases {
		names = append(names, name)
	}
	slices.Sort(names) // "good" is before "one open"
	for _, name := range names {
		c := cases[name]
		status, head, e := w.post(t, "/oidc/bc-authorize", w.proved(t, c.pairs...))
		if e.Code != c.want || (status < 400) != (c.want == "") {
			t.Errorf("%s: %d %+v, want %q", name, status, e, c.want)
		}
		if c.want == wire.ErrTemporarily && (status != 429 || head.Get("Retry-After") == "") {
			t.Errorf("%s: %d, Retry-After %q", name, status, head.Get("Retry-After"))
		}
	}
}

func TestACRRaisesButNeverLowers(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	tap, _ := w.Computer("tap", authn.MatchTap)
	cases := []struct {
		rp   *client.RelyingParty
		acr  string
		want authn.MatchMode
	}{
		{tap, "", authn.MatchTap},
		{tap, "urn:other " + wire.ACRNumber + " " + wire.ACRTap, authn.MatchNumber},
		{tap, wire.ACRQR, authn.MatchQR},
		{w.one, wire.ACRTap, authn.MatchNumber},
	}
	for _, c := range cases {
		a, err := c.rp.Authorize(t.Context(), client.Question{User: "anna", ACR: c.acr})
		if err != nil {
			t.Fatal(err)
		}
		if a.Match != c.want || (a.Number == "") != (c.want != authn.MatchNumber) || a.QR == "" {
			t.Errorf("%q: %+v, want %s", c.acr, a, c.want)
		}
		if err := c.rp.Cancel(t.Context(), a.AuthReqID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGrantForms(t *testing.T) {
	w := newWorld(t, servertest.Options{})
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"no grant":    {nil, wire.ErrInvalidRequest},
		"other grant": {[]string{"grant_type", "authorization_code", "code", "x"}, wire.ErrUnsupportedGrant},
		"no id":       {[]string{"grant_type", wire.GrantCIBA}, wire.ErrInvalidRequest},
	} {
		if status, _, e := w.post(t, "/oidc/token", w.proved(t, c.pairs...)); e.Code != c.want || status != 400 {
			t.Errorf("%s: %d %+v", name, status, e)
		}
	}
}
