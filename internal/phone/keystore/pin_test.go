package keystore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
)

func TestWeakPIN(t *testing.T) {
	for pin, weak := range map[string]bool{
		"": true, "12345": true, "48291": true, "111111": true, "123456": true, "654321": true, "890123": true, "321098": true,
		"121212": true, "123123": true, "12341234": true, "48a913": true, "４８２９１３": true, "482 13": true,
		"012345678901234567890123456789012": true,
		"482913":                            false, "123457": false, "112233": false, "1212121": false, "00000000000000000000000000000001": false,
	} {
		if err := keystore.WeakPIN(key.Secret(pin)); errors.Is(err, keystore.ErrPINWeak) != weak {
			t.Errorf("PIN %q: %v, want weak: %v", pin, err, weak)
		}
	}
}

// Who types a wrong PIN to unlock is not let in because of an unlock some seconds ago.
func TestTypedPINIsCheckedWithinTheWindow(t *testing.T) {
	ks := newKeystore(t, options(t, newClock()), key.Software)
	if _, err := ks.Create(t.Context(), "v", keystore.Vault); err != nil {
		t.Fatal(err)
	}
	if _, err := ks.Use(withPIN(t.Context()), "v", platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	if _, err := ks.Use(t.Context(), "v", platform.Prompt{}); err != nil {
		t.Errorf("within the window: %v", err)
	}
	ctx := keystore.WithPIN(t.Context(), key.Secret("999888"))
	if _, err := ks.Use(ctx, "v", platform.Prompt{}); !errors.Is(err, keystore.ErrPINWrong) {
		t.Errorf("wrong PIN within the window: %v, want ErrPINWrong", err)
	}
}

func TestTryIsCountedBeforeThePINIsLookedAt(t *testing.T) {
	c, d := newClock(), atomicfiletest.New()
	opt := options(t, c)
	opt.Dir, opt.FS = "/data", d
	ks := newKeystore(t, opt, key.Software)
	d.FailAt(7, true) // one atomic write is six calls: the count is stored, the power is cut before it is taken back
	if err := ks.CheckPIN(t.Context(), key.Secret(pin)); err != nil {
		t.Fatal(err)
	}
	opt.FS = d.Crash(0, 0)
	if wrong, _ := reopen(t, opt).PINWait(); wrong != 1 {
		t.Errorf("after a power cut %d tries are counted, want 1", wrong)
	}
	if wrong, _ := ks.PINWait(); wrong != 0 {
		t.Errorf("in memory %d tries are counted after the right PIN, want 0", wrong)
	}
	d.FailAt(1, true)
	if err := ks.CheckPIN(t.Context(), key.Secret(pin)); !errors.Is(err, keystore.ErrStorage) {
		t.Errorf("a try that can't be counted: %v, want ErrStorage", err)
	}
}

func TestParallelTriesAreCountedOneByOne(t *testing.T) {
	c := newClock()
	ks := newKeystore(t, options(t, c), key.Software)
	var wg sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		wg.Go(func() { results <- ks.CheckPIN(t.Context(), key.Secret(fmt.Sprintf("99988%d", i%10))) })
	}
	wg.Wait()
	close(results)
	wrong := 0
	for err := range results {
		if errors.Is(err, keystore.ErrPINWrong) {
			wrong++
		} else if !errors.Is(err, keystore.ErrPINWait) {
			t.Error(err)
		}
	}
	if wrong != 1 {
		t.Errorf("%d PINs were looked at, want 1", wrong)
	}
}

