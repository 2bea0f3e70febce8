package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
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

// undo takes the newest migrations back, for a test that starts from an old schema.
var undo = []string{
	`DROP TABLE debug_logs`, `DROP TABLE telemetry`,
	`DROP TABLE backup_codes`, `DROP TABLE backup_sets`, `ALTER TABLE web_sessions DROP COLUMN signed_by`,
	`ALTER TABLE registration_sessions DROP COLUMN probation`,
	`DROP TABLE duplicates`, `DROP TABLE statements`, `DROP TABLE escrows`, `DROP TABLE restore_guards`, `DROP TABLE restores`,
	`ALTER TABLE messages DROP COLUMN restore_id`,
	`ALTER TABLE devices DROP COLUMN origin`, `ALTER TABLE devices DROP COLUMN from_device`, `ALTER TABLE devices DROP COLUMN probation_until`,
	`ALTER TABLE devices DROP COLUMN wipe_state`, `ALTER TABLE devices DROP COLUMN wipe_scope`, `ALTER TABLE devices DROP COLUMN wipe_counter`,
	`ALTER TABLE devices DROP COLUMN wipe_command`, `ALTER TABLE devices DROP COLUMN wipe_requested_at`, `ALTER TABLE devices DROP COLUMN wipe_requested_by`,
	`ALTER TABLE devices DROP COLUMN wipe_delivered_at`, `ALTER TABLE devices DROP COLUMN wipe_confirmed_at`, `ALTER TABLE devices DROP COLUMN wipe_left`,
	`ALTER TABLE devices DROP COLUMN wipe_receipt`,
}

// TestClaimedClassesAreForgotten_R015: what devices had claimed of their keys before attestations were checked is not known.
func TestClaimedClassesAreForgotten_R015(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	s := open(t, path)
	addUser(t, s, "anna")
	ctx := context.Background()
	d := authn.Device{ID: authn.NewDeviceID(), Class: key.StrongBox, State: authn.DeviceActive}
	err := s.Update(ctx, func(tx store.Tx) error {
		u, err := tx.UserByLogin("anna")
		if err != nil {
			return err
		}
		d.User = u.ID
		return tx.CreateDevice(d)
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`ALTER TABLE devices DROP COLUMN uv_policy; ALTER TABLE registration_sessions DROP COLUMN uv_policy;
		ALTER TABLE users DROP COLUMN reach_changed_at; ` + strings.Join(undo, "; ") + `; DELETE FROM goose_db_version WHERE version_id >= 5`); err != nil {
		t.Fatal(err)
	}
	err = open(t, path).View(ctx, func(r store.Reader) (err error) {
		d, err = r.Device(d.ID)
		return err
	})
	if err != nil || d.Class != key.Software {
		t.Errorf("it is %q now, %v", d.Class, err)
	}
	if d.Origin != authn.OriginRegistration || !d.ProbationUntil.IsZero() || d.Wipe != (authn.Wipe{}) {
		t.Errorf("a device from before has origin %q, probation until %v and wipe %+v", d.Origin, d.ProbationUntil, d.Wipe)
	}
}
