package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server/config"
)

// lookAgain is how often the files of the certificate are looked at for a change.
const lookAgain = 5 * time.Second

// certificate is the server's TLS certificate, read again when its files change, so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	proxies           []string // certificates of proxies in front; their keys are listed too
	log               *slog.Logger

	mu     sync.Mutex
	cert   *tls.Certificate
	keys   []string
	stamp  string
	looked time.Time
}

// openCertificate reads the configured certificate. Where none is configured it makes one at the first start.
func openCertificate(cfg config.Config, log *slog.Logger, now time.Time) (*certificate, error) {
	c := &certificate{certFile: cfg.Path(cfg.TLS.CertFile), keyFile: cfg.Path(cfg.TLS.KeyFile), log: log}
	for _, p := range cfg.TLS.ProxyCertFiles {
		c.proxies = append(c.proxies, cfg.Path(p))
	}
	if cfg.SelfMade() {
		c.certFile, c.keyFile = cfg.Data(config.TLSCertFile), cfg.Data(config.TLSKeyFile)
		if _, err := os.Stat(c.certFile); errors.Is(err, fs.ErrNotExist) {
			host := strings.TrimPrefix(cfg.Issuer, "https://")
			if err := selfSigned(host, c.certFile, c.keyFile, now); err != nil {
				return nil, err
			}
		}
	}
	return c, c.read()
}

// read reads the files. After an error what was read before stays.
func (c *certificate) read() error {
	stamp := c.stampNow()
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the TLS certificate: %w", err)
	}
	keys := []string{string(client.SPKI(cert.Leaf))}
	for _, path := range c.proxies {
		leaf, err := firstCertificate(path)
		if err != nil {
			return err
		}
		keys = append(keys, string(client.SPKI(leaf)))
	}
	c.cert, c.keys, c.stamp = &cert, keys, stamp
	return nil
}

func firstCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the proxy's certificate: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s is not a certificate in PEM", path)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the proxy's certificate %s: %w", path, err)
	}
	return leaf, nil
}

func (c *certificate) stampNow() string {
	var b strings.Builder
	for _, path := range append([]string{c.certFile, c.keyFile}, c.proxies...) {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintln(&b, info.ModTime().UnixNano(), info.Size())
		}
	}
	return b.String()
}

func (c *certificate) look() {
	if time.Since(c.looked) < lookAgain {
		return
	}
	c.looked = time.Now()
	if c.stampNow() == c.stamp {
		return
	}
	if err := c.read(); err != nil {
		c.log.Error("the changed TLS certificate is not used", "err", err)
		return
	}
	c.log.Info("the TLS certificate was read again")
}

// forTLS gives the certificate for a new connection.
func (c *certificate) forTLS(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.cert, nil
}

// listed gives the keys that the metadata lists.
func (c *certificate) listed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.keys
}

// selfSigned makes a key, unless one is left from a start that was interrupted, and a certificate of ten years for it. Phones judge the
// key by the signed metadata, whatever the certificate says.
func selfSigned(hostport, certFile, keyFile string, now time.Time) error {
	k, err := tlsKey(keyFile)
	if err != nil {
		return err
	}
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(key.NewSecret(16)), Subject: pkix.Name{CommonName: host},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, k.Public().(*ecdsa.PublicKey), k)
	if err != nil {
		return fmt.Errorf("make the TLS certificate: %w", err)
	}
	return atomicfile.Write(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func tlsKey(path string) (key.Private, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return key.ParsePEM(b)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return key.Private{}, fmt.Errorf("read the TLS key: %w", err)
	}
	k, err := key.Generate()
	if err != nil {
		return key.Private{}, err
	}
	raw, err := k.EncodePEM()
	if err != nil {
		return key.Private{}, err
	}
	return k, atomicfile.Write(path, raw)
}
