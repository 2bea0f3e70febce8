package restore_test

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// dying is a store whose server dies at one of its updates: right before it, or right after it was on disk and before anybody heard of it.
type dying struct {
	store.Store
	left  *atomic.Int64 // updates until then; below zero: never
	after bool
}

var errDied = authn.Fail(authn.Unavailable, "died", "The server died.")

func (d dying) Update(ctx context.Context, fn func(store.Tx) error) error {
	if d.left.Add(-1) != 0 {
		return d.Store.Update(ctx, fn)
	}
	if d.after {
		if err := d.Store.Update(ctx, fn); err != nil {
			return err
		}
	}
	return errDied
}

// TestServerDiesBetweenSteps is R-093 on the server's side: it dies before and after each update of a restore and of what follows, starts again, and the phone,
// which only knows that it got no answer, goes on. At every moment one of the two codes is good, and opens what is kept; in the end there is one new device.
func TestServerDiesBetweenSteps(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := int64(1); ; n++ {
			if died := restoreWith(t, n, after); !died {
				if n < 4 {
					t.Fatalf("a whole restore had only %d updates", n-1)
				}
				break
			}
		}
	}
}

func restoreWith(t *testing.T, n int64, after bool) (died bool) {
	var left atomic.Int64
	r := newRig(t, func(o *servertest.Options) {
		o.Wrap = func(s store.Store) store.Store { return dying{s, &left, after} }
	})
	ctx := context.Background()
	next, nextFile := key.NewRestoreCode(), []byte("the file under the new code")
	p := r.NewRestorer()
	p.Begin("anna")
	proof := p.Proof(p.Restoration(), r.code)
	p.Statement = proof.Statement
	left.Store(n)
	// step calls until it is answered, as the app does; a server that died starts again.
	step := func(what string, f func() error) {
		t.Helper()
		for range 4 {
			err := f()
			if err == nil {
				return
			}
			if !errors.Is(err, errDied) {
				t.Fatalf("dying at update %d (after: %v): %s: %v", n, after, what, err)
			}
			died = true
			left.Store(-1)
			r.Restart()
			r.oneIsGood(next, nextFile)
		}
		t.Fatalf("dying at update %d (after: %v): %s is never answered", n, after, what)
	}
	var phone *servertest.Phone
	var out wire.RestoreFinished
	step("prove", func() error { _, err := p.ProveRestore(ctx, proof); return err })
	r.oneIsGood(next, nextFile)
	step("code", func() error { _, err := p.Confirm(r.Digits(p.Started.RestoreID)); return err })
	r.oneIsGood(next, nextFile)
	step("finish", func() (err error) { out, phone, err = p.Take(); return err })
	if out.Escrow == nil || !bytes.Equal(out.Escrow.File, file) {
		t.Fatalf("dying at update %d: what was kept did not arrive", n)
	}
	r.oneIsGood(next, nextFile)
	step("new code", func() error {
		err := phone.Keep(next, nextFile, out.Escrow.Generation)
		if !errors.Is(err, authn.ErrEscrowChanged) {
			return err
		}
		kept, err := phone.Escrow(ctx) // by this phone, before the server died?
		proof, _ := next.Keys(string(r.anna.User))
		if err == nil && kept.ProofJWK != proof.Key() {
			t.Errorf("dying at update %d: somebody else's code is there", n)
		}
		return err
	})
	left.Store(-1)
	if !r.opens(next, nextFile) || len(r.devices()) != 2 {
		t.Errorf("dying at update %d (after: %v): the new code opens nothing, or there are %d devices", n, after, len(r.devices()))
	}
	r.told(authn.NoticeRestoreStarted, 1)
	r.told(authn.NoticeRestoreFinished, 1)
	r.told(authn.NoticeRestoreCodeNew, 2)
	return died
}

// opens reports whether a code is the one that the server verifies, and vouches for a file as the one that it keeps.
func (r *rig) opens(code key.RestoreCode, want []byte) bool {
	r.t.Helper()
	var e authn.Escrow
	r.view(func(rd store.Reader) (err error) { e, err = rd.Escrow(r.anna.User); return err })
	proof, exchange := code.Keys(string(r.anna.User))
	return e.Proof == proof.Key() && e.Exchange == exchange.Key() && bytes.Equal(e.File, want) &&
		e.Tag == authn.Hash(code.EscrowMAC(string(r.anna.User), e.Generation, e.File))
}

func (r *rig) oneIsGood(next key.RestoreCode, nextFile []byte) {
	r.t.Helper()
	if r.opens(r.code, file) == r.opens(next, nextFile) {
		r.t.Fatal("not exactly one of the two codes opens what is kept")
	}
}
