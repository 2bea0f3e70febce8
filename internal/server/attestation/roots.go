package attestation

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
)

var (
	//go:embed roots/google.pem
	googleRoots []byte
	//go:embed roots/apple.pem
	appleRoots []byte
)

// ParseRoots reads a file of root certificates. Each must be a certificate authority that has signed itself.
func ParseRoots(file []byte) ([]*x509.Certificate, error) {
	var roots []*x509.Certificate
	for {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("there is a %.40q among the certificates", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(c.RawIssuer, c.RawSubject) || c.CheckSignatureFrom(c) != nil {
			return nil, fmt.Errorf("%s is not a root", c.Subject)
		}
		roots = append(roots, c)
	}
	if len(roots) == 0 {
		return nil, errors.New("there is no certificate in PEM")
	}
	return roots, nil
}
