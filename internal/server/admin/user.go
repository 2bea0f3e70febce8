package admin

import (
	"strconv"

	"avow/internal/authn"
	"avow/internal/server/people"
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
	u, err := s.people.Add(c.Context(), people.Details{Login: cmd.UserName, Name: cmd.Name, Mail: cmd.Mail, Phone: cmd.Phone, Language: cmd.Language}, c.by(cmd.Reason))
	return showUser(u, 0), err
}

// setUserStatus disables or enables.
func (s *Service) setUserStatus(c call) (any, error) {
	var cmd wire.SetUserStatus
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	u, err := s.user(c.Context(), c.PathValue("user_name"))
	if err != nil {
		return nil, err
	}
	if u, err = s.people.SetStatus(c.Context(), u.ID, cmd.Status, c.by(cmd.Reason)); err != nil {
		return nil, err
	}
	n := 0
	err = s.site.Store.View(c.Context(), func(r store.Reader) error {
		n, err = phones(r, u.ID)
		return err
	})
	return showUser(u, n), err
}
