package authn

import (
	"errors"
	"testing"
	"time"

	"avow/internal/key"
)

//
func TestBackupSet(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var entries [key.BackupCodes]BackupEntry
	for i := range entries {
		entries[i] = BackupEntry{Salt: key.NewBackupSalt(), Hash: HashOf(key.NewSecret(16))}
	}
	set := NewBackupSet("u_anna", entries, now)
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrBackupRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if set.Noted() || set.Left() != 0 {
		t.Errorf("before it was noted: %d are left", set.Left())
	}
	_, err := set.Use(3, entries[3].Hash, now)
	refused("used before it was noted", err)
	_, err = set.Note(3, entries[4].Hash, now)
	refused("noted with the code of another place", err)
	set, err = set.Note(3, entries[3].Hash, now)
	if err != nil || !set.Noted() || set.Left() != key.BackupCodes {
		t.Fatalf("noted: %d left, %v", set.Left(), err)
	}
	if again, err := set.Note(5, entries[5].Hash, now.Add(time.Hour)); err != nil || again != set {
		t.Errorf("noted twice: %v", err)
	}
	for i := range entries {
		_, err := set.Use(i, entries[(i+1)%len(entries)].Hash, now)
		refused("the code of another place", err)
		if set, err = set.Use(i, entries[i].Hash, now); err != nil || set.Left() != key.BackupCodes-1-i {
			t.Fatalf("use %d: %d left, %v", i, set.Left(), err)
		}
		_, err = set.Use(i, entries[i].Hash, now)
		refused("used twice", err)
	}
	var none BackupSet
	for _, place := range []int{-1, 0, 9, 10} {
		_, err := none.Use(place, Hash{}, now)
		refused("no set", err)
		_, err = none.Note(place, Hash{}, now)
		refused("no set", err)
		_, err = set.Use(place, HashOf(key.NewSecret(16)), now)
		refused("another code", err)
	}
}

//
func TestSignedInBy(t *testing.T) {
	for by, want := range map[SignedInBy]bool{ByPhone: true, ByBackupCode: false, "": false, "later": false} {
		if got := (WebSession{By: by}).ByPhone(); got != want {
			t.Errorf("%q: %v", by, got)
		}
	}
}
