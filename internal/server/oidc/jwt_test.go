package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"avow/internal/key"
)

func parseEC(t *testing.T, raw key.Secret) any {
	t.Helper()
	block, _ := pem.Decode(raw)
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must(t *testing.T, k key.Private) key.Secret {
	t.Helper()
	raw, err := k.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// none is an unsigned JWT (RFC 7519, section 6).
func none(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// twice repeats a claim; the signature does not match any more, and must not have to.
func twice(t *testing.T, raw string) string {
	t.Helper()
	parts := strings.Split(raw, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "{", `{"sub":"laptop-2",`, 1)))
	return strings.Join(parts, ".")
}
