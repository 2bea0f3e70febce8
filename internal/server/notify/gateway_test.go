package notify

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow/internal/key"
)

const password = "s3cr3t-pass"

var hello = Text{ID: "m_1", To: "+46465550100", Body: "Grüße für 5 €"}

func gateway(t *testing.T, preset Preset, h http.HandlerFunc) *Texter {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	x, err := NewTexter(Gateway{Preset: preset, URL: s.URL + "/cgi-bin/sendsms", From: "Avow", User: "avow", Secret: key.Secret(password), CA: pool})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestPresets looks at what arrives at the gateway; the secret is never in the address, which gateways and proxies log.
func TestPresets(t *testing.T) {
	for preset, c := range map[Preset]struct {
		answer string
		status int
		fits   func(r *http.Request, body string) bool
	}{
		Twilio: {`{"sid":"SM1"}`, 201, func(r *http.Request, body string) bool {
			f, err := url.ParseQuery(body)
			user, pass, _ := r.BasicAuth()
			return err == nil && f.Get("To") == hello.To && f.Get("From") == "Avow" && f.Get("Body") == hello.Body && user == "avow" && pass == password
		}},
		Kannel: {"0: Accepted for delivery", 202, func(r *http.Request, body string) bool {
			h := r.Header
			return body == hello.Body && h.Get("X-Kannel-To") == hello.To && h.Get("X-Kannel-From") == "Avow" && h.Get("X-Kannel-Username") == "avow" &&
				h.Get("X-Kannel-Password") == password && h.Get("X-Kannel-Coding") == "0"
		}},
		Webhook: {"", 204, func(r *http.Request, body string) bool {
			return body == `{"id":"m_1","to":"+46465550100","text":"Grüße für 5 €"}` && r.Header.Get("Authorization") == "Bearer "+password
		}},
	} {
		seen := 0
		x := gateway(t, preset, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			seen++
			if r.Method != http.MethodPost || r.URL.RawQuery != "" || !c.fits(r, string(b)) {
				t.Errorf("%s: %s %s %v %q", preset, r.Method, r.URL, r.Header, b)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		})
		if r := x.Send(t.Context(), hello); r.Outcome != Sent || r.Err != nil || seen != 1 {
			t.Errorf("%s: %+v after %d requests", preset, r, seen)
		}
	}
}

func TestTextOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		preset  Preset
		answer  http.HandlerFunc
		outcome Outcome
		after   time.Duration
	}{
		"busy": {Twilio, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
		}, Again, 2 * time.Minute},
		"busy until": {Twilio, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
			w.Header().Set("Retry-After", "Sun, 01 Mar 2026 12:00:30 GMT")
			w.WriteHeader(503)
		}, Again, 30 * time.Second},
		"busy for ever": {Webhook, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999999")
			w.WriteHeader(503)
		}, Again, time.Hour},
		"broken":                  {Twilio, status(500, ""), Again, 0},
		"no":                      {Twilio, status(400, `{"message":"the password s3cr3t-pass is wrong"}`), Failed, 0},
		"login":                   {Kannel, status(403, "Authorization failed for sendsms"), Failed, 0},
		"redirect":                {Webhook, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 307) }, Failed, 0},
		"kannel queues":           {Kannel, status(202, "3: Queued for later delivery"), Sent, 0},
		"kannel says no with 200": {Kannel, status(200, "4: Sender missing and no global set"), Failed, 0},
		"no answer":               {Twilio, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Unclear, 0},
	} {
		n := 0
		x := gateway(t, c.preset, func(w http.ResponseWriter, r *http.Request) {
			n++
			c.answer(w, r)
		})
		r := x.Send(t.Context(), hello)
		if r.Outcome != c.outcome || r.After != c.after || (r.Err == nil) != (c.outcome == Sent) || n != 1 {
			t.Errorf("%s: %+v after %d requests", name, r, n)
		}
		quietAbout(t, name, r.Err)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// quietAbout looks for what must not reach a log: secret, text and address.
func quietAbout(t *testing.T, name string, err error) {
	t.Helper()
	for _, bad := range []string{password, hello.Body, "sendsms?", "://"} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), bad) {
			t.Errorf("%s: %q stands in %v", name, bad, err)
		}
	}
}

func TestTextGatewayDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody is there
	x, err := NewTexter(Gateway{Preset: Webhook, URL: "http://" + l.Addr().String() + "/secret-path", Secret: key.Secret(password)})
	if err != nil {
		t.Fatal(err)
	}
	r := x.Send(t.Context(), hello)
	if r.Outcome != Again {
		t.Errorf("down: %+v", r)
	}
	quietAbout(t, "down", r.Err)

	// The gateway takes the request and stays silent: nobody knows.
	asked := make(chan struct{})
	y := gateway(t, Webhook, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until then the server does not see that we hang up
		close(asked)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if r := y.Send(ctx, hello); r.Outcome != Unclear {
		t.Errorf("silent: %+v", r)
	}
	// A stranger's certificate: nothing was said.
	z := gateway(t, Webhook, status(200, ""))
	z.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = x509.NewCertPool()
	if r := z.Send(t.Context(), hello); r.Outcome != Again {
		t.Errorf("stranger: %+v", r)
	}
}

func TestValidateGateway(t *testing.T) {
	good := Gateway{Preset: Twilio, URL: "https://api.example.com/x", From: "Avow", User: "avow", Secret: key.Secret("x")}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Gateway){
		"preset": func(g *Gateway) { g.Preset = "smtp" }, "plain": func(g *Gateway) { g.URL = "http://api.example.com/x" }, "no host": func(g *Gateway) { g.URL = "https:x" },
		"user in it": func(g *Gateway) { g.URL = "https://a:b@api.example.com/" }, "query": func(g *Gateway) { g.URL += "?password=x" },
		"name like loopback": func(g *Gateway) { g.URL = "http://localhost.example.com/" }, "no secret": func(g *Gateway) { g.Secret = nil }, "no from": func(g *Gateway) { g.From = "" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "password=") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
