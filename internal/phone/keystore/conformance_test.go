package keystore_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/keystore/keystoretest"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
)

const pin = "482913"

// clock is that of the device, which can be turned, and how long it runs.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	boot  int
	since time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.since = c.now.Add(d), c.since+d
}

// Turn sets the clock, as anybody can.
func (c *clock) Turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Reboot starts the device anew, off being how long it was off.
func (c *clock) Reboot(off time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.boot, c.since = c.now.Add(off), c.boot+1, time.Minute
}

// Boot is a keystore.Boot.
func (c *clock) Boot() (string, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint("boot ", c.boot), c.since
}

func options(t *testing.T, c *clock) keystore.Options {
	return keystore.Options{Dir: t.TempDir(), Now: c.Now, Boot: c.Boot, KDF: keystore.MinKDF, KeyringWait: 10 * time.Second}
}

func newKeystore(t *testing.T, opt keystore.Options, class key.Class) *keystore.File {
	t.Helper()
	ks, err := keystore.Create(t.Context(), opt, class)
	if err != nil {
		t.Fatal(err)
	}
	if err := ks.SetPIN(t.Context(), key.Secret(pin)); err != nil {
		t.Fatal(err)
	}
	return ks
}

func reopen(t *testing.T, opt keystore.Options) *keystore.File {
	t.Helper()
	ks, err := keystore.Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func withPIN(ctx context.Context) context.Context { return keystore.WithPIN(ctx, key.Secret(pin)) }

func same(ctx context.Context) context.Context { return ctx }

func pinFixture(class key.Class) func(*testing.T) *keystoretest.Fixture {
	return func(t *testing.T) *keystoretest.Fixture {
		c := newClock()
		opt := options(t, c)
		return &keystoretest.Fixture{
			Keys:  newKeystore(t, opt, class),
			Agree: withPIN, Refuse: same, Kind: authn.UVPIN, Advance: c.Advance,
			Reopen: func() keystore.Keystore { return reopen(t, opt) },
			Other:  func() keystore.Keystore { return newKeystore(t, options(t, c), class) },
		}
	}
}

type refuses struct{}

func fingerFixture(t *testing.T) *keystoretest.Fixture {
	c := newClock()
	opt := options(t, c)
	sensor := simulated.NewSensor(c.Now, func(ctx context.Context, _ platform.Prompt) simulated.Answer {
		if ctx.Value(refuses{}) != nil {
			return simulated.Cancel
		}
		return simulated.Touch
	})
	opt.Verifier = sensor
	ks := newKeystore(t, opt, key.Software)
	if err := ks.EnableBiometric(t.Context(), key.Secret(pin), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	ks.Lock()
	return &keystoretest.Fixture{
		Keys:  ks,
		Agree: same, Kind: authn.UVBiometric, Advance: c.Advance,
		Refuse: func(ctx context.Context) context.Context { return context.WithValue(ctx, refuses{}, true) },
		Reopen: func() keystore.Keystore { return reopen(t, opt) },
		Other:  func() keystore.Keystore { return newKeystore(t, options(t, c), key.Software) },
		Enroll: sensor.EnrollFinger,
		Forced: func(released key.Secret) keystore.Keystore {
			forced := opt
			forced.Verifier = lying{sensor, released}
			return reopen(t, forced)
		},
	}
}

// lying says yes whatever happens, as a verifier does whose callback was forced.
type lying struct {
	platform.UserVerifier
	released key.Secret
}

func (l lying) Verify(context.Context, platform.Prompt) (platform.Verification, error) {
	return platform.Verification{Kind: authn.UVBiometric, Released: bytes.Clone(l.released)}, nil
}

// What each keystore has to do, R-053 among it: a verifier that is forced to say yes opens nothing.
func TestConformance(t *testing.T) {
	keyring.MockInit()
	t.Run("software, PIN", func(t *testing.T) { keystoretest.Run(t, pinFixture(key.Software)) })
	t.Run("software, finger", func(t *testing.T) { keystoretest.Run(t, fingerFixture) })
	t.Run("keyring, PIN", func(t *testing.T) { keystoretest.Run(t, pinFixture(key.Keyring)) })
}
