package signin

import (
	"errors"
	"net/http"
	"net/url"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/backup"
	"avow/internal/server/portal/page"
	"avow/internal/server/registration"
	"avow/internal/store"
)

// backupOf says how a user's backup codes stand.
func backupOf(set authn.BackupSet) web.Backup {
	b := web.Backup{State: web.BackupNone, Left: set.Left(), MadeAt: page.Local(set.MadeAt)}
	switch {
	case set.MadeAt.IsZero():
	case !set.Noted():
		b.State = web.BackupUnnoted
	case b.Left == 0:
		b.State = web.BackupOver
	default:
		b.State = web.BackupLeft
	}
	return b
}

// codeForm asks for one backup code; status says whether one was wrong.
func (s *Service) codeForm(a page.Request, status int, f web.Frame, c web.BackupCodeForm) error {
	f.Title, f.Path, f.Content = a.T(c.For.Title()), c.For.Post(), c
	return s.Render(a, status, web.BackupCode, f)
}

// wrongCode is what a page says of a code that was not taken, and its status; the error itself where it is not about the code.
func wrongCode(a page.Request, p web.CodePurpose, err error) (int, web.Wrong, error) {
	switch {
	case errors.Is(err, key.ErrBackupCode):
		return http.StatusUnprocessableEntity, web.Wrong{"backup": a.T("signin.backup.no_code")}, nil
	case errors.Is(err, authn.ErrBackupRefused) && p == web.CodeToNote:
		return http.StatusUnprocessableEntity, web.Wrong{"backup": a.T("me.backup.note_wrong")}, nil
	case errors.Is(err, authn.ErrBackupRefused):
		return http.StatusUnprocessableEntity, web.Wrong{"backup": a.T("signin.backup.refused")}, nil
	case errors.Is(err, backup.ErrBusy):
		return http.StatusServiceUnavailable, web.Wrong{"": a.T("signin.backup.busy")}, nil
	case authn.AsError(err).Kind == authn.TooMany:
		return http.StatusTooManyRequests, web.Wrong{"": a.T("signin.backup.later")}, nil
	}
	return 0, nil, err
}

// byCode asks who signs in without a phone.
func (s *Service) byCode(a page.Request) error {
	q := a.R.URL.Query()
	onward, _ := url.QueryUnescape(next(q.Get("next")))
	c := web.BackupCodeForm{For: web.CodeToSignIn, Login: authn.CleanText(q.Get("login"), 128), Next: onward, Form: s.tie(a)}
	return s.codeForm(a, http.StatusOK, s.Frame(a, "", nil), c)
}

// signByCode signs in with a login and a backup code.
func (s *Service) signByCode(a page.Request) error {
	if !s.tied(a) {
		return page.ErrStale
	}
	onward, _ := url.QueryUnescape(next(a.R.PostFormValue("next")))
	c := web.BackupCodeForm{For: web.CodeToSignIn, Login: authn.CleanText(a.R.PostFormValue("login"), 128), Next: onward, Form: s.tie(a)}
	if c.Login == "" {
		c.Wrong = web.Wrong{"login": a.T("signin.login_missing")}
		return s.codeForm(a, http.StatusUnprocessableEntity, s.Frame(a, "", nil), c)
	}
	code, err := key.ParseBackupCode(a.R.PostFormValue("backup"))
	var token key.Secret
	if err == nil {
		token, _, err = s.sessions.ByBackupCode(a.R.Context(), c.Login, code, page.Agent(a.R))
	}
	if err != nil {
		var status int
		if status, c.Wrong, err = wrongCode(a, c.For, err); err != nil {
			return err
		}
		return s.codeForm(a, status, s.Frame(a, "", nil), c)
	}
	page.SetCookie(a.W, tokenCookie, token, 0)
	if onward == "" {
		onward = "/me"
	}
	a.Redirect(onward)
	return nil
}

// anew leads whoever signed in too long ago, or without her phone, to a sign-in and back; false for whoever is fresh.
func (s *Service) anew(v Visitor, path string) bool {
	if v.Session.ByPhone() && s.Site.Now().Sub(v.Session.CreatedAt) <= fresh {
		return false
	}
	v.Redirect("/sign-in?next=" + next(path) + "&login=" + url.QueryEscape(v.User.Login))
	return true
}

func (s *Service) backupSet(v Visitor) (set authn.BackupSet, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		set, err = backup.Set(r, v.User.ID)
		return err
	})
	return set, err
}

