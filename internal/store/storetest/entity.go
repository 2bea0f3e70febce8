package storetest

import (
	"context"
	"reflect"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
)

// entity tells the generic cases how to reach one kind of thing.
type entity[T any] struct {
	name   string
	make   func(seed int) T // every field set, belonging to u_a and laptop
	zero   func() T         // nothing set but what it needs to belong
	id     func(T) string
	get    func(store.Reader, string) (T, error)
	create func(store.Tx, T) error
	update func(store.Tx, string, func(T) (T, error)) error
	keep   func(old, next T) T  // next with what an Update cannot change
	before func(store.Tx) error // makes what it belongs to beside people; nil for nothing
}

// owners puts what the entity belongs to into the store.
func (e entity[T]) owners(t *testing.T, s store.Store) {
	t.Helper()
	people(t, s)
	if e.before != nil {
		update(t, s, e.before)
	}
}

// cases are the promises that hold for every kind.
func (e entity[T]) cases() []Case {
	return []Case{
		{e.name + " round trips", e.roundTrip},
		{e.name + " with zero values round trips", e.zeroRoundTrip},
		{e.name + " not found", e.notFound},
		{e.name + " id is unique", e.unique},
		{e.name + " update changes all but id, owner and creation", e.change},
		{e.name + " update of one field changes that field", e.changeOne},
		{e.name + " update with an error leaves the value", e.refuse},
		{e.name + " is seen in its own transaction", e.ownWrites},
	}
}

func (e entity[T]) read(t *testing.T, s store.Store, id string) T {
	t.Helper()
	return read(t, s, func(r store.Reader) (T, error) { return e.get(r, id) })
}

func (e entity[T]) roundTrip(t *testing.T, s store.Store) {
	e.owners(t, s)
	want, other := e.make(1), e.make(2)
	update(t, s, func(tx store.Tx) error { return e.create(tx, want) })
	update(t, s, func(tx store.Tx) error { return e.create(tx, other) })
	diff(t, e.name, e.read(t, s, e.id(want)), want)
	diff(t, "other "+e.name, e.read(t, s, e.id(other)), other)
}

func (e entity[T]) zeroRoundTrip(t *testing.T, s store.Store) {
	e.owners(t, s)
	want := e.zero()
	update(t, s, func(tx store.Tx) error { return e.create(tx, want) })
	diff(t, e.name, e.read(t, s, e.id(want)), want)
	full := e.make(1)
	update(t, s, func(tx store.Tx) error {
		return e.update(tx, e.id(want), func(T) (T, error) { return full, nil })
	})
	update(t, s, func(tx store.Tx) error { // and back: nothing is left behind
		return e.update(tx, e.id(want), func(T) (T, error) { return want, nil })
	})
	diff(t, e.name+" set to zero", e.read(t, s, e.id(want)), want)
}

func (e entity[T]) notFound(t *testing.T, s store.Store) {
	e.owners(t, s)
	err := s.View(context.Background(), func(r store.Reader) error {
		_, err := e.get(r, "nobody")
		return err
	})
	wantErr(t, "get", err, store.ErrNotFound)
	err = s.Update(context.Background(), func(tx store.Tx) error {
		return e.update(tx, "nobody", func(v T) (T, error) {
			t.Error("fn was called for nothing")
			return v, nil
		})
	})
	wantErr(t, "update", err, store.ErrNotFound)
}

func (e entity[T]) unique(t *testing.T, s store.Store) {
	e.owners(t, s)
	want := e.make(1)
	update(t, s, func(tx store.Tx) error { return e.create(tx, want) })
	update(t, s, func(tx store.Tx) error { // the transaction goes on after ErrExists
		wantErr(t, "second create", e.create(tx, want), store.ErrExists)
		return e.create(tx, e.make(2))
	})
	diff(t, e.name, e.read(t, s, e.id(want)), want)
	diff(t, "second "+e.name, e.read(t, s, e.id(e.make(2))), e.make(2))
}

func (e entity[T]) change(t *testing.T, s store.Store) {
	e.owners(t, s)
	old, other, next := e.make(1), e.make(2), e.make(3)
	update(t, s, func(tx store.Tx) error { return e.create(tx, old) })
	update(t, s, func(tx store.Tx) error { return e.create(tx, other) })
	update(t, s, func(tx store.Tx) error {
		return e.update(tx, e.id(old), func(got T) (T, error) {
			diff(t, e.name+" given to fn", got, old)
			return next, nil
		})
	})
	diff(t, e.name, e.read(t, s, e.id(old)), e.keep(old, next))
	diff(t, "untouched "+e.name, e.read(t, s, e.id(other)), other)
}

