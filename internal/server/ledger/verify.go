package ledger

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// Verify reads the whole log in one snapshot: each record against its hash, all stored hashes against the tree that the records make, the tree against the
// checkpoints in the database and the further ones. A fault is a *wire.LedgerFault.
func Verify(ctx context.Context, db store.Store, origin string, identity key.Public, further []wire.Checkpoint) (check *wire.LedgerCheck, err error) {
	err = db.View(ctx, func(r store.Reader) error {
		signed, err := kept(r, origin, identity)
		if err != nil {
			return err
		}
		if check, err = wire.NewLedgerCheck(append(signed, further...)); err != nil {
			return err
		}
		return verify(ctx, r, check)
	})
	return check, err
}

// kept reads the checkpoints of the database.
func kept(r store.Reader, origin string, identity key.Public) (list []wire.Checkpoint, err error) {
	for after := int64(math.MinInt64); ; {
		rows, err := r.Checkpoints(after, page)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			c, err := wire.ParseCheckpoint(row.Note, origin, identity)
			if err != nil || c.Size != row.Size {
				return nil, fmt.Errorf("the checkpoint in the database for %d records was changed: %w", row.Size, wire.ErrCheckpoint)
			}
			list = append(list, c)
			after = row.Size
		}
		if len(rows) < page {
			return list, nil
		}
	}
}

func verify(ctx context.Context, r store.Reader, check *wire.LedgerCheck) error {
	size, err := r.LedgerSize()
	if err != nil {
		return err
	}
	for from := int64(math.MinInt64); ; {
		list, err := r.LedgerEntries(from, page)
		if err != nil {
			return err
		}
		first := tlog.StoredHashIndex(0, check.Size())
		hashes, err := r.LedgerHashes(first, 2*page+64)
		if err != nil {
			return err
		}
		for _, e := range list {
			made, err := check.Add(e)
			if err != nil {
				return err
			}
			for _, h := range made {
				if len(hashes) == 0 || hashes[0].Index != first || hashes[0].Hash != h {
					return wire.WrongHash(e.Number)
				}
				hashes, first = hashes[1:], first+1
			}
			from = e.Number + 1
		}
		if len(list) < page {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	low, err := r.LedgerHashes(math.MinInt64, 1)
	if err != nil {
		return err
	}
	if len(low) > 0 && low[0].Index < 0 {
		return fmt.Errorf("the tree has a hash at %d, which no record has made", low[0].Index)
	}
	return check.End(size)
}
