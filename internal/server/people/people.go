// Package people looks after users: it adds and edits local ones, blocks and unblocks any, and says who has which role. The administrator's interface and the pages
// both call it. Every change is written to the audit log in its own transaction.
package people

import (
	"context"
	"errors"
	"slices"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/offline"
	"avow/internal/server/registration"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Service looks after users. It is safe for concurrent use.
type Service struct{ site *site.Site }

// New makes the service.
func New(s *site.Site) *Service { return &Service{site: s} }

// By says who does something, why and from where, for the audit log.
type By struct {
	Actor, Reason, IP string
	User              authn.UserID // who acts; "" when only a key is known
}

func (s *Service) record(b By, action string, u authn.User, facts map[string]string) authn.AuditRecord {
	if facts == nil {
		facts = map[string]string{}
	}
	facts["login"] = u.Login
	return authn.AuditRecord{At: s.site.Now(), Actor: b.Actor, Action: action, Subject: string(u.ID), IP: b.IP, Reason: b.Reason, Facts: facts}
}

// Errors of people.
var (
	ErrReason    = authn.Fail(authn.Invalid, "reason_missing", "Say why: the reason goes into the audit log.")
	ErrExists    = authn.Fail(authn.Conflict, "user_exists", "There is a user of this name already.")
	ErrUnknown   = authn.Fail(authn.NotFound, "user_unknown", "There is no user of this name. List the users to see who there is.")
	ErrStatus    = authn.Fail(authn.Invalid, "bad_status", "The status is active or disabled.")
	ErrLanguage  = authn.Fail(authn.Invalid, "bad_language", "There is no such language here. Use en or de, or none.")
	ErrDirectory = authn.Fail(authn.Conflict, "user_of_directory", "This user is looked after in the directory. Change her there.")
	ErrRole      = authn.Fail(authn.Invalid, "bad_role", "The role is owner, admin, service_desk, auditor, or none.")
	ErrOwn       = authn.Fail(authn.Forbidden, "own_account", "Nobody does this to her own account. Ask another owner.")
	ErrLastOwner = authn.Fail(authn.Conflict, "last_owner", "This is the last owner. Make another one first.")
)

// Details are what an administrator types of a local user.
type Details struct{ Login, Name, Mail, Phone, Language string }

// Add makes a local user. Errors: ErrExists, ErrLanguage, those of authn.NewUser.
func (s *Service) Add(ctx context.Context, d Details, by By) (authn.User, error) {
	u, err := authn.NewUser(d.Login, d.Name, d.Mail, s.site.Now())
	if err != nil {
		return u, err
	}
	if u, err = d.reach(u); err != nil {
		return u, err
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		return tx.AppendAudit(s.record(by, "user.add", u, nil))
	})
	if errors.Is(err, store.ErrExists) {
		err = ErrExists.Because(err)
	}
	return u, err
}

// reach puts phone and language into a user.
func (d Details) reach(u authn.User) (authn.User, error) {
	known := func(l translations.Language) bool { return l.Tag == d.Language }
	if d.Language != "" && !slices.ContainsFunc(translations.Languages(), known) {
		return u, ErrLanguage
	}
	u.Phone, u.Language = d.Phone, d.Language
	return u, u.Validate()
}

// Edit changes name, mail, phone and language of a local user; the login stays. Errors: ErrDirectory, ErrUnknown, ErrLanguage, those of
// authn.User.Validate.
func (s *Service) Edit(ctx context.Context, id authn.UserID, d Details, by By) (u authn.User, err error) {
	err = s.change(ctx, id, func(tx store.Tx, old authn.User) error {
		if old.Source == authn.UserDirectory {
			return ErrDirectory
		}
		next := old
		next = next.Reach(d.Mail, d.Phone, s.site.Now())
		next.Name = authn.CleanText(d.Name, 128)
		if next.Name == "" {
			next.Name = next.Login
		}
		if next, err = d.reach(next); err != nil {
			return err
		}
		u = next
		if err := tx.UpdateUser(id, func(authn.User) (authn.User, error) { return next, nil }); err != nil {
			return err
		}
		if !next.ReachChangedAt.Equal(old.ReachChangedAt) { // a code that was made for the old address must not go to the new one
			if err := registration.EndSentOfUser(tx, id, by.Actor, by.Reason, by.IP, s.site.Now()); err != nil {
				return err
			}
		}
		return tx.AppendAudit(s.record(by, "user.edit", u, map[string]string{"name": u.Name, "mail": u.Mail, "phone": u.Phone, "language": u.Language}))
	})
	return u, err
}

// change runs fn on a user in one transaction and wakes whoever waits for her.
func (s *Service) change(ctx context.Context, id authn.UserID, fn func(store.Tx, authn.User) error) error {
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		u, err := tx.User(id)
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		return fn(tx, u)
	})
	if err == nil {
		s.site.Live.Wake(live.User(string(id)))
	}
	return err
}

// SetStatus blocks a user or lets her in again. Whoever is blocked is signed out of the pages, her registrations that are open end, and her computers take no more codes
// as soon as they hear of it; an event stream of hers ends. Doing it again does nothing. Errors: ErrStatus, ErrUnknown, ErrOwn, ErrLastOwner.
func (s *Service) SetStatus(ctx context.Context, id authn.UserID, status authn.UserStatus, by By) (u authn.User, err error) {
	action := map[authn.UserStatus]string{authn.UserActive: "user.enable", authn.UserDisabled: "user.disable"}[status]
	if action == "" {
		return u, ErrStatus
	}
	err = s.change(ctx, id, func(tx store.Tx, old authn.User) error {
		if u = old; old.Status == status {
			return nil
		}
		if status == authn.UserDisabled {
			if err := s.shut(tx, old, by); err != nil {
				return err
			}
		}
		u.Status = status
		if err := tx.UpdateUser(id, func(authn.User) (authn.User, error) { return u, nil }); err != nil {
			return err
		}
		return tx.AppendAudit(s.record(by, action, u, nil))
	})
	return u, err
}

// shut ends all that a user could still do.
func (s *Service) shut(tx store.Tx, u authn.User, by By) error {
	if by.User == u.ID {
		return ErrOwn
	}
	if last, err := LastOwner(tx, u.ID); err != nil || last {
		return errors.Join(err, when(last, ErrLastOwner))
	}
	now := s.site.Now()
	if err := offline.EndOfUser(tx, u.ID); err != nil {
		return err
	}
	if _, err := session.EndOf(tx, u.ID, "", now); err != nil {
		return err
	}
	return registration.EndOfUser(tx, u.ID, by.Actor, by.Reason, by.IP, now)
}

func when(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}
