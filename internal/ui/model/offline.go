package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// offlineState is a page with a code for a computer, for its QR or from its list. While the code is hidden, nothing of it is kept here.
type offlineState struct {
	page      Page
	computer  phone.Computer
	challenge phone.Challenge    // of a QR
	asked     time.Time          // when that was scanned, by this phone's clock
	code      *phone.OfflineCode // while it is shown
	shownAt   time.Time
	number    int // of a list's code, also when it is hidden again
	left      int
	times     int // how often a code was shown
}

// OfflineView is the page of a code, before, while and after it is shown.
type OfflineView struct {
	Title        string
	Icon         string // what the machine looks like
	Question     string // "Sign in to LAPTOP-42 as anna.lind"
	Organisation string // with several accounts
	Clock        string // "Its clock says 10:32"; "" on the page of a list, and with a warning
	Time         string // 10:32 in it
	Same         string // "Same as this phone"
	Warning      string
	Number       string // "Code 13 of 50"
	Type         string // "Type this on LAPTOP-42"
	Code         string // in groups; "" while it is hidden
	Groups       []int  // characters of its groups, for dots in its place
	Hint         string // "7K stands for LAPTOP-42"
	Left         string // seconds
	Part         float64
	Urgent       bool
	Below        string // "Hidden again in 41 seconds"
	Over         bool   // it was shown and is hidden again
	NoteHead     string
	NoteText     string
	Show         string // the button that verifies the user and shows the code
	Next         string // the button for the next code of a list; "" when there is none
	Turn         int    // changes with each code that is shown
}

// askOffline puts the question of a scanned O code: which computer, and what its clock says.
func (a *App) askOffline(link wire.OfflineLink) {
	a.mu.Lock()
	scanning := a.top() == PageScan
	a.mu.Unlock()
	ch, err := a.cfg.Core.OfflineChallenge(link)
	if err != nil {
		c, _ := computerOf(a.cfg.Core.State(), link.Grant)
		a.change(func() {
			a.popIf(PageScan)
			a.failure = a.faultFor(c, err)
			a.failure.Again = scanning && errors.Is(err, authn.ErrGrantUnknown) // it may have been the wrong code
		})
		return
	}
	a.openOffline(&offlineState{page: PageOfflineCode, computer: ch.Computer, challenge: ch, asked: a.cfg.Now()})
}

// openOffline puts the page of a code above the tab, in place of an older one.
func (a *App) openOffline(o *offlineState) {
	a.change(func() {
		a.popIf(PageScan)
		a.closeOffline()
		a.offline, a.fault = o, nil
		a.stack = append(a.stack, o.page)
	})
}

// closeOffline takes the page of a code away, wherever it lies; mu must be held.
func (a *App) closeOffline() {
	a.hide()
	a.offline = nil
	a.stack = slices.DeleteFunc(a.stack, func(p Page) bool { return p == PageOfflineCode || p == PageListCode })
}

// Offline is the view of PageOfflineCode and PageListCode.
func (a *App) Offline() OfflineView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, t, o, now := a.cfg.Core.State(), a.print, a.offline, a.cfg.Now()
	if o == nil {
		return OfflineView{}
	}
	a.tidy(a.page(s))
	name := o.computer.Name
	v := OfflineView{
		Title: t.T("app.offline.title"), Icon: machine(name), Question: t.T("app.offline.question", "Computer", name, "Login", o.computer.Login),
		NoteHead: t.T("app.offline.note"), NoteText: t.T("app.offline.note_text"), Type: t.T("app.offline.then_type", "Computer", name),
		Below: t.T("app.offline.how_long"), Show: t.T("app.offline.show"), Over: o.times > 0 && o.code == nil, Turn: o.times,
		Groups: []int{4, 4},
	}
	if len(s.Accounts) > 1 {
		v.Organisation = o.computer.Organisation
	}
	if o.page == PageOfflineCode {
		a.sayClock(&v, o)
	} else {
		v.Title, v.Groups = t.T("app.list.title"), []int{2, 4, 4}
		if o.number > 0 {
			v.Number = t.T("app.list.number", "Number", o.number, "Total", max(o.computer.CodesTotal, o.number))
		}
		if o.times > 0 && o.left > 0 {
			v.Next = t.T("app.list.next")
		}
	}
	v.Left = fmt.Sprint(int(phone.ShowCodeFor.Seconds()))
	if v.Over {
		v.Left = ""
		v.Below, v.Show = t.T("app.offline.over"), t.T("app.offline.again")
	}
	if o.code != nil {
		left := o.code.Until.Sub(now)
		v.Part = min(1, left.Seconds()/max(1, o.code.Until.Sub(o.shownAt).Seconds()))
		seconds := int((left + time.Second - 1) / time.Second)
		v.Left, v.Urgent = fmt.Sprint(seconds), seconds <= 10
		v.Code, v.Type = o.code.Text, t.T("app.offline.type", "Computer", name)
		v.Below = t.T("app.offline.hidden_in", "Count", seconds)
		if o.page == PageListCode {
			prefix, _, _ := strings.Cut(o.code.Text, " ")
			v.Hint = t.T("app.list.prefix", "Prefix", prefix, "Computer", name)
		}
	}
	return v
}

