package restore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// some is how many calls race where each costs more than a one-time code.
const some = 200

// many is how many one-time codes race (D12): a thousand, and a hundred under -short, which the race detector is given.
func many() int {
	if testing.Short() {
		return 100
	}
	return 1000
}

// crowd starts n calls of f at the same moment and waits for all.
func crowd(n int, f func(i int)) {
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-gate
			f(i)
		})
	}
	close(gate)
	all.Wait()
}

// patient repeats a call whose answer is late on a slow machine.
func patient(f func() error) (err error) {
	for range 20 {
		if err = f(); !errors.Is(err, client.ErrUnreachable) {
			return err
		}
	}
	return err
}

// TestRaceOfOneTimeCodes is R-092 and D12: of a thousand guesses at the same moment five are looked at.
func TestRaceOfOneTimeCodes(t *testing.T) {
	r := newRig(t)
	p := r.proved()
	right := r.Digits(p.Started.RestoreID)
	var wrong, other atomic.Int64
	crowd(many(), func(i int) {
		guess := fmt.Sprintf("%08d", i)
		if guess == right {
			guess = wrongDigits(right)
		}
		err := patient(func() error { _, err := p.Confirm(guess); return err })
		switch {
		case errors.Is(err, authn.ErrOTPWrong):
			wrong.Add(1)
		case !errors.Is(err, authn.ErrRestoreFailed):
			other.Add(1)
			t.Errorf("heard %v", err)
		}
	})
	if n := wrong.Load(); n > authn.OTPTries-1 {
		t.Errorf("%d guesses were told that there are tries left, want 4 at most", n)
	}
	if x := r.Restore(p.Started.RestoreID); x.OTPTries != authn.OTPTries || x.State != authn.RestoreFailed {
		t.Errorf("%d tries were counted, state %s", x.OTPTries, x.State)
	}
	_, err := p.Confirm(right)
	r.want("the right one after them", err, authn.ErrRestoreFailed)
}

// TestRaceOfProofs is D12: hundreds of times, forty phones prove the code at the same moment, and one restore is open.
func TestRaceOfProofs(t *testing.T) {
	r := newRig(t)
	phones := make([]*servertest.Restorer, 40)
	proofs := make([]wire.RestoreProve, len(phones))
	for i := range phones {
		phones[i] = r.NewRestorer()
		phones[i].Begin("anna")
		proofs[i] = phones[i].Proof(phones[i].Restoration(), r.code)
		phones[i].Statement = proofs[i].Statement
	}
	var accepted atomic.Int64
	crowd(some, func(i int) { // each many times
		i %= len(phones)
		err := patient(func() error { _, err := phones[i].ProveRestore(context.Background(), proofs[i]); return err })
		switch {
		case err == nil:
			accepted.Add(1)
		case !errors.Is(err, authn.ErrOTPResends) && authn.CodeOf(err) != "too_many_tries": // a day's mails are out
			t.Errorf("heard %v", err)
		}
	})
	if accepted.Load() == 0 {
		t.Error("nobody was accepted")
	}
	list, err := r.Server.Restore.List(context.Background(), r.anna.User)
	r.must(err)
	open := 0
	for _, x := range list {
		if x.State.Open() {
			open++
		}
	}
	if open != 1 || len(list) > authn.OTPMailsADay || len(r.mails()) != len(list) {
		t.Errorf("%d of %d restores are open, %d mails", open, len(list), len(r.mails()))
	}
}

// TestRaceOfWrongProofs is R-097 and D12: of two hundred wrong proofs five are counted, and one notice goes out.
func TestRaceOfWrongProofs(t *testing.T) {
	r := newRig(t)
	phones := make([]*servertest.Restorer, 50)
	proofs := make([]wire.RestoreProve, len(phones))
	for i := range phones {
		phones[i] = r.NewRestorer()
		phones[i].Begin("anna")
		proofs[i] = phones[i].Proof(phones[i].Restoration(), key.NewRestoreCode())
	}
	crowd(some, func(i int) {
		i %= len(phones)
		err := patient(func() error { _, err := phones[i].ProveRestore(context.Background(), proofs[i]); return err })
		if !errors.Is(err, authn.ErrRestoreRefused) && authn.CodeOf(err) != "too_many_tries" {
			t.Errorf("heard %v", err)
		}
	})
	r.told(authn.NoticeRestoreCodeWrong, 1)
	refused := 0
	for _, rec := range r.Audit() {
		if rec.Action == "restore.refused" {
			refused++
		}
	}
	if refused != authn.MaxFailedProofs {
		t.Errorf("%d were counted", refused)
	}
}

