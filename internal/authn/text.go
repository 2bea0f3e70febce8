package authn

import (
	"strings"
	"unicode"
)

// maxMarks is how many combining marks may stand on one letter. Vietnamese and Thai need two; a pile of them covers the lines above.
const maxMarks = 3

// CleanText makes a text from outside fit to be shown and logged: control characters, line breaks, format
// characters such as bidi overrides and zero-width marks, letters that are drawn as nothing, angle brackets and what is no
// valid text go; runs of space become one; the result has at most max runes. What is longer is cut where a letter as people see
// it ends, and ends with "…": a host name is never given to it with less room than host names can need, as the end of one
// says whose it is. Cleaning twice is the same as once.
func CleanText(s string, max int) string {
	if max <= 0 {
		return ""
	}
	var out []rune
	marks, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = len(out) > 0
			continue
		case unwanted(r):
			continue
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks || len(out) == 0 || space {
			continue // too many, or nothing to stand on
		}
		if space {
			out = append(out, ' ')
		}
		space = false
		if out = append(out, r); len(out) > max+1 { // one more tells whether the cut is within a letter
			break
		}
	}
	if len(out) <= max {
		return string(out)
	}
	n := max - 1
	for n > 0 && Joins(out[:n], out[n]) {
		n--
	}
	return strings.TrimRight(string(out[:n]), " ") + "…"
}

// VisibleText takes away what nobody can see, as CleanText does, and keeps all else: line breaks, spaces of any kind, length. It is for what draws
// texts and cannot know where they come from.
func VisibleText(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] < 0x7f && (s[i] >= ' ' || s[i] == '\n')
	}
	if plain {
		return s
	}
	marks := 0
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '<' || r == '>' {
			marks = 0
			return r
		}
		if unicode.IsControl(r) || unwanted(r) && !unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return -1
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// Joins tells whether r is drawn as a part of the letter before it (UAX #29, as far as what CleanText keeps can have it).
func Joins(before []rune, r rune) bool {
	switch {
	case unicode.Is(unicode.M, r), r >= 0x1f3fb && r <= 0x1f3ff, r == 0x0e33, r == 0x0eb3: // marks, tones of skin, am
		return true
	case r >= 0x1160 && r <= 0x11ff: // Hangul vowels and ends
		return true
	case flag(r):
		n := 0
		for i := len(before) - 1; i >= 0 && flag(before[i]); i-- {
			n++
		}
		return n%2 == 1
	}
	return false
}

// flag tells whether r is half of a flag.
func flag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// unwanted reports what nobody can see, or what a page could take for markup.
func unwanted(r rune) bool {
	switch r {
	case '<', '>', unicode.ReplacementChar, 0x2800: // a Braille cell without dots looks like a space
		return true
	}
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
