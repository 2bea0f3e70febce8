// Package deskpage is the service desk in the browser: find a person, make sure that it is she who calls, then help her. It makes no decision: package desk does. Routes: GET
// /desk, GET /desk/{id} and what is below it, GET /debug-logs and GET /debug-logs/{id}: what users have sent. It never shows the QR or the link of a registration.
package deskpage

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/desk"
	"avow/internal/server/device"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

// Service is the pages. It is safe for concurrent use.
type Service struct {
	*page.Set
	signin *signin.Service
	desk   *desk.Service
	device *device.Service
	people *people.Service
	sent   Logs
}

// New makes the service.
func New(set *page.Set, in *signin.Service, d *desk.Service, dev *device.Service, people *people.Service, sent Logs) *Service {
	return &Service{Set: set, signin: in, desk: d, device: dev, people: people, sent: sent}
}

// Routes registers the pages.
func (s *Service) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]func(signin.Visitor) error{
		"GET /desk": s.find, "GET /desk/{id}": s.person, "GET /desk/{id}/events": s.events,
		"POST /desk/{id}/check": s.check, "POST /desk/{id}/check/code": s.code, "POST /desk/{id}/check/stop": s.stop,
		"POST /desk/{id}/registration": s.register, "POST /desk/{id}/offline-code": s.offlineCode,
		"POST /desk/{id}/unpair": s.unpair, "POST /desk/{id}/block": s.block, "POST /desk/{id}/code-lost": s.codeLost,
		"POST /desk/{id}/restore-code": s.restoreCode, "POST /desk/{id}/restore-allow": s.allowRestore, "POST /desk/{id}/restore-unblock": s.unblockRestore,
		"POST /desk/{id}/restore-block": s.blockRestore,
		"GET /debug-logs":               s.logs, "GET /debug-logs/{id}": s.log,
	} {
		mux.Handle(pattern, s.Handle(s.signin.Signed(func(v signin.Visitor) error {
			if err := v.May(authn.MayHelp); err != nil {
				return err
			}
			return h(v)
		})))
	}
}

const maxFound = 20

