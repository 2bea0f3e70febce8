package admin

import (
	"errors"
	"strconv"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/offline"
	"avow/internal/store"
	"avow/internal/wire"
)

func (s *Service) users(c call) (any, error) {
	list := wire.UserList{Users: []wire.AdminUser{}}
	offset, _ := strconv.Atoi(c.URL.Query().Get("after")) // what is no number begins at the first
	err := s.site.Store.View(c.Context(), func(r store.Reader) error {
		users, total, err := r.FindUsers(store.UserQuery{Text: c.URL.Query().Get("text"), Now: s.site.Now(), Offset: offset, Limit: wire.MaxPage})
		if err != nil {
			return err
		}
		for _, u := range users {
			n, err := phones(r, u.ID)
			if err != nil {
				return err
			}
			list.Users = append(list.Users, showUser(u, n))
		}
		if next := offset + len(users); next < total && len(users) > 0 {
			list.After = strconv.Itoa(next)
		}
		return nil
	})
	return list, err
}

// phones is how many devices a user has that are not revoked.
func phones(r store.Reader, user authn.UserID) (n int, err error) {
	devices, err := r.DevicesOf(user)
	for _, d := range devices {
		if d.State != authn.DeviceRevoked {
			n++
		}
	}
	return n, err
}

func showUser(u authn.User, devices int) wire.AdminUser {
	return wire.AdminUser{
		ID: u.ID, UserName: u.Login, Name: u.Name, Mail: u.Mail, Phone: u.Phone, Language: u.Language, Groups: u.Groups, Source: u.Source,
		Status: u.Status, Devices: devices, CreatedAt: u.CreatedAt, PasswordChangedAt: u.PasswordChangedAt, PasswordExpiresAt: u.PasswordExpiresAt,
	}
}

func (s *Service) addUser(c call) (any, error) {
	var cmd wire.AddUser
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	u, err := authn.NewUser(cmd.UserName, cmd.Name, cmd.Mail, s.site.Now())
	if err != nil {
		return nil, err
	}
	u.Phone, u.Language = cmd.Phone, cmd.Language
	if err := u.Validate(); err != nil {
		return nil, err
	}
	err = s.site.Store.Update(c.Context(), func(tx store.Tx) error {
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		return tx.AppendAudit(s.record(c, "user.add", string(u.ID), cmd.Reason, map[string]string{"login": u.Login}))
	})
	if errors.Is(err, store.ErrExists) {
		return nil, authn.Fail(authn.Conflict, "user_exists", "There is a user of this name already.").Because(err)
	}
	return showUser(u, 0), err
}

// setUserStatus disables or enables. Whoever waits for the user is woken: an event stream of a disabled user ends.
func (s *Service) setUserStatus(c call) (any, error) {
	var cmd wire.SetUserStatus
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	action := map[authn.UserStatus]string{authn.UserActive: "user.enable", authn.UserDisabled: "user.disable"}[cmd.Status]
	if action == "" {
		return nil, authn.Fail(authn.Invalid, "bad_status", "The status is active or disabled.")
	}
	var shown wire.AdminUser
	err := s.site.Store.Update(c.Context(), func(tx store.Tx) error {
		u, err := tx.UserByLogin(c.PathValue("user_name"))
		if errors.Is(err, store.ErrNotFound) {
			return errNoUser
		}
		if err != nil {
			return err
		}
		was := u.Status
		err = tx.UpdateUser(u.ID, func(old authn.User) (authn.User, error) {
			old.Status = cmd.Status
			u = old
			return old, nil
		})
		if err != nil {
			return err
		}
		n, err := phones(tx, u.ID)
		if err != nil {
			return err
		}
		shown = showUser(u, n)
		if was == cmd.Status {
			return nil
		}
		if cmd.Status == authn.UserDisabled {
			if err := offline.EndOfUser(tx, u.ID); err != nil {
				return err
			}
		}
		return tx.AppendAudit(s.record(c, action, string(u.ID), cmd.Reason, map[string]string{"login": u.Login}))
	})
	if err != nil {
		return nil, err
	}
	s.site.Live.Wake(live.User(string(shown.ID)))
	return shown, nil
}
