package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
)

var pin = key.Secret("493817")

// rig is a Core with a keystore in a folder, a finger that touches, and no server.
type rig struct {
	*Core
	dir    string
	keys   *keystore.File
	screen *simulated.Screen
	sensor *simulated.Sensor
	ahead  atomic.Int64 // of the phone's clock; in nanoseconds

	mu     sync.Mutex
	events []Event
}

func newRig(t testing.TB, dir string) *rig {
	t.Helper()
	r := &rig{dir: dir, screen: &simulated.Screen{}}
	now := func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }
	r.sensor = simulated.NewSensor(now, simulated.Always(simulated.Touch))
	opt := keystore.Options{Dir: dir, Verifier: r.sensor, Now: now, Boot: simulated.Boot(now), KDF: keystore.MinKDF}
	var err error
	r.keys, err = keystore.Open(t.Context(), opt)
	if errors.Is(err, keystore.ErrNoKeystore) {
		r.keys, err = keystore.Create(t.Context(), opt, key.Software)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Core, err = Open(t.Context(), Config{
		Dir: dir, Keys: r.keys, Now: now, Platform: platform.Platform{Verifier: r.sensor, Lifecycle: r.screen},
		Device: authn.DeviceInfo{Name: "Pixel"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Subscribe(func(e Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	return r
}

// unlocked is a rig with a PIN and an open vault.
func unlocked(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, t.TempDir())
	if err := r.SetPIN(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	return r
}

// take returns the kinds of the events since the last take.
func (r *rig) take() (kinds []EventKind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		kinds = append(kinds, e.Kind)
	}
	r.events = nil
	return kinds
}

func (r *rig) unlock(t *testing.T) {
	t.Helper()
	if err := r.Unlock(keystore.WithPIN(t.Context(), pin), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
}

// connect gives the rig an account at a server that nobody runs.
func (r *rig) connect(t testing.TB) (*account, key.Private) {
	t.Helper()
	identity, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	s := storedAccount{
		ID: authn.NewDeviceID(), User: authn.NewUserID(), Login: "anna.lind", Name: "Anna Lind", Keys: newKeyIDs(),
		Server: client.Server{Issuer: "https://id.example.com", Organisation: "Lund Energy", Identity: identity.Key()},
		Status: storedStatus{Status: Connected},
	}
	for id, purpose := range map[keystore.ID]keystore.Purpose{
		s.Keys.Device: keystore.Device, s.Keys.Approval: keystore.Approval, s.Keys.Exchange: keystore.Exchange,
	} {
		if _, err := r.keys.Create(t.Context(), id, purpose); err != nil {
			t.Fatal(err)
		}
	}
	r.Core.mu.Lock()
	a := r.addAccount(t.Context(), s)
	r.Core.mu.Unlock()
	if a == nil {
		t.Fatal("the account was not added")
	}
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, identity
}

// TestLocksByItself is R-059: at once when the screen goes dark, after a minute in the background, also when the phone slept for it.
func TestLocksByItself(t *testing.T) {
	const (
		open   = false
		locked = true
	)
	type step struct {
		tell  platform.LifecycleEvent // "" tells nothing
		wait  time.Duration           // while the app runs
		sleep time.Duration           // while the phone sleeps: the clock goes on, timers do not
		want  bool
	}
	tests := map[string][]step{
		"screen off":                        {{platform.ScreenOff, 0, 0, locked}},
		"screen off in the background":      {{platform.Background, 10 * time.Second, 0, open}, {platform.ScreenOff, 0, 0, locked}},
		"background":                        {{platform.Background, 59 * time.Second, 0, open}, {"", time.Second, 0, locked}},
		"back in time":                      {{platform.Background, 59 * time.Second, 0, open}, {platform.Foreground, time.Hour, 0, open}},
		"back in time, and away again":      {{platform.Background, 59 * time.Second, 0, open}, {platform.Foreground, 0, 0, open}, {platform.Background, 59 * time.Second, 0, open}, {"", time.Second, 0, locked}},
		"asleep for a minute, then back":    {{platform.Background, time.Second, 59 * time.Second, open}, {platform.Foreground, 0, 0, locked}},
		"asleep for a moment, then back":    {{platform.Background, time.Second, 58 * time.Second, open}, {platform.Foreground, 0, 0, open}},
		"in the foreground for a long time": {{platform.Foreground, 24 * time.Hour, 0, open}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := unlocked(t)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); r.Run(ctx) }()
				synctest.Wait()
				r.take()
				for i, s := range steps {
					if s.tell != "" {
						r.screen.Tell(s.tell)
						synctest.Wait()
					}
					time.Sleep(s.wait) // of the bubble's clock
					synctest.Wait()
					r.ahead.Add(int64(s.sleep))
					synctest.Wait()
					if got := r.State().Locked; got != s.want {
						t.Fatalf("step %d: locked %v, want %v", i, got, s.want)
					}
				}
				if r.State().Locked != slices.Contains(r.take(), LockChanged) {
					t.Error("the screens were not told")
				}
				cancel()
				<-done
			})
		})
	}
}

