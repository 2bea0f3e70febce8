package sqlite

import (
	"database/sql"
	"errors"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"avow/internal/authn"
	"avow/internal/store"
)

// What people are told when the database cannot do its work. Nothing was changed in any of these cases.
var (
	errFull     = authn.Fail(authn.Unavailable, "storage_full", "The server's disk is full, so nothing was saved. Tell the service desk.")
	errReadOnly = authn.Fail(authn.Unavailable, "storage_read_only", "The server cannot write to its disk, so nothing was saved. Tell the service desk.")
	errBusy     = authn.Fail(authn.Unavailable, "storage_busy", "The server is busy. Try again in a moment.").After(time.Second)
	errDisk     = authn.Fail(authn.Unavailable, "storage_failed", "The server's disk does not work as it should, so nothing was saved. Tell the service desk.")
	errDamaged  = authn.Fail(authn.Unavailable, "storage_damaged", "The server's database cannot be read. The administrator has to restore a backup.")
)

// explain turns an error of SQLite into one of the contract; others stay as they are.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	var known *authn.Error
	var e *driver.Error
	if errors.As(err, &known) || !errors.As(err, &e) {
		return err // explained already, or not of SQLite
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return store.ErrExists.Because(err)
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return store.ErrNotFound.Because(err)
	}
	switch e.Code() & 0xff { // the primary code
	case lib.SQLITE_FULL:
		return errFull.Because(err)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return errReadOnly.Because(err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return errBusy.Because(err)
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM:
		return errDisk.Because(err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return errDamaged.Because(err)
	}
	return err
}

// unavailable is for errors that hit a whole batch: whatever they are, they are nobody's own and nothing was saved.
func unavailable(err error) error {
	err = explain(err)
	if authn.AsError(err).Kind == authn.Unavailable {
		return err
	}
	return errDisk.Because(err)
}

// expected reports whether err is an answer of the contract, after which the transaction goes on.
func expected(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists)
}
