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
	"errors"
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
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
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
	r.config.ClaimLimit = tries.Limit{PerMinute: 1 << 30, Burst: 1 << 30}
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
	db, err := sqlitetest.Open(r.t.Context(), r.database())
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
		Store: st, Live: live.NewHub(), Now: r.clock.Now, CanMail: true, CanText: true,
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
