package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/api"
	"avow/internal/server/offline"
	"avow/internal/store"
	"avow/internal/wire"
)

// secrets are 60 and more texts in the shapes of what must never be logged.
func secrets(t testing.TB) (list []string) {
	for _, n := range []int{10, 16, 20, 24, 32, 64} {
		b := key.NewSecret(n)
		list = append(list,
			hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
			base64.RawURLEncoding.EncodeToString(b), base64.StdEncoding.EncodeToString(b),
			base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b), wire.PageCode(b),
		)
	}
	k := newKey(t)
	pem, err := k.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	session := key.NewSecret(16)
	link := wire.RegistrationLink{Host: "id.example.com", Session: session, Pin: k.Key().Thumbprint().Pin()}
	a := wire.ApprovalLink{Host: "id.example.com", Handle: session}
	list = append(list,
		link.Encode(), link.App(), a.Encode(), a.App(), wire.PageLink("id.example.com", session),
		"482913-otp-482913", "AVOW-7K QM2X RD4T-list", "7-K3XM-Q2RD-4TZ8W", "sup3r-s3cret-p4ssword", "correct horse battery staple 71",
		"otpauth://totp/A:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "Bearer "+key.RandomID(40), "Basic "+key.RandomID(24),
		"eyJhbGciOiJFUzI1NiJ9."+key.RandomID(60)+"."+key.RandomID(64), "xoxb-"+key.RandomID(20), "AGE-SECRET-KEY-1"+strings.ToUpper(hex.EncodeToString(key.NewSecret(20))),
		strings.Split(string(pem), "\n")[1], "r_secret_"+key.RandomID(16), "d_secret_"+key.RandomID(16), "s_secret_"+key.RandomID(16),
		"u_secret_"+key.RandomID(16), "client_assertion_"+key.RandomID(30), "auth_req_id_"+key.RandomID(24), "cookie="+key.RandomID(24),
		"pin:8341-7729-5561", "restore 4K2M-9QXD-7TRB-WZ3H-5N8C-VJ6P-2FYA",
	)
	if len(list) < 60 {
		t.Fatalf("only %d shapes", len(list))
	}
	return list
}

