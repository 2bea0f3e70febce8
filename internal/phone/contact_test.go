package phone

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// withServer is withComputer at a server that answers POST /v1/offline.
func withServer(t *testing.T, answer func(*machine, int, wire.OfflineSync) (wire.OfflineAnswer, int)) (*rig, *account, *machine, *post) {
	t.Helper()
	r := unlocked(t)
	a, identity := r.connect(t)
	var m *machine
	p := newPost(t, r, a, func(call int, s wire.OfflineSync) (wire.OfflineAnswer, int) { return answer(m, call, s) })
	m = newMachine(r, a, identity, "laptop-42")
	r.finger(t)
	return r, a, m, p
}

// Grants and lists come with the call, records go with it, and are forgotten only when the server has answered: what was lost on the way is
// sent again, in order, and no record twice after that.
func TestContact(t *testing.T) {
	var l *list
	r, a, m, p := withServer(t, func(m *machine, call int, s wire.OfflineSync) (wire.OfflineAnswer, int) {
		if call == 2 {
			return wire.OfflineAnswer{}, http.StatusInternalServerError // it may have taken them or not
		}
		if l == nil {
			l = m.newList(50)
		}
		return wire.OfflineAnswer{Grants: []string{m.statement()}, Batches: []string{m.announce(l)}, ServerTime: time.Now().Unix()}, http.StatusOK
	})
	if err := r.askComputers(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if c := r.State().Computers; len(c) != 1 || c[0].State != ComputerReady {
		t.Fatalf("computers %+v", c)
	}
	var want []string
	for range 3 {
		link, _ := m.challenge("")
		must(r.codeFor(t, link))
		want = append(want, wire.ChallengeUse(link.Payload()))
	}
	if err := r.askComputers(t.Context(), a); err == nil || len(r.records(a)) != 3 {
		t.Fatalf("the failed call: %v, %d records left", err, len(r.records(a)))
	}
	if r.tellCodes(t.Context()) != true || len(r.records(a)) != 0 {
		t.Fatalf("%d records left", len(r.records(a)))
	}
	if err := r.askComputers(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{0, 3, 3, 0} {
		var got []string
		for _, rec := range p.calls[i].Records {
			got = append(got, rec.Use)
		}
		if len(got) != n || n > 0 && !slices.Equal(got, want) {
			t.Errorf("call %d brought %v", i+1, got)
		}
	}
	again := newRig(t, r.dir)
	again.unlock(t)
	if n := len(again.records(again.accounts[0])); n != 0 {
		t.Errorf("%d records after a new start", n)
	}
}

// More records than one call takes go with as many calls as that needs, each record once, while new ones are written.
func TestManyRecords(t *testing.T) {
	told := map[string]int{}
	var during func()
	r, a, m, p := withServer(t, func(m *machine, call int, s wire.OfflineSync) (wire.OfflineAnswer, int) {
		for _, rec := range s.Records {
			told[rec.Use]++
		}
		if call == 2 {
			during()
		}
		return wire.OfflineAnswer{Grants: []string{m.statement()}}, http.StatusOK
	})
	if err := r.askComputers(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	link, _ := m.challenge("")
	during = func() { must(r.codeFor(t, link)) } // the person scans while the phone calls
	o := a.stored.Offline.clone()
	for n := range 2*wire.MaxRecords + 1 {
		if err := o.note(wire.OfflineRecord{Grant: m.ID, Use: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	a.stored.Offline = o
	if err := r.askComputers(t.Context(), a); err != nil || len(r.records(a)) != 0 {
		t.Fatalf("%v, %d left", err, len(r.records(a)))
	}
	if len(told) != 2*wire.MaxRecords+2 || len(p.calls) != 4 {
		t.Errorf("%d records in %d calls", len(told), len(p.calls))
	}
	for use, n := range told {
		if n != 1 {
			t.Errorf("record %s was told %d times", use, n)
		}
	}
}

// A code that was made while the app runs is told at once, by itself.
func TestCodesAreTold(t *testing.T) {
	told := make(chan string, 10)
	r, a, m, _ := withServer(t, func(m *machine, _ int, s wire.OfflineSync) (wire.OfflineAnswer, int) {
		for _, rec := range s.Records {
			told <- rec.Use
		}
		return wire.OfflineAnswer{}, http.StatusOK
	})
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement()}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.runErrands(ctx) }()
	link, _ := m.challenge("")
	must(r.codeFor(t, link))
	select {
	case use := <-told:
		if use != wire.ChallengeUse(link.Payload()) {
			t.Errorf("told of %s", use)
		}
	case <-time.After(20 * time.Second):
		t.Error("not told")
	}
	cancel()
	<-done
}

// A server from before there were computers is no trouble, and is not asked again and again.
func TestServerWithoutComputers(t *testing.T) {
	r, a, _, _ := withServer(t, nil)
	p := newPost(t, r, a, func(int, wire.OfflineSync) (wire.OfflineAnswer, int) {
		return wire.OfflineAnswer{}, http.StatusNotFound
	})
	if err := r.askComputers(t.Context(), a); err != nil || !r.tellCodes(t.Context()) || len(p.calls) != 1 {
		t.Errorf("%v, %d calls", err, len(p.calls))
	}
}

// What was learned while the app is locked is there after a new start, and in the vault after the next unlock.
func TestGrantsArriveWhileLocked(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	r.Lock()
	m := newMachine(r, a, identity, "laptop-42")
	l := m.newList(50)
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{m.statement()}, Batches: []string{m.announce(l)}})
	again := newRig(t, r.dir)
	if c := again.State().Computers; len(c) != 1 || c[0].Next != 1 {
		t.Fatalf("locked: %+v", c)
	}
	again.unlock(t)
	if err := again.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	again.finger(t)
	must(again.ListCode(t.Context(), m.ID, platform.Prompt{}))
	a = again.accounts[0]
	again.Core.mu.Lock()
	again.accounts = nil // as if the index were gone
	stored, err := decodeAccounts(*again.doc)
	again.Core.mu.Unlock()
	if err != nil || len(stored) != 1 || len(stored[0].Offline.Grants) != 1 || stored[0].Offline.Grants[0].Batches[0].Shown.IsZero() || len(stored[0].Offline.Records) != 1 {
		t.Errorf("the vault has %+v, %v, want what %s knows", stored, err, a.stored.ID)
	}
}

// The server's time is stored when it is news: a phone that starts without a network knows then how far its clock is off.
func TestClockIsStored(t *testing.T) {
	r, a, _, _ := withComputer(t)
	for _, step := range []struct {
		ahead time.Duration // of the phone
		want  time.Duration // offset after a new start
	}{{87600 * time.Hour, -87600 * time.Hour}, {87600*time.Hour + 10*time.Second, -87600 * time.Hour}, {0, 0}} {
		r.ahead.Store(int64(step.ahead))
		r.tell(t, a, wire.OfflineAnswer{ServerTime: time.Now().Unix()})
		if got := newRig(t, r.dir).accounts[0].stored.Clock; (got.Offset - step.want).Abs() > 5*time.Second {
			t.Errorf("ahead by %v: stored is %v, want %v", step.ahead, got.Offset, step.want)
		}
	}
}
