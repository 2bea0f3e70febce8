package transfer

import (
	"bytes"
	"cmp"
	"encoding/base32"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"avow/internal/key"
	"avow/internal/otp"
)

// sharedFolder has exports that the apps themselves wrote. It is no part of the repository.
const sharedFolder = "../../../../shared/data/imports"

// sharedCodes is the table in the description of the folder, by issuer.
var sharedCodes = map[string]otp.Code{
	"Deno":       sharedCode("Mason", otp.TOTP, otp.SHA1, 6, 30, "4SJHB4GSD43FZBAI7C2HLRJGPQ"),
	"SPDX":       sharedCode("James", otp.TOTP, otp.SHA256, 7, 20, "5OM4WOOGPLQEF6UGN3CPEOOLWU"),
	"Airbnb":     sharedCode("Elijah", otp.TOTP, otp.SHA512, 8, 50, "7ELGJSGXNCCTV3O6LKJWYFV2RA"),
	"Issuu":      sharedCode("James", otp.HOTP, otp.SHA1, 6, 1, "YOOMIXWS5GN6RTBPUFFWKTW5M4"),
	"Air Canada": sharedCode("Benjamin", otp.HOTP, otp.SHA256, 7, 50, "KUVJJOM753IHTNDSZVCNKL7GII"),
	"WWE":        sharedCode("Mason", otp.HOTP, otp.SHA512, 8, 10300, "5VAML3X35THCEBVRLV24CGBKOY"),
	"Boeing":     sharedCode("Sophia", otp.Steam, otp.SHA1, 5, 30, "JRZCL47CMXVOQMNPZR2F7J4RGI"),
}

func sharedCode(account string, kind otp.Kind, algorithm otp.Algorithm, digits otp.Digits, moving int, secret string) otp.Code {
	c := otp.Code{Kind: kind, Account: account, Algorithm: algorithm, Digits: digits, Secret: mustBase32(secret)}
	if kind == otp.HOTP {
		c.Counter = otp.Counter(moving)
	} else {
		c.Period = otp.Period(moving)
	}
	return c
}

func mustBase32(text string) otp.Secret {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		panic(err)
	}
	return secret
}

func TestExportsOfTheAppsThemselves(t *testing.T) {
	all := []string{"Deno", "SPDX", "Airbnb", "Issuu", "Air Canada", "WWE", "Boeing"}
	// The first two versions of 2FAS knew only TOTP; the very first wrote nothing but the names.
	v1 := func(c *otp.Code) { c.Kind, c.Algorithm, c.Digits, c.Period, c.Counter = otp.TOTP, otp.SHA1, 6, 30, 0 }
	v2 := func(c *otp.Code) {
		if c.Kind == otp.HOTP {
			c.Kind, c.Period, c.Counter = otp.TOTP, 30, 0
		}
	}
	for _, tt := range []struct {
		file     string
		format   Format
		password string
		issuers  []string
		change   func(*otp.Code)
	}{
		{"plain.txt", OTPAuth, "", all, nil},
		{"ente_auth.txt", Ente, "", all, nil},
		{"aegis_plain.json", Aegis, "", all, nil},
		{"aegis_encrypted.json", Aegis, "test", all, nil},
		{"2fas_authenticator.json", TwoFAS, "", all[:6], v1},
		{"2fas_authenticator_plain.2fas", TwoFAS, "", []string{"Deno", "Airbnb", "Issuu", "WWE"}, v2},
		{"2fas_authenticator_encrypted.2fas", TwoFAS, "test", []string{"Deno", "Airbnb", "Issuu", "WWE"}, v2},
		{"2fas_authenticator_plain_v3.2fas", TwoFAS, "", all[:6], nil},
		{"2fas_authenticator_encrypted_v3.2fas", TwoFAS, "test", all[:6], nil},
		{"2fas_authenticator_plain_v4.2fas", TwoFAS, "", []string{"Deno", "Issuu", "Air Canada", "WWE", "Boeing"}, nil},
		{"2fas_authenticator_encrypted_v4.2fas", TwoFAS, "test", []string{"Deno", "Issuu", "Air Canada", "WWE", "Boeing"}, nil},
		{"andotp_plain.json", AndOTP, "", all, nil},
		{"andotp_encrypted.bin", AndOTP, "test", all, nil},
		{"andotp_encrypted_old.bin", AndOTP, "test", all[:6], nil},
		{"stratum_plain.json", Stratum, "", all, nil},
		{"stratum_encrypted.bin", Stratum, "test", all, nil},
		{"stratum_encrypted_legacy.bin", Stratum, "test", all, nil},
		{"stratum_internal.db", Stratum, "", all, nil},
		{"proton_authenticator.json", Proton, "", all[:3], nil},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(sharedFolder, tt.file))
			if err != nil {
				t.Skip(err)
			}
			got, err := Read(t.Context(), bytes.NewReader(data), Options{Password: key.Secret(tt.password)})
			if err != nil {
				t.Fatal(err)
			}
			var want []Item
			for _, issuer := range tt.issuers {
				c := sharedCodes[issuer]
				c.Issuer = issuer
				if tt.change != nil {
					tt.change(&c)
				}
				want = append(want, Item{Code: c})
			}
			sortItems(want)
			sortItems(got.Items)
			if got.Format != tt.format || len(got.Unreadable) > 0 || !gocmp.Equal(got.Items, want) {
				t.Errorf("got %s, unreadable %v\n%s", got.Format, got.Unreadable, gocmp.Diff(want, got.Items))
			}
			if tt.password != "" {
				checkPasswordIsAsked(t, data)
			}
		})
	}
}

func sortItems(items []Item) {
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Code.Issuer, b.Code.Issuer) })
}

// checkPasswordIsAsked reads a protected file without a password.
func checkPasswordIsAsked(t *testing.T, data []byte) {
	t.Helper()
	if _, err := Read(t.Context(), bytes.NewReader(data), Options{}); !errors.Is(err, ErrPasswordNeeded) {
		t.Errorf("without a password: got %v, want ErrPasswordNeeded", err)
	}
}
