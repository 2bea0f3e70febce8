package otp

import (
	"reflect"
	"strings"
	"testing"

	"avow/internal/authn"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var secret = Secret("12345678901234567890") // GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ

const base32Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

var (
	motpSecret   = Secret("\xe3\x15\x2a\xfe\xe6\x25\x99\xc8")
	yandexSecret = Secret("\xf4\x83\xa4\x29\xac\xf3\x83\x97\x82\xa1\xac\xdc\x71\xaa\x5c\x28")
)

func totp(issuer, account string) Code {
	return Code{Kind: TOTP, Issuer: issuer, Account: account, Secret: secret, Algorithm: SHA1, Digits: 6, Period: 30}
}

// URIs in the manner in which services print them, with other secrets.
var accepted = []struct {
	name, uri string
	want      Code
}{
	{"Google", "otpauth://totp/Google%3Aalice%40gmail.com?secret=" + base32Secret + "&issuer=Google", totp("Google", "alice@gmail.com")},
	{"Google in lower case with gaps", "otpauth://totp/Google:alice?secret=gezd%20gnbv%20gy3t%20qojq%20gezd%20gnbv%20gy3t%20qojq&issuer=Google", totp("Google", "alice")},
	{"Microsoft", "otpauth://totp/Contoso%3Aalice%40contoso.com?secret=" + base32Secret + "&issuer=Microsoft", totp("Microsoft", "Contoso:alice@contoso.com")},
	{"Microsoft personal", "otpauth://totp/Microsoft:alice%40outlook.com?secret=" + strings.ToLower(base32Secret) + "&issuer=Microsoft", totp("Microsoft", "alice@outlook.com")},
	{"GitHub", "otpauth://totp/GitHub:octocat?secret=" + base32Secret + "&issuer=GitHub", totp("GitHub", "octocat")},
	{"AWS user", "otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret=" + base32Secret + "&issuer=Amazon%20Web%20Services", totp("Amazon Web Services", "alice@123456789012")},
	{"AWS root", "otpauth://totp/Amazon%20Web%20Services:root-account-mfa-device@123456789012?secret=" + base32Secret + "&issuer=Amazon+Web+Services", totp("Amazon Web Services", "root-account-mfa-device@123456789012")},
	{"AWS of old", "otpauth://totp/alice@example?secret=" + base32Secret, totp("", "alice@example")},
	{"space after the colon", "otpauth://totp/Example:%20alice?secret=" + base32Secret, totp("Example", "alice")},
	{"issuer as parameter only", "otpauth://totp/alice?secret=" + base32Secret + "&issuer=Example", totp("Example", "alice")},
	{"issuer in another case", "otpauth://totp/EXAMPLE:alice?secret=" + base32Secret + "&issuer=Example", totp("Example", "alice")},
	{"issuer with a colon", "otpauth://totp/a:b:alice?secret=" + base32Secret + "&issuer=a:b", totp("a:b", "alice")},
	{"no names", "otpauth://totp/?secret=" + base32Secret, totp("", "")},
	{"no path", "otpauth://totp?secret=" + base32Secret, totp("", "")},
	{"raw spaces", "otpauth://totp/My Company:Alice B?secret=" + base32Secret, totp("My Company", "Alice B")},
	{"umlauts", "otpauth://totp/B%C3%BCro:J%C3%B6rg?secret=" + base32Secret + "&issuer=B%C3%BCro", totp("Büro", "Jörg")},
	{"upper case", "OTPAUTH://TOTP/alice?secret=" + base32Secret, totp("", "alice")},
	{"line break around", "\n otpauth://totp/alice?secret=" + base32Secret + "\r\n", totp("", "alice")},
	{"padding", "otpauth://totp/alice?secret=" + base32Secret + "======", totp("", "alice")},
	{"unknown parameter", "otpauth://totp/alice?secret=" + base32Secret + "&image=https%3A%2F%2Fexample.com%2Flogo.png", totp("", "alice")},
	{"names of parameters in capitals", "otpauth://totp/alice?Secret=" + base32Secret + "&ISSUER=Example", totp("Example", "alice")},
	{"colon escaped, space after it escaped", "otpauth://totp/Example%3A%20alice?secret=" + base32Secret, totp("Example", "alice")},
	{"secret in groups with hyphens and padding", "otpauth://totp/alice?secret=gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq%3D%3D", totp("", "alice")},
	{"empty parameters", "otpauth://totp/alice?secret=" + base32Secret + "&issuer=&algorithm=&digits=&period=", totp("", "alice")},
	{"plus in an account", "otpauth://totp/Example:alice+work@example.com?secret=" + base32Secret, totp("Example", "alice+work@example.com")},
	{"issuer differs from the label", "otpauth://totp/Old:alice?secret=" + base32Secret + "&issuer=New", totp("New", "Old:alice")},
	{"counter means nothing", "otpauth://totp/alice?secret=" + base32Secret + "&counter=x", totp("", "alice")},
	{"names of the algorithm", "otpauth://totp/alice?secret=" + base32Secret + "&algorithm=HmacSHA1&digits=6&period=30", totp("", "alice")},
	{
		"all said", "otpauth://totp/SPDX:James?secret=" + base32Secret + "&issuer=SPDX&algorithm=SHA256&digits=7&period=20",
		Code{Kind: TOTP, Issuer: "SPDX", Account: "James", Secret: secret, Algorithm: SHA256, Digits: 7, Period: 20},
	},
	{
		"limits", "otpauth://totp/x?secret=" + base32Secret + "&algorithm=sha-512&digits=10&period=3600",
		Code{Kind: TOTP, Account: "x", Secret: secret, Algorithm: SHA512, Digits: 10, Period: 3600},
	},
	{
		"lowest limits", "otpauth://totp/x?secret=" + base32Secret + "&digits=6&period=5",
		Code{Kind: TOTP, Account: "x", Secret: secret, Algorithm: SHA1, Digits: 6, Period: 5},
	},
	{
		"HOTP", "otpauth://hotp/Issuu:James?secret=" + base32Secret + "&issuer=Issuu&algorithm=SHA1&digits=6&counter=10300",
		Code{Kind: HOTP, Issuer: "Issuu", Account: "James", Secret: secret, Algorithm: SHA1, Digits: 6, Counter: 10300},
	},
	{
		"HOTP without counter", "otpauth://hotp/James?secret=" + base32Secret + "&period=30",
		Code{Kind: HOTP, Account: "James", Secret: secret, Algorithm: SHA1, Digits: 6},
	},
	{
		"Steam as Aegis writes it", "otpauth://steam/Steam:Sophia?secret=" + base32Secret + "&issuer=Steam",
		Code{Kind: Steam, Issuer: "Steam", Account: "Sophia", Secret: secret, Algorithm: SHA1, Digits: 5, Period: 30},
	},
	{
		"Steam as KeePassXC writes it", "otpauth://totp/Steam:Sophia?secret=" + base32Secret + "&period=30&digits=5&issuer=Steam&encoder=steam",
		Code{Kind: Steam, Issuer: "Steam", Account: "Sophia", Secret: secret, Algorithm: SHA1, Digits: 5, Period: 30},
	},
	{
		"Yandex as it prints it", "otpauth://yaotp/anna.lind?secret=6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY&name=anna&pin_length=4",
		Code{Kind: Yandex, Issuer: "Yandex", Account: "anna.lind", Secret: yandexSecret, Algorithm: SHA256, Digits: 8, Period: 30},
	},
	{
		"Yandex with a PIN", "otpauth://yaotp/Yandex:anna?secret=6SB2IKNM6OBZPAVBVTOHDKS4FA&issuer=Yandex&pin=5239",
		Code{Kind: Yandex, Issuer: "Yandex", Account: "anna", Secret: yandexSecret, Algorithm: SHA256, Digits: 8, Period: 30, PIN: Secret("5239")},
	},
	{
		"Yandex with a PIN as Aegis writes it", "otpauth://yaotp/Yandex:anna?secret=6SB2IKNM6OBZPAVBVTOHDKS4FA&issuer=Yandex&pin=GUZDGOI",
		Code{Kind: Yandex, Issuer: "Yandex", Account: "anna", Secret: yandexSecret, Algorithm: SHA256, Digits: 8, Period: 30, PIN: Secret("5239")},
	},
	{
		"mOTP as servers print it", "motp://Site name:anna?secret=e3152afee62599c8",
		Code{Kind: MOTP, Issuer: "Site name", Account: "anna", Secret: motpSecret, Algorithm: MD5, Digits: 6, Period: 10},
	},
	{
		"mOTP with a PIN", "MOTP://Site%20name:anna?secret=E315 2AFE E625 99C8&pin=1234",
		Code{Kind: MOTP, Issuer: "Site name", Account: "anna", Secret: motpSecret, Algorithm: MD5, Digits: 6, Period: 10, PIN: Secret("1234")},
	},
	{
		"Steam as Bitwarden writes it", "steam://" + base32Secret,
		Code{Kind: Steam, Issuer: "Steam", Secret: secret, Algorithm: SHA1, Digits: 5, Period: 30},
	},
}

func TestParseAccepts(t *testing.T) {
	for _, tt := range accepted {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.uri)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) { // cmp would print the secret
				got.Secret, tt.want.Secret, got.PIN, tt.want.PIN = nil, nil, nil, nil
				t.Error(cmp.Diff(tt.want, got, cmpopts.EquateEmpty()))
			}
			if len(got.Warnings()) != 0 && got.Kind != MOTP { // its secrets have 64 bits
				t.Errorf("got warnings %v", got.Warnings())
			}
		})
	}
}

