// Package phone is the app without its screens: it connects work accounts, receives requests, approves and denies them, locks,
// and keeps all of it. Requests go in as method calls, events come out; it draws nothing and knows no Fyne. Keys are package
// keystore's, files package vault's, what only the OS can do package platform's. It follows docs/protocol.md, sections 3 to 6.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// LockAfter is how long the app stays unlocked in the background.
const LockAfter = time.Minute

// Keys is what the core needs of a keystore: keys, and the PIN that opens them.
type Keys interface {
	keystore.Keystore
	keystore.PINs
}

// Config is what a Core is made of.
type Config struct {
	Dir      string // holds the vault and its index
	Keys     Keys
	Platform platform.Platform
	Device   authn.DeviceInfo
	Client   client.Options
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged
}

// Core is the headless app. It is safe for concurrent use. Methods that ask the user may fail with
// keystore.ErrPINRequired; call them again with keystore.WithPIN.
type Core struct {
	cfg Config

	saving   sync.Mutex // one writer of the files at a time; taken before mu
	mu       sync.Mutex
	files    *vault.Store
	doc      *vault.Document // nil while locked
	accounts []*account
	queued   []queuedRemoval
	pending  []pendingRegistration
	requests map[authn.RequestID]Request
	trouble  *Trouble
	streams  context.Context // nil while Run does not run
	wait     sync.WaitGroup

	listenMu  sync.Mutex
	listeners map[int]func(Event)
	nextID    int
}

// Open reads what is stored. It asks the user for nothing: the vault stays locked.
func Open(ctx context.Context, cfg Config) (*Core, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Client.Now == nil {
		cfg.Client.Now = cfg.Now
	}
	cfg.Device = cfg.Device.Clean()
	c := &Core{cfg: cfg, requests: map[authn.RequestID]Request{}, listeners: map[int]func(Event){}}
	files, err := vault.New(vault.Config{Dir: cfg.Dir, Keys: cfg.Keys, Key: vaultKey})
	if err != nil {
		return nil, fmt.Errorf("open vault folder: %w", err)
	}
	c.files = files
	if err := c.readIndex(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Run keeps the accounts in touch with their servers until ctx ends: event streams, queued removals, the lock.
func (c *Core) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	c.streams = ctx
	for _, a := range c.accounts {
		c.follow(a)
	}
	c.mu.Unlock()
	c.resume(ctx)
	c.watchLifecycle(ctx)
	<-ctx.Done()
	c.mu.Lock()
	c.streams = nil
	c.mu.Unlock()
	c.wait.Wait()
}

// Close locks the app. Run must have ended.
func (c *Core) Close() {
	c.Lock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.accounts {
		a.device.Close()
	}
}

// State is what is known now.
func (c *Core) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Locked: c.doc == nil, HasPIN: c.cfg.Keys.HasPIN(), Trouble: c.trouble}
	for _, a := range c.accounts {
		s.Accounts = append(s.Accounts, a.public())
	}
	for _, r := range c.requests {
		s.Requests = append(s.Requests, r)
	}
	slices.SortFunc(s.Requests, func(a, b Request) int { return a.Deadline.Compare(b.Deadline) })
	return s
}

// Subscribe has f called for every event, one at a time and from any goroutine, until cancel. f must not call the Core.
func (c *Core) Subscribe(f func(Event)) (cancel func()) {
	c.listenMu.Lock()
	defer c.listenMu.Unlock()
	id := c.nextID
	c.nextID++
	c.listeners[id] = f
	return func() {
		c.listenMu.Lock()
		defer c.listenMu.Unlock()
		delete(c.listeners, id)
	}
}

// emit tells the listeners. It must not be called with mu held: a listener may be slow.
func (c *Core) emit(e Event) {
	c.listenMu.Lock()
	defer c.listenMu.Unlock()
	for _, f := range c.listeners {
		f(e)
	}
}

// find returns an account; mu must be held.
func (c *Core) find(id AccountID) (*account, error) {
	for _, a := range c.accounts {
		if a.stored.ID == id {
			return a, nil
		}
	}
	return nil, ErrNoAccount
}

// ErrNoAccount means that this device has no such account.
var ErrNoAccount = authn.Fail(authn.NotFound, "account_unknown", "This account is not on this device.")

// gone reports whether a server's answer means that it knows this device no more.
func gone(err error) bool { return errors.Is(err, authn.ErrDeviceRevoked) }
