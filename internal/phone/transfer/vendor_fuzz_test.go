package transfer

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"avow/internal/key"
	"avow/internal/otp"
)

// costly are numbers that could be rounds of a key derivation, which are bounded, but not so low that a fuzzer could try many.
var costly = regexp.MustCompile(`[0-9]{5}`)

// fuzzFormat lets files be read as the format's, with the fixtures to begin from. Whatever they are: no panic, each failure has a sentence,
// each code is valid.
func fuzzFormat(f *testing.F, name Format) {
	for _, tt := range vendorFixtures() {
		if tt.format == name {
			f.Add(tt.make(f))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if costly.Match(data) && len(data) < 1<<16 {
			data = costly.ReplaceAll(data, []byte("1000"))
		}
		for _, format := range formats {
			if format.name != name {
				continue
			}
			file, err := newFile(bytes.Clone(data))
			if err != nil || !format.sniff(file) {
				continue
			}
			found, err := format.read(t.Context(), file, Options{Password: key.Secret(vendorPassword), Memory: 2 << 20})
			checkErrors(t, found, err)
		}
	})
}

func FuzzBitwarden(f *testing.F)         { fuzzFormat(f, Bitwarden) }
func FuzzLastPass(f *testing.F)          { fuzzFormat(f, LastPass) }
func FuzzFreeOTP(f *testing.F)           { fuzzFormat(f, FreeOTP) }
func FuzzFreeOTPPlus(f *testing.F)       { fuzzFormat(f, FreeOTPPlus) }
func FuzzDuo(f *testing.F)               { fuzzFormat(f, Duo) }
func FuzzAuthy(f *testing.F)             { fuzzFormat(f, Authy) }
func FuzzMicrosoft(f *testing.F)         { fuzzFormat(f, Microsoft) }
func FuzzGoogleDatabase(f *testing.F)    { fuzzFormat(f, Google) }
func FuzzSteam(f *testing.F)             { fuzzFormat(f, Steam) }
func FuzzTOTPAuthenticator(f *testing.F) { fuzzFormat(f, TOTPAuthenticator) }
func FuzzAuthenticatorPlus(f *testing.F) { fuzzFormat(f, AuthenticatorPlus) }
func FuzzWinAuth(f *testing.F)           { fuzzFormat(f, WinAuth) }
func FuzzBattleNet(f *testing.F)         { fuzzFormat(f, BattleNet) }
func FuzzKeePass(f *testing.F)           { fuzzFormat(f, KeePass) }

// FuzzAge reads what is inside an age file, which a stranger can have written: public keys are public.
func FuzzAge(f *testing.F) {
	text, err := ageLines([]Item{{Code: fixtureTOTP, Name: "mine", Groups: []string{"work"}, Pinned: true}, {Code: fixtureHOTP, Note: "a\nb"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := readAgeLines(context.Background(), data)
		checkErrors(t, found, err)
		if err != nil || len(found.Items) == 0 {
			return
		}
		again, err := ageLines(found.Items)
		if err != nil {
			t.Fatal(err)
		}
		same, err := readAgeLines(context.Background(), again)
		if err != nil || compareExport(found.Items, same, func(i Item) Item { return i }) != nil {
			t.Errorf("what was read is not read again as it was written: %v", err)
		}
	})
}

// FuzzJavaMap: a map is refused or gives texts, and those give it back.
func FuzzJavaMap(f *testing.F) {
	f.Add(javaFixture([][2]string{{"a", "b"}, {"\x00€𝄞", ""}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err := readJavaMap(data)
		if err != nil {
			return
		}
		size := 0
		for _, p := range pairs {
			size += len(p.key) + len(p.value)
		}
		if size > 4*MaxFile {
			t.Errorf("%d bytes of %d", size, len(data))
		}
	})
}

// FuzzGoogleParameters: what is written for Google is read as the same code.
func FuzzGoogleParameters(f *testing.F) {
	f.Add("issuer", "account", []byte("secret"), uint64(3), true)
	f.Add("", "a:b", []byte{1}, uint64(0), false)
	f.Add("a", "A: b", []byte{1}, uint64(0), false)
	f.Fuzz(func(t *testing.T, issuer, account string, secret []byte, counter uint64, hotp bool) {
		c := otp.Code{Kind: otp.TOTP, Issuer: issuer, Account: account, Secret: secret, Algorithm: otp.SHA256, Digits: 8, Period: 30}
		if hotp {
			c.Kind, c.Period, c.Counter = otp.HOTP, 0, otp.Counter(counter)
		}
		if c.Validate() != nil || googleCarries(Item{Code: c}) != nil {
			return
		}
		e, err := parseParameters(googleParameters(c))
		if err != nil {
			t.Fatal(err)
		}
		item, err := e.item()
		if err != nil || codeText(t, item.Code) != codeText(t, c) {
			t.Errorf("%v: got\n%q, want\n%q", err, codeText(t, item.Code), codeText(t, c))
		}
	})
}
