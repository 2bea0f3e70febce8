// Package debuglogtest has the corpus of R-124: secrets in all the shapes that they have in and around the app, to be pushed through whatever may log.
package debuglogtest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"avow/internal/key"
	"avow/internal/wire"
)

// Corpus draws secrets of 60 shapes and more, new ones each time, by the name of the shape.
func Corpus(t testing.TB) map[string]string {
	t.Helper()
	c := map[string]string{}
	for _, n := range []int{10, 16, 20, 32, 64} {
		b := key.NewSecret(n)
		b32 := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
		for shape, s := range map[string]string{
			"hex": hex.EncodeToString(b), "HEX": strings.ToUpper(hex.EncodeToString(b)), "base64url": base64.RawURLEncoding.EncodeToString(b),
			"base64": base64.StdEncoding.EncodeToString(b), "base32": b32, "small base32": strings.ToLower(b32) + "2", "as spoken": wire.PageCode(b),
		} {
			c[fmt.Sprintf("%d bytes, %s", n, shape)] = s
		}
	}
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	pem, err := k.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	session := key.NewSecret(16)
	link := wire.RegistrationLink{Host: "id.example.com", Session: session, Pin: k.Key().Thumbprint().Pin()}
	handle := wire.ApprovalLink{Host: "id.example.com", Handle: session}
	restore := key.NewRestoreCode()
	for name, s := range map[string]string{
		"link": link.Encode(), "link of the app": link.App(), "handle": handle.Encode(), "handle of the app": handle.App(),
		"page": wire.PageLink("id.example.com", session), "key, PEM": strings.Split(string(pem), "\n")[1],
		"restore code": restore.Text(), "restore code without dashes": strings.ReplaceAll(restore.Text(), "-", ""), "backup code": key.NewBackupSet()[7].Text(),
		"six digits": "482913", "eight digits": "48299301", "digits in groups": "4829 9301", "PIN": "pin:8341-7729", "list code": "AVOW-7K QM2X RD4T-list",
		"password": "sup3r-s3cret-p4ssword", "passphrase": "correct horse battery staple 71",
		"otpauth": "otpauth://totp/A:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "migration": "otpauth-migration://offline?data=" + key.RandomID(30),
		"bearer": "Bearer " + key.RandomID(40), "basic": "Basic " + key.RandomID(24), "DPoP": "Avow " + key.RandomID(40),
		"JWT": "eyJhbGciOiJFUzI1NiJ9." + key.RandomID(60) + "." + key.RandomID(64), "JWE": "eyJhbGciOiJkaXIifQ.." + key.RandomID(16) + "." + key.RandomID(60) + "." + key.RandomID(22),
		"age key": "AGE-SECRET-KEY-1" + strings.ToUpper(hex.EncodeToString(key.NewSecret(20))), "cookie": "session=" + key.RandomID(24),
		"client assertion": "client_assertion=" + key.RandomID(30), "auth_req_id": "auth_req_id=" + key.RandomID(24), "push token": "xoxb-" + key.RandomID(20),
		"like an id": "d_secret_" + key.RandomID(16), "with line breaks": "two\r\nlines 2026-11-26T09:00:00.000Z ERROR forged " + key.RandomID(8),
		"with bidi": "\u202e" + key.RandomID(12), "with escapes": "\x1b[31m" + key.RandomID(12),
	} {
		c[name] = s
	}
	if len(c) < 60 {
		t.Fatalf("only %d shapes", len(c))
	}
	return c
}

// Find returns the names of the secrets of a corpus that stand in a text, whole or in their longest part without spaces.
func Find(corpus map[string]string, text string) (found []string) {
	for name, secret := range corpus {
		longest := ""
		for _, part := range strings.Fields(secret) {
			if len(part) > len(longest) && part != "2026-11-26T09:00:00.000Z" {
				longest = part
			}
		}
		if strings.Contains(text, secret) || len(longest) >= 6 && strings.Contains(text, longest) {
			found = append(found, name)
		}
	}
	return found
}
