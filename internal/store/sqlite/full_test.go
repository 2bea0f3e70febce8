package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
)

// pragma sets one on the writer's connection.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	if _, err := s.writer.session.conn.ExecContext(context.Background(), "PRAGMA "+text); err != nil {
		t.Fatalf("PRAGMA %s: %v", text, err)
	}
}

// TestDiskFull is D7 in small: the file may not grow.
func TestDiskFull(t *testing.T) {
	s := openNew(t)
	addUser(t, s, "anna")
	pragma(t, s, "max_page_count = 1") // SQLite makes that "no more than now"
	var kept int
	big := strings.Repeat("x", 1000)
	var err error
	for err == nil && kept < 1000 {
		err = s.Update(context.Background(), func(tx store.Tx) error { return note(tx, big) })
		if err == nil {
			kept++
		}
	}
	e := authn.AsError(err)
	if e.Kind != authn.Unavailable || e.Code != "storage_full" || !strings.Contains(e.Message, "disk is full") {
		t.Fatalf("after %d records: got %v, want storage_full", kept, err)
	}
	for range 3 { // it stays so, and nothing hangs
		if got := authn.CodeOf(s.Update(context.Background(), func(tx store.Tx) error { return note(tx, big) })); got != "storage_full" {
			t.Errorf("again: got code %q", got)
		}
	}
	if got := logins(t, s); got != "anna" {
		t.Errorf("reading: got users %q, want anna", got)
	}
	pragma(t, s, "max_page_count = 100000") // space returns
	addUser(t, s, "bo")
	if got := len(strings.Fields(noted(t, s))); got != kept {
		t.Errorf("got %d records, want the %d acknowledged", got, kept)
	}
	wantIntact(t, s)
}

// TestDiskFullPassedOver has a member go on after SQLite has rolled everything back: what it writes then must not stay, nor may the
// others be told that theirs did.
func TestDiskFullPassedOver(t *testing.T) {
	s := openNew(t)
	addUser(t, s, "anna")
	pragma(t, s, "max_page_count = 1")
	errs := queueHeld(s,
		func(tx *tx) error { return note(tx, "one") },
		func(tx *tx) error {
			for i := range 1000 {
				_ = note(tx, fmt.Sprint(i, strings.Repeat("x", 1000))) // errors passed over
			}
			return tx.UpdateUser("u_anna", func(u authn.User) (authn.User, error) { u.Name = "Anna"; return u, nil })
		},
		func(tx *tx) error { return note(tx, "three") },
	)
	pragma(t, s, "max_page_count = 100000")
	left := noted(t, s)
	for i, name := range []string{"one", "", "three"} {
		switch {
		case errs[i] == nil && !strings.Contains(left, name):
			t.Errorf("member %d was acknowledged and is lost", i)
		case errs[i] != nil && authn.AsError(errs[i]).Kind != authn.Unavailable:
			t.Errorf("member %d: got %v, want kind unavailable", i, errs[i])
		case errs[i] != nil && name != "" && strings.Contains(left, name):
			t.Errorf("member %d was refused and is kept", i)
		}
	}
	if errs[1] == nil || strings.Contains(left, "x") {
		t.Errorf("the member that filled the disk: got %v, and %d bytes on record", errs[1], len(left))
	}
	err := s.View(context.Background(), func(r store.Reader) error {
		u, err := r.User("u_anna")
		if u.Name != "" {
			t.Error("a write after the disk was full is kept")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	addUser(t, s, "bo")
	wantIntact(t, s)
}

func TestReadOnly(t *testing.T) {
	s := openNew(t)
	addUser(t, s, "anna")
	pragma(t, s, "query_only = 1")
	err := s.Update(context.Background(), func(tx store.Tx) error { return note(tx, "one") })
	if e := authn.AsError(err); e.Kind != authn.Unavailable || e.Code != "storage_read_only" {
		t.Errorf("got %v, want storage_read_only", err)
	}
	if err := s.Check(context.Background()); authn.CodeOf(err) != "storage_read_only" {
		t.Errorf("check: got %v, want storage_read_only", err)
	}
	if got := logins(t, s); got != "anna" {
		t.Errorf("reading: got users %q, want anna", got)
	}
	pragma(t, s, "query_only = 0")
	addUser(t, s, "bo")
}

// TestBusy has another process hold the file for longer than the store waits.
func TestBusy(t *testing.T) {
	s := openNew(t)
	addUser(t, s, "anna")
	pragma(t, s, "busy_timeout = 1")
	other, err := newSession(context.Background(), s.db, false)
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	if err := other.exec(beginWrite); err != nil {
		t.Fatal(err)
	}
	err = s.Update(context.Background(), func(tx store.Tx) error { return note(tx, "one") })
	if e := authn.AsError(err); e.Kind != authn.Unavailable || e.Code != "storage_busy" || e.RetryAfter == 0 {
		t.Errorf("got %v, want storage_busy and when to try again", err)
	}
	if err := other.exec(rollback); err != nil {
		t.Fatal(err)
	}
	addUser(t, s, "bo")
}

// wantIntact has SQLite check the whole file.
func wantIntact(t *testing.T, s *Store) {
	t.Helper()
	if err := intact(s); err != nil {
		t.Error(err)
	}
}

func intact(s *Store) error {
	r := <-s.readers
	defer func() { s.readers <- r }()
	for _, check := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check"} {
		rows, err := r.conn.QueryContext(context.Background(), check)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			fields := make([]any, 4)
			cols, _ := rows.Columns()
			dest := make([]any, len(cols))
			for i := range dest {
				dest[i] = &fields[i]
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			if fields[0] != "ok" {
				return fmt.Errorf("%s: %v", check, fields[:len(cols)])
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}
