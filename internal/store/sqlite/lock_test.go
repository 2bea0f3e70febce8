package sqlite

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
)

var errInUse = authn.Fail(authn.Conflict, "folder_in_use", "")

// One at a time within a process too; and after the release the next.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.lock")
	l, err := TakeLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TakeLock(t.Context(), path); !errors.Is(err, errInUse) || !strings.Contains(authn.AsError(err).Message, filepath.Dir(path)) {
		t.Errorf("the second: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	l, err = TakeLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	_ = l.Release()
	if _, err := TakeLock(t.Context(), filepath.Join(path, "x", "avow.lock")); err == nil {
		t.Error("a lock in no folder")
	}
}

// Another process has the lock, and is killed: the lock is free at once.
func TestLockOfKilled(t *testing.T) {
	const asked = "AVOW_TEST_LOCK"
	if path := os.Getenv(asked); path != "" { // the other process
		_, err := TakeLock(t.Context(), path)
		fmt.Println("locked", err)
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	path := filepath.Join(t.TempDir(), "avow.lock")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestLockOfKilled$")
	cmd.Env = append(os.Environ(), asked+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked <nil>\n" {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := TakeLock(t.Context(), path); !errors.Is(err, errInUse) {
		t.Errorf("while it lives: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	l, err := TakeLock(t.Context(), path)
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	_ = l.Release()
}