// changeOne changes each field by itself: a store that saves writes must not save one too many.
func (e entity[T]) changeOne(t *testing.T, s store.Store) {
	e.owners(t, s)
	want, other := e.make(1), e.make(2)
	update(t, s, func(tx store.Tx) error { return e.create(tx, want) })
	for i := range reflect.TypeFor[T]().NumField() {
		next := want
		reflect.ValueOf(&next).Elem().Field(i).Set(reflect.ValueOf(other).Field(i))
		update(t, s, func(tx store.Tx) error {
			return e.update(tx, e.id(want), func(T) (T, error) { return next, nil })
		})
		want = e.keep(want, next)
		diff(t, e.name+" with another "+reflect.TypeFor[T]().Field(i).Name, e.read(t, s, e.id(want)), want)
	}
}

func (e entity[T]) refuse(t *testing.T, s store.Store) {
	e.owners(t, s)
	old := e.make(1)
	update(t, s, func(tx store.Tx) error { return e.create(tx, old) })
	update(t, s, func(tx store.Tx) error {
		err := e.update(tx, e.id(old), func(T) (T, error) { return e.make(2), errOurs })
		if err != errOurs { //nolint:errorlint // as it is, says the contract
			t.Errorf("update: got error %v, want ours as it is", err)
		}
		return nil
	})
	diff(t, e.name, e.read(t, s, e.id(old)), old)
}

func (e entity[T]) ownWrites(t *testing.T, s store.Store) {
	e.owners(t, s)
	old, next := e.make(1), e.make(2)
	update(t, s, func(tx store.Tx) error {
		if err := e.create(tx, old); err != nil {
			return err
		}
		got, err := e.get(tx, e.id(old))
		diff(t, "created "+e.name, got, old)
		if err != nil {
			return err
		}
		if err := e.update(tx, e.id(old), func(T) (T, error) { return next, nil }); err != nil {
			return err
		}
		got, err = e.get(tx, e.id(old))
		diff(t, "updated "+e.name, got, e.keep(old, next))
		return err
	})
}

