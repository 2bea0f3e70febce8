package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
)

// TestNewerSchemaIsRefused is D21: an old program leaves the database of a newer one alone.
func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	s := open(t, path)
	addUser(t, s, "anna")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, Options{})
	e := authn.AsError(err)
	if e.Code != "storage_newer" || !strings.Contains(e.Message, "schema 9000") || !strings.Contains(e.Message, "Start the newer program") {
		t.Errorf("got %v (%q), want storage_newer and what to do", err, e.Message)
	}
	if _, err := db.Exec(`DELETE FROM goose_db_version WHERE version_id = 9000`); err != nil {
		t.Fatal(err)
	}
	if got := logins(t, open(t, path)); got != "anna" {
		t.Errorf("got users %q afterwards, want anna", got)
	}
}

// TestOldDevicesVerifyEachTime: rows from before the policy could be laxer are of phones, and of sessions, that know no other (A4).
func TestOldDevicesVerifyEachTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	open(t, path)
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"devices", "registration_sessions"} {
		var value string
		err := db.QueryRow(`SELECT dflt_value FROM pragma_table_info(?) WHERE name = 'uv_policy'`, table).Scan(&value)
		if err != nil || value != "'"+string(authn.UVEachApproval)+"'" {
			t.Errorf("%s: rows from before say %s, %v", table, value, err)
		}
	}
}
