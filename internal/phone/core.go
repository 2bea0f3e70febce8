// Package phone is the app without its screens: it connects work accounts, receives requests, approves and denies them, locks,
// and keeps all of it. Requests go in as method calls, events come out; it draws nothing and knows no Fyne. Keys are package
// keystore's, files package vault's, what only the OS can do package platform's. It follows docs/protocol.md, sections 3 to 7.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/codes"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/telemetry"
	"avow/internal/phone/vault"
)

// Keys is what the core needs of a keystore: keys, and the PIN that opens them.
type Keys interface {
	keystore.Keystore
	keystore.PINs
}

// Config is what a Core is made of.
type Config struct {
	Dir      string        // holds the vault and its index
	FS       atomicfile.FS // nil: the machine's
	Keys     Keys
	Platform platform.Platform
	Device   authn.DeviceInfo
	Client   client.Options
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged

	Telemetry *telemetry.Recorder // nil: nothing is counted, nobody asked, nothing sent
}

// Core is the headless app. It is safe for concurrent use. Methods that ask the user may fail with
// keystore.ErrPINRequired; call them again with keystore.WithPIN.
type Core struct {
	cfg Config

	inviting  sync.Mutex // one session is claimed at a time
	unlocking sync.Mutex // one unlock at a time; taken before saving, and alone while the user is asked
	saving    sync.Mutex // one writer of the files, the accounts and their receipts at a time; taken before mu
	mu        sync.Mutex
	files     *vault.Store
	doc       *vault.Document           // nil while locked
	codes     *codes.Collection         // of doc; nil while locked
	locks     int                       // how often Lock was called
	lockAfter time.Duration             // as the person chose
	tests     map[string]chan time.Time // of delivery, by id: when it came
	accounts  []*account
	queued    []queuedRemoval
	pending   []pendingRegistration
	restores  []pendingRestore
	joins     []pendingJoin
	wipes     wipeMarker // begun, and on disk before anything was deleted
	erased    bool
	requests  map[authn.RequestID]Request
	timers    map[authn.RequestID]*time.Timer // end the requests
	closed    map[authn.RequestID]time.Time   // requests that do not come back, and how long that has to be known
	trouble   *Trouble
	streams   context.Context // nil while Run does not run
	wait      sync.WaitGroup
	errand    chan struct{} // wakes runErrands
	changes   chan struct{} // wakes keepEscrows

	listenMu  sync.Mutex
	listeners map[int]func(Event)
	nextID    int
}

// Open reads what is stored, and finishes what a wipe has begun. It asks the user for nothing: the vault stays locked. Call FinishErase before the keystore is opened.
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
	if cfg.Client.Log == nil {
		cfg.Client.Log = cfg.Log
	}
	if cfg.FS == nil {
		cfg.FS = atomicfile.OS
	}
	cfg.Device = cfg.Device.Clean()
	c := &Core{
		cfg: cfg, requests: map[authn.RequestID]Request{}, timers: map[authn.RequestID]*time.Timer{}, closed: map[authn.RequestID]time.Time{},
		lockAfter: LockAfter, tests: map[string]chan time.Time{}, listeners: map[int]func(Event){}, errand: make(chan struct{}, 1), changes: make(chan struct{}, 1),
	}
	files, err := vault.New(vault.Config{Dir: cfg.Dir, FS: cfg.FS, Keys: cfg.Keys, Key: vaultKey})
	if err != nil {
		return nil, fmt.Errorf("open vault folder: %w", err)
	}
	c.files = files
	if err := c.readIndex(ctx); err != nil {
		return nil, err
	}
	if err := c.finishWipes(ctx); err != nil { // before anything is shown
		return nil, err
	}
	return c, nil
}

// Run keeps the accounts in touch with their servers until ctx ends: event streams, unfinished registrations, queued removals, notes of
// offline codes, the lock. It may be run again afterwards.
func (c *Core) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	c.streams = ctx
	for _, a := range c.accounts {
		c.follow(a)
	}
	c.mu.Unlock()
	c.wait.Go(func() { c.runErrands(ctx) })
	c.wait.Go(func() { c.keepEscrows(ctx) })
	c.wait.Go(func() { c.keepReports(ctx) })
	c.watchLifecycle(ctx)
	<-ctx.Done()
	c.mu.Lock()
	c.streams = nil
	for _, a := range c.accounts {
		a.stop = nil
	}
	c.mu.Unlock()
	c.wait.Wait()
}

// runErrands does what could not be done at once: it finishes registrations whose answer was lost and tells servers of removals and of
// offline codes, again and again until they have answered.
func (c *Core) runErrands(ctx context.Context) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, lastErrandWait) {
		var again <-chan time.Time
		finished, told, noted := c.resume(ctx), c.tellRemovals(ctx), c.tellCodes(ctx)
		finished = c.resumeJoins(ctx) && finished
		told = c.askWipes(ctx) && told // before receipts are told: it may make some
		told = c.tellWipes(ctx) && told
		if !finished || !told || !noted {
			again = time.After(wait)
		} else if c.hasRemoved() {
			again = time.After(askWipeEvery)
		}
		select {
		case <-ctx.Done():
		case <-again:
		case <-c.errand:
			wait = firstWait
		}
	}
}

// nudge wakes runErrands.
func (c *Core) nudge() {
	select {
	case c.errand <- struct{}{}:
	default:
	}
}

// Close locks the app. Run must have ended.
func (c *Core) Close() {
	c.Lock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.accounts {
		a.device.Close()
	}
	for _, t := range c.timers {
		t.Stop()
	}
}

// State is what is known now.
func (c *Core) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.erased {
		return State{Locked: true, Erased: true}
	}
	s := State{Locked: c.doc == nil, HasPIN: c.cfg.Keys.HasPIN(), Trouble: c.trouble, Computers: c.computers(), Lock: c.lockState()}
	s.Accounts = slices.Grow(s.Accounts, len(c.accounts)) // the screens ask each second
	for _, a := range c.accounts {
		s.Accounts = append(s.Accounts, a.public())
	}
	for _, x := range c.restores {
		s.Restores = append(s.Restores, x.public())
	}
	for _, j := range c.joins {
		s.Joining = append(s.Joining, j.public())
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
	c.cfg.Log.Debug("event", "kind", e.Kind, "account", e.Account, "request", e.Request, "state", e.State)
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
