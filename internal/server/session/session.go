// Package session is the sign-in of people to the server's own pages, by this product itself: the page asks as any client does, the person says Yes on her phone, and the
// browser gets a token of which only the hash is kept (OWASP ASVS 5.0, chapter 7; NIST SP 800-63B-4, section 5). It knows no HTML. Who has a role beside being a user is
// an administrator; there is no password, and no default account.
package session

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/backup"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
)

// ClientID is the client as which the pages ask. Nobody has its key: it asks from within.
const ClientID = authn.PagesClient

// DeskID is the client as which the service desk asks, SecondAdminID that as which an administrator is asked to agree, and ColleaguesID that as which colleagues are
// asked for somebody who has lost her phone. PracticeID asks those who learn how to answer.
const (
	DeskID        = authn.DeskClient
	SecondAdminID = authn.SecondAdminClient
	ColleaguesID  = authn.ColleaguesClient
	PracticeID    = authn.PracticeClient
)

// Service is the sign-ins of people. It is safe for concurrent use.
type Service struct {
	site     *site.Site
	approval *approval.Service
	backup   *backup.Service
	client   authn.Client
	limits   *limits
}

// New makes the service.
func New(s *site.Site, a *approval.Service, b *backup.Service) *Service {
	return &Service{site: s, approval: a, backup: b, limits: newLimits()}
}

// Prepare makes the client as which the pages ask, once.
func (s *Service) Prepare(ctx context.Context) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		s.client, err = Client(tx, ClientID, s.site.Organisation, s.site.Now())
		return err
	})
}

// Own reports whether a client is the server itself: its pages, its service desk. Nobody registered it.
func Own(id authn.ClientID) bool {
	return id == ClientID || id == DeskID || id == SecondAdminID || id == ColleaguesID || id == PracticeID
}

// Client finds a client of the server's own, or makes it, with a key that nobody has. People who look after others are asked for the number,
// whatever the policy for computers is.
func Client(tx store.Tx, id authn.ClientID, name string, now time.Time) (authn.Client, error) {
	c, err := tx.Client(id)
	if !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	k, err := key.Generate()
	if err != nil {
		return c, err
	}
	c = authn.Client{ID: id, Name: authn.CleanText(name, 64), Kind: authn.ClientWeb, Key: k.Key(), Match: authn.MatchNumber, Known: true, CreatedAt: now}
	return c, tx.CreateClient(c)
}

// Person is who is signed in.
type Person struct {
	User    authn.User
	Admin   authn.Admin // zero for somebody without a role, and for everybody whose phone did not say Yes: a piece of paper looks after nobody else
	Session authn.WebSession
}

// Actor is how the audit log names her.
func (p Person) Actor() string {
	if p.Admin.ID != "" {
		return "admin:" + p.User.Login
	}
	return "user:" + p.User.Login
}

// May says whether she may do something: nil, authn.ErrNotAllowed.
func (p Person) May(what authn.Permission) error { return p.Admin.May(what) }

// Who finds the person of a token, and notes that she was here. authn.ErrNotAllowed of kind Unauthorized when the token is over; a user who was disabled is signed out.
func (s *Service) Who(ctx context.Context, token key.Secret) (p Person, err error) {
	now := s.site.Now()
	hash := authn.HashOf(token)
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		p, err = who(r, hash, now)
		return err
	})
	if err != nil || now.Sub(p.Session.SeenAt) < time.Minute {
		return p, err
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if p, err = who(tx, hash, now); err != nil {
			return err
		}
		p.Session.SeenAt = now
		return replace(tx, p.Session)
	})
	return p, err
}

// ErrSignedOut is answered to a browser that is not signed in, or no more.
var ErrSignedOut = authn.Fail(authn.Unauthorized, "signed_out", "Sign in first.")

func who(r store.Reader, hash authn.Hash, now time.Time) (p Person, err error) {
	p.Session, err = r.WebSessionByToken(hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Session.Open(now) {
		return p, ErrSignedOut
	}
	if err != nil {
		return p, err
	}
	if p.User, err = r.User(p.Session.User); err != nil {
		return p, err
	}
	if p.User.Active() != nil {
		return p, ErrSignedOut
	}
	p.Admin, err = r.AdminByUser(p.User.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (p.Admin.Disabled || !p.Session.ByPhone()) {
		p.Admin, err = authn.Admin{}, nil
	}
	return p, err
}

func replace(tx store.Tx, w authn.WebSession) error {
	return tx.UpdateWebSession(w.ID, func(authn.WebSession) (authn.WebSession, error) { return w, nil })
}

// List returns a person's sign-ins that are good, the newest first.
func (s *Service) List(ctx context.Context, user authn.UserID) (open []authn.WebSession, err error) {
	now := s.site.Now()
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		all, err := r.WebSessionsOf(user)
		for _, w := range all {
			if w.Open(now) {
				open = append(open, w)
			}
		}
		return err
	})
	return open, err
}

// End signs a person out of one browser; of all for "". It says how many ended. Another person's sign-in is none of hers.
func (s *Service) End(ctx context.Context, p Person, id authn.WebSessionID) (ended int, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		ended, err = EndOf(tx, p.User.ID, id, s.site.Now())
		if err != nil || ended == 0 {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: s.site.Now(), Actor: p.Actor(), Action: "pages.sign_out", Subject: string(p.User.ID), IP: api.ClientIP(ctx),
			Facts: map[string]string{"session": string(id)},
		})
	})
	s.site.Live.Wake(live.User(string(p.User.ID)))
	return ended, err
}

// EndOf ends a user's sign-ins within a transaction: one, or all for "".
func EndOf(tx store.Tx, user authn.UserID, id authn.WebSessionID, now time.Time) (ended int, err error) {
	all, err := tx.WebSessionsOf(user)
	if err != nil {
		return 0, err
	}
	for _, w := range all {
		if id != "" && w.ID != id || !w.EndedAt.IsZero() {
			continue
		}
		if err := replace(tx, w.End(now)); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// Forget deletes sign-ins that ended long ago.
func (s *Service) Forget(ctx context.Context) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteWebSessions(s.site.Now().Add(-30*24*time.Hour), 1000)
		return err
	})
}
