package main

import (
	"database/sql"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// changeDatabase changes the server's database behind its back, as somebody who can write the file.
func changeDatabase(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", filepath.Join(worldOf(ts).Dir, "avow.db"))
	ts.Check(err)
	_, err = db.Exec(args[0])
	ts.Check(err)
	ts.Check(db.Close())
}
