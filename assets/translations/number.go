package translations

import (
	"fmt"
	"strconv"
	"strings"
)

// sign is how a language writes numbers (CLDR 46, numbers and dates): they are no words, so they stand here and not among the texts.
type sign struct {
	decimal string // before the part under one
	group   string // between thousands; with some it is a space that does not break the line
	least   int    // digits from which thousands are apart: Spanish, Portuguese, Polish and Italian write 1234 and 12.345
	dotted  bool   // the time of day is 10.32
}

const (
	space  = "\u00a0"
	narrow = "\u202f"
)

var signs = map[string]sign{
	"en": {decimal: ".", group: ",", least: 4}, "de": {decimal: ",", group: ".", least: 4}, "fr": {decimal: ",", group: narrow, least: 4},
	"es": {decimal: ",", group: ".", least: 5}, "it": {decimal: ",", group: ".", least: 5}, "pt": {decimal: ",", group: ".", least: 4},
	"nl": {decimal: ",", group: ".", least: 4}, "sv": {decimal: ",", group: space, least: 4}, "nb": {decimal: ",", group: space, least: 4},
	"da": {decimal: ",", group: ".", least: 4, dotted: true}, "fi": {decimal: ",", group: space, least: 4, dotted: true},
	"pl": {decimal: ",", group: space, least: 5}, "cs": {decimal: ",", group: space, least: 4}, "uk": {decimal: ",", group: space, least: 4},
	"tr": {decimal: ",", group: ".", least: 4}, "el": {decimal: ",", group: ".", least: 4},
}

// Number writes a whole number: 12,345 in English, 12.345 in German.
func (p *Printer) Number(n int) string {
	digits := strconv.Itoa(n)
	minus := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	s := signs[p.lang]
	if len(digits) >= s.least {
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + s.group + digits[i:]
		}
	}
	if minus {
		return "\u2212" + digits // a minus, not a hyphen, at which a line may break
	}
	return digits
}

// sizes are the units of Size: the same letters in each of our languages but French and Finnish, which name the byte otherwise.
var sizes = map[string][]string{
	"": {"B", "KB", "MB", "GB"}, "fr": {"o", "ko", "Mo", "Go"}, "fi": {"t", "kt", "Mt", "Gt"}, "uk": {"Б", "КБ", "МБ", "ГБ"},
	"sv": {"B", "kB", "MB", "GB"}, "cs": {"B", "kB", "MB", "GB"},
}

// Size writes how big a file is, in steps of 1,024 and with at most one digit after the decimal sign: 512 B, 1.5 KB, 12 MB. A negative size is 0 B.
func (p *Printer) Size(bytes int64) string {
	units := sizes[p.lang]
	if units == nil {
		units = sizes[""]
	}
	n, unit := float64(max(0, bytes)), 0
	for n >= 999.5 && unit < len(units)-1 {
		n /= 1024
		unit++
	}
	text := fmt.Sprintf("%.0f", n)
	if unit > 0 && n < 9.95 {
		text = strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
	}
	return strings.Replace(text, ".", signs[p.lang].decimal, 1) + space + units[unit]
}

// List writes things one after the other: "a", "a and b", "a, b and c". Nothing is "".
func (p *Printer) List(things ...string) string {
	if len(things) < 2 {
		return strings.Join(things, "")
	}
	last := len(things) - 1
	return p.T("time.list", "Before", strings.Join(things[:last], ", "), "Last", things[last])
}
