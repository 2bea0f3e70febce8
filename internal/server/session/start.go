package session

import (
	"context"
	"errors"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/store"
)

// Start uses up the one-time link of the first owner: from then on the user of this login, who is made if she is not there, signs in to the pages as that administrator.
// She connects her phone next. Errors: authn.ErrStartUnknown, those of authn.NewUser, "user_disabled", and "already_appointed" for a user who has a role.
func (s *Service) Start(ctx context.Context, code key.Secret, login, name, mail string) (u authn.User, err error) {
	now := s.site.Now()
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		a, err := tx.AdminByStart(authn.HashOf(code))
		if errors.Is(err, store.ErrNotFound) {
			return authn.ErrStartUnknown
		}
		if err != nil {
			return err
		}
		if u, err = tx.UserByLogin(login); errors.Is(err, store.ErrNotFound) {
			if u, err = authn.NewUser(login, name, mail, now); err == nil {
				err = tx.CreateUser(u)
			}
		}
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		if other, err := tx.AdminByUser(u.ID); err == nil && other.ID != a.ID {
			return authn.Fail(authn.Conflict, "already_appointed", "This user has a role already. Choose another login.")
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		err = tx.UpdateAdmin(a.ID, func(old authn.Admin) (authn.Admin, error) { return old.Start(u.ID, now) })
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "admin:" + a.Name, Action: "admin.start", Subject: string(a.ID), IP: api.ClientIP(ctx),
			Facts: map[string]string{"user": string(u.ID), "login": u.Login},
		})
	})
	return u, err
}
