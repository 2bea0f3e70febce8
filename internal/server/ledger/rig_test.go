package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

const host = "id.example.com"

// rig is a service on a database of its own, with a clock that the test moves.
type rig struct {
	t    testing.TB
	path string
	now  time.Time
	site *site.Site
	*Service
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "avow.db"), now: time.Date(2026, 3, 1, 12, 0, 0, 1, time.UTC)}
	r.site = &site.Site{
		Issuer: "https://" + host, Host: host, Identity: k, AdminMail: []string{"desk@example.com"}, Now: func() time.Time { return r.now },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	r.start(o)
	t.Cleanup(func() { _ = r.site.Store.Close() })
	return r
}

// start begins anew with what is on the disk.
func (r *rig) start(o Options) {
	r.t.Helper()
	if r.site.Store != nil {
		r.must(r.site.Store.Close())
	}
	db, err := sqlitetest.Open(context.Background(), r.path)
	r.must(err)
	r.site.Store = db
	r.Service = New(r.site, nil, o)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// add writes records that differ in every field.
func (r *rig) add(n int) {
	r.t.Helper()
	r.must(r.site.Store.Update(context.Background(), func(tx store.Tx) error {
		for i := range n {
			a := authn.AuditRecord{
				At: r.now.Add(time.Duration(i)), Actor: fmt.Sprint("admin:", i), Action: fmt.Sprint("user.", i), Subject: fmt.Sprint("u_", i), IP: "192.0.2." + fmt.Sprint(i),
				Reason: fmt.Sprint("reason ", i), Facts: map[string]string{"login": fmt.Sprint("user", i), "was": "x"},
			}
			if err := tx.AppendAudit(a); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (r *rig) step() {
	r.t.Helper()
	r.must(r.Step(context.Background()))
}

func (r *rig) checkpoints() (sizes []int64) {
	r.t.Helper()
	r.must(r.site.Store.View(context.Background(), func(rd store.Reader) error {
		list, err := rd.Checkpoints(-1, 1000)
		for _, c := range list {
			sizes = append(sizes, c.Size)
		}
		return err
	}))
	return sizes
}

func (r *rig) exec(statements ...string) {
	r.t.Helper()
	execute(r.t, r.path, statements...)
}

func execute(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// copied is the database as it is, in another file.
func (r *rig) copied() string {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), "copy.db")
	r.exec(`VACUUM INTO '` + path + `'`)
	return path
}

// verifyFile is what avow-server log verify does.
func (r *rig) verifyFile(path string, further ...wire.Checkpoint) (*wire.LedgerCheck, error) {
	r.t.Helper()
	db, err := sqlite.OpenReadOnly(context.Background(), path)
	r.must(err)
	defer func() { _ = db.Close() }()
	return Verify(context.Background(), db, host, r.site.Identity.Key(), further)
}

// faulty says which record a verification names; 0 when it finds nothing wrong, -1 when it names none.
func faulty(err error) int64 {
	var f *wire.LedgerFault
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		return f.First
	}
	return -1
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
