package computer_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/wire"
)

func TestListWindow(t *testing.T) {
	r, p, g := ready(t)
	k, _ := r.refill(p, newPhone(t, "desk"))
	for _, c := range []struct {
		index int
		want  error
	}{
		{0, nil},
		{7, computer.ErrWrong}, // 1 is next: up to 6 is within reach
		{6, nil},
		{5, computer.ErrWrong},
		{6, computer.ErrCodeUsed},
		{13, computer.ErrWrong}, // 7 is next
		{12, nil},
	} {
		got, err := r.verify(anna, nil, list(k.Code(c.index)))
		if c.want != nil {
			wantError(t, "code", err, c.want)
			continue
		}
		if err != nil || got.Method != authn.OfflineList || got.Grant != g.ID || got.CodesLeft != authn.ListCount-c.index-1 {
			t.Errorf("code %d: %+v, %v", c.index, got, err)
		}
	}
}

func TestShownMovesAheadOnly(t *testing.T) {
	r, p, _ := ready(t)
	k, _ := r.refill(p, newPhone(t, "desk"))
	_, b := p.listKey(t, r.Pending().Batches[0], r.key.Key(), laptop, string(p.device), p.user)
	for _, index := range []int{20, 3, -1, 1 << 30} { // the last is nonsense: the list is over then, and nothing worse
		if index == 1<<30 {
			break
		}
		must(r, r.Take(r.wall, nil, []wire.ListPosition{{Batch: b.ID, Index: index}}, 0, authn.OfflineAllow))
	}
	_, err := r.verify(anna, nil, list(k.Code(19)))
	wantError(t, "before what was shown", err, computer.ErrWrong)
	if _, err := r.verify(anna, nil, list(k.Code(25))); err != nil {
		t.Errorf("within the window of what was shown: %v", err)
	}
	must(r, r.Take(r.wall, nil, []wire.ListPosition{{Batch: b.ID, Index: 1 << 30}}, 0, authn.OfflineAllow))
	_, err = r.verify(anna, nil, list(k.Code(26)))
	wantError(t, "list that is over", err, computer.ErrWrong)
}

// With fewer than 25 left there is a new list; the old one is good until a code of the new one was used.
func TestRefill(t *testing.T) {
	r, p, _ := ready(t)
	desk := newPhone(t, "desk")
	old, _ := r.refill(p, desk)
	must(r, r.BatchesSent(r.Pending().Batches))
	use := func(index int) {
		t.Helper()
		if _, err := r.verify(anna, nil, list(old.Code(index))); err != nil {
			t.Fatal(err)
		}
	}
	for i := 4; i < 25; i += 5 {
		use(i)
	}
	r.refill(p, desk)
	if n := len(r.Pending().Batches); n != 0 {
		t.Fatalf("%d lists were made with 25 codes left", n)
	}
	use(25)
	next, _ := r.refill(p, desk)
	if n := len(r.Pending().Batches); n != 1 {
		t.Fatalf("%d lists were made with 24 codes left, want 1", n)
	}
	use(26) // the phone does not have the new list yet
	if _, err := r.verify(anna, nil, list(next.Code(0))); err != nil {
		t.Fatalf("first code of the new list: %v", err)
	}
	_, err := r.verify(anna, nil, list(old.Code(27)))
	wantError(t, "old list, after the new one was used", err, computer.ErrWrong)
}

// The service desk's codes: the server has its word where it answers; without it the computer decides alone.
func TestDeskCode(t *testing.T) {
	r, p, g := ready(t)
	_, k := r.refill(p, newPhone(t, "desk"))
	late := authn.Fail(authn.Gone, "desk_code_over", "Too late.")
	asked := wire.UseDeskCode{}
	confirm := func(err error) computer.Confirm {
		return func(_ context.Context, u wire.UseDeskCode) error { asked = u; return err }
	}
	_, err := r.Verify(t.Context(), anna, nil, list(k.Code(0)), confirm(late))
	wantError(t, "two minutes are over", err, late)
	if asked.Grant != g.ID || asked.Index != 0 {
		t.Errorf("asked about %+v", asked)
	}
	if r.Status().Grants[0].Wrong != 0 {
		t.Error("a code that came too late was counted as a guess")
	}
	for i, c := range []computer.Confirm{confirm(nil), confirm(computer.ErrNoServer), nil} {
		got, err := r.Verify(t.Context(), anna, nil, list(k.Code(i)), c)
		if err != nil || got.Method != authn.OfflineDesk {
			t.Errorf("code %d: %+v, %v", i, got, err)
		}
		_, err = r.Verify(t.Context(), anna, nil, list(k.Code(i)), c)
		wantError(t, "again", err, computer.ErrCodeUsed)
	}
}

// Who goes away while the server is asked about the code is not let in, and has the code still.
func TestNobodyThereAnyMore(t *testing.T) {
	r, p, _ := ready(t)
	_, k := r.refill(p, newPhone(t, "desk"))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.Verify(ctx, anna, nil, list(k.Code(0)), func(context.Context, wire.UseDeskCode) error {
		cancel()
		return computer.ErrNoServer
	})
	wantError(t, "gone away", err, context.Canceled)
	if n := r.Status().Journal; n != 0 {
		t.Errorf("the journal has %d entries", n)
	}
	if _, err := r.verify(anna, nil, list(k.Code(0))); err != nil {
		t.Errorf("after coming back: %v", err)
	}
}

// D12, R-072: one code typed a thousand times at once lets in once.
func TestOneCodeOnce(t *testing.T) {
	r, p, _ := ready(t)
	k, _ := r.refill(p, newPhone(t, "desk"))
	ch := r.challenge(anna)
	for name, c := range map[string]func() error{
		"list": func() error { _, err := r.verify(anna, nil, list(k.Code(2))); return err },
		"qr":   func() error { _, err := r.verify(anna, ch, p.code(t, ch.Link, laptop)); return err },
	} {
		var mu sync.Mutex
		var wg sync.WaitGroup
		in := 0
		for range 1000 {
			wg.Go(func() {
				err := c()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
				case !errors.Is(err, computer.ErrCodeUsed) && !errors.Is(err, computer.ErrChallengeOver):
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if in != 1 {
			t.Errorf("%s: let in %d times", name, in)
		}
	}
}

// A refill that is cut short leaves whole lists or none.
func TestRefillEnds(t *testing.T) {
	r, p, _ := ready(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Refill(ctx, r.key, issuer, newPhone(t, "desk").public); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if n := len(r.Pending().Batches); n != 0 {
		t.Errorf("%d lists", n)
	}
	_ = p
}
