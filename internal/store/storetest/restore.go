package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

func restore(seed int) authn.Restore {
	r := filled[authn.Restore](seed)
	r.User = "u_a"
	return r
}

var restoreCases = append(entity[authn.Restore]{
	name: "restore", make: restore,
	zero:   func() authn.Restore { return authn.Restore{ID: "x_z", User: "u_a"} },
	id:     func(r authn.Restore) string { return string(r.ID) },
	get:    func(r store.Reader, id string) (authn.Restore, error) { return r.Restore(authn.RestoreID(id)) },
	create: func(tx store.Tx, r authn.Restore) error { return tx.CreateRestore(r) },
	update: func(tx store.Tx, id string, fn func(authn.Restore) (authn.Restore, error)) error {
		return tx.UpdateRestore(authn.RestoreID(id), fn)
	},
	keep: func(old, next authn.Restore) authn.Restore {
		next.ID, next.CreatedAt, next.User = old.ID, old.CreatedAt, old.User
		return next
	},
}.cases(),
	Case{"restores by user and time", restoresOf},
	Case{"old restores are forgotten, oldest first, up to a limit", deleteRestores},
	Case{"escrow", escrow},
	Case{"escrow of a user who does not exist", escrowOfNobody},
	Case{"escrow states have no files", escrowStates},
	Case{"restore guard", restoreGuard},
	Case{"restore is counted", countRestore},
)

func restoresOf(t *testing.T, s store.Store) {
	people(t, s)
	for i, state := range []authn.RestoreState{authn.RestoreHeld, authn.RestoreBlocked, authn.RestoreProved, authn.RestoreAsking, authn.RestoreReleased} {
		user := authn.UserID("u_a")
		if i == 3 {
			user = "u_b"
		}
		update(t, s, func(tx store.Tx) error {
			return tx.CreateRestore(authn.Restore{ID: authn.RestoreID(fmt.Sprint("x_", i)), User: user, State: state, CreatedAt: noon.Add(time.Duration(i/2) * time.Hour)})
		})
	}
	ids := func(get func(store.Reader) ([]authn.Restore, error)) []string {
		return names(read(t, s, get), func(r authn.Restore) string { return string(r.ID) })
	}
	diff(t, "of a", ids(func(r store.Reader) ([]authn.Restore, error) { return r.RestoresOf("u_a") }), []string{"x_4", "x_2", "x_1", "x_0"})
	diff(t, "open ones of a", ids(func(r store.Reader) ([]authn.Restore, error) { return r.OpenRestores("u_a") }), []string{"x_0", "x_2"})
	diff(t, "open ones of b", ids(func(r store.Reader) ([]authn.Restore, error) { return r.OpenRestores("u_b") }), []string{"x_3"})
	diff(t, "recent", ids(func(r store.Reader) ([]authn.Restore, error) { return r.RecentRestores(3) }), []string{"x_4", "x_3", "x_2"})
	diff(t, "none wanted", ids(func(r store.Reader) ([]authn.Restore, error) { return r.RecentRestores(-1) }), []string(nil))
}

func deleteRestores(t *testing.T, s store.Store) {
	people(t, s)
	for i := range 4 {
		update(t, s, func(tx store.Tx) error {
			return tx.CreateRestore(authn.Restore{ID: authn.RestoreID(fmt.Sprint("x_", i)), User: "u_a", CreatedAt: noon.Add(time.Duration(i) * time.Hour)})
		})
	}
	for _, step := range []struct {
		before    time.Time
		max, gone int
	}{{noon, 9, 0}, {noon.Add(3 * time.Hour), 2, 2}, {noon.Add(3 * time.Hour), 9, 1}, {noon.Add(9 * time.Hour), -1, 0}} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteRestores(step.before, step.max)
			if n != step.gone {
				t.Errorf("before %s, up to %d: %d are gone, want %d", step.before, step.max, n, step.gone)
			}
			return err
		})
	}
	left := read(t, s, func(r store.Reader) ([]authn.Restore, error) { return r.RestoresOf("u_a") })
	diff(t, "left", names(left, func(r authn.Restore) string { return string(r.ID) }), []string{"x_3"})
}

func escrow(t *testing.T, s store.Store) {
	people(t, s)
	get := func(r store.Reader) (authn.Escrow, error) { return r.Escrow("u_a") }
	wantErr(t, "of a user without one", s.View(context.Background(), func(r store.Reader) error { _, err := get(r); return err }), store.ErrNotFound)
	for i, want := range []authn.Escrow{filled[authn.Escrow](1), {}, filled[authn.Escrow](2)} {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateEscrow("u_a", func(old authn.Escrow) (authn.Escrow, error) {
				if i == 0 {
					diff(t, "given to fn", old, authn.Escrow{User: "u_a"})
				}
				return want, nil
			})
		})
		want.User = "u_a" // which cannot be changed
		diff(t, fmt.Sprint("escrow ", i), read(t, s, get), want)
	}
	update(t, s, func(tx store.Tx) error {
		err := tx.UpdateEscrow("u_a", func(old authn.Escrow) (authn.Escrow, error) {
			clear(old.File) // what fn does to what it was given stays with fn
			return authn.Escrow{}, errOurs
		})
		wantErr(t, "update", err, errOurs)
		return nil
	})
	want := filled[authn.Escrow](2)
	want.User = "u_a"
	diff(t, "escrow after an error", read(t, s, get), want)
	large := bytes.Repeat([]byte{0, 1, 2, 255}, authn.MaxEscrowFile/4)
	update(t, s, func(tx store.Tx) error {
		return tx.UpdateEscrow("u_a", func(e authn.Escrow) (authn.Escrow, error) { e.File = large; return e, nil })
	})
	if got := read(t, s, get); !bytes.Equal(got.File, large) {
		t.Error("the largest file does not come back as it was")
	}
}

