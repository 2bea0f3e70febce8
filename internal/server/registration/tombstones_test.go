package registration

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *Tombstones {
	t.Helper()
	s, err := OpenTombstones(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func hash() authn.Hash { return authn.HashOf(key.NewSecret(16)) }

// TestTombstonesStay is R-003: what was added is there after the file was opened again, until 30 days after its expiry.
func TestTombstonesStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "used-sessions")
	s := open(t, path)
	var used []authn.Hash
	for range 10 {
		used = append(used, hash())
	}
	for range 2 {
		for i, h := range used {
			if err := s.Add(h, noon.Add(time.Duration(i)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	adopted := hash()
	if err := s.Adopt(map[authn.Hash]time.Time{used[0]: noon, adopted: noon}); err != nil {
		t.Fatal(err)
	}
	more := hash() // after the file was written anew
	if err := s.Add(more, noon); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Count(string(data), "\n") != 12 {
		t.Fatalf("%d lines, %v", strings.Count(string(data), "\n"), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again := open(t, path) // the first is not even closed, as after kill -9
	for _, h := range append(used, adopted, more) {
		if !again.Has(h) {
			t.Error("a used session is forgotten")
		}
	}
	if again.Has(hash()) {
		t.Error("an unused session is taken for used")
	}
	if err := again.Forget(noon.Add(authn.TombstoneLifetime + 30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	third := open(t, path)
	if third.Has(used[0]) || third.Has(adopted) || !third.Has(used[1]) {
		t.Error("forgotten: not exactly those whose time is over")
	}
}

// TestTornTombstone: at whatever byte a power cut tears the last line, the others are read and the next one is good.
func TestTornTombstone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "used-sessions")
	s := open(t, path)
	first, second := hash(), hash()
	for _, h := range []authn.Hash{first, second} {
		if err := s.Add(h, noon); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(whole), "\n") + 1
	for cut := begin; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		torn := open(t, path)
		if !torn.Has(first) || torn.Has(second) {
			t.Fatalf("cut at %d: first %v, second %v", cut, torn.Has(first), torn.Has(second))
		}
		if err := torn.Add(second, noon); err != nil {
			t.Fatal(err)
		}
		_ = torn.Close()
		if again := open(t, path); !again.Has(first) || !again.Has(second) {
			t.Fatalf("cut at %d: not both are there after the next one", cut)
		}
	}
}

// TestDamagedTombstones: a line in the middle that cannot be read stops the start; it is not passed over.
func TestDamagedTombstones(t *testing.T) {
	for name, text := range map[string]string{
		"no hash": "hello 1\n", "no time": strings.Repeat("a", 64) + "\n", "short": "aa 1\n", "zero bytes": "\x00\x00\n",
	} {
		path := filepath.Join(t.TempDir(), "used-sessions")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenTombstones(path); err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTombstoneOnSickDisk: what could not be written is an error, is used all the same, and is written with the next one.
func TestTombstoneOnSickDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "used-sessions")
	s := open(t, path)
	lost, next := hash(), hash()
	_ = s.file.Close() // every write fails from here
	if err := s.Add(lost, noon); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("write to a sick disk: %v", err)
	}
	if !s.Has(lost) {
		t.Error("the session counts as unused")
	}
	if err := s.Add(next, noon); err != nil {
		t.Fatal(err)
	}
	if again := open(t, path); !again.Has(lost) || !again.Has(next) {
		t.Error("not both are on disk")
	}
}

func TestMask(t *testing.T) {
	for login, want := range map[string]string{"anna.lind": "a•••d", "bo": "b•••", "x": "x•••", "åsa.ö": "å•••ö"} {
		if got := mask(login); got != want {
			t.Errorf("%q is shown as %q, want %q", login, got, want)
		}
	}
}
