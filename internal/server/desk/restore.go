package desk

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/registration"
	"avow/internal/server/session"
	"avow/internal/store"
)

// RestoreCode is the one-time code of a restore, to be read out.
type RestoreCode struct {
	Restore authn.Restore
	Digits  string
	Until   time.Time
}

// RestoreCode gives the one-time code of a restore to a caller who was checked, where the policy has the desk give it out. Each time it is another one, and the one before is worth
// nothing. Errors: authn.ErrCheckNeeded, authn.ErrRestoreUnknown for one that is not hers, those of restore.DeskCode.
func (s *Service) RestoreCode(ctx context.Context, by session.Person, user authn.UserID, id authn.RestoreID, reason string) (c RestoreCode, err error) {
	if _, err := s.checked(ctx, by, user); err != nil {
		return c, err
	}
	err = s.site.Store.View(ctx, func(r store.Reader) (err error) {
		c.Restore, err = r.Restore(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && c.Restore.User != user {
			err = authn.ErrRestoreUnknown
		}
		return err
	})
	if err != nil {
		return c, err
	}
	c.Digits, c.Until, err = s.restores.DeskCode(ctx, id, by.Actor(), reason)
	return c, err
}

// AllowRestore lets a caller who was checked restore once, where the policy asks for that. Errors: authn.ErrCheckNeeded.
func (s *Service) AllowRestore(ctx context.Context, by session.Person, user authn.UserID, reason string) error {
	if _, err := s.checked(ctx, by, user); err != nil {
		return err
	}
	return s.restores.Allow(ctx, user, by.Actor(), reason)
}

// UnblockRestore takes away what stops a caller who was checked. Errors: authn.ErrCheckNeeded.
func (s *Service) UnblockRestore(ctx context.Context, by session.Person, user authn.UserID, reason string) error {
	if _, err := s.checked(ctx, by, user); err != nil {
		return err
	}
	return s.restores.Unblock(ctx, user, by.Actor(), reason)
}

// BlockRestore lets nobody restore an account. It needs no check: to block too much can be mended, to block too late can not. Errors: those of MayTouch.
func (s *Service) BlockRestore(ctx context.Context, by session.Person, user authn.UserID, reason string) error {
	if err := s.MayTouch(ctx, by, user); err != nil {
		return err
	}
	return s.restores.Block(ctx, user, "", by.Actor(), reason)
}

// CodeLost sends a new registration to a caller who was checked and has lost phone and restore code. Her old devices are removed once the new one is connected; what only they had is gone.
// Errors: authn.ErrCheckNeeded, those of registration.Create.
func (s *Service) CodeLost(ctx context.Context, by session.Person, user authn.UserID, ch authn.Channel, reason string) (registration.Created, error) {
	u, err := s.checked(ctx, by, user)
	if err != nil {
		return registration.Created{}, err
	}
	mode, err := s.mode(ctx, user)
	if err != nil {
		return registration.Created{}, err
	}
	if mode == authn.BindAdditional {
		mode = authn.BindReplace
	}
	return s.registration.Create(ctx, registration.CreateRequest{
		User: u.ID, Mode: mode, Force: true, Actor: by.Actor(), By: by.User.ID, Reason: reason, IP: api.ClientIP(ctx), Sent: true, Notify: ch,
	})
}
