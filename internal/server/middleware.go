package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/wire"
)

// headers go with every answer (OWASP ASVS 5.0, chapter 3.4). A page sets its own policy over these.
var headers = [][2]string{
	{"Strict-Transport-Security", "max-age=63072000"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{"Cache-Control", "no-store"},
}

// around is the middleware: headers, the address of who asks, one line in the log, and a problem in place of a panic.
func (s *Server) around(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		for _, h := range headers {
			w.Header()[h[0]] = []string{h[1]}
		}
		ip := s.clientIP(r)
		r = r.WithContext(api.WithClientIP(r.Context(), ip))
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = newBody(w, r.Body)
		}
		a := &answer{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				s.panicked(a, r, p)
			}
			// The route and not the path, and no header: what who asks has written stays out of the log.
			attrs := []any{"method", methodName(r.Method), "route", r.Pattern, "status", a.code(), "ms", float64(time.Since(begun).Microseconds()) / 1000}
			if r.URL.Path != wire.TelemetryPath { // from where a report comes is written nowhere
				attrs = append(attrs, "ip", ip)
			}
			s.Site.Log.InfoContext(r.Context(), "request", attrs...)
		}()
		// The mux would redirect such a path to its clean form; a program that writes one is told of its mistake instead.
		if p := r.URL.Path; p != path.Clean(p) || p[0] != '/' {
			api.Problem(a, errNoRoute)
			return
		}
		mux.ServeHTTP(a, r)
	})
}

// body is a request's body that must arrive within bodyTime.
type body struct {
	io.ReadCloser
	control *http.ResponseController
}

// newBody sets the limit at once, so that it holds also for a body that nobody reads. A writer without a connection, in a test, has none.
func newBody(w http.ResponseWriter, r io.ReadCloser) *body {
	b := &body{r, http.NewResponseController(w)}
	_ = b.control.SetReadDeadline(time.Now().Add(bodyTime))
	return b
}

// Read takes the limit away at the end of the body: a stream may follow.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// panicked answers and logs. The value of a panic may hold anything, so only a runtime error is written out.
func (s *Server) panicked(a *answer, r *http.Request, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares the same way
		panic(p)
	}
	what := fmt.Sprintf("%T", p)
	var re runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &re) {
		what = re.Error()
	}
	s.Site.Log.ErrorContext(r.Context(), "panic", "route", r.Pattern, "what", what, "stack", string(debug.Stack()))
	if a.status == 0 {
		api.Problem(a, authn.AsError(errors.New("panic")))
	}
}

func methodName(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return m
	}
	return "other"
}

// answer remembers the status for the log.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// WriteHeader remembers the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is WriteHeader(200) if nothing was said yet.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// maxForwarded bounds how many hops of X-Forwarded-For are looked at.
const maxForwarded = 16

// clientIP is the address of the connection, or, when that is a trusted proxy, the nearest one in X-Forwarded-For that is none. What
// stands further left was written by whoever pleased.
func (s *Server) clientIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip := peer.Addr().Unmap().WithZone("")
	if !s.trusted(ip) {
		return ip.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := 0; n < maxForwarded && len(hops) > 0; n++ {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		hops = hops[:len(hops)-1]
		if ip = hop.Unmap().WithZone(""); !s.trusted(ip) {
			break
		}
	}
	return ip.String()
}

func (s *Server) trusted(ip netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
