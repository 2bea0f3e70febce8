package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

func duplicate(seed int) authn.Duplicate {
	d := filled[authn.Duplicate](seed)
	d.User, d.From = "u_a", "d_a"
	return d
}

var duplicateCases = concat(
	entity[authn.Duplicate]{
		name: "duplicate", make: duplicate, before: machines,
		zero:   func() authn.Duplicate { return authn.Duplicate{ID: "p_z", User: "u_a", From: "d_a"} },
		id:     func(d authn.Duplicate) string { return string(d.ID) },
		get:    func(r store.Reader, id string) (authn.Duplicate, error) { return r.Duplicate(authn.DuplicateID(id)) },
		create: func(tx store.Tx, d authn.Duplicate) error { return tx.CreateDuplicate(d) },
		update: func(tx store.Tx, id string, fn func(authn.Duplicate) (authn.Duplicate, error)) error {
			return tx.UpdateDuplicate(authn.DuplicateID(id), fn)
		},
		keep: func(old, next authn.Duplicate) authn.Duplicate {
			next.ID, next.CreatedAt, next.User, next.From = old.ID, old.CreatedAt, old.User, old.From
			return next
		},
	}.cases(),
	[]Case{
		{"duplicates by secret and of a device, and forgotten", duplicates},
		{"a duplicate of a device that does not exist", duplicateOfNobody},
		{"1000 claims of one duplicate have one winner (R-099, D12)", duplicateRace},
		{"a statement is used once (D12)", statementRace},
	},
)

func duplicates(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	one := authn.Duplicate{ID: "p_1", Secret: authn.Hash{1}, User: "u_a", From: "d_a", CreatedAt: noon}
	two := authn.Duplicate{ID: "p_2", Secret: authn.Hash{2}, User: "u_a", From: "d_a", CreatedAt: noon.Add(time.Second)}
	full := two
	full.Handover = []byte("encrypted")
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.CreateDuplicate(one), tx.CreateDuplicate(full)) })
	view(t, s, func(r store.Reader) error {
		got, err1 := r.DuplicateBySecret(authn.Hash{2})
		diff(t, "by secret", got, full)
		_, err := r.DuplicateBySecret(authn.Hash{})
		wantErr(t, "by no secret", err, store.ErrNotFound)
		all, err2 := r.DuplicatesFrom("d_a", noon)
		diff(t, "from a device", all, []authn.Duplicate{two, one})
		young, err3 := r.DuplicatesFrom("d_a", noon.Add(1))
		diff(t, "of a time and later", young, []authn.Duplicate{two})
		none, err4 := r.DuplicatesFrom("d_b", noon)
		diff(t, "from another", none, []authn.Duplicate(nil))
		return errors.Join(err1, err2, err3, err4)
	})
	update(t, s, func(tx store.Tx) error {
		wantErr(t, "the same secret", tx.CreateDuplicate(authn.Duplicate{ID: "p_3", Secret: authn.Hash{1}, User: "u_a", From: "d_a"}), store.ErrExists)
		n, err := tx.DeleteDuplicates(noon.Add(time.Hour), 1)
		if n != 1 {
			t.Errorf("got %d forgotten, want 1", n)
		}
		return err
	})
	left := read(t, s, func(r store.Reader) ([]authn.Duplicate, error) { return r.DuplicatesFrom("d_a", time.Time{}) })
	diff(t, "left", left, []authn.Duplicate{two})
}

func duplicateOfNobody(t *testing.T, s store.Store) {
	people(t, s)
	for name, fn := range map[string]func(tx store.Tx) error{
		"duplicate": func(tx store.Tx) error {
			return tx.CreateDuplicate(authn.Duplicate{ID: "p_1", User: "u_a", From: "d_no"})
		},
		"statement": func(tx store.Tx) error { return tx.UseStatement("d_no", "jti", noon) },
	} {
		wantErr(t, name, s.Update(context.Background(), fn), store.ErrNotFound)
	}
}

func duplicateRace(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	d := authn.NewDuplicate("u_a", "d_a", authn.Hash{1}, noon)
	update(t, s, func(tx store.Tx) error { return tx.CreateDuplicate(d) })
	var c tally
	parallel(many(), func(i int) {
		c.count(s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateDuplicate(d.ID, func(d authn.Duplicate) (authn.Duplicate, error) {
				return d.Claim(publicKey(i), fmt.Sprint("statement ", i), authn.Hash{byte(i), byte(i >> 8), 1}, "192.0.2.1", noon)
			})
		}), authn.ErrDuplicateClaimed)
	})
	if c.won.Load() != 1 || int(c.lost.Load()) != many()-1 {
		t.Errorf("%d have won and %d lost, want 1 winner; last: %v", c.won.Load(), c.lost.Load(), c.last.Load())
	}
}

func statementRace(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	var c tally
	parallel(many(), func(int) {
		c.count(s.Update(context.Background(), func(tx store.Tx) error { return tx.UseStatement("d_a", "one", noon) }), store.ErrExists)
	})
	if c.won.Load() != 1 || int(c.lost.Load()) != many()-1 {
		t.Errorf("%d have won and %d lost, want 1 winner; last: %v", c.won.Load(), c.lost.Load(), c.last.Load())
	}
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.UseStatement("d_a", "two", noon), tx.CreateDevice(authn.Device{ID: "d_b", User: "u_a", CreatedAt: noon}), tx.UseStatement("d_b", "one", noon))
	})
}
