package session

import (
	"context"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/backup"
	"avow/internal/store"
)

// ByBackupCode signs in with a login and one of its backup codes, which is used up, and gives the token for the browser. It is not as good as a phone's Yes: it lasts an
// hour, and has no role. Errors are those of backup.Service.Use.
func (s *Service) ByBackupCode(ctx context.Context, login string, code key.BackupCode, agent string) (token key.Secret, p Person, err error) {
	now := s.site.Now()
	token = key.NewSecret(32)
	err = s.backup.Use(ctx, authn.CleanText(login, 128), code, backup.ToSignIn, func(tx store.Tx, u authn.User, _ authn.BackupSet) error {
		w := authn.WebSession{
			ID: authn.NewWebSessionID(), Token: authn.HashOf(token), User: u.ID, By: authn.ByBackupCode, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(authn.BackupSessionLifetime), IP: api.ClientIP(ctx), Agent: authn.CleanText(agent, 64),
		}
		if err := tx.CreateWebSession(w); err != nil {
			return err
		}
		if p, err = who(tx, w.Token, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: p.Actor(), Action: "pages.sign_in", Subject: string(u.ID), IP: w.IP, Facts: map[string]string{"session": string(w.ID), "by": string(w.By)},
		})
	})
	return token, p, err
}