func TestFirstPIN(t *testing.T) {
	ctx := t.Context()
	ks, err := keystore.Create(ctx, options(t, newClock()), key.Software)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ks.Create(ctx, "d", keystore.Device); err != nil {
		t.Errorf("device key without a PIN: %v", err)
	}
	for _, p := range []keystore.Purpose{keystore.Approval, keystore.Exchange, keystore.Vault} {
		if _, err := ks.Create(ctx, "x", p); !errors.Is(err, keystore.ErrPINNotSet) {
			t.Errorf("%s key without a PIN: %v, want ErrPINNotSet", p, err)
		}
	}
	if err := ks.SetPIN(ctx, key.Secret("123456")); !errors.Is(err, keystore.ErrPINWeak) {
		t.Errorf("weak PIN: %v", err)
	}
	if err := ks.SetPIN(ctx, key.Secret(pin)); err != nil {
		t.Fatal(err)
	}
	if err := ks.SetPIN(ctx, key.Secret("775533")); !errors.Is(err, keystore.ErrPINSet) {
		t.Errorf("second first PIN: %v, want ErrPINSet", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := ks.CheckPIN(canceled, key.Secret(pin)); err == nil {
		if wrong, _ := ks.PINWait(); wrong != 0 {
			t.Errorf("%d wrong after a canceled call", wrong)
		}
	}
}

const newPIN = "775533"

// D1, D2: the PIN is changed on a disk that fails at each call in turn. Afterwards, and after a power cut there, exactly one PIN
// is good, from the file and from its backup, and every key is there.
func TestChangePINAtEveryCrashPoint(t *testing.T) {
	c, before := newClock(), atomicfiletest.New()
	opt := options(t, c)
	opt.Dir, opt.FS = "/data", before
	if _, err := newKeystore(t, opt, key.Software).Create(t.Context(), "p", keystore.Approval); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		d := before.Crash(0, 0)
		opt.FS = d
		ks := reopen(t, opt)
		d.FailAt(n, true)
		err := ks.ChangePIN(t.Context(), key.Secret(pin), key.Secret(newPIN))
		done := d.Calls() < n
		if done && err != nil {
			t.Fatalf("nothing failed and the error is %v", err)
		}
		opt.FS = d.Crash(0, 0)
		checkOnePIN(t, opt, c, n, err == nil)
		if done {
			break
		}
	}
}

func checkOnePIN(t *testing.T, opt keystore.Options, c *clock, n int, changed bool) {
	t.Helper()
	ks := reopen(t, opt)
	c.Advance(time.Minute) // a counted try may want its wait
	good := ""
	for _, p := range []string{pin, newPIN} {
		u, err := ks.Use(keystore.WithPIN(t.Context(), key.Secret(p)), "p", platform.Prompt{})
		if err == nil {
			good += p
			u.Close()
		}
		c.Advance(time.Minute)
	}
	if good != pin && good != newPIN || changed && good != newPIN {
		t.Errorf("call %d: good PINs are %q (change acknowledged: %v)", n, good, changed)
	}
	if n%4 != 0 && !changed {
		return
	}
	opt.Backup = true
	if err := reopen(t, opt).CheckPIN(t.Context(), key.Secret(good)); err != nil {
		t.Errorf("call %d: backup does not open with the same PIN: %v", n, err)
	}
}

// the PIN still has the keys that a new finger took away from the sensor, and turns it on again.
func TestPINAfterNewFinger(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	sensor := simulated.NewSensor(c.Now, simulated.Always(simulated.Touch))
	opt.Verifier = sensor
	ks := newKeystore(t, opt, key.Software)
	if _, err := ks.Create(t.Context(), "p", keystore.Approval); err != nil {
		t.Fatal(err)
	}
	enable := func() {
		t.Helper()
		if err := ks.EnableBiometric(t.Context(), key.Secret(pin), platform.Prompt{}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(ctx context.Context) error {
		u, err := ks.Use(ctx, "p", platform.Prompt{})
		if err == nil {
			u.Close()
		}
		return err
	}
	enable()
	sensor.EnrollFinger()
	if err := open(withPIN(t.Context())); err != nil {
		t.Errorf("PIN after a new finger: %v", err)
	}
	enable()
	if err := open(t.Context()); err != nil {
		t.Errorf("after turning biometrics on again: %v", err)
	}
	if err := ks.ChangePIN(t.Context(), key.Secret(pin), key.Secret(newPIN)); err != nil {
		t.Fatal(err)
	}
	if err := open(t.Context()); err != nil {
		t.Errorf("finger after a change of the PIN: %v", err)
	}
	if err := ks.DisableBiometric(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open(t.Context()); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("after turning biometrics off: %v, want ErrPINRequired", err)
	}
}

func TestPromptHoldsUpNoOtherCall(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	shown, answer := make(chan struct{}), make(chan simulated.Answer)
	opt.Verifier = simulated.NewSensor(c.Now, func(ctx context.Context, p platform.Prompt) simulated.Answer {
		if p.Title == "wait" {
			close(shown)
			return <-answer
		}
		return simulated.Touch
	})
	ks := newKeystore(t, opt, key.Software)
	for id, p := range map[keystore.ID]keystore.Purpose{"d": keystore.Device, "p": keystore.Approval} {
		if _, err := ks.Create(t.Context(), id, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := ks.EnableBiometric(t.Context(), key.Secret(pin), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := ks.Use(t.Context(), "p", platform.Prompt{Title: "wait"})
		done <- err
	}()
	<-shown
	s, err := keystore.Signer(t.Context(), ks, "d")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(s, []byte("poll")); err != nil {
		t.Error(err)
	}
	answer <- simulated.Cancel
	if err := <-done; !errors.Is(err, platform.ErrCanceled) {
		t.Errorf("got %v, want ErrCanceled", err)
	}
}
