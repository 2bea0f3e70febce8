package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"avow/internal/authn"
)

// Lock keeps a file for one process. The operating system lets go of it when the process ends, however it ends.
type Lock struct {
	db   *sql.DB
	conn *sql.Conn // the lock is its transaction
}

// TakeLock takes the lock that the file at path stands for, or says that another process has it ("folder_in_use"); it does not wait. The file is an empty database with an
// exclusive transaction that never ends: SQLite knows how to lock a file on each system, so there is no code for one here.
func TakeLock(ctx context.Context, path string) (*Lock, error) {
	path, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "_busy_timeout=0&_pragma=journal_mode(MEMORY)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", path, err)
	}
	l := &Lock{db: db}
	if l.conn, err = db.Conn(ctx); err == nil {
		_, err = l.conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err == nil {
		return l, nil
	}
	var e *driver.Error
	if errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_BUSY {
		err = authn.Fail(authn.Conflict, "folder_in_use", fmt.Sprintf(
			"Another avow-server uses the folder %q. Stop that one first, or give this one a folder of its own in data_dir.", filepath.Dir(path))).Because(err)
	} else {
		err = fmt.Errorf("lock %q: %w", path, explain(err))
	}
	return nil, errors.Join(err, l.Release())
}

// Release lets go of the lock. The file stays.
func (l *Lock) Release() error {
	var err error
	if l.conn != nil {
		err = l.conn.Close()
	}
	return errors.Join(err, l.db.Close())
}
