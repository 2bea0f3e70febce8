package people

import (
	"context"
	"errors"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/session"
	"avow/internal/store"
)

// SetRole says what a user may do on the pages; "" takes every role from her, and with it the key of her command line. She is signed out and signs in anew. appointer is who
// decides it: only an owner may, not for herself, and the last owner stays one. Errors: authn.ErrNotAllowed, ErrRole, ErrUnknown, ErrOwn, ErrLastOwner.
func (s *Service) SetRole(ctx context.Context, appointer authn.AdminID, id authn.UserID, role authn.AdminRole, by By) error {
	if role != "" && !role.Valid() {
		return ErrRole
	}
	return s.change(ctx, id, func(tx store.Tx, u authn.User) error {
		if err := mayAppoint(tx, appointer, id); err != nil {
			return err
		}
		was, err := tx.AdminByUser(id)
		has := err == nil
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if was.Disabled {
			was.Role = ""
		}
		if was.Role == role {
			return nil
		}
		if was.Role == authn.RoleOwner {
			if last, err := LastOwner(tx, id); err != nil || last {
				return errors.Join(err, when(last, ErrLastOwner))
			}
		}
		if err := s.appoint(tx, u, was.ID, has, role); err != nil {
			return err
		}
		if _, err := session.EndOf(tx, id, "", s.site.Now()); err != nil {
			return err
		}
		return tx.AppendAudit(s.record(by, "user.role", u, map[string]string{"was": string(was.Role), "is": string(role)}))
	})
}

// mayAppoint asks again within the transaction: two owners may take the role from each other at the same time.
func mayAppoint(tx store.Tx, appointer authn.AdminID, user authn.UserID) error {
	a, err := tx.Admin(appointer)
	if errors.Is(err, store.ErrNotFound) {
		return authn.ErrNotAllowed
	}
	if err != nil {
		return err
	}
	if err := a.May(authn.MayAppoint); err != nil {
		return err
	}
	if a.User == user {
		return ErrOwn
	}
	return nil
}

func (s *Service) appoint(tx store.Tx, u authn.User, id authn.AdminID, has bool, role authn.AdminRole) error {
	if !has {
		return tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: u.Login, Role: role, User: u.ID, CreatedAt: s.site.Now()})
	}
	return tx.UpdateAdmin(id, func(a authn.Admin) (authn.Admin, error) {
		if role == "" { // a key that comes back with a later role would surprise everybody
			a.Disabled, a.Key, a.StartToken = true, key.Public{}, authn.Hash{}
			return a, nil
		}
		a.Role, a.Disabled = role, false
		return a, nil
	})
}

// LastOwner reports whether a user is an owner and nobody else is one who could still do something.
func LastOwner(r store.Reader, user authn.UserID) (bool, error) {
	all, err := r.Admins()
	if err != nil {
		return false, err
	}
	owner := false
	for _, a := range all {
		if a.Role != authn.RoleOwner || a.Disabled {
			continue
		}
		if a.User == user {
			owner = true
			continue
		}
		able, err := able(r, a)
		if err != nil || able {
			return false, err
		}
	}
	return owner, nil
}

// able reports whether an administrator could act: by a key, or by signing in as a user who is not blocked.
func able(r store.Reader, a authn.Admin) (bool, error) {
	if !a.Key.IsZero() {
		return true, nil
	}
	if a.User == "" {
		return false, nil
	}
	u, err := r.User(a.User)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && u.Active() == nil, err
}
