package model

import (
	"context"
	"errors"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
)

// PINLength is how many digits a PIN has in the app. The keystore takes longer ones too.
const PINLength = 6

// pinEntry is what was typed so far on a page that asks for a PIN.
type pinEntry struct {
	digits string
	first  string // the PIN that is to be repeated
	old    string // the PIN that is changed
	wrong  string // what was wrong with the last one
	until  time.Time
}

// question is a command that was begun and waits for the PIN.
type question struct {
	title, subtitle string
	lane            lane
	request         authn.RequestID                         // the request that it approves, if it does
	again           func(context.Context, key.Secret) error // the PIN is in the context too; nil when the sensor is asked
	done            func(error)
}

// PINView is a page that asks for a PIN: lock, question, first choice, change.
type PINView struct {
	Initials  string
	Name      string // of the account; "" where none is shown
	Below     string // organisation, or what the PIN is for
	Ask       string
	Filled    int
	Length    int
	Wrong     bool
	Words     string // below the dots: what was wrong, or how long to wait
	Waits     bool   // no key does anything until the time is over
	Blocked   bool   // nor will one ever: what helps is behind Forgot
	Biometric bool   // the sensor can be used
	Back      bool   // there is a way back
	Forgot    string // the button for who has forgotten it; on the lock
	Alerts    []Alert
}

// PIN is the view of the PIN page that is shown.
func (a *App) PIN() PINView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.cfg.Core.State()
	t := a.print
	v := PINView{Filled: len(a.pin.digits), Length: PINLength, Words: a.pin.wrong, Wrong: a.pin.wrong != ""}
	a.sayWait(&v, s.Lock)
	switch page := a.page(s); page {
	case PageChoosePIN, PageChangePIN:
		v.Back = true
		v.Name, v.Below = t.T("app.pin.choose_title"), t.T("app.pin.choose_why")
		v.Ask = t.T("app.pin.choose_ask")
		if page == PageChangePIN {
			v.Name, v.Below = t.T("app.pin.change_title"), ""
			if a.pin.old == "" {
				v.Ask = t.T("app.pin.change_old")
			}
		}
		if a.pin.first != "" {
			v.Ask = t.T("app.pin.choose_again")
		}
	case PageAskPIN:
		v.Back, v.Name, v.Below, v.Ask = true, a.ask.title, a.ask.subtitle, t.T("app.pin.type")
		v.Biometric = a.hasBiometric()
	case PageResetPIN:
		v.Back, v.Name, v.Below, v.Ask = true, t.T("app.pin.reset_title"), t.T("app.pin.reset_why"), t.T("app.pin.choose_ask")
		if a.pin.first != "" {
			v.Ask = t.T("app.pin.choose_again")
		}
	default:
		v.Forgot = t.T("app.pin.forgot")
		for _, acc := range s.Accounts { // whoever sees that somebody restores the account can stop it, also who has no PIN at hand
			v.Alerts = append(v.Alerts, a.alerts(acc, a.cfg.Now())...)
		}
		v.Ask = t.T("app.pin.type")
		if v.Biometric = a.hasBiometric(); v.Biometric {
			v.Ask = t.T("app.pin.touch_or_type")
		}
		if acc, ok := a.shownAccount(s); ok {
			v.Initials, v.Name, v.Below = initials(acc.Name), acc.Name, acc.Organisation
		}
	}
	if v.Blocked && !v.Biometric {
		v.Ask = t.T("app.pin.blocked_title")
		if v.Forgot != "" {
			v.Forgot = t.T("app.pin.blocked_go")
		}
	}
	return v
}

// sayWait says why no PIN is taken now, or how many are left; mu must be held.
func (a *App) sayWait(v *PINView, l phone.LockState) {
	t, left := a.print, a.pin.until.Sub(a.cfg.Now())
	if a.provesPIN() {
		left = max(left, l.Wait)
	} else {
		l = phone.LockState{}
	}
	switch {
	case l.Blocked:
		v.Waits, v.Blocked, v.Words, v.Wrong = true, true, t.T("app.pin.blocked"), true
	case left > 0:
		v.Waits, v.Words = true, t.T("app.pin.wait", "Wait", t.Wait(left))
	case !a.pin.until.IsZero():
		v.Words, v.Wrong = "", false
	}
	if tries := authn.PINTries - l.Wrong; l.WrongPINs == authn.WrongPINRestore && l.Wrong > 0 && tries > 0 && tries <= lastTries {
		v.Words = strings.TrimSpace(v.Words + " " + t.T("app.pin.tries", "Count", tries))
	}
}

