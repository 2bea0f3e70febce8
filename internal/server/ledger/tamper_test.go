package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/wire"
)

// tampered has checkpoints for 100, 200 and 230 records, and 10 more that are under none. The checkpoints stand in a file too.
func tampered(t *testing.T) (*rig, []wire.Checkpoint) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "checkpoints")
	r := newRig(t, Options{File: file})
	for _, n := range []int{100, 100, 30} {
		r.add(n)
		r.now = r.now.Add(Every)
		r.step()
	}
	r.add(10)
	kept, err := wire.ReadCheckpoints(text(t, file), host, r.site.Identity.Key())
	r.must(err)
	if len(kept) != 3 {
		t.Fatalf("%d checkpoints in the file", len(kept))
	}
	return r, kept
}

// columnsOf are those of the audit log as the database has them, so that one which is added later is tried too.
func columnsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT name, type FROM pragma_table_info('audit')`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns := map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		columns[name] = kind
	}
	if err := rows.Err(); err != nil || len(columns) < 9 {
		t.Fatalf("columns %v, %v", columns, err)
	}
	return columns
}

// moveDown closes a gap at 150.
const moveDown = `UPDATE audit SET seq = -seq WHERE seq > 150; UPDATE audit SET seq = -seq - 1 WHERE seq < 0`

// rebuild makes the tree of the records that are there anew, as somebody would who knows all of this program but has not its key.
func rebuild(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.OpenReadOnly(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, hashes[i])
		}
		return list, nil
	})
	err = s.View(context.Background(), func(r store.Reader) error {
		list, err := r.LedgerEntries(1, 10000)
		for i, e := range list {
			made, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(wire.AuditLeafHash(e.Number, e.Salt, e.AuditRecord)), reader)
			if err != nil {
				return err
			}
			hashes = append(hashes, made...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	statements := []string{`BEGIN`, `DELETE FROM ledger_hashes`}
	for i, h := range hashes {
		statements = append(statements, fmt.Sprintf(`INSERT INTO ledger_hashes VALUES (%d, x'%x')`, i, h[:]))
	}
	execute(t, path, append(statements, `COMMIT`)...)
}

// TestTampering is R-123: whatever row is changed, removed or inserted, verification fails, and says which record it is.
func TestTampering(t *testing.T) {
	r, kept := tampered(t)
	if c, err := r.verifyFile(r.copied(), kept...); err != nil || c.Size() != 240 || c.Signed() != 230 || c.Checkpoints() != 6 {
		t.Fatalf("untouched: %v, %v", c, err)
	}
	leaf := func(n int64) int64 { return tlog.StoredHashIndex(0, n-1) }
	type attack struct {
		sql   string
		want  int64 // the record that is named
		again bool  // the hashes are made anew, so that only signatures help
	}
	attacks := map[string]attack{
		"a row removed":           {`DELETE FROM audit WHERE seq = 150`, 150, false},
		"the first removed":       {`DELETE FROM audit WHERE seq = 1`, 1, false},
		"the last removed":        {`DELETE FROM audit WHERE seq > 235`, 236, false},
		"all removed":             {`DELETE FROM audit`, 1, false},
		"all removed, tree too":   {`DELETE FROM audit; DELETE FROM ledger_hashes`, 1, false},
		"one put at the end":      {`INSERT INTO audit SELECT 241, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, 241, false},
		"one put far behind":      {`INSERT INTO audit SELECT 9000, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, 241, false},
		"one put before":          {`INSERT INTO audit SELECT 0, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, 0, false},
		"one put far before":      {`INSERT INTO audit SELECT -5, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, -5, false},
		"one put between":         {`UPDATE audit SET seq = -seq WHERE seq >= 150; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit SELECT 150, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, 150, false},
		"one taken out between":   {`DELETE FROM audit WHERE seq = 150; ` + moveDown, 150, false},
		"two swapped":             {`UPDATE audit SET seq = -1 WHERE seq = 20; UPDATE audit SET seq = 20 WHERE seq = 30; UPDATE audit SET seq = 30 WHERE seq = -1`, 20, false},
		"facts written otherwise": {`UPDATE audit SET facts = replace(facts, ',', ', ') WHERE seq = 9`, 9, false},
		"a fact twice":            {`UPDATE audit SET facts = '{"login":"other",' || substr(facts, 2) WHERE seq = 9`, 9, false},
		"facts that are none":     {`UPDATE audit SET facts = 'x' WHERE seq = 9`, 9, false},
		"personal fields erased":  {`UPDATE audit SET actor = '', ip = '', reason = '', facts = '', salt = x'' WHERE seq = 9`, 9, false},
		"its hash changed too":    {fmt.Sprintf(`UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = %d`, leaf(77)), 77, false},
		"its hash removed":        {fmt.Sprintf(`DELETE FROM ledger_hashes WHERE idx = %d`, leaf(77)), 77, false},
		"a hash above changed":    {fmt.Sprintf(`UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = %d`, tlog.StoredHashIndex(3, 2)), 24, false},
		"a hash above removed":    {fmt.Sprintf(`DELETE FROM ledger_hashes WHERE idx = %d`, tlog.StoredHashIndex(3, 2)), 24, false},
		"the last hash removed":   {`DELETE FROM ledger_hashes WHERE idx = (SELECT max(idx) FROM ledger_hashes)`, 240, false},
		"a hash put behind":       {`INSERT INTO ledger_hashes SELECT max(idx) + 1, randomblob(32) FROM ledger_hashes`, 241, false},
		"all hashes removed":      {`DELETE FROM ledger_hashes`, 1, false},

		// The tree fits what is there. What was signed does not.
		"changed, tree anew":          {`UPDATE audit SET reason = 'other' WHERE seq = 150`, 101, true},
		"a row removed, tree anew":    {`DELETE FROM audit WHERE seq = 150; ` + moveDown, 101, true},
		"inserted, tree anew":         {`UPDATE audit SET seq = -seq WHERE seq >= 150; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit SELECT 150, at, actor, action, subject, ip, reason, facts, salt FROM audit WHERE seq = 7`, 101, true},
		"swapped, tree anew":          {`UPDATE audit SET seq = -1 WHERE seq = 20; UPDATE audit SET seq = 20 WHERE seq = 30; UPDATE audit SET seq = 30 WHERE seq = -1`, 1, true},
		"the last removed, tree anew": {`DELETE FROM audit WHERE seq > 225`, 226, true},
		"all removed, tree anew":      {`DELETE FROM audit`, 1, true},
	}
	for name, kind := range columnsOf(t, r.path) {
		value := map[string]string{"INTEGER": name + ` + 1000`, "TEXT": name + ` || 'x'`, "BLOB": `randomblob(16)`}[kind]
		attacks["column "+name] = attack{`UPDATE audit SET ` + name + ` = ` + value + ` WHERE seq = 42`, 42, false}
	}
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			path := r.copied()
			execute(t, path, append(strings.Split("BEGIN; "+a.sql, "; "), "COMMIT")...)
			if a.again {
				rebuild(t, path)
			}
			_, err := r.verifyFile(path)
			if got := faulty(err); got != a.want || err == nil {
				t.Errorf("%v: names record %d, want %d", err, got, a.want)
			}
			if err != nil && strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("more than one line: %q", err)
			}
			// Without the checkpoints in the database, those that were kept elsewhere say the same.
			execute(t, path, `DELETE FROM checkpoints`)
			if _, err := r.verifyFile(path, kept...); faulty(err) != a.want || err == nil {
				t.Errorf("by the file: %v", err)
			}
			if _, err := r.verifyFile(path); err == nil {
				t.Error("without any checkpoint it is believed")
			}
		})
	}
}

