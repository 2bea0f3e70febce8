package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// grantA is the grant that machines makes.
var grantA = authn.GrantID{1}

// machines makes device d_a of u_a, computer c_a and a grant of these: the owners of batches and offline uses.
func machines(tx store.Tx) error {
	return errors.Join(
		tx.CreateDevice(authn.Device{ID: "d_a", User: "u_a", CreatedAt: noon}),
		tx.CreateComputer(authn.Computer{ID: "c_a", CreatedAt: noon}),
		tx.CreateGrant(authn.Grant{ID: grantA, Computer: "c_a", Device: "d_a", User: "u_a", State: authn.GrantRevoked, CreatedAt: noon}),
	)
}

func grant(seed int) authn.Grant {
	g := filled[authn.Grant](seed)
	g.Computer, g.Device, g.User = "c_a", "d_a", "u_a"
	return g
}

func batch(seed int) authn.Batch {
	b := filled[authn.Batch](seed)
	b.Grant = grantA
	return b
}

func use(seed int) authn.OfflineUse {
	u := filled[authn.OfflineUse](seed)
	u.Computer = "c_a"
	return u
}

func grantID(text string) (id authn.GrantID) {
	_ = id.UnmarshalText([]byte(text)) // one that is none is the zero id, which nothing has
	return id
}

func batchID(text string) (id authn.BatchID) {
	_ = id.UnmarshalText([]byte(text))
	return id
}

// useID takes "computer/use" apart.
func useID(text string) (c authn.ClientID, use authn.Hash) {
	computer, hash, _ := strings.Cut(text, "/")
	_ = use.UnmarshalText([]byte(hash))
	return authn.ClientID(computer), use
}

var machineCases = concat(
	entity[authn.Computer]{
		name: "computer", make: filled[authn.Computer],
		zero:   func() authn.Computer { return authn.Computer{ID: "c_z"} },
		id:     func(c authn.Computer) string { return string(c.ID) },
		get:    func(r store.Reader, id string) (authn.Computer, error) { return r.Computer(authn.ClientID(id)) },
		create: func(tx store.Tx, c authn.Computer) error { return tx.CreateComputer(c) },
		update: func(tx store.Tx, id string, fn func(authn.Computer) (authn.Computer, error)) error {
			return tx.UpdateComputer(authn.ClientID(id), fn)
		},
		keep: func(old, next authn.Computer) authn.Computer {
			next.ID, next.CreatedAt = old.ID, old.CreatedAt
			return next
		},
	}.cases(),
	entity[authn.Grant]{
		name: "grant", make: grant, before: machines,
		zero: func() authn.Grant {
			return authn.Grant{ID: authn.GrantID{9}, Computer: "c_a", Device: "d_a", User: "u_a"}
		},
		id:     func(g authn.Grant) string { return g.ID.String() },
		get:    func(r store.Reader, id string) (authn.Grant, error) { return r.Grant(grantID(id)) },
		create: func(tx store.Tx, g authn.Grant) error { return tx.CreateGrant(g) },
		update: func(tx store.Tx, id string, fn func(authn.Grant) (authn.Grant, error)) error {
			return tx.UpdateGrant(grantID(id), fn)
		},
		keep: func(old, next authn.Grant) authn.Grant {
			next.ID, next.CreatedAt, next.Computer, next.Device, next.User = old.ID, old.CreatedAt, old.Computer, old.Device, old.User
			return next
		},
	}.cases(),
	entity[authn.Batch]{
		name: "batch", make: batch, before: machines,
		zero:   func() authn.Batch { return authn.Batch{ID: authn.BatchID{9}, Grant: grantA} },
		id:     func(b authn.Batch) string { return b.ID.String() },
		get:    func(r store.Reader, id string) (authn.Batch, error) { return r.Batch(batchID(id)) },
		create: func(tx store.Tx, b authn.Batch) error { return tx.CreateBatch(b) },
		update: func(tx store.Tx, id string, fn func(authn.Batch) (authn.Batch, error)) error {
			return tx.UpdateBatch(batchID(id), fn)
		},
		keep: func(old, next authn.Batch) authn.Batch {
			next.ID, next.CreatedAt, next.Grant, next.Holder = old.ID, old.CreatedAt, old.Grant, old.Holder
			return next
		},
	}.cases(),
	entity[authn.OfflineUse]{
		name: "offline use", make: use, before: machines,
		zero:   func() authn.OfflineUse { return authn.OfflineUse{Computer: "c_a", Use: authn.Hash{9}} },
		id:     func(u authn.OfflineUse) string { return string(u.Computer) + "/" + u.Use.String() },
		get:    func(r store.Reader, id string) (authn.OfflineUse, error) { return r.OfflineUse(useID(id)) },
		create: func(tx store.Tx, u authn.OfflineUse) error { return tx.CreateOfflineUse(u) },
		update: func(tx store.Tx, id string, fn func(authn.OfflineUse) (authn.OfflineUse, error)) error {
			c, use := useID(id)
			return tx.UpdateOfflineUse(c, use, fn)
		},
		keep: func(old, next authn.OfflineUse) authn.OfflineUse {
			next.Computer, next.Use, next.CreatedAt = old.Computer, old.Use, old.CreatedAt
			next.Grant, next.Device, next.User = old.Grant, old.Device, old.User
			return next
		},
	}.cases(),
)

