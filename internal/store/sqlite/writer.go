package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"avow/internal/store"
)

// Bounds of a batch: whoever came first should not wait long for those who came later.
const (
	maxBatch     = 128
	maxBatchTime = 5 * time.Millisecond
	queueLength  = 1024
)

// writer runs all updates, one after the other, on one connection, and commits those that wait together with one fsync. Nobody
// waits for a batch to fill: while one is being written to the disk the next gathers by itself.
type writer struct {
	session *session
	jobs    chan *job
	ended   chan struct{}
	batch   []*job // in the open transaction; only the loop touches it
	maxTime time.Duration

	mu     sync.RWMutex // held for reading while a job is put in the queue, so that none is put into a closed one
	closed bool
}

// job is one Update.
type job struct {
	fn     func(store.Tx) error
	fate   atomic.Int32 // waiting, then started by the writer or dropped by the caller, whoever is first
	err    error        // what fn came to; told when the batch is on disk
	answer chan error
}

const (
	waiting int32 = iota
	started
	dropped
)

func startWriter(s *session) *writer {
	w := &writer{session: s, jobs: make(chan *job, queueLength), ended: make(chan struct{}), maxTime: maxBatchTime}
	go w.loop()
	return w
}

// do queues fn and waits for what becomes of it.
func (w *writer) do(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for the database: %w", err)
	}
	j := &job{fn: fn, answer: make(chan error, 1)}
	if err := w.enqueue(ctx, j); err != nil {
		return err
	}
	select {
	case err := <-j.answer:
		return err
	case <-ctx.Done():
		if j.fate.CompareAndSwap(waiting, dropped) {
			return fmt.Errorf("wait for the database: %w", ctx.Err())
		}
		return <-j.answer // it runs: the caller must learn what happened
	}
}

func (w *writer) enqueue(ctx context.Context, j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the database: %w", ctx.Err())
	}
}

// stop takes no more, finishes what is queued and closes the connection.
func (w *writer) stop() {
	w.mu.Lock()
	w.closed = true
	close(w.jobs)
	w.mu.Unlock()
	<-w.ended
	w.session.close()
}

// loop is the writer's goroutine. An fn that ends the goroutine (runtime.Goexit, which t.Fatal calls) fails its batch, and the next
// loop takes over.
func (w *writer) loop() {
	done := false
	defer func() {
		if !done {
			w.fail(unavailable(errors.New("an update ended the goroutine in which it ran")))
			go w.loop()
			return
		}
		close(w.ended)
	}()
	for j := range w.jobs {
		w.runBatch(j)
	}
	done = true
}

// runBatch runs first and whoever waits in one transaction, commits it and tells everybody. Also those whose fn failed hear of it
// only then: they may have failed over what another member of the batch did, which is true once it is on disk.
func (w *writer) runBatch(first *job) {
	w.batch = w.batch[:0]
	if !first.fate.CompareAndSwap(waiting, started) {
		return
	}
	w.batch = append(w.batch, first)
	if err := w.session.exec(beginWrite); err != nil {
		w.fail(fmt.Errorf("begin update: %w", unavailable(err)))
		return
	}
	w.session.ledger.checked = false
	begun := time.Now()
	for j := first; j != nil; j = w.next(begun) {
		if err := w.runMember(j); err != nil {
			w.fail(fmt.Errorf("update together with others: %w", unavailable(err)))
			return
		}
	}
	if err := w.session.exec(commit); err != nil {
		w.fail(fmt.Errorf("commit update: %w", unavailable(err)))
		return
	}
	w.answer()
}

// next takes one more into the batch; nil when nobody waits or the batch is full.
func (w *writer) next(begun time.Time) *job {
	for len(w.batch) < maxBatch && time.Since(begun) < w.maxTime {
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return nil
			}
			if j.fate.CompareAndSwap(waiting, started) {
				w.batch = append(w.batch, j)
				return j
			}
		default:
			return nil
		}
	}
	return nil
}

// runMember runs one fn within a savepoint and leaves what it came to in the job. An error says that the transaction is lost.
func (w *writer) runMember(j *job) error {
	if err := w.session.exec(savepoint); err != nil {
		return err
	}
	ledger := w.session.ledger
	t := &tx{reader{&turn{session: w.session}}}
	j.err = call(j.fn, t)
	t.over = true
	if j.err == nil {
		j.err = t.broken // fn passed over an error after which nothing can be relied on
	}
	if j.err == nil {
		return w.session.exec(release)
	}
	w.session.ledger = ledger
	if err := w.session.exec(rollbackOne); err != nil { // no savepoint: SQLite has rolled back everything
		return errors.Join(t.broken, err) // not what fn returned: it is nothing to the others
	}
	return w.session.exec(release)
}

// call runs fn; a panic becomes an error.
func call(fn func(store.Tx) error, t store.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in an update: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(t)
}

// fail rolls the batch back and gives everybody in it the same error.
func (w *writer) fail(err error) {
	_ = w.session.exec(rollback) // fails when SQLite has done it already
	w.session.ledger = ledgerState{}
	for _, j := range w.batch {
		j.err = err
	}
	w.answer()
}

func (w *writer) answer() {
	for i, j := range w.batch {
		j.answer <- j.err
		w.batch[i] = nil // what its fn holds may go
	}
	w.batch = w.batch[:0]
}
