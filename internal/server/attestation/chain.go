package attestation

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"avow/internal/key"
)

// parseChain reads certificates, the leaf first.
func parseChain(ders [][]byte) ([]*x509.Certificate, error) {
	if len(ders) < 2 || len(ders) > maxChain {
		return nil, fmt.Errorf("a chain of %d certificates", len(ders))
	}
	size := 0
	chain := make([]*x509.Certificate, 0, len(ders))
	for _, der := range ders {
		if size += len(der); size > maxBytes {
			return nil, errors.New("the certificates are too large")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(chain), err)
		}
		chain = append(chain, c)
	}
	return chain, nil
}

// anchor checks that each certificate is signed by the next and the last by a root, all good now, and returns the chain with its root. A root that
// the phone has sent may be an older certificate of the same key: the key is what is pinned.
func anchor(chain, roots []*x509.Certificate, now time.Time) ([]*x509.Certificate, error) {
	top := chain[len(chain)-1]
	for _, root := range roots {
		if bytes.Equal(top.RawSubject, root.RawSubject) && bytes.Equal(top.RawSubjectPublicKeyInfo, root.RawSubjectPublicKeyInfo) {
			chain = chain[:len(chain)-1]
			break
		}
	}
	if len(chain) == 0 || chain[0].IsCA {
		return nil, errors.New("the chain has no leaf")
	}
	pool, between := x509.NewCertPool(), x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	found, err := chain[0].Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	for _, f := range found { // Verify takes any order and leaves out what it does not need
		if len(f) == len(chain)+1 && same(f, chain) {
			return f, nil
		}
	}
	return nil, errors.New("the certificates are not a chain in this order")
}

func same(longer, chain []*x509.Certificate) bool {
	for i, c := range chain {
		if !c.Equal(longer[i]) {
			return false
		}
	}
	return true
}

func keyOf(c *x509.Certificate) (key.Public, error) {
	pub, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return key.Public{}, errors.New("the attested key is not on P-256")
	}
	return key.FromECDSA(pub)
}
