package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// makeDatabase writes a database with the statements and returns its bytes.
func makeDatabase(t testing.TB, statements ...string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func stratumDatabase(t testing.TB) []byte {
	return makeDatabase(t,
		`PRAGMA page_size = 512`,
		`CREATE TABLE authenticator (type INTEGER, icon VARCHAR, issuer VARCHAR(32), username VARCHAR(40), secret VARCHAR PRIMARY KEY NOT NULL, pin VARCHAR,
			algorithm INTEGER, digits INTEGER, period INTEGER, counter INTEGER, ranking INTEGER)`,
		`CREATE TABLE category (id VARCHAR(8) PRIMARY KEY NOT NULL, name VARCHAR(32), ranking INTEGER)`,
		`CREATE TABLE authenticatorcategory (categoryId VARCHAR, authenticatorSecret VARCHAR, ranking INTEGER)`,
		`INSERT INTO authenticator VALUES (2, NULL, 'Example Mail', 'anna@example.org', '`+textA+`', NULL, 1, 8, 60, 0, 0)`,
		`INSERT INTO authenticator VALUES (1, NULL, 'Bank', 'anna', '`+textB+`', NULL, 0, 6, 30, 7, 0)`,
		`INSERT INTO authenticator VALUES (2, NULL, 'Shop', 'anna', '?', NULL, 0, 6, 30, 0, 0)`,
		`INSERT INTO category VALUES ('a8323a2a', 'Work', 0)`,
		`INSERT INTO authenticatorcategory VALUES ('a8323a2a', '`+textA+`', 0)`,
	)
}

func TestReadsTheDatabaseOfStratum(t *testing.T) {
	data := stratumDatabase(t)
	want := fixture{format: Stratum, want: []Item{mail.kept("", "", false, "Work"), bank}, left: []string{"Shop: anna"}}
	got, err := read(t, data, "")
	if err != nil {
		t.Fatal(err)
	}
	checkFound(t, want, got)

	// As Android leaves it while the app runs.
	ahead := bytes.Clone(data)
	ahead[18], ahead[19] = 2, 2
	if got, err = read(t, ahead, ""); err != nil {
		t.Fatal(err)
	}
	checkFound(t, want, got)
}

func TestDatabaseCutOffOrChanged(t *testing.T) {
	data := stratumDatabase(t)
	for n := 1; n < len(data); n += 37 {
		_, err := read(t, data[:n], "")
		checkError(t, err)
	}
	for i := 0; i < len(data); i += 29 {
		changed := bytes.Clone(data)
		changed[i] ^= 0x81
		if _, err := read(t, changed, ""); err != nil {
			checkError(t, err)
		}
	}
}

// What a database may run while it is read is nothing: no view, no table of a module, no value that grows on being read.
func TestDatabaseRunsNothing(t *testing.T) {
	const columns = `type INTEGER, issuer TEXT, username TEXT, secret TEXT`
	endless := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 2 AS type, i AS issuer, i AS username, 'AAAA' AS secret FROM n`
	for name, statements := range map[string][]string{
		"view":          {`CREATE VIEW authenticator AS SELECT 2 AS type, 'a' AS issuer, 'b' AS username, '` + textA + `' AS secret`},
		"endless view":  {`CREATE VIEW authenticator AS ` + endless},
		"virtual table": {`CREATE VIRTUAL TABLE authenticator USING fts5(type, issuer, username, secret)`},
		"grown value":   {`CREATE TABLE authenticator (type INTEGER, username TEXT, secret AS (hex(zeroblob(400000000))))`, `INSERT INTO authenticator VALUES (2, 'a')`},
		"long value":    {`CREATE TABLE authenticator (` + columns + `)`, `INSERT INTO authenticator VALUES (2, 'a', 'b', hex(zeroblob(1000000)))`},
	} {
		got, err := read(t, makeDatabase(t, statements...), "")
		if err == nil {
			t.Errorf("%s: got %d entries, want an error", name, len(got.Items))
			continue
		}
		checkError(t, err)
	}
}

func TestDatabaseStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readStratumDatabase(ctx, stratumDatabase(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDatabaseHeader(t *testing.T) {
	data := stratumDatabase(t)
	for name, change := range map[string]func([]byte){
		"page size of 0":      func(b []byte) { binary.BigEndian.PutUint16(b[16:], 0) },
		"page size of 511":    func(b []byte) { binary.BigEndian.PutUint16(b[16:], 511) },
		"page size of 48 KiB": func(b []byte) { binary.BigEndian.PutUint16(b[16:], 49152) },
	} {
		changed := bytes.Clone(data)
		change(changed)
		if _, err := read(t, changed, ""); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
	if _, err := read(t, data[:len(data)-512], ""); !errors.Is(err, ErrTruncated) {
		t.Errorf("without its last page: got %v, want ErrTruncated", err)
	}
}
