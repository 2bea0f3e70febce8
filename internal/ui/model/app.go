// Package model holds the app's screens without their pictures: for each the finished texts and states, and what can be done on it. It knows no Fyne
// and draws nothing; package screen lays it out, package shell shows it. What the app can do is package phone's; the words are in
// assets/translations.
package model

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"avow/assets/brand"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
	"avow/internal/phone/telemetry"
	"avow/internal/phone/transfer"
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
	// SendDebugLog sends lines of the debug log, as they were shown, to the service desk of an account.
	SendDebugLog(ctx context.Context, id phone.AccountID, note, log string) (wire.SentDebugLog, error)
	RestoreCore
	DevicesCore
	CodesCore
	LockCore
	RequestsCore
}

// RequestsCore is what the screens need to practice answers, to look back at them, and to end the silence after some.
type RequestsCore interface {
	Practice(context.Context, phone.AccountID) (authn.RequestID, error)
	EndSilence(context.Context, phone.AccountID) error
	Activity(context.Context, phone.AccountID) ([]phone.Activity, error)
	ExportReceipt(id phone.AccountID, answer string) ([]byte, error)
}

// RestoreCore is what the screens need to set restore up, and to restore.
type RestoreCore interface {
	ActivateRestore(context.Context, phone.AccountID, key.RestoreCode, platform.Prompt) error
	NoteRestoreCode(context.Context, phone.AccountID) error
	ShowRestoreCode(context.Context, phone.AccountID, platform.Prompt) (key.RestoreCode, error)
	JoinRestore(context.Context, phone.AccountID, key.RestoreCode, platform.Prompt) error
	DeactivateRestore(context.Context, phone.AccountID, platform.Prompt) error
	SkipRestore(context.Context, phone.AccountID) error
	DrillRestore(context.Context, phone.AccountID, key.RestoreCode, platform.Prompt) (phone.Drill, error)
	RestoreSheet(phone.AccountID, key.RestoreCode) (phone.Sheet, error)
	FindRestore(context.Context, phone.RestoreFrom) (*phone.RestoreOffer, error)
	ProveRestore(context.Context, *phone.RestoreOffer, platform.Prompt) (phone.Restoring, error)
	ConfirmRestore(ctx context.Context, id authn.RestoreID, digits string) (phone.Restoring, error)
	ResendRestore(context.Context, authn.RestoreID) (phone.Restoring, error)
	CheckRestore(context.Context, authn.RestoreID) (phone.Restoring, error)
	CancelRestore(context.Context, authn.RestoreID) error
	FinishRestore(context.Context, authn.RestoreID, platform.Prompt) (phone.Account, []phone.OldDevice, error)
	BlockRestore(context.Context, phone.AccountID, authn.RestoreID) error
	Colleagues(context.Context, phone.AccountID) (phone.ColleagueList, error)
	NameColleagues(ctx context.Context, id phone.AccountID, logins []string, needed int, p platform.Prompt) (phone.ColleagueList, error)
	AskColleagues(context.Context, *phone.RestoreOffer, platform.Prompt) (phone.Restoring, error)
	RemindColleagues(context.Context, authn.RestoreID) (phone.Restoring, error)
}

// DevicesCore is what the screens need of an account's other devices, of a new phone, and of an app whose PIN is forgotten.
type DevicesCore interface {
	Devices(context.Context, phone.AccountID) (phone.DeviceList, error)
	RemoveDevice(context.Context, phone.AccountID, authn.DeviceID, platform.Prompt) (phone.DeviceList, error)
	WipeDevice(context.Context, phone.AccountID, authn.DeviceID, authn.WipeScope, platform.Prompt) (phone.DeviceList, error)
	BlockDevice(context.Context, phone.AccountID, authn.DeviceID, platform.Prompt) (phone.DeviceList, error)
	OfferDuplicate(context.Context, phone.AccountID, platform.Prompt) (*phone.Offer, error)
	AwaitDuplicate(context.Context, *phone.Offer) (phone.Joiner, error)
	AnswerDuplicate(ctx context.Context, o *phone.Offer, j phone.Joiner, yes bool, p platform.Prompt) error
	CancelDuplicate(context.Context, *phone.Offer) error
	ClaimDuplicate(context.Context, wire.DuplicateLink, platform.Prompt) (*phone.Joining, error)
	AwaitJoin(context.Context, *phone.Joining, platform.Prompt) (phone.Account, error)
	CancelJoin(context.Context, *phone.Joining) error
	ResetPIN(context.Context, key.Secret, platform.Prompt) error
	EraseApp(context.Context) error
}

