package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
	"avow/internal/store"
)

const entryColumns = `seq, salt, ` + auditColumns

// strictFacts is the column of facts, of which only the writing of factsOf is taken: a name that stands twice, or a space, is a change too.
type strictFacts struct{ e *authn.LedgerEntry }

// Scan implements sql.Scanner. What cannot be read is told in the entry: the record has to be named, not the read to fail.
func (f strictFacts) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("JSON column holds a %T", src)
	}
	if s == "" {
		return nil
	}
	err := json.Unmarshal([]byte(s), &f.e.Facts)
	if err != nil || factsOf(f.e.Facts) != s {
		f.e.Damaged = true
	}
	return nil
}

func entryDest(e *authn.LedgerEntry) []any {
	return []any{&e.Number, &e.Salt, (*nanos)(&e.At), &e.Actor, &e.Action, &e.Subject, &e.IP, &e.Reason, strictFacts{e}}
}

func hashDest(h *authn.LedgerHash) []any { return []any{&h.Index, (*hash)(&h.Hash)} }

const checkpointColumns columns = `size, at, note`

func checkpointDest(c *authn.Checkpoint) []any { return []any{&c.Size, (*nanos)(&c.At), &c.Note} }

var (
	qEntries        = prepared(entryColumns.read(`audit WHERE seq >= ? ORDER BY seq LIMIT ?`))
	qHashes         = prepared(`SELECT idx, hash FROM ledger_hashes WHERE idx >= ? ORDER BY idx LIMIT ?`)
	qCheckpoints    = prepared(checkpointColumns.read(`checkpoints WHERE size > ? ORDER BY size LIMIT ?`))
	qLastCheckpoint = prepared(checkpointColumns.read(`checkpoints ORDER BY size DESC LIMIT 1`))
	qPutCheckpoint  = prepared(checkpointColumns.insert(`checkpoints`) + ` ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note`)
)

// LedgerSize implements store.Reader: the last stored hash says it.
func (r reader) LedgerSize() (int64, error) {
	last, err := one(r.turn, qLastHash, func(n *int64) []any { return []any{n} })
	if errors.Is(err, store.ErrNotFound) || err == nil && last < 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	level, n := tlog.SplitStoredHashIndex(last)
	return (n + 1) << level, nil
}

// LedgerEntries implements store.Reader.
func (r reader) LedgerEntries(from int64, limit int) ([]authn.LedgerEntry, error) {
	list, err := many(r.turn, qEntries, entryDest, from, int64(max(0, limit)))
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, r.addLeaves(list)
}

// addLeaves finds the leaves of records by their numbers. Between the leaves of consecutive records stand no more hashes than there are leaves, and a few.
func (r reader) addLeaves(list []authn.LedgerEntry) error {
	const few = 64
	leaves := map[int64]authn.Hash{}
	last := list[len(list)-1].Number
	for i := range list {
		e := &list[i]
		if e.Number < 1 || e.Number > maxRecords {
			continue
		}
		index := tlog.StoredHashIndex(0, e.Number-1)
		h, ok := leaves[index]
		if !ok {
			rows, err := many(r.turn, qHashes, hashDest, index, 2*min(last-e.Number, int64(len(list)))+few)
			if err != nil {
				return err
			}
			for _, row := range rows {
				leaves[row.Index] = row.Hash
			}
			h = leaves[index]
		}
		e.Leaf = h
	}
	return nil
}

// maxRecords is more than there will ever be, and few enough for indexes to fit.
const maxRecords = 1 << 60

// LedgerHashes implements store.Reader.
func (r reader) LedgerHashes(from int64, limit int) ([]authn.LedgerHash, error) {
	return many(r.turn, qHashes, hashDest, from, int64(max(0, limit)))
}

// Checkpoints implements store.Reader.
func (r reader) Checkpoints(after int64, limit int) ([]authn.Checkpoint, error) {
	return many(r.turn, qCheckpoints, checkpointDest, after, int64(max(0, limit)))
}

// LastCheckpoint implements store.Reader.
func (r reader) LastCheckpoint() (authn.Checkpoint, error) {
	return one(r.turn, qLastCheckpoint, checkpointDest)
}

// PutCheckpoint implements store.Tx.
func (t *tx) PutCheckpoint(c authn.Checkpoint) error {
	return t.changeOne(qPutCheckpoint, c.Size, at(c.At), c.Note)
}