// TestNoSecretInLogs is R-124 (and R-007): whatever is put wherever in a request, no log line of any level holds it.
func TestNoSecretInLogs(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	q := o.ask()
	fresh := o.newPhone()
	m := o.computer("desk-7")
	paths := []string{
		"/v1/computer/enroll", "/v1/computer/sync", "/v1/computer/desk-code", "/v1/offline",
		"/v1/device", "/v1/requests", "/v1/requests/" + string(q.Request.ID) + "/decision", "/v1/registration/claim", "/v1/registration/finish",
		"/v1/devices", "/v1/devices/command", "/v1/wipe", "/v1/wipe/receipt", "/v1/duplicate", "/v1/duplicate/claim", "/v1/duplicate/answer", "/v1/duplicate/state",
		"/v1/device/remove/x", "/v1/events/x", "/v1/nothing", wire.MetadataPath, "/healthz", "/readyz", "/R", "/A", "/connect", "/oidc/token",
	}
	list := secrets(t)
	for i, s := range list {
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for j, path := range paths {
			method := http.MethodPost
			if (i+j)%3 == 0 {
				method = http.MethodGet
			}
			body := fmt.Sprintf(`{"session":%s,"device_jwk":null,"decision":%s,"registration":%s,"%s":1}`, quoted, quoted, quoted, "x")
			req, err := http.NewRequest(method, o.Site.Issuer+path+"?token="+url.QueryEscape(s), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("User-Agent", visible(s))
			req.Header.Set("Referer", "https://id.example.com/"+visible(s))
			req.Header.Set("Cookie", "session="+visible(s))
			req.Header.Set("X-Forwarded-For", visible(s))
			req.Header.Set("Authorization", "Avow "+visible(s))
			resp, err := o.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		o.send(http.MethodGet, "/v1/requests/"+url.PathEscape(s)+"/decision", "", nil)
		o.send(http.MethodGet, "/R/"+url.PathEscape(s), "", nil)
		for _, body := range []string{fmt.Sprintf(`{"decision":%s}`, quoted), string(quoted)} { // with a proof, deeper in
			o.phone.call(http.MethodPost, "/v1/requests/"+string(q.Request.ID)+"/decision", []byte(body))
			o.phone.call(http.MethodPost, "/v1/requests/"+url.PathEscape(s)+"/decision", []byte(body))
			fresh.call(http.MethodPost, "/v1/registration/finish", []byte(fmt.Sprintf(`{"registration":%s}`, quoted)))
		}
		for _, body := range []string{`{"statement":%s}`, `{"id":%s,"statement":%[1]s}`, `{"duplicate_id":%s,"statement":%[1]s}`, `{"receipt":%s}`} {
			for _, path := range []string{"/v1/devices/command", "/v1/duplicate", "/v1/duplicate/answer"} {
				o.phone.call(http.MethodPost, path, []byte(fmt.Sprintf(body, quoted)))
			}
			fresh.call(http.MethodPost, "/v1/duplicate/claim", []byte(fmt.Sprintf(body, quoted)))
			o.send(http.MethodPost, "/v1/wipe/receipt", "", []byte(fmt.Sprintf(body, quoted)))
		}
		o.phone.call(http.MethodGet, "/v1/duplicate/"+url.PathEscape(s), nil)
		fresh.call(http.MethodPost, "/v1/computer/enroll", []byte(fmt.Sprintf(`{"token":%s,"os":%[1]s,"app":%[1]s}`, quoted)))
		for _, body := range []string{
			`{"journal":[],"batches":[%s],"app":%[1]s}`, `{"journal":[],"batches":[],"app":%s}`, `{"records":[{"use":%s}]}`, `{"grant_id":%s,"index":1}`,
			`{"journal":[{"seq":1,"at":1,"kind":"refused","login":%s,"grant_id":"AAAAAAAAAAA","prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],"batches":[],"app":"1"}`,
		} {
			for _, path := range []string{"/v1/computer/sync", "/v1/computer/desk-code"} {
				m.call(http.MethodPost, path, []byte(fmt.Sprintf(body, quoted)))
			}
			o.phone.call(http.MethodPost, "/v1/offline", []byte(fmt.Sprintf(body, quoted)))
		}
		d := o.phone.answer(authn.Deny, authn.RequestID(s), s, s)
		o.phone.submit(q.Request.ID, o.phone.signDecision(d))
		// What the server itself made, on its way through an honest ceremony, is tested below.
	}
	bo := o.user("bo")
	c := o.session(bo, authn.BindFirst)
	p := o.newPhone()
	p.register(c)
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, q.Number), http.StatusOK)
	list = append(list, wire.PageCode(c.Page), c.Link.Encode(), wire.PageCode(c.Link.Session), b64(c.Link.Session), b64(c.Page), q.AuthReqID.Text(),
		b64(q.QR.Handle), q.QR.Encode(), q.Number, p.nonce, b64(o.secret))
	list = append(list, o.computerSecrets(m)...)
	// The clock's digits may be those of a number.
	log := regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(o.log.String(), `"time":""`)
	if n := strings.Count(log, "\n"); n < 1000 {
		t.Fatalf("only %d lines were logged", n)
	}
	for _, s := range list {
		for _, form := range []string{s, visible(s), url.QueryEscape(s), url.PathEscape(s), strings.TrimPrefix(s, "Bearer ")} {
			if strings.Contains(log, form) {
				t.Errorf("%q is in the log", form)
			}
		}
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// visible is s without what cannot stand in a header.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// TestLogInjection is R-125: each line of the log is one record of ours, whatever names and texts people choose.
func TestLogInjection(t *testing.T) {
	evil := "x\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[2J\x00\u2028\u202e"
	o := newOffice(t, authn.MatchTap)
	u, err := authn.NewUser("bo", evil, "bo@example.com", noon)
	if err != nil {
		t.Fatal(err)
	}
	o.update(func(tx store.Tx) error { return tx.CreateUser(u) })
	c := o.session(u, authn.BindFirst)
	p := o.newPhone()
	reg := p.statement(c.Link, decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK))
	reg.Device = authn.DeviceInfo{Name: evil, Model: evil, OS: evil, App: evil}
	raw := p.sign(reg)
	p.adopt(p.finish(raw), raw)
	for _, path := range []string{"/v1/" + url.PathEscape(evil), "/" + url.PathEscape(evil), "/v1/requests/" + url.PathEscape(evil) + "/decision", "/R?" + url.QueryEscape(evil)} {
		p.call(http.MethodPost, path, []byte(evil))
	}
	q := question(o.anna, o.laptop)
	q.Message, q.Origin.Agent = evil, evil
	if _, err := o.Approval.Open(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	_, link, err := o.Offline.Add(t.Context(), offline.Invitation{Computer: authn.Computer{ID: "desk-7", Match: authn.MatchTap}, Actor: "admin:maja", Reason: evil})
	if err != nil {
		t.Fatal(err)
	}
	m := o.newPhone()
	m.post("/v1/computer/enroll", wire.EnrollComputer{Token: wire.SessionSecret{Secret: link.Token}, OS: evil, App: evil})
	m.id = authn.DeviceID(wire.ComputerKid("desk-7"))
	line := wire.JournalEntry{Seq: 7, At: 1, Kind: wire.JournalLocked, Login: evil, Grant: authn.NewGrantID()}
	decode[wire.SyncedComputer](t, m.post("/v1/computer/sync", wire.SyncComputer{Journal: []wire.JournalEntry{line}, Batches: []string{}, App: evil}), http.StatusOK)
	o.raw("GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: \x1b[2J\r\n\r\n")
	o.raw("GE\x1bT /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n")
	o.raw("EVIL / HTTP/1.1\r\nHost: x\x1b\r\n\r\n")
	lines := bufio.NewScanner(strings.NewReader(o.log.String()))
	for lines.Scan() {
		var rec map[string]any
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil || rec["msg"] == "forged" || rec["time"] == nil {
			t.Errorf("line %q: %v", lines.Text(), err)
		}
		if strings.ContainsAny(lines.Text(), "\x1b\x00\r\u2028\u202e") {
			t.Errorf("raw control characters in %q", lines.Text())
		}
	}
	for _, rec := range o.audit() {
		for k, v := range rec.Facts {
			if authn.CleanText(v, 1000) != v {
				t.Errorf("record %s: %s is %q", rec.Action, k, v)
			}
		}
	}
	for _, n := range append(o.notices(u.ID), o.notices("")...) {
		for k, v := range n.Facts {
			if authn.CleanText(v, 1000) != v {
				t.Errorf("notice %s: %s is %q", n.Kind, k, v)
			}
		}
	}
}

// raw sends bytes over TLS and returns what comes back.
func (r *rig) raw(request string) string {
	r.t.Helper()
	c, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true}) // a test of what is below HTTP
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	if _, err := c.Write([]byte(request)); err != nil {
		r.t.Fatal(err)
	}
	b, _ := bufio.NewReader(c).ReadString('\n')
	return b
}

