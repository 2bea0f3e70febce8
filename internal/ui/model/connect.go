package model

import (
	"context"
	"errors"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// connectState is a registration while its pages are open.
type connectState struct {
	invitation *phone.Invitation
	account    phone.Account
	waiting    bool // Connect was said, the PIN has to be chosen first
	joined     bool // by another phone, not by a code of the organisation
	proof      proofEntry
}

// ConnectView is the page that asks "Connect work account?".
type ConnectView struct {
	Organisation string
	Account      string // Account a•••a.lind
	Host         string
	GoodUntil    string
	Warning      string // a second organisation, or an account that is here already
	Points       []Point
	More         bool // the second proof comes next
	Busy         string
	Head, Words  string // what went wrong
}

// Point is one line with an icon that says what something means.
type Point struct{ Icon, Text string }

// Connect is the view of PageConnect.
func (a *App) Connect() ConnectView {
	a.mu.Lock()
	defer a.mu.Unlock()
	inv, t := a.connect.invitation, a.print
	if inv == nil {
		return ConnectView{}
	}
	v := ConnectView{
		Organisation: inv.Organisation, Account: t.T("app.connect.account", "Login", inv.LoginMasked), Host: inv.Host,
		GoodUntil: goodUntil(t, inv.GoodUntil, a.cfg.Now()), Busy: a.busy[laneOther],
		Points: []Point{
			{"check-circle", t.T("app.connect.says_yes")},
			{"fingerprint", t.T("app.connect.asks")},
			{"eye", t.T("app.connect.sees", "Organisation", inv.Organisation)},
		},
	}
	v.More = asksProof(inv)
	switch {
	case inv.Connected != "":
		v.Warning = t.T("app.connect.here_already", "Login", inv.Connected, "Organisation", inv.Organisation)
	case inv.NewServer:
		v.Warning = t.T("app.connect.new_organisation")
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// goodUntil says when an invitation ends; what was sent is good for days.
func goodUntil(t *translations.Printer, end, now time.Time) string {
	end = end.In(now.Location())
	if y, d := end.Year(), end.YearDay(); y == now.Year() && d == now.YearDay() {
		return t.T("app.connect.good_until", "Clock", t.Clock(end))
	}
	return t.T("app.connect.good_until_day", "Day", t.DayOfYear(end), "Clock", t.Clock(end))
}

func asksProof(inv *phone.Invitation) bool {
	return inv.SecondProof != "" && inv.SecondProof != authn.ProofNone
}

// invite asks the server of a link who it is. A person who closes the scanner meanwhile has changed her mind. A link that was tapped while something else
// runs, as the unlocking of the app that it has opened, waits for that.
func (a *App) invite(link wire.RegistrationLink) {
	var inv *phone.Invitation
	a.mu.Lock()
	scanning := a.top() == PageScan
	if a.busy[laneOther] != "" {
		a.tapped = &link
		a.mu.Unlock()
		return
	}
	a.mu.Unlock()
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		inv, err = a.cfg.Core.Invite(ctx, link)
		return err
	}, func(err error) {
		var old *phone.Invitation
		var given *question
		a.change(func() {
			switch {
			case scanning && a.top() != PageScan:
				old = inv
			case err != nil:
				a.popIf(PageScan)
				f := a.faultOf(err)
				f.Again = scanning && !f.Hard && authn.CodeOf(err) != "user_disabled"
				a.failure = &f
			default:
				a.popIf(PageScan)
				if a.connect.invitation != inv {
					old = a.connect.invitation
				}
				a.connect = connectState{invitation: inv}
				a.stack = []Page{PageConnect}
				if a.ask != nil && a.ask.request == "" { // what she was asked before the link is given up, but for a request
					given, a.ask, a.pin = a.ask, nil, pinEntry{}
				}
			}
		})
		if given != nil {
			given.done(platform.ErrCanceled)
		}
		a.forget(old)
	})
}

// ScanAgain leaves an error for the scanner.
func (a *App) ScanAgain() {
	a.change(func() { a.failure = nil })
	a.OpenScan()
}

// openTapped opens the link that has waited.
func (a *App) openTapped() {
	a.mu.Lock()
	link := a.tapped
	if a.busy[laneOther] != "" {
		link = nil
	}
	if link != nil {
		a.tapped = nil
	}
	a.mu.Unlock()
	if link != nil {
		a.invite(*link)
	}
}

// ConfirmConnect is the tap on Connect. A code that was sent is asked for its second proof.
func (a *App) ConfirmConnect() {
	more := false
	a.change(func() {
		if more = a.connect.invitation != nil && asksProof(a.connect.invitation); more && a.top() == PageConnect && a.busy[laneOther] == "" {
			a.connect.forgetProof()
			a.stack, a.fault = append(a.stack, PageProof), nil
		}
	})
	if !more {
		a.connectOrChoosePIN()
	}
}

// connectOrChoosePIN goes on to the PIN. Without one it is chosen first.
func (a *App) connectOrChoosePIN() {
	if !a.cfg.Core.State().HasPIN {
		a.change(func() {
			if top := a.top(); top == PageConnect || top == PageProof { // a second tap before the page came
				a.connect.waiting, a.pin = true, pinEntry{}
				a.stack = append(a.stack, PageChoosePIN)
			}
		})
		return
	}
	a.change(func() { a.connect.waiting = true })
	a.connectNow(nil)
}

// connectNow goes on after the PIN was chosen; pin is that PIN, nil when it was chosen before.
func (a *App) connectNow(pin key.Secret) {
	a.mu.Lock()
	inv, waiting := a.connect.invitation, a.connect.waiting
	a.connect.waiting = false
	a.mu.Unlock()
	if inv == nil || !waiting {
		return
	}
	title := a.T("app.prompt.connect", "Organisation", inv.Organisation)
	prompt := platform.Prompt{Title: title, Subtitle: inv.Host, Reason: a.T("app.prompt.connect_reason")}
	var acc phone.Account
	a.verified(&question{title: title, subtitle: inv.Host, lane: laneOther}, a.T("app.busy.connecting"), func(ctx context.Context) error {
		var err error
		acc, err = a.cfg.Core.Connect(once(ctx, &pin), inv, prompt)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			a.change(func() {
				a.stack = []Page{PageWords}
				a.tab, a.account = PageHome, acc.ID
				a.connect = connectState{account: acc}
				if acc.Status != phone.Waiting {
					a.stack = []Page{PageConnected}
				}
			})
		case errors.Is(err, platform.ErrCanceled):
			a.change(func() { inv.Proof.Wipe() })
		default:
			a.connectFailed(inv, err)
		}
	})
}

