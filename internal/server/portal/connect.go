package portal

import (
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/portal/page"
	"avow/internal/server/registration"
	"avow/internal/wire"
)

const sessionPath = wire.ConnectPath + "/session"

// codeForm asks for the page code. The script takes it from the address and sends the form.
func (s *Service) codeForm(a page.Request) error {
	return s.form(a, http.StatusOK, "")
}

func (s *Service) form(a page.Request, status int, wrong string) error {
	return s.Render(a, status, web.Code, s.Frame(a, a.T("web.connect.title"), web.CodeForm{Wrong: wrong}))
}

// enter takes the page code and remembers it in a cookie, if it is of a session that can still be used.
func (s *Service) enter(a page.Request) error {
	code, err := wire.ParsePageCode(a.R.PostFormValue("code"))
	if err != nil {
		return s.form(a, http.StatusUnprocessableEntity, a.T("web.code.wrong"))
	}
	v, err := s.sessions.ByPage(a.R.Context(), code)
	if errors.Is(err, authn.ErrSessionUnknown) {
		return s.form(a, http.StatusNotFound, a.T("web.code.unknown"))
	}
	if err != nil {
		return err
	}
	switch v.State {
	case registration.Active, registration.Claimed, registration.Waiting:
		setVisit(a.W, s.newVisit(code, s.Site.Now()))
		a.Redirect(sessionPath)
		return nil
	case registration.Done: // to a browser that did not see it happen, the code is used and no more is told
		v.State = registration.Used
	}
	return s.ended(a, http.StatusGone, v, nil)
}

// Visit lets this browser show the page of a session, and leads there.
func (s *Service) Visit(a page.Request, code key.Secret) {
	setVisit(a.W, s.newVisit(code, s.Site.Now()))
	a.Redirect(sessionPath)
}

// session shows how the session of this browser stands.
func (s *Service) session(a page.Request) error {
	visit, v, err := s.visited(a)
	if err != nil {
		return err
	}
	if visit == nil {
		return s.Message(a, http.StatusOK, a.T("web.closed.title"), web.OneMessage{
			Tone: web.Calm, Icon: "lock", Text: a.T("web.closed.text"), Action: a.T("web.closed.button"), Link: wire.ConnectPath,
		})
	}
	switch v.State {
	case registration.Active, registration.Claimed:
		return s.connect(a, *visit, v)
	case registration.Waiting:
		f := s.Frame(a, a.T("web.ask.title"), web.AskPhone{Live: s.live(v), Phone: phone(v), Form: s.formOf(*visit), Tells: s.tells()})
		f.Person = v.User.Name
		return s.Render(a, http.StatusOK, web.Ask, f)
	case registration.Done:
		f := s.Frame(a, a.T("web.done.title"), web.DonePhone{Phone: phone(v)})
		f.Person = v.User.Name
		return s.Render(a, http.StatusOK, web.Done, f)
	}
	return s.ended(a, http.StatusOK, v, visit)
}

// visited reads the cookie and its session; no visit when there is none, or none that is still known.
func (s *Service) visited(a page.Request) (*visit, registration.View, error) {
	visit, ok := s.visitOf(a.R)
	if !ok {
		return nil, registration.View{}, nil
	}
	v, err := s.sessions.ByPage(a.R.Context(), visit.page)
	if errors.Is(err, authn.ErrSessionUnknown) {
		return nil, registration.View{}, nil
	}
	if err != nil {
		return nil, registration.View{}, err
	}
	return &visit, v, nil
}

func (s *Service) live(v registration.View) web.Live {
	return web.Live{State: string(v.State), Events: wire.ConnectPath + "/events"}
}

// connect shows the QR, or, once a phone has it, that it has.
func (s *Service) connect(a page.Request, visit visit, v registration.View) error {
	link := wire.RegistrationLink{
		Host: s.Site.Host, Session: authn.SessionSecret(visit.page), Pin: s.Site.Identity.Key().Thumbprint().Pin(),
	}
	c := web.ConnectPhone{
		Live: s.live(v), Until: v.Session.ExpiresAt.Local(), Left: v.Session.ExpiresAt.Sub(s.Site.Now()),
		Lifetime: v.Session.ExpiresAt.Sub(v.Session.CreatedAt), Form: s.formOf(visit),
	}
	title := a.T("web.connect.title")
	if v.State == registration.Claimed {
		c.ScannedAt, title = v.Session.ClaimedAt.Local(), a.T("web.scanned.title")
	} else {
		code, err := qr.Encode(link.Encode(), qr.LevelM)
		if err != nil {
			return err
		}
		c.QR, c.Modules = template.HTML(code.SVG()), code.Size()+2*qr.QuietZone
		c.App = template.URL(link.App()) // html/template knows no scheme avow; host and code were checked when they were made
	}
	f := s.Frame(a, title, c)
	f.Person, f.Poll = v.User.Name, true
	return s.Render(a, http.StatusOK, web.Connect, f)
}

