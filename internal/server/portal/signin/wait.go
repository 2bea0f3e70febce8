package signin

import (
	"encoding/binary"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/server/live"
	"avow/internal/server/portal/page"
	"avow/internal/server/session"
	"avow/internal/wire"
)

const (
	waitCookie = "__Host-avow_sign_in"
	sealSize   = 16
	fixedSize  = 32 + 16 + 6 + 8 // auth, QR handle, number, time
	maxNext    = 200
)

// waiting is a sign-in that waits for the phone, as the browser keeps it.
type waiting struct {
	session.Question
	next string
	raw  []byte
}

// keep puts the question into a sealed cookie. Only this browser has it, and only it signs in.
func (s *Service) keep(a page.Request, q session.Question, next string) {
	raw := make([]byte, 0, fixedSize+2+len(q.Login)+len(next)+sealSize)
	raw = append(raw, q.Auth[:]...)
	raw = append(raw, q.QR.Handle...)
	raw = append(raw, q.Number...)
	raw = binary.BigEndian.AppendUint64(raw, uint64(q.OpenedAt.UnixNano()))
	raw = append(raw, q.Login+"\n"+next...)
	raw = append(raw, page.Seal(s.questions, raw)[:sealSize]...)
	page.SetCookie(a.W, waitCookie, raw, int((authn.RequestLifetime + authn.RedeemLifetime).Seconds()))
}

// kept reads the cookie; false when there is none of ours.
func (s *Service) kept(a page.Request) (w waiting, ok bool) {
	raw := page.AnyCookie(a.R, waitCookie)
	if len(raw) < fixedSize+sealSize {
		return w, false
	}
	body := raw[:len(raw)-sealSize]
	if !page.Sealed(s.questions, body, raw[len(body):]) {
		return w, false
	}
	w.raw = raw
	copy(w.Auth[:], body)
	w.QR = wire.ApprovalLink{Host: s.Site.Host, Handle: key.Secret(body[32:48])}
	w.Number = string(body[48:54])
	w.OpenedAt = time.Unix(0, int64(binary.BigEndian.Uint64(body[54:62])))
	w.Login, w.next, _ = strings.Cut(string(body[62:]), "\n")
	return w, true
}

// next is a path of ours to go on to, escaped for an address.
func next(path string) string {
	if len(path) > maxNext || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\n\r") {
		return ""
	}
	return url.QueryEscape(path)
}

// home is where a person goes who asked for nothing.
func home(p session.Person) string {
	switch {
	case p.May(authn.MayManage) == nil, p.May(authn.MayAudit) == nil:
		return "/admin"
	case p.May(authn.MayHelp) == nil:
		return "/desk"
	}
	return "/me"
}

// formKey ties the form of somebody who is not signed in to a cookie of its own.
const formCookie = "__Host-avow_form"

func (s *Service) tie(a page.Request) string {
	raw := page.Cookie(a.R, formCookie, 16)
	if raw == nil {
		raw = key.NewSecret(16)
		page.SetCookie(a.W, formCookie, raw, 0)
	}
	return page.FormOf(s.forms, raw)
}

func (s *Service) tied(a page.Request) bool {
	raw := page.Cookie(a.R, formCookie, 16)
	return raw != nil && a.Own(s.forms, raw)
}

func (s *Service) form(a page.Request) error {
	q := a.R.URL.Query()
	onward, _ := url.QueryUnescape(next(q.Get("next")))
	return s.Render(a, http.StatusOK, web.SignIn, s.Frame(a, a.T("signin.title"), web.SignInForm{Login: authn.CleanText(q.Get("login"), 128), Next: onward, Form: s.tie(a)}))
}

// begin asks the person's phone.
func (s *Service) begin(a page.Request) error {
	if !s.tied(a) {
		return page.ErrStale
	}
	login := authn.CleanText(a.R.PostFormValue("login"), 128)
	onward, _ := url.QueryUnescape(next(a.R.PostFormValue("next")))
	if login == "" {
		f := s.Frame(a, a.T("signin.title"), web.SignInForm{Next: onward, Form: s.tie(a), Wrong: web.Wrong{"login": a.T("signin.login_missing")}})
		return s.Render(a, http.StatusUnprocessableEntity, web.SignIn, f)
	}
	q, err := s.sessions.Begin(a.R.Context(), login, page.Agent(a.R))
	if errors.Is(err, session.ErrLater) {
		return s.ended(a, http.StatusTooManyRequests, web.SignInLater, onward)
	}
	if err != nil {
		return err
	}
	s.keep(a, q, onward)
	a.Redirect("/sign-in/wait")
	return nil
}