var machineListCases = []Case{
	{"computers by id, and by token", computersListed},
	{"computer token is unique", tokenUnique},
	{"grants of a device and of a computer, newest sign-in first", grantsListed},
	{"one grant of computer, device and user is active", activeGrant},
	{"batches of a grant in their order", batchesListed},
	{"batch is forgotten", deleteBatch},
	{"offline uses of a computer newest first, and by line", usesListed},
	{"sign-ins that the phone does not know", unknownUses},
	{"old offline uses are forgotten, oldest first, up to a limit", deleteUses},
}

func computersListed(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateComputer(authn.Computer{ID: "c", Token: authn.Hash{3}}), tx.CreateComputer(authn.Computer{ID: "a"}),
			tx.CreateComputer(authn.Computer{ID: "b"}),
		)
	})
	all := read(t, s, func(r store.Reader) ([]authn.Computer, error) { return r.Computers() })
	diff(t, "ids", names(all, func(c authn.Computer) string { return string(c.ID) }), []string{"a", "b", "c"})
	found := read(t, s, func(r store.Reader) (authn.Computer, error) { return r.ComputerByToken(authn.Hash{3}) })
	diff(t, "by token", found, authn.Computer{ID: "c", Token: authn.Hash{3}})
	for _, h := range []authn.Hash{{}, {4}} {
		wantErr(t, "by another token", s.View(context.Background(), func(r store.Reader) error {
			_, err := r.ComputerByToken(h)
			return err
		}), store.ErrNotFound)
	}
}

func tokenUnique(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.CreateComputer(authn.Computer{ID: "a", Token: authn.Hash{3}}), tx.CreateComputer(authn.Computer{ID: "b"}))
	})
	update(t, s, func(tx store.Tx) error {
		wantErr(t, "create", tx.CreateComputer(authn.Computer{ID: "c", Token: authn.Hash{3}}), store.ErrExists)
		wantErr(t, "update", tx.UpdateComputer("b", func(c authn.Computer) (authn.Computer, error) { c.Token = authn.Hash{3}; return c, nil }), store.ErrExists)
		return nil
	})
}

