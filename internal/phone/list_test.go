package phone

import (
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// each code of the list is the one that the computer keeps, in order, with one record each.
func TestListCodes(t *testing.T) {
	r, a, m, l := withComputer(t)
	for i := range l.Count {
		code, err := r.NextListCode(t.Context(), m.ID, platform.Prompt{})
		if err != nil || code.Text != m.code(l, i) || code.Number != i+1 || code.Left != l.Count-i-1 || code.Method != authn.OfflineList {
			t.Fatalf("code %d: number %d, %d left, %v", i+1, code.Number, code.Left, err)
		}
		rec := r.records(a)[i]
		want := wire.ListPosition{Batch: l.ID, Index: i}
		if rec.Use != wire.ListUse(want) || rec.List == nil || *rec.List != want || rec.Grant != m.ID {
			t.Fatalf("record %+v", rec)
		}
	}
	code, err := r.NextListCode(t.Context(), m.ID, platform.Prompt{})
	if !errors.Is(err, ErrListEmpty) || code.Text != "" || len(r.records(a)) != l.Count {
		t.Errorf("after the last: %v", err)
	}
	if c := r.State().Computers[0]; c.State != ComputerFew || c.CodesLeft != 1 { // the last one is shown still
		t.Errorf("at the end: %+v", c)
	}
	r.ahead.Store(int64(listCodeFor))
	if _, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); !errors.Is(err, ErrListEmpty) || r.State().Computers[0].State != ComputerNoList {
		t.Errorf("after five minutes: %v", err)
	}
}

// One code is shown for five minutes; then it counts as used. A clock that was set back ends it too.
func TestPresentCode(t *testing.T) {
	r, a, m, l := withComputer(t)
	for _, step := range []struct {
		ahead time.Duration
		want  int
	}{{0, 0}, {time.Minute, 0}, {5*time.Minute - 10*time.Second, 0}, {5*time.Minute + time.Second, 1}, {9 * time.Minute, 1}, {time.Hour, 2}, {0, 3}, {0, 3}} {
		r.ahead.Store(int64(step.ahead))
		code, err := r.ListCode(t.Context(), m.ID, platform.Prompt{})
		if err != nil || code.Number != step.want+1 || code.Text != m.code(l, step.want) {
			t.Errorf("after %v: number %d, %v, want %d", step.ahead, code.Number, err, step.want+1)
		}
		if c := r.State().Computers[0]; c.Next != step.want+1 || c.CodesLeft != 50-step.want {
			t.Errorf("after %v: %+v", step.ahead, c)
		}
	}
	if n := len(r.records(a)); n != 4 {
		t.Errorf("%d records for 4 codes", n)
	}
}

// "Next code" goes on by one from what was shown, not from what would come.
func TestNextCode(t *testing.T) {
	r, _, m, _ := withComputer(t)
	next := func(want int) {
		t.Helper()
		if code, err := r.NextListCode(t.Context(), m.ID, platform.Prompt{}); err != nil || code.Number != want {
			t.Errorf("number %d, %v, want %d", code.Number, err, want)
		}
	}
	if code, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); err != nil || code.Number != 1 {
		t.Fatal(code.Number, err)
	}
	next(2)
	next(3)
	r.ahead.Store(int64(6 * time.Minute)) // 3 is over, and was looked at until now
	next(4)
}

// The server's word moves the list forward, never back.
func TestUsedPosition(t *testing.T) {
	r, a, m, l := withComputer(t)
	for _, step := range []struct{ used, want int }{{4, 5}, {2, 5}, {-1, 5}, {5, 6}, {1 << 40, 50}, {0, 50}} {
		r.tell(t, a, wire.OfflineAnswer{Used: []wire.ListPosition{{Batch: l.ID, Index: step.used}, {Batch: authn.NewBatchID(), Index: 9}}})
		if got := a.stored.Offline.Grants[0].Batches[0].Next; got != step.want {
			t.Errorf("used %d: next is %d, want %d", step.used, got, step.want)
		}
	}
	if _, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); !errors.Is(err, ErrListEmpty) {
		t.Errorf("all used: %v", err)
	}
}

// A newer list is used as soon as the code that is shown is done, and a list that is told again keeps its place.
func TestNewerList(t *testing.T) {
	r, a, m, first := withComputer(t)
	second, third := m.newList(50), m.newList(50)
	tell := func(lists ...*list) {
		var b []string
		for _, l := range lists {
			b = append(b, m.announce(l))
		}
		r.tell(t, a, wire.OfflineAnswer{Batches: b})
	}
	show := func(what string, f func() (OfflineCode, error), l *list, i int) {
		t.Helper()
		if code, err := f(); err != nil || code.Text != m.code(l, i) || code.Number != i+1 {
			t.Errorf("%s: number %d, %v", what, code.Number, err)
		}
	}
	present := func() (OfflineCode, error) { return r.ListCode(t.Context(), m.ID, platform.Prompt{}) }
	next := func() (OfflineCode, error) { return r.NextListCode(t.Context(), m.ID, platform.Prompt{}) }
	show("the first", present, first, 0)
	tell(first, second)
	show("what is shown stays", present, first, 0)
	show("then the newer list", next, second, 0)
	show("and it stays", present, second, 0)
	tell(first, second, second)
	show("told again", present, second, 0)
	tell(second)
	show("told without the old one", next, second, 1)
	tell(first, second, third)
	if n := len(a.stored.Offline.Grants[0].Batches); n != maxBatches {
		t.Errorf("%d lists are kept", n)
	}
	show("three at once: what is shown stays", present, second, 1)
	r.ahead.Store(int64(listCodeFor))
	show("then the newest", present, third, 0)
	tell() // a server that has forgotten
	show("nothing told", present, third, 0)
}

// The lists of a computer whose key has changed end with the key.
func TestListsEndWithTheKey(t *testing.T) {
	r, a, m, _ := withComputer(t)
	anew := newMachine(r, a, m.identity, "laptop-42")
	anew.ID, anew.Seq = m.ID, 2
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{anew.statement()}})
	if _, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); !errors.Is(err, ErrListEmpty) {
		t.Errorf("a list of the old key: %v", err)
	}
}