// lastTries are told before they are gone.
const lastTries = 5

// provesPIN reports whether the PIN that is typed is one that there is; mu must be held.
func (a *App) provesPIN() bool {
	switch a.page(a.cfg.Core.State()) {
	case PageChoosePIN, PageResetPIN:
		return false
	case PageChangePIN:
		return a.pin.old == ""
	}
	return true
}

// stopped reports whether no PIN is taken now; mu must be held.
func (a *App) stopped() bool {
	l := a.cfg.Core.State().Lock
	return a.cfg.Now().Before(a.pin.until) || a.provesPIN() && (l.Blocked || l.Wait > 0)
}

func (a *App) hasBiometric() bool {
	return a.cfg.Biometrics != nil && a.cfg.Biometrics.BiometricEnabled()
}

// Digit types one digit of the PIN; with the last one it is used.
func (a *App) Digit(d rune) {
	var full string
	a.change(func() {
		if a.busyOn(a.page(a.cfg.Core.State())) != "" || a.stopped() || d < '0' || d > '9' || len(a.pin.digits) >= PINLength {
			return
		}
		a.pin.wrong, a.pin.until = "", time.Time{}
		a.pin.digits += string(d)
		if len(a.pin.digits) == PINLength {
			full = a.pin.digits
		}
	})
	if full != "" {
		a.submitPIN(full)
	}
}

// Backspace takes the last digit away.
func (a *App) Backspace() {
	a.change(func() {
		if n := len(a.pin.digits); n > 0 && a.busyOn(a.page(a.cfg.Core.State())) == "" {
			a.pin.digits = a.pin.digits[:n-1]
		}
	})
}

// UseBiometric asks the sensor, on the lock page and on a question.
func (a *App) UseBiometric() {
	switch a.Page() {
	case PageLock:
		a.unlock(a.ctx, a.cfg.Core.Unlock)
	case PageAskPIN:
		a.mu.Lock()
		q := a.ask
		a.mu.Unlock()
		if q != nil {
			a.answer(q, nil)
		}
	}
}

func (a *App) submitPIN(pin string) {
	switch a.Page() {
	case PageChoosePIN:
		a.choosePIN(pin)
	case PageChangePIN:
		a.changePIN(pin)
	case PageResetPIN:
		a.resetPIN(pin)
	case PageLock:
		a.unlock(withPIN(a.ctx, pin), a.cfg.Core.Unlock)
	case PageAskPIN:
		a.mu.Lock()
		q := a.ask
		a.mu.Unlock()
		if q != nil {
			a.answer(q, key.Secret(pin))
		}
	}
}

func withPIN(ctx context.Context, pin string) context.Context {
	return keystore.WithPIN(ctx, key.Secret(pin))
}

// choosePIN takes the first PIN twice.
func (a *App) choosePIN(pin string) {
	if !a.repeated(pin) {
		return
	}
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error {
		return a.cfg.Core.SetPIN(ctx, key.Secret(pin))
	}, func(err error) {
		a.pinDone(err)
		if err == nil {
			goOn := a.connectNow
			a.change(func() {
				if a.chosen != nil {
					goOn = a.chosen
				}
				a.popIf(PageChoosePIN)
			})
			goOn(key.Secret(pin)) // it was typed a moment ago: nobody is asked a third time
		}
	})
}

// withPINChosen goes on with f from a page, once there is a PIN: f gets one that was chosen a moment ago, else nil.
func (a *App) withPINChosen(from Page, f func(key.Secret)) {
	if a.cfg.Core.State().HasPIN {
		f(nil)
		return
	}
	a.change(func() {
		if a.top() == from { // else it is a second tap before the page came
			a.chosen, a.pin = f, pinEntry{}
			a.stack = append(a.stack, PageChoosePIN)
		}
	})
}

// once gives a command a PIN that was typed already, the first time only: what is typed later counts.
func once(ctx context.Context, pin *key.Secret) context.Context {
	if *pin == nil {
		return ctx
	}
	ctx = keystore.WithPIN(ctx, *pin)
	*pin = nil
	return ctx
}

