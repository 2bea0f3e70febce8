package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// held keeps the writer busy in an update of its own, the first of a batch, until release is called. All who come meanwhile are in
// the same batch.
func held(s *Store) (release func()) {
	s.writer.maxTime = time.Hour
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.Update(context.Background(), func(store.Tx) error { // it shares the fate of the batch, which its caller tests
			close(in)
			<-out
			return nil
		})
		close(done)
	}()
	<-in
	return func() {
		close(out)
		<-done
	}
}

// queue starts updates and returns when all of them wait; their errors come in the order of the fns.
func queue(s *Store, fns ...func(*tx) error) (errs func() []error) {
	list := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		before := len(s.writer.jobs)
		wg.Go(func() {
			list[i] = errors.New("the update did not return")
			list[i] = s.Update(context.Background(), func(t store.Tx) error { return fn(t.(*tx)) })
		})
		for len(s.writer.jobs) == before {
			runtime.Gosched()
		}
	}
	return func() []error {
		wg.Wait()
		return list
	}
}

func note(tx store.Tx, action string) error { return tx.AppendAudit(authn.AuditRecord{Action: action}) }

// noted returns the actions on record, oldest first.
func noted(t *testing.T, s *Store) string {
	t.Helper()
	var list []string
	err := s.View(context.Background(), func(r store.Reader) error {
		records, err := r.Audit(1000)
		for i := range records {
			list = append(list, records[len(records)-1-i].Action)
		}
		return err
	})
	if err != nil {
		t.Fatalf("read audit: %v", err)
	}
	return strings.Join(list, " ")
}

func TestUpdatesThatWaitAreCommittedTogether(t *testing.T) {
	s := openNew(t)
	release := held(s)
	sizes := make([]int, 20)
	var fns []func(*tx) error
	for i := range sizes {
		fns = append(fns, func(tx *tx) error {
			sizes[i] = len(s.writer.batch)
			return note(tx, fmt.Sprint(i))
		})
	}
	errs := queue(s, fns...)
	release()
	for i, err := range errs() {
		if err != nil {
			t.Errorf("update %d: %v", i, err)
		}
		if sizes[i] != i+2 {
			t.Errorf("update %d is number %d of its batch, want %d", i, sizes[i], i+2)
		}
	}
	if got := noted(t, s); got != "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19" {
		t.Errorf("got %q, want all in the order of coming", got)
	}
}

func TestBatchIsBounded(t *testing.T) {
	s := openNew(t)
	release := held(s)
	var largest int
	var fns []func(*tx) error
	for range 3 * maxBatch {
		fns = append(fns, func(*tx) error {
			largest = max(largest, len(s.writer.batch))
			return nil
		})
	}
	errs := queue(s, fns...)
	release()
	for _, err := range errs() {
		if err != nil {
			t.Errorf("update: %v", err)
		}
	}
	if largest != maxBatch {
		t.Errorf("got a batch of %d, want %d", largest, maxBatch)
	}
}

// TestCommitFails has one member leave a broken reference behind that SQLite sees at the commit only. It takes the place of a disk
// that fails there.
func TestCommitFails(t *testing.T) {
	s := openNew(t)
	addUser(t, s, "anna")
	errs := queueHeld(s,
		func(tx *tx) error { return note(tx, "before") },
		func(tx *tx) error {
			if _, err := tx.conn.ExecContext(context.Background(), `PRAGMA defer_foreign_keys = 1`); err != nil {
				return err
			}
			return tx.CreateDevice(authn.Device{ID: "d_x", User: "u_nobody"})
		},
		func(tx *tx) error { return errors.New("its own") },
		func(tx *tx) error { return note(tx, "after") },
	)
	for i, err := range errs {
		if authn.AsError(err).Kind != authn.Unavailable {
			t.Errorf("member %d: got %v, want kind unavailable", i, err)
		}
	}
	if got := noted(t, s); got != "" {
		t.Errorf("got %q on record, want nothing", got)
	}
	addUser(t, s, "bo") // and on it goes
}

// queueHeld makes one batch of the fns and returns what became of them.
func queueHeld(s *Store, fns ...func(*tx) error) []error {
	release := held(s)
	errs := queue(s, fns...)
	release()
	return errs()
}

func TestPanicAndErrorLeaveOthersAlone(t *testing.T) {
	s := openNew(t)
	errs := queueHeld(s,
		func(tx *tx) error { return note(tx, "one") },
		func(tx *tx) error { _ = note(tx, "two"); panic("ours") },
		func(tx *tx) error { _ = note(tx, "three"); return errors.New("its own") },
		func(tx *tx) error { return note(tx, "four") },
	)
	if errs[0] != nil || errs[3] != nil {
		t.Errorf("the others: got %v and %v", errs[0], errs[3])
	}
	if errs[1] == nil || !strings.Contains(errs[1].Error(), "panic in an update: ours") || !strings.Contains(errs[1].Error(), "writer_test.go") {
		t.Errorf("panic: got %v, want it with its stack", errs[1])
	}
	if errs[2] == nil || errs[2].Error() != "its own" {
		t.Errorf("error: got %v", errs[2])
	}
	if got := noted(t, s); got != "one four" {
		t.Errorf("got %q, want one four", got)
	}
}

func TestUpdateThatEndsItsGoroutine(t *testing.T) {
	s := openNew(t)
	errs := queueHeld(s, func(tx *tx) error {
		_ = note(tx, "lost")
		runtime.Goexit() // as t.Fatal does
		return nil
	})
	if authn.AsError(errs[0]).Kind != authn.Unavailable {
		t.Errorf("got %v, want kind unavailable", errs[0])
	}
	addUser(t, s, "anna")
	if got := noted(t, s); got != "" {
		t.Errorf("got %q on record, want nothing", got)
	}
}

func TestContextThatEndsInTheQueue(t *testing.T) {
	s := openNew(t)
	release := held(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- s.Update(ctx, func(tx store.Tx) error { return note(tx, "dropped") })
	}()
	for len(s.writer.jobs) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) { // while the writer is still held
		t.Errorf("got %v, want context canceled", err)
	}
	release()
	addUser(t, s, "anna")
	if got := noted(t, s); got != "" {
		t.Errorf("got %q on record, want nothing", got)
	}
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	s := open(t, path)
	release := held(s)
	errs := queue(s, func(tx *tx) error { return note(tx, "one") }, func(tx *tx) error { return note(tx, "two") })
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	<-s.closed
	release()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	for _, err := range errs() {
		if err != nil {
			t.Errorf("update: %v", err)
		}
	}
	if got := noted(t, open(t, path)); got != "one two" {
		t.Errorf("got %q, want one two", got)
	}
}