// TestLockWipes is R-059: what was decrypted is overwritten, not only forgotten, and the next use of the vault asks the user.
func TestLockWipes(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	a.stored.Receipts = []Receipt{{Client: "LAPTOP-42", Decision: "secret of the decision"}}
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc := r.doc
	if doc.Generation != 3 || len(doc.Accounts) != 1 || !bytes.Contains(doc.Accounts[0], []byte("LAPTOP-42")) {
		t.Fatalf("the open vault is %v", doc)
	}
	plain := []json.RawMessage{doc.Accounts[0]}
	r.Lock()
	if !bytes.Equal(plain[0], make([]byte, len(plain[0]))) {
		t.Errorf("left in memory: %q", plain[0])
	}
	if r.doc != nil || a.stored.Receipts != nil {
		t.Error("the vault's content is still there")
	}
	if err := r.Unlock(t.Context(), platform.Prompt{}); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("unlocked without asking: %v", err)
	}
	r.unlock(t)
	if len(a.stored.Receipts) != 1 || a.stored.Receipts[0].Client != "LAPTOP-42" {
		t.Errorf("receipts after unlocking: %v", a.stored.Receipts)
	}
	r.Lock()
	r.take()
	r.Lock()
	if got := r.take(); len(got) != 0 {
		t.Errorf("locked twice: events %v", got)
	}
}

// TestReceiptsWhileLocked: what is approved while the vault is closed goes into it with the next unlock, once.
func TestReceiptsWhileLocked(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	r.Lock()
	a.stored.Receipts = []Receipt{{Client: "WHILE-LOCKED"}}
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		r = newRig(t, r.dir)
		r.unlock(t)
		got := r.accounts[0].stored.Receipts
		if len(got) != 1 || got[0].Client != "WHILE-LOCKED" {
			t.Fatalf("start %d: receipts are %v", n, got)
		}
		r.Close()
	}
}

// TestFirstPINCutOff: the app ended between the first PIN and the first vault, before or after the vault's key was made. Unlocking makes
// what is missing, and wants the PIN for it.
func TestFirstPINCutOff(t *testing.T) {
	for name, made := range map[string]bool{"before the key": false, "after the key": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, t.TempDir())
			if err := r.keys.SetPIN(t.Context(), pin); err != nil {
				t.Fatal(err)
			}
			if made {
				if _, err := r.keys.Create(t.Context(), vaultKey, keystore.Vault); err != nil {
					t.Fatal(err)
				}
			}
			r = newRig(t, r.dir)
			if s := r.State(); !s.HasPIN || !s.Locked {
				t.Fatalf("state is %+v", s)
			}
			if err := r.Unlock(keystore.WithPIN(t.Context(), key.Secret("730915")), platform.Prompt{}); !errors.Is(err, keystore.ErrPINWrong) {
				t.Fatalf("a wrong PIN: %v", err)
			}
			if !r.State().Locked {
				t.Fatal("a wrong PIN made a vault")
			}
			r.ahead.Store(int64(time.Hour)) // the wait after a wrong PIN
			r.unlock(t)
			if r.State().Locked {
				t.Error("still locked")
			}
		})
	}
}
