package key

import (
	"encoding/base32"
	"strings"
	"unicode"
)

// CrockfordDigits are the characters of Crockford's base32, in upper case and without its aliases.
const CrockfordDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Crockford is Crockford's base32 without padding.
var Crockford = base32.NewEncoding(CrockfordDigits).WithPadding(base32.NoPadding)

// CleanCrockford is what a person meant who typed a code: without spaces, dashes and line breaks of any kind, in upper case, with O for 0 and I and
// L for 1 as Crockford allows. What is no such character stays.
func CleanCrockford(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'o', 'O':
			return '0'
		case 'i', 'I', 'l', 'L':
			return '1'
		}
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r): // a text that was copied has no-break spaces and long dashes
			return -1
		}
		return r
	}, typed)
}
