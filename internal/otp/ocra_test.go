package otp_test

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"avow/internal/otp"
)

// The keys of RFC 6287, appendix C, and the hash of its PIN 1234.
var (
	key20   = otp.Secret("12345678901234567890")
	key32   = otp.Secret("12345678901234567890123456789012")
	key64   = otp.Secret("1234567890123456789012345678901234567890123456789012345678901234")
	pinHash = sha1.Sum([]byte("1234"))
)

// all vectors of RFC 6287, appendix C: one-way (C.1), mutual (C.2) and signatures (C.3).
func TestOCRAVectors(t *testing.T) {
	const step = 0x132d0b6
	repeated := func(i int) string { return strings.Repeat(fmt.Sprint(i), 8) }
	for _, c := range []struct {
		suite string
		key   otp.Secret
		in    func(i int) otp.OCRAInput
		want  []string
	}{
		{
			"OCRA-1:HOTP-SHA1-6:QN08", key20, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: repeated(i)} },
			[]string{"237653", "243178", "653583", "740991", "608993", "388898", "816933", "224598", "750600", "294470"},
		},
		{
			"OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", key32,
			func(i int) otp.OCRAInput {
				return otp.OCRAInput{Counter: uint64(i), Question: "12345678", PINHash: pinHash[:]}
			},
			[]string{"65347737", "86775851", "78192410", "71565254", "10104329", "65983500", "70069104", "91771096", "75011558", "08522129"},
		},
		{
			"OCRA-1:HOTP-SHA256-8:QN08-PSHA1", key32, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: repeated(i), PINHash: pinHash[:]} },
			[]string{"83238735", "01501458", "17957585", "86776967", "86807031"},
		},
		{
			"OCRA-1:HOTP-SHA512-8:C-QN08", key64, func(i int) otp.OCRAInput { return otp.OCRAInput{Counter: uint64(i), Question: repeated(i)} },
			[]string{"07016083", "63947962", "70123924", "25341727", "33203315", "34205738", "44343969", "51946085", "20403879", "31409299"},
		},
		{
			"OCRA-1:HOTP-SHA512-8:QN08-T1M", key64, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: repeated(i), Step: step} },
			[]string{"95209754", "55907591", "22048402", "24218844", "36209546"},
		},
		{
			"OCRA-1:HOTP-SHA256-8:QA08", key32, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: fmt.Sprintf("CLI2222%dSRV1111%d", i, i)} },
			[]string{"28247970", "01984843", "65387857", "03351211", "83412541"},
		},
		{
			"OCRA-1:HOTP-SHA256-8:QA08", key32, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: fmt.Sprintf("SRV1111%dCLI2222%d", i, i)} },
			[]string{"15510767", "90175646", "33777207", "95285278", "28934924"},
		},
		{
			"OCRA-1:HOTP-SHA512-8:QA08", key64, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: fmt.Sprintf("CLI2222%dSRV1111%d", i, i)} },
			[]string{"79496648", "76831980", "12250499", "90856481", "12761449"},
		},
		{
			"OCRA-1:HOTP-SHA512-8:QA08-PSHA1", key64,
			func(i int) otp.OCRAInput {
				return otp.OCRAInput{Question: fmt.Sprintf("SRV1111%dCLI2222%d", i, i), PINHash: pinHash[:]}
			},
			[]string{"18806276", "70020315", "01600026", "18951020", "32528969"},
		},
		{
			"OCRA-1:HOTP-SHA256-8:QA08", key32, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: fmt.Sprintf("SIG1%d000", i)} },
			[]string{"53095496", "04110475", "31331128", "76028668", "46554205"},
		},
		{
			"OCRA-1:HOTP-SHA512-8:QA10-T1M", key64, func(i int) otp.OCRAInput { return otp.OCRAInput{Question: fmt.Sprintf("SIG1%d00000", i), Step: step} },
			[]string{"77537423", "31970405", "10235557", "95213541", "65360607"},
		},
	} {
		suite, err := otp.ParseOCRA(c.suite)
		if err != nil {
			t.Fatalf("%s: %v", c.suite, err)
		}
		for i, want := range c.want {
			got, err := suite.Generate(c.key, c.in(i))
			if err != nil || got != want {
				t.Errorf("%s, %d: got %s, %v, want %s", c.suite, i, got, err, want)
			}
		}
	}
}

