package directory

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// errTime says that a time cannot be read. The value is a directory's and goes to administrators, quoted.
func errTime(value string) error { return fmt.Errorf("%.60q is not a time", value) }

// parseGeneralizedTime reads GeneralizedTime as RFC 4517, section 3.3.13 has it: YYYYMMDDHH[MM[SS]], a fraction of the last part given, and a
// zone, "Z" or +HH[MM]. A leap second is the one before it. Years that the store cannot hold (before 1678, after 2261) are refused.
func parseGeneralizedTime(s string) (time.Time, error) {
	clock, zone, err := splitZone(s)
	if err != nil {
		return time.Time{}, errTime(s)
	}
	clock, fraction, hasFraction := cutFraction(clock)
	if hasFraction && !digits(fraction) {
		return time.Time{}, errTime(s)
	}
	parts := [6]int{0, 1, 1, 0, 0, 0} // year, month, day, hour, minute, second
	unit := time.Second
	switch len(clock) {
	case 10:
		unit = time.Hour
	case 12:
		unit = time.Minute
	case 14:
	default:
		return time.Time{}, errTime(s)
	}
	if !digits(clock) {
		return time.Time{}, errTime(s)
	}
	for i, at := 0, 0; at < len(clock); i++ {
		width := 2
		if i == 0 {
			width = 4
		}
		parts[i], _ = strconv.Atoi(clock[at : at+width])
		at += width
	}
	if parts[5] == 60 {
		parts[5] = 59
	}
	t := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 0, time.UTC)
	if t.Month() != time.Month(parts[1]) || t.Day() != parts[2] || t.Hour() != parts[3] || t.Minute() != parts[4] || t.Second() != parts[5] {
		return time.Time{}, errTime(s) // time.Date would take 31 February for 3 March
	}
	t = t.Add(part(fraction, unit)).Add(-zone)
	if !storable(t) {
		return time.Time{}, errTime(s)
	}
	return t, nil
}

// splitZone takes the zone off the end.
func splitZone(s string) (clock string, zone time.Duration, err error) {
	if clock, ok := strings.CutSuffix(s, "Z"); ok {
		return clock, 0, nil
	}
	at := strings.LastIndexAny(s, "+-")
	if at < 0 {
		return "", 0, errors.New("no zone")
	}
	z := s[at+1:]
	if len(z) != 2 && len(z) != 4 || !digits(z) {
		return "", 0, errors.New("no zone")
	}
	hours, _ := strconv.Atoi(z[:2])
	minutes := 0
	if len(z) == 4 {
		minutes, _ = strconv.Atoi(z[2:])
	}
	if hours > 23 || minutes > 59 {
		return "", 0, errors.New("no zone")
	}
	zone = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[at] == '-' {
		zone = -zone
	}
	return s[:at], zone, nil
}

func cutFraction(clock string) (whole, fraction string, ok bool) {
	if at := strings.IndexAny(clock, ".,"); at >= 0 {
		return clock[:at], clock[at+1:], true
	}
	return clock, "", false
}

// part is the decimal fraction of a unit, to the nanosecond.
func part(fraction string, unit time.Duration) time.Duration {
	var d time.Duration
	for _, r := range fraction {
		unit /= 10
		d += time.Duration(r-'0') * unit
	}
	return d
}

// formatGeneralizedTime writes a time for a filter.
func formatGeneralizedTime(t time.Time) string { return t.UTC().Format("20060102150405") + "Z" }

// Active Directory counts in units of 100 ns; a FILETIME counts them from 1601-01-01 UTC.
const (
	tick        = 100 * time.Nanosecond
	epochTicks  = 116444736000000000 // from 1601 to 1970
	neverTicks  = math.MaxInt64
	neverMaxAge = math.MinInt64
)

// parseFiletime reads a FILETIME in decimal. 0 and the greatest number mean "not set" and "never": the zero time.
func parseFiletime(s string) (time.Time, error) {
	n, err := parseInteger(s)
	if err != nil || n < 0 {
		return time.Time{}, errTime(s)
	}
	if n == 0 || n == neverTicks {
		return time.Time{}, nil
	}
	n -= epochTicks
	t := time.Unix(n/1e7, n%1e7*100).UTC()
	if !storable(t) {
		return time.Time{}, errTime(s)
	}
	return t, nil
}

// parseMaxPwdAge reads Active Directory's maxPwdAge, a negative number of ticks; 0 and the least number mean that passwords do not expire.
func parseMaxPwdAge(s string) (time.Duration, error) {
	n, err := parseInteger(s)
	switch {
	case err != nil || n > 0:
		return 0, fmt.Errorf("%.60q is not a maxPwdAge", s)
	case n == 0 || n == neverMaxAge:
		return 0, nil
	case n < -math.MaxInt64/int64(tick):
		return 0, nil // more than 292 years
	}
	return time.Duration(-n) * tick, nil
}

// parseSeconds reads pwdMaxAge of a password policy; 0 means that passwords do not expire.
func parseSeconds(s string) (time.Duration, error) {
	n, err := parseInteger(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%.60q is not a pwdMaxAge", s)
	}
	if n > math.MaxInt64/int64(time.Second) {
		return 0, nil
	}
	return time.Duration(n) * time.Second, nil
}

// parseInteger reads INTEGER of RFC 4517, section 3.3.16: no plus sign, no zeros in front.
func parseInteger(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.60q is not a number", s)
	}
	return n, nil
}

// storable reports whether the database can hold a time.
func storable(t time.Time) bool { return t.Year() >= 1678 && t.Year() < 2262 }

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
