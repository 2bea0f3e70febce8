package client

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/key"
	"avow/internal/wire"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestDiscover(t *testing.T) {
	f := newFake(t)
	got := f.discover(t)
	want := Server{
		Issuer: f.URL, Organisation: "Example", Match: "number", Identity: f.identity.Key(),
		TLSKeys: f.meta.Load().TLSKeys, MetadataAt: 1000,
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b key.Public) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if got.Host() != strings.TrimPrefix(f.URL, "https://") {
		t.Errorf("host %q", got.Host())
	}
}

// a server that the code's pin does not vouch for is a hard stop, before anything of the link is sent.
func TestDiscoverPinMismatchR009(t *testing.T) {
	f := newFake(t)
	f.answer(func(http.ResponseWriter, *http.Request) { t.Error("more than the metadata was asked for") })
	_, err := Discover(t.Context(), f.link(newKey(t).Key().Thumbprint().Pin()), Options{})
	wantCode(t, err, "pin_mismatch")
	if !errors.Is(err, ErrPinMismatch) || !errors.Is(err, wire.ErrPinMismatch) {
		t.Errorf("%v is not ErrPinMismatch", err)
	}
	if f.asked.Load() != 0 {
		t.Error("the server was asked something else")
	}
}

// genuine metadata relayed over someone else's TLS does not help him.
func TestDiscoverForeignTLSKeyR009(t *testing.T) {
	f := newFake(t)
	m := *f.meta.Load()
	m.TLSKeys = []wire.TLSKey{SPKI(selfSigned(t, time.Now()).Leaf)}
	f.meta.Store(&m)
	_, err := Discover(t.Context(), f.link(f.identity.Key().Thumbprint().Pin()), Options{})
	wantCode(t, err, "tls_untrusted")
}

func TestDiscoverByWebPKI(t *testing.T) {
	f := newFake(t)
	m := *f.meta.Load()
	m.TLSKeys = nil
	f.meta.Store(&m)
	roots := x509.NewCertPool()
	roots.AddCert(f.certs.Load().Leaf)
	if _, err := Discover(t.Context(), f.link(f.identity.Key().Thumbprint().Pin()), Options{Roots: roots}); err != nil {
		t.Error(err)
	}
}

func TestDiscoverOtherIssuer(t *testing.T) {
	f := newFake(t)
	m := *f.meta.Load()
	m.Issuer = "https://id.example.com"
	f.meta.Store(&m)
	_, err := Discover(t.Context(), f.link(f.identity.Key().Thumbprint().Pin()), Options{})
	wantCode(t, err, "server_nonsense")
}

func TestIssuerForms(t *testing.T) {
	cases := map[string]string{
		"https://id.example.com":       "",
		"https://id.example.com:8443":  "",
		"http://127.0.0.1:8080":        "", // only since PlainLoopback is set below
		"http://[::1]:8080":            "",
		"http://id.example.com":        "plain_http",
		"http://localhost:8080":        "plain_http", // a name may be resolved by someone else
		"ftp://id.example.com":         "plain_http",
		"id.example.com":               "bad_issuer",
		"https://id.example.com/":      "bad_issuer",
		"https://id.example.com/x":     "bad_issuer",
		"https://id.example.com?x":     "bad_issuer",
		"https://a:b@id.example.com":   "bad_issuer",
		"https://":                     "bad_issuer",
		"https://id.example.com#":      "bad_issuer",
		"https://id.example.com\nHost": "bad_issuer",
	}
	for issuer, want := range cases {
		_, err := checkIssuer(issuer, Options{PlainLoopback: true})
		if want == "" && err != nil {
			t.Errorf("%q: %v", issuer, err)
		} else if want != "" {
			wantCode(t, err, want)
		}
	}
	// without the option there is no plain HTTP at all.
	_, err := checkIssuer("http://127.0.0.1:8080", Options{})
	wantCode(t, err, "plain_http")
}

func TestNewTLSKeyIsLearnedFromSignedMetadata(t *testing.T) {
	f := newFake(t)
	f.answer(jsonAnswer(wire.RequestList{ServerTime: 5}))
	d := f.device(t, Options{})
	var kept []Server
	d.OnServer(func(s Server) { kept = append(kept, s) })

	cert := selfSigned(t, time.Now())
	f.certs.Store(&cert)
	f.CloseClientConnections()
	if _, err := d.Requests(t.Context()); err == nil {
		t.Fatal("a TLS key that nobody vouches for was trusted")
	} else {
		wantCode(t, err, "tls_untrusted")
	}
	if f.asked.Load() != 0 {
		t.Fatal("something was sent to a server that is not trusted")
	}
	m := *f.meta.Load()
	m.TLSKeys, m.IssuedAt = []wire.TLSKey{SPKI(cert.Leaf)}, 1001
	f.meta.Store(&m)
	if _, err := d.Requests(t.Context()); err != nil {
		t.Fatalf("after the server signed for its new key: %v", err)
	}
	if len(kept) != 1 || kept[0].TLSKeys[0] != SPKI(cert.Leaf) {
		t.Errorf("reported %v", kept)
	}
}

func TestOlderMetadataIsRefused(t *testing.T) {
	f := newFake(t)
	s := f.discover(t)
	m := *f.meta.Load()
	m.IssuedAt = 999
	f.meta.Store(&m)
	_, err := s.Refresh(t.Context(), Options{})
	wantCode(t, err, "server_nonsense")
}

func TestRefreshKeepsIdentity(t *testing.T) {
	f := newFake(t)
	s := f.discover(t)
	s.Identity = newKey(t).Key()
	_, err := s.Refresh(t.Context(), Options{})
	wantCode(t, err, "pin_mismatch")
}

// a phone whose clock is ten years off works, as long as the server's metadata lists its TLS key.
func TestWrongClockR041(t *testing.T) {
	f := newFake(t)
	f.answer(jsonAnswer(wire.RequestList{ServerTime: 5}))
	for _, years := range []int{-10, 10} {
		o := Options{Now: func() time.Time { return time.Now().AddDate(years, 0, 0) }}
		s, err := Discover(t.Context(), f.link(f.identity.Key().Thumbprint().Pin()), o)
		if err != nil {
			t.Fatalf("%d years off: %v", years, err)
		}
		d := NewDevice(s, "d_x", newKey(t), o)
		if _, err := d.Requests(t.Context()); err != nil {
			t.Errorf("%d years off: %v", years, err)
		}
		d.Close()
	}
}
