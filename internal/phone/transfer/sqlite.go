package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	sqliteMagic   = "SQLite format 3\x00"
	sqliteHeader  = 100
	maxSQLiteText = 1 << 20 // bytes of one value, and of one row
)

// isSQLite knows a database by the first bytes of its header.
func (f *file) isSQLite() bool { return bytes.HasPrefix(f.data, []byte(sqliteMagic)) }

// checkSQLite compares the size in the header (sqlite.org/fileformat.html, section 1.3) with that of the file.
func checkSQLite(data []byte) error {
	if len(data) < sqliteHeader {
		return ErrTruncated
	}
	page := int64(binary.BigEndian.Uint16(data[16:]))
	if page == 1 {
		page = 65536
	}
	if page < 512 || page&(page-1) != 0 {
		return ErrDamaged
	}
	pages := int64(binary.BigEndian.Uint32(data[28:]))
	current := bytes.Equal(data[24:28], data[92:96]) // otherwise a version wrote it that does not keep the number of pages
	if current && pages*page > int64(len(data)) || int64(len(data))%page != 0 {
		return ErrTruncated
	}
	return nil
}

// hasColumns reports whether the file is a database that has a table with all these columns, in lower case.
func (f *file) hasColumns(table string, columns ...string) bool {
	if !f.isSQLite() {
		return false
	}
	ctx := context.Background() // a look at the schema
	d, err := openDatabase(ctx, f.data)
	if err != nil {
		return false
	}
	defer d.close()
	have, err := d.columns(ctx, table)
	if err != nil || have == nil {
		return false
	}
	for _, name := range columns {
		if !slices.Contains(have, name) {
			return false
		}
	}
	return true
}

// database is an SQLite database in memory, of which one table after the other is read. Nothing of it touches the disk.
type database struct {
	db   *sql.DB
	conn *sql.Conn
	data []byte // SQLite's own copy
}

// openDatabase opens the bytes of a database, checked by checkSQLite. Triggers and views of it do not run, since only [database.rows] reads it.
// Errors: ErrDamaged, ctx's.
func openDatabase(ctx context.Context, data []byte) (_ *database, err error) {
	data = bytes.Clone(data)
	// A database in write-ahead mode cannot be opened in memory. What is still in the other file is missing here in any case.
	data[18], data[19] = 1, 1
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	d := &database{db: db, data: data}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.conn, err = db.Conn(ctx); err != nil {
		return nil, d.fail(ctx, err)
	}
	for id, limit := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH: maxSQLiteText, sqlite3.SQLITE_LIMIT_ATTACHED: 0, sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
	} {
		if _, err := sqlite.Limit(d.conn, id, limit); err != nil {
			return nil, d.fail(ctx, err)
		}
	}
	err = d.conn.Raw(func(c any) error {
		loader, ok := c.(interface{ Deserialize([]byte) error })
		if !ok {
			return errors.New("the driver cannot load a database from memory")
		}
		return loader.Deserialize(data)
	})
	if err != nil {
		return nil, d.fail(ctx, err)
	}
	for _, pragma := range []string{"trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"} {
		if _, err := d.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return nil, d.fail(ctx, err)
		}
	}
	return d, nil
}

// columns are those of a table in lower case, nil if there is no such table. A view or a virtual table is none.
func (d *database) columns(ctx context.Context, table string) ([]string, error) {
	var n int
	err := d.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND lower(name) = lower(?)", table).Scan(&n)
	if err != nil {
		return nil, d.fail(ctx, err)
	}
	if n == 0 {
		return nil, nil
	}
	rows, err := d.conn.QueryContext(ctx, "SELECT lower(name) FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, d.fail(ctx, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, d.fail(ctx, err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		return nil, d.fail(ctx, err)
	}
	return out, nil
}

// rows hands each row of a table to do, in the table's order, as the values of the wanted columns; a
// column that the table does not have is nil, as NULL is. Errors: ErrDamaged (also if there is no such table), ErrTooMany,
// ctx's, that of do.
func (d *database) rows(ctx context.Context, table string, wanted []string, do func(n int, values []any) error) error {
	have, err := d.columns(ctx, table)
	if err != nil {
		return err
	}
	if have == nil {
		return ErrDamaged
	}
	terms := make([]string, len(wanted))
	for i, name := range wanted {
		if terms[i] = "NULL"; slices.Contains(have, strings.ToLower(name)) {
			terms[i] = quoted(name)
		}
	}
	rows, err := d.conn.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s", strings.Join(terms, ", "), quoted(table)))
	if err != nil {
		return d.fail(ctx, err)
	}
	defer rows.Close()
	values, pointers := make([]any, len(wanted)), make([]any, len(wanted))
	for i := range values {
		pointers[i] = &values[i]
	}
	for n := 0; rows.Next(); n++ {
		if n == MaxEntries {
			return ErrTooMany
		}
		if err := rows.Scan(pointers...); err != nil {
			return d.fail(ctx, err)
		}
		if err := do(n, values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return d.fail(ctx, err)
	}
	return nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// close gives the memory back and wipes our copy.
func (d *database) close() {
	if d.conn != nil {
		_ = d.conn.Close()
	}
	_ = d.db.Close()
	clear(d.data)
}

// fail is ctx's error if it has one: SQLite then says no more than that it was interrupted.
func (d *database) fail(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrDamaged.Because(err)
}

// text is a value that is text; "" for all others.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// integer is a value that is a whole number; absent for all others.
func integer(value any) number {
	if v, ok := value.(int64); ok {
		return given(v)
	}
	return number{}
}
