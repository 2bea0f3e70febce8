package keystore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"

	"avow/internal/key"
)

func ringFile() *File {
	return newFile(Options{KeyringWait: 10 * time.Second}.withDefaults(), key.Keyring, "test")
}

func TestRingWaitsForAServiceThatIsStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		text, err := ringFile().ring(t.Context(), func() (string, error) {
			if calls++; calls < 30 {
				return "", dbus.Error{Name: "org.freedesktop.DBus.Error.ServiceUnknown"}
			}
			return "secret", nil
		})
		if err != nil || text != "secret" {
			t.Errorf("got %q, %v after %d calls", text, err, calls)
		}
	})
}

func TestRingGivesUpAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var calls atomic.Int64 // a call may still run when its time is over
		_, err := ringFile().ring(t.Context(), func() (string, error) {
			calls.Add(1)
			return "", &dbus.Error{Name: "org.freedesktop.DBus.Error.ServiceUnknown"}
		})
		if !errors.Is(err, ErrKeyringUnavailable) || time.Since(start) != 10*time.Second || calls.Load() > 101 {
			t.Errorf("got %v after %v and %d calls", err, time.Since(start), calls.Load())
		}
	})
}

// A person who dismisses the system's prompt must not see it again and again.
func TestRingAsksOnceWhenDismissed(t *testing.T) {
	calls := 0
	_, err := ringFile().ring(t.Context(), func() (string, error) {
		calls++
		return "", errors.New("failed to unlock correct collection")
	})
	if !errors.Is(err, ErrKeyringUnavailable) || calls != 1 {
		t.Errorf("got %v after %d calls, want one", err, calls)
	}
}

func TestRingSurvivesAHangAndAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, answer := ringFile(), make(chan struct{})
		_, err := f.ring(t.Context(), func() (string, error) { <-answer; return "late", nil })
		if !errors.Is(err, ErrKeyringUnavailable) {
			t.Errorf("hang: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = f.ring(ctx, func() (string, error) { t.Error("a second prompt over the first"); return "", nil })
		if !errors.Is(err, ErrKeyringUnavailable) {
			t.Errorf("while another hangs: %v", err)
		}
		close(answer)
		synctest.Wait()
		_, err = f.ring(t.Context(), func() (string, error) { panic("interface conversion") })
		if !errors.Is(err, ErrKeyringUnavailable) {
			t.Errorf("panic: %v", err)
		}
		if text, err := f.ring(t.Context(), func() (string, error) { return "well", nil }); text != "well" || err != nil {
			t.Errorf("afterwards: %q, %v", text, err)
		}
	})
}
