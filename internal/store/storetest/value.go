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

var valueCases = []Case{
	{"a user or client must exist for what belongs to them", owners},
	{"guard", guard},
	{"guard keeps its lists", guardLists},
	{"times", timesKept},
	{"empty lists are nil", emptyLists},
}

func owners(t *testing.T, s store.Store) {
	people(t, s)
	strange := request(1)
	strange.Client = "nobody"
	for name, fn := range map[string]func(store.Tx) error{
		"device": func(tx store.Tx) error { return tx.CreateDevice(authn.Device{ID: "d_x", User: "u_x"}) },
		"session": func(tx store.Tx) error {
			return tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_x", User: "u_x"})
		},
		"request": func(tx store.Tx) error {
			return tx.CreateApprovalRequest(authn.ApprovalRequest{ID: "r_x", User: "u_x", Client: "laptop"})
		},
		"grant of nobody": func(tx store.Tx) error {
			g := grant(1)
			g.User = "u_x"
			return errors.Join(machines(tx), tx.CreateGrant(g))
		},
		"grant for no device": func(tx store.Tx) error {
			g := grant(1)
			g.Device = "d_x"
			return errors.Join(machines(tx), tx.CreateGrant(g))
		},
		"grant at no computer": func(tx store.Tx) error {
			g := grant(1)
			g.Computer = "c_x"
			return errors.Join(machines(tx), tx.CreateGrant(g))
		},
		"batch":          func(tx store.Tx) error { return tx.CreateBatch(batch(1)) },
		"offline use":    func(tx store.Tx) error { return tx.CreateOfflineUse(use(1)) },
		"strange client": func(tx store.Tx) error { return tx.CreateApprovalRequest(strange) },
		"guard": func(tx store.Tx) error {
			return tx.UpdateGuard("u_x", func(g authn.Guard) (authn.Guard, error) { g.WrongNumbers++; return g, nil })
		},
	} {
		wantErr(t, name, s.Update(context.Background(), fn), store.ErrNotFound)
	}
}

func guard(t *testing.T, s store.Store) {
	people(t, s)
	get := func() authn.Guard {
		return read(t, s, func(r store.Reader) (authn.Guard, error) { return r.Guard("u_a") })
	}
	diff(t, "of a user without one", get(), authn.Guard{User: "u_a"})
	for i, want := range []authn.Guard{filled[authn.Guard](1), {}, filled[authn.Guard](2)} {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateGuard("u_a", func(authn.Guard) (authn.Guard, error) { return want, nil })
		})
		want.User = "u_a" // which cannot be changed
		diff(t, fmt.Sprint("guard ", i), get(), want)
	}
	update(t, s, func(tx store.Tx) error {
		err := tx.UpdateGuard("u_a", func(authn.Guard) (authn.Guard, error) { return authn.Guard{}, errOurs })
		wantErr(t, "update", err, errOurs)
		return nil
	})
	want := filled[authn.Guard](2)
	want.User = "u_a"
	diff(t, "guard after an error", get(), want)
	other := read(t, s, func(r store.Reader) (authn.Guard, error) { return r.Guard("u_b") })
	diff(t, "other guard", other, authn.Guard{User: "u_b"})
}

// guardLists has the domain's own rules write: what they need must survive.
func guardLists(t *testing.T, s store.Store) {
	people(t, s)
	var want authn.Guard
	for i := range authn.MaxNewRequests {
		update(t, s, func(tx store.Tx) error {
			return tx.UpdateGuard("u_a", func(g authn.Guard) (authn.Guard, error) {
				g, err := g.Admit(nil, "laptop", noon.Add(time.Duration(i)*time.Second))
				want = g
				return g, err
			})
		})
	}
	diff(t, "guard", read(t, s, func(r store.Reader) (authn.Guard, error) { return r.Guard("u_a") }), want)
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateGuard("u_a", func(g authn.Guard) (authn.Guard, error) { return g.Admit(nil, "laptop", noon.Add(time.Minute)) })
	})
	if authn.AsError(err).Kind != authn.TooMany {
		t.Errorf("one request too many: got %v", err)
	}
}

func timesKept(t *testing.T, s store.Store) {
	cet := time.FixedZone("CET", 3600)
	for i, when := range []time.Time{
		{},
		noon,
		noon.In(cet),
		time.Now(), // with a monotonic reading
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(0, -1),
		time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2261, 12, 31, 0, 0, 0, 1, time.UTC),
	} {
		id := authn.AdminID(fmt.Sprint("a_", i))
		update(t, s, func(tx store.Tx) error { return tx.CreateAdmin(authn.Admin{ID: id, CreatedAt: when}) })
		got := read(t, s, func(r store.Reader) (authn.Admin, error) { return r.Admin(id) }).CreatedAt
		if want := when.Round(0).UTC(); got != want {
			t.Errorf("got %#v, want %#v", got, want)
		}
		if got.IsZero() != when.IsZero() {
			t.Errorf("%s: IsZero changed", when)
		}
	}
	for _, when := range []time.Time{time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)} {
		err := s.Update(context.Background(), func(tx store.Tx) error {
			_ = tx.CreateAdmin(authn.Admin{ID: "a_far", CreatedAt: when}) // passed over, yet the transaction fails
			return nil
		})
		if err == nil {
			t.Errorf("%s was taken, and comes back as another time", when)
		}
	}
}

func emptyLists(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateNotice(authn.Notice{ID: "n_1", User: "u_a", Facts: map[string]string{}}),
			tx.CreateApprovalRequest(authn.ApprovalRequest{ID: "r_1", User: "u_a", Client: "laptop", Devices: []authn.Delivery{}}),
			tx.UpdateGuard("u_a", func(g authn.Guard) (authn.Guard, error) {
				g.Opened, g.Refusals, g.WrongNumbers = []time.Time{}, []time.Time{}, 1
				return g, nil
			}),
		)
	})
	view(t, s, func(r store.Reader) error {
		n, err1 := r.Notice("n_1")
		diff(t, "notice", n, authn.Notice{ID: "n_1", User: "u_a"})
		v, err2 := r.ApprovalRequest("r_1")
		diff(t, "request", v, authn.ApprovalRequest{ID: "r_1", User: "u_a", Client: "laptop"})
		g, err3 := r.Guard("u_a")
		diff(t, "guard", g, authn.Guard{User: "u_a", WrongNumbers: 1})
		return errors.Join(err1, err2, err3)
	})
}
