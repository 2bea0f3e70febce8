package phone

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// TestLocksAsChosen is R-059 for what can be set: the time without use, in the background and, where keys and clicks are told, in front; the organisation's bound; at once.
func TestLocksAsChosen(t *testing.T) {
	const (
		open   = false
		locked = true
	)
	type step struct {
		tell  platform.LifecycleEvent
		wait  time.Duration
		sleep time.Duration
		want  bool
	}
	minute := time.Minute
	tests := map[string]struct {
		after time.Duration
		most  int // seconds
		steps []step
	}{
		"five minutes":              {5 * minute, 0, []step{{platform.Background, 5*minute - 1, 0, open}, {"", 1, 0, locked}}},
		"five, of which one may be": {5 * minute, 60, []step{{platform.Background, minute - 1, 0, open}, {"", 1, 0, locked}}},
		"half, of which one may be": {30 * time.Second, 60, []step{{platform.Background, 30*time.Second - 1, 0, open}, {"", 1, 0, locked}}},
		"at once, when left":        {0, 0, []step{{platform.Foreground, time.Hour, 0, open}, {platform.Background, 0, 0, locked}}},
		"at once, untouched":        {0, 0, []step{{platform.Used, minute - 1, 0, open}, {platform.Used, minute - 1, 0, open}, {"", 1, 0, locked}}},
		"untouched":                 {5 * minute, 0, []step{{platform.Used, 5*minute - 1, 0, open}, {"", 1, 0, locked}}},
		"touched in time":           {minute, 0, []step{{platform.Used, minute - 1, 0, open}, {platform.Used, minute - 1, 0, open}, {platform.Used, 0, 0, open}}},
		"touched while another has the keyboard": {minute, 0, []step{
			{platform.Background, minute - 1, 0, open}, {platform.Used, minute - 1, 0, open}, {"", 1, 0, locked},
		}},
		"touched after a sleep":     {minute, 0, []step{{platform.Used, time.Second, minute, open}, {platform.Used, 0, 0, locked}}},
		"touched, the clock turned": {minute, 0, []step{{platform.Used, time.Second, -time.Hour, open}, {platform.Used, 0, 0, locked}}},
		"the desktop is locked":     {5 * minute, 0, []step{{platform.Used, 0, 0, open}, {platform.ScreenOff, 0, 0, locked}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := unlocked(t)
				a, _ := r.connect(t)
				a.stored.Lock.Seconds = test.most
				r.SetLockAfter(test.after)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); r.watchLifecycle(ctx); r.wait.Wait() }()
				synctest.Wait()
				for i, s := range test.steps {
					if s.tell != "" {
						r.screen.Tell(s.tell)
						synctest.Wait()
					}
					time.Sleep(s.wait)
					synctest.Wait()
					r.ahead.Add(int64(s.sleep))
					synctest.Wait()
					if got := r.State().Locked; got != s.want {
						t.Fatalf("step %d: locked %v, want %v", i, got, s.want)
					}
				}
				cancel()
				<-done
			})
		})
	}
}

// The strictest of all accounts holds; what makes no sense is passed over, and so is an account that was removed.
func TestStrictestLockHolds(t *testing.T) {
	r := unlocked(t)
	one, _ := r.connect(t)
	two, _ := r.connect(t)
	told := func(a *account, l *wire.DeviceLock) {
		t.Helper()
		r.setStatus(t.Context(), a, wire.Status{
			State: authn.DeviceActive, UserStatus: authn.UserActive, Login: a.stored.Login, Name: a.stored.Name, Lock: l,
		})
	}
	is := func(most time.Duration, rule authn.WrongPINs) {
		t.Helper()
		if l := r.State().Lock; l.Most != most || l.WrongPINs != rule {
			t.Errorf("the lock is %+v, want %v and %q", l, most, rule)
		}
	}
	is(0, authn.WrongPINWait)
	told(one, &wire.DeviceLock{Seconds: 300, WrongPINs: "newer"})
	told(two, &wire.DeviceLock{Seconds: -5, WrongPINs: authn.WrongPINWait})
	is(5*time.Minute, authn.WrongPINWait)
	told(two, &wire.DeviceLock{Seconds: 30, WrongPINs: authn.WrongPINRestore})
	is(30*time.Second, authn.WrongPINRestore)
	r = again(t, r) // while it is locked the index knows it
	is(30*time.Second, authn.WrongPINRestore)
	r.unlock(t)
	for _, a := range r.accounts {
		if a.stored.ID == two.stored.ID {
			r.removedByServer(t.Context(), a)
		}
	}
	is(5*time.Minute, authn.WrongPINWait)
}

// A rule that was signed outlives the index, which anybody can take away: the keystore keeps it until a server says otherwise.
func TestRuleOutlivesTheIndex(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	r.setStatus(t.Context(), a, wire.Status{
		State: authn.DeviceActive, UserStatus: authn.UserActive, Login: "anna.lind", Name: "Anna Lind", Lock: &wire.DeviceLock{WrongPINs: authn.WrongPINRestore},
	})
	r.accounts = nil
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = again(t, r)
	if len(r.State().Accounts) != 0 {
		t.Fatal("the account is still known")
	}
	for range authn.PINTries {
		_, wait := r.keys.PINWait()
		r.ahead.Add(int64(wait))
		_ = r.Unlock(keystore.WithPIN(t.Context(), []byte("999888")), platform.Prompt{})
	}
	if !r.State().Lock.Blocked {
		t.Error("ten wrong PINs block nothing")
	}
}

// again is the app after a new start.
func again(t *testing.T, r *rig) *rig {
	t.Helper()
	r.Core.Close()
	return newRig(t, r.dir)
}
