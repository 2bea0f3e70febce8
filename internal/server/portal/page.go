package portal

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

// policy lets a page load what this server serves and nothing else, and nobody frame it. There is no inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const maxForm = 4 << 10

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

// answering is one request on its way through the pages.
type answering struct {
	*translations.Printer
	w http.ResponseWriter
	r *http.Request
}

func (s *Service) handle(h func(a answering) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		a := answering{w: w, r: r, Printer: translations.New(wishes(r)...)}
		err := s.guarded(a, h)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		if e := authn.AsError(err); e.Kind == authn.Internal {
			s.site.Log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "err", err)
		} else {
			s.site.Log.DebugContext(r.Context(), "page refused", "route", r.Pattern, "code", e.Code)
		}
		s.fail(a, err)
	})
}

// guarded refuses what comes from another site, reads forms with a limit, and takes the choice of a language.
func (s *Service) guarded(a answering, h func(a answering) error) error {
	if tag := a.r.URL.Query().Get("lang"); tag != "" && (a.r.Method == http.MethodGet || a.r.Method == http.MethodHead) {
		if known(tag) {
			setLanguage(a.w, tag)
		}
		a.redirect(a.r.URL.EscapedPath())
		return nil
	}
	if err := s.origins.Check(a.r); err != nil {
		return errStale.Because(err)
	}
	if a.r.Method == http.MethodPost {
		a.r.Body = http.MaxBytesReader(a.w, a.r.Body, maxForm)
		if err := a.r.ParseForm(); err != nil {
			return errStale.Because(err)
		}
	}
	return h(a)
}

// errStale is answered to a form that is not one of ours, or of a page that is too old.
var errStale = authn.Fail(authn.Forbidden, "form_stale", "This page was too old. Nothing was changed.")

func (a answering) redirect(path string) {
	// Only ever a path of our own: "//host" would be another server's.
	http.Redirect(a.w, a.r, "/"+strings.TrimLeft(path, "/"), http.StatusSeeOther)
}

// wishes is the language of the cookie, then those of the browser.
func wishes(r *http.Request) []string {
	var out []string
	if c, err := r.Cookie(languageCookie); err == nil && known(c.Value) {
		out = append(out, c.Value)
	}
	return append(out, r.Header.Get("Accept-Language"))
}

func known(tag string) bool {
	for _, l := range translations.Languages() {
		if l.Tag == tag {
			return true
		}
	}
	return false
}

// frame is what is around the content of every page.
func (s *Service) frame(a answering, title string, content any) web.Frame {
	return web.Frame{
		Language: a.Language(), Path: a.r.URL.EscapedPath(), Title: title, Content: content,
		Organisation: s.site.Organisation, Host: s.site.Host, Support: s.site.Support,
	}
}

func (s *Service) render(a answering, status int, name web.Name, f web.Frame) error {
	if a.r.Method == http.MethodPost {
		f.Path = "/connect" // the address of a form cannot be asked for again
	}
	var b bytes.Buffer
	if err := s.pages.Render(&b, name, f); err != nil {
		return err
	}
	a.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.w.Header().Set("Vary", "Accept-Language, Cookie")
	a.w.WriteHeader(status)
	_, _ = a.w.Write(b.Bytes()) // the browser went away: nobody to tell
	return nil
}

func (s *Service) message(a answering, status int, title string, m web.OneMessage) error {
	return s.render(a, status, web.Message, s.frame(a, title, m))
}

// fail says what went wrong, as a page.
func (s *Service) fail(a answering, err error) {
	status := wire.NewProblem(err).Status
	title, m := a.T("web.broken.title"), web.OneMessage{Tone: web.Bad, Icon: "warning", Text: a.T("web.broken.text")}
	switch authn.CodeOf(err) {
	case errStale.Code:
		title = a.T("web.stale.title")
		m = web.OneMessage{Tone: web.Warn, Icon: "history", Text: a.T("web.stale.text"), Action: a.T("web.stale.button"), Link: "/connect/session"}
	case "wrong_words":
		title = a.T("web.wrong_words.title")
		m = web.OneMessage{Tone: web.Warn, Icon: "warning", Text: a.T("web.wrong_words.text"), Action: a.T("web.stale.button"), Link: "/connect/session"}
	case "user_disabled":
		title, m = a.T("web.blocked.title"), web.OneMessage{Tone: web.Bad, Icon: "prohibit", Text: a.T("web.blocked.text")}
	case "device_exists", "too_many_devices":
		title, m = a.T("web.device_exists.title"), web.OneMessage{Tone: web.Warn, Icon: "phone", Text: a.T("web.device_exists.text")}
	case store.ErrNotFound.Code:
		title = a.T("web.missing.title")
		m = web.OneMessage{Tone: web.Calm, Icon: "search", Text: a.T("web.missing.text"), Action: a.T("web.missing.button"), Link: "/"}
	}
	if err := s.message(a, status, title, m); err != nil {
		s.site.Log.ErrorContext(a.r.Context(), "page failed", "route", a.r.Pattern, "err", err)
		http.Error(a.w, title, http.StatusInternalServerError)
	}
}

func (s *Service) start(a answering) error {
	return s.render(a, http.StatusOK, web.Start, s.frame(a, a.T("web.start.title"), web.StartPage{}))
}

// missing answers what nobody else does: programs get a problem, people a page.
func (s *Service) missing(a answering) error {
	for _, prefix := range []string{"/v1/", "/oidc/", "/.well-known/"} {
		if strings.HasPrefix(a.r.URL.Path, prefix) {
			api.Problem(a.w, store.ErrNotFound)
			return nil
		}
	}
	return store.ErrNotFound
}

func (s *Service) static(a answering) error {
	f, ok := s.pages.Files[a.r.URL.Path]
	if !ok {
		return store.ErrNotFound
	}
	a.w.Header().Set("Content-Type", f.Type)
	a.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its address holds a hash of it
	_, _ = a.w.Write(f.Body)
	return nil
}
