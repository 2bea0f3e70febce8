// Package servertest runs a whole server over TLS on loopback, with a real database and a clock that tests move, and plays the people
// around it by the typed clients: an administrator, phones with keys in memory, computers. It is for tests only; stories with the real
// app are package testenv's.
package servertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	mailtext "avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/admin"
	"avow/internal/server/directory"
	"avow/internal/server/live"
	"avow/internal/server/notify"
	"avow/internal/server/oidc"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

// AdminName is the name of the administrator.
const AdminName = "maja"

// LongPoll is what a server outside tests is given.
const LongPoll = 20 * time.Second

// Options say how an Env differs from the usual one.
type Options struct {
	LongPoll  time.Duration     // of the token endpoint; 0 answers at once
	Log       slog.Handler      // nil: nothing is logged
	CanMail   bool              // users are sent mails, which stay in the outbox
	CanText   bool              // and text messages
	SMTP      *notify.SMTP      // takes the mails, when the test calls Server.Notices.Once or Server.Messages.Mails
	Directory *directory.Config // nil: all users are local. It is read when the test calls Server.Directory.Sync, or Run

	Wrap func(store.Store) store.Store // put around the database; nil for nothing
}

// Env is a running server. It ends with its test.
type Env struct {
	T          testing.TB
	Dir        string
	Site       *site.Site
	Server     *server.Server
	Credential client.Credential
	Admin      *client.Admin

	options Options
	cert    tls.Certificate
	ts      *httptest.Server
	handler atomic.Pointer[http.Handler]
	offset  atomic.Int64
}

// Start runs a server.
func Start(t testing.TB, o Options) *Env {
	t.Helper()
	e := &Env{T: t, Dir: t.TempDir(), options: o}
	identity, k := e.Key(), e.Key()
	e.cert = selfSigned(t)
	ts := httptest.NewUnstartedServer(nil)
	e.ts = ts
	host := ts.Listener.Addr().String()
	if o.Log == nil {
		o.Log = slog.DiscardHandler
	}
	e.Site = &site.Site{
		Issuer: "https://" + host, Host: host, Organisation: "Example Ltd", Identity: identity, Secret: key.NewSecret(32),
		AdminMail: []string{"desk@example.com"},
		TLSKeys:   func() []string { return []string{string(client.SPKI(e.cert.Leaf))} },
		CanMail:   o.CanMail, CanText: o.CanText,
		Match: authn.MatchNumber, Now: e.Now, Log: slog.New(o.Log),
	}
	e.assemble()
	a := authn.Admin{ID: authn.NewAdminID(), Name: AdminName, Role: authn.RoleOwner, Key: k.Key(), CreatedAt: e.Now()}
	e.must(e.Site.Store.Update(context.Background(), func(tx store.Tx) error { return tx.CreateAdmin(a) }))
	e.Credential = client.Credential{Name: a.Name, ID: a.ID, Server: e.ClientServer(), Key: k}
	e.Admin = client.NewAdmin(e.Credential, e.Options())

	ts.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*e.handler.Load()).ServeHTTP(w, r) })
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	ts.TLS = &tls.Config{Certificates: []tls.Certificate{e.cert}}
	ts.StartTLS()
	t.Cleanup(func() {
		e.Admin.Close()
		e.Stop()
		if err := e.Server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return e
}

// assemble opens the database and makes the server on it.
func (e *Env) assemble() {
	e.T.Helper()
	db, err := sqlitetest.Open(context.Background(), filepath.Join(e.Dir, "avow.db"))
	e.must(err)
	e.Site.Store, e.Site.Live = db, live.NewHub()
	if e.options.Wrap != nil {
		e.Site.Store = e.options.Wrap(db)
	}
	cfg := server.Config{Tombstones: filepath.Join(e.Dir, "used"), SMTP: e.options.SMTP, Texts: mailtext.New("046-555 01 00")}
	if e.options.Directory != nil {
		cfg.Directory, err = directory.New(context.Background(), e.Site, *e.options.Directory)
		e.must(err)
	}
	e.Server, err = server.New(e.Site, cfg)
	e.must(err)
	commands := admin.New(e.Site, e.Server.Proof, e.Server.Registration, e.Server.Device, e.Server.Offline, e.Server.Restore)
	commands.SetDirectory(cfg.Directory)
	e.Server.Mount(oidc.New(e.Site, e.Server.Approval, e.Server.Offline, e.options.LongPoll), commands)
	e.must(e.Server.MountPages(context.Background()))
	h := e.Server.Handler()
	e.handler.Store(&h)
}

// Restart ends the server and starts it again on the same files and at the same address: what it had in memory is gone.
func (e *Env) Restart() {
	e.T.Helper()
	e.must(e.Server.Close())
	e.assemble()
}

// Stop lets the server answer nobody any more.
func (e *Env) Stop() {
	e.ts.CloseClientConnections()
	e.ts.Close()
}

// Now is the server's clock.
func (e *Env) Now() time.Time { return time.Now().Add(time.Duration(e.offset.Load())) }

// Advance moves the clock of server and clients.
func (e *Env) Advance(d time.Duration) { e.offset.Add(int64(d)) }

// Key makes a key.
func (e *Env) Key() key.Private {
	k, err := key.Generate()
	e.must(err)
	return k
}

// ClientServer is what a client that was configured by hand knows.
func (e *Env) ClientServer() client.Server {
	return client.Server{Issuer: e.Site.Issuer, Identity: e.Site.Identity.Key(), TLSKeys: []wire.TLSKey{client.SPKI(e.cert.Leaf)}}
}

// Options are those of every client here.
func (e *Env) Options() client.Options { return client.Options{Now: e.Now} }

// Browser is an HTTP client that trusts the server's certificate and knows nothing else of Avow.
func (e *Env) Browser() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(e.cert.Leaf)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	e.T.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Certificate is the server's, for browsers that trust it by its key.
func (e *Env) Certificate() *x509.Certificate { return e.cert.Leaf }

// CertFile writes the server's certificate for programs that want a file.
func (e *Env) CertFile() string {
	path := filepath.Join(e.Dir, "cert.pem")
	e.must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.cert.Certificate[0]}), 0o600))
	return path
}

// Audit returns the audit log, newest first.
func (e *Env) Audit() (records []authn.AuditRecord) {
	e.must(e.Site.Store.View(context.Background(), func(r store.Reader) (err error) {
		records, err = r.Audit(1000)
		return err
	}))
	return records
}

// User makes a user.
func (e *Env) User(login string) wire.AdminUser {
	e.T.Helper()
	u, err := e.Admin.AddUser(context.Background(), wire.AddUser{UserName: login, Name: "Name of " + login, Mail: login + "@example.com", Reason: "test"})
	e.must(err)
	return u
}

// Computer registers a computer and returns its client.
func (e *Env) Computer(id authn.ClientID, match authn.MatchMode) (*client.RelyingParty, key.Private) {
	e.T.Helper()
	k := e.Key()
	_, err := e.Admin.AddClient(context.Background(), wire.AddClient{
		ID: id, Name: "Computer " + string(id), Kind: authn.ClientComputer, Key: k.Key(), Match: match, Known: true, Reason: "test",
	})
	e.must(err)
	rp := client.NewRelyingParty(e.ClientServer(), id, k, e.Options())
	e.T.Cleanup(rp.Close)
	return rp, k
}

func (e *Env) must(err error) {
	e.T.Helper()
	if err != nil {
		e.T.Fatal(err)
	}
}

func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Avow test"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public().(*ecdsa.PublicKey), k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}
