package bulk

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"avow/internal/authn"
)

// Meter writes how far a run is: on a screen one line that changes, elsewhere a line now and then.
type Meter struct {
	W      io.Writer
	Screen bool
	Now    func() time.Time

	begun, told time.Time
	rows        int // at the last line
	width       int
	waiting     bool
}

// How often it writes.
const (
	screenGap = 200 * time.Millisecond
	lineGap   = 5 * time.Second
	lineRows  = 500
)

// Begin starts the clock.
func (m *Meter) Begin() {
	m.begun = m.Now()
	m.told = m.begun
}

// Show writes p if it is time to.
func (m *Meter) Show(p Progress) {
	now, rows := m.Now(), p.Made+p.Failed
	since := now.Sub(m.told)
	waits := p.Waiting != nil && !m.waiting // told at once, the first time
	m.waiting = p.Waiting != nil
	if m.Screen && since < screenGap && !waits || !m.Screen && since < lineGap && rows-m.rows < lineRows && !waits {
		return
	}
	m.told, m.rows = now, rows
	text := line(p, now.Sub(m.begun))
	if !m.Screen {
		_, _ = fmt.Fprintln(m.W, text)
		return
	}
	n := utf8.RuneCountInString(text)
	_, _ = fmt.Fprint(m.W, "\r"+text+strings.Repeat(" ", max(0, m.width-n)))
	m.width = n
}

// End wipes the line off a screen.
func (m *Meter) End() {
	if m.Screen && m.width > 0 {
		_, _ = fmt.Fprint(m.W, "\r"+strings.Repeat(" ", m.width)+"\r")
	}
}

// line is one line of progress, shorter than a screen is wide.
func line(p Progress, took time.Duration) string {
	text := fmt.Sprintf("%d of %d made", p.Before+p.Made, p.Total)
	if p.Failed > 0 {
		text += fmt.Sprintf(", %d failed", p.Failed)
	}
	if p.Waiting != nil {
		return text + ", waiting: " + authn.AsError(p.Waiting).Code
	}
	rate := float64(p.Made+p.Failed) / max(took.Seconds(), 0.001)
	if rate > 0 {
		text += fmt.Sprintf(", %.0f/s, %s left", rate, time.Duration(float64(p.Left())/rate*float64(time.Second)).Round(time.Second))
	}
	return text
}
