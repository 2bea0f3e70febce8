package model

import (
	"time"

	"avow/internal/authn"
)

// LockDelay is how long the app stays open without being used. It is stored: append, never rename.
type LockDelay string

// The delays. "" is a minute.
const (
	LockAtOnce  LockDelay = "at_once" // as soon as it is left
	LockHalf    LockDelay = "30s"
	LockMinute  LockDelay = "1m"
	LockMinutes LockDelay = "5m"
)

var lockDelays = []LockDelay{LockAtOnce, LockHalf, LockMinute, LockMinutes}

// Duration is the delay; what nobody knows is a minute.
func (d LockDelay) Duration() time.Duration {
	switch d {
	case LockAtOnce:
		return 0
	case LockHalf:
		return 30 * time.Second
	case LockMinutes:
		return 5 * time.Minute
	}
	return time.Minute
}

// ClearDelay is how long a copied code stays on the clipboard. It is stored: append, never rename. There is none without end.
type ClearDelay string

// The delays. "" is half a minute.
const (
	ClearQuarter ClearDelay = "15s"
	ClearHalf    ClearDelay = "30s"
	ClearMinute  ClearDelay = "1m"
)

var clearDelays = []ClearDelay{ClearQuarter, ClearHalf, ClearMinute}

// Duration is the delay; what nobody knows is half a minute.
func (d ClearDelay) Duration() time.Duration {
	switch d {
	case ClearQuarter:
		return 15 * time.Second
	case ClearMinute:
		return time.Minute
	}
	return 30 * time.Second
}

// LockChoices are the choices of the page Lock.
type LockChoices struct {
	Lock        LockDelay  `json:"lock,omitempty"`
	Clear       ClearDelay `json:"clear,omitempty"`
	Screenshots bool       `json:"screenshots,omitempty"` // the window may be seen in them
	Quiet       bool       `json:"quiet,omitempty"`       // no notifications of the system
}

// Pick is one of several that a person chooses from.
type Pick struct {
	Name   string // the same in every language
	Text   string
	Chosen bool
	Off    bool // the organisation does not allow it
}

// LockRow is what Settings says of the lock.
type LockRow struct {
	After    string // "After 1 minute"
	CanGuard bool   // the window can be kept out of screenshots
	Hides    bool   // and is
	Delivery string // whether notifications are shown, or what a test of them has found
}

// LockRulesView is the page Lock, and the choices that lie behind it.
type LockRulesView struct {
	HasPIN    bool
	HasSensor bool
	Biometric bool
	Row       LockRow
	Always    string // that it always locks when the screen goes dark
	WrongPINs string // what follows ten wrong ones
	Afters    []Pick
	AfterText string // what "at once" means, and the organisation's bound
	Hide      bool   // codes, until they are tapped
	Guard     string // about screenshots; where the system can't, that
	Clears    []Pick
	Clear     string // "After 30 seconds"
	ClearText string
	Words     string
}

// LockRules is the view of PageLockRules, PageLockAfter and PageClearAfter.
func (a *App) LockRules() LockRulesView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, s, c := a.print, a.cfg.Core.State(), a.cfg.Settings.Get()
	v := LockRulesView{
		HasPIN: s.HasPIN, HasSensor: a.cfg.Biometrics != nil, Biometric: a.hasBiometric(), Row: a.lockRow(), Hide: c.HideCodes,
		Always: t.T("app.lock.always"), WrongPINs: t.T("app.lock.wrong_wait"), AfterText: t.T("app.lock.at_once_phone"),
		Guard: t.T("app.lock.guard"), Clear: a.after(c.Clear.Duration()), ClearText: t.T("app.lock.clear_text"),
	}
	if s.Lock.WrongPINs == authn.WrongPINRestore {
		v.WrongPINs = t.T("app.lock.wrong_restore")
	}
	if a.cfg.Desktop {
		v.Always, v.AfterText = t.T("app.lock.always_desktop"), t.T("app.lock.at_once_desktop")
	}
	if s.Lock.Most > 0 {
		v.AfterText += " " + t.T("app.lock.most", "Wait", a.span(s.Lock.Most))
	}
	if a.cfg.Guard == nil {
		v.Guard = t.T("app.lock.no_guard")
	}
	for _, d := range lockDelays {
		v.Afters = append(v.Afters, Pick{
			Name: "after-" + string(d), Text: a.after(d.Duration()), Off: s.Lock.Most > 0 && d.Duration() > s.Lock.Most,
			Chosen: d.Duration() == a.lockAfter(s.Lock.Most),
		})
	}
	for _, d := range clearDelays {
		v.Clears = append(v.Clears, Pick{Name: "clear-" + string(d), Text: a.after(d.Duration()), Chosen: d.Duration() == c.Clear.Duration()})
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// lockAfter is the delay that holds: what was chosen, within the organisation's bound.
func (a *App) lockAfter(most time.Duration) time.Duration {
	d := a.cfg.Settings.Get().Lock.Duration()
	if most > 0 {
		d = min(d, most)
	}
	return d
}

// lockRow is what Settings says of the lock; mu must be held.
func (a *App) lockRow() LockRow {
	c := a.cfg.Settings.Get()
	r := LockRow{After: a.after(a.lockAfter(a.cfg.Core.State().Lock.Most)), CanGuard: a.cfg.Guard != nil, Hides: !c.Screenshots, Delivery: a.print.T("app.lock.on")}
	if c.Quiet || a.cfg.Notify == nil {
		r.Delivery = a.print.T("app.lock.off")
	}
	for id, found := range a.delivery.found {
		if _, there := a.cfg.Core.State().Account(id); there {
			r.Delivery = a.print.T("app.notify.works")
			if found.err != nil {
				r.Delivery = a.print.T("app.notify.broken")
				break
			}
		}
	}
	return r
}

// after says a delay: "After 1 minute"; mu must be held.
func (a *App) after(d time.Duration) string {
	if d <= 0 {
		return a.print.T("app.lock.at_once")
	}
	return a.print.T("app.lock.after", "Wait", a.span(d))
}

// span says a delay by itself: "1 minute".
func (a *App) span(d time.Duration) string {
	if d%time.Minute == 0 {
		return a.print.T("time.minutes", "Count", int(d/time.Minute))
	}
	return a.print.Wait(d)
}

// PickLock takes the choice of that name on PageLockAfter. One that the organisation does not allow is passed over.
func (a *App) PickLock(name string) {
	most := a.cfg.Core.State().Lock.Most
	for _, d := range lockDelays {
		if name == "after-"+string(d) && (most == 0 || d.Duration() <= most) {
			a.Choose(func(c *Choices) { c.Lock = d })
		}
	}
}

// PickClear takes the choice of that name on PageClearAfter.
func (a *App) PickClear(name string) {
	for _, d := range clearDelays {
		if name == "clear-"+string(d) {
			a.Choose(func(c *Choices) { c.Clear = d })
		}
	}
}

// applyLock has core and window keep to the choices. mu must not be held.
func (a *App) applyLock() {
	c := a.cfg.Settings.Get()
	a.cfg.Core.SetLockAfter(c.Lock.Duration())
	a.mu.Lock()
	defer a.mu.Unlock()
	if hide := !c.Screenshots; hide != a.guards.whole {
		a.guards.whole = hide
		a.setGuard()
	}
}

// guards say why the window is kept out of screenshots.
type guards struct {
	whole bool // the person wants it always
	page  bool // something on it must never be in one
}

// guard keeps the window out of screenshots while a code is on it, where the system can do that; mu must be held.
func (a *App) guard(on bool) {
	a.guards.page = on
	a.setGuard()
}
