package administration

import (
	"net/http"
	"strings"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

var userFilters = map[web.UserFilter]store.UserFilter{
	web.NoPhoneUsers: store.WithoutDevice, web.WaitingUsers: store.WaitingSession, web.BlockedUsers: store.BlockedUsers,
}

func (s *Service) users(v signin.Visitor) error {
	c := web.UsersPage{Query: query(v), Filter: web.UserFilter(v.R.URL.Query().Get("show"))}
	if _, ok := userFilters[c.Filter]; !ok {
		c.Filter = web.AllUsers
	}
	now := s.Site.Now()
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		q := store.UserQuery{Text: c.Query, Filter: userFilters[c.Filter], Now: now, Offset: offset(v), Limit: perPage}
		users, total, err := r.FindUsers(q)
		if err != nil {
			return err
		}
		for _, u := range users {
			row, err := s.userRow(r, u)
			if err != nil {
				return err
			}
			c.Rows = append(c.Rows, row)
		}
		c.Paging = paging(v, len(c.Rows), total)
		n, err := r.CountUsers(c.Query, now)
		c.All, c.NoPhone, c.Waiting, c.Blocked = n.All, n.WithoutDevice, n.Waiting, n.Blocked
		return err
	})
	if err != nil {
		return err
	}
	if c.Directory, err = s.Directory(v.Context()); err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Users, web.UsersSection, "", v.T("administration.users.title"), c)
}

func (s *Service) userRow(r store.Reader, u authn.User) (web.UserRow, error) {
	p := person(u)
	row := web.UserRow{ID: p.ID, Login: p.Login, Name: p.Name}
	devices, err := r.DevicesOf(u.ID)
	if err != nil {
		return row, err
	}
	row.Devices = phones(devices)
	for _, d := range devices {
		if d.State != authn.DeviceRevoked && d.LastSeenAt.After(row.LastSeen) {
			row.LastSeen = d.LastSeenAt
		}
	}
	row.LastSeen = page.Local(row.LastSeen)
	sessions, err := r.RegistrationSessionsOf(u.ID)
	if err != nil {
		return row, err
	}
	if len(sessions) > 0 {
		newest, err := s.registrationRow(r, sessions[0], u)
		if err != nil {
			return row, err
		}
		row.State, row.MadeBy, row.Ends, row.Message = newest.State, newest.MadeBy, newest.Ends, newest.Message
	}
	row.MakeNew = row.Devices == 0 && !row.State.Open() && u.Active() == nil
	if u.Active() != nil {
		row.State = web.RegistrationBlocked
	}
	return row, nil
}

// details are what is typed of a user.
func details(v signin.Visitor) people.Details {
	phone := strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "(", "", ")", "", "/", "").Replace(typed(v, "phone", 64))
	return people.Details{
		Login: typed(v, "login", 128), Name: typed(v, "name", 128), Mail: typed(v, "mail", 254), Phone: phone, Language: typed(v, "language", 35),
	}
}

func userForm(d people.Details) web.NewUserPage {
	return web.NewUserPage{Login: d.Login, Name: d.Name, Mail: d.Mail, Phone: d.Phone, UserLanguage: d.Language}
}

func (s *Service) newUser(v signin.Visitor) error {
	return s.show(v, http.StatusOK, web.NewUser, web.UsersSection, "", v.T("administration.new_user.title"), web.NewUserPage{})
}

func (s *Service) addUser(v signin.Visitor) error {
	d := details(v)
	u, err := s.People.Add(v.Context(), d, by(v, "added on the pages"))
	if err != nil {
		return s.wrongUser(v, userForm(d), err, "/admin/users/new", v.T("administration.new_user.title"))
	}
	return v.Done("/admin/users/"+string(u.ID), web.UserAdded, person(u).Name)
}

// wrongUser shows the form again.
func (s *Service) wrongUser(v signin.Visitor, c web.NewUserPage, err error, path, title string) error {
	if c.Wrong, err = wrong(v, err, "login", "name", "mail", "phone", "language", "reason"); err != nil {
		return err
	}
	return s.show(v, http.StatusUnprocessableEntity, web.NewUser, web.UsersSection, path, title, c)
}

func (s *Service) editUser(v signin.Visitor) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	if u.Source == authn.UserDirectory {
		return s.stopped(v, people.ErrDirectory, "/admin/users/"+string(u.ID))
	}
	c := userForm(people.Details{Login: u.Login, Name: person(u).Name, Mail: authn.CleanText(u.Mail, 254), Phone: u.Phone, Language: u.Language})
	c.ID = string(u.ID)
	return s.show(v, http.StatusOK, web.NewUser, web.UsersSection, "", v.T("administration.edit_user.title", "Name", person(u).Name), c)
}

func (s *Service) saveUser(v signin.Visitor) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	if err := s.People.MayTouch(v.Context(), v.Admin, u.ID); err != nil {
		return err
	}
	d := details(v)
	d.Login = u.Login
	why, err := reason(v)
	if err == nil {
		_, err = s.People.Edit(v.Context(), u.ID, d, by(v, why))
	}
	if err != nil {
		c := userForm(d)
		c.ID, c.Reason = string(u.ID), typed(v, "reason", maxReason)
		return s.wrongUser(v, c, err, "/admin/users/"+c.ID+"/edit", v.T("administration.edit_user.title", "Name", person(u).Name))
	}
	return v.Done("/admin/users/"+string(u.ID), web.Saved, "")
}
