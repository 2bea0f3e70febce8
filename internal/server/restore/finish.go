package restore

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/device"
	"avow/internal/server/registration"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// finish lets the new phone in once the hold is past. Its answer is given again to the same phone: nothing is lost with it.
func (s *Service) finish(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreName
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if _, ok := s.decoys.of(q.RestoreID, pub); ok {
		return authn.ErrRestoreState
	}
	x, err := s.released(ctx, q.RestoreID, pub)
	if err == nil && x.State != authn.RestoreReleased {
		x, err = s.release(ctx, x)
		if errors.Is(err, authn.ErrRestoreOver) { // by this very phone, at the same time
			x, err = s.released(ctx, q.RestoreID, pub)
		}
	}
	if err = quiet(x, err, authn.ErrRestoreState); err != nil {
		return err
	}
	out, err := s.handOver(ctx, x)
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, out)
}

// released finds the restore; one that is done is checked for its device.
func (s *Service) released(ctx context.Context, id authn.RestoreID, pub key.Public) (x authn.Restore, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if x, err = of(r, id, pub); err != nil || x.State != authn.RestoreReleased {
			return err
		}
		d, err := r.Device(x.Device)
		if err != nil {
			return err
		}
		return d.Usable()
	})
	return x, err
}

// release makes the device, in one transaction with what becomes of the others. What is signed for the phone is signed before, so that the writer does not
// wait for it.
func (s *Service) release(ctx context.Context, x authn.Restore) (authn.Restore, error) {
	now, id := s.site.Now(), authn.NewDeviceID()
	if err := x.Ended(now); err != nil {
		return x, err
	}
	var u authn.User
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		u, err = r.User(x.User)
		return err
	})
	if err != nil {
		return x, err
	}
	bound, err := wire.SignBound(s.site.Identity, wire.Bound{
		Issuer: s.site.Issuer, Device: id, User: u.ID, Login: u.Login, Name: u.Name, Organisation: s.site.Organisation,
		State: authn.DeviceActive, Registration: x.Statement.String(), IssuedAt: now.Unix(),
	})
	if err != nil {
		return x, err
	}
	return s.step(ctx, x.ID, x.Keys.Device, func(tx store.Tx, x authn.Restore, u authn.User) (authn.Restore, error) {
		next, err := x.Release(id, bound, u.ReachChangedAt, now)
		if err != nil {
			return x, err
		}
		if err := s.mayEnter(tx, x, u); err != nil {
			return x, err
		}
		return next, s.enter(tx, next, u, api.ClientIP(ctx), now)
	})
}

// mayEnter asks again for what may have changed during the hold.
func (s *Service) mayEnter(tx store.Tx, x authn.Restore, u authn.User) error {
	policy := s.site.Policy()
	if policy.RestoreFor(u.Groups) == authn.RestoreForbidden {
		return authn.ErrRestoreForbidden
	}
	g, err := tx.RestoreGuard(u.ID)
	if err != nil {
		return err
	}
	if !g.BlockedAt.IsZero() {
		return authn.ErrRestoreIsBlocked
	}
	if err := ownKeys(tx, x); err != nil {
		return err
	}
	if policy.OldDevice == authn.OldDeviceRemoved {
		return nil
	}
	others, err := inUse(tx, u.ID, "")
	if err == nil && len(others) >= authn.MaxDevices {
		err = registration.ErrTooManyDevices
	}
	return err
}

func inUse(r store.Reader, user authn.UserID, but authn.DeviceID) (list []authn.Device, err error) {
	all, err := r.DevicesOf(user)
	for _, d := range all {
		if d.State != authn.DeviceRevoked && d.ID != but {
			list = append(list, d)
		}
	}
	return list, err
}

// enter makes the device of a restore that is released.
func (s *Service) enter(tx store.Tx, x authn.Restore, u authn.User, ip string, now time.Time) error {
	origin := authn.OriginRestore
	if x.Kind == authn.RestoreByColleagues {
		origin = authn.OriginColleagues
	}
	d := authn.Device{
		ID: x.Device, User: u.ID, Info: x.Info, Keys: x.Keys, Class: x.Class, Verifies: x.Verifies, State: authn.DeviceActive, Origin: origin,
		CreatedBy: "restore", CreatedIP: ip, CreatedAt: now, ConfirmedAt: now, LastSeenAt: now,
	}
	if x.Kind == authn.RestoreByColleagues {
		d.ProbationUntil = now.Add(time.Duration(s.site.Policy().ProbationHours) * time.Hour)
	}
	// The others first: there is room for the new one then.
	if s.site.Policy().OldDevice == authn.OldDeviceRemoved {
		if err := device.EndOthers(tx, u, d.ID, device.Change{Actor: "device:" + string(d.ID), IP: ip, At: now}); err != nil {
			return err
		}
	}
	if err := tx.CreateDevice(d); err != nil {
		return err
	}
	err := tx.UpdateRestoreGuard(u.ID, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Finished(), nil })
	if err != nil {
		return err
	}
	if err := site.Notify(tx, u, authn.NoticeRestoreFinished, d.ID, facts(x), now); err != nil {
		return err
	}
	rec := record(x, "restore.finish", "device:"+string(d.ID), ip, "", now)
	rec.Facts["device_id"], rec.Facts["old_devices"] = string(d.ID), string(s.site.Policy().OldDevice)
	return tx.AppendAudit(rec)
}

// handOver is what a released restore gives its phone.
func (s *Service) handOver(ctx context.Context, x authn.Restore) (wire.RestoreFinished, error) {
	out := wire.RestoreFinished{Bound: x.Bound, OldDevices: []wire.OldDevice{}, OldDevicePolicy: s.site.Policy().OldDevice}
	err := s.site.Store.View(ctx, func(r store.Reader) error {
		others, err := inUse(r, x.User, x.Device)
		if err != nil {
			return err
		}
		for _, d := range others {
			old := wire.OldDevice{ID: d.ID, Name: d.Info.Name}
			if !d.LastSeenAt.IsZero() {
				old.LastSeenAt = d.LastSeenAt.Unix()
			}
			out.OldDevices = append(out.OldDevices, old)
		}
		if x.Kind == authn.RestoreByColleagues { // they vouch for who she is, not for what was hers: only the restore code opens that
			return nil
		}
		e, err := r.Escrow(x.User)
		if errors.Is(err, store.ErrNotFound) || err == nil && !e.Active() {
			return nil
		}
		out.Escrow = &wire.EscrowCopy{Generation: e.Generation, File: e.File, Tag: e.Tag}
		return err
	})
	return out, err
}
