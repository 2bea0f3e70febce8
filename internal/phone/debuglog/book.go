// Package debuglog is the app's debug log: a ring of two files that survives restarts, which its owner can read, copy, save and send to the service desk. What gets into it
// is decided by type and never by the look of a text (R-124, OWASP ASVS 5.0, 16.2.5): numbers, times, the program's own names and error codes are written; a text of any
// other kind is not, whatever stands in it. It is an slog.Handler and knows no screen and no network.
package debuglog

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Names of the two files. The older one is replaced when the newer one is full.
const (
	newName = "debug-log.txt"
	oldName = "debug-log.old.txt"
)

// maxFile is how large one of the two files gets.
const maxFile = 512 << 10

// Detailed is how long the level for details stays on before it goes off by itself.
const Detailed = 24 * time.Hour

// Options are what a Book is made of.
type Options struct {
	Dir   string           // of the two files; "" keeps the lines in memory
	Lines int              // how many are kept in memory: all, or those that could not be written; 0 means 2000
	Now   func() time.Time // nil: time.Now
}

// Book is the debug log. It is safe for concurrent use.
type Book struct {
	*shelf
	attrs string // of the handler, written already
	group string // "g." within a group
}

var _ slog.Handler = (*Book)(nil)

// shelf is what all handlers of one Book share.
type shelf struct {
	o        Options
	mu       sync.Mutex
	file     *os.File // nil until the first line, and when there is no folder
	size     int64
	lines    []string  // in memory
	detailed time.Time // debug lines are written until then
}

// Open makes a Book over the files that are there. It reads nothing yet and cannot fail: what can't be written later stays in memory.
func Open(o Options) *Book {
	if o.Lines <= 0 {
		o.Lines = 2000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Book{shelf: &shelf{o: o}}
}

// Detail has details written until a time; the zero time for no more.
func (b *Book) Detail(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.detailed = until
}

// Enabled implements slog.Handler.
func (b *Book) Enabled(_ context.Context, l slog.Level) bool {
	if l >= slog.LevelInfo {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.o.Now().Before(b.detailed)
}

// Handle implements slog.Handler.
func (b *Book) Handle(_ context.Context, r slog.Record) error {
	var s strings.Builder
	s.WriteString(b.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&s, b.group, a)
		return true
	})
	at := r.Time
	if at.IsZero() {
		at = b.o.Now()
	}
	b.write(Line{At: at, Level: r.Level, Text: clean(r.Message, maxMessage) + s.String() + place(r.PC)})
	return nil
}

// WithAttrs implements slog.Handler.
func (b *Book) WithAttrs(attrs []slog.Attr) slog.Handler {
	var s strings.Builder
	s.WriteString(b.attrs)
	for _, a := range attrs {
		writeAttr(&s, b.group, a)
	}
	return &Book{shelf: b.shelf, attrs: s.String(), group: b.group}
}

// WithGroup implements slog.Handler.
func (b *Book) WithGroup(name string) slog.Handler {
	return &Book{shelf: b.shelf, attrs: b.attrs, group: b.group + clean(name, maxWord) + "."}
}

// Note writes one warning. what is a constant of the program.
func (b *Book) Note(what string, err error) {
	var pc [1]uintptr
	runtime.Callers(2, pc[:])
	b.write(Line{At: b.o.Now(), Level: slog.LevelWarn, Text: clean(what, maxMessage) + " err=" + describe(err) + place(pc[0])})
}

func (s *shelf) write(l Line) {
	text := l.String() + "\n"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Dir == "" || s.append(text) != nil {
		s.lines = append(s.lines, strings.TrimSuffix(text, "\n"))
		s.lines = slices.Clone(s.lines[max(0, len(s.lines)-s.o.Lines):])
	}
}

// append adds a line to the newer file, in one write, so that a crash leaves whole lines and at most one torn end. mu must be held.
func (s *shelf) append(text string) error {
	if s.file == nil {
		if err := s.openFile(); err != nil {
			return err
		}
	}
	if s.size > 0 && s.size+int64(len(text)) > maxFile {
		s.closeFile()
		if err := os.Rename(s.path(newName), s.path(oldName)); err != nil {
			return err
		}
		if err := s.openFile(); err != nil {
			return err
		}
	}
	n, err := s.file.WriteString(text)
	s.size += int64(n)
	if err != nil {
		s.closeFile() // a full disk: what was begun is ended when it is opened again
	}
	return err
}

func (s *shelf) openFile() error {
	f, err := os.OpenFile(s.path(newName), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	s.file, s.size = f, info.Size()
	last := make([]byte, 1)
	if s.size > 0 {
		if _, err := f.ReadAt(last, s.size-1); err == nil && last[0] != '\n' { // the line that a crash has cut off
			n, _ := f.WriteString("\n")
			s.size += int64(n)
		}
	}
	return nil
}

func (s *shelf) closeFile() {
	if s.file != nil {
		_ = s.file.Close() // nothing is buffered
		s.file = nil
	}
}

func (s *shelf) path(name string) string { return filepath.Join(s.o.Dir, name) }

// Close closes the file. A line that comes later opens it again.
func (b *Book) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeFile()
}

// raw is all that is kept, oldest first. mu must be held.
func (s *shelf) raw() string {
	var out strings.Builder
	if s.o.Dir != "" {
		for _, name := range []string{oldName, newName} {
			data, _ := os.ReadFile(s.path(name)) // one that can't be read has nothing to show
			out.Write(data[:min(len(data), 2*maxFile)])
			if n := len(data); n > 0 && data[n-1] != '\n' {
				out.WriteByte('\n')
			}
		}
	}
	for _, l := range s.lines {
		out.WriteString(l + "\n")
	}
	return out.String()
}

// Clear forgets all lines. undo brings them back, before those that came meanwhile, for as long as the caller keeps it.
func (b *Book) Clear() (undo func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.raw()
	b.forget()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.restore(was + b.raw())
	}
}

func (s *shelf) forget() {
	s.closeFile()
	s.lines, s.size = nil, 0
	if s.o.Dir != "" {
		for _, name := range []string{oldName, newName} {
			_ = os.Remove(s.path(name)) // what can't be removed is shown still
		}
	}
}

// Remove deletes the files in a folder.
func Remove(dir string) error {
	for _, name := range []string{oldName, newName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// restore puts back what was there. mu must be held.
func (s *shelf) restore(text string) {
	s.forget()
	if cut := len(text) - maxFile; cut > 0 {
		_, text, _ = strings.Cut(text[cut:], "\n")
	}
	if s.o.Dir != "" && os.WriteFile(s.path(oldName), []byte(text), 0o600) == nil {
		return
	}
	for l := range strings.Lines(text) {
		s.lines = append(s.lines, strings.TrimSuffix(l, "\n"))
	}
}
