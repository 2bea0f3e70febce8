package registration

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/device"
	"avow/internal/store"
)

// Errors of Confirm, Refuse and Revoke.
var (
	ErrNotWaiting = authn.Fail(authn.Conflict, "not_waiting", "No phone waits for an answer here.")
	ErrWrongWords = authn.Fail(authn.Invalid, "wrong_words", "These are not the words on this phone. Compare again; if they differ, say No.")
)

// change is who does something, from where, why and when.
type change struct {
	actor, ip, reason string
	now               time.Time
}

func (c change) record(action, subject string, facts map[string]string) authn.AuditRecord {
	return authn.AuditRecord{At: c.now, Actor: c.actor, Action: action, Subject: subject, IP: c.ip, Reason: c.reason, Facts: facts}
}

// change runs fn on a session, its device and its user in one transaction, and wakes who looks at them.
func (s *Service) change(ctx context.Context, id authn.RegistrationID, fn func(store.Tx, authn.RegistrationSession, *authn.Device, authn.User) error) error {
	var user authn.UserID
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		session, err := tx.RegistrationSession(id)
		if errors.Is(err, store.ErrNotFound) {
			return authn.ErrSessionUnknown
		}
		if err != nil {
			return err
		}
		user = session.User
		d, err := deviceOf(tx, session)
		if err != nil {
			return err
		}
		u, err := tx.User(session.User)
		if err != nil {
			return err
		}
		return fn(tx, session, d, u)
	})
	if err != nil {
		return err
	}
	s.wake(id, user)
	return nil
}

// Confirm makes the waiting device active. words, when given, must be the check words. actor is "page:s_…" or
// "admin:NAME"; reason may be empty for a page. Saying it again does nothing. Errors: ErrNotWaiting, ErrWrongWords, "user_disabled",
// authn.ErrSessionUnknown.
func (s *Service) Confirm(ctx context.Context, id authn.RegistrationID, actor, reason string, words *[2]string) error {
	c := change{actor: actor, ip: api.ClientIP(ctx), reason: reason, now: s.site.Now()}
	return s.change(ctx, id, func(tx store.Tx, session authn.RegistrationSession, d *authn.Device, u authn.User) error {
		if d == nil || d.State == authn.DeviceRevoked {
			return ErrNotWaiting
		}
		if words != nil && !sameWords(*words, session.CheckWords) {
			return ErrWrongWords
		}
		if d.State == authn.DeviceActive {
			return nil
		}
		if err := u.Active(); err != nil {
			return err
		}
		err := tx.UpdateDevice(d.ID, func(d authn.Device) (authn.Device, error) { return d.Confirm(c.now) })
		if err != nil {
			return err
		}
		if err := answered(tx, id); err != nil {
			return err
		}
		if err := tx.AppendAudit(c.record("device.confirm", string(d.ID), map[string]string{"session": string(id)})); err != nil {
			return err
		}
		if session.Mode != authn.BindReplace {
			return nil
		}
		return revokeOthers(tx, u, d.ID, c)
	})
}

func sameWords(got, want [2]string) bool {
	ok := 1
	for i := range got {
		ok &= subtle.ConstantTimeCompare([]byte(strings.ToLower(strings.TrimSpace(got[i]))), []byte(want[i]))
	}
	return ok == 1 && want[0] != ""
}

func answered(tx store.Tx, id authn.RegistrationID) error {
	return tx.UpdateRegistrationSession(id, func(session authn.RegistrationSession) (authn.RegistrationSession, error) {
		session.Answered = true
		return session, nil
	})
}

func revokeOthers(tx store.Tx, u authn.User, keep authn.DeviceID, c change) error {
	return device.EndOthers(tx, u, keep, device.Change{Actor: c.actor, IP: c.ip, Reason: c.reason, At: c.now})
}

