package key

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"
)

// fixedKey is the key of RFC 6979, appendix A.2.5.
func fixedKey(t testing.TB) Private {
	t.Helper()
	d, err := hex.DecodeString("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	return Private{k}
}

// steady signs by RFC 6979, without randomness, so that signatures can be compared.
type steady struct{ Private }

func (s steady) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.Private.Sign(nil, digest, opts)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// jwk of RFC 9449, section 4.2; its thumbprint stands in section 6.1.
const (
	jwkDPoP        = `{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}`
	thumbprintDPoP = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
)

func TestThumbprint(t *testing.T) {
	var p Public
	if err := json.Unmarshal([]byte(jwkDPoP), &p); err != nil {
		t.Fatal(err)
	}
	tp := p.Thumbprint()
	if tp.String() != thumbprintDPoP {
		t.Errorf("thumbprint %s, want %s (RFC 9449, section 6.1)", tp, thumbprintDPoP)
	}
	if pin := tp.Pin(); !bytes.Equal(pin[:], tp[:16]) {
		t.Errorf("pin %x is not the first 128 bits of %x", pin, tp)
	}
}

// TestVerifyVector uses RFC 7515, appendix A.3.
func TestVerifyVector(t *testing.T) {
	var p Public
	if err := json.Unmarshal([]byte(`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`), &p); err != nil {
		t.Fatal(err)
	}
	input := []byte("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ")
	sig, err := base64.RawURLEncoding.DecodeString("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
	if err != nil {
		t.Fatal(err)
	}
	if !Verify(p, input, sig) {
		t.Error("the RFC's signature does not verify")
	}
	if Verify(p, append(input, '.'), sig) {
		t.Error("verifies another text")
	}
}

// TestSignVector uses RFC 6979, appendix A.2.5, SHA-256, message "sample".
func TestSignVector(t *testing.T) {
	want := unhex(t, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"+
		"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
	got, err := Sign(steady{fixedKey(t)}, []byte("sample"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("signature %x, %v, want %x", got, err, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	priv := fixedKey(t)
	pub, input := priv.Key(), []byte("sample")
	good, err := Sign(priv, input)
	if err != nil {
		t.Fatal(err)
	}
	if !Verify(pub, input, good) {
		t.Fatal("a fresh signature does not verify")
	}
	other, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	n := elliptic.P256().Params().N.FillBytes(make([]byte, 32))
	zero, one := make([]byte, 32), append(make([]byte, 31), 1)
	r, s := good[:32], good[32:]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := []struct {
		name string
		pub  Public
		sig  []byte
	}{
		{"empty", pub, nil},
		{"a byte short", pub, good[:63]},
		{"a byte long", pub, join(good, []byte{0})},
		{"leading zero byte", pub, join([]byte{0}, good)},
		{"r is zero", pub, join(zero, s)},
		{"s is zero", pub, join(r, zero)},
		{"both zero", pub, join(zero, zero)},
		{"both one", pub, join(one, one)},
		{"r is the order", pub, join(n, s)},
		{"s is the order", pub, join(r, n)},
		{"r and s swapped", pub, join(s, r)},
		{"all ones", pub, bytes.Repeat([]byte{0xff}, 64)},
		{"another key", other.Key(), good},
		{"no key", Public{}, good},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if Verify(tt.pub, input, tt.sig) {
				t.Error("verifies")
			}
		})
	}
	for i := range len(good) * 8 {
		flipped := bytes.Clone(good)
		flipped[i/8] ^= 1 << (i % 8)
		if Verify(pub, input, flipped) {
			t.Errorf("verifies with bit %d flipped", i)
		}
	}
}

// lyingSigner returns what it is told to.
type lyingSigner struct {
	pub crypto.PublicKey
	sig []byte
	err error
}

func (l lyingSigner) Public() crypto.PublicKey { return l.pub }

func (l lyingSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return l.sig, l.err }

// TestSignRefusesNonsense holds a keystore to its word: what it returns is not passed on unseen.
func TestSignRefusesNonsense(t *testing.T) {
	cancelled := errors.New("user cancelled")
	tests := map[string]lyingSigner{
		"nothing":          {},
		"no DER":           {sig: []byte("signature")},
		"bytes behind":     {sig: unhex(t, "3006020101020101ff")},
		"r is zero":        {sig: unhex(t, "3006020100020101")},
		"s is negative":    {sig: unhex(t, "30060201010201ff")},
		"r has 264 bits":   {sig: append(unhex(t, "3026022101"), append(bytes.Repeat([]byte{1}, 32), unhex(t, "020101")...)...)},
		"one number only":  {sig: unhex(t, "3003020101")},
		"the user said no": {err: cancelled},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			sig, err := Sign(s, []byte("x"))
			if err == nil {
				t.Errorf("gave %x", sig)
			}
			if s.err != nil && !errors.Is(err, s.err) {
				t.Errorf("error %v hides %v", err, s.err)
			}
		})
	}
}

func TestPublicOf(t *testing.T) {
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := fixedKey(t)
	tests := []struct {
		name   string
		signer crypto.Signer
		ok     bool
	}{
		{"P-256", good, true},
		{"P-384", p384, false},
		{"Ed25519", edKey, false},
		{"Ed25519 public only", lyingSigner{pub: edPub}, false},
		{"nil key", lyingSigner{pub: (*ecdsa.PublicKey)(nil)}, false},
		{"nothing", lyingSigner{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := PublicOf(tt.signer)
			if (err == nil) != tt.ok || p.IsZero() == tt.ok {
				t.Errorf("got %v, %v", p, err)
			}
		})
	}
	if _, err := FromECDH(nil); err == nil {
		t.Error("FromECDH takes nil")
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FromECDH(x.PublicKey()); err == nil {
		t.Error("FromECDH takes X25519")
	}
}

func TestPublicForms(t *testing.T) {
	p := fixedKey(t).Key()
	fromECDH, err := FromECDH(p.ECDH())
	if err != nil || fromECDH != p {
		t.Errorf("ECDH form does not come back: %v", err)
	}
	fromECDSA, err := FromECDSA(p.ECDSA())
	if err != nil || fromECDSA != p {
		t.Errorf("ECDSA form does not come back: %v", err)
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), p.Compressed())
	if x == nil || !bytes.Equal(append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...), p.Bytes()[1:]) {
		t.Error("compressed form does not come back")
	}
	b := p.Bytes()
	b[1] ^= 1
	if bytes.Equal(b, p.Bytes()) {
		t.Error("Bytes gives away the key's own memory")
	}
	var zero Public
	if !zero.IsZero() || zero.ECDSA() != nil || zero.ECDH() != nil {
		t.Error("the zero value is a key")
	}
	js, err := json.Marshal(zero)
	if err != nil || string(js) != "null" {
		t.Errorf("the zero value is %s, %v, want null", js, err)
	}
	if err := json.Unmarshal([]byte("null"), &p); err != nil || !p.IsZero() {
		t.Errorf("null gives a key, %v", err)
	}
}

func TestFromPointRefuses(t *testing.T) {
	good := fixedKey(t).Key().Bytes()
	off := bytes.Clone(good)
	off[64] ^= 1
	hybrid := bytes.Clone(good)
	hybrid[0] = 6 | good[64]&1
	tests := map[string][]byte{
		"nothing": nil, "infinity": {0}, "65 zero bytes": make([]byte, 65), "compressed": fixedKey(t).Key().Compressed(),
		"off the curve": off, "hybrid form": hybrid, "a byte short": good[:64], "a byte long": append(bytes.Clone(good), 0),
		"x is the prime": append(append([]byte{4}, elliptic.P256().Params().P.Bytes()...), good[33:]...),
	}
	for name, b := range tests {
		if p, err := FromPoint(b); err == nil || !p.IsZero() {
			t.Errorf("%s: accepted", name)
		}
	}
}

// badJWKs are texts that are no public key of ours; they seed the fuzzer too.
func badJWKs(t testing.TB) map[string]string {
	good := string(fixedKey(t).Key().canonical())
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	return map[string]string{
		"nothing":             ``,
		"a string":            `"EC"`,
		"an array":            `[]`,
		"no members":          `{}`,
		"other curve":         swap("P-256", "P-384"),
		"other kind":          swap(`"EC"`, `"OKP"`),
		"private":             swap(`{`, `{"d":"ya-p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyE",`),
		"kid":                 swap(`{`, `{"kid":"a",`),
		"kty twice":           swap(`{`, `{"kty":"EC",`),
		"kty in capitals":     swap(`"kty"`, `"KTY"`),
		"kty in Kelvin":       swap(`"kty"`, "\"\u212aty\""),
		"kty escaped":         swap(`"kty"`, `"\u006bty"`),
		"x twice":             swap(`"x":`, `"x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","x":`),
		"x of 31 bytes":       swap(`"x":"`, `"x":"AA","z":"`),
		"x with a line break": swap(`"x":"`, `"x":"\n`),
		"x padded":            swap(`","y"`, `=","y"`),
		"x of a number":       `{"crv":"P-256","kty":"EC","x":1,"y":2}`,
		"off the curve":       `{"crv":"P-256","kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
		"trailing bits":       strings.TrimSuffix(good, `"}`)[:len(good)-3] + `p"}`,
		"something behind":    good + `{}`,
	}
}

func TestJWK(t *testing.T) {
	want := fixedKey(t).Key()
	good := string(want.canonical())
	var p Public
	for name, text := range map[string]string{
		"as written": good, "with spaces": strings.ReplaceAll(good, ",", " ,\n"), "other order": `{"y":` + strings.Split(good, `"y":`)[1][:45] + `,` + strings.Split(good, `,"y"`)[0][1:] + `}`,
	} {
		if err := p.UnmarshalJSON([]byte(text)); err != nil || p != want {
			t.Errorf("%s: %q gives %v", name, text, err)
		}
	}
	for name, text := range badJWKs(t) {
		t.Run(name, func(t *testing.T) {
			var p Public
			if err := p.UnmarshalJSON([]byte(text)); err == nil {
				t.Errorf("%q is accepted", text)
			}
		})
	}
}

func FuzzJWK(f *testing.F) {
	f.Add(string(fixedKey(f).Key().canonical()))
	f.Add(jwkDPoP)
	for _, text := range badJWKs(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p Public
		if err := p.UnmarshalJSON([]byte(text)); err != nil || p.IsZero() {
			return
		}
		out, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var flat bytes.Buffer
		if err := json.Compact(&flat, []byte(text)); err != nil || flat.Len() != len(out) {
			t.Errorf("%q is read as %s", text, out)
		}
		var again Public
		if err := again.UnmarshalJSON(out); err != nil || again != p {
			t.Errorf("%s does not come back: %v", out, err)
		}
		if q, err := FromPoint(p.Bytes()); err != nil || q != p {
			t.Errorf("%s is not on the curve: %v", out, err)
		}
	})
}

func pemOf(typ string, der []byte, headers map[string]string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der, Headers: headers}))
}

func badPEMs(t testing.TB) map[string]string {
	t.Helper()
	good, err := fixedKey(t).EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(fixedKey(t).k)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(fixedKey(t).k)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der384, err := x509.MarshalPKCS8PrivateKey(p384)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	derEd, err := x509.MarshalPKCS8PrivateKey(ed)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"nothing":             "",
		"no PEM":              "secret",
		"two keys":            string(good) + string(good),
		"a note above":        "my key\n" + string(good),
		"a note below":        string(good) + "my key\n",
		"PEM headers":         pemOf("PRIVATE KEY", der, map[string]string{"Proc-Type": "4,ENCRYPTED"}),
		"public key":          pemOf("PUBLIC KEY", der, nil),
		"SEC 1":               pemOf("EC PRIVATE KEY", sec1, nil),
		"SEC 1 as PKCS 8":     pemOf("PRIVATE KEY", sec1, nil),
		"bytes behind in DER": pemOf("PRIVATE KEY", append(bytes.Clone(der), 0), nil),
		"cut short":           pemOf("PRIVATE KEY", der[:len(der)-1], nil),
		"empty block":         pemOf("PRIVATE KEY", nil, nil),
		"P-384":               pemOf("PRIVATE KEY", der384, nil),
		"Ed25519":             pemOf("PRIVATE KEY", derEd, nil),
	}
}

func TestPEM(t *testing.T) {
	want := fixedKey(t)
	text, err := want.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]Secret{"as written": text, "with space around": Secret("\n" + string(text) + "\r\n\n")} {
		got, err := ParsePEM(data)
		if err != nil || !got.k.Equal(want.k) {
			t.Errorf("%s does not come back: %v", name, err)
		}
	}
	for name, text := range badPEMs(t) {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePEM(Secret(text))
			if err == nil {
				t.Error("accepted")
			} else if len(err.Error()) > 80 {
				t.Errorf("error says too much: %v", err)
			}
		})
	}
}

func FuzzPEM(f *testing.F) {
	good, err := fixedKey(f).EncodePEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(good))
	for _, text := range badPEMs(f) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePEM(data)
		if err != nil {
			return
		}
		out, err := p.EncodePEM()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePEM(out)
		if err != nil || !again.k.Equal(p.k) {
			t.Errorf("%q does not come back: %v", out, err)
		}
	})
}

func TestPrivate(t *testing.T) {
	a, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	if a.Key() == b.Key() {
		t.Error("two generated keys are the same")
	}
	pub, err := PublicOf(a)
	if err != nil || pub != a.Key() {
		t.Errorf("PublicOf differs from Key: %v", err)
	}
	ka, err := a.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	kb, err := b.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	za, err := ka.ECDH(b.Key().ECDH())
	if err != nil {
		t.Fatal(err)
	}
	zb, err := kb.ECDH(a.Key().ECDH())
	if err != nil || !bytes.Equal(za, zb) {
		t.Errorf("key exchange does not agree: %v", err)
	}
}

func TestClassValid(t *testing.T) {
	for _, c := range []Class{Software, Keyring, TEE, StrongBox, SecureEnclave} {
		if !c.Valid() {
			t.Errorf("%q is not valid", c)
		}
	}
	for _, c := range []Class{"", "hsm", "Software", "strongbox "} {
		if c.Valid() {
			t.Errorf("%q is valid", c)
		}
	}
}

// FromCompressed reads what Compressed writes, and nothing that is no point.
func TestCompressed(t *testing.T) {
	for range 50 {
		k, err := Generate()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := FromCompressed(k.Key().Compressed()); err != nil || got != k.Key() {
			t.Fatalf("%x comes back as %x, %v", k.Key().Compressed(), got.Bytes(), err)
		}
	}
	infinity, prime := make([]byte, 33), bytes.Repeat([]byte{0xff}, 33)
	prime[0] = 2
	for name, b := range map[string][]byte{"nothing": nil, "infinity": infinity, "beyond the field": prime, "uncompressed": bytes.Repeat([]byte{4}, 65), "short": make([]byte, 32)} {
		if _, err := FromCompressed(b); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
}
