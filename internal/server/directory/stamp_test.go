package directory

import (
	"math"
	"strconv"
	"testing"
	"time"
)

var generalizedTimes = map[string]string{ // what is read, in RFC 3339; "" for what is refused
	"19941216103200Z":                    "1994-12-16T10:32:00Z", // RFC 4517, section 3.3.13
	"199412161032Z":                      "1994-12-16T10:32:00Z", // the same, without seconds
	"199412160532-0500":                  "1994-12-16T10:32:00Z", // the other example there
	"1994121610Z":                        "1994-12-16T10:00:00Z",
	"1994121610.5Z":                      "1994-12-16T10:30:00Z",
	"199412161032,25Z":                   "1994-12-16T10:32:15Z",
	"20261114093000.0Z":                  "2026-11-14T09:30:00Z", // Active Directory's whenChanged
	"20261114093000.123456Z":             "2026-11-14T09:30:00.123456Z",
	"20261114093000.1234567891Z":         "2026-11-14T09:30:00.123456789Z",
	"20261114093000+02":                  "2026-11-14T07:30:00Z",
	"20240229000000Z":                    "2024-02-29T00:00:00Z",
	"20161231235960Z":                    "2016-12-31T23:59:59Z", // a leap second
	"20230229000000Z":                    "",
	"20261301000000Z":                    "",
	"20260431000000Z":                    "",
	"20261114240000Z":                    "",
	"20261114096000Z":                    "",
	"20261114093000":                     "", // local time says nothing
	"20261114093000z":                    "",
	"20261114093000.Z":                   "",
	"20261114093000.1.2Z":                "",
	"20261114093000+2460":                "",
	"20261114093000+020":                 "",
	"20261114Z":                          "",
	"2026 114093000Z":                    "",
	"+0261114093000Z":                    "",
	"2026-11-14T09:30:00Z":               "",
	"":                                   "",
	"Z":                                  "",
	"000001010000Z":                      "", // pwdAccountLockedTime for ever: no time
	"99991231235959Z":                    "",
	"٢٠٢٦1114093000Z":                    "",
	"20261114093000.999999999999999999Z": "2026-11-14T09:30:00.999999999Z",
}

func TestParseGeneralizedTime(t *testing.T) {
	for in, want := range generalizedTimes {
		got, err := parseGeneralizedTime(in)
		if want == "" {
			if err == nil {
				t.Errorf("%q is read as %s", in, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is read as %s, %v; want %s", in, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

// What is read is written and read again as the same second.
func FuzzGeneralizedTime(f *testing.F) {
	for in := range generalizedTimes {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parseGeneralizedTime(in)
		if err != nil {
			return
		}
		if !storable(got) {
			t.Fatalf("%q is read as %s, which the store refuses", in, got)
		}
		again, err := parseGeneralizedTime(formatGeneralizedTime(got))
		if err != nil || !again.Equal(got.Truncate(time.Second)) {
			t.Fatalf("%q is %s, and again %s, %v", in, got, again, err)
		}
	})
}

var filetimes = map[string]string{
	"0":                    "never",
	"9223372036854775807":  "never",
	"116444736000000000":   "1970-01-01T00:00:00Z",
	"116444736000000001":   "1970-01-01T00:00:00.0000001Z",
	"116444735999999999":   "1969-12-31T23:59:59.9999999Z",
	"133484544000000000":   "2023-12-31T00:00:00Z",
	"1":                    "", // 1601 is before what the store holds
	"-1":                   "",
	"9223372036854775806":  "",
	"9223372036854775808":  "",
	"0116444736000000000":  "",
	"+116444736000000000":  "",
	"1.16444736e17":        "",
	"":                     "",
	" 116444736000000000 ": "",
}

func TestParseFiletime(t *testing.T) {
	for in, want := range filetimes {
		got, err := parseFiletime(in)
		text := got.Format(time.RFC3339Nano)
		if got.IsZero() {
			text = "never"
		}
		if err != nil {
			text = ""
		}
		if text != want {
			t.Errorf("%q is read as %q, %v; want %q", in, text, err, want)
		}
	}
}

func FuzzFiletime(f *testing.F) {
	for in := range filetimes {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parseFiletime(in)
		if err != nil || got.IsZero() {
			return
		}
		if back := strconv.FormatInt(got.Unix()*1e7+int64(got.Nanosecond())/100+epochTicks, 10); back != in || !storable(got) {
			t.Fatalf("%q is read as %s, which is %s", in, got, back)
		}
	})
}

func TestParseAges(t *testing.T) {
	bad := time.Duration(-1)
	for in, want := range map[string]time.Duration{
		"-36288000000000":      42 * 24 * time.Hour, // the usual 42 days
		"0":                    0,
		"-9223372036854775808": 0,
		"-9223372036854775807": 0, // longer than anybody's work
		"-1":                   100,
		"1":                    bad,
		"36288000000000":       bad,
		"":                     bad,
		"-0":                   bad,
	} {
		got, err := parseMaxPwdAge(in)
		if err != nil {
			got = bad
		}
		if got != want {
			t.Errorf("maxPwdAge %q is %s, %v; want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]time.Duration{
		"7776000": 90 * 24 * time.Hour, "0": 0, strconv.Itoa(math.MaxInt64): 0, "-1": bad, "90d": bad, "": bad,
	} {
		got, err := parseSeconds(in)
		if err != nil {
			got = bad
		}
		if got != want {
			t.Errorf("pwdMaxAge %q is %s, %v; want %s", in, got, err, want)
		}
	}
}