// sayClock says what the computer's clock says, and warns when that is not about now; mu must be held.
func (a *App) sayClock(v *OfflineView, o *offlineState) {
	t, ch := a.print, o.challenge
	theirs, ours := ch.Clock.In(o.asked.Location()), o.asked
	say := t.Clock
	if theirs.Format(time.DateOnly) != ours.Format(time.DateOnly) { // the same hour of another day must not look right
		say = func(at time.Time) string { return t.Day(at) + ", " + t.Clock(at) }
	}
	v.Time = say(theirs)
	switch {
	case ch.Warn:
		v.Warning = t.T("app.offline.clock_wrong", "Computer", o.computer.Name, "Theirs", v.Time, "Ours", say(ours))
	case ch.Off.Abs() < time.Minute:
		v.Clock, v.Same = t.T("app.offline.clock", "Clock", v.Time), t.T("app.offline.clock_same")
	default:
		v.Clock, v.Same = t.T("app.offline.clock", "Clock", v.Time), t.T("app.offline.clock_near", "Clock", say(ours))
	}
}

// ShowCode verifies the user and shows the code of the page, again if it was hidden.
func (a *App) ShowCode() {
	a.mu.Lock()
	o := a.offline
	a.mu.Unlock()
	switch {
	case o == nil:
	case o.page == PageListCode:
		a.showCode(o, a.cfg.Core.ListCode)
	default:
		a.showCode(o, func(ctx context.Context, _ authn.GrantID, p platform.Prompt) (phone.OfflineCode, error) {
			return a.cfg.Core.OfflineCode(ctx, o.challenge, p)
		})
	}
}

// NextCode goes on to the next code of a list.
func (a *App) NextCode() {
	a.mu.Lock()
	o := a.offline
	a.mu.Unlock()
	if o != nil && o.page == PageListCode {
		a.showCode(o, a.cfg.Core.NextListCode)
	}
}

func (a *App) showCode(o *offlineState, get func(context.Context, authn.GrantID, platform.Prompt) (phone.OfflineCode, error)) {
	title := a.T("app.prompt.offline", "Computer", o.computer.Name)
	p := platform.Prompt{Title: title, Subtitle: o.computer.Login, Reason: a.T("app.prompt.offline_reason", "Computer", o.computer.Name)}
	var code phone.OfflineCode
	a.verified(&question{title: title, subtitle: o.computer.Login, lane: laneOther}, a.T("app.busy.checking"), func(ctx context.Context) error {
		var err error
		code, err = get(ctx, o.computer.Grant, p)
		return err
	}, func(err error) { a.codeCame(o, code, err) })
}

// codeCame shows a code, if its page is still the one that is seen: the person may have left it, or a request may cover it.
func (a *App) codeCame(o *offlineState, code phone.OfflineCode, err error) {
	a.change(func() {
		now := a.cfg.Now()
		switch {
		case a.offline != o:
		case err == nil:
			o.number, o.left = code.Number, code.Left
			o.times++
			if a.page(a.cfg.Core.State()) == o.page && now.Before(code.Until) {
				o.code, o.shownAt = &code, now
				a.guard(true)
			}
		case errors.Is(err, platform.ErrCanceled):
			if o.page == PageListCode && o.times == 0 { // the tap on the row asked for it, and there is nothing else on the page
				a.closeOffline()
			}
		default:
			a.closeOffline()
			a.failure = a.faultFor(o.computer, err)
		}
	})
}

// Hide takes the code off the screen, because the app is not seen any more or something covers it. Nothing of it stays.
func (a *App) Hide() { a.change(a.hide) }

// hide is Hide; mu must be held.
func (a *App) hide() {
	a.hideCode()
	a.codes.revealed = nil
	if a.top() == PageCodeQR {
		a.pop()
	}
	if a.offline != nil && a.offline.code != nil {
		a.offline.code = nil
		a.guard(false)
	}
}

// tidy hides a code whose time is over or that lies under the page p; mu must be held.
func (a *App) tidy(p Page) {
	if top := a.top(); (top == PageRestoreCode || top == PageRestoreSpelled) && p != top {
		a.hideCode()
	}
	if o := a.offline; o != nil && o.code != nil && (p != o.page || !a.cfg.Now().Before(o.code.Until)) {
		a.hide()
	}
}

// setGuard keeps the window out of screenshots while there is a reason to, where the system can do that; mu must be held.
func (a *App) setGuard() {
	if a.cfg.Guard == nil {
		return
	}
	if err := a.cfg.Guard.Guard(a.guards.whole || a.guards.page); err != nil && !errors.Is(err, platform.ErrNoScreenGuard) && a.cfg.Log != nil {
		a.cfg.Log.Note("could not hide the window in screenshots", err)
	}
}

// computersChanged takes the page of a code away when there must be none any more for its computer.
func (a *App) computersChanged() {
	s := a.cfg.Core.State()
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.offline
	if o == nil || s.Locked {
		return
	}
	c, ok := computerOf(s, o.computer.Grant)
	var err error = authn.ErrGrantUnknown
	if ok {
		err = whyNone(c)
	}
	if err == nil {
		o.computer = c
		return
	}
	a.closeOffline()
	a.failure = a.faultFor(o.computer, err)
}

// watch hides the code when the app goes out of sight.
func (a *App) watch(l platform.Lifecycle) {
	for e := range l.Events(a.ctx) {
		if e == platform.Used {
			continue
		}
		if away := e != platform.Foreground; away || a.Away() {
			a.change(func() {
				if a.codes.away = away; away {
					a.hide()
				}
			})
		}
	}
}
