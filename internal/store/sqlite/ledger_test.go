package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// whole verifies that rows and tree are the same, down to the last stored hash, and says how many records there are.
func whole(r store.Reader) (int64, error) {
	size, err := r.LedgerSize()
	if err != nil {
		return 0, err
	}
	entries, err := r.LedgerEntries(-1<<63, 1<<30)
	if err != nil {
		return 0, err
	}
	hashes, err := r.LedgerHashes(-1<<63, 1<<30)
	if err != nil {
		return 0, err
	}
	check, err := wire.NewLedgerCheck([]wire.Checkpoint{{Size: 0, Root: emptyRoot}})
	if err != nil {
		return 0, err
	}
	next := 0
	for _, e := range entries {
		made, err := check.Add(e)
		if err != nil {
			return 0, err
		}
		for _, h := range made {
			if next >= len(hashes) || hashes[next] != (authn.LedgerHash{Index: int64(next), Hash: h}) {
				return 0, fmt.Errorf("stored hash %d is another", next)
			}
			next++
		}
	}
	if next != len(hashes) {
		return 0, fmt.Errorf("%d stored hashes, the tree has %d", len(hashes), next)
	}
	return size, check.End(size)
}

// emptyRoot is SHA-256 of nothing.
var emptyRoot = authn.Hash(sum(nil))

// Members of one batch that are rolled back leave the tree as if they had never been: their records are gone, their numbers are the next one's.
func TestRolledBackMembersLeaveTheTreeWhole(t *testing.T) {
	s := openNew(t)
	const callers, each = 16, 20
	var work sync.WaitGroup
	for c := range callers {
		work.Go(func() {
			for i := range each {
				err := s.Update(context.Background(), func(tx store.Tx) error {
					for n := range 1 + (c+i)%4 { // several records, so that a rollback takes back hashes of more than one level
						if err := tx.AppendAudit(authn.AuditRecord{Actor: fmt.Sprint(c), Subject: fmt.Sprint(i), Action: fmt.Sprint(n)}); err != nil {
							return err
						}
					}
					if (c+i)%3 == 0 {
						return errMember
					}
					if (c+i)%7 == 0 {
						panic("a member that fails")
					}
					return nil
				})
				if failing := (c+i)%3 == 0 || (c+i)%7 == 0; (err != nil) != failing {
					t.Errorf("caller %d, update %d: %v", c, i, err)
				}
			}
		})
	}
	work.Wait()
	want := int64(0)
	for c := range callers {
		for i := range each {
			if (c+i)%3 != 0 && (c+i)%7 != 0 {
				want += int64(1 + (c+i)%4)
			}
		}
	}
	err := s.View(context.Background(), func(r store.Reader) error {
		size, err := whole(r)
		if size != want {
			t.Errorf("%d records, want %d", size, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

var errMember = errors.New("rolled back")

// A database of an older version gets its tree when it is opened, once.
func TestOldRecordsAreHashedOnce(t *testing.T) {
	path := oldDatabase(t, `INSERT INTO audit (at, actor, action, subject, ip, reason, facts) VALUES
		(1, 'admin:maja', 'user.add', 'u_1', '192.0.2.1', 'new', '{"b":"2","a":"1"}'), (-9223372036854775808, '', '', '', '', '', ''), (3, 'server', 'x', 'y', '', '', '{"a":"<"}')`,
		`UPDATE audit SET facts = '{"a":"1","b":"2"}' WHERE seq = 1`, `UPDATE audit SET facts = '{"a":"\u003c"}' WHERE seq = 3`)
	s := open(t, path)
	first := leaves(t, s)
	if len(first) != 3 {
		t.Fatalf("%d records", len(first))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	for i, e := range leaves(t, s) {
		if e.Leaf != first[i].Leaf || string(e.Salt) != string(first[i].Salt) {
			t.Errorf("record %d was hashed again", e.Number)
		}
	}
	if err := s.Update(context.Background(), func(tx store.Tx) error { return tx.AppendAudit(authn.AuditRecord{Action: "new"}) }); err != nil {
		t.Fatal(err)
	}
	if n := len(leaves(t, s)); n != 4 {
		t.Errorf("%d records", n)
	}
}

// A record that is missing before there is a tree is not passed over.
func TestOldRecordMissing(t *testing.T) {
	path := oldDatabase(t, `INSERT INTO audit (seq, at, actor, action, subject, ip, reason, facts) VALUES (1, 1, '', '', '', '', '', ''), (3, 1, '', '', '', '', '', '')`)
	s, err := Open(context.Background(), path, Options{})
	if err == nil {
		_ = s.Close()
		t.Error("opened")
	}
}

// oldDatabase is one of version 3 to which something was done.
func oldDatabase(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "avow.db")
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	p, err := provider(db)
	if err == nil {
		_, err = p.UpTo(context.Background(), 3)
	}
	for _, s := range statements {
		if err == nil {
			_, err = db.Exec(s)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func leaves(t *testing.T, s *Store) (list []authn.LedgerEntry) {
	t.Helper()
	err := s.View(context.Background(), func(r store.Reader) (err error) {
		if _, err := whole(r); err != nil {
			return err
		}
		list, err = r.LedgerEntries(1, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A record that was removed, or inserted behind the last, is not covered up by the next: the number is the tree's.
func TestAppendAfterTampering(t *testing.T) {
	for name, c := range map[string]struct {
		sql   string
		fails bool
		fault int64
	}{
		"last records removed": {`DELETE FROM audit WHERE seq > 3`, false, 4},
		"one put at the end":   {`INSERT INTO audit (seq, at, actor, action, subject, ip, reason, facts, salt) SELECT 6, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 5`, true, 6},
		"a hash removed":       {`DELETE FROM ledger_hashes WHERE idx = (SELECT max(idx) FROM ledger_hashes)`, true, 5},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "avow.db")
			s := open(t, path)
			add := func() error {
				return s.Update(context.Background(), func(tx store.Tx) error { return tx.AppendAudit(authn.AuditRecord{Action: "a"}) })
			}
			for range 5 {
				if err := add(); err != nil {
					t.Fatal(err)
				}
			}
			db, err := sql.Open("sqlite", dsn(path))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			if err := add(); (err != nil) != c.fails || err != nil && !errors.Is(err, errLedgerDamaged) {
				t.Errorf("append: %v", err)
			}
			err = s.View(context.Background(), func(r store.Reader) error { _, err := whole(r); return err })
			var f *wire.LedgerFault
			if !errors.As(err, &f) || f.First != c.fault {
				t.Errorf("got %v, want a fault of record %d", err, c.fault)
			}
		})
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	if _, err := OpenReadOnly(context.Background(), path); err == nil {
		t.Error("a database that is not there was opened")
	}
	s := open(t, path) // a server that runs
	addUser(t, s, "anna")
	r, err := OpenReadOnly(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got := logins(t, r); got != "anna" {
		t.Errorf("got %q", got)
	}
	err = r.Update(context.Background(), func(store.Tx) error { return nil })
	if err == nil {
		t.Error("it can be written")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenReadOnly(context.Background(), oldDatabase(t)); authn.AsError(err).Code != "storage_older" {
		t.Errorf("an old schema: %v", err)
	}
}
