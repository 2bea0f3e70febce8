// Package model holds the app's screens without their pictures: for each the finished texts and states, and what can be done on it. It knows no Fyne
// and draws nothing; package screen lays it out, package shell shows it. What the app can do is package phone's; the words are in
// assets/translations.
package model

import (
	"context"
	"sync"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Core is what the screens need of phone.Core.
type Core interface {
	State() phone.State
	Subscribe(func(phone.Event)) (cancel func())
	SetPIN(context.Context, key.Secret) error
	ChangePIN(ctx context.Context, old, pin key.Secret) error
	Unlock(context.Context, platform.Prompt) error
	UnlockBackup(context.Context, platform.Prompt) error
	UnlockOld(context.Context, platform.Prompt) error
	Lock()
	Invite(context.Context, wire.RegistrationLink) (*phone.Invitation, error)
	Connect(context.Context, *phone.Invitation, platform.Prompt) (phone.Account, error)
	Forget(context.Context, *phone.Invitation) error
	Sync(context.Context) error
	Approve(context.Context, authn.RequestID, phone.Match, platform.Prompt) (phone.Receipt, error)
	Deny(context.Context, authn.RequestID) (phone.Receipt, error)
	NotMe(context.Context, authn.RequestID) (phone.Receipt, error)
	ByHandle(wire.ApprovalLink) (phone.Request, error)
	RemoveAccount(context.Context, phone.AccountID) (told bool, err error)
	OfflineChallenge(wire.OfflineLink) (phone.Challenge, error)
	OfflineCode(context.Context, phone.Challenge, platform.Prompt) (phone.OfflineCode, error)
	ListCode(context.Context, authn.GrantID, platform.Prompt) (phone.OfflineCode, error)
	NextListCode(context.Context, authn.GrantID, platform.Prompt) (phone.OfflineCode, error)
}

// Biometrics is what the settings need of the keystore; nil fields of Config.Biometrics mean that there are none.
type Biometrics interface {
	BiometricEnabled() bool
	EnableBiometric(ctx context.Context, pin key.Secret, p platform.Prompt) error
	DisableBiometric(context.Context) error
}

// Page names what is shown. It is also the name of the tour's picture: append, never rename.
type Page string

// The pages.
const (
	PageWelcome   Page = "welcome"
	PageChoosePIN Page = "choose-pin"
	PageLock      Page = "lock"
	PageAskPIN    Page = "ask-pin"
	PageScan      Page = "scan"
	PageConnect   Page = "connect"
	PageWords     Page = "check-words"
	PageConnected Page = "connected"
	PageHome      Page = "home"
	PageRequest   Page = "request"
	PageResult    Page = "result"
	PageSettings  Page = "settings"
	PageLanguage  Page = "language"
	PageTextSize  Page = "text-size"
	PageLockAfter Page = "lock-settings"
	PageChangePIN Page = "change-pin"
	PageAbout     Page = "about"
	PageDebugLog  Page = "debug-log"
	PageTrouble   Page = "trouble" // the vault needs a decision
	PageError     Page = "error"   // something failed: what, what to do, a code

	PageComputers   Page = "computers"
	PageOfflineCode Page = "offline-code" // for the QR on a computer's screen
	PageListCode    Page = "list-code"    // the next one of a computer's list

	PageProof Page = "second-proof" // what is typed beside scanning a code that was sent
)

// Config is what an App is made of.
type Config struct {
	Core       Core
	Settings   *Settings
	Biometrics Biometrics // nil: there is no sensor
	Camera     platform.Camera
	Guard      platform.ScreenGuard // nil: the window can't be kept out of screenshots
	Lifecycle  platform.Lifecycle   // when the app goes out of sight, a code is hidden; nil where other windows stand beside it
	Log        *LogBook
	Version    string
	KeyClass   key.Class // where the keys of this device are; "" says nothing about it
	Now        func() time.Time
	Changed    func()       // called after every change, from any goroutine; must return at once
	Go         func(func()) // runs work in the background; nil: a goroutine
	Languages  []string     // the system's wishes, first first
}

// lane is a kind of work that runs at most once at a time. An answer waits for nothing else: to refuse must always be possible, also
// while a server is asked that does not reply.
type lane string

const (
	laneAnswer lane = "answer"
	laneCheck  lane = "check"
	laneOther  lane = "other"
)

// App is the app as view models. Its methods return at once; work goes on in the background and Changed tells of it.
type App struct {
	cfg    Config
	ctx    context.Context
	stop   context.CancelFunc
	cancel func()

	camera  sync.Mutex // held while the camera runs
	mu      sync.Mutex
	print   *translations.Printer
	tab     Page
	stack   []Page // pages above the tab
	account phone.AccountID
	later   map[authn.RequestID]bool // "Later" was said
	busy    map[lane]string          // what runs, in the words of its button
	fault   *Fault                   // of the page on top
	failure *Fault                   // of PageError
	pin     pinEntry
	ask     *question // a command that waits for the PIN
	scan    scanState
	connect connectState
	tapped  *wire.RegistrationLink // a link that waits until nothing else runs
	request requestState
	result  *Result
	home    homeState
	offline *offlineState // the page with a code for a computer; nil when there is none
}

// New makes the app's screens around a core.
func New(cfg Config) *App {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Go == nil {
		cfg.Go = func(f func()) { go f() }
	}
	a := &App{cfg: cfg, tab: PageHome, later: map[authn.RequestID]bool{}, busy: map[lane]string{}}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.print = translations.New(append([]string{cfg.Settings.Get().Language}, cfg.Languages...)...)
	a.cancel = cfg.Core.Subscribe(a.event)
	if cfg.Lifecycle != nil {
		go a.watch(cfg.Lifecycle)
	}
	return a
}

// Close ends what runs in the background.
func (a *App) Close() {
	a.cancel()
	a.stop()
}

// Page is what is shown now. A request covers everything but a question for the PIN; then come what the vault needs, the lock, and
// what the person was doing.
func (a *App) Page() Page {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.page(a.cfg.Core.State())
	a.tidy(p)
	return p
}

func (a *App) page(s phone.State) Page {
	switch {
	case a.ask != nil:
		return PageAskPIN
	case a.failure != nil:
		return PageError
	case a.result != nil:
		return PageResult
	case a.top() == PageScan && a.scan.forRequest != "" && a.isOpen(s, a.scan.forRequest):
		return PageScan
	case a.currentRequest(s) != nil:
		return PageRequest
	case s.Trouble != nil:
		return PageTrouble
	case s.HasPIN && s.Locked:
		return PageLock
	case len(a.stack) > 0:
		return a.top()
	case len(s.Accounts) == 0 && a.tab == PageHome:
		return PageWelcome
	}
	return a.tab
}

func (a *App) top() Page {
	if len(a.stack) == 0 {
		return ""
	}
	return a.stack[len(a.stack)-1]
}

// Tabs says whether the tab bar is shown, and which tab is active.
func (a *App) Tabs() (active Page, shown bool) {
	p := a.Page()
	return p, p == PageHome || p == PageComputers || p == PageSettings
}

// GoTo switches to a tab.
func (a *App) GoTo(tab Page) {
	a.change(func() {
		a.pop()
		a.closeOffline()
		a.tab, a.stack, a.home.removed = tab, nil, ""
	})
}

// Open puts a page above the tab.
func (a *App) Open(p Page) {
	a.change(func() { a.stack, a.fault, a.pin = append(a.stack, p), nil, pinEntry{} })
}

// Back leaves the page on top; Esc and the arrow do the same. On a request it is "Later", never No.
func (a *App) Back() {
	switch a.Page() {
	case PageLock, PageTrouble, PageWelcome, PageHome, PageComputers, PageSettings: // nothing lies under them that could be seen
	case PageScan:
		a.CloseScan()
	case PageAskPIN:
		a.CancelPIN()
	case PageRequest:
		a.Later()
	case PageResult, PageError:
		a.Done()
	case PageConnect:
		a.CancelConnect()
	case PageProof:
		a.leaveProof()
	case PageWords, PageConnected:
		a.FinishConnect()
	case PageOfflineCode, PageListCode:
		a.change(a.closeOffline)
	default:
		a.change(a.pop)
	}
}

// pop takes the page on top away and ends what it began; mu must be held.
func (a *App) pop() {
	if len(a.stack) > 0 {
		a.stack = a.stack[:len(a.stack)-1]
	}
	a.endCamera()
	a.fault, a.pin, a.scan = nil, pinEntry{}, scanState{}
}

// popIf takes the page away only if it is still the one on top; mu must be held.
func (a *App) popIf(p Page) {
	if a.top() == p {
		a.pop()
	}
}

// Done leaves a result or an error.
func (a *App) Done() {
	a.change(func() { a.result, a.failure = nil, nil })
}

// Busy says what runs now for the page that is shown, in the words of the button that began it; "" for nothing.
func (a *App) Busy() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busyOn(a.page(a.cfg.Core.State()))
}