// CancelConnect leaves the question; nothing is bound. While the server is being told it is too late for that: the answer comes first.
func (a *App) CancelConnect() {
	var inv *phone.Invitation
	a.change(func() {
		if a.busy[laneOther] != "" {
			return
		}
		inv = a.connect.invitation
		a.connect.forgetProof()
		a.connect = connectState{}
		a.popIf(PageConnect)
	})
	a.forget(inv)
}

func (a *App) forget(inv *phone.Invitation) {
	if inv != nil {
		a.cfg.Go(func() {
			if err := a.cfg.Core.Forget(a.ctx, inv); err != nil && a.cfg.Log != nil {
				a.cfg.Log.Note("could not forget an invitation", err)
			}
		})
	}
}

// WordsView is the page with the check words, and the one that says that all is done.
type WordsView struct {
	Title, Text  string
	Words        [2]string
	Organisation string
	Waiting      string
}

// CheckWords is the view of PageWords.
func (a *App) CheckWords() WordsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, acc := a.print, a.connect.account
	return WordsView{
		Title: t.T("app.words.title"), Text: t.T("app.words.text", "Host", acc.Host), Words: acc.CheckWords,
		Organisation: acc.Organisation, Waiting: t.T("app.words.waiting"),
	}
}

// ConnectedView is the view of PageConnected.
func (a *App) ConnectedView() WordsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, acc := a.print, a.connect.account
	v := WordsView{Title: t.T("app.connected.title"), Text: t.T("app.connected.text", "Organisation", acc.Organisation), Organisation: acc.Organisation}
	if known, ok := a.cfg.Core.State().Account(acc.ID); ok {
		acc = known // how long it may do little comes with its first status
	}
	if now := a.cfg.Now(); a.connect.joined && now.Before(acc.ProbationUntil) {
		v.Waiting = t.T("app.join.probation", "When", t.Soon(acc.ProbationUntil, now))
	}
	return v
}

// FinishConnect leaves the last pages of a registration.
func (a *App) FinishConnect() {
	a.change(func() { a.stack, a.connect = nil, connectState{} })
}

// accountsChanged moves the page with the check words on when the page in the browser was answered.
func (a *App) accountsChanged() {
	s := a.cfg.Core.State()
	a.mu.Lock()
	defer a.mu.Unlock()
	acc, ok := s.Account(a.connect.account.ID)
	if !ok || a.top() != PageWords {
		return
	}
	switch acc.Status {
	case phone.Connected:
		a.stack[len(a.stack)-1] = PageConnected
	case phone.Removed, phone.Blocked:
		f := Fault{Title: a.print.T("app.words.refused_title"), Sentence: a.print.T("app.words.refused"), Code: ShortCode("device_refused"), Hard: true}
		a.stack, a.failure, a.connect = nil, &f, connectState{}
	}
}
