package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

var backupCases = []Case{
	{"backup set", backupSet},
	{"backup set of a user who does not exist", backupOfNobody},
	{"1000 uses of one backup code have one winner (R-102, D12)", backupRace},
}

func backupSet(t *testing.T, s store.Store) {
	people(t, s)
	get := func(r store.Reader) (authn.BackupSet, error) { return r.BackupSet("u_a") }
	none := s.View(context.Background(), func(r store.Reader) error { _, err := get(r); return err })
	wantErr(t, "of a user without one", none, store.ErrNotFound)
	for i, want := range []authn.BackupSet{filled[authn.BackupSet](1), {}, filled[authn.BackupSet](2)} {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateBackupSet("u_a", func(old authn.BackupSet) (authn.BackupSet, error) {
				if i == 0 {
					diff(t, "given to fn", old, authn.BackupSet{User: "u_a"})
				}
				return want, nil
			})
		})
		want.User = "u_a" // which cannot be changed
		diff(t, fmt.Sprint("set ", i), read(t, s, get), want)
	}
	update(t, s, func(tx store.Tx) error {
		err := tx.UpdateBackupSet("u_a", func(authn.BackupSet) (authn.BackupSet, error) { return authn.BackupSet{}, errOurs })
		wantErr(t, "update", err, errOurs)
		return tx.UpdateBackupSet("u_b", func(authn.BackupSet) (authn.BackupSet, error) { return filled[authn.BackupSet](3), nil })
	})
	want := filled[authn.BackupSet](2)
	want.User = "u_a"
	diff(t, "after an error, and beside another's", read(t, s, get), want)
}

func backupOfNobody(t *testing.T, s store.Store) {
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateBackupSet("u_x", func(authn.BackupSet) (authn.BackupSet, error) { return filled[authn.BackupSet](1), nil })
	})
	wantErr(t, "set", err, store.ErrNotFound)
}

func backupRace(t *testing.T, s store.Store) {
	people(t, s)
	var entries [key.BackupCodes]authn.BackupEntry
	for i := range entries {
		entries[i] = authn.BackupEntry{Salt: key.NewBackupSalt(), Hash: authn.HashOf(key.NewSecret(16))}
	}
	set, err := authn.NewBackupSet("u_a", entries, noon).Note(0, entries[0].Hash, noon)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx store.Tx) error {
		return tx.UpdateBackupSet("u_a", func(authn.BackupSet) (authn.BackupSet, error) { return set, nil })
	})
	var tries tally
	parallel(many(), func(i int) {
		tries.count(s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateBackupSet("u_a", func(old authn.BackupSet) (authn.BackupSet, error) {
				return old.Use(7, entries[7].Hash, noon.Add(time.Duration(i)))
			})
		}), authn.ErrBackupRefused)
	})
	tries.want(t, 1, int32(many()-1))
	if left := read(t, s, func(r store.Reader) (authn.BackupSet, error) { return r.BackupSet("u_a") }).Left(); left != key.BackupCodes-1 {
		t.Errorf("%d codes are left", left)
	}
}