// ended says why a session accepts nothing more. Without a visit nobody can make a new code here.
func (s *Service) ended(a page.Request, status int, v registration.View, visit *visit) error {
	title, m := a.T("web.revoked.title"), web.OneMessage{Tone: web.Warn, Icon: "prohibit", Text: a.T("web.revoked.text")}
	switch v.State {
	case registration.Refused:
		title, m = a.T("web.refused.title"), web.OneMessage{Tone: web.Bad, Icon: "x-circle", Text: a.T("web.refused.text")}
		if !s.tells() {
			m.Text = a.T("web.refused.text_tell")
		}
	case registration.Used:
		title, m = a.T("web.used.title"), web.OneMessage{Tone: web.Warn, Icon: "phone", Text: a.T("web.used.text")}
	case registration.Expired:
		title, m = a.T("web.expired.title"), web.OneMessage{Tone: web.Warn, Icon: "history", Text: a.T("web.expired.text_ask")}
		if visit != nil && visit.mayRenew(s.Site.Now()) {
			m.Text, m.Action = a.T("web.expired.text"), a.T("web.expired.new")
			m.Post, m.Form = wire.ConnectPath+"/new", s.formOf(*visit)
		}
	}
	f := s.Frame(a, title, m)
	if visit != nil {
		f.Person = v.User.Name
	}
	return s.Render(a, status, web.Message, f)
}

// tells says whether a No reaches anybody by itself. Where no administrator has an address, the page asks the user to tell.
func (s *Service) tells() bool { return len(s.Site.AdminMail) > 0 }

// answer is Yes or No to "is this your phone?".
func (s *Service) answer(a page.Request) error {
	visit, v, err := s.visited(a)
	if err != nil {
		return err
	}
	if visit == nil || !a.Own(s.forms, visit.raw) {
		return page.ErrStale
	}
	switch a.R.PostFormValue("answer") {
	case "yes":
		words := a.R.PostForm["word"]
		if len(words) != 2 {
			return page.ErrStale
		}
		err = s.sessions.Confirm(a.R.Context(), v.Session.ID, actor(v), "", &[2]string{words[0], words[1]})
	case "no":
		err = s.sessions.Refuse(a.R.Context(), v.Session.ID, actor(v))
	default:
		return page.ErrStale
	}
	if err != nil && !errors.Is(err, registration.ErrNotWaiting) { // then it was answered already, and the page shows how
		return err
	}
	a.Redirect(sessionPath)
	return nil
}

// renew ends the code and makes a new one for the same user.
func (s *Service) renew(a page.Request) error {
	visit, v, err := s.visited(a)
	if err != nil {
		return err
	}
	if visit == nil || !a.Own(s.forms, visit.raw) {
		return page.ErrStale
	}
	open := v.State == registration.Active || v.State == registration.Claimed || v.State == registration.Expired
	if open && visit.mayRenew(s.Site.Now()) {
		made, err := s.sessions.Create(a.R.Context(), registration.CreateRequest{
			User: v.User.ID, Mode: v.Session.Mode, Force: true, Probation: v.Session.Probation,
			Actor: actor(v), Reason: "new code on the page", IP: api.ClientIP(a.R.Context()),
		})
		if err != nil {
			return err
		}
		setVisit(a.W, s.newVisit(made.Page, visit.entered))
	}
	a.Redirect(sessionPath)
	return nil
}

func actor(v registration.View) string { return "page:" + string(v.Session.ID) }

// open is the page behind a code that the phone's own camera read. What stands after the # stays in the phone.
func (s *Service) open(code string) func(a page.Request) error {
	return func(a page.Request) error {
		return s.Render(a, http.StatusOK, web.Open, s.Frame(a, a.T("web.open.title"), web.OpenApp{
			Link: template.URL("avow://" + s.Site.Host + "/" + code), Code: code,
		}))
	}
}

// phone is the device as the page shows it. All of it but the address is what the phone says of itself.
func phone(v registration.View) web.Phone {
	p := web.Phone{Words: v.CheckWords, ScannedAt: v.Session.ClaimedAt.Local()}
	if v.Device == nil {
		return p
	}
	info := v.Device.Info.Clean()
	facts := make([]string, 0, 3)
	for _, f := range []string{info.Model, info.OS, v.Session.ClaimIP} {
		if f != "" && f != info.Name {
			facts = append(facts, f)
		}
	}
	p.Name, p.Facts = info.Name, strings.Join(facts, " · ")
	p.TappedAt, p.ConnectedAt = page.Local(v.Device.CreatedAt), page.Local(v.Device.ConfirmedAt)
	return p
}

// events tells the page when its session changes.
func (s *Service) events(a page.Request) error {
	visit, v, err := s.visited(a)
	if err != nil {
		return err
	}
	if visit == nil {
		a.W.WriteHeader(http.StatusForbidden)
		return nil
	}
	return s.Follow(a, live.Session(string(v.Session.ID)), func() (string, time.Duration, bool, error) {
		visit, v, err := s.visited(a)
		if err == nil && visit == nil {
			err = page.ErrStale
		}
		return string(v.State), s.nextLook(v), lasting(v.State), err
	})
}

// lasting says whether a session in this state can still change by itself.
func lasting(st registration.State) bool {
	return st == registration.Active || st == registration.Claimed || st == registration.Waiting
}

// nextLook is the end of the session's time.
func (s *Service) nextLook(v registration.View) time.Duration {
	if v.State == registration.Waiting {
		return 0
	}
	return max(time.Millisecond, v.Session.ExpiresAt.Sub(s.Site.Now()))
}
