package authn

import (
	"strings"
	"unicode"
)

// maxMarks is how many combining marks may stand on one letter. Vietnamese and Thai need two; a pile of them covers the lines above.
const maxMarks = 3

// CleanText makes a text from outside fit to be shown and logged: control characters, line breaks, format
// characters such as bidi overrides and zero-width marks, letters that are drawn as nothing, angle brackets and what is no
// valid text go; runs of space become one; the result has at most max runes. Cleaning twice is the same as once.
func CleanText(s string, max int) string {
	var b strings.Builder
	n, marks, space := 0, 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = n > 0
			continue
		case unwanted(r):
			continue
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks || n == 0 || space {
			continue // too many, or nothing to stand on
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

// unwanted reports what nobody can see, or what a page could take for markup.
func unwanted(r rune) bool {
	switch r {
	case '<', '>', unicode.ReplacementChar, 0x2800: // a Braille cell without dots looks like a space
		return true
	}
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
