// Package attestationtest plays the makers of phones: an authority with a root of its own, and phones that it certifies, good ones and ones that lie. It has
// encoders of its own, so that a mistake of package attestation does not stand on both sides.
package attestationtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"avow/internal/key"
)

// Maker is an authority: a root, and one certificate between it and the phones.
type Maker struct {
	t       testing.TB
	now     time.Time
	serial  int64
	Root    *x509.Certificate
	rootKey *ecdsa.PrivateKey
	Between *x509.Certificate
	key     *ecdsa.PrivateKey
}

// New makes an authority whose certificates are good a year around now.
func New(t testing.TB, now time.Time) *Maker {
	t.Helper()
	m := &Maker{t: t, now: now, serial: 0xa000}
	m.rootKey, m.key = newKey(t), newKey(t)
	m.Root = m.sign(authority("Root of a maker"), &m.rootKey.PublicKey, nil, m.rootKey)
	m.Renew(func(*x509.Certificate) {})
	return m
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func authority(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

// sign makes a certificate; without a parent it signs itself. Times that the template leaves open are half a year from now.
func (m *Maker) sign(template *x509.Certificate, pub crypto.PublicKey, parent *x509.Certificate, by *ecdsa.PrivateKey) *x509.Certificate {
	m.t.Helper()
	m.serial++
	template.SerialNumber = big.NewInt(m.serial)
	if template.NotBefore.IsZero() {
		template.NotBefore = m.now.AddDate(0, -6, 0)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = m.now.AddDate(0, 6, 0)
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, by)
	if err != nil {
		m.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// Renew makes the certificate in between anew.
func (m *Maker) Renew(change func(*x509.Certificate)) {
	m.t.Helper()
	template := authority("Phones of a maker")
	change(template)
	m.Between = m.sign(template, &m.key.PublicKey, m.Root, m.rootKey)
}

// RenewRoot gives the root another certificate with the same key, as Google has done several times, and returns it.
func (m *Maker) RenewRoot(change func(*x509.Certificate)) *x509.Certificate {
	m.t.Helper()
	template := authority("Root of a maker")
	change(template)
	return m.sign(template, &m.rootKey.PublicKey, nil, m.rootKey)
}

// Roots is the root as a file.
func (m *Maker) Roots() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.Root.Raw})
}

// Leaf certifies a phone's key.
func (m *Maker) Leaf(pub key.Public, change func(*x509.Certificate), extensions ...pkix.Extension) *x509.Certificate {
	m.t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Android Keystore Key"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: extensions,
	}
	if change != nil {
		change(template)
	}
	return m.sign(template, pub.ECDSA(), m.Between, m.key)
}

// Under signs a certificate with a phone's own key.
func (m *Maker) Under(parent *x509.Certificate, by key.Private, pub key.Public, extensions ...pkix.Extension) *x509.Certificate {
	m.t.Helper()
	m.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(m.serial), NotBefore: m.now.AddDate(0, -1, 0), NotAfter: m.now.AddDate(0, 1, 0),
		Subject: pkix.Name{CommonName: "made by a phone"}, ExtraExtensions: extensions,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub.ECDSA(), by)
	if err != nil {
		m.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// Chain puts the maker's certificates behind a leaf.
func (m *Maker) Chain(leaf *x509.Certificate) [][]byte {
	return [][]byte{leaf.Raw, m.Between.Raw, m.Root.Raw}
}

// OIDs of the extensions.
var (
	OIDDescription = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 1, 17}
	OIDNonce       = asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}
)
