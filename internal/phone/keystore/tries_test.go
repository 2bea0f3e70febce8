package keystore_test

import (
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
)

var wrongPIN = key.Secret("999888")

// wrongly types n wrong PINs and waits after each for as long as it says; the last wait is left.
func wrongly(t *testing.T, ks *keystore.File, c *clock, n int) {
	t.Helper()
	for range n {
		_, left := ks.PINWait()
		c.Advance(left)
		if err := ks.CheckPIN(t.Context(), wrongPIN); !errors.Is(err, keystore.ErrPINWrong) && !errors.Is(err, keystore.ErrPINBlocked) {
			t.Fatal(err)
		}
	}
}

func leftIs(t *testing.T, ks *keystore.File, want time.Duration) {
	t.Helper()
	if _, left := ks.PINWait(); left != want {
		t.Errorf("left is %v, want %v", left, want)
	}
}

func TestWrongPINWaitsLongerEachTimeAndNeverWipes(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	ks := newKeystore(t, opt, key.Software)
	if _, err := ks.Create(t.Context(), "v", keystore.Vault); err != nil {
		t.Fatal(err)
	}
	last := time.Duration(0)
	for n := 1; n <= 16; n++ {
		err := ks.CheckPIN(t.Context(), wrongPIN)
		if !errors.Is(err, keystore.ErrPINWrong) {
			t.Fatalf("try %d: %v, want ErrPINWrong", n, err)
		}
		wait := authn.AsError(err).RetryAfter
		if wait < last || n < 10 && wait == last || n == authn.PINTries && wait != 24*time.Hour || n > authn.PINTries && wait != min(2*last, 32*24*time.Hour) {
			t.Errorf("wait after try %d is %v, before it was %v", n, wait, last)
		}
		last = wait
		ks = reopen(t, opt) // a restart takes nothing back
		if wrong, left := ks.PINWait(); wrong != n || left != wait {
			t.Errorf("after a restart %d wrong, %v left, want %d, %v", wrong, left, n, wait)
		}
		c.Advance(wait - time.Millisecond)
		err = ks.CheckPIN(t.Context(), key.Secret(pin))
		if !errors.Is(err, keystore.ErrPINWait) || authn.AsError(err).RetryAfter != time.Millisecond {
			t.Errorf("right PIN too early: %v, want ErrPINWait of 1 ms", err)
		}
		c.Advance(time.Millisecond)
	}
	u, err := ks.Use(withPIN(t.Context()), "v", platform.Prompt{})
	if err != nil {
		t.Fatalf("right PIN after all that: %v", err)
	}
	u.Close()
	if wrong, left := ks.PINWait(); wrong != 0 || left != 0 {
		t.Errorf("after the right PIN %d wrong, %v left", wrong, left)
	}
}

// The clock can be turned as far as it goes, before and after a restart of the app or of the device: the wait stays what it is.
func TestTurnedClockChangesNoWait(t *testing.T) {
	const years = 100 * 365 * 24 * time.Hour
	for name, turn := range map[string]time.Duration{"on": years, "back": -years} {
		c := newClock()
		opt := options(t, c)
		ks := newKeystore(t, opt, key.Software)
		wrongly(t, ks, c, 7)
		leftIs(t, ks, 5*time.Minute)
		c.Turn(turn)
		leftIs(t, ks, 5*time.Minute)
		ks = reopen(t, opt)
		leftIs(t, ks, 5*time.Minute)
		c.Advance(2 * time.Minute)
		leftIs(t, ks, 3*time.Minute)
		c.Reboot(turn)
		ks = reopen(t, opt)
		leftIs(t, ks, 5*time.Minute) // nobody noted the two minutes, and nobody knows how long it was off
		if err := ks.CheckPIN(t.Context(), key.Secret(pin)); !errors.Is(err, keystore.ErrPINWait) {
			t.Errorf("clock set %s: %v, want ErrPINWait", name, err)
		}
		c.Advance(2 * time.Minute)
		ks.Lock() // as when the app ends
		c.Reboot(turn)
		ks = reopen(t, opt)
		leftIs(t, ks, 3*time.Minute)
		c.Advance(3 * time.Minute)
		if err := ks.CheckPIN(t.Context(), key.Secret(pin)); err != nil {
			t.Errorf("clock set %s, after the wait: %v", name, err)
		}
	}
}