var entityCases = concat(
	entity[authn.User]{
		name: "user", make: filled[authn.User],
		zero:   func() authn.User { return authn.User{ID: "u_z"} },
		id:     func(u authn.User) string { return string(u.ID) },
		get:    func(r store.Reader, id string) (authn.User, error) { return r.User(authn.UserID(id)) },
		create: func(tx store.Tx, u authn.User) error { return tx.CreateUser(u) },
		update: func(tx store.Tx, id string, fn func(authn.User) (authn.User, error)) error {
			return tx.UpdateUser(authn.UserID(id), fn)
		},
		keep: func(old, next authn.User) authn.User {
			next.ID, next.CreatedAt = old.ID, old.CreatedAt
			return next
		},
	}.cases(),
	entity[authn.Admin]{
		name: "admin", make: filled[authn.Admin],
		zero:   func() authn.Admin { return authn.Admin{ID: "a_z"} },
		id:     func(a authn.Admin) string { return string(a.ID) },
		get:    func(r store.Reader, id string) (authn.Admin, error) { return r.Admin(authn.AdminID(id)) },
		create: func(tx store.Tx, a authn.Admin) error { return tx.CreateAdmin(a) },
		update: func(tx store.Tx, id string, fn func(authn.Admin) (authn.Admin, error)) error {
			return tx.UpdateAdmin(authn.AdminID(id), fn)
		},
		keep: func(old, next authn.Admin) authn.Admin {
			next.ID, next.CreatedAt = old.ID, old.CreatedAt
			return next
		},
	}.cases(),
	entity[authn.Client]{
		name: "client", make: filled[authn.Client],
		zero:   func() authn.Client { return authn.Client{ID: "c_z"} },
		id:     func(c authn.Client) string { return string(c.ID) },
		get:    func(r store.Reader, id string) (authn.Client, error) { return r.Client(authn.ClientID(id)) },
		create: func(tx store.Tx, c authn.Client) error { return tx.CreateClient(c) },
		update: func(tx store.Tx, id string, fn func(authn.Client) (authn.Client, error)) error {
			return tx.UpdateClient(authn.ClientID(id), fn)
		},
		keep: func(old, next authn.Client) authn.Client {
			next.ID, next.CreatedAt = old.ID, old.CreatedAt
			return next
		},
	}.cases(),
	entity[authn.Device]{
		name: "device",
		make: func(seed int) authn.Device {
			d := filled[authn.Device](seed)
			d.User = "u_a"
			return d
		},
		zero:   func() authn.Device { return authn.Device{ID: "d_z", User: "u_a"} },
		id:     func(d authn.Device) string { return string(d.ID) },
		get:    func(r store.Reader, id string) (authn.Device, error) { return r.Device(authn.DeviceID(id)) },
		create: func(tx store.Tx, d authn.Device) error { return tx.CreateDevice(d) },
		update: func(tx store.Tx, id string, fn func(authn.Device) (authn.Device, error)) error {
			return tx.UpdateDevice(authn.DeviceID(id), fn)
		},
		keep: func(old, next authn.Device) authn.Device {
			next.ID, next.CreatedAt, next.User = old.ID, old.CreatedAt, old.User
			return next
		},
	}.cases(),
	entity[authn.RegistrationSession]{
		name: "registration session", make: session,
		zero: func() authn.RegistrationSession { return authn.RegistrationSession{ID: "s_z", User: "u_a"} },
		id:   func(v authn.RegistrationSession) string { return string(v.ID) },
		get: func(r store.Reader, id string) (authn.RegistrationSession, error) {
			return r.RegistrationSession(authn.RegistrationID(id))
		},
		create: func(tx store.Tx, v authn.RegistrationSession) error { return tx.CreateRegistrationSession(v) },
		update: func(tx store.Tx, id string, fn func(authn.RegistrationSession) (authn.RegistrationSession, error)) error {
			return tx.UpdateRegistrationSession(authn.RegistrationID(id), fn)
		},
		keep: func(old, next authn.RegistrationSession) authn.RegistrationSession {
			next.ID, next.CreatedAt, next.User = old.ID, old.CreatedAt, old.User
			return next
		},
	}.cases(),
	entity[authn.ApprovalRequest]{
		name: "approval request", make: request,
		zero: func() authn.ApprovalRequest {
			return authn.ApprovalRequest{ID: "r_z", User: "u_a", Client: "laptop"}
		},
		id: func(v authn.ApprovalRequest) string { return string(v.ID) },
		get: func(r store.Reader, id string) (authn.ApprovalRequest, error) {
			return r.ApprovalRequest(authn.RequestID(id))
		},
		create: func(tx store.Tx, v authn.ApprovalRequest) error { return tx.CreateApprovalRequest(v) },
		update: func(tx store.Tx, id string, fn func(authn.ApprovalRequest) (authn.ApprovalRequest, error)) error {
			return tx.UpdateApprovalRequest(authn.RequestID(id), fn)
		},
		keep: func(old, next authn.ApprovalRequest) authn.ApprovalRequest {
			next.ID, next.OpenedAt, next.User, next.Client = old.ID, old.OpenedAt, old.User, old.Client
			return next
		},
	}.cases(),
	entity[authn.Notice]{
		name: "notice",
		make: func(seed int) authn.Notice {
			n := filled[authn.Notice](seed)
			n.User = "u_a"
			return n
		},
		zero:   func() authn.Notice { return authn.Notice{ID: "n_z", User: "u_a"} },
		id:     func(n authn.Notice) string { return string(n.ID) },
		get:    func(r store.Reader, id string) (authn.Notice, error) { return r.Notice(authn.NoticeID(id)) },
		create: func(tx store.Tx, n authn.Notice) error { return tx.CreateNotice(n) },
		update: func(tx store.Tx, id string, fn func(authn.Notice) (authn.Notice, error)) error {
			return tx.UpdateNotice(authn.NoticeID(id), fn)
		},
		keep: func(old, next authn.Notice) authn.Notice {
			next.ID, next.At, next.User = old.ID, old.At, old.User
			return next
		},
	}.cases(),
	machineCases,
)

func session(seed int) authn.RegistrationSession {
	s := filled[authn.RegistrationSession](seed)
	s.User = "u_a"
	return s
}

func request(seed int) authn.ApprovalRequest {
	r := filled[authn.ApprovalRequest](seed)
	r.User, r.Client = "u_a", "laptop"
	return r
}

func concat(lists ...[]Case) (all []Case) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
