package authn

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// cleanTexts are texts from outside and what may be shown of them; they seed the fuzzer too.
var cleanTexts = []struct {
	name, in string
	max      int
	want     string
}{
	{"plain", "LAPTOP-42", 64, "LAPTOP-42"},
	{"empty", "", 64, ""},
	{"only space", " \t\n ", 64, ""},
	{"space around", "  Anna's phone ", 64, "Anna's phone"},
	{"runs of space", "a \t  b\u00a0\u2003c", 64, "a b c"},
	{"line breaks R-125", "ok\r\nlevel=ERROR msg=forged", 64, "ok level=ERROR msg=forged"},
	{"unicode line breaks", "a\u2028b\u2029c\u0085d\vd\fe", 64, "a b c d d e"},
	{"ANSI escape R-125", "\x1b[31mred\x1b[0m", 64, "[31mred [0m"},
	{"C1 control", "a\u009b31mb", 64, "a 31mb"},
	{"NUL and DEL", "a\x00b\x7fc", 64, "a b c"},
	{"markup R-029", "<b>LAPTOP</b><script>x</script>", 64, "bLAPTOP/bscriptx/script"},
	{"bidi override R-029", "invoice\u202egnp.exe", 64, "invoicegnp.exe"},
	{"bidi isolates", "\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c", 64, "abc"},
	{"zero width", "ad\u200bmin\u200c\u200d\ufeff\u2060", 64, "admin"},
	{"soft hyphen", "ad\u00admin", 64, "admin"},
	{"tags", "a\U000e0061\U000e007f", 64, "a"},
	{"private use", "a\ue000\U000f0000", 64, "a"},
	{"unassigned and noncharacters", "a\u0378\ufffe\U0010ffff", 64, "a"},
	{"invalid UTF-8", "a\xffb\xc3", 64, "ab"},
	{"Hangul fillers are blank", "\u3164\u115f\u1160\uffa0", 64, ""},
	{"blank Braille", "\u2800\u2800", 64, ""},
	{"variation selectors", "a\ufe0f\U000e0100", 64, "a"},
	{"joiner that nobody sees", "a\u034fb", 64, "ab"},
	{"a pile of marks", "a" + strings.Repeat("\u0301", 50) + "b", 64, "a\u0301\u0301\u0301b"},
	{"a mark on nothing", "\u0301a \u0301b", 64, "a b"},
	{"Vietnamese apart", "Vie\u0323\u0302t", 64, "Vie\u0323\u0302t"},
	{"Umlauts, Cyrillic, Arabic, Thai, Han, emoji", "Jürgen Жанна ليلى ที่ 李 🦊", 64, "Jürgen Жанна ليلى ที่ 李 🦊"},
	{"as long as may be", "abc", 3, "abc"},
	{"cut", "abcdef", 3, "ab…"},
	{"cut at a space", "ab cd", 4, "ab…"},
	{"cut counts runes", "äöüß", 2, "ä…"},
	{"a letter of two parts at the end", "abfe\u0301", 5, "abfe\u0301"},
	{"cut before a letter with its mark", "abe\u0301fg", 4, "ab…"},
	{"cut before a hand with its color", "ab👍🏽cd", 4, "ab…"},
	{"cut between flags", "🇸🇪🇩🇪🇫🇷", 4, "🇸🇪…"},
	{"cut before a syllable of letters", "a\u1112\u1161\u11abbc", 4, "a…"},
	{"one letter of many parts", "e\u0301\u0302\u0303x", 2, "…"},
	{"room for one", "abc", 1, "…"},
	{"no room", "abc", 0, ""},
}

func TestCleanText_R029_R125(t *testing.T) {
	for _, tt := range cleanTexts {
		t.Run(tt.name, func(t *testing.T) {
			if got := CleanText(tt.in, tt.max); got != tt.want {
				t.Errorf("CleanText(%+q, %d) = %+q, want %+q", tt.in, tt.max, got, tt.want)
			}
		})
	}
}

func TestVisibleText(t *testing.T) {
	for in, want := range map[string]string{
		"plain <b>\nline":                 "plain <b>\nline",
		"12\u00a0kB, 1\u202f234":          "12\u00a0kB, 1\u202f234",
		"invoice\u202egnp.exe":            "invoicegnp.exe",
		"ad\u200bmin\x07 \u2066Ж\u2069":   "admin Ж",
		"a\u2028b\xffc":                   "abc",
		"a\u0301\u0301\u0301\u0301\u0301": "a\u0301\u0301\u0301",
	} {
		if got := VisibleText(in); got != want {
			t.Errorf("VisibleText(%+q) = %+q, want %+q", in, got, want)
		}
		if again := VisibleText(want); again != want {
			t.Errorf("%+q becomes %+q when cleaned again", want, again)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	for _, tt := range cleanTexts {
		f.Add(tt.in, tt.max)
	}
	f.Fuzz(func(t *testing.T, in string, max int) {
		got := CleanText(in, max)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > max && got != "" {
			t.Errorf("CleanText(%+q, %d) = %+q", in, max, got)
		}
		if strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Errorf("%+q has space too much", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '<' || r == '>' || unicode.IsSpace(r) && r != ' ' {
				t.Errorf("%+q holds %U", got, r)
			}
		}
		if again := CleanText(got, max); again != got {
			t.Errorf("%+q becomes %+q when cleaned again", got, again)
		}
	})
}
