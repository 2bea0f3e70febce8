package directory

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestParseGUID(t *testing.T) {
	for in, want := range map[string]string{
		"33221100554477668899aabbccddeeff":   "00112233-4455-6677-8899-aabbccddeeff", // the order of MS-DTYP 2.3.4
		"7af6c2b1e3d4f5a6b7c8d9eafb0c1d2e":   "b1c2f67a-d4e3-a6f5-b7c8-d9eafb0c1d2e",
		"00000000000000000000000000000000":   "",
		"":                                   "",
		"33221100554477668899aabbccddee":     "",
		"33221100554477668899aabbccddeeff00": "",
	} {
		raw, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseGUID(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is read as %q, %v; want %q", in, got, err, want)
		}
	}
}

var uuids = map[string]string{
	"597ae2f6-16a6-1027-98f4-d28b5365dc14":   "597ae2f6-16a6-1027-98f4-d28b5365dc14", // RFC 4530, section 2.1
	"597AE2F6-16A6-1027-98F4-D28B5365DC14":   "597ae2f6-16a6-1027-98f4-d28b5365dc14",
	"597ae2f616a6102798f4d28b5365dc14":       "",
	"597ae2f6-16a6-1027-98f4d28b-5365dc14":   "",
	"{597ae2f6-16a6-1027-98f4-d28b5365dc14}": "",
	"597ae2f6-16a6-1027-98f4-d28b5365dc1":    "",
	"597ae2f6-16a6-1027-98f4-d28b5365dc1g":   "",
	"00000000-0000-0000-0000-000000000000":   "",
	"":                                       "",
	"*":                                      "",
}

func TestParseUUID(t *testing.T) {
	for in, want := range uuids {
		got, err := parseUUID(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v; want %q", in, got, err, want)
		}
	}
}

// The filter of an id compiles for every id that can be read, and finds exactly its bytes; nothing else gets into a filter.
func FuzzID(f *testing.F) {
	for in := range uuids {
		f.Add(in, []byte(in))
	}
	f.Add("*)(uid=*", []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		for _, s := range []Schema{LDAP, ActiveDirectory} {
			filter, err := s.idFilter(text)
			if _, bad := parseUUID(text); (err == nil) != (bad == nil) {
				t.Fatalf("filter of %q: %v", text, err)
			}
			if err == nil {
				if _, err := ldap.CompileFilter(filter); err != nil {
					t.Fatalf("%s: %v", filter, err)
				}
			}
		}
		id, err := parseGUID(raw)
		if err != nil {
			return
		}
		filter, err := ActiveDirectory.idFilter(id)
		if err != nil {
			t.Fatalf("%x is %s: %v", raw, id, err)
		}
		hexed := strings.NewReplacer("(objectGUID=", "", ")", "", `\`, "").Replace(filter)
		if back, err := hex.DecodeString(hexed); err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("%x is looked for by %s", raw, filter)
		}
	})
}

var phones = map[string]string{
	"+46 70 123 45 67":                   "+46701234567",
	"+49 (0) 30 123456":                  "+4930123456",
	"+49 (0)30/1234-56":                  "+4930123456",
	"0046701234567":                      "+46701234567",
	"00 46 (70) 123.45.67":               "+46701234567",
	" +1-202-555-0123 ":                  "+12025550123",
	"+1\u00a0202\u2011555\u20110123":     "+12025550123",
	"070 123 45 67":                      "", // only within the country
	"4711":                               "",
	"+0701234567":                        "",
	"000701234567":                       "",
	"+46 70 123 45 67 ext. 4":            "",
	"+46701234567;+46707654321":          "",
	"+46701234567+46707654321":           "",
	"+123456":                            "",
	"+1234567":                           "+1234567",
	"+123456789012345":                   "+123456789012345",
	"+1234567890123456":                  "",
	"+":                                  "",
	"00":                                 "",
	"":                                   "",
	"+٤٦701234567":                       "",
	"+46701234567\n":                     "+46701234567",
	"+46701\r\nSubject: x":               "",
	"tel:+46701234567":                   "",
	"+4670<script>":                      "",
	strings.Repeat("+46701234567 ", 500): "",
}

func TestParsePhone(t *testing.T) {
	for in, want := range phones {
		if got := parsePhone(in); got != want {
			t.Errorf("%q is read as %q, want %q", in, got, want)
		}
	}
}

func FuzzPhone(f *testing.F) {
	for in := range phones {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := parsePhone(in)
		if got == "" {
			return
		}
		if again := parsePhone(got); again != got || got[0] != '+' || !digits(got[1:]) || len(got) > 16 || len(got) < 8 {
			t.Fatalf("%q is read as %q, and that as %q", in, got, again)
		}
	})
}

func TestParseLanguage(t *testing.T) {
	for in, want := range map[string]string{
		"de": "de", "en-US": "en", "sv-SE, de-AT;q=0.8, en;q=0.5": "sv", "en;q=0.2, de;q=0.9": "de", "DE": "de",
		"": "", "*": "", "Deutsch!": "", "german": "", "x-klingon": "", "und": "", "de_DE": "de", strings.Repeat("de,", 200): "",
	} {
		if got := parseLanguage(in); got != want {
			t.Errorf("%q is read as %q, want %q", in, got, want)
		}
	}
}