// Biometrics is what the settings need of the keystore; nil fields of Config.Biometrics mean that there are none.
type Biometrics interface {
	BiometricEnabled() bool
	EnableBiometric(ctx context.Context, pin key.Secret, p platform.Prompt) error
	DisableBiometric(context.Context) error
}

// Page names what is shown. It is also the name of the tour's picture: append, never rename.
type Page string

// LogValue implements slog.LogValuer: the names are ours.
func (p Page) LogValue() slog.Value { return slog.StringValue(string(p)) }

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
	PageLockRules Page = "lock-settings"
	PageChangePIN Page = "change-pin"
	PageAbout     Page = "about"
	PageDebugLog  Page = "debug-log"
	PageHelp      Page = "help"    // keys, and who helps
	PageTrouble   Page = "trouble" // the vault needs a decision
	PageError     Page = "error"   // something failed: what, what to do, a code

	PageComputers   Page = "computers"
	PageOfflineCode Page = "offline-code" // for the QR on a computer's screen
	PageListCode    Page = "list-code"    // the next one of a computer's list

	PageProof Page = "second-proof" // what is typed beside scanning a code that was sent

	PageRestore        Page = "restore"         // how the restore code of an account stands
	PageRestoreOffer   Page = "restore-offer"   // asked in place of Home
	PageRestoreWhy     Page = "restore-why"     // 1 of 3
	PageRestoreCode    Page = "restore-code"    // 2 of 3; also when it is looked at
	PageRestoreSpelled Page = "restore-spelled" // as it is read out
	PageRestoreNoted   Page = "restore-noted"   // 3 of 3: one group is typed
	PageRestoreReady   Page = "restore-ready"
	PageRestoreType    Page = "restore-type" // a whole code is typed: to restore, for a drill, to join
	PageRestoreDrill   Page = "restore-drill"

	PageRestoreFrom    Page = "restore-from" // on a new phone: server and user name
	PageRestoreConfirm Page = "restore-confirm"
	PageRestoreDigits  Page = "restore-digits" // the one-time code
	PageRestoreWait    Page = "restore-wait"
	PageRestored       Page = "restored"
	PageOldDevices     Page = "old-devices"
	PageNoCode         Page = "restore-no-code"
	PageColleagues     Page = "colleagues" // who may bring the account back together

	PageDevices   Page = "devices"
	PageNewPhone  Page = "new-phone"       // the old one shows a code
	PageJoiner    Page = "new-phone-words" // and asks whether that phone may join
	PageJoin      Page = "join"            // the new one has scanned it
	PageJoinWords Page = "join-words"

	PageLockAfter     Page = "lock-after"      // how long the app stays open
	PageClearAfter    Page = "clipboard-after" // how long a copied code stays on the clipboard
	PageNotifications Page = "notifications"

	PageForgot   Page = "forgot-pin"
	PageResetPIN Page = "reset-pin"
	PageErased   Page = "erased" // nothing is left: the app starts anew

	PageCodes      Page = "codes"
	PageCodesSort  Page = "codes-sort"
	PageCodesTrash Page = "codes-trash"
	PageCodeAdd    Page = "code-add"  // typed
	PageCodeNew    Page = "code-new"  // scanned: add it?
	PageCodeEdit   Page = "code-edit" // name, group, note
	PageCodeQR     Page = "code-qr"

	PageImport         Page = "import"
	PageImportPassword Page = "import-password"
	PageImportPlan     Page = "import-plan" // what would be stored
	PageExport         Page = "export"
	PageExportSeal     Page = "export-password"
	PageExportPlain    Page = "export-plain" // nothing protects it: the warning
	PageExportReady    Page = "export-ready"
	PageExportQR       Page = "export-qr"

	PageTelemetry Page = "telemetry" // asked once, in place of Home
	PagePrivacy   Page = "privacy"
	PageReport    Page = "privacy-report" // what would be sent, or was
	PageSendLog   Page = "send-log"       // to the service desk: exactly what goes
	PageLicences  Page = "licences"
	PageLicence   Page = "licence"
	PageActivity  Page = "activity"
	PageEntry     Page = "activity-entry" // one line of it, in full
	PageSupport   Page = "support"        // who helps, and how to reach them
)