// TestTransport is R-127: TLS 1.2 and newer only, no plain HTTP, no redirect of an API path.
func TestTransport(t *testing.T) {
	r := newRig(t)
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		c, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: v, MaxVersion: v})
		if (err == nil) != (v >= tls.VersionTLS12) {
			t.Errorf("%s: %v", tls.VersionName(v), err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
	resp, err := http.Get("http://" + r.addr + "/v1/device")
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" {
			t.Errorf("plain HTTP: status %d", resp.StatusCode)
		}
	}
	for _, path := range []string{"//v1/device", "/v1//device", "/v1/./device", "/v1/x/../device", "/v1/device/", "/v1", "/v1/", "/V1/device", "/healthz/", "/.well-known/avow/"} {
		for _, m := range []string{http.MethodGet, http.MethodPost} {
			if a := r.send(m, path, "", nil); a.status != http.StatusNotFound || a.head.Get("Location") != "" {
				t.Errorf("%s %s: status %d, location %q", m, path, a.status, a.head.Get("Location"))
			}
		}
	}
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := r.Serve(t.Context(), l, nil); err == nil || !strings.Contains(err.Error(), "plain HTTP") {
		t.Errorf("plain HTTP on all addresses: %v", err)
	}
}

// TestHeaders: what goes with every answer.
func TestHeaders(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/v1/device", "/v1/x", "/healthz", wire.MetadataPath, "/x"} {
		h := r.send(http.MethodGet, path, "", nil).head
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Strict-Transport-Security": "max-age=63072000",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: policy %q", path, h.Get("Content-Security-Policy"))
		}
	}
	if a := r.raw("GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"); !strings.Contains(a, "431") {
		t.Errorf("large header: %q", a)
	}
}

