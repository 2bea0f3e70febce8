package authn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanText makes a text from outside fit to be shown and logged: control characters, line breaks, format
// characters such as bidi overrides and zero-width marks, and angle brackets go; runs of space become one; the result has at most
// max runes.
func CleanText(s string, max int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		switch {
		case r == utf8.RuneError, r == '<', r == '>', unicode.Is(unicode.Co, r), unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = n > 0
			continue
		}
		if space && n < max {
			b.WriteByte(' ')
			n++
		}
		space = false
		if n >= max {
			break
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimRight(b.String(), " ")
}
