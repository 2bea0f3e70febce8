// Package portal is what people see of the server in a browser: the connect page with its QR and "is this your phone?"
// (docs/protocol.md, section 4), the pages that a phone's own camera opens, the first page. It makes no decision: package
// registration does; the words and looks are those of assets/web. It follows OWASP ASVS 5.0 on cookies, headers and forms.
//
// Routes: GET /, GET and POST /connect, GET /connect/session, GET /connect/events (SSE), POST /connect/answer, POST /connect/new,
// GET /R, GET /A, GET /D, GET /K, GET /static/…; everything that nobody else answers gets a page that says so.
//
// A GET never changes state. The page's secret comes in a form and stays in a cookie: it is in no address that a server, a
// proxy or another site sees.
package portal

import (
	"context"
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/portal/page"
	"avow/internal/server/registration"
)

// Sessions is what the pages need of the flow of registration; *registration.Service has it.
type Sessions interface {
	ByPage(ctx context.Context, page key.Secret) (registration.View, error)
	Create(ctx context.Context, q registration.CreateRequest) (registration.Created, error)
	Confirm(ctx context.Context, id authn.RegistrationID, actor, reason string, words *[2]string) error
	Refuse(ctx context.Context, id authn.RegistrationID, actor string) error
}

// Service is the pages. It is safe for concurrent use.
type Service struct {
	*page.Set
	sessions Sessions
	cookies  key.Secret // key of the cookie's seal
	forms    key.Secret // key of what ties a form to a cookie
}

// New makes the service.
func New(set *page.Set, sessions Sessions) *Service {
	return &Service{
		Set: set, sessions: sessions, cookies: set.Site.Derive("connect cookie"), forms: set.Site.Derive("connect form"),
	}
}

// Routes registers the pages.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.Handle(s.start))
	mux.Handle("GET /connect", s.Handle(s.codeForm))
	mux.Handle("POST /connect", s.Handle(s.enter))
	mux.Handle("GET /connect/session", s.Handle(s.session))
	mux.Handle("GET /connect/events", s.Handle(s.events))
	mux.Handle("POST /connect/answer", s.Handle(s.answer))
	mux.Handle("POST /connect/new", s.Handle(s.renew))
	for _, code := range []string{"R", "A", "D", "K"} {
		mux.Handle("GET /"+code, s.Handle(s.open(code)))
	}
	mux.Handle("GET "+web.StaticPath, s.Handle(s.static))
	mux.Handle("/", s.Handle(s.missing))
}
