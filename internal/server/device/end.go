package device

import (
	"context"
	"errors"
	"maps"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/offline"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Change is who does something to a device, from where, why and when.
type Change struct {
	Actor, IP, Reason string
	At                time.Time
	Facts             map[string]string // beside the user, for the record
}

func (c Change) record(action string, d authn.Device) authn.AuditRecord {
	facts := map[string]string{"user": string(d.User)}
	maps.Copy(facts, c.Facts)
	return authn.AuditRecord{At: c.At, Actor: c.Actor, Action: action, Subject: string(d.ID), IP: c.IP, Reason: c.Reason, Facts: facts}
}

// End ends a device for ever within a transaction: nothing that it says from then on has an effect, its grants are over, and its user is told by mail and on the other
// devices. Doing it again does nothing.
func End(tx store.Tx, u authn.User, d authn.Device, c Change) error {
	if d.State == authn.DeviceRevoked {
		return nil
	}
	return end(tx, u, d, authn.NoticeDeviceRevoked, c)
}

func end(tx store.Tx, u authn.User, d authn.Device, notice authn.NoticeKind, c Change) error {
	err := tx.UpdateDevice(d.ID, func(d authn.Device) (authn.Device, error) { return d.Revoke(c.At), nil })
	if err != nil {
		return err
	}
	if err := offline.EndOfDevice(tx, d.ID); err != nil {
		return err
	}
	facts := map[string]string{"device": d.Info.Name, "model": d.Info.Model, "ip": c.IP}
	if err := site.Notify(tx, u, notice, d.ID, facts, c.At); err != nil {
		return err
	}
	return tx.AppendAudit(c.record("device.revoke", d))
}

// EndOthers ends all devices of a user but one, within a transaction.
func EndOthers(tx store.Tx, u authn.User, keep authn.DeviceID, c Change) error {
	devices, err := tx.DevicesOf(u.ID)
	if err != nil {
		return err
	}
	c.Facts = map[string]string{"replaced_by": string(keep)}
	for _, d := range devices {
		if d.ID == keep {
			continue
		}
		if err := End(tx, u, d, c); err != nil {
			return err
		}
	}
	return nil
}

// Revoke ends a device for ever, in the name of actor; its user is told by mail and on the other devices. Doing it again does nothing.
// store.ErrNotFound for an unknown one.
func (s *Service) Revoke(ctx context.Context, id authn.DeviceID, actor, reason string) error {
	c := Change{Actor: actor, IP: api.ClientIP(ctx), Reason: reason, At: s.site.Now()}
	return s.change(ctx, id, func(tx store.Tx, d authn.Device, u authn.User) error { return End(tx, u, d, c) })
}

// change runs fn on a device and its user in one transaction, and wakes who looks at them.
func (s *Service) change(ctx context.Context, id authn.DeviceID, fn func(store.Tx, authn.Device, authn.User) error) error {
	var d authn.Device
	err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if d, err = tx.Device(id); err != nil {
			return err
		}
		u, err := tx.User(d.User)
		if err != nil {
			return err
		}
		return fn(tx, d, u)
	})
	if err == nil {
		s.wake(d)
	}
	return err
}

func (s *Service) wake(d authn.Device) {
	s.site.Live.Wake(live.User(string(d.User)))
	s.site.Live.Wake(live.Session(string(d.Registration)))
}

// ErrScope is answered to an administrator who asks for more than what belongs to the organisation.
var ErrScope = authn.Fail(authn.Forbidden, "wipe_scope", "Only the work account can be wiped from here. What else is in the app is its user's; only she can have everything deleted.")

// Wipe removes a device and asks it to delete the work account, in the name of an administrator; everything is for the user herself to ask for, by WipeOwn. Asking again changes
// nothing. Errors: store.ErrNotFound, ErrScope.
func (s *Service) Wipe(ctx context.Context, id authn.DeviceID, scope authn.WipeScope, actor, reason string) error {
	if scope != authn.WipeAccount {
		return ErrScope
	}
	return s.requestWipe(ctx, "", id, scope, actor, reason)
}

// WipeOwn is Wipe for a device of a user's own. store.ErrNotFound for another's.
func (s *Service) WipeOwn(ctx context.Context, user authn.UserID, id authn.DeviceID, scope authn.WipeScope, actor, reason string) error {
	if !scope.Valid() {
		return ErrScope
	}
	return s.requestWipe(ctx, user, id, scope, actor, reason)
}

func (s *Service) requestWipe(ctx context.Context, user authn.UserID, id authn.DeviceID, scope authn.WipeScope, actor, reason string) error {
	c := Change{Actor: actor, IP: api.ClientIP(ctx), Reason: reason, At: s.site.Now()}
	return s.change(ctx, id, func(tx store.Tx, d authn.Device, u authn.User) error {
		if user != "" && d.User != user {
			return store.ErrNotFound
		}
		return s.wipeIn(tx, u, d, scope, c)
	})
}

// wipeIn removes a device and leaves a command for it.
func (s *Service) wipeIn(tx store.Tx, u authn.User, d authn.Device, scope authn.WipeScope, c Change) error {
	if d.State != authn.DeviceRevoked {
		if err := end(tx, u, d, authn.NoticeDeviceWiped, c); err != nil {
			return err
		}
	}
	if !d.NeedsWipe(scope) {
		return nil
	}
	command, err := wire.SignWipeCommand(s.site.Identity, wire.WipeCommand{
		Issuer: s.site.Issuer, Device: d.ID, Counter: d.Wipe.Counter + 1, Scope: scope, IssuedAt: c.At.Unix(),
	})
	if err != nil {
		return err
	}
	err = tx.UpdateDevice(d.ID, func(d authn.Device) (authn.Device, error) {
		return d.RequestWipe(scope, command, c.Actor, c.At), nil
	})
	if err != nil {
		return err
	}
	c.Facts = map[string]string{"scope": string(scope)}
	return tx.AppendAudit(c.record("device.wipe", d))
}

// own finds another device of the same user; to everybody else it does not exist.
func own(r store.Reader, user authn.UserID, id authn.DeviceID) (authn.Device, error) {
	d, err := r.Device(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.User != user {
		return authn.Device{}, errUnknown
	}
	return d, err
}

var errUnknown = authn.Fail(authn.NotFound, "device_unknown", "This device is not among yours.")