// A checkpoint in the database that the server did not sign is told, also where everything fits it.
func TestCheckpointChanged(t *testing.T) {
	r, _ := tampered(t)
	for name, statement := range map[string]string{
		"its text":         `UPDATE checkpoints SET note = replace(note, '200', '201') WHERE size = 200`,
		"its size":         `UPDATE checkpoints SET size = 199 WHERE size = 200`,
		"another's":        `UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 100) WHERE size = 200`,
		"nothing in it":    `UPDATE checkpoints SET note = '' WHERE size = 200`,
		"one that was not": `INSERT INTO checkpoints VALUES (5, 1, 'x')`,
	} {
		path := r.copied()
		execute(t, path, statement)
		if _, err := r.verifyFile(path); err == nil {
			t.Errorf("%s: nothing is wrong", name)
		}
	}
}

// The server itself sees it before it signs again, tells the administrators once, and signs nothing.
func TestTamperedLogIsNotSigned(t *testing.T) {
	for name, statement := range map[string]string{
		"a new record changed":    `UPDATE audit SET reason = 'x' WHERE seq = 240`,
		"a new record removed":    `DELETE FROM audit WHERE seq = 240`,
		"the tree before changed": fmt.Sprintf(`UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = %d`, tlog.StoredHashIndex(7, 0)),
		"everything cut off":      `DELETE FROM audit WHERE seq > 100; DELETE FROM ledger_hashes WHERE idx >= ` + fmt.Sprint(tlog.StoredHashIndex(0, 100)) + `; DELETE FROM checkpoints WHERE size > 100`,
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restarted ", restarted), func(t *testing.T) {
				r, _ := tampered(t)
				before := text(t, r.file.path)
				r.exec(strings.Split(statement, "; ")...)
				if restarted {
					r.start(Options{File: r.file.path})
				}
				for range 3 {
					r.now = r.now.Add(Every)
					if err := r.Step(context.Background()); faulty(err) < 1 {
						t.Errorf("signed: %v", err)
					}
				}
				if text(t, r.file.path) != before {
					t.Error("another checkpoint in the file")
				}
				r.now = r.now.Add(1)
				var due int
				r.must(r.site.Store.View(context.Background(), func(rd store.Reader) error {
					list, err := rd.MailDue(r.now, 10)
					due = len(list)
					return err
				}))
				if due != 1 {
					t.Errorf("%d mails to the administrators", due)
				}
			})
		}
	}
}

// The daily verification sees what signing does not look at.
func TestDailyCheck(t *testing.T) {
	r, _ := tampered(t)
	r.must(r.Check(context.Background()))
	r.exec(`UPDATE audit SET actor = 'x' WHERE seq = 3`)
	if err := r.Check(context.Background()); faulty(err) != 3 {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(r.file.path, []byte("a\nb\nc\n\n— a b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Check(context.Background()); err == nil {
		t.Error("a file that is another's is taken")
	}
}
