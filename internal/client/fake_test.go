package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// fake is a server over real TLS whose answers a test sets.
type fake struct {
	*httptest.Server
	identity key.Private
	meta     atomic.Pointer[wire.Metadata]
	handle   atomic.Pointer[http.HandlerFunc]
	asked    atomic.Int32 // calls that were no metadata
	certs    atomic.Pointer[tls.Certificate]
}

func newKey(t *testing.T) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// selfSigned makes a certificate for 127.0.0.1, good around a time.
func selfSigned(t *testing.T, at time.Time) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(newKey(t).Key().ECDSA().Curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{identity: newKey(t)}
	cert := selfSigned(t, time.Now())
	f.certs.Store(&cert)
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = quiet()
	f.TLS = &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{Certificates: []tls.Certificate{*f.certs.Load()}}, nil
		},
	}
	f.StartTLS()
	t.Cleanup(f.Close)
	f.meta.Store(&wire.Metadata{
		Version: wire.MetadataVersion, Issuer: f.URL, Organisation: "Example", Identity: f.identity.Key(),
		TLSKeys: []wire.TLSKey{SPKI(cert.Leaf)}, IssuedAt: 1000, Expires: 2000, Match: "number",
	})
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == wire.MetadataPath {
		raw, err := wire.SignMetadata(f.identity, *f.meta.Load())
		if err != nil {
			panic(err)
		}
		w.Header().Set("Content-Type", wire.MetadataMedia)
		_, _ = w.Write([]byte(raw))
		return
	}
	f.asked.Add(1)
	(*f.handle.Load())(w, r)
}

func (f *fake) answer(h http.HandlerFunc) { f.handle.Store(&h) }

func (f *fake) link(pin key.Pin) wire.RegistrationLink {
	u, _ := url.Parse(f.URL)
	return wire.RegistrationLink{Host: u.Host, Session: key.NewSecret(16), Pin: pin}
}

func (f *fake) discover(t *testing.T) Server {
	t.Helper()
	s, err := Discover(t.Context(), f.link(f.identity.Key().Thumbprint().Pin()), Options{})
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	return s
}

func (f *fake) device(t *testing.T, o Options) *Device {
	t.Helper()
	d := NewDevice(f.discover(t), authn.NewDeviceID(), newKey(t), o)
	t.Cleanup(d.Close)
	return d
}

func jsonAnswer(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Problem{Status: status, Kind: authn.Unauthorized, Code: code, Title: "Say it again."})
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := authn.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
		return
	}
	if m := authn.AsError(err).Message; want != "" && (m == "" || !strings.HasSuffix(m, ".")) {
		t.Errorf("message %q is no sentence", m)
	}
}

func bg() context.Context { return context.Background() }
