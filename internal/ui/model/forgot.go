package model

import (
	"context"
	"errors"
	"strings"

	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// ForgotView is the page for a forgotten PIN: what cannot be opened any more is said first, then the ways.
type ForgotView struct {
	Title, Text string
	Lost        []Point
	Finger      string // "" without a fingerprint that opens the keys
	FingerText  string
	Code        string
	CodeText    string
	Desk        string
	DeskText    string
	Head, Words string
}

// OpenForgot is the tap on "Forgot your PIN?".
func (a *App) OpenForgot() {
	a.change(func() { a.forgot, a.fault = true, nil })
}

// Forgot is the view of PageForgot.
func (a *App) Forgot() ForgotView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := ForgotView{
		Title: t.T("app.forgot.title"), Text: t.T("app.forgot.text"), Code: t.T("app.forgot.code"), CodeText: t.T("app.forgot.code_text"),
		Desk: t.T("app.forgot.desk"), DeskText: t.T("app.forgot.desk_text"),
		Lost: []Point{{"codes", t.T("app.forgot.lost_codes")}, {"phone", t.T("app.forgot.lost_accounts")}},
	}
	if acc, ok := a.shownAccount(a.cfg.Core.State()); ok && acc.Support != "" {
		v.DeskText = t.T("app.forgot.desk_number", "Support", strings.ReplaceAll(acc.Support, " ", "\u00a0"))
	}
	if a.hasBiometric() {
		v.Finger, v.FingerText, v.Lost = t.T("app.forgot.finger"), t.T("app.forgot.finger_text"), nil
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// leaveForgot goes back to the lock.
func (a *App) leaveForgot() {
	a.change(func() { a.forgot, a.resetting, a.fault, a.pin = false, false, nil, pinEntry{} })
}

// OpenResetPIN lets a new PIN be chosen; the fingerprint takes the place of the old one.
func (a *App) OpenResetPIN() {
	a.change(func() { a.resetting, a.fault, a.pin = true, nil, pinEntry{} })
}

// resetPIN takes the new PIN twice, then asks the sensor.
func (a *App) resetPIN(pin string) {
	if !a.repeated(pin) {
		return
	}
	p := platform.Prompt{Title: a.T("app.prompt.reset_pin"), Reason: a.T("app.prompt.reset_pin_reason")}
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error {
		return a.cfg.Core.ResetPIN(ctx, key.Secret(pin), p)
	}, func(err error) {
		a.pinDone(err)
		if err == nil {
			a.leaveForgot()
			a.unlock(withPIN(a.ctx, pin), a.cfg.Core.Unlock)
		}
	})
}

// EraseQuestion is asked before everything in the app is deleted.
func (a *App) EraseQuestion() (title, text, yes, no string) {
	return a.T("app.erase.title"), a.T("app.erase.text"), a.T("app.erase.yes"), a.T("app.erase.no")
}

// StartOver deletes everything in the app; an empty one takes its place, which can restore.
func (a *App) StartOver() {
	a.do(laneOther, a.T("app.busy.erasing"), a.cfg.Core.EraseApp, func(err error) {
		switch {
		case errors.Is(err, platform.ErrCanceled):
		case err != nil:
			a.change(func() {
				f := a.faultOf(err)
				a.fault = &f
			})
		default:
			a.change(func() { a.forgot, a.resetting, a.pin = false, false, pinEntry{} }) // PageErased follows
		}
	})
}

// ErasedView is the page of an app in which everything was deleted.
type ErasedView struct {
	Title, Text string
	Start       string // the button that opens an empty app; "" when the person has to
}

// Erased is the view of PageErased.
func (a *App) Erased() ErasedView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := ErasedView{Title: t.T("app.erased.title"), Text: t.T("app.erased.close")}
	if a.cfg.StartAnew != nil {
		v.Text, v.Start = t.T("app.erased.text"), t.T("app.erased.start")
	}
	return v
}

// StartAnew opens an empty app in place of this one.
func (a *App) StartAnew() {
	if a.cfg.StartAnew != nil {
		a.cfg.StartAnew()
	}
}

// accountWiped says that an account was deleted because its user or organisation wanted that.
func (a *App) accountWiped(id phone.AccountID) {
	a.change(func() {
		a.home.removed = a.print.T("app.wiped.account")
		if name := a.names[id]; name != "" {
			a.home.removed = a.print.T("app.wiped.organisation", "Organisation", name)
		}
		if a.account == id {
			a.account = ""
		}
		a.stack, a.fault = nil, nil
		a.left()
	})
}
