package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
)

func addUser(t *testing.T, s *Store, login string) {
	t.Helper()
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return tx.CreateUser(authn.User{ID: authn.UserID("u_" + login), Login: login})
	})
	if err != nil {
		t.Fatalf("create user: %v", err)
	}
}

func logins(t *testing.T, s *Store) string {
	t.Helper()
	var list []string
	err := s.View(context.Background(), func(r store.Reader) error {
		users, err := r.Users()
		for _, u := range users {
			list = append(list, u.Login)
		}
		return err
	})
	if err != nil {
		t.Fatalf("list users: %v", err)
	}
	return strings.Join(list, " ")
}

func TestFilesArePrivate(t *testing.T) {
	for _, before := range []os.FileMode{0, 0o644, 0o666} {
		path := filepath.Join(t.TempDir(), "avow.db")
		if before != 0 {
			if err := os.WriteFile(path, nil, before); err != nil {
				t.Fatal(err)
			}
		}
		s := open(t, path)
		addUser(t, s, "anna")
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) != 3 {
			t.Fatalf("got files %q, %v; want database, log and index", files, err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s, first %o, has mode %o, want 600", filepath.Base(f), before, info.Mode().Perm())
			}
		}
	}
}

func TestReopenKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%41&_pragma=x.db") // a name is a name, not a part of an address
	s := open(t, path)
	addUser(t, s, "anna")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := logins(t, open(t, path)); got != "anna" {
		t.Errorf("got users %q, want anna", got)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); !strings.HasPrefix(files[0].Name(), filepath.Base(path)) {
		t.Errorf("got file %q, want %q", files[0].Name(), filepath.Base(path))
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, code, says string }{
		{"no folder", filepath.Join(dir, "none", "avow.db"), "storage_folder_missing", "Make it"},
		{"a folder", dir, "storage_unreachable", "permissions"},
		{"no database", text, "storage_damaged", "restore a backup"},
	} {
		s, err := Open(context.Background(), c.path, Options{})
		if err == nil {
			t.Errorf("%s: opened", c.name)
			_ = s.Close()
			continue
		}
		e := authn.AsError(err)
		if e.Code != c.code || e.Kind != authn.Unavailable || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: got %v (%q), want code %s and a sentence with %q", c.name, err, e.Message, c.code, c.says)
		}
	}
}

func TestOpenWithEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "avow.db"), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context canceled", err)
	}
}

// TestPragmas looks at what durability hangs on, for every connection.
func TestPragmas(t *testing.T) {
	s := openNew(t)
	sessions := map[string]*session{"writer": s.writer.session, "reader": <-s.readers}
	defer func() { s.readers <- sessions["reader"] }()
	for name, c := range sessions {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "trusted_schema": "0", "wal_autocheckpoint": "1000",
		} {
			var got string
			if err := c.conn.QueryRowContext(context.Background(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q, %v; want %q", name, pragma, got, err, want)
			}
		}
	}
	if err := sessions["reader"].exec(qTouch); authn.CodeOf(explain(err)) != "storage_read_only" {
		t.Errorf("a reader wrote: got %v", err)
	}
}

// TestStatementsPrepare finds a text that SQLite does not take, before its first use does.
func TestStatementsPrepare(t *testing.T) {
	s := openNew(t)
	c := <-s.readers
	defer func() { s.readers <- c }()
	for q := range texts {
		if _, err := c.stmt(query(q)); err != nil {
			t.Error(err)
		}
	}
}

// TestPlans keeps look-ups from walking through tables that only grow.
func TestPlans(t *testing.T) {
	s := openNew(t)
	c := <-s.readers
	defer func() { s.readers <- c }()
	for _, q := range []query{
		qUser, qUserByLogin, qClient, qDevice, qDevicesOf, qSession, qSessionBySecret, qSessionByPage, qSessionsOf, qRequest, qRequestByAuthReq,
		qOpenRequests, qLateRequests, qDecideRequest, qUpdateRequest, qDeleteRequests, qGuard, qNotice, qNoticesOf, qMailDue, qAudit,
	} {
		rows, err := c.conn.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+texts[q], make([]any, strings.Count(texts[q], "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var plan string
			if err := rows.Scan(&id, &parent, &unused, &plan); err != nil {
				t.Fatal(err)
			}
			if t.Log(plan); q != qAudit && strings.HasPrefix(plan, "SCAN ") && !strings.Contains(plan, "USING INDEX approval_requests_open") {
				t.Errorf("%s\n%s", plan, texts[q])
			}
		}
	}
}
