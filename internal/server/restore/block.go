package restore

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// By is who blocks or allows a restore, from where and why.
type By struct {
	Actor  string         // device:d_…, admin:NAME, user:u_…
	Device authn.DeviceID // of Actor, which needs no notice of its own doing
	Reason string
	IP     string
	Now    time.Time
}

// block ends a restore for good, by any device of the user, also one that was added a moment ago: refusing must always be possible.
func (s *Service) block(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var q wire.RestoreName
	if err := api.Decode(body, &q); err != nil {
		return err
	}
	ctx := r.Context()
	err = s.Block(ctx, d.User, q.RestoreID, By{Actor: "device:" + string(d.ID), Device: d.ID, IP: api.ClientIP(ctx), Now: s.site.Now()})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

// Block ends a user's restore for good, every open one for "", and refuses others until Allow, or until one of her devices makes a new code. Doing it
// again does nothing. Errors: authn.ErrRestoreUnknown, also for another user's; authn.ErrRestoreOver when the new phone is in: it has to be removed.
func (s *Service) Block(ctx context.Context, user authn.UserID, id authn.RestoreID, by By) error {
	err := s.site.Store.Update(ctx, func(tx store.Tx) error { return BlockIn(tx, user, id, by) })
	if err == nil {
		s.wake(user)
	}
	return err
}

// BlockIn is Block within a transaction; the caller wakes the user's devices.
func BlockIn(tx store.Tx, user authn.UserID, id authn.RestoreID, by By) error {
	u, err := tx.User(user)
	if err != nil {
		return err
	}
	if id != "" {
		x, err := tx.Restore(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && x.User != user {
			return authn.ErrRestoreUnknown
		}
		if err != nil {
			return err
		}
		if _, err := x.Block(by.Actor, by.Now); err != nil {
			return err
		}
	}
	open, err := tx.OpenRestores(user)
	if err != nil {
		return err
	}
	// A block is of all that is open: whoever says "that was not me" means the next as well.
	for _, x := range open {
		if x, err = x.Block(by.Actor, by.Now); err != nil {
			return err
		}
		if err := keep(tx, x); err != nil {
			return err
		}
		if err := tx.AppendAudit(record(x, "restore.block", by.Actor, by.IP, by.Reason, by.Now)); err != nil {
			return err
		}
	}
	g, err := tx.RestoreGuard(user)
	if err != nil || !g.BlockedAt.IsZero() && len(open) == 0 {
		return err
	}
	err = tx.UpdateRestoreGuard(user, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Block(by.Actor, by.Now), nil })
	if err != nil {
		return err
	}
	told := map[string]string{"ip": by.IP}
	if len(open) > 0 {
		told = facts(open[0])
	}
	if err := site.Notify(tx, u, authn.NoticeRestoreBlocked, by.Device, told, by.Now); err != nil {
		return err
	}
	if len(open) > 0 {
		return nil
	}
	return tx.AppendAudit(authn.AuditRecord{At: by.Now, Actor: by.Actor, Action: "restore.block", Subject: string(user), IP: by.IP, Reason: by.Reason})
}

// Allow takes a block and counted proofs away and, where the policy wants that, lets one restore begin within authn.AllowanceTime.
func (s *Service) Allow(ctx context.Context, user authn.UserID, by By) error {
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.User(user); err != nil {
			return err
		}
		err := tx.UpdateRestoreGuard(user, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Allow(by.Now), nil })
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: by.Now, Actor: by.Actor, Action: "restore.allow", Subject: string(user), IP: by.IP, Reason: by.Reason})
	})
	if err == nil {
		s.wake(user)
	}
	return err
}