func (a *App) changePIN(pin string) {
	a.mu.Lock()
	old := a.pin.old
	if old == "" {
		a.pin.old, a.pin.digits = pin, ""
	}
	a.mu.Unlock()
	if old == "" {
		a.cfg.Changed()
		return
	}
	if !a.repeated(pin) {
		return
	}
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error {
		return a.cfg.Core.ChangePIN(ctx, key.Secret(old), key.Secret(pin))
	}, func(err error) {
		a.pinDone(err)
		if err == nil {
			a.change(func() { a.popIf(PageChangePIN) })
		}
	})
}

// repeated keeps the first typing and compares the second.
func (a *App) repeated(pin string) (same bool) {
	a.change(func() {
		switch a.pin.first {
		case "":
			a.pin.first, a.pin.digits = pin, ""
		case pin:
			same = true
		default:
			a.pin.first, a.pin.digits, a.pin.wrong = "", "", a.print.T("app.pin.differ")
		}
	})
	return same
}

// unlock opens the vault.
func (a *App) unlock(ctx context.Context, open func(context.Context, platform.Prompt) error) {
	p := platform.Prompt{Title: a.T("app.prompt.unlock"), Reason: a.T("app.prompt.unlock_reason")}
	a.do(laneOther, a.T("app.busy.opening"), func(context.Context) error { return open(ctx, p) }, a.pinDone)
}

// pinDone clears what was typed and says what was wrong with it.
func (a *App) pinDone(err error) {
	a.change(func() {
		old := a.pin.old
		a.pin = pinEntry{}
		if err == nil {
			return
		}
		f := a.faultOf(err)
		a.pin.wrong, a.pin.until = f.Sentence, f.Until
		if errors.Is(err, keystore.ErrPINWeak) {
			a.pin.old = old // only the new PIN has to be typed again
		}
		if errors.Is(err, keystore.ErrPINRequired) || errors.Is(err, platform.ErrCanceled) || errors.Is(err, platform.ErrUsePIN) {
			a.pin.wrong = "" // nothing was wrong: the PIN is asked for on this very page
		}
	})
}

// verified runs a command that verifies the user. When the PIN is needed it is asked for, and the command runs again with it. q says what
// is asked, and the lane.
func (a *App) verified(q *question, label string, f func(context.Context) error, done func(error)) {
	q.done, q.again = done, func(ctx context.Context, _ key.Secret) error { return f(ctx) }
	a.do(q.lane, label, f, func(err error) {
		if needsPIN(err) {
			a.askPIN(q)
			return
		}
		done(err)
	})
}

// askPIN opens the question for the PIN. Another one that waited is given up: there is one page for it.
func (a *App) askPIN(q *question) {
	a.mu.Lock()
	old := a.ask
	open := q.request == "" || a.isOpen(a.cfg.Core.State(), q.request)
	if open {
		a.ask, a.pin = q, pinEntry{}
	}
	a.mu.Unlock()
	switch {
	case !open:
		q.done(authn.ErrRequestExpired)
	case old != nil:
		old.done(platform.ErrCanceled)
	}
	a.cfg.Changed()
}

func needsPIN(err error) bool {
	for _, e := range []error{
		keystore.ErrPINRequired, keystore.ErrPINWrong, keystore.ErrPINWait,
		platform.ErrUsePIN, platform.ErrNotEnrolled, platform.ErrLockedOut, platform.ErrInvalidated,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// answer runs a waiting command again with the PIN, or with the sensor for nil.
func (a *App) answer(q *question, pin key.Secret) {
	a.do(q.lane, a.T("app.busy.checking"), func(ctx context.Context) error {
		if pin != nil {
			ctx = keystore.WithPIN(ctx, pin)
		}
		return q.again(ctx, pin)
	}, func(err error) {
		again := needsPIN(err) || errors.Is(err, platform.ErrCanceled)
		a.mu.Lock()
		given := a.ask != q // the person went back meanwhile
		if !given && !again {
			a.ask, a.pin = nil, pinEntry{}
		}
		a.mu.Unlock()
		switch {
		case given && again:
			q.done(platform.ErrCanceled)
		case again:
			a.pinDone(err)
		default:
			q.done(err)
		}
	})
}

// CancelPIN gives the waiting command up. Nothing was done; if the command runs already, what becomes of it is shown when it is known.
func (a *App) CancelPIN() {
	a.mu.Lock()
	q := a.ask
	running := q != nil && a.busy[q.lane] != ""
	a.ask, a.pin = nil, pinEntry{}
	a.mu.Unlock()
	if q != nil && !running {
		q.done(platform.ErrCanceled)
	}
	a.cfg.Changed()
}
