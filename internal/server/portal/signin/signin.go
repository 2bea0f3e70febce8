// Package signin is what a person sees of the server for herself: signing in with her phone, her own devices, her sign-ins in browsers, and the first owner's start. It makes
// no decision: packages session, registration and device do. Routes: GET and POST /sign-in, GET and POST /sign-in/backup, GET /sign-in/wait, GET /sign-in/events (SSE), POST /sign-in/stop, POST /sign-out,
// GET and POST /start, GET /me and what is below it, GET /sign-ins and what is below it.
package signin

import (
	"context"
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/backup"
	"avow/internal/server/device"
	"avow/internal/server/portal/page"
	"avow/internal/server/registration"
	"avow/internal/server/session"
)

// Connect is the page that connects a phone; *portal.Service has it.
type Connect interface {
	// Visit lets this browser show the page of a registration session, and leads there.
	Visit(a page.Request, code key.Secret)
}

// Service is the pages. It is safe for concurrent use.
type Service struct {
	*page.Set
	sessions     *session.Service
	connect      Connect
	registration *registration.Service
	device       *device.Service
	restores     Restores
	backup       *backup.Service
	questions    key.Secret // seals the cookie of a sign-in that waits
	forms        key.Secret // ties forms to cookies
}

// New makes the service.
func New(set *page.Set, sessions *session.Service, connect Connect, r *registration.Service, d *device.Service, x Restores, b *backup.Service) *Service {
	return &Service{
		Set: set, sessions: sessions, connect: connect, registration: r, device: d, restores: x, backup: b,
		questions: set.Site.Derive("sign-in cookie"), forms: set.Site.Derive("sign-in form"),
	}
}

// Routes registers the pages.
func (s *Service) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]page.Handler{
		"GET /sign-in": s.form, "POST /sign-in": s.begin, "GET /sign-in/wait": s.wait, "GET /sign-in/events": s.events, "POST /sign-in/stop": s.stop,
		"GET /sign-in/backup": s.byCode, "POST /sign-in/backup": s.signByCode,
		"GET /me/backup": s.Signed(s.askBackup), "POST /me/backup": s.Signed(s.makeBackup),
		"GET /me/backup/noted": s.Signed(s.askNoted), "POST /me/backup/noted": s.Signed(s.noted),
		"GET /me/backup/connect": s.Signed(s.askSecond), "POST /me/backup/connect": s.Signed(s.connectByCode),
		"POST /sign-out": s.Signed(s.signOut), "GET /start": s.start, "POST /start": s.started,
		"GET /me": s.Signed(s.me), "POST /me/connect": s.Signed(s.more),
		"GET /me/devices/{id}/remove": s.Signed(s.askDevice(web.RemoveOwnDevice)), "POST /me/devices/{id}/remove": s.Signed(s.dropDevice(web.RemoveOwnDevice)),
		"GET /me/devices/{id}/not-mine": s.Signed(s.askDevice(web.NotMyDevice)), "POST /me/devices/{id}/not-mine": s.Signed(s.dropDevice(web.NotMyDevice)),
		"GET /me/devices/{id}/wipe": s.Signed(s.askWipe), "POST /me/devices/{id}/wipe": s.Signed(s.wipe),
		"GET /me/restores/{id}/block": s.Signed(s.askRestore), "POST /me/restores/{id}/block": s.Signed(s.blockRestore),
		"GET /sign-ins": s.Signed(s.signIns), "POST /sign-ins/{id}/end": s.Signed(s.endOne),
		"GET /sign-ins/end": s.Signed(s.askEnd), "POST /sign-ins/end": s.Signed(s.endAll),
	} {
		mux.Handle(pattern, s.Handle(h))
	}
}

const tokenCookie = "__Host-avow_session"

// Visitor is a person who is signed in, on a page.
type Visitor struct {
	page.Request
	session.Person
	token key.Secret
	form  string
}

// Signed lets only people in who are signed in; others are led to the sign-in and back. Forms must be of this very sign-in.
func (s *Service) Signed(h func(Visitor) error) page.Handler {
	return func(a page.Request) error {
		v, err := s.visitor(a)
		if authn.CodeOf(err) == session.ErrSignedOut.Code {
			if a.R.Method != http.MethodGet {
				return page.ErrStale
			}
			a.Redirect("/sign-in?next=" + next(a.R.URL.RequestURI()))
			return nil
		}
		if err != nil {
			return err
		}
		if a.R.Method == http.MethodPost && !a.Own(s.forms, v.token) {
			return page.ErrStale
		}
		return h(v)
	}
}

func (s *Service) visitor(a page.Request) (Visitor, error) {
	raw := page.Cookie(a.R, tokenCookie, 32)
	if raw == nil {
		return Visitor{}, session.ErrSignedOut
	}
	p, err := s.sessions.Who(a.R.Context(), raw)
	return Visitor{Request: a, Person: p, token: raw, form: page.FormOf(s.forms, raw)}, err
}

// Role is the visitor's role as the pages name it.
func (v Visitor) Role() web.Role { return web.Role(v.Admin.Role) }

// Context is that of the request.
func (v Visitor) Context() context.Context { return v.R.Context() }

// FrameOf is the frame of a page for a visitor. section is "" outside of the administration.
func (s *Service) FrameOf(v Visitor, title string, section web.Section, content any) web.Frame {
	f := s.Frame(v.Request, title, content)
	f.Person = v.User.Name
	f.Signed = &web.Signed{Role: v.Role(), Section: section, Form: v.form}
	f.Notice = s.said(v)
	return f
}