func (s *Service) ended(a page.Request, status int, why web.SignInEnd, onward string) error {
	f := s.Frame(a, a.T(why.Title()), web.EndedSignIn{Why: why, Next: onward})
	if a.R.Method == http.MethodPost {
		f.Path = "/sign-in"
	}
	return s.Render(a, status, web.SignInEnded, f)
}

// wait shows the number, or goes on when the person has said Yes.
func (s *Service) wait(a page.Request) error {
	w, ok := s.kept(a)
	if !ok {
		a.Redirect("/sign-in")
		return nil
	}
	state, err := s.sessions.State(a.R.Context(), w.Question)
	if err != nil {
		return err
	}
	switch state {
	case authn.RequestOpen:
		return s.waitPage(a, w)
	case authn.RequestApproved:
		return s.finish(a, w)
	case authn.RequestDenied, authn.RequestReported, authn.RequestFailed:
		return s.ended(a, http.StatusOK, web.SignInDenied, w.next)
	}
	return s.ended(a, http.StatusOK, web.SignInExpired, w.next)
}

func (s *Service) waitPage(a page.Request, w waiting) error {
	code, err := qr.Encode(w.QR.Encode(), qr.LevelM)
	if err != nil {
		return err
	}
	c := web.SignInWait{
		Live:  web.Live{State: string(authn.RequestOpen), Events: "/sign-in/events"},
		Login: w.Login, Number: w.Number, QR: template.HTML(code.SVG()), Modules: code.Size() + 2*qr.QuietZone, App: template.URL(w.QR.App()),
		Left: w.OpenedAt.Add(authn.RequestLifetime).Sub(s.Site.Now()), Lifetime: authn.RequestLifetime, Form: page.FormOf(s.forms, w.raw),
	}
	f := s.Frame(a, a.T("signin.wait.title"), c)
	f.Poll = true
	return s.Render(a, http.StatusOK, web.Wait, f)
}

// finish signs this browser in. The question is used up by it.
func (s *Service) finish(a page.Request, w waiting) error {
	token, p, err := s.sessions.Finish(a.R.Context(), w.Question, page.Agent(a.R))
	if err != nil {
		if authn.AsError(err).Kind == authn.Internal || authn.AsError(err).Kind == authn.Unavailable {
			return err
		}
		return s.ended(a, http.StatusOK, web.SignInExpired, w.next) // removed or blocked since the Yes
	}
	page.SetCookie(a.W, waitCookie, nil, 0)
	page.SetCookie(a.W, tokenCookie, token, 0)
	to := w.next
	if to == "" {
		to = home(p)
	}
	a.Redirect(to)
	return nil
}

func (s *Service) events(a page.Request) error {
	w, ok := s.kept(a)
	if !ok {
		a.W.WriteHeader(http.StatusForbidden)
		return nil
	}
	return s.Follow(a, live.AuthReq(w.Auth.String()), func() (string, time.Duration, bool, error) {
		state, err := s.sessions.State(a.R.Context(), w.Question)
		left := max(time.Millisecond, w.OpenedAt.Add(authn.RequestLifetime).Sub(s.Site.Now()))
		return string(state), left, state == authn.RequestOpen, err
	})
}

func (s *Service) stop(a page.Request) error {
	w, ok := s.kept(a)
	if !ok || !a.Own(s.forms, w.raw) {
		return page.ErrStale
	}
	if err := s.sessions.Stop(a.R.Context(), w.Question); err != nil {
		return err
	}
	page.SetCookie(a.W, waitCookie, nil, 0)
	a.Redirect("/sign-in")
	return nil
}

func (s *Service) signOut(v Visitor) error {
	if _, err := s.sessions.End(v.Context(), v.Person, v.Session.ID); err != nil {
		return err
	}
	page.SetCookie(v.W, tokenCookie, nil, 0)
	return s.ended(v.Request, http.StatusOK, web.SignedOut, "")
}
