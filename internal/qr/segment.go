package qr

import (
	"strings"
	"unicode/utf8"

	"rsc.io/qr/coding"
)

// utf8ECI announces that the byte segments after it are UTF-8 (ISO/IEC 18004, 7.4.2). Without it readers guess, and
// guess ISO-8859-1 or Shift-JIS for short words.
type utf8ECI struct{}

func (utf8ECI) Check() error            { return nil }
func (utf8ECI) Bits(coding.Version) int { return 4 + 8 }
func (utf8ECI) Encode(b *coding.Bits, _ coding.Version) {
	b.Write(7, 4)
	b.Write(26, 8)
}

type segmentKind byte

const (
	kindByte segmentKind = iota
	kindAlphanumeric
)

// split cuts text into the segments that take the fewest bits in version v. Numeric segments are used for text that
// is all digits only: mixed in they would save a link next to nothing, and the second reader (goqr) turns their digits
// around.
func split(text string, v coding.Version) []coding.Encoding {
	if coding.Num(text).Check() == nil {
		return []coding.Encoding{coding.Num(text)}
	}
	var segments []coding.Encoding
	if !ascii(text) {
		segments = append(segments, utf8ECI{})
	}
	kinds := cheapestKinds(text, v)
	for start := 0; start < len(text); {
		end := start + 1
		for end < len(text) && kinds[end] == kinds[start] {
			end++
		}
		if kinds[start] == kindAlphanumeric {
			segments = append(segments, coding.Alpha(text[start:end]))
		} else {
			segments = append(segments, coding.String(text[start:end]))
		}
		start = end
	}
	return segments
}

// cheapestKinds gives each byte of text its kind of segment: the cheapest way through two states, counted in half bits
// because an alphanumeric character takes 5.5.
func cheapestKinds(text string, v coding.Version) []segmentKind {
	const never = 1 << 30
	header := [2]int{
		kindByte:         2 * coding.String("").Bits(v),
		kindAlphanumeric: 2 * coding.Alpha("").Bits(v),
	}
	cost := header
	from := make([][2]segmentKind, len(text))
	for i := range len(text) {
		step := [2]int{kindByte: 16, kindAlphanumeric: never}
		if alphanumeric(text[i]) {
			step[kindAlphanumeric] = 11
		}
		var next [2]int
		for to := range segmentKind(2) {
			stay, change := cost[to], cost[1-to]+header[to]
			from[i][to] = to
			if i > 0 && change < stay {
				stay, from[i][to] = change, 1-to
			}
			next[to] = min(stay+step[to], never)
		}
		cost = next
	}
	kind := kindByte
	if cost[kindAlphanumeric] < cost[kindByte] {
		kind = kindAlphanumeric
	}
	kinds := make([]segmentKind, len(text))
	for i := len(text) - 1; i >= 0; i-- {
		kinds[i] = kind
		kind = from[i][kind]
	}
	return kinds
}

func bitLength(segments []coding.Encoding, v coding.Version) int {
	total := 0
	for _, s := range segments {
		total += s.Bits(v)
	}
	return total
}

// alphanumeric says whether c is one of the 45 characters of ISO/IEC 18004, table 5.
func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || strings.IndexByte(" $%*+-./:", c) >= 0
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
