// Package registration connects phones: sessions, claim, finish, and the "is this your phone?" of the page (docs/protocol.md,
// section 4; authenticator binding of NIST SP 800-63B-4). Routes: POST /v1/registration/claim, POST /v1/registration/finish. The
// pages are package portal's.
package registration

import (
	"context"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/attestation"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/secondadmin"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// Service is the flow of registration. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	used   *Tombstones
	limits *tries.Limiter

	passwords   Passwords
	attestation *attestation.Verifier
	second      *secondadmin.Service
	sent        key.Secret // derives the codes of sessions that are sent
	proofs      key.Secret // derives their second proofs
}

// Passwords knows the passwords of a directory's users.
type Passwords interface {
	// Bind says whether it is the user's password: nil, or an authn error whose sentence can be shown to her. An error of kind
	// authn.Unavailable says that nobody could tell.
	Bind(ctx context.Context, user authn.User, password key.Secret) error
}

// New makes the service. used outlives the database.
func New(s *site.Site, c *proof.Checker, used *Tombstones) *Service {
	return &Service{
		site: s, proof: c, used: used, limits: tries.New(tries.Limit{}), sent: s.Derive("sent session v1"), proofs: s.Derive("second proof v1"),
	}
}

// SetPasswords gives the directory that knows passwords. Without one no session asks for a password. Call it before Routes.
func (s *Service) SetPasswords(p Passwords) { s.passwords = p }

// SetLimit changes how often one address may claim or finish. Call it before Routes.
func (s *Service) SetLimit(l tries.Limit) { s.limits = tries.New(l) }

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/registration/claim", api.Handle(s.site.Log, s.claim))
	mux.Handle("POST /v1/registration/finish", api.Handle(s.site.Log, s.finish))
}

// CreateRequest asks for a session. Actor, Reason and IP go to the audit log.
type CreateRequest struct {
	User   authn.UserID
	Mode   authn.BindingMode // "" means authn.BindFirst
	Force  bool              // ends what is open: the active session, or the device that waits for its Yes
	Actor  string            // admin:NAME
	By     authn.UserID      // who that is; "" when only a key is known
	Second secondadmin.Proof // the Yes of a second administrator, where one is needed
	Own    bool              // for herself, by a sign-in with her own phone a moment ago: needs no second administrator
	Start  bool              // proved by a start link, which only who runs the server can make: needs no second administrator
	Reason string
	IP     string

	Probation bool // the device begins on probation

	Sent   bool              // goes out by mail or text, now or later, and needs a second proof; otherwise it is shown, for ten minutes
	Hours  int               // how long a sent one is good; 0 means what the policy says
	Proof  authn.SecondProof // of a sent one; "" means what the policy says, or the best that the user has
	Notify authn.Channel     // sends it at once by this channel; "" does not
}

// Created is a new session with its secrets, this once. A session that is sent gives neither page nor link: whoever makes it does not see the code.
type Created struct {
	Session authn.RegistrationSession
	Page    key.Secret            // opens the connect page
	Link    wire.RegistrationLink // for the QR
	PIN     string                // eight digits to be told to the user, when that is the second proof
}

// Errors of Create.
var (
	ErrDeviceExists   = authn.Fail(authn.Conflict, "device_exists", "This user has a device already. Say whether the new one is additional or replaces it.")
	ErrSessionOpen    = authn.Fail(authn.Conflict, "session_open", "There is an open code for this user. Use it, or make a new one by force, which ends it.")
	ErrTooManyDevices = authn.Fail(authn.Conflict, "too_many_devices", "This user has as many devices as allowed. Remove one first, or replace them.")
	errMode           = authn.Fail(authn.Invalid, "bad_mode", "The mode is first, additional or replace.")
)

