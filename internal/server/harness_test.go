package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/approval"
	"avow/internal/server/live"
	"avow/internal/server/registration"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a handed-in clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// transcript gathers bytes from many goroutines: a log, or the traffic of a phone.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// rig is a server over TLS on a real database, which can be stopped and started again.
type rig struct {
	t        testing.TB
	dir      string
	addr     string
	clock    *clock
	log      *transcript
	traffic  *transcript // all bodies that clients got
	identity key.Private
	secret   key.Secret
	config   server.Config
	wrap     func(store.Store) store.Store // put around the database
	cert     tls.Certificate
	http     *http.Client

	*server.Server
	stop func()
}

func newRig(t testing.TB, set ...func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), addr: "127.0.0.1:0", clock: &clock{now: noon}, log: &transcript{}, traffic: &transcript{}, secret: key.NewSecret(32)}
	r.identity = newKey(t)
	r.config.ClaimLimit = registration.Limit{PerMinute: 1 << 30, Burst: 1 << 30}
	for _, f := range set {
		f(r)
	}
	r.cert = newCertificate(t)
	pool := x509.NewCertPool()
	pool.AddCert(r.cert.Leaf)
	r.http = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(r.http.CloseIdleConnections)
	r.start()
	return r
}

func newKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}

func (r *rig) database() string { return filepath.Join(r.dir, "avow.db") }

// start opens the database and serves, at the same address as before.
func (r *rig) start() {
	r.t.Helper()
	db, err := sqlite.Open(r.t.Context(), r.database(), sqlite.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = l.Addr().String()
	var st store.Store = db
	if r.wrap != nil {
		st = r.wrap(db)
	}
	s := &site.Site{
		Issuer: "https://" + l.Addr().String(), Host: l.Addr().String(), Organisation: "Lund Energy", Support: "046-555 01 00",
		Identity: r.identity, Secret: r.secret, Match: authn.MatchNumber, AdminMail: []string{"desk@example.com"},
		TLSKeys: func() []string {
			sum := sha256.Sum256(r.cert.Leaf.RawSubjectPublicKeyInfo)
			return []string{base64.RawURLEncoding.EncodeToString(sum[:])}
		},
		Store: st, Live: live.NewHub(), Now: r.clock.Now,
		Log: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	r.config.Tombstones = filepath.Join(r.dir, "used-sessions")
	if r.Server, err = server.New(s, r.config); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	srv := r.Server
	go func() {
		done <- srv.Serve(ctx, l, server.TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &r.cert, nil }))
	}()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			r.http.CloseIdleConnections()
			cancel()
			if err := errors.Join(<-done, srv.Close()); err != nil {
				r.t.Errorf("stop: %v", err)
			}
		})
	}
	r.t.Cleanup(r.stop)
}

func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.start()
}