func escrowOfNobody(t *testing.T, s store.Store) {
	for name, fn := range map[string]func(store.Tx) error{
		"escrow": func(tx store.Tx) error {
			return tx.UpdateEscrow("u_x", func(e authn.Escrow) (authn.Escrow, error) { e.Generation = 1; return e, nil })
		},
		"restore": func(tx store.Tx) error { return tx.CreateRestore(authn.Restore{ID: "x_x", User: "u_x"}) },
		"restore guard": func(tx store.Tx) error {
			return tx.UpdateRestoreGuard("u_x", func(g authn.RestoreGuard) (authn.RestoreGuard, error) { g.Needed = 1; return g, nil })
		},
	} {
		wantErr(t, name, s.Update(context.Background(), fn), store.ErrNotFound)
	}
}

func escrowStates(t *testing.T, s store.Store) {
	people(t, s)
	one, two := filled[authn.Escrow](1), filled[authn.Escrow](2)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.UpdateEscrow("u_b", func(authn.Escrow) (authn.Escrow, error) { return two, nil }),
			tx.UpdateEscrow("u_a", func(authn.Escrow) (authn.Escrow, error) { return one, nil }),
		)
	})
	one.User, one.File, two.User, two.File = "u_a", nil, "u_b", nil
	diff(t, "all", read(t, s, func(r store.Reader) ([]authn.Escrow, error) { return r.EscrowStates() }), []authn.Escrow{one, two})
	diff(t, "one", read(t, s, func(r store.Reader) (authn.Escrow, error) { return r.EscrowState("u_a") }), one)
}

func restoreGuard(t *testing.T, s store.Store) {
	people(t, s)
	get := func() authn.RestoreGuard {
		return read(t, s, func(r store.Reader) (authn.RestoreGuard, error) { return r.RestoreGuard("u_a") })
	}
	diff(t, "of a user without one", get(), authn.RestoreGuard{User: "u_a"})
	for i, want := range []authn.RestoreGuard{filled[authn.RestoreGuard](1), {}, filled[authn.RestoreGuard](2)} {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateRestoreGuard("u_a", func(authn.RestoreGuard) (authn.RestoreGuard, error) { return want, nil })
		})
		want.User = "u_a"
		diff(t, fmt.Sprint("guard ", i), get(), want)
	}
}

func countRestore(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		for _, x := range []authn.Restore{
			{ID: "x_open", User: "u_a", State: authn.RestoreHeld, CreatedAt: noon, HeldUntil: noon.Add(time.Hour)},
			{ID: "x_past", User: "u_a", State: authn.RestoreProved, CreatedAt: noon.Add(-48 * time.Hour)},
			{ID: "x_over", User: "u_b", State: authn.RestoreBlocked, CreatedAt: noon},
		} {
			if err := tx.CreateRestore(x); err != nil {
				return err
			}
		}
		return tx.UpdateRestoreGuard("u_b", func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.Block("admin:maja", noon), nil })
	})
	for user, proven := range map[authn.UserID]time.Time{"u_a": noon.Add(-time.Hour), "u_b": noon.Add(-100 * time.Hour)} {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateEscrow(user, func(e authn.Escrow) (authn.Escrow, error) {
				next := filled[authn.Escrow](1)
				next.User, next.ProvenAt = user, proven
				return next, nil
			})
		})
	}
	count := func(since time.Time) store.RestoreCount {
		return read(t, s, func(r store.Reader) (store.RestoreCount, error) { return r.CountRestore(noon, since) })
	}
	diff(t, "of late", count(noon.Add(-2*time.Hour)), store.RestoreCount{On: 2, Proven: 1, Blocked: 1, Open: 1})
	diff(t, "ever", count(noon.Add(-1000*time.Hour)), store.RestoreCount{On: 2, Proven: 2, Blocked: 1, Open: 1})
	update(t, s, func(tx store.Tx) error {
		return tx.UpdateEscrow("u_b", func(e authn.Escrow) (authn.Escrow, error) { return authn.Escrow{User: "u_b", Generation: 9}, nil })
	})
	diff(t, "one switched off", count(noon.Add(-1000*time.Hour)), store.RestoreCount{On: 1, Proven: 1, Blocked: 1, Open: 1})
}
