package administration

import (
	"net/http"
	"slices"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

// userOf is the user in the address. store.ErrNotFound when there is none.
func (s *Service) userOf(v signin.Visitor) (u authn.User, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		u, err = r.User(authn.UserID(v.R.PathValue("id")))
		return err
	})
	return u, err
}

func (s *Service) user(v signin.Visitor) error {
	var c web.UserPage
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		u, err := r.User(authn.UserID(v.R.PathValue("id")))
		if err != nil {
			return err
		}
		c, err = s.userPage(r, v, u)
		return err
	})
	if err != nil {
		return err
	}
	if c.Directory != "" {
		d, err := s.Directory(v.Context())
		if err != nil {
			return err
		}
		if d.Name != "" {
			c.Directory = d.Name
		}
	}
	f := s.SignIn.FrameOf(v, c.Person.Name, web.UsersSection, c)
	if f.Notice != nil && f.Notice.Kind == web.UserBlocked && !c.BlockedAt.IsZero() && v.Role().Changes() {
		f.Notice.Undo = &web.Undo{
			Post: "/admin/users/" + c.Person.ID + "/unblock", Fields: []web.HiddenField{{Name: "reason", Value: v.T("administration.undo.reason")}},
		}
	}
	return s.Render(v.Request, http.StatusOK, web.User, f)
}

func (s *Service) userPage(r store.Reader, v signin.Visitor, u authn.User) (c web.UserPage, err error) {
	c = web.UserPage{
		Person: person(u), Mail: authn.CleanText(u.Mail, 254), Phone: u.Phone, PasswordAt: page.Local(u.PasswordChangedAt), PasswordEnds: page.Local(u.PasswordExpiresAt),
		Language: languageName(u.Language),
	}
	for _, g := range u.Groups {
		c.Groups = append(c.Groups, authn.CleanText(g, 128))
	}
	if u.Source == authn.UserDirectory {
		c.Directory = v.T("administration.overview.directory")
	}
	devices, err := r.DevicesOf(u.ID)
	if err != nil {
		return c, err
	}
	for _, d := range slices.Backward(devices) {
		c.Devices = append(c.Devices, s.deviceRow(v, d))
	}
	sessions, err := r.RegistrationSessionsOf(u.ID)
	if err != nil {
		return c, err
	}
	open := false
	for _, session := range sessions {
		row, err := s.registrationRow(r, session, u)
		if err != nil {
			return c, err
		}
		open = open || row.State.Open()
		if len(c.Registrations) < perPage {
			c.Registrations = append(c.Registrations, row)
		}
	}
	if c.Restore, err = signin.RestoreOf(r, s.Site, u); err != nil {
		return c, err
	}
	c.State = userState(u, devices, open)
	c.New = s.registrationForm(u, devices, open)
	if err := s.block(r, u, &c); err != nil {
		return c, err
	}
	return c, s.standing(r, v, u, &c)
}

func languageName(tag string) string {
	for _, l := range translations.Languages() {
		if l.Tag == tag {
			return l.Name
		}
	}
	return ""
}

func userState(u authn.User, devices []authn.Device, open bool) web.UserState {
	active := func(d authn.Device) bool { return d.State == authn.DeviceActive }
	switch {
	case u.Active() != nil:
		return web.UserIsBlocked
	case slices.ContainsFunc(devices, active):
		return web.UserConnected
	case open:
		return web.UserWaiting
	}
	return web.UserNoPhone
}

// block looks up who blocked a user. Where the log does not know it any more, the time is not known either.
func (s *Service) block(r store.Reader, u authn.User, c *web.UserPage) error {
	if u.Active() == nil {
		return nil
	}
	c.BlockedAt, c.BlockedBy = page.Local(u.CreatedAt), "?"
	found, _, err := r.FindAudit(store.AuditQuery{Text: string(u.ID), Action: "user.disable", Limit: 1})
	for _, e := range found {
		c.BlockedAt, c.BlockedBy, c.BlockedReason = page.Local(e.At), who(e.Actor), e.Reason
	}
	return err
}

// standing says what may be done with a user beside her phones.
func (s *Service) standing(r store.Reader, v signin.Visitor, u authn.User, c *web.UserPage) error {
	all, err := r.Admins()
	if err != nil {
		return err
	}
	over := true
	for _, a := range all {
		if a.User == u.ID && !a.Disabled {
			c.Role, over = web.Role(a.Role), v.Admin.MayTouch(a) == nil
		}
	}
	own := u.ID == v.User.ID
	c.MayChangeRole = !own && v.May(authn.MayAppoint) == nil
	last, err := people.LastOwner(r, u.ID)
	c.NotBlockable = own || last || !over
	return err
}

func (s *Service) askStatus(status authn.UserStatus) func(signin.Visitor) error {
	return func(v signin.Visitor) error {
		u, err := s.userOf(v)
		if err != nil {
			return err
		}
		return s.ask(v, web.UsersSection, statusQuestion(u, status), nil)
	}
}

func statusQuestion(u authn.User, status authn.UserStatus) web.Confirm {
	c := web.Confirm{Kind: web.BlockUser, Person: person(u).Name, Post: "/admin/users/" + string(u.ID) + "/block", Back: "/admin/users/" + string(u.ID)}
	if status == authn.UserActive {
		c.Kind, c.Post = web.UnblockUser, c.Back+"/unblock"
	}
	return c
}

func (s *Service) setStatus(status authn.UserStatus) func(signin.Visitor) error {
	return func(v signin.Visitor) error {
		u, err := s.userOf(v)
		if err != nil {
			return err
		}
		if err := s.People.MayTouch(v.Context(), v.Admin, u.ID); err != nil {
			return err
		}
		why, err := reason(v)
		if err == nil {
			_, err = s.People.SetStatus(v.Context(), u.ID, status, by(v, why))
		}
		if err != nil {
			return s.ask(v, web.UsersSection, statusQuestion(u, status), err)
		}
		done := web.UserBlocked
		if status == authn.UserActive {
			done = web.UserUnblocked
		}
		return v.Done("/admin/users/"+string(u.ID), done, person(u).Name)
	}
}

// setRole asks first, then changes the role.
func (s *Service) setRole(v signin.Visitor) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	role := web.Role(v.R.PostFormValue("role"))
	back := "/admin/users/" + string(u.ID)
	if !slices.Contains(web.Roles(), role) {
		return s.stopped(v, people.ErrRole, back)
	}
	c := web.Confirm{
		Kind: web.ChangeRole, Name: v.T(role.Text()), Person: person(u).Name, Post: back + "/role", Back: back,
		Fields: []web.HiddenField{{Name: "role", Value: string(role)}, {Name: "sure", Value: "yes"}},
	}
	if v.R.PostFormValue("sure") != "yes" {
		return s.ask(v, web.UsersSection, c, nil)
	}
	why, err := reason(v)
	if err == nil {
		err = s.People.SetRole(v.Context(), v.Admin.ID, u.ID, authn.AdminRole(role), by(v, why))
	}
	if err != nil {
		return s.ask(v, web.UsersSection, c, err)
	}
	return v.Done(back, web.Saved, "")
}
