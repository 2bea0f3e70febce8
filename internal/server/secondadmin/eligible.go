package secondadmin

import (
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// SessionNeeds says whether a registration session for a user needs a second administrator: the user has a role, or the code goes to an address that was changed
// a short while ago.
func SessionNeeds(r store.Reader, u authn.User, sent bool, now time.Time) (bool, error) {
	if sent && Held(u, now) {
		return true, nil
	}
	a, err := r.AdminByUser(u.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && !a.Disabled, err
}

// Held says whether a user's mail address or phone number was changed so recently that somebody else must look at what is sent there.
func Held(u authn.User, now time.Time) bool {
	return !u.ReachChangedAt.IsZero() && now.Before(u.ReachChangedAt.Add(Hold))
}

// Alone says whether nobody else could agree: then an action is allowed without, and the caller tells all addresses of administrators. Otherwise an organisation with one
// administrator could never replace her phone.
func Alone(r store.Reader, by Actor, a Action) (bool, error) {
	admins, err := r.Admins()
	if err != nil {
		return false, err
	}
	for _, other := range admins {
		if other.User == "" {
			continue
		}
		u, err := r.User(other.User)
		if err != nil {
			return false, err
		}
		if eligible(r, u, by, a) != nil {
			continue
		}
		devices, err := r.DevicesOf(u.ID)
		if err != nil {
			return false, err
		}
		for _, d := range devices {
			if d.MayApprove() == nil {
				return false, nil
			}
		}
	}
	return true, nil
}

// eligible says whether a user can agree: another person than who acts and than whom it is about, not blocked, owner or administrator. An administrator of whom only a key is
// known cannot be told from a user by more than her name.
func eligible(r store.Reader, u authn.User, by Actor, a Action) error {
	if u.ID == by.User || u.ID == a.User || store.LoginKey("admin:"+u.Login) == store.LoginKey(by.Name) {
		return ErrSelf
	}
	if u.Active() != nil {
		return ErrUnknown
	}
	role, err := r.AdminByUser(u.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrUnknown
	case err != nil:
		return err
	case "admin:"+role.Name == by.Name:
		return ErrSelf
	case role.May(authn.MayManage) != nil:
		return ErrUnknown
	}
	return nil
}
