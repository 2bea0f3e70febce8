// Package storetest is the conformance suite of store.Store: one table of named cases that every implementation passes. It knows the
// contract only and no implementation; what is special to one (files, crashes, its schema) is tested beside it.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

// Case is one promise of the contract. Run gets an empty store.
type Case struct {
	Name string
	Run  func(*testing.T, store.Store)
}

// Run runs every case on a store of its own. open returns an empty store and sees to its being closed.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, list := range [][]Case{transactionCases, entityCases, restoreCases, backupCases, telemetryCases, valueCases, listCases, outboxCases, duplicateCases, deleteCases, machineListCases, ledgerCases, raceCases} {
		for _, c := range list {
			t.Run(c.Name, func(t *testing.T) { c.Run(t, open(t)) })
		}
	}
}

// errOurs is an error that no store makes.
var errOurs = errors.New("ours")

// update runs fn and ends the test when it fails.
func update(t *testing.T, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view runs fn and ends the test when it fails.
func view(t *testing.T, s store.Store, fn func(store.Reader) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// read is a view of one value.
func read[T any](t *testing.T, s store.Store, fn func(store.Reader) (T, error)) T {
	t.Helper()
	var v T
	view(t, s, func(r store.Reader) (err error) {
		v, err = fn(r)
		return err
	})
	return v
}

// diff compares as the contract promises; key.Public has nothing to look into.
func diff(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b key.Public) bool { return a == b })); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// noon is when the cases happen. It has nanoseconds, to be kept.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// people puts users u_a, u_b and client laptop into the store: the owners of everything else.
func people(t *testing.T, s store.Store) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateUser(authn.User{ID: "u_a", Login: "anna", CreatedAt: noon}),
			tx.CreateUser(authn.User{ID: "u_b", Login: "bo", CreatedAt: noon}),
			tx.CreateClient(authn.Client{ID: "laptop", CreatedAt: noon}),
		)
	})
}
