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

// by is who blocks or allows a restore, from where and why.
type by struct {
	actor, reason, ip string
	now               time.Time
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
	if q.RestoreID == "" {
		return authn.ErrRestoreUnknown
	}
	if err := s.Block(ctx, d.User, q.RestoreID, "device:"+string(d.ID), ""); err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

// Block ends a user's restore for good, every open one for "", and refuses others until Allow, or until one of her devices makes a new code. Doing it
// again does nothing. Errors: authn.ErrRestoreUnknown, also for another user's; authn.ErrRestoreOver when the new phone is in: it has to be removed.
func (s *Service) Block(ctx context.Context, user authn.UserID, id authn.RestoreID, actor, reason string) error {
	b := by{actor: actor, reason: reason, ip: api.ClientIP(ctx), now: s.site.Now()}
	err := s.site.Store.Update(ctx, func(tx store.Tx) error { return block(tx, user, id, b) })
	if err == nil {
		s.wake(user)
	}
	return err
}

// BlockIn is Block of everything within a transaction; the caller wakes the user's devices.
func BlockIn(tx store.Tx, u authn.User, actor, reason string, now time.Time) error {
	return block(tx, u.ID, "", by{actor: actor, reason: reason, now: now})
}

func block(tx store.Tx, user authn.UserID, id authn.RestoreID, by by) error {
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
		if _, err := x.Block(by.actor, by.now); err != nil {
			return err
		}
	}
	open, err := tx.OpenRestores(user)
	if err != nil {
		return err
	}
	// A block is of all that is open: whoever says "that was not me" means the next as well.
	for _, x := range open {
		if x, err = x.Block(by.actor, by.now); err != nil {
			return err
		}
		if err := keep(tx, x); err != nil {
			return err
		}
		if err := tx.AppendAudit(record(x, "restore.block", by.actor, by.ip, by.reason, by.now)); err != nil {
			return err
		}
	}
	g, err := tx.RestoreGuard(user)
	if err != nil || !g.BlockedAt.IsZero() && len(open) == 0 {
		return err
	}
	err = tx.UpdateRestoreGuard(user, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Block(by.actor, by.now), nil })
	if err != nil {
		return err
	}
	told := map[string]string{"ip": by.ip}
	if len(open) > 0 {
		told = facts(open[0])
	}
	if err := site.Notify(tx, u, authn.NoticeRestoreBlocked, "", told, by.now); err != nil {
		return err
	}
	if len(open) > 0 {
		return nil
	}
	return tx.AppendAudit(authn.AuditRecord{At: by.now, Actor: by.actor, Action: "restore.block", Subject: string(user), IP: by.ip, Reason: by.reason})
}

// Allow takes a block and counted proofs away and, where the policy wants that, lets one restore begin within authn.AllowanceTime.
func (s *Service) Allow(ctx context.Context, user authn.UserID, actor, reason string) error {
	by := by{actor: actor, reason: reason, ip: api.ClientIP(ctx), now: s.site.Now()}
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.User(user); err != nil {
			return err
		}
		err := tx.UpdateRestoreGuard(user, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Allow(by.now), nil })
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: by.now, Actor: by.actor, Action: "restore.allow", Subject: string(user), IP: by.ip, Reason: by.reason})
	})
	if err == nil {
		s.wake(user)
	}
	return err
}

// Blocked reports whether nobody may restore the user's account.
func (s *Service) Blocked(r store.Reader, user authn.UserID) (bool, error) {
	g, err := r.RestoreGuard(user)
	return !g.BlockedAt.IsZero(), err
}
