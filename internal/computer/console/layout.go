package console

import (
	"strings"
	"unicode/utf8"

	"avow/internal/qr"
)

// A console has 80x24 characters; some put nothing into the last column.
const (
	width = 79
	lines = 23 // the prompt is the last
	least = 24 // columns for words beside a QR
)

// wrap breaks text at spaces into lines of at most n characters; line breaks in it stay.
func wrap(text string, n int) (out []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			switch {
			case line == "":
				line = word
			case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > n:
				out = append(out, line)
				line = word
			default:
				line += " " + word
			}
			for utf8.RuneCountInString(line) > n { // a word that is longer than the line
				r := []rune(line)
				out, line = append(out, string(r[:n])), string(r[n:])
			}
		}
		out = append(out, line)
	}
	return out
}

// beside draws a link as a QR in half blocks with words to the right of it, for light text on a dark ground; readers take the negative
// too. ok is false if it does not fit a console.
func beside(link, words string) (text string, ok bool) {
	code, err := qr.Encode(link, qr.LevelM)
	if err != nil {
		return "", false
	}
	rows := strings.Split(strings.TrimSuffix(code.Text(qr.DarkTerminal), "\n"), "\n")
	columns := utf8.RuneCountInString(rows[0])
	room := width - columns - 2
	if room < least || len(rows) > lines {
		return "", false
	}
	side := wrap(words, room)
	top := max(0, (len(rows)-len(side))/2)
	if len(side) > len(rows) {
		return "", false
	}
	for i, line := range side {
		rows[top+i] = strings.TrimRight(rows[top+i]+"  "+line, " ")
	}
	return strings.Join(rows, "\n"), true
}
