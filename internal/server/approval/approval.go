// Package approval asks a user "is it you?" and takes the answer of one of her devices (docs/protocol.md, section 6): the back channel of
// OpenID CIBA Core 1.0, without its HTTP, which is package oidc's. Routes: GET /v1/requests, POST /v1/requests/{id}/decision.
// When a request may be opened or answered is decided in package authn.
package approval

import (
	"context"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/wire"
)

// Service is the flow of approvals. It is safe for concurrent use.
type Service struct {
	site *site.Site
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service { return &Service{site: s} }

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {}

// Question is what a client, which has proved itself, asks.
type Question struct {
	Client     authn.Client
	User       authn.UserID
	Match      authn.MatchMode // "" for the client's policy; a weaker one than the policy is raised to it
	Action     string          // "" means sign_in
	Message    string          // shown on the phone, after authn.CleanText
	ACR        string
	Nonce      string
	Origin     authn.Origin
	Lifetime   time.Duration // 0 means authn.RequestLifetime; cut to authn.MaxRequestLifetime
	SameDevice bool          // the sign-in runs on the phone itself: refused
}

// AuthReqID is the client's secret for one request (CIBA Core 1.0, section 7.3). It redacts itself; Text reveals it.
type AuthReqID struct{ secret key.Secret }

// Text is what the client gets.
func (a AuthReqID) Text() string { return string(a.secret) }

// String keeps it out of logs.
func (a AuthReqID) String() string { return a.secret.String() }

// HashAuthReqID is how Await, Redeem and Cancel know a request: the hash of the text that a client sent.
func HashAuthReqID(text string) authn.Hash { return authn.HashOf(key.Secret(text)) }

// Opened is a request that waits, with what the login screen has to show.
type Opened struct {
	AuthReqID AuthReqID
	Request   authn.ApprovalRequest
	Number    string            // six digits; "" unless the match is number
	QR        wire.ApprovalLink // always
}

// Errors of Open.
var (
	ErrNoDevice   = authn.Fail(authn.Conflict, "no_device", "No phone is connected for this account. Ask your organisation for a code to connect one.")
	ErrSameDevice = authn.Fail(authn.Forbidden, "same_device", "Sign in with the app on this phone instead.")
)

// Open asks. The request is on disk and the phones are woken when it returns. Errors: ErrNoDevice, ErrSameDevice, store.ErrNotFound for an unknown
// user, "user_disabled", authn.TooMany with RetryAfter.
func (s *Service) Open(ctx context.Context, q Question) (Opened, error) { return Opened{}, ErrNoDevice }

// Await returns the request of a client, at once when it is decided, else when it is or when wait is over; wait 0 only looks. State is as of now:
// a request past its time is authn.RequestExpired. authn.ErrRequestUnknown when the client has no such request.
func (s *Service) Await(ctx context.Context, authReq authn.Hash, client authn.ClientID, wait time.Duration) (authn.ApprovalRequest, error) {
	return authn.ApprovalRequest{}, authn.ErrRequestUnknown
}

// Redeem gives an approved request to its client, once. Errors: authn.ErrRequestUnknown for one that is another client's or not
// approved, authn.ErrDecided when it was redeemed, authn.ErrRequestExpired, "user_disabled", authn.ErrDeviceRevoked when the
// device that approved was removed since.
func (s *Service) Redeem(ctx context.Context, authReq authn.Hash, client authn.ClientID) (authn.ApprovalRequest, authn.User, error) {
	return authn.ApprovalRequest{}, authn.User{}, authn.ErrRequestUnknown
}

// Cancel takes an open request back. authn.ErrRequestUnknown, or authn.ErrDecided when it is open no more.
func (s *Service) Cancel(ctx context.Context, authReq authn.Hash, client authn.ClientID) error {
	return authn.ErrRequestUnknown
}
