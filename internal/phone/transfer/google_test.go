package transfer

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"avow/internal/otp"
)

func link(p protobuf) string { return migrationLink + base64.StdEncoding.EncodeToString(p) }

// Parts come in any order and more than once; those that are missing are named.
func TestPartsOfAMigration(t *testing.T) {
	first, second, third := link(migrationPart(0, 3, migrationMail)), link(migrationPart(1, 3, migrationBank)), link(migrationPart(2, 3))
	google, bankOnly := migrationMailItem(), []Item{bank}
	for _, tt := range []struct {
		name    string
		texts   []string
		items   []Item
		missing []int
	}{
		{"in order", []string{first, second, third}, []Item{google, bank}, nil},
		{"backwards", []string{third, second, first}, []Item{google, bank}, nil},
		{"twice", []string{second, first, second, third, first}, []Item{google, bank}, nil},
		{"without the first", []string{third, second}, bankOnly, []int{1}},
		{"without the last", []string{second, first}, []Item{google, bank}, []int{3}},
		{"only one", []string{second}, bankOnly, []int{1, 3}},
		{"with white space", []string{" " + first + "\n", second, third}, []Item{google, bank}, nil},
	} {
		got, err := ReadParts(tt.texts)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got.Format != Google || got.Parts != 3 || !slices.Equal(got.Missing, tt.missing) || !gocmp.Equal(got.Items, tt.items) || got.Unreadable != nil {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func TestPartsOfSeveralMigrations(t *testing.T) {
	other := func(index, size int, codes ...protobuf) protobuf {
		p := migrationPart(index, size, codes...)
		return append(p, protobuf(nil).number(5, 77)...) // the last value of a field counts
	}
	got, err := ReadParts([]string{link(migrationPart(0, 1, migrationMail)), link(other(0, 1, migrationBank)), "otpauth://steam/Steam:anna?secret=" + textB})
	if err != nil || got.Missing != nil || !gocmp.Equal(got.Items, []Item{steam, migrationMailItem(), bank}) {
		t.Errorf("two whole ones and a link: got %+v, %v", got, err)
	}
	got, err = ReadParts([]string{link(migrationPart(0, 1, migrationMail)), link(other(1, 2, migrationBank))})
	if err != nil || got.Parts != 2 || !slices.Equal(got.Missing, []int{1}) {
		t.Errorf("a whole one and half another: got %+v, %v", got, err)
	}
	if got, err = ReadParts([]string{link(migrationPart(0, 2, migrationMail)), link(other(1, 2, migrationBank))}); !errors.Is(err, ErrMixedParts) {
		t.Errorf("halves of two: got %+v, %v, want ErrMixedParts", got, err)
	}
}

// The base64 of a migration as writers write it, and as a QR reader or a form hands it on.
func TestMigrationBase64(t *testing.T) {
	// Chosen so that its base64 has both + and /, and padding.
	const secret = "12\xfb\xef\xbe\xff\xff\xff3456789"
	part := migrationPart(0, 1, protobuf(nil).bytes(1, secret).bytes(2, "a"))
	plain := base64.StdEncoding.EncodeToString(part)
	if !strings.Contains(plain, "+") || !strings.Contains(plain, "/") || !strings.HasSuffix(plain, "=") {
		t.Fatalf("%s is no example", plain)
	}
	for name, text := range map[string]string{
		"as it is":              plain,
		"without padding":       strings.TrimRight(plain, "="),
		"for URLs":              base64.URLEncoding.EncodeToString(part),
		"escaped":               strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(plain),
		"escaped in lower case": strings.NewReplacer("+", "%2b", "/", "%2f", "=", "%3d").Replace(plain),
		"plus become a space":   strings.ReplaceAll(plain, "+", " "),
		"plus become %20":       strings.ReplaceAll(plain, "+", "%20"),
	} {
		got, err := ReadParts([]string{migrationLink + text})
		if err != nil || len(got.Items) != 1 || string(got.Items[0].Code.Secret) != secret {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "no base64": "!!!!", "bad escape": "%zz", "one letter too many": plain[:len(plain)-3]} {
		got, err := ReadParts([]string{migrationLink + text})
		if err != nil || len(got.Items) != 0 || len(got.Unreadable) != 1 {
			t.Errorf("%s: got %+v, %v", name, got, err)
			continue
		}
		checkError(t, got.Unreadable[0].Err)
	}
}

func TestMigrationMessages(t *testing.T) {
	usual := func(kind otp.Kind) otp.Code {
		c := otp.Code{Kind: kind, Account: "anna", Secret: otp.Secret(secretA), Algorithm: otp.SHA1, Digits: 6, Period: 30}
		if kind == otp.HOTP {
			c.Period = 0
		}
		return c
	}
	code := protobuf(nil).bytes(1, secretA).bytes(2, "anna")
	for _, tt := range []struct {
		name string
		code protobuf
		want *otp.Code // nil if it is unreadable
	}{
		{"the names only", code, new(usual(otp.TOTP))},
		{"all unspecified", code.number(4, 0).number(5, 0).number(6, 0), new(usual(otp.TOTP))},
		{"HOTP without a counter", code.number(6, 1), new(usual(otp.HOTP))},
		{"a field of the future", code.number(8, 1).bytes(9, "unique"), new(usual(otp.TOTP))},
		{"MD5", code.number(4, 4), nil},
		{"an algorithm of the future", code.number(4, 9), nil},
		{"digits of the future", code.number(5, 3), nil},
		{"a kind of the future", code.number(6, 3), nil},
		{"a negative counter", code.number(6, 1).number(7, 1<<63), nil},
		{"no secret", protobuf(nil).bytes(2, "anna"), nil},
		{"a secret that is a number", protobuf(nil).number(1, 5), nil},
		{"a type that is a text", code.bytes(6, "2"), nil},
		{"cut off", code[:len(code)-1], nil},
		{"a group", append(code[:len(code):len(code)], 3<<3|3), nil},
	} {
		got, err := ReadParts([]string{link(migrationPart(0, 1, tt.code))})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		switch {
		case tt.want == nil && (len(got.Items) != 0 || len(got.Unreadable) != 1):
			t.Errorf("%s: got %+v", tt.name, got)
		case tt.want == nil:
			checkError(t, got.Unreadable[0].Err)
		case !gocmp.Equal(got.Items, []Item{{Code: *tt.want}}):
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
	for name, p := range map[string]protobuf{
		"no end":                protobuf(nil).bytes(1, string(code)),
		"a version to come":     protobuf(nil).bytes(1, string(code)).number(2, 3),
		"an index over all":     migrationPart(3, 3, code),
		"a size over all":       migrationPart(0, maxParts+1, code),
		"a negative index":      protobuf(nil).bytes(1, string(code)).number(2, 1).number(4, 1<<64-1),
		"a version that is not": protobuf(nil).bytes(1, string(code)).bytes(2, "1"),
		"field 0":               append(migrationPart(0, 1, code), 0, 0),
		"an endless number":     append(migrationPart(0, 1, code), 5<<3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
	} {
		got, err := ReadParts([]string{link(p)})
		if err != nil || len(got.Items) != 0 || len(got.Unreadable) != 1 {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
