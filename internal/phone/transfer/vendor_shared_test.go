package transfer

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"avow/internal/key"
	"avow/internal/otp"
)

// vendorFolder holds exports of other apps; it is no part of the project.
const vendorFolder = "../../../../shared/data/imports"

// known is the table of the folder's description.
var known = []otp.Code{
	knownCode("Mason", "Deno", otp.TOTP, otp.SHA1, 6, 30, "4SJHB4GSD43FZBAI7C2HLRJGPQ"),
	knownCode("James", "SPDX", otp.TOTP, otp.SHA256, 7, 20, "5OM4WOOGPLQEF6UGN3CPEOOLWU"),
	knownCode("Elijah", "Airbnb", otp.TOTP, otp.SHA512, 8, 50, "7ELGJSGXNCCTV3O6LKJWYFV2RA"),
	knownCode("James", "Issuu", otp.HOTP, otp.SHA1, 6, 1, "YOOMIXWS5GN6RTBPUFFWKTW5M4"),
	knownCode("Benjamin", "Air Canada", otp.HOTP, otp.SHA256, 7, 50, "KUVJJOM753IHTNDSZVCNKL7GII"),
	knownCode("Mason", "WWE", otp.HOTP, otp.SHA512, 8, 10300, "5VAML3X35THCEBVRLV24CGBKOY"),
	knownCode("Sophia", "Boeing", otp.Steam, otp.SHA1, 5, 30, "JRZCL47CMXVOQMNPZR2F7J4RGI"),
	knownCode("US-2211-2050-3346", "Battle.net", otp.TOTP, otp.SHA1, 8, 30, "BMGRXPGFARQQF4GMT25JATL2VYLAHDBI"),
}

func knownCode(account, issuer string, kind otp.Kind, algorithm otp.Algorithm, digits otp.Digits, moving int64, secret string) otp.Code {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	c := otp.Code{Kind: kind, Issuer: issuer, Account: account, Secret: raw, Algorithm: algorithm, Digits: digits}
	if kind == otp.HOTP {
		c.Counter = otp.Counter(moving)
	} else {
		c.Period = otp.Period(moving)
	}
	return c
}

// The places of the table.
const (
	deno = iota
	spdx
	airbnb
	issuu
	airCanada
	wwe
	boeing
	battleNet
)

