package signin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/backup"
	"avow/internal/server/portal/page"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

func (s *Service) me(v Visitor) error {
	owned, err := s.device.List(v.Context(), v.User.ID)
	if err != nil {
		return err
	}
	open, err := s.sessions.List(v.Context(), v.User.ID)
	if err != nil {
		return err
	}
	u, now := v.User, s.Site.Now()
	c := web.MePage{
		Login: u.Login, Mail: u.Mail, Phone: u.Phone, PasswordAt: page.Local(u.PasswordChangedAt), PasswordEnds: page.Local(u.PasswordExpiresAt),
		SignIns: v.rows(open),
	}
	err = s.Site.Store.View(v.Context(), func(r store.Reader) (err error) {
		if c.Restore, err = RestoreOf(r, s.Site, u); err != nil {
			return err
		}
		set, err := backup.Set(r, u.ID)
		c.Backup, c.ByCode = backupOf(set), !v.Session.ByPhone()
		if err == nil && c.ByCode {
			if err = s.mayConnectByCode(r, v); errors.Is(err, authn.ErrNotAllowed) {
				return nil
			}
			c.ConnectsByCode = err == nil
		}
		return err
	})
	if err != nil {
		return err
	}
	n := 0
	for _, o := range slices.Backward(owned) {
		switch row := DeviceRow(o.Device, now); o.Device.State {
		case authn.DevicePending:
			c.Pending = append(c.Pending, row)
		case authn.DeviceActive:
			n++
			c.Devices = append(c.Devices, row)
		case authn.DeviceRevoked:
			if recentWipe(o.Device, now) {
				c.Gone = append(c.Gone, row)
			}
		}
	}
	room := n < authn.MaxDevices
	c.MayConnect, c.ConnectsByCode = room && !c.ByCode, room && c.ConnectsByCode
	return s.Render(v.Request, http.StatusOK, web.Me, s.FrameOf(v, v.T("me.title"), "", c))
}

// wipeShown is for how long a removed device stands on its user's page after its wipe is over.
const wipeShown = 90 * 24 * time.Hour

// recentWipe reports whether what became of a wipe is still of interest to its user.
func recentWipe(d authn.Device, now time.Time) bool {
	return d.Wipe.State != authn.WipeNone && now.Sub(d.Wipe.RequestedAt) < wipeShown
}

// DeviceRow is a device as lists show it. All but the dates and states is what the device says of itself.
func DeviceRow(d authn.Device, now time.Time) web.DeviceRow {
	os := strings.ToLower(d.Info.Clean().OS)
	laptop := strings.Contains(os, "linux") || strings.Contains(os, "windows") || strings.Contains(os, "macos")
	row := web.DeviceRow{
		ID: string(d.ID), State: web.DeviceState(d.State), Laptop: laptop && !strings.Contains(os, "android"), Origin: origins[d.Origin],
		ConnectedAt: page.Local(d.CreatedAt), SeenAt: page.Local(d.LastSeenAt),
	}
	row.Name, row.Facts = describe(d.Info)
	row.Wipe, row.WipeAt = wiped(d, now)
	if d.State != authn.DeviceRevoked && d.OnProbation(now) {
		row.Probation = page.Local(d.ProbationUntil)
	}
	return row
}

// rows are sign-ins as lists show them, the current one first.
func (v Visitor) rows(open []authn.WebSession) (rows []web.SignInRow) {
	for _, w := range open {
		row := web.SignInRow{
			ID: string(w.ID), Agent: w.Agent, Place: w.IP, Since: page.Local(w.CreatedAt), SeenAt: page.Local(w.SeenAt), Current: w.ID == v.Session.ID, ByCode: w.By == authn.ByBackupCode,
		}
		if row.Current {
			rows = slices.Insert(rows, 0, row)
		} else {
			rows = append(rows, row)
		}
	}
	return rows
}

// fresh is how long after a sign-in a person who has a role may connect another phone: one that was left open must not make an administrator of whoever sits down
// before it (OWASP ASVS 5.0, 7.5.1).
const fresh = 10 * time.Minute

// more makes a session for another phone of her own and shows its code.
func (s *Service) more(v Visitor) error {
	if !v.Session.ByPhone() {
		return authn.ErrNotAllowed
	}
	if v.Admin.ID != "" && s.Site.Now().Sub(v.Session.CreatedAt) > fresh {
		v.Redirect("/sign-in?next=" + next("/me") + "&login=" + url.QueryEscape(v.User.Login))
		return nil
	}
	made, err := s.registration.Create(v.Context(), registration.CreateRequest{
		User: v.User.ID, Mode: authn.BindAdditional, Force: true, Actor: v.Actor(), By: v.User.ID, Own: true, Reason: "another phone, on her own page", IP: api.ClientIP(v.Context()),
	})
	if err != nil {
		return err
	}
	s.connect.Visit(v.Request, made.Page)
	return nil
}

// own finds a device of the visitor's own; another's does not exist.
func (s *Service) own(v Visitor) (authn.Device, error) {
	owned, err := s.device.List(v.Context(), v.User.ID)
	for _, o := range owned {
		if string(o.Device.ID) == v.R.PathValue("id") && o.Device.State != authn.DeviceRevoked {
			return o.Device, nil
		}
	}
	if err == nil {
		err = store.ErrNotFound
	}
	return authn.Device{}, err
}