func (r *rig) update(fn func(store.Tx) error) {
	r.t.Helper()
	if err := r.Site.Store.Update(context.Background(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) view(fn func(store.Reader) error) {
	r.t.Helper()
	if err := r.Site.Store.View(context.Background(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) user(login string) authn.User {
	r.t.Helper()
	u, err := authn.NewUser(login, "", login+"@example.com", r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	r.update(func(tx store.Tx) error { return tx.CreateUser(u) })
	return u
}

func (r *rig) client(id authn.ClientID, match authn.MatchMode) authn.Client {
	r.t.Helper()
	c := authn.Client{ID: id, Name: strings.ToUpper(string(id)), Kind: authn.ClientComputer, Key: newKey(r.t).Key(), Match: match, Known: true, CreatedAt: r.clock.Now()}
	r.update(func(tx store.Tx) error { return tx.CreateClient(c) })
	return c
}

func (r *rig) session(u authn.User, mode authn.BindingMode) registration.Created {
	r.t.Helper()
	c, err := r.Registration.Create(context.Background(), registration.CreateRequest{User: u.ID, Mode: mode, Actor: "admin:maja", Reason: "test", IP: "192.0.2.1"})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// open asks a user by a client and fails the test if that is refused.
func (r *rig) open(u authn.User, c authn.Client) approval.Opened {
	r.t.Helper()
	o, err := r.Approval.Open(context.Background(), question(u, c))
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func question(u authn.User, c authn.Client) approval.Question {
	return approval.Question{Client: c, User: u.ID, Message: "Sign in to " + c.Name, Origin: authn.Origin{IP: "203.0.113.7", Place: "Lund, SE", Agent: "Linux console"}}
}

func (r *rig) state(id authn.RequestID) authn.RequestState {
	r.t.Helper()
	var q authn.ApprovalRequest
	r.view(func(rd store.Reader) (err error) { q, err = rd.ApprovalRequest(id); return err })
	return q.State
}

func (r *rig) audit() (list []authn.AuditRecord) {
	r.view(func(rd store.Reader) (err error) { list, err = rd.Audit(1 << 20); return err })
	return list
}

func (r *rig) notices(u authn.UserID) (list []authn.Notice) {
	r.view(func(rd store.Reader) (err error) { list, err = rd.NoticesOf(u, time.Unix(0, 0)); return err })
	return list
}

func (r *rig) noticed(u authn.UserID, kind authn.NoticeKind) (n int) {
	for _, x := range r.notices(u) {
		if x.Kind == kind {
			n++
		}
	}
	return n
}

// phone is a device with its keys in memory that says whatever a test wants.
type phone struct {
	r        *rig
	device   key.Private
	approval key.Private
	exchange key.Private
	id       authn.DeviceID
	user     authn.User
	bound    wire.Bound

	mu    sync.Mutex
	nonce string
}

func (r *rig) newPhone() *phone {
	return &phone{r: r, device: newKey(r.t), approval: newKey(r.t), exchange: newKey(r.t)}
}

// answered is an HTTP answer.
type answered struct {
	status int
	head   http.Header
	body   []byte
}

func (a answered) code() string {
	var p wire.Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

func (a answered) title() string {
	var p wire.Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Title
}

// send makes one HTTP request as it is.
func (r *rig) send(method, path, auth string, body []byte) answered {
	r.t.Helper()
	a, err := r.try(method, path, auth, body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *rig) try(method, path, auth string, body []byte) (answered, error) {
	req, err := http.NewRequest(method, r.Site.Issuer+path, bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	_, _ = r.traffic.Write(b)
	return answered{resp.StatusCode, resp.Header, b}, err
}

// proof signs for a request with the newest nonce.
func (p *phone) proof(method, path string, body []byte) string {
	p.mu.Lock()
	nonce := p.nonce
	p.mu.Unlock()
	claims := wire.NewProof(method, p.r.Site.Issuer+path, nonce, body, p.r.clock.Now().Unix())
	var auth string
	var err error
	if p.id == "" {
		auth, err = claims.SignNew(p.device)
	} else {
		auth, err = claims.Sign(p.device, string(p.id))
	}
	if err != nil {
		p.r.t.Fatal(err)
	}
	return auth
}

// call makes a proved request, and once more with a fresh nonce if the server wants that.
func (p *phone) call(method, path string, body []byte) answered {
	p.r.t.Helper()
	for try := 0; ; try++ {
		a, err := p.r.try(method, path, p.proof(method, path, body), body)
		if err != nil {
			p.r.t.Error(err)
			return a
		}
		p.mu.Lock()
		p.nonce = a.head.Get(wire.NonceHeader)
		p.mu.Unlock()
		if try > 0 || a.code() != "use_nonce" {
			return a
		}
	}
}

func (p *phone) post(path string, v any) answered {
	p.r.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return p.call(http.MethodPost, path, b)
}

func (p *phone) claim(l wire.RegistrationLink) answered {
	p.r.t.Helper()
	return p.post("/v1/registration/claim", wire.Claim{Session: wire.SessionSecret{Secret: l.Session}, DeviceJWK: p.device.Key()})
}

// statement is the registration that an honest phone signs.
func (p *phone) statement(l wire.RegistrationLink, c wire.Claimed) wire.Registration {
	return wire.Registration{
		Audience: p.r.Site.Issuer, RegistrationID: c.RegistrationID, Challenge: c.Challenge, SessionHash: wire.HashSession(l.Session),
		DeviceJWK: p.device.Key(), ApprovalJWK: p.approval.Key(), ExchangeJWK: p.exchange.Key(),
		Device: authn.DeviceInfo{Name: "Anna's phone", Model: "Pixel 8", OS: "Android 16", App: "1.0.0"}, Class: key.StrongBox, UV: authn.UVBiometric,
	}
}

func (p *phone) sign(reg wire.Registration) string {
	p.r.t.Helper()
	raw, err := wire.SignRegistration(p.approval, reg)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw
}

func (p *phone) finish(raw string) answered {
	p.r.t.Helper()
	return p.post("/v1/registration/finish", wire.Finish{Registration: raw})
}

// register goes through claim and finish; the device is pending then.
func (p *phone) register(c registration.Created) {
	p.r.t.Helper()
	claimed := decode[wire.Claimed](p.r.t, p.claim(c.Link), http.StatusOK)
	raw := p.sign(p.statement(c.Link, claimed))
	p.adopt(p.finish(raw), raw)
}

func (p *phone) adopt(a answered, raw string) {
	p.r.t.Helper()
	f := decode[wire.Finished](p.r.t, a, http.StatusOK)
	b, err := wire.VerifyBound(f.Bound, p.r.identity.Key(), raw)
	if err != nil {
		p.r.t.Fatal(err)
	}
	p.bound, p.id = b, b.Device
	p.r.view(func(rd store.Reader) (err error) { p.user, err = rd.User(b.User); return err })
}

// connect registers a phone and says Yes.
func (r *rig) connect(u authn.User, mode authn.BindingMode) *phone {
	r.t.Helper()
	p := r.newPhone()
	c := r.session(u, mode)
	p.register(c)
	if err := r.Registration.Confirm(context.Background(), c.Session.ID, "page:"+string(c.Session.ID), "", nil); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// enroll writes an active device into the database without the ceremony, for tests that need more than a user may have.
func (r *rig) enroll(u authn.User) *phone {
	r.t.Helper()
	p := r.newPhone()
	p.id, p.user = authn.NewDeviceID(), u
	r.update(func(tx store.Tx) error {
		return tx.CreateDevice(authn.Device{
			ID: p.id, User: u.ID, State: authn.DeviceActive, CreatedAt: r.clock.Now(), LastSeenAt: r.clock.Now(), Class: key.Software,
			Keys: authn.DeviceKeys{Device: p.device.Key(), Approval: p.approval.Key(), Exchange: p.exchange.Key()},
		})
	})
	return p
}

// requests fetches what waits for the phone.
func (p *phone) requests() []string {
	p.r.t.Helper()
	return decode[wire.RequestList](p.r.t, p.call(http.MethodGet, "/v1/requests", nil), http.StatusOK).Requests
}

// request finds one request as it was signed for the phone.
func (p *phone) request(id authn.RequestID) string {
	p.r.t.Helper()
	for _, raw := range p.requests() {
		q, err := wire.VerifyApprovalRequest(raw, p.r.identity.Key(), p.r.Site.Issuer, p.id, p.user.ID)
		if err != nil {
			p.r.t.Fatal(err)
		}
		if q.ID == id {
			return raw
		}
	}
	p.r.t.Fatalf("request %s is not there", id)
	return ""
}

// answer is the decision that an honest phone signs.
func (p *phone) answer(kind authn.DecisionKind, id authn.RequestID, jws, number string) wire.Decision {
	d := wire.Decision{
		Device: p.id, Audience: p.r.Site.Issuer, ID: key.RandomID(16), IssuedAt: p.r.clock.Now().Unix(), Request: id, RequestHash: wire.HashText(jws),
		Kind: kind, Number: number, UV: authn.UVBiometric, Class: key.StrongBox,
	}
	if kind != authn.Approve {
		d.UV = authn.UVNone
	}
	return d
}

func (p *phone) signDecision(d wire.Decision) string {
	k := p.device
	if d.Kind == authn.Approve {
		k = p.approval
	}
	raw, err := wire.SignDecision(k, d)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw
}

func (p *phone) submit(id authn.RequestID, raw string) answered {
	p.r.t.Helper()
	return p.post("/v1/requests/"+string(id)+"/decision", wire.DecisionCommand{Decision: raw})
}

// decide fetches a request and answers it.
func (p *phone) decide(kind authn.DecisionKind, o approval.Opened, number string) answered {
	p.r.t.Helper()
	id := o.Request.ID
	return p.submit(id, p.signDecision(p.answer(kind, id, p.request(id), number)))
}

func (p *phone) status() wire.Status {
	p.r.t.Helper()
	a := decode[wire.StatusAnswer](p.r.t, p.call(http.MethodGet, "/v1/device", nil), http.StatusOK)
	st, err := wire.VerifyStatus(a.Status, p.r.identity.Key(), p.r.Site.Issuer, p.id)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return st
}

// decode reads an answer that must have the status.
func decode[T any](t testing.TB, a answered, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// wantProblem checks status and code of a refusal.
func wantProblem(t testing.TB, what string, a answered, status int, code string) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("%s: status %d code %q, want %d %q: %s", what, a.status, a.code(), status, code, a.body)
	}
}

func (r *rig) block(u authn.User) {
	r.t.Helper()
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
	})
}
