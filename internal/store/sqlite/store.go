// Package sqlite keeps the server's database in one SQLite file (modernc.org/sqlite, pure Go): write-ahead log, synchronous=FULL,
// one writer with group commit, readers beside it. It implements store.Store and holds no rule of the domain; what it promises is
// in store and checked by storetest. It is for one server process on a local disk, not for a network file system.
//
// Values are kept in real columns, one for each field, and only lists and maps as JSON: measured on an approval request (25 fields,
// 2 KiB), reading columns takes 18 µs and a JSON document beside the looked-up columns 26 µs, writing 30 µs and 35 µs; and each
// column can be named with its protection.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"avow/internal/authn"
	"avow/internal/store"
)

// Options tune a Store; the zero value is right for a server.
type Options struct {
	// Readers is how many Views run at the same time; more wait. 0 means one for each CPU, and 4 at least.
	Readers int
}

// Store is an open database.
type Store struct {
	db      *sql.DB
	writer  *writer
	readers chan *session
	size    int // how many readers there are, in the channel or in use
	closed  chan struct{}
	once    sync.Once
}

var _ store.Store = (*Store)(nil)

// errClosed is answered after Close.
var errClosed = authn.Fail(authn.Unavailable, "storage_closed", "The server is stopping. Try again in a moment.")

// Open opens the database at path, a file, and creates it, readable by its owner only, when there is none; its folder must exist.
// The schema is brought up to date first. A file written by a newer program, and one that is no database, are refused with a
// sentence that says what to do.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	path, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, path); err != nil {
		return nil, err
	}
	s := &Store{closed: make(chan struct{})}
	n := opts.Readers
	if n <= 0 {
		n = max(4, runtime.GOMAXPROCS(0))
	}
	if err := s.connect(ctx, path, n); err != nil {
		return nil, errors.Join(err, s.disconnect())
	}
	return s, nil
}

// OpenReadOnly opens a database to be read beside its server, or without one, and changes nothing in it; Update and Check fail. The schema must be the
// one that this program knows.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{closed: make(chan struct{})}
	if s.db, err = sql.Open("sqlite", readOnlyDSN(path)); err != nil {
		return nil, fmt.Errorf("open database: %w", explain(err))
	}
	err = s.sameSchema(ctx)
	if err == nil {
		err = s.connectReaders(ctx, 1)
	}
	if err != nil {
		return nil, errors.Join(err, s.disconnect())
	}
	return s, nil
}

// connect opens the writer's connection and the readers'. They are kept for good, each with its prepared statements.
func (s *Store) connect(ctx context.Context, path string, readers int) error {
	var err error
	if s.db, err = sql.Open("sqlite", dsn(path)); err != nil {
		return fmt.Errorf("open database: %w", explain(err))
	}
	w, err := newSession(ctx, s.db, false)
	if err != nil {
		return fmt.Errorf("open database for writing: %w", err)
	}
	s.writer = startWriter(w)
	return s.connectReaders(ctx, readers)
}

func (s *Store) connectReaders(ctx context.Context, readers int) error {
	s.readers = make(chan *session, readers)
	for range readers {
		r, err := newSession(ctx, s.db, true)
		if err != nil {
			return fmt.Errorf("open database for reading: %w", err)
		}
		s.readers <- r
		s.size++
	}
	return nil
}

// View implements store.Store. ctx bounds the wait for a free connection; a running fn is not interrupted.
func (s *Store) View(ctx context.Context, fn func(store.Reader) error) error {
	var r *session
	select {
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the database: %w", ctx.Err())
	case r = <-s.readers:
	}
	defer func() { s.readers <- r }()
	if err := r.exec(begin); err != nil {
		return fmt.Errorf("begin reading: %w", explain(err))
	}
	t := &turn{session: r}
	defer func() { // also when fn panics
		t.over = true
		_ = r.exec(rollback) // ends a read; there is nothing that it could lose
	}()
	return fn(reader{t})
}

// Update implements store.Store. A ctx that ends before fn has started drops it; once started, the outcome is awaited and told.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.writer == nil {
		return errReadOnly
	}
	return s.writer.do(ctx, fn)
}

// Check implements store.Store: it reads, and writes one small row.
func (s *Store) Check(ctx context.Context) error {
	err := s.View(ctx, func(r store.Reader) error { return r.(reader).ping() })
	if err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	err = s.Update(ctx, func(t store.Tx) error { return t.(*tx).touch() })
	if err != nil {
		return fmt.Errorf("write the database: %w", err)
	}
	return nil
}

// Close lets the updates that were accepted and the views that run finish, then closes the file. Closing twice is the same as once.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closed)
		err = s.disconnect()
	})
	return err
}

func (s *Store) disconnect() error {
	if s.db == nil {
		return nil
	}
	if s.writer != nil {
		s.writer.stop()
	}
	for range s.size {
		(<-s.readers).close()
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

var (
	qPing  = prepared(`SELECT checks FROM health WHERE id = 1`)
	qTouch = prepared(`UPDATE health SET checks = checks + 1 WHERE id = 1`)
)

func (r reader) ping() error {
	_, err := one(r.turn, qPing, func(n *int64) []any { return []any{n} })
	return err
}

func (t *tx) touch() error { return t.changeOne(qTouch) }
