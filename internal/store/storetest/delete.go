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

var deleteCases = []Case{
	{"registration session is forgotten", deleteSession},
	{"old approval requests are forgotten, oldest first, up to a limit", deleteRequests},
}

func deleteSession(t *testing.T, s store.Store) {
	people(t, s)
	one, two := session(1), session(2)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.CreateRegistrationSession(one), tx.CreateRegistrationSession(two))
	})
	update(t, s, func(tx store.Tx) error { return tx.DeleteRegistrationSession(one.ID) })
	view(t, s, func(r store.Reader) error {
		_, err := r.RegistrationSession(one.ID)
		wantErr(t, "by id", err, store.ErrNotFound)
		_, err = r.RegistrationSessionBySecret(one.Secret)
		wantErr(t, "by secret", err, store.ErrNotFound)
		all, err := r.RegistrationSessions()
		diff(t, "sessions", all, []authn.RegistrationSession{two})
		return err
	})
	err := s.Update(context.Background(), func(tx store.Tx) error { return tx.DeleteRegistrationSession(one.ID) })
	wantErr(t, "second delete", err, store.ErrNotFound)
}

func deleteRequests(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i := range 10 {
			errs = append(errs, tx.CreateApprovalRequest(authn.ApprovalRequest{
				ID: authn.RequestID(fmt.Sprint("r_", i)), User: "u_a", Client: "laptop", State: authn.RequestOpen,
				OpenedAt: noon.Add(time.Duration(9-i) * time.Second), // r_9 is the oldest
			}))
		}
		return errors.Join(errs...)
	})
	left := func() int {
		return len(read(t, s, func(r store.Reader) ([]authn.ApprovalRequest, error) { return r.OpenApprovalRequests("u_a") }))
	}
	for _, step := range []struct {
		name             string
		before           time.Time
		max, gone, still int
	}{
		{"none is older", noon, 100, 0, 10},
		{"none wanted", noon.Add(time.Hour), 0, 0, 10},
		{"fewer than none wanted", noon.Add(time.Hour), -1, 0, 10},
		{"limit", noon.Add(time.Hour), 3, 3, 7},
		{"opened at that time is not before it", noon.Add(4 * time.Second), 100, 1, 6},
		{"the rest", noon.Add(time.Hour), 100, 6, 0},
	} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteApprovalRequests(step.before, step.max)
			if n != step.gone {
				t.Errorf("%s: got %d forgotten, want %d", step.name, n, step.gone)
			}
			return err
		})
		if n := left(); n != step.still {
			t.Errorf("%s: got %d left, want %d", step.name, n, step.still)
		}
		if step.name == "limit" {
			view(t, s, func(r store.Reader) error {
				_, err := r.ApprovalRequest("r_9")
				wantErr(t, "the oldest", err, store.ErrNotFound)
				_, err = r.ApprovalRequest("r_6")
				return err
			})
		}
	}
}
