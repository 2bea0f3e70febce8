// Package backup is backup codes: ten on paper, with each of which a user signs in to the server's pages once when she has no phone at hand (docs/protocol.md, section 13;
// look-up secrets of NIST SP 800-63B-4, section 3.1.2; OWASP ASVS 5.0, 6.5). It makes sets, has them noted, and uses codes up. What somebody may do who came with one is
// for its callers to say. It has no routes and knows no HTML.
//
// The server keeps of a code argon2id of 65 random bits, with a key that follows from its secret, which is not in the database (threat T8). A code of 65 bits cannot be
// guessed at any pace, so limits protect the server's time and nothing else: they are counted for a login and an address together, and for an address, and lock only
// that way in, for that address. Nobody else's paper, and no phone, is locked out by them (threat T25).
package backup

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
)

// Limits.
const (
	WrongByLogin   = 5  // of one login and one address in an hour
	WrongByAddress = 20 // in an hour
	SetsByUser     = 10 // made in an hour

	hashes   = 2  // at the same time in this process: 19 MiB each
	maxQueue = 64 // who wait for their turn; more are sent away
)

// ErrBusy is answered when too many codes wait to be looked at. No code is used up by it.
var ErrBusy = authn.Fail(authn.Unavailable, "backup_busy", "Too many backup codes are being looked at. Try again in a moment.").After(5 * time.Second)

// Service makes and takes backup codes. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	pepper key.Secret
	nobody authn.BackupEntry // stands in for those who have no codes, so that they cost the same time

	slots   chan struct{}
	waiting atomic.Int32

	byLogin   *tries.Window
	byAddress *tries.Window
	byUser    *tries.Window
	hash      func(key.BackupCode, string, key.BackupSalt) authn.Hash
}

// New makes the service.
func New(s *site.Site) *Service {
	b := &Service{
		site: s, pepper: s.Derive("backup codes v1"), nobody: authn.BackupEntry{Salt: key.NewBackupSalt()}, slots: make(chan struct{}, hashes),
		byUser: tries.NewWindow(SetsByUser, time.Hour),
	}
	b.hash = func(c key.BackupCode, user string, salt key.BackupSalt) authn.Hash {
		return c.Hash(b.pepper, user, salt)
	}
	b.SetLimit(WrongByLogin, WrongByAddress)
	return b
}

// SetLimit changes how many wrong codes there may be in an hour. Call it before the first request.
func (s *Service) SetLimit(byLogin, byAddress int) {
	s.byLogin, s.byAddress = tries.NewWindow(byLogin, time.Hour), tries.NewWindow(byAddress, time.Hour)
}

// hashed works out a hash when it is its turn. ErrBusy when the queue is full.
func (s *Service) hashed(ctx context.Context, c key.BackupCode, user authn.UserID, salt key.BackupSalt) (authn.Hash, error) {
	if s.waiting.Add(1) > hashes+maxQueue {
		s.waiting.Add(-1)
		return authn.Hash{}, ErrBusy
	}
	defer s.waiting.Add(-1)
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return authn.Hash{}, ctx.Err()
	}
	defer func() { <-s.slots }()
	return s.hash(c, string(user), salt), nil
}

// take counts a try before it is looked at.
func (s *Service) take(login, ip string, now time.Time) (give func(), err error) {
	one, err := s.byLogin.Take(store.LoginKey(login)+"\n"+ip, now)
	if err != nil {
		return nil, err
	}
	two, err := s.byAddress.Take(ip, now)
	if err != nil {
		one()
		return nil, err
	}
	return func() { one(); two() }, nil
}

// Set is how a user's codes stand; one without codes has an empty set.
func Set(r store.Reader, user authn.UserID) (authn.BackupSet, error) {
	set, err := r.BackupSet(user)
	if errors.Is(err, store.ErrNotFound) {
		return authn.BackupSet{User: user}, nil
	}
	return set, err
}

// Make draws a new set, which is returned this once. The old one is dead from here on, with the sign-ins that were made by it, and the new one is not good before Note. "too_many_tries" for whoever makes
// sets all the time, ErrBusy.
func (s *Service) Make(ctx context.Context, user authn.UserID, actor string) (codes [key.BackupCodes]key.BackupCode, err error) {
	now := s.site.Now()
	if _, err := s.byUser.Take(string(user), now); err != nil {
		return codes, err
	}
	codes = key.NewBackupSet()
	var entries [key.BackupCodes]authn.BackupEntry
	for i, c := range codes {
		entries[i].Salt = key.NewBackupSalt()
		if entries[i].Hash, err = s.hashed(ctx, c, user, entries[i].Salt); err != nil {
			return codes, err
		}
	}
	ip := api.ClientIP(ctx)
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		err = tx.UpdateBackupSet(user, func(authn.BackupSet) (authn.BackupSet, error) { return authn.NewBackupSet(user, entries, now), nil })
		if err != nil {
			return err
		}
		if err := endSessions(tx, user, now); err != nil {
			return err
		}
		if err := site.Notify(tx, u, authn.NoticeBackupNew, "", map[string]string{"ip": ip}, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: now, Actor: actor, Action: "backup.new", Subject: string(user), IP: ip})
	})
	if err != nil {
		return codes, err
	}
	s.wake(user)
	return codes, nil
}