func grantsListed(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	make := func(n byte, c authn.ClientID, d authn.DeviceID, signedIn, expires time.Duration) authn.Grant {
		return authn.Grant{
			ID: authn.GrantID{n}, Computer: c, Device: d, User: "u_a", State: authn.GrantRevoked, SignedInAt: noon.Add(signedIn), Expires: noon.Add(expires),
		}
	}
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateDevice(authn.Device{ID: "d_b", User: "u_a"}), tx.CreateComputer(authn.Computer{ID: "c_b"}),
			tx.CreateGrant(make(2, "c_a", "d_a", 1, time.Hour)), tx.CreateGrant(make(3, "c_b", "d_a", 3, time.Hour)),
			tx.CreateGrant(make(4, "c_a", "d_b", 2, time.Hour)), tx.CreateGrant(make(5, "c_a", "d_a", 4, 0)),
			tx.CreateGrant(make(6, "c_a", "d_a", 1, 2*time.Hour)),
		)
	})
	first := func(list []authn.Grant) (ids []byte) {
		for _, g := range list {
			ids = append(ids, g.ID[0])
		}
		return ids
	}
	view(t, s, func(r store.Reader) error {
		device, err1 := r.GrantsOfDevice("d_a", noon)
		computer, err2 := r.GrantsOfComputer("c_a", noon)
		none, err3 := r.GrantsOfDevice("d_a", noon.Add(2*time.Hour))
		diff(t, "of the device", first(device), []byte{3, 6, 2})
		diff(t, "of the computer", first(computer), []byte{4, 6, 2})
		diff(t, "all over", none, []authn.Grant(nil))
		return errors.Join(err1, err2, err3)
	})
}

func activeGrant(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	find := func(r store.Reader) (authn.Grant, error) { return r.ActiveGrant("c_a", "d_a", "u_a") }
	wantErr(t, "none", s.View(context.Background(), func(r store.Reader) error { _, err := find(r); return err }), store.ErrNotFound)
	active := authn.Grant{ID: authn.GrantID{2}, Computer: "c_a", Device: "d_a", User: "u_a", State: authn.GrantActive}
	update(t, s, func(tx store.Tx) error { return tx.CreateGrant(active) })
	diff(t, "active", read(t, s, find), active)
	second := active
	second.ID = authn.GrantID{3}
	wantErr(t, "a second", s.Update(context.Background(), func(tx store.Tx) error { return tx.CreateGrant(second) }), store.ErrExists)
	update(t, s, func(tx store.Tx) error {
		end := func(g authn.Grant) (authn.Grant, error) { return g.End(authn.GrantRevoked), nil }
		return errors.Join(tx.UpdateGrant(active.ID, end), tx.CreateGrant(second))
	})
	diff(t, "the next", read(t, s, find), second)
}

func batchesListed(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	for _, n := range []byte{3, 1, 2} {
		update(t, s, func(tx store.Tx) error { return tx.CreateBatch(authn.Batch{ID: authn.BatchID{n}, Grant: grantA}) })
	}
	all := read(t, s, func(r store.Reader) ([]authn.Batch, error) { return r.BatchesOf(grantA) })
	diff(t, "batches", all, []authn.Batch{{ID: authn.BatchID{3}, Grant: grantA}, {ID: authn.BatchID{1}, Grant: grantA}, {ID: authn.BatchID{2}, Grant: grantA}})
	none := read(t, s, func(r store.Reader) ([]authn.Batch, error) { return r.BatchesOf(authn.GrantID{9}) })
	diff(t, "of another", none, []authn.Batch(nil))
}

func deleteBatch(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.CreateBatch(batch(1)), tx.CreateBatch(batch(2))) })
	update(t, s, func(tx store.Tx) error { return tx.DeleteBatch(batch(1).ID) })
	left := read(t, s, func(r store.Reader) ([]authn.Batch, error) { return r.BatchesOf(grantA) })
	diff(t, "left", left, []authn.Batch{batch(2)})
	err := s.Update(context.Background(), func(tx store.Tx) error { return tx.DeleteBatch(batch(1).ID) })
	wantErr(t, "second delete", err, store.ErrNotFound)
}

