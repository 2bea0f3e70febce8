package storetest

import (
	"context"
	"errors"
	"math"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

var ledgerCases = []Case{
	{"the audit log is a tree", ledgerTree},
	{"records of the ledger a page at a time", ledgerPages},
	{"a record is hashed as it will be read", ledgerReadable},
	{"a transaction that fails leaves no leaf", ledgerRollback},
	{"checkpoints", checkpoints},
}

func appendAudit(t *testing.T, s store.Store, list ...authn.AuditRecord) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		for _, a := range list {
			if err := tx.AppendAudit(a); err != nil {
				return err
			}
		}
		return nil
	})
}

func entries(t *testing.T, s store.Store, from int64, max int) []authn.LedgerEntry {
	t.Helper()
	return read(t, s, func(r store.Reader) ([]authn.LedgerEntry, error) { return r.LedgerEntries(from, max) })
}

// verify makes the tree anew from what is read.
func verify(t *testing.T, s store.Store) int64 {
	t.Helper()
	check, err := wire.NewLedgerCheck(nil)
	if err != nil {
		t.Fatal(err)
	}
	size := read(t, s, func(r store.Reader) (int64, error) { return r.LedgerSize() })
	hashes := read(t, s, func(r store.Reader) ([]authn.LedgerHash, error) { return r.LedgerHashes(math.MinInt64, 1<<20) })
	next := 0
	for _, e := range entries(t, s, math.MinInt64, 1<<20) {
		made, err := check.Add(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range made {
			if next == len(hashes) || hashes[next] != (authn.LedgerHash{Index: int64(next), Hash: h}) {
				t.Fatalf("stored hash %d is another", next)
			}
			next++
		}
	}
	if check.Size() != size || next != len(hashes) {
		t.Fatalf("%d records and %d hashes, want %d and %d", size, len(hashes), check.Size(), next)
	}
	return size
}

func ledgerTree(t *testing.T, s store.Store) {
	diff(t, "size at first", verify(t, s), int64(0))
	for i := range 70 { // through several levels, one and more in a transaction
		appendAudit(t, s, filled[authn.AuditRecord](i), authn.AuditRecord{})
		if i%10 == 0 {
			diff(t, "size", verify(t, s), int64(2*i+2))
		}
	}
	diff(t, "size", verify(t, s), int64(140))
	list := entries(t, s, 1, 2)
	diff(t, "first record", list[0].AuditRecord, filled[authn.AuditRecord](0))
	if string(list[0].Salt) == string(list[1].Salt) || len(list[0].Salt) != wire.AuditSaltSize {
		t.Errorf("salts %x, %x", list[0].Salt, list[1].Salt)
	}
}

func ledgerPages(t *testing.T, s store.Store) {
	for range 9 {
		appendAudit(t, s, authn.AuditRecord{Action: "a"})
	}
	for _, c := range []struct {
		from  int64
		max   int
		first int64
		n     int
	}{{math.MinInt64, 100, 1, 9}, {1, 3, 1, 3}, {4, 3, 4, 3}, {9, 3, 9, 1}, {10, 3, 0, 0}, {1, 0, 0, 0}, {1, -1, 0, 0}} {
		list := entries(t, s, c.from, c.max)
		if len(list) != c.n || c.n > 0 && list[0].Number != c.first {
			t.Errorf("from %d, %d: got %v", c.from, c.max, list)
		}
		for _, e := range list {
			if wire.CheckEntry(e, e.Number) != nil {
				t.Errorf("from %d: record %d comes without its leaf", c.from, e.Number)
			}
		}
	}
	hashes := read(t, s, func(r store.Reader) ([]authn.LedgerHash, error) { return r.LedgerHashes(2, 3) })
	if len(hashes) != 3 || hashes[0].Index != 2 || hashes[2].Index != 4 {
		t.Errorf("got hashes %v", hashes)
	}
}

func ledgerReadable(t *testing.T, s store.Store) {
	appendAudit(t, s, authn.AuditRecord{Actor: "a\xff", Reason: "\x00\xc3", Facts: map[string]string{"k": "v\xff\xfe", "<&>": "\u2028"}},
		authn.AuditRecord{Facts: map[string]string{}})
	diff(t, "size", verify(t, s), int64(2))
	diff(t, "actor", entries(t, s, 1, 1)[0].Actor, "a\uFFFD")
}

func ledgerRollback(t *testing.T, s store.Store) {
	appendAudit(t, s, authn.AuditRecord{Action: "first"})
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return errors.Join(tx.AppendAudit(authn.AuditRecord{Action: "gone"}), tx.AppendAudit(authn.AuditRecord{Action: "gone"}), errOurs)
	})
	wantErr(t, "update", err, errOurs)
	appendAudit(t, s, authn.AuditRecord{Action: "second"})
	diff(t, "size", verify(t, s), int64(2))
	diff(t, "second", entries(t, s, 2, 1)[0].Action, "second")
}

func checkpoints(t *testing.T, s store.Store) {
	_, err := func() (c authn.Checkpoint, err error) {
		return c, s.View(context.Background(), func(r store.Reader) error { _, err := r.LastCheckpoint(); return err })
	}()
	wantErr(t, "without one", err, store.ErrNotFound)
	c := func(size int64, note string) authn.Checkpoint {
		return authn.Checkpoint{Size: size, At: noon, Note: note}
	}
	for _, c := range []authn.Checkpoint{c(7, "a"), c(300, "b"), c(12, "c"), c(7, "again")} {
		update(t, s, func(tx store.Tx) error { return tx.PutCheckpoint(c) })
	}
	list := func(after int64, max int) []authn.Checkpoint {
		return read(t, s, func(r store.Reader) ([]authn.Checkpoint, error) { return r.Checkpoints(after, max) })
	}
	diff(t, "all", list(-1, 10), []authn.Checkpoint{c(7, "again"), c(12, "c"), c(300, "b")})
	diff(t, "after 7", list(7, 1), []authn.Checkpoint{c(12, "c")})
	diff(t, "none", list(300, 10), []authn.Checkpoint(nil))
	diff(t, "last", read(t, s, func(r store.Reader) (authn.Checkpoint, error) { return r.LastCheckpoint() }), c(300, "b"))
}