func (a *App) busyOn(p Page) string {
	switch {
	case p == PageRequest:
		return a.busy[laneAnswer]
	case p == PageAskPIN:
		return a.busy[a.ask.lane]
	case p == PageHome && a.busy[laneOther] == "":
		return a.busy[laneCheck]
	}
	return a.busy[laneOther]
}

// T prints a text that stands alone.
func (a *App) T(id translations.Message, args ...any) string { return a.printer().T(id, args...) }

func (a *App) printer() *translations.Printer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.print
}

// change alters the state and tells of it.
func (a *App) change(f func()) {
	a.mu.Lock()
	f()
	a.mu.Unlock()
	a.cfg.Changed()
}

// do runs a command in the background and reports whether it was begun: while one runs in its lane another is not.
func (a *App) do(l lane, label string, f func(context.Context) error, done func(error)) bool {
	a.mu.Lock()
	if a.busy[l] != "" {
		a.mu.Unlock()
		return false
	}
	a.busy[l], a.fault = label, nil
	a.mu.Unlock()
	a.cfg.Changed()
	a.cfg.Go(func() {
		err := f(a.ctx)
		a.mu.Lock()
		delete(a.busy, l)
		a.mu.Unlock()
		done(err)
		a.cfg.Changed()
		a.openTapped()
	})
	return true
}

// event hears of the core. It only asks for a redraw, and shows what closed.
func (a *App) event(e phone.Event) {
	switch e.Kind {
	case phone.RequestClosed:
		a.requestClosed(e)
	case phone.RequestArrived:
		a.Hide() // it covers what is shown
	case phone.AccountsChanged:
		a.react(a.accountsChanged) // it asks the core, which an event must not do
	case phone.ComputersChanged:
		a.react(a.computersChanged)
	case phone.LockChanged:
		a.Hide()
		a.react(a.locked)
	}
	a.cfg.Changed()
}

// locked ends the camera when the app has locked under it, unless a request is being answered with it, and forgets what was typed.
func (a *App) locked() {
	s := a.cfg.Core.State()
	a.change(func() {
		if s.Locked && a.busy[laneOther] == "" && a.ask == nil {
			a.connect.forgetProof()
		}
		if s.Locked && a.scan.forRequest == "" {
			a.popIf(PageScan)
		}
	})
}

// react does what an event leads to, and tells of it.
func (a *App) react(f func()) {
	a.cfg.Go(func() {
		f()
		a.cfg.Changed()
	})
}
