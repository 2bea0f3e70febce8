package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/client"
	"avow/internal/server/config"
)

func madeFor(t *testing.T, host string) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := selfSigned(host, certFile, keyFile, time.Now()); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

func TestSelfSignedNamesItsHost(t *testing.T) {
	for hostport, host := range map[string]string{
		"id.example.com": "id.example.com", "id.example.com:8443": "id.example.com", "192.0.2.7:8443": "192.0.2.7",
	} {
		certFile, _ := madeFor(t, hostport)
		leaf, err := firstCertificate(certFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
}

// A renewed certificate is used, and listed, without a restart; a broken one is not, and the log says so.
func TestChangedCertificateIsUsed(t *testing.T) {
	cfg := config.Default()
	cfg.Issuer = "https://id.example.com"
	cfg.TLS.CertFile, cfg.TLS.KeyFile = madeFor(t, "id.example.com")
	proxy, _ := madeFor(t, "proxy.example.com")
	cfg.TLS.ProxyCertFiles = []string{proxy}
	var log bytes.Buffer
	c, err := openCertificate(cfg, slog.New(slog.NewTextHandler(&log, nil)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	first := c.listed()
	if len(first) != 2 {
		t.Fatalf("listed %q, want the server's key and the proxy's", first)
	}

	next, nextKey := madeFor(t, "id.example.com")
	replace(t, nextKey, cfg.TLS.KeyFile, 0)
	c.looked = time.Time{}
	if !slices.Equal(c.listed(), first) || !strings.Contains(log.String(), "the changed TLS certificate is not used") {
		t.Errorf("a key without its certificate: listed %q, log %q", c.listed(), log.String())
	}
	replace(t, next, cfg.TLS.CertFile, time.Second)
	c.looked = time.Time{}
	got, err := c.forTLS(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := firstCertificate(next)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(client.SPKI(leaf)); string(client.SPKI(got.Leaf)) != want || c.listed()[0] != want || c.listed()[1] != first[1] {
		t.Errorf("the renewed certificate is not used: listed %q", c.listed())
	}
}

// replace copies a file over another and gives it a time of its own, whatever the grain of the file system's clock.
func replace(t *testing.T, from, to string, later time.Duration) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Minute + later)
	if err := os.Chtimes(to, at, at); err != nil {
		t.Fatal(err)
	}
}
