package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow/app/avow-admin/bulk"
	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

// office is a server with many users and a file of them.
type office struct {
	*servertest.Env
	dir, credential, users string
}

func newOffice(t testing.TB, n int) *office {
	t.Helper()
	o := &office{Env: servertest.Start(t, servertest.Options{CanMail: true}), dir: t.TempDir()}
	o.credential, o.users = filepath.Join(o.dir, "admin.json"), filepath.Join(o.dir, "users.csv")
	b, err := o.Credential.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("\xef\xbb\xbfUserName;Department\r\n")
	err = o.Site.Store.Update(t.Context(), func(tx store.Tx) error {
		for i := range n {
			login := fmt.Sprintf("user%05d", i)
			u, err := authn.NewUser(login, "", login+"@example.com", o.Now())
			if err != nil {
				return err
			}
			if err := tx.CreateUser(u); err != nil {
				return err
			}
			text.WriteString(login + ";Sales\r\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{o.credential: b, o.users: []byte(text.String())} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// args are those of session add for the file.
func (o *office) args(more ...string) []string {
	return append([]string{"session", "add", "--from", o.users, "--credential", o.credential}, more...)
}

// sessions counts the sessions, and the messages that would go out.
func (o *office) sessions() (sessions, messages int) {
	o.T.Helper()
	err := o.Site.Store.View(context.Background(), func(r store.Reader) error {
		all, err := r.RegistrationSessions()
		if err != nil {
			return err
		}
		sessions = len(all)
		for _, s := range all {
			m, err := r.MessagesOf(s.ID)
			if err != nil {
				return err
			}
			messages += len(m)
		}
		return nil
	})
	if err != nil {
		o.T.Fatal(err)
	}
	return sessions, messages
}

// wait waits until so many sessions are made.
func (o *office) wait(n int) {
	o.T.Helper()
	for made := 0; made < n; made, _ = o.sessions() {
		if err := o.T.(*testing.T).Context().Err(); err != nil {
			o.T.Fatal(err)
		}
	}
}

// report reads the report by user.
func (o *office) report(path string) map[string][]string {
	o.T.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		o.T.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		o.T.Fatal(err)
	}
	by := map[string][]string{}
	for _, row := range rows[1:] {
		by[row[0]] = row[1:]
	}
	return by
}

// kill -9 of the program, again and again in the middle: the same command goes on, everybody has one session and one message in the end, and nobody's PIN is
// on a screen. A PIN whose answer was under way is lost, and said to be.
func TestBulkKilled(t *testing.T) {
	const n, kills = 300, 3
	o := newOffice(t, n)
	var screen bytes.Buffer
	for i := range kills {
		cmd := exec.CommandContext(t.Context(), program(t), o.args("--notify", "--second-proof", "pin")...)
		cmd.Stdout, cmd.Stderr = &screen, &screen
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		o.wait((i + 1) * n / (kills + 1))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	code := run(t.Context(), o.args("--notify", "--second-proof", "pin"), &screen, &screen)
	sessions, messages := o.sessions()
	if sessions != n || messages != n {
		t.Errorf("%d sessions, %d messages, want %d of each", sessions, messages, n)
	}
	lost := 0
	for user, row := range o.report(o.users + reportEnding) {
		switch {
		case strings.HasPrefix(row[0], "made"):
			pin := strings.ReplaceAll(row[3], " ", "")
			if len(pin) != 8 || strings.Contains(screen.String(), pin) || strings.Contains(screen.String(), row[3]) {
				t.Errorf("%s: %q", user, row)
			}
		case strings.Contains(row[1], "its PIN was lost"):
			lost++
		default:
			t.Errorf("%s: %q", user, row)
		}
	}
	if lost > 4*kills || (code == 0) != (lost == 0) {
		t.Errorf("%d PINs lost, exit code %d\n%s", lost, code, screen.String())
	}
}

// Ctrl-C stops the program in the middle: what is under way is kept, the report tells what was not reached, and the exit code is that of what is not done.
func TestBulkCtrlC(t *testing.T) {
	const n = 200
	o := newOffice(t, n)
	var screen bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program(t), o.args("--second-proof", "pin")...)
	cmd.Stdout, cmd.Stderr = &screen, &screen
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o.wait(20)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	made, _ := o.sessions()
	said := screen.String()
	if code := cmd.ProcessState.ExitCode(); code != exitRefused || !strings.Contains(said, fmt.Sprintf("\nMade       : %d\n", made)) ||
		!strings.Contains(said, fmt.Sprintf("\nNotReached : %d\n", n-made)) || !strings.Contains(said, "the same command goes on.") {
		t.Errorf("%d made, exit code %d\n%s", made, code, said)
	}
	for user, row := range o.report(o.users + reportEnding) {
		if (row[0] == "made") != (row[3] != "") {
			t.Errorf("%s: %q", user, row)
		}
	}
}

// program is the path of this test's binary, which plays avow-admin when it is called so.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("avow-admin") // testscript puts it there
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The server goes away in the middle: the run stops and says so; when the server is back the same command goes on.
func TestBulkInterrupted(t *testing.T) {
	o := newOffice(t, 40)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if code := run(ctx, o.args("--hours-to-live", "8"), &out, &out); code != exitRefused {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	out.Reset()
	if code := run(t.Context(), o.args("--hours-to-live", "8", "--json"), &out, io.Discard); code != 0 || !strings.Contains(out.String(), `"Made": 40`) {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	if sessions, messages := o.sessions(); sessions != 40 || messages != 0 {
		t.Errorf("%d sessions, %d messages", sessions, messages)
	}
	info, err := os.Stat(o.users + bulk.JournalEnding)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// The figure of docs/performance.md: AVOW_BULK=10000 go test -run BulkMany -v ./app/avow-admin.
func TestBulkMany(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("AVOW_BULK"))
	if err != nil {
		n = 600
	}
	o := newOffice(t, n)
	var out, errs bytes.Buffer
	begun := time.Now()
	if code := run(t.Context(), o.args("--notify"), &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
	took := time.Since(begun)
	if sessions, messages := o.sessions(); sessions != n || messages != n {
		t.Errorf("%d sessions, %d messages", sessions, messages)
	}
	if !regexp.MustCompile(fmt.Sprintf(`(?m)^\d+ of %d made, \d+/s, .*s left$`, n)).MatchString(errs.String()) || !strings.Contains(errs.String(), "not used of "+o.users+": Department\n") {
		t.Errorf("progress: %s", errs.String())
	}
	t.Logf("%d sessions with messages in %v: %.0f/s", n, took, float64(n)/took.Seconds())
	begun = time.Now()
	if code := run(t.Context(), o.args("--notify"), &out, &errs); code != 0 || !strings.Contains(errs.String(), "all were made before") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	t.Logf("the same again, when all are made: %v", time.Since(begun))
}
