package restore

import (
	"context"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/store"
)

// Unblock takes a block and counted proofs away, as Allow does, and allows nothing beforehand: where the policy asks for that, each restore still waits to be allowed.
// Doing it again does nothing. store.ErrNotFound for an unknown user.
func (s *Service) Unblock(ctx context.Context, user authn.UserID, actor, reason string) error {
	now := s.site.Now()
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.User(user); err != nil {
			return err
		}
		g, err := tx.RestoreGuard(user)
		if err != nil || g.BlockedAt.IsZero() && !g.Locked(now) {
			return err
		}
		err = tx.UpdateRestoreGuard(user, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.NewCode(), nil })
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: now, Actor: actor, Action: "restore.unblock", Subject: string(user), IP: api.ClientIP(ctx), Reason: reason})
	})
	if err == nil {
		s.wake(user)
	}
	return err
}
