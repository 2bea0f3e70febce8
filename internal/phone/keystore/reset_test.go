package keystore_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
)

// A PIN that was forgotten is replaced by whom the sensor knows, and by nobody else; the keys stay the same.
func TestResetPIN(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	answer := simulated.Touch
	opt.Verifier = simulated.NewSensor(c.Now, func(context.Context, platform.Prompt) simulated.Answer { return answer })
	ks := newKeystore(t, opt, key.Software)
	pub, err := ks.Create(t.Context(), "p", keystore.Approval)
	if err != nil {
		t.Fatal(err)
	}
	fresh := key.Secret("804215")
	if err := ks.ResetPIN(t.Context(), fresh, platform.Prompt{}); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("where no finger is on: %v", err)
	}
	if err := ks.EnableBiometric(t.Context(), key.Secret(pin), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // wrong tries, which are forgiven
		_ = ks.CheckPIN(t.Context(), key.Secret("999998"))
	}
	answer = simulated.Cancel
	if err := ks.ResetPIN(t.Context(), fresh, platform.Prompt{}); !errors.Is(err, platform.ErrCanceled) {
		t.Errorf("without the finger: %v", err)
	}
	if wrong, _ := ks.PINWait(); wrong == 0 {
		t.Error("the count of wrong PINs was forgotten")
	}
	answer = simulated.Touch
	if err := ks.ResetPIN(t.Context(), key.Secret("123456"), platform.Prompt{}); !errors.Is(err, keystore.ErrPINWeak) {
		t.Errorf("a weak PIN: %v", err)
	}
	if err := ks.ResetPIN(t.Context(), fresh, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	ks = reopen(t, opt)
	if err := ks.CheckPIN(t.Context(), fresh); err != nil {
		t.Errorf("the new PIN: %v", err)
	}
	if err := ks.CheckPIN(t.Context(), key.Secret(pin)); !errors.Is(err, keystore.ErrPINWrong) {
		t.Errorf("the old PIN: %v", err)
	}
	if got, err := ks.Public("p"); err != nil || got != pub {
		t.Errorf("the key is another: %v", err)
	}
}

// Remove ends what Destroy has begun: the phone dies at each step of it, and Remove leaves nothing.
func TestRemoveAfterCrash(t *testing.T) {
	for at := 1; ; at++ {
		disk := atomicfiletest.New()
		opt := keystore.Options{Dir: "/keys", FS: disk, KDF: keystore.MinKDF}
		ks, err := keystore.Create(t.Context(), opt, key.Software)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ks.Create(t.Context(), "d", keystore.Device); err != nil {
			t.Fatal(err)
		}
		disk.FailAt(at, true)
		_ = ks.Destroy(t.Context())
		died := disk.Calls() >= at
		disk.FailAt(0, false)
		for kept := range uint(8) {
			left := disk.Crash(kept, 0)
			opt.FS = left
			for range 2 {
				if err := keystore.Remove(t.Context(), opt); err != nil {
					t.Fatalf("step %d, kept %b: %v", at, kept, err)
				}
			}
			if n := len(left.Files()); n != 0 {
				t.Errorf("step %d, kept %b: %d files are left", at, kept, n)
			}
			if _, err := keystore.Open(t.Context(), opt); !errors.Is(err, keystore.ErrNoKeystore) {
				t.Errorf("step %d, kept %b: %v", at, kept, err)
			}
		}
		if !died {
			return
		}
	}
}

// Remove needs no file that can be read.
func TestRemoveDamaged(t *testing.T) {
	c := newClock()
	opt := options(t, c)
	newKeystore(t, opt, key.Software)
	for _, name := range []string{keystore.FileName, keystore.BackupName} {
		if err := os.WriteFile(opt.Dir+"/"+name, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := keystore.Remove(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(opt.Dir); err != nil || len(files) != 0 {
		t.Errorf("%v are left, %v", files, err)
	}
}