func (s *Service) askDevice(kind web.ConfirmKind) func(Visitor) error {
	return func(v Visitor) error {
		d, err := s.own(v)
		if err != nil {
			return err
		}
		return s.question(v, web.Confirm{Kind: kind, Name: d.Info.Clean().Name})
	}
}

// dropDevice removes a device. Of one that is not hers the service desk hears.
func (s *Service) dropDevice(kind web.ConfirmKind) func(Visitor) error {
	return func(v Visitor) error {
		d, err := s.own(v)
		if err != nil {
			return err
		}
		reason := "removed on her own page"
		if kind == web.NotMyDevice {
			reason = "not hers, says her own page"
		}
		if err := s.device.Revoke(v.Context(), d.ID, v.Actor(), reason); err != nil {
			return err
		}
		if kind == web.NotMyDevice {
			if err := s.alarm(v, d); err != nil {
				return err
			}
		}
		return v.Done("/me", web.DeviceRemoved, d.Info.Clean().Name)
	}
}

func (s *Service) alarm(v Visitor, d authn.Device) error {
	facts := map[string]string{"login": v.User.Login, "name": v.User.Name, "device": d.Info.Name, "model": d.Info.Model, "ip": d.CreatedIP}
	return s.Site.Store.Update(v.Context(), func(tx store.Tx) error {
		return s.Site.NotifyAdmins(tx, authn.NoticeDeviceRefused, d.ID, facts, s.Site.Now())
	})
}

func (s *Service) signIns(v Visitor) error {
	open, err := s.sessions.List(v.Context(), v.User.ID)
	if err != nil {
		return err
	}
	return s.Render(v.Request, http.StatusOK, web.MySignIns, s.FrameOf(v, v.T("portal.menu.sign_ins"), "", web.SignIns{Rows: v.rows(open)}))
}

func (s *Service) endOne(v Visitor) error {
	if _, err := s.sessions.End(v.Context(), v.Person, authn.WebSessionID(v.R.PathValue("id"))); err != nil {
		return err
	}
	return v.Done("/sign-ins", web.OneSignInEnded, "")
}

func (s *Service) askEnd(v Visitor) error {
	c := web.Confirm{Kind: web.EndSignIns, Person: v.User.Name, Post: "/sign-ins/end", Back: "/sign-ins"}
	return s.Render(v.Request, http.StatusOK, web.Question, s.FrameOf(v, v.T(web.EndSignIns.Title(), "Name", "", "Person", v.User.Name), "", c))
}

func (s *Service) endAll(v Visitor) error {
	if _, err := s.sessions.End(v.Context(), v.Person, ""); err != nil {
		return err
	}
	page.SetCookie(v.W, tokenCookie, nil, 0)
	return s.ended(v.Request, http.StatusOK, web.SignedOut, "")
}

// start is the page of the one-time link that avow-server init prints. The code stands after the # and the script takes it from there.
func (s *Service) start(a page.Request) error {
	return s.Render(a, http.StatusOK, web.Bootstrap, s.Frame(a, a.T("signin.owner.title"), web.FirstOwner{Asks: true, Form: s.tie(a)}))
}

// started makes the first owner and shows her the code that connects her phone.
func (s *Service) started(a page.Request) error {
	if !s.tied(a) {
		return page.ErrStale
	}
	c := web.FirstOwner{
		Asks:  true,
		Login: authn.CleanText(a.R.PostFormValue("login"), 128), Name: authn.CleanText(a.R.PostFormValue("name"), 128),
		Mail: authn.CleanText(a.R.PostFormValue("mail"), 254), Form: s.tie(a), Wrong: web.Wrong{},
	}
	again := func() error {
		f := s.Frame(a, a.T("signin.owner.title"), c)
		return s.Render(a, http.StatusUnprocessableEntity, web.Bootstrap, f)
	}
	code, err := wire.ParsePageCode(a.R.PostFormValue("code"))
	if err != nil {
		c.Wrong["code"] = a.T("signin.owner.code_wrong")
		return again()
	}
	u, err := s.sessions.Start(a.R.Context(), code, c.Login, c.Name, c.Mail)
	switch authn.CodeOf(err) {
	case "":
	case authn.ErrStartUnknown.Code:
		c.Wrong["code"] = a.T("signin.owner.code_over")
		return again()
	case "bad_login", "already_appointed":
		c.Wrong["login"] = a.T("signin.owner.login_wrong")
		return again()
	case "bad_mail":
		c.Wrong["mail"] = a.T("signin.owner.mail_wrong")
		return again()
	default:
		return err
	}
	return s.first(a, u)
}

func (s *Service) first(a page.Request, u authn.User) error {
	made, err := s.registration.Create(a.R.Context(), registration.CreateRequest{
		User: u.ID, Mode: authn.BindAdditional, Force: true, Actor: "admin:" + u.Login, By: u.ID, Start: true, Reason: "first owner", IP: api.ClientIP(a.R.Context()),
	})
	if err != nil {
		return err
	}
	s.connect.Visit(a, made.Page)
	return nil
}
