package debuglog

import (
	"log/slog"
	"strings"
	"time"
)

// Line is one line of the log.
type Line struct {
	At    time.Time
	Level slog.Level
	Text  string // what was said, then name=value
}

// stampForm is the time of a line: UTC, so that the service desk need not ask.
const stampForm = "2006-01-02T15:04:05.000Z"

// String is the line as it is stored, shown, copied and sent.
func (l Line) String() string {
	return l.At.UTC().Format(stampForm) + " " + levelName(l.Level) + " " + l.Text
}

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "ERROR"
	case l >= slog.LevelWarn:
		return "WARN"
	case l >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

var levels = map[string]slog.Level{"ERROR": slog.LevelError, "WARN": slog.LevelWarn, "INFO": slog.LevelInfo, "DEBUG": slog.LevelDebug}

// parse reads a line of a file; a torn or foreign one is passed over.
func parse(s string) (Line, bool) {
	stamp, rest, ok := strings.Cut(s, " ")
	if !ok {
		return Line{}, false
	}
	at, err := time.Parse(stampForm, stamp)
	if err != nil {
		return Line{}, false
	}
	name, text, ok := strings.Cut(rest, " ")
	level, known := levels[name]
	if !ok || !known {
		return Line{}, false
	}
	return Line{At: at, Level: level, Text: clean(text, maxLine)}, true
}

// Query says which lines are wanted.
type Query struct {
	Text  string     // stands in the line, without regard to case; "" for all
	Level slog.Level // this one and worse; slog.LevelDebug for all
	Max   int        // the newest so many; 0 for all
}

// Lines returns the lines that fit, oldest first, and how many fit in all.
func (b *Book) Lines(q Query) (lines []Line, total int) {
	b.mu.Lock()
	text := b.raw()
	b.mu.Unlock()
	want := strings.ToLower(q.Text)
	for s := range strings.Lines(text) {
		l, ok := parse(strings.TrimSuffix(s, "\n"))
		if ok && l.Level >= q.Level && strings.Contains(strings.ToLower(l.String()), want) {
			lines = append(lines, l)
		}
	}
	total = len(lines)
	if q.Max > 0 {
		lines = lines[max(0, total-q.Max):]
	}
	return lines, total
}

// Text is all of them, as they are copied, saved and sent.
func (b *Book) Text() string {
	lines, _ := b.Lines(Query{Level: slog.LevelDebug})
	return Join(lines, 0)
}

// Join is lines as they are copied, saved and sent. With more than most bytes, 0 for no limit, the oldest are left out.
func Join(lines []Line, most int) string {
	size, first := 0, len(lines)
	for first > 0 {
		n := len(lines[first-1].String()) + 1
		if most > 0 && size+n > most {
			break
		}
		size, first = size+n, first-1
	}
	var b strings.Builder
	for _, l := range lines[first:] {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}