var refused = []struct{ name, uri, code string }{
	{"no secret", "otpauth://totp/alice?issuer=x", "otp_secret_missing"},
	{"empty secret", "otpauth://totp/alice?secret=", "otp_secret_missing"},
	{"secret of padding", "otpauth://totp/alice?secret=====", "otp_secret_missing"},
	{"secret of one letter", "otpauth://totp/alice?secret=A", "otp_secret_missing"},
	{"secret is no base32", "otpauth://totp/alice?secret=GEZDGNBVGY3TQOJ1", "otp_secret_invalid"},
	{"padding amid", "otpauth://totp/alice?secret=GEZD%3DGNB", "otp_secret_invalid"},
	{"secret too long", "otpauth://totp/alice?secret=" + strings.Repeat("A", 412), "otp_secret_invalid"},
	{"5 digits", "otpauth://totp/alice?digits=5&secret=" + base32Secret, "otp_digits_invalid"},
	{"11 digits", "otpauth://totp/alice?digits=11&secret=" + base32Secret, "otp_digits_invalid"},
	{"digits with a sign", "otpauth://totp/alice?digits=%2B6&secret=" + base32Secret, "otp_digits_invalid"},
	{"huge digits", "otpauth://totp/alice?digits=18446744073709551622&secret=" + base32Secret, "otp_digits_invalid"},
	{"period 4", "otpauth://totp/alice?period=4&secret=" + base32Secret, "otp_period_invalid"},
	{"period 3601", "otpauth://totp/alice?period=3601&secret=" + base32Secret, "otp_period_invalid"},
	{"period 0", "otpauth://totp/alice?period=0&secret=" + base32Secret, "otp_period_invalid"},
	{"negative period", "otpauth://totp/alice?period=-30&secret=" + base32Secret, "otp_period_invalid"},
	{"label of 257", "otpauth://totp/" + strings.Repeat("a", 256) + "?secret=" + base32Secret, "otp_label_invalid"},
	{"issuer of 300", "otpauth://totp/alice?issuer=" + strings.Repeat("a", 300) + "&secret=" + base32Secret, "otp_label_invalid"},
	{"control character", "otpauth://totp/ali%0Ace?secret=" + base32Secret, "otp_label_invalid"},
	{"direction turned", "otpauth://totp/ali%E2%80%AEce?secret=" + base32Secret, "otp_label_invalid"},
	{"label is no UTF-8", "otpauth://totp/ali%FFce?secret=" + base32Secret, "otp_label_invalid"},
	{"MD5", "otpauth://totp/alice?algorithm=MD5&secret=" + base32Secret, "otp_algorithm_unknown"},
	{"unknown kind", "otpauth://ocra/alice?secret=" + base32Secret, "otp_kind_unknown"},
	{"migration", "otpauth-migration://offline?data=CjEK", "otp_not_a_link"},
	{"web link", "https://example.com/?secret=" + base32Secret, "otp_not_a_link"},
	{"register link", "HTTPS://ID.EXAMPLE.COM/R#0410", "otp_not_a_link"},
	{"nothing", "", "otp_not_a_link"},
	{"opaque", "otpauth:totp/alice?secret=" + base32Secret, "otp_not_a_link"},
	{"secret twice", "otpauth://totp/alice?secret=AAAA&secret=" + base32Secret, "otp_parameter_twice"},
	{"secret twice in two cases", "otpauth://totp/alice?secret=AAAA&Secret=" + base32Secret, "otp_parameter_twice"},
	{"same issuer twice", "otpauth://totp/alice?issuer=x&issuer=x&secret=" + base32Secret, "otp_parameter_twice"},
	{"MD5 for TOTP", "otpauth://totp/alice?algorithm=md5&secret=" + base32Secret, "otp_algorithm_unknown"},
	{"Yandex, one letter changed", "otpauth://yaotp/anna?secret=6SB2IKNM6OBZPAVBVTOHDKS4FBAAAAAADFUTQMBTRY", "otp_secret_invalid"},
	{"Yandex, 20 bytes", "otpauth://yaotp/anna?secret=" + base32Secret, "otp_secret_invalid"},
	{"Yandex, PIN of 3", "otpauth://yaotp/anna?secret=6SB2IKNM6OBZPAVBVTOHDKS4FA&pin=123", "otp_pin_invalid"},
	{"mOTP without secret", "motp://Site:anna", "otp_secret_missing"},
	{"mOTP, secret is no hex", "motp://Site:anna?secret=" + base32Secret, "otp_secret_not_hex"},
	{"mOTP, PIN with letters", "motp://Site:anna?secret=e3152afee62599c8&pin=12ab", "otp_pin_invalid"},
	{"mOTP, PIN twice", "motp://Site:anna?secret=e3152afee62599c8&pin=1234&pin=1234", "otp_parameter_twice"},
	{"fragment", "otpauth://totp/alice?secret=" + base32Secret + "#x", "otp_not_a_link"},
	{"user", "otpauth://a@totp/alice?secret=" + base32Secret, "otp_not_a_link"},
	{"broken escape", "otpauth://totp/%zz?secret=" + base32Secret, "otp_not_a_link"},
	{"too long", "otpauth://totp/alice?secret=" + base32Secret + "&x=" + strings.Repeat("a", 9000), "otp_not_a_link"},
	{"counter too large", "otpauth://hotp/alice?counter=9223372036854775808&secret=" + base32Secret, "otp_counter_invalid"},
	{"negative counter", "otpauth://hotp/alice?counter=-1&secret=" + base32Secret, "otp_counter_invalid"},
	{"Steam with a period", "otpauth://steam/alice?period=60&secret=" + base32Secret, "otp_kind_unknown"},
	{"steam link with a path", "steam://run/440", "otp_not_a_link"},
}

