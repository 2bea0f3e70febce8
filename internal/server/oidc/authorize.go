package oidc

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/store"
	"avow/internal/wire"
)

var errUnknownUser = refuse(http.StatusBadRequest, wire.ErrUnknownUser, "Nobody of this name can be asked.")

// authorize is CIBA Core 1.0, section 7.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(w, r)
	if err != nil {
		return err
	}
	client, err := s.clients.authenticate(r.Context(), r, f)
	if err != nil {
		return err
	}
	q, err := question(f, client, api.ClientIP(r.Context()))
	if err != nil {
		return err
	}
	opened, err := s.approval.Open(r.Context(), q)
	if err != nil {
		return cannotBeAsked(err)
	}
	id := opened.AuthReqID.Text()
	s.pace.begin(approval.HashAuthReqID(id), opened.Request.Expires)
	return api.Write(w, http.StatusOK, wire.BackchannelAnswer{
		AuthReqID: id, ExpiresIn: int(opened.Request.Expires.Sub(s.site.Now()).Round(time.Second) / time.Second), Interval: int(Interval / time.Second),
		Match: opened.Request.Match, Number: opened.Number, QR: opened.QR.Encode(),
	})
}

// cannotBeAsked gives one answer for everybody who cannot be asked.
func cannotBeAsked(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, approval.ErrNoDevice), authn.CodeOf(err) == "user_disabled":
		return errUnknownUser.because(err)
	case errors.Is(err, approval.ErrSameDevice):
		return refuse(http.StatusForbidden, wire.ErrAccessDenied, authn.AsError(err).Message).because(err)
	}
	return err
}

// question reads the parameters (CIBA Core 1.0, section 7.1). Parameters that it does not know are ignored, as the section says.
func question(f form, client authn.Client, ip string) (q approval.Question, err error) {
	invalid := func(description string) error {
		return refuse(http.StatusBadRequest, wire.ErrInvalidRequest, description)
	}
	if f.has("request") || f.has("request_uri") {
		return q, invalid("Signed authentication requests are not supported.")
	}
	if !contains(f.get("scope"), "openid") {
		return q, refuse(http.StatusBadRequest, wire.ErrInvalidScope, "The scope must contain openid.")
	}
	login, err := hint(f)
	if err != nil {
		return q, err
	}
	q = approval.Question{
		Client: client, Login: login, Match: match(f.get("acr_values")), Message: f.get("binding_message"), ACR: f.get("acr_values"), Nonce: f.get("nonce"),
		Origin: authn.Origin{IP: f.get(wire.ParamIP), Agent: f.get(wire.ParamAgent)},
	}
	if authn.CleanText(q.Message, 128) != q.Message {
		return q, refuse(http.StatusBadRequest, wire.ErrBindingMessage, "The binding_message has at most 128 visible characters in one line, and no angle brackets.")
	}
	if len(q.ACR) > 256 || len(q.Nonce) > 256 {
		return q, invalid("acr_values and nonce have at most 256 characters.")
	}
	if q.Lifetime, err = lifetime(f.get("requested_expiry")); err != nil {
		return q, err
	}
	if _, err := netip.ParseAddr(q.Origin.IP); q.Origin.IP != "" && err != nil {
		return q, invalid("avow_ip is not an IP address.")
	}
	if q.Origin.IP == "" && client.Kind == authn.ClientComputer {
		q.Origin.IP = ip // people sit at it; a web application's own address says nothing about them
	}
	switch f.get(wire.ParamSameDevice) {
	case "", "false":
	case "true":
		q.SameDevice = true
	default:
		return q, invalid("avow_same_device is true or false.")
	}
	return q, nil
}

// hint wants exactly one hint, and of a kind that says a login (CIBA Core 1.0, section 7.1).
func hint(f form) (string, error) {
	n := 0
	for _, name := range []string{"login_hint", "login_hint_token", "id_token_hint"} {
		if f.has(name) {
			n++
		}
	}
	if n != 1 {
		return "", refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "Send exactly one hint of who signs in: login_hint.")
	}
	login := f.get("login_hint")
	if login == "" {
		return "", refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "Of the hints only login_hint is supported.")
	}
	return login, nil
}

func lifetime(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	d := time.Duration(n) * time.Second
	if err != nil || n == 0 || d > authn.MaxRequestLifetime {
		return 0, refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "requested_expiry is a number of seconds from 1 to 600.")
	}
	return d, nil
}

// match takes the first class that is known; the others are wishes that need not be met (OpenID Connect Core 1.0, section 3.1.2.1).
func match(acrValues string) authn.MatchMode {
	for acr := range strings.FieldsSeq(acrValues) {
		switch acr {
		case wire.ACRQR:
			return authn.MatchQR
		case wire.ACRNumber:
			return authn.MatchNumber
		case wire.ACRTap:
			return authn.MatchTap
		}
	}
	return ""
}

func contains(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
