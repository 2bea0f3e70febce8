package testenv_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"avow/internal/client"
	"avow/internal/phone/platform/simulated"
	"avow/internal/testenv"
)

// middle stands between phones and server with a TLS key that the server lists, as a proxy of the organisation does. It records all
// that goes through, and answers in the server's place when a test says so.
type middle struct {
	addr    string
	timeout time.Duration // of each call of its phones; 0 is the client's own, since a busy disk may hold up an honest answer for seconds

	mu     sync.Mutex
	record bytes.Buffer
	wrong  func(http.ResponseWriter, *http.Request) bool // true: it has answered
}

// between puts a middle before the server. Call it before the first phone asks for metadata, which holds for an hour.
func between(t *testing.T, env *testenv.Env) *middle {
	t.Helper()
	m := &middle{}
	target := must(url.Parse(env.Issuer))(t)
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 8},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	ts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := httputil.DumpRequest(r, true)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		m.keep(in)
		m.mu.Lock()
		wrong := m.wrong
		m.mu.Unlock()
		if wrong != nil && wrong(w, r) {
			return
		}
		proxy.ServeHTTP(&tapped{ResponseWriter: w, middle: m}, r)
	}))
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	ts.StartTLS()
	m.addr = ts.Listener.Addr().String()
	own := string(client.SPKI(must(x509.ParseCertificate(ts.TLS.Certificates[0].Certificate[0]))(t)))
	listed := env.Site.TLSKeys
	env.Site.TLSKeys = func() []string { return append(listed(), own) }
	t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	return m
}

// tapped records an answer on its way.
type tapped struct {
	http.ResponseWriter
	middle *middle
}

func (w *tapped) Write(b []byte) (int, error) {
	w.middle.keep(b)
	return w.ResponseWriter.Write(b)
}

func (w *tapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (m *middle) keep(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.record.Write(b)
	m.record.WriteByte('\n')
}

func (m *middle) recorded() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.record.Bytes())
}

// answer has every request answered by f, or by the server again with nil.
func (m *middle) answer(f http.HandlerFunc) {
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool { f(w, r); return true })
}

func (m *middle) intercept(f func(http.ResponseWriter, *http.Request) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wrong = f
}

// options are those of a client that gets to the server through the middle.
func (m *middle) options() client.Options {
	return client.Options{
		Timeout: m.timeout,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, m.addr)
		},
	}
}

// openPhone is a phone behind the middle. It has a PIN, and a finger that always touches.
func (m *middle) openPhone(t *testing.T, ctx context.Context, dir string) *testenv.Phone {
	t.Helper()
	o := testenv.PhoneOptions{Name: "pixel", Dir: dir, KDF: fastKDF, Now: time.Now, Ask: simulated.Always(simulated.Touch)}
	p := must(testenv.OpenPhone(ctx, o, m.options(), slog.New(slog.DiscardHandler)))(t)
	if !p.State().HasPIN {
		if err := p.Ready(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return p
}
