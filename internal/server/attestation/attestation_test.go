package attestation

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/server/attestation/attestationtest"
)

// TestR015Unavailable: what cannot be checked is not believed, and it is not the phone's fault.
func TestR015Unavailable(t *testing.T) {
	r := newRig(t)
	chain := r.android(nil)
	for name, change := range map[string]func(){
		"no list":      func() { r.v.status = &statusList{} },
		"list is gone": func() { r.v.status = &statusList{path: r.status + ".gone"} },
		"list is a page": func() {
			if err := os.WriteFile(r.status, []byte("<html>"), 0o600); err != nil {
				t.Fatal(err)
			}
			r.v.status = &statusList{path: r.status}
		},
	} {
		change()
		if got, err := r.v.Android(chain, r.expect); !errors.Is(err, ErrUnavailable) || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	object := r.Apple(app, r.expect.Client, nil)
	r.v.apps = nil
	if got, err := r.v.Apple(object, r.expect); !errors.Is(err, ErrUnavailable) || got != "" {
		t.Errorf("no app: got %q, %v", got, err)
	}
}

// TestR015StatusReadAgain: the operator replaces the file while the server runs.
func TestR015StatusReadAgain(t *testing.T) {
	r := newRig(t)
	if _, err := r.v.Android(r.android(nil), r.expect); err != nil {
		t.Fatal(err)
	}
	r.revoke(t, r.Between.SerialNumber.Text(16))
	if err := os.Chtimes(r.status, noon, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.v.Android(r.android(nil), r.expect); !errors.Is(err, ErrFailed) {
		t.Errorf("a certificate that was revoked since: %v", err)
	}
}

func TestParseStatus(t *testing.T) {
	got, err := ParseStatus([]byte(`{"entries":{"0AbC":{"status":"REVOKED","expires":"2026-11-13","reason":"KEY_COMPROMISE"},"12":{"status":"SUSPENDED"}},"more":1}`))
	if d := cmp.Diff(map[string]string{"abc": "REVOKED", "12": "SUSPENDED"}, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	for _, text := range []string{``, `{}`, `[]`, `{"entries":null}`, `{"entries":{"xyz":{"status":"REVOKED"}}}`, `{"entries":{"-1":{}}}`, `{"entries":{"":{}}}`, `{"entries":{"1":2}}`} {
		if got, err := ParseStatus([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", text, got)
		}
	}
}

// TestR015Roots: the roots in the program are those that Google and Apple publish, by the SHA-256 of the certificate and of the key.
func TestR015Roots(t *testing.T) {
	v, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got [][3]string
	for _, c := range slices.Concat(v.google, v.apple) {
		cert, spki := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
		got = append(got, [3]string{c.Subject.String(), hex.EncodeToString(cert[:]), hex.EncodeToString(spki[:])})
	}
	want := [][3]string{
		{
			"SERIALNUMBER=f92009e853b6b045",
			"cedb1cb6dc896ae5ec797348bce9286753c2b38ee71ce0fbe34a9a1248800dfc", "feb2ea7551ee316ed4bb443c8293b884dbfdea40b603ee3e4f4a897e4580fbae",
		},
		{
			"CN=Key Attestation CA1,OU=Android,O=Google LLC,C=US",
			"6d9db4ce6c5c0b293166d08986e05774a8776ceb525d9e4329520de12ba4bcc0", "3ee44512a1af2beb39c889490c60ea3f82e43f5d5a5532f5ab9419f676cd07ec",
		},
		{
			"CN=Apple App Attestation Root CA,O=Apple Inc.,ST=California",
			"1cb9823ba28ba6ad2d33a006941de2ae4f513ef1d4e831b9f7e0fa7b6242c932", "1ae751fd29896d0f1f13fe226c063f445d40d8938acc6245c251ecc0679330bd",
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseRootsRefused(t *testing.T) {
	m := attestationtest.New(t, noon)
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	changed := bytes.Clone(m.Root.Raw)
	changed[len(changed)-1] ^= 1
	for name, file := range map[string][]byte{
		"nothing":        nil,
		"text":           []byte("hello"),
		"intermediate":   block("CERTIFICATE", m.Between.Raw),
		"signature":      block("CERTIFICATE", changed),
		"no certificate": block("CERTIFICATE", []byte("x")),
		"private key":    append(m.Roots(), block("PRIVATE KEY", []byte("x"))...),
	} {
		if got, err := ParseRoots(file); err == nil {
			t.Errorf("%s: %d roots", name, len(got))
		}
	}
	if _, err := New(Options{GoogleRoots: []byte("x")}); err == nil {
		t.Error("bad Google roots are taken")
	}
	if _, err := New(Options{AppleRoots: []byte("x")}); err == nil {
		t.Error("bad Apple roots are taken")
	}
}

// FuzzDescription: whatever stands in a certificate, the parser ends, and what it takes it takes in one spelling only.
func FuzzDescription(f *testing.F) {
	d := attestationtest.Good(sha256.Sum256([]byte("challenge")))
	f.Add(d.DER())
	d.Order = []int{1, 704}
	f.Add(d.DER())
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		if _, err := parseDescription(der); err != nil {
			return
		}
		if _, err := parseDescription(append(bytes.Clone(der), 0)); err == nil {
			t.Error("something behind it is taken")
		}
		if _, err := parseDescription(der[:len(der)-1]); err == nil {
			t.Error("taken without its last byte")
		}
	})
}

// FuzzAppAttest: the same for Apple's object.
func FuzzAppAttest(f *testing.F) {
	m := attestationtest.New(f, noon)
	f.Add(m.Apple(app, sha256.Sum256([]byte("client")), nil))
	f.Add(attestationtest.EncodeObject("apple-appattest", nil, nil, make([]byte, 60)))
	f.Fuzz(func(t *testing.T, object []byte) {
		a, auth, err := parseAppAttest(object)
		if err != nil {
			return
		}
		if len(auth.app) != 32 || len(auth.aaguid) != 16 || 55+len(auth.keyID)+len(auth.cose) != len(a.AuthData) {
			t.Errorf("authenticator data %x is read as %+v", a.AuthData, auth)
		}
		if _, _, err := parseAppAttest(append(bytes.Clone(object), 0)); err == nil {
			t.Error("something behind it is taken")
		}
	})
}

// FuzzChain: certificates from a phone.
func FuzzChain(f *testing.F) {
	m := attestationtest.New(f, noon)
	k := newKey(f).Key()
	chain := m.Android(sha256.Sum256([]byte("challenge")), k, nil)
	f.Add(chain[0], chain[1])
	root, err := x509.ParseCertificate(chain[2])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, leaf, between []byte) {
		parsed, err := parseChain([][]byte{leaf, between})
		if err != nil {
			return
		}
		if _, err := anchor(parsed, []*x509.Certificate{root}, noon); err == nil && !(bytes.Equal(leaf, chain[0]) && bytes.Equal(between, chain[1])) {
			t.Error("another chain is believed")
		}
	})
}
