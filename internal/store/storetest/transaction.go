package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
)

var transactionCases = []Case{
	{"an error of fn rolls everything back", rollsBack},
	{"an error of fn is returned as it is", asItIs},
	{"a panic in fn rolls back and is an error", panics},
	{"a view sees one snapshot", snapshot},
	{"a view sees every update acknowledged before", readsOwn},
	{"a context that has ended changes nothing", ended},
	{"a context that ends while fn runs does not undo it", endsMidway},
	{"a Tx is of no use after its update", escapedTx},
	{"a Reader is of no use after its view", escapedReader},
	{"a view that panics gives its connection back", viewPanics},
	{"an update of the same value within an update fails as a whole", nested},
	{"check", check},
	{"close ends all", closes},
	{"close twice", closesTwice},
}

func rollsBack(t *testing.T, s store.Store) {
	people(t, s)
	old := session(1)
	update(t, s, func(tx store.Tx) error { return tx.CreateRegistrationSession(old) })
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return errors.Join(
			tx.CreateUser(authn.User{ID: "u_new", Login: "new"}),
			tx.UpdateUser("u_a", func(u authn.User) (authn.User, error) { u.Login = "changed"; return u, nil }),
			tx.CreateClient(authn.Client{ID: "new"}),
			tx.CreateAdmin(authn.Admin{ID: "a_new"}),
			tx.CreateDevice(authn.Device{ID: "d_new", User: "u_a"}),
			tx.CreateRegistrationSession(session(2)),
			tx.DeleteRegistrationSession(old.ID),
			tx.CreateApprovalRequest(request(1)),
			tx.CreateNotice(authn.Notice{ID: "n_new", User: "u_a"}),
			tx.UpdateGuard("u_a", func(g authn.Guard) (authn.Guard, error) { g.WrongNumbers = 2; return g, nil }),
			tx.AppendAudit(authn.AuditRecord{Action: "new"}),
			machines(tx),
			tx.CreateBatch(batch(1)),
			tx.CreateOfflineUse(use(1)),
			errOurs,
		)
	})
	wantErr(t, "update", err, errOurs)
	view(t, s, func(r store.Reader) error {
		users, err1 := r.Users()
		clients, err2 := r.Clients()
		admins, err3 := r.Admins()
		devices, err4 := r.Devices()
		sessions, err5 := r.RegistrationSessions()
		_, gone := r.ApprovalRequest(request(1).ID)
		notices, err6 := r.NoticesOf("u_a", authn.User{}.CreatedAt)
		guard, err7 := r.Guard("u_a")
		audit, err8 := r.Audit(10)
		diff(t, "users", users, []authn.User{{ID: "u_a", Login: "anna", CreatedAt: noon}, {ID: "u_b", Login: "bo", CreatedAt: noon}})
		diff(t, "clients", clients, []authn.Client{{ID: "laptop", CreatedAt: noon}})
		diff(t, "admins", admins, []authn.Admin(nil))
		diff(t, "devices", devices, []authn.Device(nil))
		diff(t, "sessions", sessions, []authn.RegistrationSession{old})
		wantErr(t, "request", gone, store.ErrNotFound)
		diff(t, "notices", notices, []authn.Notice(nil))
		diff(t, "guard", guard, authn.Guard{User: "u_a"})
		diff(t, "audit", audit, []authn.AuditRecord(nil))
		computers, err9 := r.Computers()
		diff(t, "computers", computers, []authn.Computer(nil))
		_, noGrant := r.Grant(grantA)
		wantErr(t, "grant", noGrant, store.ErrNotFound)
		_, noBatch := r.Batch(batch(1).ID)
		wantErr(t, "batch", noBatch, store.ErrNotFound)
		uses, err10 := r.OfflineUsesOf("c_a", 10)
		diff(t, "offline uses", uses, []authn.OfflineUse(nil))
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
	})
}

func asItIs(t *testing.T, s store.Store) {
	if err := s.Update(context.Background(), func(store.Tx) error { return authn.ErrDecided }); err != error(authn.ErrDecided) {
		t.Errorf("Update: got %v, want ErrDecided itself", err)
	}
	if err := s.View(context.Background(), func(store.Reader) error { return authn.ErrDecided }); err != error(authn.ErrDecided) {
		t.Errorf("View: got %v, want ErrDecided itself", err)
	}
}

// panics has other callers at the same time: they must not notice.
func panics(t *testing.T, s store.Store) {
	people(t, s)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx store.Tx) error {
				if err := tx.AppendAudit(authn.AuditRecord{Action: fmt.Sprint(i)}); err != nil {
					return err
				}
				if i%2 == 1 {
					panic("ours")
				}
				return nil
			})
			if (err != nil) != (i%2 == 1) {
				t.Errorf("update %d: got error %v", i, err)
			}
			if err != nil && authn.AsError(err).Kind != authn.Internal {
				t.Errorf("update %d: got kind %q, want internal", i, authn.AsError(err).Kind)
			}
		})
	}
	wg.Wait()
	audit := read(t, s, func(r store.Reader) ([]authn.AuditRecord, error) { return r.Audit(100) })
	if len(audit) != 10 {
		t.Errorf("got %d records, want the 10 of those who did not panic", len(audit))
	}
}