// numbered are five uses of c_a, made one second after the other, the last one first.
func numbered(t *testing.T, s store.Store, change func(i int, u *authn.OfflineUse)) {
	t.Helper()
	people(t, s)
	update(t, s, machines)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i := range 5 {
			u := authn.OfflineUse{Computer: "c_a", Use: authn.Hash{byte(i)}, CreatedAt: noon.Add(time.Duration(4-i) * time.Second)}
			if change != nil {
				change(i, &u)
			}
			errs = append(errs, tx.CreateOfflineUse(u))
		}
		return errors.Join(errs...)
	})
}

func uses(list []authn.OfflineUse) (ids []byte) {
	for _, u := range list {
		ids = append(ids, u.Use[0])
	}
	return ids
}

func usesListed(t *testing.T, s store.Store) {
	numbered(t, s, func(i int, u *authn.OfflineUse) { u.Sum = authn.Hash{byte(i / 2)} })
	view(t, s, func(r store.Reader) error {
		all, err1 := r.OfflineUsesOf("c_a", 3)
		diff(t, "newest", uses(all), []byte{0, 1, 2})
		line, err2 := r.OfflineUseByLine("c_a", authn.Hash{1})
		diff(t, "by line", line.Use, authn.Hash{2})
		_, gone := r.OfflineUseByLine("c_a", authn.Hash{})
		wantErr(t, "without a line", gone, store.ErrNotFound)
		_, gone = r.OfflineUseByLine("c_b", authn.Hash{1})
		wantErr(t, "of another computer", gone, store.ErrNotFound)
		return errors.Join(err1, err2)
	})
}

func unknownUses(t *testing.T, s store.Store) {
	numbered(t, s, func(i int, u *authn.OfflineUse) {
		u.Device, u.Kind, u.Method, u.ReceivedAt = "d_a", "sign_in", authn.OfflineQR, noon.Add(time.Duration(9-i)*time.Second)
		switch i {
		case 1:
			u.Method = authn.OfflineList
		case 2:
			u.Method = authn.OfflineDesk
		case 3:
			u.RecordedAt = noon
		}
	})
	more := func(n byte, change func(*authn.OfflineUse)) {
		u := authn.OfflineUse{Computer: "c_a", Use: authn.Hash{n}, Device: "d_a", Kind: "sign_in", Method: authn.OfflineQR, ReceivedAt: noon}
		change(&u)
		update(t, s, func(tx store.Tx) error { return tx.CreateOfflineUse(u) })
	}
	more(10, func(u *authn.OfflineUse) { u.AlertedAt = noon })
	more(11, func(u *authn.OfflineUse) { u.Device = "d_b" })
	more(12, func(u *authn.OfflineUse) { u.Kind = "refused" })
	for _, step := range []struct {
		before time.Duration
		want   []byte
	}{{0, nil}, {5 * time.Second, nil}, {6 * time.Second, []byte{4}}, {time.Minute, []byte{4, 1, 0}}} {
		got := read(t, s, func(r store.Reader) ([]authn.OfflineUse, error) { return r.UnknownUses("d_a", noon.Add(step.before)) })
		diff(t, "before "+step.before.String(), uses(got), step.want)
	}
}

func deleteUses(t *testing.T, s store.Store) {
	numbered(t, s, nil)
	for _, step := range []struct {
		name      string
		before    time.Duration
		max, gone int
		left      []byte
	}{
		{"none is older", 0, 100, 0, []byte{0, 1, 2, 3, 4}},
		{"none wanted", time.Hour, 0, 0, []byte{0, 1, 2, 3, 4}},
		{"limit", time.Hour, 2, 2, []byte{0, 1, 2}},
		{"created then is not before", 3 * time.Second, 100, 1, []byte{0, 1}},
		{"the rest", time.Hour, 100, 2, nil},
	} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteOfflineUses(noon.Add(step.before), step.max)
			if n != step.gone {
				t.Errorf("%s: got %d forgotten, want %d", step.name, n, step.gone)
			}
			return err
		})
		all := read(t, s, func(r store.Reader) ([]authn.OfflineUse, error) { return r.OfflineUsesOf("c_a", 10) })
		diff(t, step.name, uses(all), step.left)
	}
}