// TestVendorFiles: what the apps themselves wrote. change says what a form cannot say, or says otherwise.
func TestVendorFiles(t *testing.T) {
	if _, err := os.Stat(vendorFolder); err != nil {
		t.Skip("the exports of other apps are not here")
	}
	plain := func(c *otp.Code) { c.Kind, c.Algorithm, c.Digits, c.Period, c.Counter = otp.TOTP, otp.SHA1, 6, 30, 0 }
	for _, tt := range []struct {
		file, password string
		format         Format
		want           []int
		change         func(c *otp.Code)
	}{
		{"bitwarden.json", "", Bitwarden, []int{deno, spdx, airbnb, boeing}, steamOnly},
		{"bitwarden.csv", "", Bitwarden, []int{deno, spdx, airbnb, boeing}, steamOnly},
		{"freeotp.xml", "", FreeOTP, []int{wwe, issuu, airbnb, deno}, nil},
		{"freeotp_v2_api23.xml", "test", FreeOTP, []int{issuu, deno, airCanada, spdx, wwe, airbnb}, nil},
		{"freeotp_v2_api25.xml", "test", FreeOTP, []int{issuu, deno, airCanada, spdx, wwe, airbnb}, nil},
		{"freeotp_v2_api27.xml", "test", FreeOTP, []int{issuu, deno, airCanada, spdx, wwe, airbnb}, nil},
		{"freeotp_v2_api34.xml", "test", FreeOTP, []int{issuu, deno, airCanada, spdx, wwe, airbnb}, nil},
		{"freeotp_v2_null_algo.xml", "test", FreeOTP, []int{deno}, nil},
		{"freeotp_plus.json", "", FreeOTPPlus, []int{wwe, airCanada, issuu, airbnb, spdx, deno}, nil},
		{"freeotp_plus_internal.xml", "", FreeOTP, []int{wwe, airCanada, issuu, airbnb, spdx, deno}, nil},
		{"duo.json", "", Duo, []int{deno, issuu}, func(c *otp.Code) {
			c.Issuer = ""
			if c.Kind == otp.HOTP {
				c.Counter = 3
			}
		}},
		{"authy_plain.xml", "", Authy, []int{deno, spdx, airbnb}, func(c *otp.Code) { c.Algorithm, c.Period = otp.SHA1, 30 }},
		{"authy_encrypted.xml", "testtest", Authy, []int{deno, spdx, airbnb}, func(c *otp.Code) { c.Algorithm, c.Period = otp.SHA1, 30 }},
		{"microsoft_authenticator.sqlite", "", Microsoft, []int{deno, spdx, airbnb, issuu, airCanada, wwe, boeing}, plain},
		{"google_authenticator.sqlite", "", Google, []int{deno, spdx, airbnb, issuu, airCanada, wwe}, func(c *otp.Code) {
			counter := c.Counter
			if c.Kind == otp.TOTP {
				plain(c)
			}
			c.Algorithm, c.Digits, c.Counter = otp.SHA1, 6, counter
		}},
		{"steam.json", "", Steam, []int{boeing}, func(c *otp.Code) { c.Issuer = "Steam" }},
		{"steam_old.json", "", Steam, []int{boeing}, func(c *otp.Code) { c.Issuer = "Steam" }},
		{"totp_authenticator.bin", "Testtest1", TOTPAuthenticator, []int{deno, spdx, airbnb}, totpAuthenticatorForm},
		{"totp_authenticator_internal.xml", "", TOTPAuthenticator, []int{deno, spdx, airbnb}, totpAuthenticatorForm},
		{"authenticator_plus.zip", "testtesttest", AuthenticatorPlus, []int{deno, spdx, airbnb, issuu, airCanada, wwe, boeing}, nil},
		{"battle_net_authenticator.xml", "", BattleNet, []int{battleNet}, nil},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(vendorFolder, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var want []otp.Code
			for _, i := range tt.want {
				c := known[i]
				if tt.change != nil {
					tt.change(&c)
				}
				want = append(want, c)
			}
			checkRead(t, data, tt.password, tt.format, want)
			if tt.password != "" {
				checkPasswords(t, data, tt.password)
			}
		})
	}
}

func steamOnly(c *otp.Code) {
	if c.Kind == otp.Steam {
		c.Issuer, c.Account = "Steam", ""
	}
}

// totpAuthenticatorForm: the app knows only SHA-1, and writes accounts in lower case.
func totpAuthenticatorForm(c *otp.Code) {
	c.Algorithm = otp.SHA1
	c.Account = map[string]string{"Mason": "mason", "James": "james", "Elijah": "elijah"}[c.Account]
}

// checkRead reads data and compares the codes, in any order.
func checkRead(t *testing.T, data []byte, password string, format Format, want []otp.Code) Found {
	t.Helper()
	o := Options{}
	if password != "" {
		o.Password = key.Secret(password)
	}
	found, err := Read(context.Background(), bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	if found.Format != format || len(found.Unreadable) != 0 {
		t.Errorf("got %q with %v unreadable, want %q", found.Format, found.Unreadable, format)
	}
	var got []string
	for _, item := range found.Items {
		got = append(got, codeText(t, item.Code))
	}
	var texts []string
	for _, c := range want {
		texts = append(texts, codeText(t, c))
	}
	slices.Sort(got)
	slices.Sort(texts)
	if !slices.Equal(got, texts) {
		t.Errorf("got\n%q\nwant\n%q", got, texts)
	}
	return found
}

func codeText(t *testing.T, c otp.Code) string {
	t.Helper()
	uri, err := c.Encode()
	if err != nil {
		t.Fatalf("%s %s: %v", c.Issuer, c.Account, err)
	}
	return string(uri)
}

// checkPasswords: without a password, and with a wrong one, there is a sentence that says so.
func checkPasswords(t *testing.T, data []byte, password string) {
	t.Helper()
	for given, want := range map[string]error{"": ErrPasswordNeeded, password + "x": ErrPasswordWrong} {
		o := Options{}
		if given != "" {
			o.Password = key.Secret(given)
		}
		if _, err := Read(context.Background(), bytes.NewReader(data), o); !errors.Is(err, want) {
			t.Errorf("password %q: got %v, want %v", given, err, want)
		}
	}
}
