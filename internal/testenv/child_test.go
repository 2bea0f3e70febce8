package testenv_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/admin"
	"avow/internal/server/live"
	"avow/internal/server/oidc"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/wire"
)

// childEnv makes the test program another program: "server FOLDER", "phone FOLDER" or "app FOLDER".
const childEnv = "AVOW_TESTENV_CHILD"

func TestMain(m *testing.M) {
	role, folder, _ := strings.Cut(os.Getenv(childEnv), " ")
	var err error
	switch role {
	case "":
		os.Exit(m.Run())
	case "server":
		err = serveChild(folder)
	case "phone":
		err = phoneChild(folder)
	case "app":
		err = appChild(folder)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// kills is how often a process is killed: some times in make test, AVOW_SOAK times in make soak.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("AVOW_SOAK")); err == nil && n > 0 {
		return n
	}
	return 5
}

// child is a process of this program that may be killed at any moment.
type child struct {
	cmd   *exec.Cmd
	in    io.Writer
	lines chan string // what it says; closed when it is gone
	wrong *strings.Builder
}

func startChild(t testing.TB, role, folder string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0]), lines: make(chan string, 1000), wrong: &strings.Builder{}}
	c.cmd.Env = append(os.Environ(), childEnv+"="+role+" "+folder)
	c.cmd.Stderr = c.wrong
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); { // goes on after the kill: what was said is in the pipe
			c.lines <- scan.Text()
		}
	}()
	return c
}

// kill is kill -9. It returns what the child had said and nobody had read.
func (c *child) kill() (rest []string) {
	_ = c.cmd.Process.Kill()
	for l := range c.lines {
		rest = append(rest, l)
	}
	_ = c.cmd.Wait()
	return rest
}

// town is what outlives the server's process: its keys, its address, its database, and the people.
type town struct {
	Dir      string
	Addr     string
	Identity string // PEM
	TLS      string // PEM
	Cert     []byte // DER
	Secret   []byte
}

func (w town) issuer() string { return "https://" + w.Addr }
func (w town) db() string     { return filepath.Join(w.Dir, "avow.db") }

// found makes a town with one administrator, and computers with one policy.
func found(t testing.TB, computers int, match authn.MatchMode) (town, client.Credential, []*client.RelyingParty) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	identity, tlsKey := newKey(t), newKey(t)
	w := town{Dir: t.TempDir(), Addr: l.Addr().String(), Secret: key.NewSecret(32)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w.Identity, w.TLS = pemOf(t, identity), pemOf(t, tlsKey)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Avow town"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	if w.Cert, err = x509.CreateCertificate(rand.Reader, c, c, tlsKey.Public().(*ecdsa.PublicKey), tlsKey); err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(w.Cert)
	if err != nil {
		t.Fatal(err)
	}
	known := client.Server{Issuer: w.issuer(), Identity: identity.Key(), TLSKeys: []wire.TLSKey{client.SPKI(leaf)}}
	k := newKey(t)
	a := authn.Admin{ID: authn.NewAdminID(), Name: "maja.berg", Role: authn.RoleOwner, Key: k.Key(), CreatedAt: time.Now()}
	db, err := sqlite.Open(context.Background(), w.db(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rps []*client.RelyingParty
	err = db.Update(context.Background(), func(tx store.Tx) error {
		for i := range computers {
			k := newKey(t)
			id := authn.ClientID(fmt.Sprintf("computer-%d", i))
			rps = append(rps, client.NewRelyingParty(known, id, k, client.Options{}))
			if err := tx.CreateClient(authn.Client{
				ID: id, Name: string(id), Kind: authn.ClientComputer, Key: k.Key(), Match: match, Known: true, CreatedAt: time.Now(),
			}); err != nil {
				return err
			}
		}
		return tx.CreateAdmin(a)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w.write(t)
	return w, client.Credential{Name: a.Name, ID: a.ID, Server: known, Key: k}, rps
}

// settle puts users with handsets into the town's database; no server may run.
func (w town) settle(t testing.TB, server client.Server, users int) []someone {
	t.Helper()
	db, err := sqlite.Open(context.Background(), w.db(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people := populate(t, db, server, client.Options{}, users, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range people {
			p.handsets[0].Close()
		}
	})
	return people
}

func pemOf(t testing.TB, k key.Private) string {
	t.Helper()
	text, err := k.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w town) write(t testing.TB) {
	t.Helper()
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "town.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// serveChild is the real server on the town's address and database, until it is killed. It says "listening", and answers each "memory"
// on its standard input with the bytes in use after a collection.
func serveChild(folder string) error {
	var w town
	b, err := os.ReadFile(filepath.Join(folder, "town.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	identity, err := key.ParsePEM(key.Secret(w.Identity))
	if err != nil {
		return err
	}
	tlsKey, err := key.ParsePEM(key.Secret(w.TLS))
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(w.Cert)
	if err != nil {
		return err
	}
	cert := &tls.Certificate{Certificate: [][]byte{w.Cert}, PrivateKey: tlsKey, Leaf: leaf}
	db, err := sqlite.Open(context.Background(), w.db(), sqlite.Options{})
	if err != nil {
		return err
	}
	s := &site.Site{
		Issuer: w.issuer(), Host: w.Addr, Organisation: "Lund Energy", Identity: identity, Secret: w.Secret,
		TLSKeys: func() []string { return []string{string(client.SPKI(leaf))} }, Match: authn.MatchNumber,
		Store: db, Live: live.NewHub(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	srv, err := server.New(s, server.Config{
		Tombstones: filepath.Join(w.Dir, "used-sessions"), ClaimLimit: tries.Limit{PerMinute: 1 << 20, Burst: 1 << 20},
	})
	if err != nil {
		return err
	}
	if err := srv.MountPages(context.Background()); err != nil {
		return err
	}
	srv.Mount(oidc.New(s, srv.Approval, srv.Offline, time.Second), admin.New(s, srv.Proof, srv.Registration, srv.Device, srv.Offline, srv.Restore))
	l, err := net.Listen("tcp", w.Addr)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	go answerMemory(bufio.NewScanner(os.Stdin))
	return srv.Serve(context.Background(), l, server.TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil }))
}

func answerMemory(in *bufio.Scanner) {
	for in.Scan() {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		fmt.Println("memory", m.HeapAlloc)
	}
}

// startServer starts the town's server and returns when it is ready, with the time that took.
func (w town) startServer(t testing.TB) (*child, time.Duration) {
	t.Helper()
	began := time.Now()
	c := startChild(t, "server", w.Dir)
	if line, ok := <-c.lines; !ok || line != "listening" {
		_ = c.kill()
		t.Fatalf("the server did not start: %q %s", line, c.wrong)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(w.issuer() + "/readyz")
	if err != nil {
		t.Fatalf("ready? %v", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("ready? %s", resp.Status)
	}
	return c, time.Since(began)
}

// gate lets those through who wait for a server that was not there before.
type gate struct {
	mu    sync.Mutex
	n     int
	opens chan struct{}
}

func newGate() *gate { return &gate{opens: make(chan struct{})} }

func (g *gate) now() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// open counts a server that is ready.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	close(g.opens)
	g.opens = make(chan struct{})
}

// after waits for a later server than the nth.
func (g *gate) after(ctx context.Context, n int) error {
	for {
		g.mu.Lock()
		now, opens := g.n, g.opens
		g.mu.Unlock()
		if now > n {
			return nil
		}
		select {
		case <-opens:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