// A signed time counts what the device was off; one that is older than what is known changes nothing.
func TestSignedTimeCountsWhileOff(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	ks := newKeystore(t, opt, key.Software)
	server := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	note := func(at time.Time) {
		t.Helper()
		if err := ks.NoteTime(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	note(server)
	wrongly(t, ks, c, 9)
	_, left := ks.PINWait()
	c.Advance(left)
	if err := ks.CheckPIN(t.Context(), wrongPIN); !errors.Is(err, keystore.ErrPINWrong) {
		t.Fatal(err)
	}
	leftIs(t, ks, 24*time.Hour)
	_, sofar := c.Boot()
	server = server.Add(sofar) // when the tenth was typed
	note(server.Add(-time.Hour))
	leftIs(t, ks, 24*time.Hour)
	c.Reboot(10 * time.Hour)
	ks = reopen(t, opt)
	leftIs(t, ks, 24*time.Hour)
	note(server.Add(10 * time.Hour))
	leftIs(t, ks, 14*time.Hour)
	note(server.Add(10 * time.Hour)) // told twice it counts once
	note(server)
	leftIs(t, ks, 14*time.Hour)
	c.Advance(time.Hour)
	note(server.Add(11 * time.Hour))
	leftIs(t, ks, 13*time.Hour)
	c.Reboot(12 * time.Hour)
	ks = reopen(t, opt)
	leftIs(t, ks, 13*time.Hour)
	note(server.Add(24 * time.Hour))
	leftIs(t, ks, 0)
	if err := ks.CheckPIN(t.Context(), key.Secret(pin)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// Who notes the time again and again, and locks and starts the app in between, does not make it go faster.
func TestNotingOftenMakesNoWaitShorter(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	ks := newKeystore(t, opt, key.Software)
	server := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	if err := ks.NoteTime(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	wrongly(t, ks, c, 10)
	_, before := c.Boot()
	for range 40 {
		c.Advance(1900 * time.Millisecond)
		ks.Lock()
		ks = reopen(t, opt)
		_, since := c.Boot()
		if err := ks.NoteTime(t.Context(), server.Add(since)); err != nil {
			t.Fatal(err)
		}
	}
	_, since := c.Boot()
	if _, left := ks.PINWait(); left < 24*time.Hour-(since-before)-time.Second { // signed times are whole seconds
		t.Errorf("left is %v after %v of 24 hours", left, since-before)
	}
}

// Where the organisation wants that, the tenth wrong PIN is the last: also the right one opens nothing after it, from the backup either. A laxer rule opens it again.
func TestTenWrongPINsBlock(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	ks := newKeystore(t, opt, key.Software)
	rule := func(r authn.WrongPINs) {
		t.Helper()
		if err := ks.SetWrongPINs(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	rule(authn.WrongPINRestore)
	wrongly(t, ks, c, 9)
	if ks.PINBlocked() {
		t.Fatal("blocked after nine")
	}
	_, left := ks.PINWait()
	c.Advance(left)
	if err := ks.CheckPIN(t.Context(), wrongPIN); !errors.Is(err, keystore.ErrPINBlocked) {
		t.Errorf("the tenth wrong PIN: %v, want ErrPINBlocked", err)
	}
	c.Advance(365 * 24 * time.Hour)
	for _, backup := range []bool{false, true} {
		opt.Backup = backup
		ks = reopen(t, opt)
		if !ks.PINBlocked() {
			t.Errorf("backup %v: not blocked after a restart", backup)
		}
		if err := ks.CheckPIN(t.Context(), key.Secret(pin)); !errors.Is(err, keystore.ErrPINBlocked) {
			t.Errorf("backup %v: the right PIN: %v, want ErrPINBlocked", backup, err)
		}
		if err := ks.ChangePIN(t.Context(), key.Secret(pin), key.Secret(newPIN)); !errors.Is(err, keystore.ErrPINBlocked) {
			t.Errorf("backup %v: changing the PIN: %v, want ErrPINBlocked", backup, err)
		}
	}
	opt.Backup = false
	ks = reopen(t, opt)
	rule("newer")
	if ks.PINBlocked() {
		t.Error("what nobody knows is taken for the strictest")
	}
	rule(authn.WrongPINWait)
	if err := ks.CheckPIN(t.Context(), key.Secret(pin)); err != nil {
		t.Errorf("after a laxer rule: %v", err)
	}
}