// askBackup asks before a set is made.
func (s *Service) askBackup(v Visitor) error {
	if s.anew(v, "/me/backup") {
		return nil
	}
	set, err := s.backupSet(v)
	if err != nil {
		return err
	}
	c := web.Confirm{Kind: web.FirstBackupCodes}
	if !set.MadeAt.IsZero() {
		c.Kind = web.NewBackupCodes
	}
	return s.question(v, c)
}

// makeBackup makes a set and shows it, in this answer and never again.
func (s *Service) makeBackup(v Visitor) error {
	if s.anew(v, "/me/backup") {
		return nil
	}
	codes, err := s.backup.Make(v.Context(), v.User.ID, v.Actor())
	if err != nil {
		return err
	}
	c := web.BackupCodesPage{Login: v.User.Login, MadeAt: s.Site.Now().Local()}
	for _, code := range codes {
		c.Codes = append(c.Codes, code.Text())
	}
	f := s.FrameOf(v, v.T("me.backup.codes_title"), "", c)
	f.Path = "/me" // the codes cannot be asked for again
	return s.Render(v.Request, http.StatusOK, web.BackupCodes, f)
}

func (s *Service) myCode(v Visitor, status int, p web.CodePurpose, w web.Wrong) error {
	return s.codeForm(v.Request, status, s.FrameOf(v, "", "", nil), web.BackupCodeForm{For: p, Form: v.form, Wrong: w})
}

// refuse shows what was wrong with a code on a page of somebody who is signed in.
func (s *Service) refuse(v Visitor, p web.CodePurpose, err error) error {
	status, w, err := wrongCode(v.Request, p, err)
	if err != nil {
		return err
	}
	return s.myCode(v, status, p, w)
}

func (s *Service) askNoted(v Visitor) error {
	if !v.Session.ByPhone() {
		return authn.ErrNotAllowed
	}
	return s.myCode(v, http.StatusOK, web.CodeToNote, nil)
}

// noted makes the set good by any one of its codes.
func (s *Service) noted(v Visitor) error {
	if !v.Session.ByPhone() {
		return authn.ErrNotAllowed
	}
	code, err := key.ParseBackupCode(v.R.PostFormValue("backup"))
	if err == nil {
		err = s.backup.Note(v.Context(), v.User, code, v.Actor())
	}
	if err != nil {
		return s.refuse(v, web.CodeToNote, err)
	}
	return v.Done("/me", web.BackupNoted, "")
}

// mayConnectByCode says whether somebody who signed in with a backup code may connect a phone by a second one: where the policy allows it, and never where she has a
// role, which the new phone would have too. authn.ErrNotAllowed.
func (s *Service) mayConnectByCode(r store.Reader, v Visitor) error {
	if v.Session.By != authn.ByBackupCode || !s.Site.Policy().BackupEnrolls {
		return authn.ErrNotAllowed
	}
	a, err := r.AdminByUser(v.User.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err == nil && !a.Disabled:
		return authn.ErrNotAllowed
	}
	return err
}

func (s *Service) askSecond(v Visitor) error {
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error { return s.mayConnectByCode(r, v) })
	if err != nil {
		return err
	}
	return s.myCode(v, http.StatusOK, web.CodeToConnect, nil)
}

// connectByCode uses up a second code and shows the QR for a new phone.
func (s *Service) connectByCode(v Visitor) error {
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		if err := s.mayConnectByCode(r, v); err != nil {
			return err
		}
		return registration.Room(r, v.User.ID) // before a code is used up for nothing
	})
	if err != nil {
		return err
	}
	code, err := key.ParseBackupCode(v.R.PostFormValue("backup"))
	if err == nil {
		err = s.backup.Use(v.Context(), v.User.Login, code, backup.ToConnect, func(tx store.Tx, _ authn.User, _ authn.BackupSet) error { return s.mayConnectByCode(tx, v) })
	}
	if err != nil {
		return s.refuse(v, web.CodeToConnect, err)
	}
	made, err := s.registration.Create(v.Context(), registration.CreateRequest{
		User: v.User.ID, Mode: authn.BindAdditional, Force: true, Actor: v.Actor(), By: v.User.ID, Own: true, Probation: true, Reason: "another phone, by two backup codes",
		IP: api.ClientIP(v.Context()),
	})
	if err != nil {
		return err
	}
	s.connect.Visit(v.Request, made.Page)
	return nil
}
