package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/offline"
	"avow/internal/server/site"
	"avow/internal/wire"
)

// Interval is the pace at which clients may ask the token endpoint about one request.
const Interval = 2 * time.Second

const (
	pathJWKS      = "/oidc/jwks"
	pathAuthorize = "/oidc/bc-authorize"
	pathToken     = "/oidc/token"
	pathCancel    = "/oidc/bc-cancel"
)

// Service is the relying party's side. It is safe for concurrent use.
type Service struct {
	site     *site.Site
	approval *approval.Service
	offline  *offline.Service
	longPoll time.Duration
	clients  *clientAuth
	pace     *pace
}

// New makes the service. longPoll is for how long /oidc/token holds an unanswered question open; 0 answers at once.
func New(s *site.Site, a *approval.Service, o *offline.Service, longPoll time.Duration) *Service {
	return &Service{site: s, approval: a, offline: o, longPoll: longPoll, clients: newClientAuth(s), pace: newPace(s.Now)}
}

// Routes registers the relying party's routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+wire.DiscoveryPath, s.handle(s.discovery))
	mux.Handle("GET "+pathJWKS, s.handle(s.jwks))
	mux.Handle("POST "+pathAuthorize, s.handle(s.authorize))
	mux.Handle("POST "+pathToken, s.handle(s.token))
	mux.Handle("POST "+pathCancel, s.handle(s.cancel))
}

// refusal is an OAuth error with its HTTP status.
type refusal struct {
	status int
	wire.OAuthError
	after time.Duration
	cause error
}

// Error is for the log.
func (r *refusal) Error() string {
	if r.cause != nil {
		return r.OAuthError.Error() + ": " + r.cause.Error()
	}
	return r.OAuthError.Error()
}

// Unwrap gives the cause.
func (r *refusal) Unwrap() error { return r.cause }

func refuse(status int, code, description string) *refusal {
	return &refusal{status: status, OAuthError: wire.OAuthError{Code: code, Description: description}}
}

func (r *refusal) because(err error) *refusal {
	c := *r
	c.cause = err
	return &c
}

// handle answers errors as RFC 6749, section 5.2 has them.
func (s *Service) handle(h api.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		// The clock that assertions are judged by: a client whose own is wrong can set it by this (RFC 9110, section 6.6.1).
		w.Header().Set("Date", s.site.Now().UTC().Format(http.TimeFormat))
		err := h(w, r)
		if err == nil {
			return
		}
		ref := s.refusalOf(r.Context(), err)
		s.site.Log.Log(r.Context(), levelOf(ref), "relying party refused", "path", r.URL.Path, "code", ref.Code, "cause", text(ref.cause))
		if ref.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((ref.after+time.Second-1)/time.Second)))
		}
		_ = api.Write(w, ref.status, wire.OAuthError{Code: ref.Code, Description: ascii(ref.Description)})
	})
}

func levelOf(r *refusal) slog.Level {
	if r.Code == wire.ErrServer {
		return slog.LevelError
	}
	return slog.LevelDebug
}

// refusalOf turns what the flows return into what a client may see.
func (s *Service) refusalOf(ctx context.Context, err error) *refusal {
	var ref *refusal
	if errors.As(err, &ref) {
		return ref
	}
	if ctx.Err() != nil {
		return refuse(http.StatusServiceUnavailable, wire.ErrTemporarily, "The connection ended.").because(err)
	}
	e := authn.AsError(err)
	switch e.Kind {
	case authn.TooMany:
		ref = refuse(http.StatusTooManyRequests, wire.ErrTemporarily, e.Message)
	case authn.Unavailable:
		ref = refuse(http.StatusServiceUnavailable, wire.ErrTemporarily, e.Message)
	case authn.Invalid:
		ref = refuse(http.StatusBadRequest, wire.ErrInvalidRequest, e.Message)
	default:
		ref = refuse(http.StatusInternalServerError, wire.ErrServer, authn.AsError(errors.New("")).Message)
	}
	ref.after = e.RetryAfter
	return ref.because(err)
}

// ascii keeps what RFC 6749, section 5.2 allows in error_description.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return authn.CleanText(err.Error(), 300)
}

func (s *Service) discovery(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "max-age=3600")
	i := s.site.Issuer
	return api.Write(w, http.StatusOK, wire.Discovery{
		Issuer: i, JWKSURI: i + pathJWKS, TokenEndpoint: i + pathToken, BackchannelEndpoint: i + pathAuthorize, CancelEndpoint: i + pathCancel,
		DeliveryModes: []string{"poll"}, GrantTypes: []string{wire.GrantCIBA}, ResponseTypes: []string{},
		SubjectTypes: []string{"public"}, IDTokenAlgs: []string{"ES256"},
		TokenAuthMethods: []string{"private_key_jwt"}, TokenAuthAlgs: []string{"ES256"},
		Scopes: []string{"openid"}, ACRs: []string{wire.ACRQR, wire.ACRNumber, wire.ACRTap},
		Claims: []string{
			"iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", wire.ClaimAuthReqID, "preferred_username", "name",
		},
	})
}

func (s *Service) jwks(w http.ResponseWriter, _ *http.Request) error {
	set, err := wire.NewJWKS(s.site.Identity.Key())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "max-age=3600")
	return api.Write(w, http.StatusOK, set)
}