// Config is what an App is made of.
type Config struct {
	Core       Core
	Settings   *Settings
	Biometrics Biometrics // nil: there is no sensor
	Camera     platform.Camera
	Displays   platform.Displays    // nil: the screen can't be looked at
	Guard      platform.ScreenGuard // nil: the window can't be kept out of screenshots
	Lifecycle  platform.Lifecycle   // when the app goes out of sight, a code is hidden; nil where other windows stand beside it
	Log        *LogBook
	Telemetry  *telemetry.Recorder // nil: nothing is counted and nobody is asked
	Version    string
	Notify     func(title, text string) // shows a notification of the system; nil: there is none
	Front      func() bool              // the window is in front, and what arrives is seen on it; nil: it never is
	Desktop    bool                     // a window among others: leaving it is no more than using another one
	Build      Build
	KeyClass   key.Class // where the keys of this device are; "" says nothing about it
	Now        func() time.Time
	Changed    func()       // called after every change, from any goroutine; must return at once
	StartAnew  func()       // closes this app and opens an empty one in its place, once everything was deleted; nil: the person has to
	Go         func(func()) // runs work in the background; nil: a goroutine
	Languages  []string     // the system's wishes, first first
	Brand      brand.Brand  // whose app this is; the zero value is Avow's
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

	blindDisplays bool // the screen could not be looked at
	connect       connectState
	tapped        *wire.RegistrationLink // a link that waits until nothing else runs
	request       requestState
	unsent        *unsent // an answer that did not reach the server
	unlockFirst   bool    // before the request that is looked at is answered
	activity      activityState
	result        *Result
	home          homeState
	offline       *offlineState // the page with a code for a computer; nil when there is none

	restore     restoreState
	restoring   restoringState
	offersLater map[phone.AccountID]bool // the offer of a restore code was answered
	devices     devicesState
	colleagues  colleaguesState
	newPhone    newPhoneState
	join        joinState
	forgot      bool             // "Forgot your PIN?" was tapped, on the lock
	resetting   bool             // and a new one is chosen
	chosen      func(key.Secret) // goes on once a PIN was chosen; nil: a registration
	codes       codesState
	form        formState
	newCode     *transfer.Item // was scanned, and is asked about
	parts       []otp.Secret   // of an export over several QR codes
	partsOf     int
	partsHave   int
	codeQR      qrState
	trashIDs    []codes.ID
	trashTurn   int
	imports     importState
	exports     exportState
	delivery    deliveryState
	guards      guards
	log         logState
	privacy     privacyState
	licence     string                     // the module whose licence is open
	names       map[phone.AccountID]string // organisations of the accounts, to say whose was deleted
}

// New makes the app's screens around a core.
func New(cfg Config) *App {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Brand.Name == "" {
		cfg.Brand = brand.Own()
	}
	if cfg.Go == nil {
		cfg.Go = func(f func()) { go f() }
	}
	a := &App{cfg: cfg, tab: PageHome, later: map[authn.RequestID]bool{}, busy: map[lane]string{}, offersLater: map[phone.AccountID]bool{}, names: map[phone.AccountID]string{}}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.print = translations.New(append([]string{cfg.Settings.Get().Language}, cfg.Languages...)...).Named(cfg.Brand.Name)
	a.applyDetailed()
	a.cancel = cfg.Core.Subscribe(a.event)
	a.applyLock()
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
	s := a.cfg.Core.State()
	for _, acc := range s.Accounts {
		a.names[acc.ID] = acc.Organisation
	}
	p := a.page(s)
	a.tidy(p)
	a.guardCodes(p)
	a.trail(p)
	return p
}