func snapshot(t *testing.T, s store.Store) {
	people(t, s)
	view(t, s, func(r store.Reader) error {
		before, err := r.User("u_a")
		if err != nil {
			return err
		}
		update(t, s, func(tx store.Tx) error {
			return errors.Join(
				tx.UpdateUser("u_a", func(u authn.User) (authn.User, error) { u.Name = "new"; return u, nil }),
				tx.CreateUser(authn.User{ID: "u_c", Login: "cia"}),
			)
		})
		after, err := r.User("u_a")
		diff(t, "user within the view", after, before)
		_, gone := r.User("u_c")
		wantErr(t, "user created meanwhile", gone, store.ErrNotFound)
		return err
	})
}

func readsOwn(t *testing.T, s store.Store) {
	people(t, s)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				id := authn.UserID(fmt.Sprintf("u_%d_%d", i, n))
				err := s.Update(context.Background(), func(tx store.Tx) error { return tx.CreateUser(authn.User{ID: id, Login: string(id)}) })
				if err != nil {
					t.Errorf("create %s: %v", id, err)
				}
				err = s.View(context.Background(), func(r store.Reader) error {
					_, err := r.User(id)
					return err
				})
				if err != nil {
					t.Errorf("read %s: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
}

func ended(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.Update(ctx, func(store.Tx) error {
		t.Error("fn was called")
		return nil
	})
	wantErr(t, "update", err, context.Canceled)
}

// endsMidway checks that whoever is told of an error, or of none, is told the truth.
func endsMidway(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx store.Tx) error {
		cancel()
		return tx.AppendAudit(authn.AuditRecord{Action: "kept"})
	})
	if err != nil {
		t.Errorf("update: %v", err)
	}
	audit := read(t, s, func(r store.Reader) ([]authn.AuditRecord, error) { return r.Audit(10) })
	diff(t, "audit", audit, []authn.AuditRecord{{Action: "kept"}})
	if err := s.Check(context.Background()); err != nil {
		t.Errorf("check afterwards: %v", err)
	}
}

func escapedTx(t *testing.T, s store.Store) {
	var kept store.Tx
	update(t, s, func(tx store.Tx) error { kept = tx; return nil })
	if err := kept.CreateUser(authn.User{ID: "u_x", Login: "x"}); err == nil {
		t.Error("a Tx wrote after its update had ended")
	}
	if _, err := kept.Users(); err == nil {
		t.Error("a Tx read after its update had ended")
	}
}

func escapedReader(t *testing.T, s store.Store) {
	var kept store.Reader
	view(t, s, func(r store.Reader) error { kept = r; return nil })
	if _, err := kept.Users(); err == nil {
		t.Error("a Reader read after its view had ended")
	}
}

func viewPanics(t *testing.T, s store.Store) {
	for range 50 { // more than a store has connections
		func() {
			defer func() { _ = recover() }()
			_ = s.View(context.Background(), func(store.Reader) error { panic("ours") })
			t.Error("the panic did not come back")
		}()
	}
	view(t, s, func(r store.Reader) error { _, err := r.Users(); return err })
}

// nested is what an Update within an Update of the same value may not do: undo it in silence.
func nested(t *testing.T, s store.Store) {
	people(t, s)
	old := session(1)
	old.State = authn.SessionActive
	update(t, s, func(tx store.Tx) error { return tx.CreateRegistrationSession(old) })
	to := func(state authn.SessionState) func(authn.RegistrationSession) (authn.RegistrationSession, error) {
		return func(v authn.RegistrationSession) (authn.RegistrationSession, error) { v.State = state; return v, nil }
	}
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateRegistrationSession(old.ID, func(v authn.RegistrationSession) (authn.RegistrationSession, error) {
			if err := tx.UpdateRegistrationSession(old.ID, to(authn.SessionConsumed)); err != nil {
				return v, err
			}
			return to(authn.SessionClaimed)(v)
		})
	})
	if err == nil {
		t.Error("update: got no error")
	}
	diff(t, "session", read(t, s, func(r store.Reader) (authn.RegistrationSession, error) { return r.RegistrationSession(old.ID) }), old)
}

func check(t *testing.T, s store.Store) {
	for range 3 {
		if err := s.Check(context.Background()); err != nil {
			t.Errorf("check: %v", err)
		}
	}
}

func closes(t *testing.T, s store.Store) {
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	never := errors.New("was called")
	for name, err := range map[string]error{
		"update": s.Update(context.Background(), func(store.Tx) error { return never }),
		"view":   s.View(context.Background(), func(store.Reader) error { return never }),
		"check":  s.Check(context.Background()),
	} {
		if authn.AsError(err).Kind != authn.Unavailable {
			t.Errorf("%s after close: got %v, want kind unavailable", name, err)
		}
	}
}

func closesTwice(t *testing.T, s store.Store) {
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
}
