package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/atomicfile"
	"avow/internal/atomicfile/atomicfiletest"
)

func TestWriteReplacesAndKeepsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for _, want := range []string{"one", "two", ""} {
		if err := atomicfile.Write(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != atomicfile.Mode {
		t.Errorf("mode is %v, %v, want %v", info.Mode(), err, atomicfile.Mode)
	}
	if names, err := atomicfile.OS.List(filepath.Dir(path)); err != nil || len(names) != 1 {
		t.Errorf("folder holds %q, %v, want the file alone", names, err)
	}
}

func TestWriteIntoMissingFolder(t *testing.T) {
	err := atomicfile.Write(filepath.Join(t.TempDir(), "no", "state"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// D1, D2: fail each call in turn, with and without all that follow; afterwards, and after every way in which a power cut
// at that point may end, the file is old or new.
func TestWriteIsOldOrNewAtEveryCrashPoint(t *testing.T) {
	const path = "/data/state"
	old, next := strings.Repeat("old ", 400), strings.Repeat("new ", 500)
	for _, dead := range []bool{false, true} {
		for n := 1; ; n++ {
			d := atomicfiletest.New()
			d.Put(path, []byte(old))
			d.FailAt(n, dead)
			err := atomicfile.WriteFS(d, path, []byte(next))
			done := d.Calls() < n
			d.FailAt(0, false)
			want := []string{old, next}
			if done {
				want = []string{next}
			}
			if done != (err == nil) {
				t.Fatalf("call %d failed and the error is %v", n, err)
			}
			checkOneOf(t, d, path, want)
			for kept := range uint(1) << d.Pending() {
				for torn := -1; torn < len(next); torn += 512 {
					checkOneOf(t, d.Crash(kept, torn), path, want)
				}
			}
			if done {
				break
			}
		}
	}
}

func checkOneOf(t *testing.T, d *atomicfiletest.Disk, path string, want []string) {
	t.Helper()
	got := string(d.Files()[path])
	for _, w := range want {
		if got == w {
			return
		}
	}
	t.Fatalf("file holds %d bytes that are neither old nor new", len(got))
}

func TestWriteOnFullDiskLeavesNothingBehind(t *testing.T) {
	d := atomicfiletest.New()
	d.Put("/data/state", []byte("old"))
	d.Limit(2)
	if err := atomicfile.WriteFS(d, "/data/state", []byte("new")); err == nil {
		t.Fatal("a full disk took the file")
	}
	if files := d.Files(); len(files) != 1 || string(files["/data/state"]) != "old" {
		t.Errorf("files are %q, want the old one alone", files)
	}
	d.Limit(-1)
	if err := atomicfile.WriteFS(d, "/data/state", []byte("new")); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestCleanRemovesOnlyItsLeftovers(t *testing.T) {
	d := atomicfiletest.New()
	for _, name := range []string{"state", ".state.tmp-1", ".state.tmp-22", "state.bak", ".state.bak.tmp-3", "other"} {
		d.Put("/data/"+name, nil)
	}
	if err := atomicfile.Clean(d, "/data/state"); err != nil {
		t.Fatal(err)
	}
	names, err := d.List("/data")
	if err != nil || strings.Join(names, " ") != ".state.bak.tmp-3 other state state.bak" {
		t.Errorf("left are %q, %v", names, err)
	}
}

func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := atomicfile.Write(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := atomicfile.Remove(atomicfile.OS, path); err != nil {
			t.Fatal(err)
		}
	}
}
