// Package desk is what the service desk does for a person who calls: first it makes sure who calls, then it acts (feature R3, threat T9). Three ways lead there: she types the
// number that she hears into her own phone, she reads out a code that was sent to her, or somebody who knows her says Yes. It holds no HTML. Whoever sits at the desk
// never sees the QR, the link or the second proof of a session.
package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/device"
	"avow/internal/server/offline"
	"avow/internal/server/registration"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Service is the service desk. It is safe for concurrent use.
type Service struct {
	site         *site.Site
	approval     *approval.Service
	registration *registration.Service
	device       *device.Service
	offline      *offline.Service
	restores     Restores
	client       authn.Client
	digits       key.Secret // derives the codes that callers read out

	mu      sync.Mutex
	numbers map[authn.CallerCheckID]string // what the desk says; gone after a restart, then the check begins anew
}

// Restores is what the desk does about restores; *restore.Service has it.
type Restores interface {
	Block(ctx context.Context, user authn.UserID, id authn.RestoreID, actor, reason string) error
	Allow(ctx context.Context, user authn.UserID, actor, reason string) error
	Unblock(ctx context.Context, user authn.UserID, actor, reason string) error
	// DeskCode makes the one-time code of a restore whose user is to hear it from the desk.
	DeskCode(ctx context.Context, id authn.RestoreID, actor, reason string) (digits string, until time.Time, err error)
}

// New makes the service.
func New(s *site.Site, a *approval.Service, r *registration.Service, d *device.Service, o *offline.Service, x Restores) *Service {
	return &Service{
		site: s, approval: a, registration: r, device: d, offline: o, restores: x, digits: s.Derive("caller code v1"), numbers: map[authn.CallerCheckID]string{},
	}
}

// Prepare makes the client as which the desk asks, once.
func (s *Service) Prepare(ctx context.Context) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		s.client, err = session.Client(tx, session.DeskID, s.site.Organisation, s.site.Now())
		return err
	})
}

// touch says whether somebody at the desk may act on a user's account: not on her own, nor on one with a higher role.
func touch(r store.Reader, by session.Person, user authn.UserID) error {
	if err := by.May(authn.MayHelp); err != nil {
		return err
	}
	if by.User.ID == user {
		return authn.Fail(authn.Forbidden, "own_account", "Nobody is the service desk for herself. Ask a colleague.")
	}
	other, err := r.AdminByUser(user)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return by.Admin.MayTouch(other)
}

// MayTouch says whether somebody at the desk may act on a user's account at all: nil, authn.ErrNotAllowed, "own_account", "higher_role".
func (s *Service) MayTouch(ctx context.Context, by session.Person, user authn.UserID) error {
	_, err := s.caller(ctx, by, user)
	return err
}

// Digits are the six digits of a check, for the message that carries them.
func (s *Service) Digits(id authn.CallerCheckID) string { return authn.CallerDigits(s.digits, id) }

func (s *Service) record(ctx context.Context, by session.Person, action, subject, reason string, facts map[string]string) authn.AuditRecord {
	return authn.AuditRecord{
		At: s.site.Now(), Actor: by.Actor(), Action: action, Subject: subject, IP: api.ClientIP(ctx), Reason: reason, Facts: facts,
	}
}

func (s *Service) remember(id authn.CallerCheckID, number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.numbers) > 10_000 { // most are over by then
		clear(s.numbers)
	}
	s.numbers[id] = number
}

func (s *Service) number(id authn.CallerCheckID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers[id]
}

// replace writes a check that was read in the same transaction.
func replace(tx store.Tx, c authn.CallerCheck) error {
	return tx.UpdateCallerCheck(c.ID, func(authn.CallerCheck) (authn.CallerCheck, error) { return c, nil })
}

// lifetime of a check by phone is that of its question.
func lifetime(m authn.CheckMethod) time.Duration {
	if m == authn.CheckCode {
		return authn.CheckLifetime
	}
	return authn.RequestLifetime
}
