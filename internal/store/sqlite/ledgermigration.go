package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
	"avow/internal/wire"
)

// ledgerMigration is number 4: the audit log becomes a tree, once, with the records that are there. It is the only time that hashes are made of records
// which lay unprotected; what was done to them before cannot be seen by it.
var ledgerMigration = goose.NewGoMigration(4, &goose.GoFunc{RunTx: makeLedger}, nil)

// salt hides what a leaf says of people. idx is the place of a stored hash in the order of golang.org/x/mod/sumdb/tlog. note is a signed note.
const ledgerTables = `
ALTER TABLE audit ADD COLUMN salt BLOB NOT NULL DEFAULT x'';
CREATE TABLE ledger_hashes (
    idx  INTEGER PRIMARY KEY,
    hash BLOB    NOT NULL
) STRICT;
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    note TEXT    NOT NULL
) STRICT;
`

func makeLedger(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, ledgerTables); err != nil {
		return err
	}
	var tree wire.LedgerTree
	for after := int64(-1 << 63); ; {
		a, number, err := recordAfter(ctx, tx, after)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if want := tree.Size() + 1; number != want {
			return fmt.Errorf("record %d of the audit log is missing: it was removed by somebody else than this program; restore a backup", want)
		}
		if tree, err = hashOld(ctx, tx, tree, a); err != nil {
			return err
		}
		after = number
	}
}

func recordAfter(ctx context.Context, tx *sql.Tx, number int64) (a authn.AuditRecord, next int64, err error) {
	err = tx.QueryRowContext(ctx, string((`seq, ` + auditColumns).read(`audit WHERE seq > ? ORDER BY seq LIMIT 1`)), number).
		Scan(append([]any{&next}, auditDest(&a)...)...)
	return a, next, err
}

// hashOld gives a record its salt and its hashes.
func hashOld(ctx context.Context, tx *sql.Tx, tree wire.LedgerTree, a authn.AuditRecord) (wire.LedgerTree, error) {
	number := tree.Size() + 1
	salt := make([]byte, wire.AuditSaltSize)
	if _, err := rand.Read(salt); err != nil {
		return tree, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE audit SET salt = ? WHERE seq = ?`, salt, number); err != nil {
		return tree, err
	}
	next, hashes := tree.Add(wire.AuditLeafHash(number, salt, a))
	for i, h := range hashes {
		if _, err := tx.ExecContext(ctx, texts[qPutHash], tlog.StoredHashIndex(0, number-1)+int64(i), h[:]); err != nil {
			return tree, err
		}
	}
	return next, nil
}