// Create makes a session. Errors: store.ErrNotFound, "user_disabled", ErrDeviceExists, ErrSessionOpen, ErrTooManyDevices, "bad_mode", secondadmin.ErrNeeded; of
// a sent one also authn.ErrHours, authn.ErrSentProof, ErrNoPassword, ErrNoOtherChannel, site.ErrNoMail and site.ErrNoPhone.
func (s *Service) Create(ctx context.Context, q CreateRequest) (Created, error) {
	if q.Mode == "" {
		q.Mode = authn.BindFirst
	}
	if q.Mode != authn.BindFirst && q.Mode != authn.BindAdditional && q.Mode != authn.BindReplace {
		return Created{}, errMode
	}
	now := s.site.Now()
	var made Created
	var ended []authn.RegistrationID
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		user, err := tx.User(q.User)
		if err != nil {
			return err
		}
		if err := user.Active(); err != nil {
			return err
		}
		if ended, err = s.endOpen(tx, q, now); err != nil {
			return err
		}
		if err := room(tx, q.User, q.Mode); err != nil {
			return err
		}
		second, err := s.agreed(tx, q, user, now)
		if err != nil {
			return err
		}
		if made, err = s.make(q, user, now); err != nil {
			return err
		}
		made.Session.Probation = q.Probation
		if err := tx.CreateRegistrationSession(made.Session); err != nil {
			return err
		}
		err = tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: q.Actor, Action: "session.add", Subject: string(made.Session.ID), IP: q.IP, Reason: q.Reason,
			Facts: map[string]string{
				"user": string(q.User), "login": user.Login, "mode": string(q.Mode), "delivery": string(made.Session.Delivery), "second_proof": string(made.Session.Proof),
				"second_admin": second,
			},
		})
		if err != nil || q.Notify == "" {
			return err
		}
		made.Session, err = s.notify(tx, made.Session, user, q.Notify, change{actor: q.Actor, ip: q.IP, reason: q.Reason, now: now})
		return err
	})
	if err != nil {
		return Created{}, err
	}
	for _, id := range ended {
		s.wake(id, q.User)
	}
	if q.Notify != "" {
		s.site.Live.Wake(live.Outbox)
	}
	return made, nil
}

// make makes the session that is asked for.
func (s *Service) make(q CreateRequest, user authn.User, now time.Time) (Created, error) {
	if !q.Sent {
		session, page := authn.NewRegistrationSession(q.User, q.Mode, q.Actor, now)
		return Created{Session: session, Page: page, Link: s.Link(page)}, nil
	}
	return s.makeSent(q, user, now)
}

// Link is what the QR of a session says, made from the secret of its page.
func (s *Service) Link(page key.Secret) wire.RegistrationLink {
	return wire.RegistrationLink{Host: s.site.Host, Session: authn.SessionSecret(page), Pin: s.site.Identity.Key().Thumbprint().Pin()}
}

// endOpen ends what is open for the user, if force says so: a session that a phone could still use, and a device that waits.
func (s *Service) endOpen(tx store.Tx, q CreateRequest, now time.Time) (ended []authn.RegistrationID, err error) {
	open, err := openOf(tx, q.User, now)
	if err != nil {
		return nil, err
	}
	if len(open) > 0 && !q.Force {
		return nil, ErrSessionOpen
	}
	for _, o := range open {
		if err := end(tx, o.session, o.device, change{actor: q.Actor, ip: q.IP, reason: q.Reason, now: now}); err != nil {
			return nil, err
		}
		ended = append(ended, o.session.ID)
	}
	return ended, nil
}

// room says whether the user may have one device more.
func room(tx store.Reader, user authn.UserID, mode authn.BindingMode) error {
	devices, err := tx.DevicesOf(user)
	if err != nil {
		return err
	}
	n := 0
	for _, d := range devices {
		if d.State != authn.DeviceRevoked {
			n++
		}
	}
	switch {
	case mode == authn.BindFirst && n > 0:
		return ErrDeviceExists
	case mode == authn.BindAdditional && n >= authn.MaxDevices:
		return ErrTooManyDevices
	}
	return nil
}

// Room says whether a user may have one device more, beside those that she has: nil, ErrTooManyDevices.
func Room(r store.Reader, user authn.UserID) error { return room(r, user, authn.BindAdditional) }

// deviceOf is the device that came of a session, nil when there is none.
func deviceOf(r store.Reader, session authn.RegistrationSession) (*authn.Device, error) {
	if session.Device == "" {
		return nil, nil
	}
	d, err := r.Device(session.Device)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

func (s *Service) wake(id authn.RegistrationID, user authn.UserID) {
	s.site.Live.Wake(live.Session(string(id)))
	s.site.Live.Wake(live.User(string(user)))
}

// LoadUsed brings the used sessions of the database into the tombstones. The server calls it at start.
func (s *Service) LoadUsed(ctx context.Context) error {
	used := map[authn.Hash]time.Time{}
	err := s.site.Store.View(ctx, func(r store.Reader) error {
		sessions, err := r.RegistrationSessions()
		for _, old := range sessions {
			if old.State == authn.SessionConsumed {
				used[old.Secret] = old.ExpiresAt
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.used.Adopt(used)
}

// Forget deletes the sessions, and the tombstones, whose time is over.
func (s *Service) Forget(ctx context.Context) error {
	now := s.site.Now()
	var gone []authn.RegistrationID
	err := s.site.Store.View(ctx, func(r store.Reader) error {
		sessions, err := r.RegistrationSessions()
		for _, old := range sessions {
			if old.Forgettable(now) {
				gone = append(gone, old.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		err = s.site.Store.Update(ctx, func(tx store.Tx) error {
			for _, id := range gone {
				if err := tx.DeleteRegistrationSession(id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.used.Forget(now)
}