// endSessions signs out whoever came with a code of the old set: it may have been a thief.
func endSessions(tx store.Tx, user authn.UserID, now time.Time) error {
	all, err := tx.WebSessionsOf(user)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.By != authn.ByBackupCode || !w.Open(now) {
			continue
		}
		err := tx.UpdateWebSession(w.ID, func(w authn.WebSession) (authn.WebSession, error) { return w.End(now), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// Note makes a user's set good, by any one code of it, which proves that she has them on paper and stays good itself. The whole code is wanted: to know a part of one the
// server would have to keep something that makes the rest easier to guess. authn.ErrBackupRefused, "too_many_tries", ErrBusy.
func (s *Service) Note(ctx context.Context, u authn.User, code key.BackupCode, actor string) error {
	now, ip := s.site.Now(), api.ClientIP(ctx)
	give, err := s.take(u.Login, ip, now)
	if err != nil {
		return err
	}
	_, hash, err := s.look(ctx, u.Login, code)
	if err == nil {
		err = s.site.Store.Update(ctx, func(tx store.Tx) error {
			if _, err := tx.User(u.ID); err != nil {
				return err
			}
			err := tx.UpdateBackupSet(u.ID, func(set authn.BackupSet) (authn.BackupSet, error) { return set.Note(code.Place(), hash, now) })
			if err != nil {
				return err
			}
			return tx.AppendAudit(authn.AuditRecord{At: now, Actor: actor, Action: "backup.noted", Subject: string(u.ID), IP: ip})
		})
	}
	if !errors.Is(err, authn.ErrBackupRefused) {
		give()
	}
	return err
}

// look works out the hash of a code as it would stand for a login; who does not exist, or has no codes, costs as much.
func (s *Service) look(ctx context.Context, login string, code key.BackupCode) (user authn.UserID, hash authn.Hash, err error) {
	salt := s.nobody.Salt
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		u, err := r.UserByLogin(login)
		if err != nil {
			return err
		}
		set, err := r.BackupSet(u.ID)
		if err != nil {
			return err
		}
		user, salt = u.ID, set.Codes[code.Place()].Salt
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", hash, err
	}
	hash, err = s.hashed(ctx, code, user, salt)
	return user, hash, err
}

// What codes are used up for, for the audit log.
const (
	ToSignIn  = "sign_in"
	ToConnect = "connect"
)

// Use uses up a code, and runs fn in the same transaction, which says what it is good for: when fn fails the code is as good as before. fn gets the user, who is active, and
// how her codes stand after it. authn.ErrBackupRefused is the one answer to an unknown login, a blocked user, a wrong code and a used one, after the same time; also
// "too_many_tries" and ErrBusy.
func (s *Service) Use(ctx context.Context, login string, code key.BackupCode, why string, fn func(store.Tx, authn.User, authn.BackupSet) error) error {
	now, ip := s.site.Now(), api.ClientIP(ctx)
	give, err := s.take(login, ip, now)
	if err != nil {
		return err
	}
	user, hash, err := s.look(ctx, login, code)
	if err != nil {
		give()
		return err
	}
	var refused bool
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		u, set, err := spend(tx, user, code.Place(), hash, now)
		if refused = errors.Is(err, authn.ErrBackupRefused); refused {
			return tx.AppendAudit(authn.AuditRecord{At: now, Actor: "server", Action: "backup.refused", Subject: string(user), IP: ip, Facts: map[string]string{"for": why}})
		}
		if err != nil {
			return err
		}
		if err := fn(tx, u, set); err != nil {
			return err
		}
		left := strconv.Itoa(set.Left())
		if err := site.Notify(tx, u, authn.NoticeBackupUsed, "", map[string]string{"ip": ip, "left": left}, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "user:" + u.Login, Action: "backup.use", Subject: string(u.ID), IP: ip,
			Facts: map[string]string{"for": why, "place": strconv.Itoa(code.Place()), "left": left},
		})
	})
	if err == nil && refused {
		return authn.ErrBackupRefused
	}
	give()
	if err == nil {
		s.wake(user)
	}
	return err
}

// spend uses up a code in the database, by one conditional update.
func spend(tx store.Tx, user authn.UserID, place int, hash authn.Hash, now time.Time) (u authn.User, set authn.BackupSet, err error) {
	if user == "" {
		return u, set, authn.ErrBackupRefused
	}
	if u, err = tx.User(user); err != nil {
		return u, set, err
	}
	if u.Active() != nil {
		return u, set, authn.ErrBackupRefused
	}
	err = tx.UpdateBackupSet(user, func(old authn.BackupSet) (authn.BackupSet, error) {
		set, err = old.Use(place, hash, now)
		return set, err
	})
	return u, set, err
}

// wake has the user's devices look again, and the mails go out.
func (s *Service) wake(user authn.UserID) {
	s.site.Live.Wake(live.User(string(user)))
	s.site.Live.Wake(live.Outbox)
}
