package debuglog_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/phone/debuglog"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// folder is what lies in the log's folder, by name.
func folder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestRing: two files of at most 512 KiB, of which the newest lines survive a restart.
func TestRing(t *testing.T) {
	dir := t.TempDir()
	b := debuglog.Open(debuglog.Options{Dir: dir, Now: now})
	log := slog.New(b)
	const lines = 12_000
	for i := range lines {
		log.Info("a line of the log that is about as long as one is", "number", i, "of", lines)
	}
	b.Close()
	files := folder(t, dir)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for name, data := range files {
		if len(data) > 512<<10 || len(data) < 100<<10 || data[len(data)-1] != '\n' {
			t.Errorf("%s has %d bytes", name, len(data))
		}
	}
	again := debuglog.Open(debuglog.Options{Dir: dir, Now: now})
	got, total := again.Lines(debuglog.Query{Max: 3})
	if total < 5000 || len(got) != 3 || !strings.Contains(got[2].Text, fmt.Sprintf("number=%d", lines-1)) || got[2].Level != slog.LevelInfo {
		t.Errorf("after a restart %d lines, the last ones %q", total, got)
	}
}

// TestTornLine: a crash in the middle of a line costs that line and no other.
func TestTornLine(t *testing.T) {
	dir := t.TempDir()
	b := debuglog.Open(debuglog.Options{Dir: dir, Now: now})
	b.Note("one", errors.New("x"))
	b.Note("two", errors.New("x"))
	b.Close()
	path := filepath.Join(dir, "debug-log.txt")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-30], 0o600); err != nil {
		t.Fatal(err)
	}
	b = debuglog.Open(debuglog.Options{Dir: dir, Now: now})
	b.Note("three", errors.New("x"))
	data, _ = os.ReadFile(path)
	text := b.Text()
	if n := strings.Count(text, "\n"); !strings.Contains(text, " one ") || !strings.Contains(text, " three ") || n != 3 && n != 2 || bytes.Count(data, []byte("\n")) != 3 {
		t.Errorf("the log is %q, its file %q", text, data)
	}
	if err := os.WriteFile(path, []byte("\x00\xff\xfe\nnot ours\n2026-11-26T12:00:00.000Z LOUD x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := b.Text(); text != "" {
		t.Errorf("of a damaged file it shows %q", text)
	}
}

// TestNoFolder: what can't be written is kept in memory, and nothing fails.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	b := debuglog.Open(debuglog.Options{Dir: dir, Now: now, Lines: 2})
	for _, what := range []string{"one", "two", "three"} {
		b.Note(what, errors.New("x"))
	}
	if text := b.Text(); strings.Contains(text, " one ") || !strings.Contains(text, " two ") || !strings.Contains(text, " three ") {
		t.Errorf("the log is %q", text)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.Note("four", errors.New("x"))
	if text := b.Text(); !strings.Contains(text, " four ") || len(folder(t, dir)) != 1 {
		t.Errorf("then the log is %q", text)
	}
	b.Close()
}

func TestQuery(t *testing.T) {
	at := noon
	b := debuglog.Open(debuglog.Options{Now: func() time.Time { return at }})
	log := slog.New(b)
	log.Debug("not wanted")
	b.Detail(noon.Add(debuglog.Detailed))
	log.Debug("small")
	log.Info("usual")
	log.Warn("careful")
	log.Error("broken")
	at = noon.Add(debuglog.Detailed)
	log.Debug("after a day it is over")
	for _, c := range []struct {
		q    debuglog.Query
		want string
	}{
		{debuglog.Query{Level: slog.LevelDebug}, "small usual careful broken"},
		{debuglog.Query{Level: slog.LevelWarn}, "careful broken"},
		{debuglog.Query{Level: slog.LevelError}, "broken"},
		{debuglog.Query{Level: slog.LevelDebug, Text: "CAREFUL"}, "careful"},
		{debuglog.Query{Level: slog.LevelDebug, Text: "debug "}, "small"},
		{debuglog.Query{Level: slog.LevelDebug, Max: 2}, "careful broken"},
	} {
		lines, _ := b.Lines(c.q)
		var got []string
		for _, l := range lines {
			got = append(got, strings.Fields(l.Text)[0])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v: %q, want %q", c.q, s, c.want)
		}
	}
	lines, _ := b.Lines(debuglog.Query{Level: slog.LevelDebug})
	if got := debuglog.Join(lines, len(lines[3].String())+1); got != lines[3].String()+"\n" {
		t.Errorf("with room for the last line: %q", got)
	}
}

// TestClear: all lines go, and come back if that was a mistake, before those that came meanwhile.
func TestClear(t *testing.T) {
	for name, dir := range map[string]string{"in memory": "", "in files": t.TempDir()} {
		b := debuglog.Open(debuglog.Options{Dir: dir, Now: now})
		b.Note("one", errors.New("x"))
		undo := b.Clear()
		if text := b.Text(); text != "" {
			t.Errorf("%s: left is %q", name, text)
		}
		if dir != "" && len(folder(t, dir)) != 0 {
			t.Errorf("%s: files are left", name)
		}
		b.Note("two", errors.New("x"))
		undo()
		if text := b.Text(); !strings.Contains(text, " one ") || strings.Index(text, " two ") < strings.Index(text, " one ") || strings.Count(text, "\n") != 2 {
			t.Errorf("%s: then %q", name, text)
		}
		b.Close()
	}
}