// TestClientAddress is R-045: X-Forwarded-For counts only from a trusted proxy, and only as far as trusted ones wrote it.
func TestClientAddress(t *testing.T) {
	for name, c := range map[string]struct {
		trusted []string
		header  []string
		want    string
	}{
		"no proxy trusted":       {nil, []string{"203.0.113.9"}, "127.0.0.1"},
		"another proxy trusted":  {[]string{"10.0.0.0/8"}, []string{"203.0.113.9"}, "127.0.0.1"},
		"trusted":                {[]string{"127.0.0.0/8"}, []string{"203.0.113.9"}, "203.0.113.9"},
		"trusted, nothing said":  {[]string{"127.0.0.0/8"}, nil, "127.0.0.1"},
		"forged on the left":     {[]string{"127.0.0.0/8"}, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"two headers":            {[]string{"127.0.0.0/8"}, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"chain of proxies":       {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"203.0.113.9, 10.1.1.1, 10.2.2.2"}, "203.0.113.9"},
		"IPv6":                   {[]string{"127.0.0.0/8"}, []string{"2001:db8::1"}, "2001:db8::1"},
		"garbage":                {[]string{"127.0.0.0/8"}, []string{"203.0.113.9, <b>"}, "127.0.0.1"},
		"garbage behind":         {[]string{"127.0.0.0/8"}, []string{"evil, 203.0.113.9"}, "203.0.113.9"},
		"all trusted, many hops": {[]string{"127.0.0.0/8"}, []string{strings.Repeat("127.0.0.2, ", 5000) + "127.0.0.3"}, "127.0.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(r *rig) {
				for _, p := range c.trusted {
					r.config.TrustedProxies = append(r.config.TrustedProxies, netip.MustParsePrefix(p))
				}
			})
			got := make(chan string, 1)
			r.Mount(flow(func(mux *http.ServeMux) {
				mux.HandleFunc("GET /who", func(_ http.ResponseWriter, q *http.Request) { got <- api.ClientIP(q.Context()) })
			}))
			req, err := http.NewRequest(http.MethodGet, "/who", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range c.header {
				req.Header.Add("X-Forwarded-For", h)
			}
			req.Header.Set("X-Real-IP", "198.51.100.7")
			req.Header.Set("Forwarded", "for=198.51.100.7")
			req.RemoteAddr = "127.0.0.1:4711"
			r.Handler().ServeHTTP(discard{}, req)
			if ip := <-got; ip != c.want {
				t.Errorf("address %q, want %q", ip, c.want)
			}
		})
	}
}

type flow func(*http.ServeMux)

func (f flow) Routes(mux *http.ServeMux) { f(mux) }

// discard is an answer that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// TestPanic: a mistake of ours costs one answer, and the log does not get what was in it.
func TestPanic(t *testing.T) {
	r := newRig(t)
	r.Mount(flow(func(mux *http.ServeMux) {
		mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("the secret 4711-4712") })
	}))
	wantProblem(t, "panic", r.send(http.MethodGet, "/panic", "", nil), http.StatusInternalServerError, "internal")
	if log := r.log.String(); !strings.Contains(log, `"msg":"panic"`) || strings.Contains(log, "4711-4712") {
		t.Error("the log holds too little or too much of the panic")
	}
	r.send(http.MethodGet, "/healthz", "", nil)
}

// sick is a store that cannot be used.
type sick struct {
	store.Store
	err error
}

func (s *sick) Check(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Check(ctx)
}

// TestHealth: the process lives also when the database does not.
func TestHealth(t *testing.T) {
	var s *sick
	r := newRig(t, func(r *rig) { r.wrap = func(st store.Store) store.Store { s = &sick{Store: st}; return s } })
	if a := r.send(http.MethodGet, "/readyz", "", nil); a.status != http.StatusOK {
		t.Errorf("ready: %d", a.status)
	}
	for _, p := range []string{"/healthz", "/readyz"} {
		if a := r.send(http.MethodPost, p, "", nil); a.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", p, a.status)
		}
	}
	r2 := newRig(t, func(r *rig) {
		r.wrap = func(st store.Store) store.Store { return &sick{Store: st, err: errors.New("disk on fire")} }
	})
	if a := r2.send(http.MethodGet, "/healthz", "", nil); a.status != http.StatusOK {
		t.Errorf("alive: %d", a.status)
	}
	a := r2.send(http.MethodGet, "/readyz", "", nil)
	if wantProblem(t, "not ready", a, http.StatusServiceUnavailable, "not_ready"); strings.Contains(string(a.body), "fire") {
		t.Error("the answer tells the cause")
	}
	if !strings.Contains(r2.log.String(), "disk on fire") {
		t.Error("the log does not tell the cause")
	}
}

// TestStop: streams end, requests that run are answered, and the listener is closed before Serve returns.
func TestStop(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	begun, release := make(chan struct{}), make(chan struct{})
	o.Mount(flow(func(mux *http.ServeMux) {
		mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-release
			_, _ = w.Write([]byte("done"))
		})
	}))
	s := o.phone.stream(context.Background())
	slow := make(chan answered, 1)
	go func() { slow <- o.send(http.MethodGet, "/slow", "", nil) }()
	<-begun
	stopped := make(chan struct{})
	go func() { o.stop(); close(stopped) }()
	s.ended()
	select {
	case <-stopped:
		t.Error("stopped before the request was answered")
	default:
	}
	close(release)
	if a := <-slow; a.status != http.StatusOK || string(a.body) != "done" {
		t.Errorf("the slow request got %d %q", a.status, a.body)
	}
	<-stopped
	if _, err := net.Dial("tcp", o.addr); err == nil {
		t.Error("the listener is open still")
	}
}

// TestBadConfig: New says what is wrong.
func TestBadConfig(t *testing.T) {
	r := newRig(t)
	if _, err := server.New(r.Site, server.Config{Tombstones: r.dir + "/missing/used"}); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}