// find looks for a person. One who is found alone is shown at once.
func (s *Service) find(v signin.Visitor) error {
	c := web.DeskPage{Query: authn.CleanText(v.R.URL.Query().Get("q"), 128)}
	if c.Query != "" {
		var found []authn.User
		err := s.Site.Store.View(v.Context(), func(r store.Reader) (err error) {
			found, _, err = r.FindUsers(store.UserQuery{Text: c.Query, Now: s.Site.Now(), Limit: maxFound})
			for _, u := range found {
				if err != nil {
					break
				}
				var state web.UserState
				state, err = stateOf(r, u, s.Site.Now())
				c.Found = append(c.Found, web.DeskHit{Person: personOf(u), Facts: u.Mail, State: state})
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(found) == 1 {
			v.Redirect("/desk/" + string(found[0].ID))
			return nil
		}
	}
	return s.Render(v.Request, http.StatusOK, web.Desk, s.frame(v, c))
}

func (s *Service) frame(v signin.Visitor, c web.DeskPage) web.Frame {
	f := s.signin.FrameOf(v, v.T("servicedesk.title"), "", c)
	if v.R.Method == http.MethodPost {
		f.Path = "/desk/" + v.R.PathValue("id")
	}
	return f
}

func personOf(u authn.User) web.Person {
	return web.Person{ID: string(u.ID), Login: u.Login, Name: u.Name}
}

func stateOf(r store.Reader, u authn.User, now time.Time) (web.UserState, error) {
	if u.Status == authn.UserDisabled {
		return web.UserIsBlocked, nil
	}
	devices, err := r.DevicesOf(u.ID)
	if err != nil {
		return "", err
	}
	for _, d := range devices {
		if d.State == authn.DeviceActive {
			return web.UserConnected, nil
		}
	}
	sessions, err := r.RegistrationSessionsOf(u.ID)
	for _, old := range sessions {
		if old.Open(now) {
			return web.UserWaiting, err
		}
	}
	return web.UserNoPhone, err
}

// user is the person in the path.
func (s *Service) user(v signin.Visitor) (u authn.User, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		u, err = r.User(authn.UserID(v.R.PathValue("id")))
		return err
	})
	return u, err
}

func (s *Service) person(v signin.Visitor) error {
	return s.show(v, http.StatusOK, wrongs{})
}

// wrongs are what was wrong with a form that was sent.
type wrongs struct {
	check, act    web.Wrong
	login, reason string
}

// show is the page of a person, with the check and what follows from it.
func (s *Service) show(v signin.Visitor, status int, w wrongs) error {
	u, err := s.user(v)
	if err != nil {
		return err
	}
	p, err := s.facts(v, u)
	if err != nil {
		return err
	}
	c := web.DeskPage{Query: u.Login, Person: &p, Acts: web.DeskActs{Hours: s.Site.Policy().SessionHours, Reason: w.reason, Wrong: w.act}}
	check, ok, err := s.desk.Latest(v.Context(), v.Person, u.ID)
	if err != nil {
		return err
	}
	if ok {
		c.Check = s.checkOf(check)
	}
	c.Check.Wrong, c.Check.Login = w.check, w.login
	if c.Check.State == web.CheckOpen {
		c.Live = web.Live{State: string(c.Check.State), Events: "/desk/" + string(u.ID) + "/events"}
	}
	if c.Check.State == web.CheckPassed {
		computers, err := s.desk.Computers(v.Context(), u.ID)
		if err != nil {
			return err
		}
		for _, m := range computers {
			c.Acts.Computers = append(c.Acts.Computers, web.Choice{Value: string(m.ID), Text: m.Name})
		}
	}
	return s.Render(v.Request, status, web.Desk, s.frame(v, c))
}

func (s *Service) facts(v signin.Visitor, u authn.User) (web.DeskPerson, error) {
	mail, text := s.Site.Reach(u)
	p := web.DeskPerson{Person: personOf(u), First: first(u.Name), Facts: strings.Join(u.Groups, ", "), PasswordAt: page.Local(u.PasswordChangedAt)}
	if mail {
		p.Mail = maskMail(u.Mail)
	}
	if text {
		p.Phone = maskPhone(u.Phone)
	}
	owned, err := s.device.List(v.Context(), u.ID)
	if err != nil {
		return p, err
	}
	for _, o := range owned {
		if o.Device.State == authn.DeviceRevoked {
			continue
		}
		p.Devices = append(p.Devices, signin.DeviceRow(o.Device, s.Site.Now()))
		p.HasPhone = p.HasPhone || o.Device.MayApprove() == nil
	}
	logs, err := s.sent.List(v.Context(), u.ID)
	if err != nil {
		return p, err
	}
	p.Logs = logRows(logs)
	return p, s.Site.Store.View(v.Context(), func(r store.Reader) (err error) {
		if p.State, err = stateOf(r, u, s.Site.Now()); err != nil {
			return err
		}
		if p.Restore, err = signin.RestoreOf(r, s.Site, u); err != nil {
			return err
		}
		if p.BlockedAt, p.BlockedBy, err = blocked(r, u); err != nil {
			return err
		}
		p.LastYes, err = lastYes(r, u.ID)
		return err
	})
}

// blocked is when and by whom an account was blocked, as far as the log knows. Why stands in the log only: it may be what the desk need not know.
func blocked(r store.Reader, u authn.User) (at time.Time, by string, err error) {
	if u.Active() == nil {
		return at, "", nil
	}
	found, _, err := r.FindAudit(store.AuditQuery{Text: string(u.ID), Action: "user.disable", Limit: 1})
	for _, e := range found {
		_, name, _ := strings.Cut(e.Actor, ":")
		at, by = page.Local(e.At), authn.CleanText(name, 128)
	}
	return at, by, err
}

// lastYes is when a user last approved something, among what was asked lately.
func lastYes(r store.Reader, user authn.UserID) (at time.Time, err error) {
	recent, err := r.RecentApprovalRequests(200)
	for _, q := range recent {
		if q.User == user && q.Decision == authn.Approve && q.DecidedAt.After(at) {
			at = q.DecidedAt
		}
	}
	return page.Local(at), err
}

// checkOf is a check as the page shows it.
func (s *Service) checkOf(k desk.Check) web.CallerCheck {
	now := s.Site.Now()
	c := web.CallerCheck{
		ID: string(k.ID), State: web.CheckState(k.State), Number: k.Number, Manager: personOf(k.Vouches), Tries: authn.CheckTries - k.Tries,
		Left: k.ExpiresAt.Sub(now), Lifetime: k.ExpiresAt.Sub(k.CreatedAt), PassedAt: page.Local(k.DecidedAt), Until: page.Local(k.DecidedAt.Add(authn.CheckGood)),
	}
	switch {
	case k.Method == authn.CheckDevice:
		c.Way = web.ByDevice
	case k.Method == authn.CheckManager:
		c.Way = web.ByHerManager
	case k.Channel == authn.ChannelText:
		c.Way = web.ByTextCode
	default:
		c.Way = web.ByMailCode
	}
	switch {
	case k.State == authn.CheckOpen && !k.CallerCheck.Open(now):
		c.State = web.CheckExpired
	case k.State == authn.CheckPassed && !now.Before(k.DecidedAt.Add(authn.CheckGood)):
		c = web.CallerCheck{} // it was another call
	}
	return c
}

func (s *Service) events(v signin.Visitor) error {
	user := authn.UserID(v.R.PathValue("id"))
	look := func() (web.CallerCheck, desk.Check, error) {
		k, ok, err := s.desk.Latest(v.Context(), v.Person, user)
		if err == nil && !ok {
			err = errors.New("no check")
		}
		return s.checkOf(k), k, err
	}
	_, k, err := look()
	if err != nil {
		v.W.WriteHeader(http.StatusForbidden)
		return nil
	}
	return s.Follow(v.Request, k.Topic, func() (string, time.Duration, bool, error) {
		c, k, err := look()
		return string(c.State), max(time.Millisecond, k.ExpiresAt.Sub(s.Site.Now())), c.State == web.CheckOpen, err
	})
}

// first is the name as one speaks of somebody.
func first(name string) string {
	f, _, _ := strings.Cut(name, " ")
	return f
}

// maskMail and maskPhone show enough to ask "which address?" and too little to tell it.
func maskMail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "•••"
	}
	r := []rune(address[:at])
	return string(r[0]) + "•••" + address[at:]
}

func maskPhone(number string) string {
	if len(number) < 6 {
		return "•••"
	}
	return "••• " + number[len(number)-4:len(number)-2] + " " + number[len(number)-2:]
}
