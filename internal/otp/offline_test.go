package otp_test

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
)

// parties of the tests, with an exchange key from a fixed scalar.
func parties(t testing.TB) otp.Parties {
	t.Helper()
	scalar := make([]byte, 32)
	scalar[31] = 7
	k, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.FromECDH(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return otp.Parties{Exchange: pub, Computer: "laptop-42", User: "u_AAAAAAAAAAAAAAAAAAAAAA"}
}

// each thing that a code is bound to changes it.
func TestChallengeCodeIsBound(t *testing.T) {
	shared, challenge, p := otp.Secret(strings.Repeat("s", 32)), []byte("challenge"), parties(t)
	base, err := otp.ChallengeCode(shared, challenge, p)
	if err != nil || len(base) != otp.ChallengeDigits {
		t.Fatalf("%q, %v", base, err)
	}
	computer, user := p, p
	computer.Computer, user.User = "laptop-43", "u_BAAAAAAAAAAAAAAAAAAAAA"
	slid := p // the same letters, cut elsewhere
	slid.Computer, slid.User = "laptop-42u", "_AAAAAAAAAAAAAAAAAAAAAA"
	for name, got := range map[string]func() (string, error){
		"shared secret": func() (string, error) { return otp.ChallengeCode(otp.Secret(strings.Repeat("t", 32)), challenge, p) },
		"challenge":     func() (string, error) { return otp.ChallengeCode(shared, []byte("challengf"), p) },
		"computer":      func() (string, error) { return otp.ChallengeCode(shared, challenge, computer) },
		"user":          func() (string, error) { return otp.ChallengeCode(shared, challenge, user) },
		"slid":          func() (string, error) { return otp.ChallengeCode(shared, challenge, slid) },
	} {
		if code, err := got(); err != nil || code == base {
			t.Errorf("%s: %s, %v", name, code, err)
		}
	}
	if _, err := otp.ChallengeCode(shared[:31], challenge, p); err == nil {
		t.Error("a short secret makes a code")
	}
}

func TestListCodes(t *testing.T) {
	p := parties(t)
	k, err := otp.NewListKey(otp.Secret(strings.Repeat("s", 32)), authn.BatchID{1}, p.Exchange, p)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range authn.ListCount {
		c := k.Code(i)
		if seen[c.Secret] || c.Prefix != otp.ComputerPrefix("laptop-42") || len(c.Secret) != 8 {
			t.Errorf("code %d: %q %q", i, c.Prefix, c.Secret)
		}
		seen[c.Secret] = true
		for _, text := range []string{c.Text(), strings.ToLower(c.Text()), " " + strings.ReplaceAll(c.Text(), " ", "-") + "\n"} {
			got, err := otp.ParseTyped(text)
			if err != nil || got.List == nil || *got.List != c {
				t.Errorf("%q reads as %+v, %v", text, got.List, err)
			}
		}
	}
	if s := fmt.Sprintf("%v %+v %s", k, k.Code(0), k.Code(0)); strings.Contains(s, k.Code(0).Secret) {
		t.Errorf("a code is printed: %s", s)
	}
}

var typed = map[string]string{ // what was typed: digits, list or nothing
	"4821 9930": "digits", "48219930": "digits", " 4821-9930 ": "digits", "O82l993I": "digits",
	"7K QM2X RD4T": "list", "7kqm2xrd4t": "list", "7k-qm2x-rd4t\r\n": "list", "1234567890": "list",
	"": "", "4821": "", "482199301": "", "48219930a": "", "7KQM2XRD4U": "", "q": "", "7K QM2X RD4T x": "", "４８２１９９３０": "", "\x00\x00": "",
}

func TestParseTyped(t *testing.T) {
	for text, want := range typed {
		got, err := otp.ParseTyped(text)
		kind := ""
		switch {
		case err != nil && !errors.Is(err, otp.ErrTyped):
			t.Errorf("%q: %v", text, err)
		case got.List != nil:
			kind = "list"
		case got.Digits != "":
			kind = "digits"
		}
		if kind != want {
			t.Errorf("%q is %q, want %q", text, kind, want)
		}
	}
}

func FuzzTyped(f *testing.F) {
	for text := range typed {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := otp.ParseTyped(text)
		if err != nil {
			return
		}
		if (got.Digits == "") == (got.List == nil) {
			t.Errorf("%q is both or neither", text)
		}
		if got.List == nil {
			return
		}
		if again, err := otp.ParseTyped(got.List.Text()); err != nil || *again.List != *got.List {
			t.Errorf("%q does not come back", text)
		}
	})
}
