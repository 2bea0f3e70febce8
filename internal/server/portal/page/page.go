// Package page is what all pages of the server in a browser share: headers, the choice of a language, forms that are only our own, the frame around the content, errors
// as a page, a stream that says when to look again. It knows no flow and decides nothing. It follows OWASP ASVS 5.0 on cookies, headers and forms.
package page

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// policy lets a page load what this server serves and nothing else, and nobody frame it. There is no inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// maxForm is the largest form: a mail's template.
const maxForm = 96 << 10

var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
	"X-Robots-Tag":                 "noindex",
	"Cache-Control":                "no-store",
}

const languageCookie = "__Host-avow_lang"

// Set is the pages of one server. It is safe for concurrent use.
type Set struct {
	Site    *site.Site
	Pages   *web.Set
	origins *http.CrossOriginProtection
}

// New makes the set. An error means that the pages in the program, or the issuer, are broken.
func New(s *site.Site) (*Set, error) {
	pages, err := web.New()
	if err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(s.Issuer); err != nil {
		return nil, err
	}
	return &Set{Site: s, Pages: pages, origins: origins}, nil
}

// Request is one request on its way through the pages, with the words of its language.
type Request struct {
	*translations.Printer
	W http.ResponseWriter
	R *http.Request
}

// Handler answers with a page or returns an error, which becomes one.
type Handler func(Request) error

// Handle adapts h for a mux.
func (s *Set) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		a := Request{W: w, R: r, Printer: translations.New(wishes(r)...)}
		err := s.guarded(a, h)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		if e := authn.AsError(err); e.Kind == authn.Internal {
			s.Site.Log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "err", err)
		} else {
			s.Site.Log.DebugContext(r.Context(), "page refused", "route", r.Pattern, "code", e.Code)
		}
		s.fail(a, err)
	})
}

// guarded refuses what comes from another site, reads forms with a limit, and takes the choice of a language.
func (s *Set) guarded(a Request, h Handler) error {
	if tag := a.R.URL.Query().Get("lang"); tag != "" && (a.R.Method == http.MethodGet || a.R.Method == http.MethodHead) {
		if translations.Known(tag) {
			setLanguage(a.W, tag)
		}
		a.Redirect(a.R.URL.EscapedPath())
		return nil
	}
	if err := s.origins.Check(a.R); err != nil {
		return ErrStale.Because(err)
	}
	if a.R.Method == http.MethodPost {
		a.R.Body = http.MaxBytesReader(a.W, a.R.Body, maxForm)
		if err := a.R.ParseForm(); err != nil {
			return ErrStale.Because(err)
		}
	}
	return h(a)
}

// ErrStale is answered to a form that is not one of ours, or of a page that is too old.
var ErrStale = authn.Fail(authn.Forbidden, "form_stale", "This page was too old. Nothing was changed.")

// Frames lets a page show other pages of ours in a frame.
func (a Request) Frames() { a.W.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'") }

// Framed lets pages of ours show this one in a frame.
func (a Request) Framed() {
	a.W.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	a.W.Header().Set("X-Frame-Options", "SAMEORIGIN")
}

// FramedMail is Framed for a mail as it goes out: it brings its styles and pictures along, and nothing in it runs or leads away.
func (a Request) FramedMail() {
	a.W.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'; sandbox")
	a.W.Header().Set("X-Frame-Options", "SAMEORIGIN")
}

// Redirect leads to a path of our own, with its query.
func (a Request) Redirect(path string) {
	// Only ever a path of our own: "//host" would be another server's.
	http.Redirect(a.W, a.R, "/"+strings.TrimLeft(path, "/\\"), http.StatusSeeOther)
}

// wishes is the language of the cookie, then those of the browser.
func wishes(r *http.Request) []string {
	var out []string
	if c, err := r.Cookie(languageCookie); err == nil && translations.Known(c.Value) {
		out = append(out, c.Value)
	}
	return append(out, r.Header.Get("Accept-Language"))
}

func setLanguage(w http.ResponseWriter, tag string) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: tag, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Frame is what is around the content of every page.
func (s *Set) Frame(a Request, title string, content any) web.Frame {
	return web.Frame{
		Language: a.Language(), Path: a.R.URL.EscapedPath(), Title: title, Content: content, Now: s.Site.Now().Local(),
		Organisation: s.Site.Organisation, Host: s.Site.Host, Support: s.Site.Support,
	}
}

// Render writes a page. The answer to a form gives in Frame.Path an address that can be asked for again.
func (s *Set) Render(a Request, status int, name web.Name, f web.Frame) error {
	var b bytes.Buffer
	if err := s.Pages.Render(&b, name, f); err != nil {
		return err
	}
	a.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.W.Header().Set("Vary", "Accept-Language, Cookie")
	a.W.WriteHeader(status)
	_, _ = a.W.Write(b.Bytes()) // the browser went away: nobody to tell
	return nil
}

// Message is a page with one thing to say.
func (s *Set) Message(a Request, status int, title string, m web.OneMessage) error {
	f := s.Frame(a, title, m)
	if a.R.Method == http.MethodPost {
		f.Path = "/"
	}
	return s.Render(a, status, web.Message, f)
}

// fail says what went wrong, as a page.
func (s *Set) fail(a Request, err error) {
	status := wire.NewProblem(err).Status
	title, m := a.T("web.broken.title"), web.OneMessage{Tone: web.Bad, Icon: "warning", Text: a.T("web.broken.text")}
	switch authn.CodeOf(err) {
	case ErrStale.Code:
		title = a.T("web.stale.title")
		m = web.OneMessage{Tone: web.Warn, Icon: "history", Text: a.T("web.stale.text"), Action: a.T("web.stale.button"), Link: back(a.R)}
	case "wrong_words":
		title = a.T("web.wrong_words.title")
		m = web.OneMessage{Tone: web.Warn, Icon: "warning", Text: a.T("web.wrong_words.text"), Action: a.T("web.stale.button"), Link: back(a.R)}
	case "user_disabled":
		title, m = a.T("web.blocked.title"), web.OneMessage{Tone: web.Bad, Icon: "prohibit", Text: a.T("web.blocked.text")}
	case "device_exists", "too_many_devices":
		title, m = a.T("web.device_exists.title"), web.OneMessage{Tone: web.Warn, Icon: "phone", Text: a.T("web.device_exists.text")}
	case authn.ErrNotAllowed.Code, "higher_role":
		title, m = a.T("web.not_allowed.title"), web.OneMessage{Tone: web.Calm, Icon: "lock", Text: a.T("web.not_allowed.text")}
	case store.ErrNotFound.Code:
		title = a.T("web.missing.title")
		m = web.OneMessage{Tone: web.Calm, Icon: "search", Text: a.T("web.missing.text"), Action: a.T("web.missing.button"), Link: "/"}
	}
	if err := s.Message(a, status, title, m); err != nil {
		s.Site.Log.ErrorContext(a.R.Context(), "page failed", "route", a.R.Pattern, "err", err)
		http.Error(a.W, title, http.StatusInternalServerError)
	}
}

// back is where a page that was too old is made anew.
func back(r *http.Request) string {
	for prefix, path := range map[string]string{"/connect": "/connect/session", "/sign-in": "/sign-in", "/admin": "/admin", "/desk": "/desk", "/me": "/me"} {
		if r.URL.Path == prefix || strings.HasPrefix(r.URL.Path, prefix+"/") {
			return path
		}
	}
	return "/"
}

// Local is a time in the server's zone, for pages; the zero time stays.
func Local(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Local()
}
