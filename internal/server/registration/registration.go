// Package registration connects phones: sessions, claim, finish, and the "is this your phone?" of the page (docs/protocol.md,
// section 4; authenticator binding of NIST SP 800-63B-4). Routes: POST /v1/registration/claim, POST /v1/registration/finish. The
// pages are package portal's.
package registration

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/wire"
)

// Service is the flow of registration. It is safe for concurrent use.
type Service struct {
	site *site.Site
	used *Tombstones
}

// New makes the service. used outlives the database.
func New(s *site.Site, c *proof.Checker, used *Tombstones) *Service {
	return &Service{site: s, used: used}
}

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {}

// CreateRequest asks for a session. Actor, Reason and IP go to the audit log.
type CreateRequest struct {
	User   authn.UserID
	Mode   authn.BindingMode // "" means authn.BindFirst
	Force  bool              // ends what is open: the active session, or the device that waits for its Yes
	Actor  string            // admin:NAME
	Reason string
	IP     string
}

// Created is a new session with its secrets, this once.
type Created struct {
	Session authn.RegistrationSession
	Page    key.Secret            // opens the connect page
	Link    wire.RegistrationLink // for the QR
}

// Create makes an interactive session. Errors: store.ErrNotFound, "user_disabled", ErrDeviceExists, ErrSessionOpen, ErrTooManyDevices,
// "bad_mode".
func (s *Service) Create(ctx context.Context, q CreateRequest) (Created, error) {
	return Created{}, ErrSessionOpen
}

// Errors of Create.
var (
	ErrDeviceExists   = authn.Fail(authn.Conflict, "device_exists", "This user has a device already. Say whether the new one is additional or replaces it.")
	ErrSessionOpen    = authn.Fail(authn.Conflict, "session_open", "There is an open code for this user. Use it, or make a new one by force, which ends it.")
	ErrTooManyDevices = authn.Fail(authn.Conflict, "too_many_devices", "This user has as many devices as allowed. Remove one first, or replace them.")
)

// State is how a session stands, for pages and administrators. Append, never rename.
type State string

// The states.
const (
	Active  State = "active"  // shows the QR
	Claimed State = "claimed" // a phone has scanned it and is making its keys
	Waiting State = "waiting" // "is this your phone?"
	Done    State = "done"    // the device is active
	Refused State = "refused" // the page said No
	Used    State = "used"    // the device that came of it is gone
	Revoked State = "revoked" // an administrator ended it
	Expired State = "expired"
)

// View is a session as a page or an administrator sees it.
type View struct {
	Session    authn.RegistrationSession
	User       authn.User
	Device     *authn.Device // from Waiting on
	CheckWords [2]string     // from Waiting on
	State      State
}

// ByPage finds the session of a connect page. authn.ErrSessionUnknown when there is none.
func (s *Service) ByPage(ctx context.Context, page key.Secret) (View, error) {
	return View{}, authn.ErrSessionUnknown
}

// Get finds a session. authn.ErrSessionUnknown when there is none.
func (s *Service) Get(ctx context.Context, id authn.RegistrationID) (View, error) {
	return View{}, authn.ErrSessionUnknown
}

// List returns a user's sessions, newest first; those of all users for "".
func (s *Service) List(ctx context.Context, user authn.UserID) ([]View, error) { return nil, nil }

// Confirm makes the waiting device active. words, when given, must be the check words. actor is "page:s_…" or
// "admin:NAME"; reason may be empty for a page. Saying it again does nothing. Errors: ErrNotWaiting, ErrWrongWords, authn.ErrSessionUnknown.
func (s *Service) Confirm(ctx context.Context, id authn.RegistrationID, actor, reason string, words *[2]string) error {
	return ErrNotWaiting
}

// Errors of Confirm and Refuse.
var (
	ErrNotWaiting = authn.Fail(authn.Conflict, "not_waiting", "No phone waits for an answer here.")
	ErrWrongWords = authn.Fail(authn.Invalid, "wrong_words", "These are not the words on this phone. Compare again; if they differ, say No.")
)

// Refuse says "this is not my phone": the device is revoked, an open session ended, the administrators are told.
func (s *Service) Refuse(ctx context.Context, id authn.RegistrationID, actor string) error {
	return ErrNotWaiting
}

// Revoke ends an open session, or refuses its waiting device, in the name of an administrator. A session that is done stays as it is and gives
// ErrNotWaiting.
func (s *Service) Revoke(ctx context.Context, id authn.RegistrationID, actor, reason string) error {
	return ErrNotWaiting
}
