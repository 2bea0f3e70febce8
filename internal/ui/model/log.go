package model

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

// LogBook keeps the newest lines of the debug log in memory, for the screen that shows them. It is an slog.Handler; secrets redact
// themselves before they reach it.
type LogBook struct {
	handler slog.Handler
	lines   *ring
}

// ring is the buffer that all handlers derived from one LogBook share.
type ring struct {
	mu    sync.Mutex
	lines []string
	max   int
}

// Write takes one line of a text handler.
func (r *ring) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(bytes.TrimRight(p, "\n")))
	if len(r.lines) > r.max {
		r.lines = append([]string(nil), r.lines[len(r.lines)-r.max:]...)
	}
	return len(p), nil
}

// NewLogBook keeps up to max lines of level debug and above.
func NewLogBook(max int) *LogBook {
	r := &ring{max: max}
	return &LogBook{handler: slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}), lines: r}
}

// Enabled implements slog.Handler.
func (b *LogBook) Enabled(ctx context.Context, l slog.Level) bool { return b.handler.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (b *LogBook) Handle(ctx context.Context, r slog.Record) error { return b.handler.Handle(ctx, r) }

// WithAttrs implements slog.Handler.
func (b *LogBook) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &LogBook{handler: b.handler.WithAttrs(attrs), lines: b.lines}
}

// WithGroup implements slog.Handler.
func (b *LogBook) WithGroup(name string) slog.Handler {
	return &LogBook{handler: b.handler.WithGroup(name), lines: b.lines}
}

// Note writes one warning.
func (b *LogBook) Note(what string, err error) { slog.New(b).Warn(what, "err", err) }

// Lines returns the lines that contain filter, without regard to case, oldest first.
func (b *LogBook) Lines(filter string) []string {
	b.lines.mu.Lock()
	defer b.lines.mu.Unlock()
	filter = strings.ToLower(filter)
	var out []string
	for _, l := range b.lines.lines {
		if strings.Contains(strings.ToLower(l), filter) {
			out = append(out, l)
		}
	}
	return out
}

// Text is all lines, for copying and saving.
func (b *LogBook) Text() string { return strings.Join(b.Lines(""), "\n") }

// Clear forgets all lines.
func (b *LogBook) Clear() {
	b.lines.mu.Lock()
	defer b.lines.mu.Unlock()
	b.lines.lines = nil
}
