package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"avow/internal/store"
)

// query names one SQL text that every session prepares at its first use.
type query int

var texts []string

// prepared registers a text; called from package variables only.
func prepared(text string) query {
	texts = append(texts, text)
	return query(len(texts) - 1)
}

// Transactions are steered by statements of our own: database/sql's Tx has no savepoints and would prepare everything anew.
var (
	begin       = prepared(`BEGIN`)
	beginWrite  = prepared(`BEGIN IMMEDIATE`)
	commit      = prepared(`COMMIT`)
	rollback    = prepared(`ROLLBACK`)
	savepoint   = prepared(`SAVEPOINT member`)
	release     = prepared(`RELEASE member`)
	rollbackOne = prepared(`ROLLBACK TO member`)
)

// session is one connection with its prepared statements; one goroutine at a time.
type session struct {
	conn   *sql.Conn
	stmts  []*sql.Stmt
	ledger ledgerState // of the writer's
}

func newSession(ctx context.Context, db *sql.DB, readOnly bool) (*session, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, explain(err)
	}
	if readOnly {
		if _, err := c.ExecContext(ctx, `PRAGMA query_only = 1`); err != nil {
			return nil, errors.Join(explain(err), c.Close())
		}
	}
	return &session{conn: c, stmts: make([]*sql.Stmt, len(texts))}, nil
}

func (s *session) stmt(q query) (*sql.Stmt, error) {
	if st := s.stmts[q]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), texts[q])
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", texts[q], err)
	}
	s.stmts[q] = st
	return st, nil
}

// exec runs a statement to its end. No context: an interrupt in the middle of a batch would hit the other members too.
func (s *session) exec(q query, args ...any) error {
	_, err := s.execCount(q, args...)
	return err
}

func (s *session) execCount(q query, args ...any) (int64, error) {
	st, err := s.stmt(q)
	if err != nil {
		return 0, err
	}
	res, err := st.Exec(args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *session) close() {
	for _, st := range s.stmts {
		if st != nil {
			_ = st.Close() // the connection goes next and takes it along
		}
	}
	_ = s.conn.Close() // back to the sql.DB, whose Close reports
}

// turn is the use of a session by one fn. It ends with fn: a Reader or Tx that escaped finds it over instead of reading and
// writing in somebody else's transaction.
type turn struct {
	*session
	over   bool
	broken error // the first error that is no answer of the contract; the transaction may be gone
}

var errOver = errors.New("the transaction is over: a Reader or Tx was used after its function had returned")

func (t *turn) usable() error {
	if t.over {
		return errOver
	}
	return t.broken
}

// settle explains an error and remembers one after which the transaction must not go on. SQLite may have rolled all of it back
// (a full disk does), and the next statement would be committed alone.
func (t *turn) settle(err error) error {
	err = explain(err)
	if err != nil && !expected(err) {
		t.broken = err
	}
	return err
}

// one reads one row. dest gives where the columns go.
func one[T any](t *turn, q query, dest func(*T) []any, args ...any) (v T, err error) {
	if err := t.usable(); err != nil {
		return v, err
	}
	st, err := t.stmt(q)
	if err != nil {
		return v, t.settle(err)
	}
	if err := st.QueryRow(args...).Scan(dest(&v)...); err != nil {
		var zero T
		return zero, t.settle(err)
	}
	return v, nil
}

// many reads all rows; none is nil.
func many[T any](t *turn, q query, dest func(*T) []any, args ...any) (list []T, err error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	st, err := t.stmt(q)
	if err != nil {
		return nil, t.settle(err)
	}
	rows, err := st.Query(args...)
	if err != nil {
		return nil, t.settle(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(dest(&v)...); err != nil {
			return nil, t.settle(err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, t.settle(err)
	}
	return list, nil
}

// reader implements store.Reader.
type reader struct{ *turn }

// tx implements store.Tx.
type tx struct{ reader }

// change runs a statement that writes and says how many rows it touched.
func (t *tx) change(q query, args ...any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	n, err := t.execCount(q, args...)
	return n, t.settle(err)
}

// changeOne runs a statement that must touch exactly one row. Otherwise the row has changed since it was read, or is in another
// state: an fn that updates what its caller is about to update, for instance.
func (t *tx) changeOne(q query, args ...any) error {
	n, err := t.change(q, args...)
	if err == nil && n != 1 {
		return t.settle(fmt.Errorf("%d rows instead of 1 changed by %q", n, texts[q]))
	}
	return err
}

// deleteOne runs a statement that removes one row, if it is there.
func (t *tx) deleteOne(q query, args ...any) error {
	n, err := t.change(q, args...)
	if err == nil && n == 0 {
		return store.ErrNotFound
	}
	return err
}

// update reads, asks fn and writes what it returns; what fn leaves as it is costs no write.
func update[T comparable](get func() (T, error), fn func(T) (T, error), write func(old, next T) error) error {
	old, err := get()
	if err != nil {
		return err
	}
	next, err := fn(old)
	if err != nil || next == old {
		return err
	}
	return write(old, next)
}