func (a *App) page(s phone.State) Page {
	switch {
	case s.Erased:
		return PageErased
	case a.ask != nil:
		return PageAskPIN
	case a.failure != nil:
		return PageError
	case a.result != nil:
		return PageResult
	case a.top() == PageScan && a.scan.forRequest != "" && a.isOpen(s, a.scan.forRequest):
		return PageScan
	case a.currentRequest(s) != nil && !(a.unlockFirst && s.HasPIN && s.Locked):
		return PageRequest
	case s.Trouble != nil:
		return PageTrouble
	case s.HasPIN && s.Locked && a.resetting:
		return PageResetPIN
	case s.HasPIN && s.Locked && a.forgot:
		return PageForgot
	case s.HasPIN && s.Locked:
		return PageLock
	case len(a.stack) > 0:
		return a.top()
	case len(s.Accounts) == 0 && a.tab == PageHome:
		return PageWelcome
	}
	if _, ok := a.isRestoreOffer(s); ok {
		return PageRestoreOffer
	}
	if _, ok := a.asksTelemetry(s); ok {
		return PageTelemetry
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
	if p == PageWelcome { // without an account, but there may be codes
		a.mu.Lock()
		defer a.mu.Unlock()
		return PageHome, a.hasCodes()
	}
	return p, p == PageHome || p == PageCodes || p == PageComputers || p == PageSettings
}

// GoTo switches to a tab.
func (a *App) GoTo(tab Page) {
	a.change(func() {
		a.pop()
		a.closeOffline()
		a.tab, a.stack, a.home.removed = tab, nil, ""
		a.codes.sorted, a.codes.asked, a.codes.revealed = false, false, nil
		a.left()
	})
}

// Open puts a page above the tab.
func (a *App) Open(p Page) {
	a.change(func() { a.stack, a.fault, a.pin = append(a.stack, p), nil, pinEntry{} })
}

// Back leaves the page on top; Esc and the arrow do the same. On a request it is "Later", never No.
func (a *App) Back() {
	switch a.Page() {
	case PageLock: // nothing lies under it, but for the request that it is opened for
		a.change(func() { a.unlockFirst = false })
	case PageTrouble, PageWelcome, PageHome, PageCodes, PageComputers, PageSettings, PageErased: // nothing lies under them that could be seen
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
	case PageRestoreOffer:
		a.NotNow()
	case PageTelemetry:
		a.AnswerTelemetry(false)
	case PageRestoreReady, PageRestoreDrill:
		a.CloseRestore()
	case PageRestored:
		a.NoteNewCode() // the old code is worth nothing any more
	case PageOldDevices:
		a.KeepOld()
	case PageForgot:
		a.leaveForgot()
	case PageResetPIN:
		a.change(func() { a.resetting, a.pin = false, pinEntry{} })
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
	a.left()
}

// left forgets what belongs to pages that are open no more; mu must be held.
func (a *App) left() {
	a.leaveRestore()
	open := func(pages ...Page) bool {
		return slices.ContainsFunc(a.stack, func(p Page) bool { return slices.Contains(pages, p) })
	}
	if !open(PageNewPhone, PageJoiner) && a.newPhone.account != "" {
		a.leaveNewPhone()
	}
	if !open(PageJoin, PageJoinWords) && (a.join.link != nil || a.join.joining != nil) {
		a.leaveJoin()
	}
	if !open(PageDevices, PageNewPhone, PageJoiner) {
		a.devices = devicesState{}
	}
	if !open(PageActivity, PageEntry) {
		a.leaveActivity()
	}
	if !open(PageColleagues) {
		a.colleagues = colleaguesState{}
	}
	if !open(PageChoosePIN) {
		a.chosen = nil
	}
	a.leftCodes(open)
	a.leftLog(open)
}

// popIf takes the page away only if it is still the one on top; mu must be held.
func (a *App) popIf(p Page) {
	if a.top() == p {
		a.pop()
	}
}

// Done leaves a result or an error.
func (a *App) Done() {
	a.change(func() { a.result, a.failure, a.unsent = nil, nil, nil })
}

// Busy says what runs now for the page that is shown, in the words of the button that began it; "" for nothing.
func (a *App) Busy() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busyOn(a.page(a.cfg.Core.State()))
}

func (a *App) busyOn(p Page) string {
	switch {
	case p == PageRequest, p == PageJoiner:
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
		a.countFault(err)
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
		a.notifyRequest()
	case phone.AccountsChanged:
		a.change(a.codesChanged)   // codes come with a restored account
		a.react(a.accountsChanged) // it asks the core, which an event must not do
		a.react(a.activityChanged)
	case phone.CodesChanged:
		a.change(a.codesChanged)
	case phone.ComputersChanged:
		a.react(a.computersChanged)
	case phone.RestoreChanged:
		a.react(a.restoreChanged)
	case phone.DevicesChanged:
		a.react(a.devicesChanged)
	case phone.Wiped:
		a.react(func() { a.accountWiped(e.Account) })
	case phone.LockChanged:
		a.Hide()
		a.change(a.codesChanged)
		a.react(a.locked)
	}
	a.cfg.Changed()
}

// locked ends the camera when the app has locked under it, unless a request is being answered with it, and forgets what was typed.
func (a *App) locked() {
	s := a.cfg.Core.State()
	a.change(func() {
		a.unlockFirst = a.unlockFirst && s.Locked
		if s.Locked && a.busy[laneOther] == "" && a.ask == nil {
			a.connect.forgetProof()
			a.restore.typed, a.restore.noted, a.restoring.digits = codeEntry{}, "", ""
		}
		if s.Locked && a.scan.forRequest == "" {
			a.popIf(PageScan)
		}
		if s.Locked {
			a.pin = pinEntry{} // a PIN that was half typed, or typed for the first time
			a.lockCodes()
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