//
func TestParseRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.uri)
			if authn.CodeOf(err) != tt.code {
				t.Fatalf("got %v, %v, want %s", got, err, tt.code)
			}
			if got.Secret != nil || strings.Contains(err.Error(), base32Secret[:8]) {
				t.Errorf("the secret comes along with the error %v", err)
			}
		})
	}
}

// under 80 bits only a warning.
func TestWeakSecretWarns(t *testing.T) {
	for text, want := range map[string][]Warning{
		"GEZDGNBVGY3TQOI":  {WeakSecret}, // 9 bytes and 3 bits
		"GEZDGNBVGY3TQOJQ": nil,          // 80 bits
		"GEZDG":            {WeakSecret},
	} {
		c, err := Parse("otpauth://totp/alice?secret=" + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, c.Warnings()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestEncode(t *testing.T) {
	for _, tt := range []struct {
		name string
		code Code
		want string
	}{
		{"TOTP", totp("Büro & Co", "j@x"), "otpauth://totp/B%C3%BCro%20&%20Co:j@x?secret=" + base32Secret + "&issuer=B%C3%BCro%20%26%20Co&algorithm=SHA1&digits=6&period=30"},
		{"account with a colon", totp("", "a:b"), "otpauth://totp/:a:b?secret=" + base32Secret + "&algorithm=SHA1&digits=6&period=30"},
		{
			"HOTP",
			Code{Kind: HOTP, Account: "x", Secret: secret, Algorithm: SHA512, Digits: 8, Counter: 7},
			"otpauth://hotp/x?secret=" + base32Secret + "&algorithm=SHA512&digits=8&counter=7",
		},
		{
			"Steam",
			Code{Kind: Steam, Issuer: "Steam", Account: "s", Secret: secret, Algorithm: SHA1, Digits: 5, Period: 30},
			"otpauth://totp/Steam:s?secret=" + base32Secret + "&issuer=Steam&algorithm=SHA1&digits=5&period=30&encoder=steam",
		},
		{
			"mOTP",
			Code{Kind: MOTP, Issuer: "a:b", Account: "c/d", Secret: motpSecret, Algorithm: MD5, Digits: 8, Period: 60, PIN: Secret("1234")},
			"motp://a:b:c%2Fd?secret=e3152afee62599c8&issuer=a%3Ab&digits=8&period=60&pin=1234",
		},
		{
			"Yandex",
			Code{Kind: Yandex, Issuer: "Yandex", Account: "anna", Secret: yandexSecret, Algorithm: SHA256, Digits: 8, Period: 30, PIN: Secret("5239")},
			"otpauth://yaotp/Yandex:anna?secret=6SB2IKNM6OBZPAVBVTOHDKS4FA&issuer=Yandex&pin=GUZDGOI",
		},
		{
			"Yandex without names",
			Code{Kind: Yandex, Secret: yandexSecret, Algorithm: SHA256, Digits: 8, Period: 30},
			"otpauth://yaotp/:?secret=6SB2IKNM6OBZPAVBVTOHDKS4FA",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.code.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if back, err := Parse(string(got)); err != nil || !reflect.DeepEqual(back, tt.code) {
				t.Errorf("it does not come back: %v, %v", back, err)
			}
		})
	}
	if uri, err := (Code{Kind: TOTP}).Encode(); err == nil {
		t.Errorf("a code without secret became %d characters, want an error", len(uri))
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.uri)
	}
	for _, tt := range refused {
		f.Add(tt.uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		c, err := Parse(uri)
		if err != nil {
			if c.Secret != nil || authn.CodeOf(err) == "internal" {
				t.Fatalf("got %v with the error %v", c, err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("accepted, but not valid: %v", err)
		}
		canonical, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(string(canonical))
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", uri, string(canonical), err)
		}
		again, err := back.Encode()
		if err != nil || string(again) != string(canonical) || !reflect.DeepEqual(back, c) {
			t.Fatalf("%q became %q, then %q, %v", uri, string(canonical), string(again), err)
		}
	})
}
