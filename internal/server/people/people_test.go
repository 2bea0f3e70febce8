package people_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/people"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

// desk is a server with people, without the administrator's key that servertest makes.
type desk struct {
	*servertest.Env
	*people.Service
	t *testing.T
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	e := servertest.Start(t, servertest.Options{})
	d := &desk{e, people.New(e.Site), t}
	for _, login := range []string{"olga", "otto", "adam", "anna"} {
		e.User(login)
	}
	d.update(func(tx store.Tx) error {
		return tx.UpdateAdmin(e.Credential.ID, func(a authn.Admin) (authn.Admin, error) { a.Disabled = true; return a, nil })
	})
	return d
}

func (d *desk) update(fn func(store.Tx) error) {
	d.t.Helper()
	if err := d.Site.Store.Update(context.Background(), fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) user(login string) (u authn.User) {
	d.t.Helper()
	err := d.Site.Store.View(context.Background(), func(r store.Reader) (err error) { u, err = r.UserByLogin(login); return err })
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

// appoint gives a role without asking anybody.
func (d *desk) appoint(login string, role authn.AdminRole) authn.AdminID {
	d.t.Helper()
	a := authn.Admin{ID: authn.NewAdminID(), Name: login, Role: role, User: d.user(login).ID, CreatedAt: d.Now()}
	d.update(func(tx store.Tx) error { return tx.CreateAdmin(a) })
	return a.ID
}

func (d *desk) role(login string) authn.AdminRole {
	d.t.Helper()
	var role authn.AdminRole
	id := d.user(login).ID
	err := d.Site.Store.View(context.Background(), func(r store.Reader) error {
		a, err := r.AdminByUser(id)
		if errors.Is(err, store.ErrNotFound) || a.Disabled {
			return nil
		}
		role = a.Role
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return role
}

var by = people.By{Actor: "admin:test", Reason: "test", IP: "192.0.2.1"}

func TestRoles(t *testing.T) {
	d := newDesk(t)
	olga, adam := d.appoint("olga", authn.RoleOwner), d.appoint("adam", authn.RoleAdmin)
	anna := d.user("anna").ID
	for _, c := range []struct {
		name string
		by   authn.AdminID
		user authn.UserID
		role authn.AdminRole
		want error
	}{
		{"an administrator appoints nobody", adam, anna, authn.RoleAuditor, authn.ErrNotAllowed},
		{"not even herself", adam, d.user("adam").ID, authn.RoleOwner, authn.ErrNotAllowed},
		{"nobody appoints nobody", "a_nobody", anna, authn.RoleOwner, authn.ErrNotAllowed},
		{"no such role", olga, anna, "king", people.ErrRole},
		{"no such user", olga, "u_nobody", authn.RoleOwner, people.ErrUnknown},
		{"an owner's own role", olga, d.user("olga").ID, authn.RoleAdmin, people.ErrOwn},
		{"a role", olga, anna, authn.RoleServiceDesk, nil},
		{"another", olga, anna, authn.RoleOwner, nil},
		{"from an owner, not the last", olga, anna, "", nil},
		{"twice", olga, anna, "", nil},
		{"and again", olga, anna, authn.RoleAuditor, nil},
	} {
		if err := d.SetRole(t.Context(), c.by, c.user, c.role, by); !errors.Is(err, c.want) && (err != nil || c.want != nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if got := d.role("anna"); got != authn.RoleAuditor {
		t.Errorf("anna is %q", got)
	}
	n := 0
	for _, a := range d.Audit() {
		if a.Action == "user.role" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d records of four changes", n)
	}
}

// TestKeyGoesWithTheRole: a key on some disk does not come back with a later role.
func TestKeyGoesWithTheRole(t *testing.T) {
	d := newDesk(t)
	olga, adam := d.appoint("olga", authn.RoleOwner), d.appoint("adam", authn.RoleAdmin)
	d.update(func(tx store.Tx) error {
		return tx.UpdateAdmin(adam, func(a authn.Admin) (authn.Admin, error) { a.Key = d.Key().Key(); return a, nil })
	})
	for _, role := range []authn.AdminRole{"", authn.RoleAdmin} {
		if err := d.SetRole(t.Context(), olga, d.user("adam").ID, role, by); err != nil {
			t.Fatal(err)
		}
	}
	err := d.Site.Store.View(t.Context(), func(r store.Reader) error {
		a, err := r.Admin(adam)
		if a.Key != (key.Public{}) || a.Disabled || a.Role != authn.RoleAdmin {
			t.Errorf("got %+v", a)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOwnersAtTheSameTime: two owners who take the role from each other at once leave one.
func TestOwnersAtTheSameTime(t *testing.T) {
	for range 20 {
		d := newDesk(t)
		olga, otto := d.appoint("olga", authn.RoleOwner), d.appoint("otto", authn.RoleOwner)
		var both sync.WaitGroup
		both.Go(func() { _ = d.SetRole(context.Background(), olga, d.user("otto").ID, authn.RoleAdmin, by) })
		both.Go(func() { _ = d.SetRole(context.Background(), otto, d.user("olga").ID, authn.RoleAdmin, by) })
		both.Wait()
		if (d.role("olga") == authn.RoleOwner) == (d.role("otto") == authn.RoleOwner) {
			t.Fatalf("olga is %q, otto is %q", d.role("olga"), d.role("otto"))
		}
	}
}

func TestLastOwner(t *testing.T) {
	d := newDesk(t)
	d.appoint("olga", authn.RoleOwner)
	otto := d.appoint("otto", authn.RoleOwner)
	ctx := t.Context()
	if _, err := d.SetStatus(ctx, d.user("otto").ID, authn.UserDisabled, by); err != nil {
		t.Fatal(err)
	}
	// Otto is an owner who can do nothing now.
	if _, err := d.SetStatus(ctx, d.user("olga").ID, authn.UserDisabled, by); !errors.Is(err, people.ErrLastOwner) {
		t.Errorf("the last owner is blocked: %v", err)
	}
	if err := d.SetRole(ctx, otto, d.user("olga").ID, "", by); !errors.Is(err, people.ErrLastOwner) {
		t.Errorf("the last owner is none: %v", err)
	}
	// A key is enough to be one.
	d.update(func(tx store.Tx) error {
		return tx.UpdateAdmin(otto, func(a authn.Admin) (authn.Admin, error) { a.Key = d.Key().Key(); return a, nil })
	})
	own := by
	own.User = d.user("olga").ID
	if _, err := d.SetStatus(ctx, own.User, authn.UserDisabled, own); !errors.Is(err, people.ErrOwn) {
		t.Errorf("she blocks herself: %v", err)
	}
	if _, err := d.SetStatus(ctx, own.User, authn.UserDisabled, by); err != nil {
		t.Error(err)
	}
}

func TestStatus(t *testing.T) {
	d := newDesk(t)
	anna := d.user("anna").ID
	if _, err := d.SetStatus(t.Context(), anna, "gone", by); !errors.Is(err, people.ErrStatus) {
		t.Error(err)
	}
	if _, err := d.SetStatus(t.Context(), "u_nobody", authn.UserDisabled, by); !errors.Is(err, people.ErrUnknown) {
		t.Error(err)
	}
	before := len(d.Audit())
	for range 2 {
		if u, err := d.SetStatus(t.Context(), anna, authn.UserDisabled, by); err != nil || u.Active() == nil {
			t.Errorf("got %+v, %v", u, err)
		}
	}
	if u, err := d.SetStatus(t.Context(), anna, authn.UserActive, by); err != nil || u.Active() != nil {
		t.Errorf("got %+v, %v", u, err)
	}
	if n := len(d.Audit()) - before; n != 2 {
		t.Errorf("%d records of two changes", n)
	}
}
