package keystore

import (
	"errors"
	"testing"
	"time"
	"unsafe"

	"avow/internal/key"
	"avow/internal/phone/platform"
)

// TestWindowEndsInSleep: the device sleeps for an hour, in which timers and Go's monotonic clock stand still. The verification from before is
// good no more.
func TestWindowEndsInSleep(t *testing.T) {
	var slept time.Duration
	asleep := func() time.Time {
		now := time.Now() // its wall seconds stand above 30 bits of nanoseconds; see the layout in package time
		*(*uint64)(unsafe.Pointer(&now)) += uint64(slept/time.Second) << 30
		return now
	}
	f, err := Create(t.Context(), Options{Dir: t.TempDir(), Now: asleep, KDF: MinKDF}, key.Software)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetPIN(t.Context(), key.Secret("493817")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(t.Context(), "x", Exchange); err != nil {
		t.Fatal(err)
	}
	use, err := f.Use(WithPIN(t.Context(), key.Secret("493817")), "x", platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Use(t.Context(), "x", platform.Prompt{}); err != nil {
		t.Fatalf("a moment later: %v", err)
	}
	slept = time.Hour
	if _, err := f.Use(t.Context(), "x", platform.Prompt{}); !errors.Is(err, ErrPINRequired) {
		t.Errorf("after an hour of sleep: %v", err)
	}
	if _, err := use.ECDH(use.PublicKey()); !errors.Is(err, ErrSpent) {
		t.Errorf("the use from before: %v", err)
	}
}
