package main

import (
	"database/sql"
	"os"
	"runtime"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// changeDatabase FILE SQL changes a database as somebody who can write the file.
func changeDatabase(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(err)
	ts.Check(db.Close())
}

// waitFor FILE waits until a file is there.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); runtime.Gosched() {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
	}
	ts.Fatalf("%s does not come", args[0])
}