// Refuse says "this is not my phone": the device is revoked, an open session ended; the administrators are told when a phone had the code.
// Saying it again does nothing. ErrNotWaiting when the device is confirmed, or gone by other means.
func (s *Service) Refuse(ctx context.Context, id authn.RegistrationID, actor string) error {
	c := change{actor: actor, ip: api.ClientIP(ctx), now: s.site.Now()}
	return s.change(ctx, id, func(tx store.Tx, session authn.RegistrationSession, d *authn.Device, u authn.User) error {
		switch stateOf(session, d, c.now) {
		case Refused:
			return nil
		case Active, Claimed, Waiting:
		default:
			return ErrNotWaiting
		}
		if err := end(tx, session, d, c); err != nil {
			return err
		}
		if err := answered(tx, id); err != nil {
			return err
		}
		if session.State == authn.SessionActive { // no phone had it
			return nil
		}
		facts := map[string]string{"login": u.Login, "name": u.Name, "session": string(id), "ip": session.ClaimIP}
		var cause authn.DeviceID
		if d != nil {
			facts["device"], facts["model"], cause = d.Info.Name, d.Info.Model, d.ID
		}
		return s.site.NotifyAdmins(tx, authn.NoticeDeviceRefused, cause, facts, c.now)
	})
}

// Revoke ends an open session, or refuses its waiting device, in the name of an administrator. Doing it again does nothing. ErrNotWaiting
// when the session is done, used or expired.
func (s *Service) Revoke(ctx context.Context, id authn.RegistrationID, actor, reason string) error {
	c := change{actor: actor, ip: api.ClientIP(ctx), reason: reason, now: s.site.Now()}
	return s.change(ctx, id, func(tx store.Tx, session authn.RegistrationSession, d *authn.Device, _ authn.User) error {
		switch stateOf(session, d, c.now) {
		case Revoked, Refused:
			return nil
		case Active, Claimed, Waiting:
			return end(tx, session, d, c)
		}
		return ErrNotWaiting
	})
}

// end ends a session that is open and the device that waits, whichever there is.
func end(tx store.Tx, session authn.RegistrationSession, d *authn.Device, c change) error {
	if d != nil {
		err := tx.UpdateDevice(d.ID, func(d authn.Device) (authn.Device, error) { return d.Revoke(c.now), nil })
		if err != nil {
			return err
		}
		return tx.AppendAudit(c.record("device.refuse", string(d.ID), map[string]string{"session": string(session.ID)}))
	}
	err := tx.UpdateRegistrationSession(session.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
		return old.Revoke(c.now), nil
	})
	if err != nil {
		return err
	}
	return tx.AppendAudit(c.record("session.revoke", string(session.ID), map[string]string{"user": string(session.User)}))
}

// opened is a session that is open and its device, if one waits.
type opened struct {
	session authn.RegistrationSession
	device  *authn.Device
}

// openOf finds what is open for a user: a session that a phone could still use, and a device that waits for its Yes.
func openOf(tx store.Tx, user authn.UserID, now time.Time) (open []opened, err error) {
	sessions, err := tx.RegistrationSessionsOf(user)
	if err != nil {
		return nil, err
	}
	for _, session := range sessions {
		d, err := deviceOf(tx, session)
		if err != nil {
			return nil, err
		}
		if session.Open(now) || d != nil && d.State == authn.DevicePending {
			open = append(open, opened{session, d})
		}
	}
	return open, nil
}

// EndOfUser ends within a transaction what is open for a user who is blocked.
func EndOfUser(tx store.Tx, user authn.UserID, actor, reason, ip string, now time.Time) error {
	return endWhere(tx, user, change{actor: actor, ip: ip, reason: reason, now: now}, func(authn.RegistrationSession) bool { return true })
}

// EndSentOfUser ends within a transaction the open session of a user that is sent: whoever changes her mail address or phone number calls it.
func EndSentOfUser(tx store.Tx, user authn.UserID, actor, reason, ip string, now time.Time) error {
	return endWhere(tx, user, change{actor: actor, ip: ip, reason: reason, now: now}, func(s authn.RegistrationSession) bool {
		return s.Delivery == authn.DeliverySent
	})
}

func endWhere(tx store.Tx, user authn.UserID, c change, which func(authn.RegistrationSession) bool) error {
	open, err := openOf(tx, user, c.now)
	if err != nil {
		return err
	}
	for _, o := range open {
		if !which(o.session) {
			continue
		}
		if err := end(tx, o.session, o.device, c); err != nil {
			return err
		}
	}
	return nil
}
