package transfer

import (
	"slices"
	"strings"
	"testing"

	"avow/internal/otp"
)

// A code is not lost for its words: what a label cannot have is taken away.
func TestWordsAreCleaned(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for _, tt := range []struct {
		name string
		e    entry
		want Item
	}{
		{
			"white space and control characters",
			entry{issuer: " Bank\t", account: "anna\r\nbo", name: "\x00"},
			Item{Code: otp.Code{Issuer: "Bank", Account: "anna  bo"}},
		},
		{
			"what turns the direction of writing, and broken UTF-8",
			entry{issuer: "Ba\u202enk", account: "an\xffna", name: "bank"},
			Item{Code: otp.Code{Issuer: "Bank", Account: "an\ufffdna"}},
		},
		{
			"long ones",
			entry{issuer: long, account: long, name: long, note: strings.Repeat("x", maxNote+1)},
			Item{Code: otp.Code{Issuer: long[:2*127], Account: long[:2*128]}, Name: long[:2*256], Note: strings.Repeat("x", maxNote)},
		},
		{
			"notes keep their lines",
			entry{note: "one \r\ntwo\x07\n\n"},
			Item{Note: "one\ntwo"},
		},
		{
			"groups, each once and as many as fit",
			entry{groups: []string{"", "Work", " Work", "b", "c", "d", "e", "f", "g", strings.Repeat("h", 50), "i"}},
			Item{Groups: []string{"Work", "b", "c", "d", "e", "f", "g", strings.Repeat("h", 40)}},
		},
	} {
		tt.e.kind, tt.e.secret = otp.TOTP, otp.Secret(secretA)
		got, err := tt.e.item()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got.Code.Issuer != tt.want.Code.Issuer || got.Code.Account != tt.want.Code.Account || got.Name != tt.want.Name ||
			got.Note != tt.want.Note || !slices.Equal(got.Groups, tt.want.Groups) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestNumbersOfAnEntry(t *testing.T) {
	secret := otp.Secret(secretC)
	for _, tt := range []struct {
		name string
		e    entry
		want otp.Code // Validate fails: the entry is refused
	}{
		{"nothing said", entry{kind: otp.TOTP}, otp.Code{Kind: otp.TOTP, Algorithm: otp.SHA1, Digits: 6, Period: 30}},
		{"zeros", entry{kind: otp.TOTP, digits: given(0), period: given(0)}, otp.Code{Kind: otp.TOTP, Algorithm: otp.SHA1, Digits: 6, Period: 30}},
		{"a counter of TOTP", entry{kind: otp.TOTP, counter: given(5)}, otp.Code{Kind: otp.TOTP, Algorithm: otp.SHA1, Digits: 6, Period: 30}},
		{"a period of HOTP", entry{kind: otp.HOTP, period: given(30), counter: given(5)}, otp.Code{Kind: otp.HOTP, Algorithm: otp.SHA1, Digits: 6, Counter: 5}},
		{"Steam as some apps write it", entry{kind: otp.Steam, algorithm: "SHA256", digits: given(6)}, otp.Code{Kind: otp.Steam, Algorithm: otp.SHA1, Digits: 5, Period: 30}},
		{"mOTP", entry{kind: otp.MOTP, algorithm: otp.SHA1}, otp.Code{Kind: otp.MOTP, Algorithm: otp.MD5, Digits: 6, Period: 10}},
		{"Yandex", entry{kind: otp.Yandex, period: given(10)}, otp.Code{Kind: otp.Yandex, Algorithm: otp.SHA256, Digits: 8, Period: 30}},
		{"a PIN that is none", entry{kind: otp.MOTP, pin: otp.Secret("abc")}, otp.Code{Kind: otp.MOTP, Algorithm: otp.MD5, Digits: 6, Period: 10}},
		{"a PIN of TOTP", entry{kind: otp.TOTP, pin: otp.Secret("4711")}, otp.Code{Kind: otp.TOTP, Algorithm: otp.SHA1, Digits: 6, Period: 30}},
		{"no kind", entry{}, otp.Code{}},
		{"4 digits", entry{kind: otp.TOTP, digits: given(4)}, otp.Code{}},
		{"digits beyond 32 bits", entry{kind: otp.TOTP, digits: given(1<<32 + 6)}, otp.Code{}},
		{"a negative period", entry{kind: otp.TOTP, period: given(-30)}, otp.Code{}},
		{"a period beyond 32 bits", entry{kind: otp.TOTP, period: given(1<<32 + 30)}, otp.Code{}},
		{"a negative counter", entry{kind: otp.HOTP, counter: given(-1)}, otp.Code{}},
		{"an unknown algorithm", entry{kind: otp.TOTP, algorithm: "MD5"}, otp.Code{}},
	} {
		tt.e.secret = slices.Clone(secret)
		got, err := tt.e.item()
		tt.want.Secret = secret
		if refused := tt.want.Validate() != nil; refused != (err != nil) {
			t.Errorf("%s: got %+v, %v", tt.name, got, err)
			continue
		}
		c := got.Code
		if err == nil && (c.Kind != tt.want.Kind || c.Algorithm != tt.want.Algorithm || c.Digits != tt.want.Digits || c.Period != tt.want.Period ||
			c.Counter != tt.want.Counter || c.PIN != nil) {
			t.Errorf("%s: got %+v, want %+v", tt.name, c, tt.want)
		}
	}
}

// The names under which apps know the algorithms.
func TestParseAlgorithm(t *testing.T) {
	for name, want := range map[string]otp.Algorithm{
		"": otp.SHA1, "SHA1": otp.SHA1, "sha-1": otp.SHA1, "HmacSHA256": otp.SHA256, "SHA_512": otp.SHA512, "SHA3": "SHA3",
	} {
		if got := parseAlgorithm(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Nothing of a secret is in what is said of an entry that is left out.
func TestUnreadableHoldsNoSecret(t *testing.T) {
	for _, f := range fixtures(t) {
		got, err := read(t, f.data, f.password)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range got.Unreadable {
			if text := u.Where + u.Err.Error(); strings.Contains(strings.ToUpper(text), textA[:8]) || strings.Contains(strings.ToUpper(text), textB[:8]) {
				t.Errorf("%s: %s", f.file, text)
			}
		}
	}
}