// suites are well and badly formed ones (RFC 6287, section 6).
var suites = map[string]bool{
	"OCRA-1:HOTP-SHA1-6:QN08":                       true,
	"OCRA-1:HOTP-SHA256-8:QH64":                     true,
	"OCRA-1:HOTP-SHA512-0:C-QA64-PSHA512-S512-T48H": true,
	"OCRA-1:HOTP-SHA1-10:QN04-T59S":                 true,
	"":                                              false,
	"OCRA-2:HOTP-SHA1-6:QN08":                       false,
	"OCRA-1:TOTP-SHA1-6:QN08":                       false,
	"OCRA-1:HOTP-MD5-6:QN08":                        false,
	"OCRA-1:HOTP-SHA1-3:QN08":                       false,
	"OCRA-1:HOTP-SHA1-11:QN08":                      false,
	"OCRA-1:HOTP-SHA1-06:QN08":                      false,
	"OCRA-1:HOTP-SHA1-6:":                           false,
	"OCRA-1:HOTP-SHA1-6:C":                          false,
	"OCRA-1:HOTP-SHA1-6:QN03":                       false,
	"OCRA-1:HOTP-SHA1-6:QN65":                       false,
	"OCRA-1:HOTP-SHA1-6:QX08":                       false,
	"OCRA-1:HOTP-SHA1-6:QN8":                        false,
	"OCRA-1:HOTP-SHA1-6:QN08-C":                     false,
	"OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1":             false,
	"OCRA-1:HOTP-SHA1-6:QN08-PSHA1-PSHA1":           false,
	"OCRA-1:HOTP-SHA1-6:QN08-T60S":                  false,
	"OCRA-1:HOTP-SHA1-6:QN08-T49H":                  false,
	"OCRA-1:HOTP-SHA1-6:QN08-S000":                  false,
	"OCRA-1:HOTP-SHA1-6:QN08-S64":                   false,
	"OCRA-1:HOTP-SHA1-6:QN08:QN08":                  false,
}

func TestParseOCRA(t *testing.T) {
	for text, want := range suites {
		if _, err := otp.ParseOCRA(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOCRAInputs(t *testing.T) {
	for name, c := range map[string]struct {
		suite string
		in    otp.OCRAInput
		want  bool
	}{
		"no question":            {"OCRA-1:HOTP-SHA1-6:QN08", otp.OCRAInput{}, false},
		"letters in a number":    {"OCRA-1:HOTP-SHA1-6:QN08", otp.OCRAInput{Question: "1234567a"}, false},
		"a sign":                 {"OCRA-1:HOTP-SHA1-6:QN08", otp.OCRAInput{Question: "-1234567"}, false},
		"no hex":                 {"OCRA-1:HOTP-SHA1-6:QH08", otp.OCRAInput{Question: "0123456g"}, false},
		"hex in both cases":      {"OCRA-1:HOTP-SHA1-6:QH08", otp.OCRAInput{Question: "0aB"}, true},
		"no ASCII":               {"OCRA-1:HOTP-SHA1-6:QA08", otp.OCRAInput{Question: "frågar"}, false},
		"too long":               {"OCRA-1:HOTP-SHA1-6:QA08", otp.OCRAInput{Question: strings.Repeat("a", 17)}, false},
		"PIN hash of other size": {"OCRA-1:HOTP-SHA1-6:QN08-PSHA1", otp.OCRAInput{Question: "1", PINHash: make([]byte, 32)}, false},
		"session too long":       {"OCRA-1:HOTP-SHA1-6:QN08-S064", otp.OCRAInput{Question: "1", Session: make([]byte, 65)}, false},
		"session":                {"OCRA-1:HOTP-SHA1-6:QN08-S064", otp.OCRAInput{Question: "1", Session: []byte("x")}, true},
		"no truncation":          {"OCRA-1:HOTP-SHA1-0:QN08", otp.OCRAInput{Question: "1"}, true},
	} {
		s, err := otp.ParseOCRA(c.suite)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Generate(key20, c.in); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (otp.OCRA{}).Generate(key20, otp.OCRAInput{Question: "1"}); err == nil {
		t.Error("the zero suite generates")
	}
}

func FuzzOCRA(f *testing.F) {
	for text := range suites {
		f.Add(text, "12345678")
	}
	f.Fuzz(func(t *testing.T, text, question string) {
		s, err := otp.ParseOCRA(text)
		if err != nil {
			return
		}
		if s.String() != text {
			t.Errorf("%q reads as %q", text, s)
		}
		_, _ = s.Generate(key20, otp.OCRAInput{Question: question})
	})
}