// TestRaceOfFinishes is D12: two hundred times finished, one device; each answer names it.
func TestRaceOfFinishes(t *testing.T) {
	r := newRig(t)
	p := r.held()
	var mu sync.Mutex
	ids := map[authn.DeviceID]int{}
	crowd(some, func(int) {
		var b wire.Bound
		err := patient(func() (err error) {
			_, b, err = p.FinishRestore(context.Background(), p.Started.RestoreID, p.Statement)
			return err
		})
		if err != nil {
			t.Errorf("heard %v", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		ids[b.Device]++
	})
	if len(ids) != 1 || len(r.devices()) != 2 {
		t.Errorf("%d devices were told of, there are %d", len(ids), len(r.devices()))
	}
	r.told(authn.NoticeRestoreFinished, 1)
}

// TestRaceForTheLastPlace is R-101 and D12: a restore and a registration want the last place; one gets it, and never are there more than three.
func TestRaceForTheLastPlace(t *testing.T) {
	for range 5 {
		r := newRig(t)
		r.taken()
		p := r.held()
		s, err := r.Admin.AddSession(context.Background(), wire.AddSession{UserName: "anna", Mode: authn.BindAdditional, Reason: "test"})
		r.must(err)
		finish := r.Claimed(s.Link)
		errs := [2]error{}
		crowd(2, func(i int) {
			if i == 0 {
				_, _, errs[0] = p.FinishRestore(context.Background(), p.Started.RestoreID, p.Statement)
			} else {
				_, errs[1] = finish()
			}
		})
		if n := len(r.devices()); n != authn.MaxDevices || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%d devices, %v and %v", n, errs[0], errs[1])
		}
	}
}

// TestRaceOfBlockAndFinish: a restore is released or blocked, whatever the order, and never both.
func TestRaceOfBlockAndFinish(t *testing.T) {
	r := newRig(t)
	for range 20 {
		p := r.held()
		before := len(r.devices())
		var finished, blocked error
		crowd(2, func(i int) {
			if i == 0 {
				_, _, finished = p.FinishRestore(context.Background(), p.Started.RestoreID, p.Statement)
			} else {
				blocked = r.anna.BlockRestore(context.Background(), p.Started.RestoreID)
			}
		})
		x := r.Restore(p.Started.RestoreID)
		switch {
		case finished == nil && errors.Is(blocked, authn.ErrRestoreOver) && x.State == authn.RestoreReleased && len(r.devices()) == before+1:
			_, err := r.Admin.RevokeDevice(context.Background(), x.Device, "test")
			r.must(err)
		case errors.Is(finished, authn.ErrRestoreIsBlocked) && blocked == nil && x.State == authn.RestoreBlocked && len(r.devices()) == before:
		default:
			t.Fatalf("finished: %v, blocked: %v, it is %s", finished, blocked, x.State)
		}
		r.must(r.Server.Restore.Allow(context.Background(), r.anna.User, "admin:maja", "test"))
		r.Advance(3 * time.Hour) // there are ten mails a day
	}
}

// TestRaceOfUploads: of a hundred uploads over one generation one is stored (R-093: nothing is lost without a word).
func TestRaceOfUploads(t *testing.T) {
	r := newRig(t)
	var stored atomic.Int64
	crowd(some/2, func(i int) {
		err := patient(func() error { return r.anna.Update(r.code, fmt.Appendf(nil, "file %d", i), 1) })
		if err == nil {
			stored.Add(1)
		} else if !errors.Is(err, authn.ErrEscrowChanged) {
			t.Errorf("heard %v", err)
		}
	})
	if stored.Load() != 1 {
		t.Errorf("%d were stored", stored.Load())
	}
}
