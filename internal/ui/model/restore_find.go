package model

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

// FromView is the page that asks where the account is.
type FromView struct {
	Title, Text           string
	Host, Login           string // as they were typed
	WrongHost, WrongLogin string
	Head, Words           string
}

// OpenRestoreFrom is the tap on "I have a restore code".
func (a *App) OpenRestoreFrom() {
	a.change(func() {
		a.restore, a.restoring = restoreState{use: useRestore}, restoringState{}
		a.stack, a.fault = append(a.stack, PageRestoreFrom), nil
	})
}

// RestoreFrom is the view of PageRestoreFrom.
func (a *App) RestoreFrom() FromView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, r := a.print, a.restoring
	v := FromView{
		Title: t.T("app.use.from"), Text: t.T("app.use.from_text"), Host: cmp.Or(r.host, a.cfg.Brand.Server), Login: r.login, WrongHost: r.wrongHost, WrongLogin: r.wrongLogin,
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// RestoreFromTyped keeps what was typed.
func (a *App) RestoreFromTyped(host, login string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := &a.restoring; r.host != host || r.login != login {
		r.host, r.login, r.wrongHost, r.wrongLogin = host, login, "", ""
	}
}

// RestoreFromNext goes on to the code. Nothing is asked of the server yet.
func (a *App) RestoreFromNext() {
	a.change(func() {
		r := &a.restoring
		host, err := hostOf(r.host)
		r.wrongHost, r.wrongLogin = "", ""
		if err != nil {
			r.wrongHost = a.print.T("app.use.wrong_host")
		}
		if strings.TrimSpace(r.login) == "" {
			r.wrongLogin = a.print.T("app.use.wrong_login")
		}
		if r.wrongHost != "" || r.wrongLogin != "" || a.top() != PageRestoreFrom {
			return
		}
		r.host, r.login = host, strings.TrimSpace(r.login)
		a.restore.use, r.asks = useRestore, false
		a.stack, a.fault = append(a.stack, PageRestoreType), nil
	})
}

// findRestore asks the server that was named who it is; only one that knows the code is believed.
func (a *App) findRestore(code key.RestoreCode) {
	a.mu.Lock()
	r := a.restoring
	a.mu.Unlock()
	a.find(func(ctx context.Context) (*phone.RestoreOffer, error) {
		return a.cfg.Core.FindRestore(ctx, phone.RestoreFrom{Host: r.host, Login: r.login, Code: code})
	})
}

// scannedSheet takes a printed sheet: it says all that is typed otherwise. Where a code is asked for, it is typed by that.
func (a *App) scannedSheet(link wire.RestoreLink) {
	typed := false
	a.change(func() {
		if n := len(a.stack); n > 1 && a.top() == PageScan && a.stack[n-2] == PageRestoreType && a.restore.use != useRestore {
			g := link.Code.Groups()
			use := a.restore
			a.popIf(PageScan)
			a.restore = use
			a.restore.typed.set(g[:])
			typed = true
			return
		}
		a.endCamera()
	})
	if !typed {
		a.find(func(ctx context.Context) (*phone.RestoreOffer, error) {
			return a.cfg.Core.FindRestore(ctx, phone.RestoreFromLink(link))
		})
	}
}

// pastedDigits takes a one-time code from the clipboard where it is asked for, and reports whether the text was meant for that.
func (a *App) pastedDigits(text string) bool {
	if a.Page() != PageRestoreDigits || scanner.Classify(text).Link != nil {
		return false
	}
	digits := onlyDigits(text)
	a.change(func() {
		if len(digits) != ProofDigits {
			a.digitsWrong(a.print.T("app.proof.no_digits"))
			return
		}
		a.restoring.digits, a.restoring.wrong = digits, ""
	})
	return true
}

func (a *App) find(f func(context.Context) (*phone.RestoreOffer, error)) {
	a.mu.Lock()
	page := a.top()
	a.mu.Unlock()
	var offer *phone.RestoreOffer
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		offer, err = f(ctx)
		return err
	}, func(err error) {
		a.change(func() {
			switch {
			case a.top() != page: // the person has left meanwhile
			case err == nil:
				if page == PageScan {
					a.restoring = restoringState{}
				}
				a.popIf(PageScan)
				a.restoring.offer = offer
				a.restore.use = useRestore
				a.stack = append(a.stack, PageRestoreConfirm)
			default:
				f := a.faultOf(err)
				if say := a.codeFault(err); say != "" && page == PageRestoreType {
					a.restore.typed.wrong = say
					return
				}
				if page == PageScan {
					a.popIf(PageScan)
					a.failure = &f
					return
				}
				a.fault = &f
			}
		})
	})
}

// ConfirmRestoreView is the page that asks whether this account is to be restored on this phone.
type ConfirmRestoreView struct {
	Title, Organisation string
	Account, Host       string
	Vouched             string // why the server can be believed; "" where only its name says so
	Points              []Point
	Go                  string
	Head, Words         string
}

// RestoreConfirm is the view of PageRestoreConfirm.
func (a *App) RestoreConfirm() ConfirmRestoreView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, o := a.print, a.restoring.offer
	if o == nil {
		return ConfirmRestoreView{}
	}
	v := ConfirmRestoreView{
		Title: t.T("app.use.confirm"), Organisation: o.Organisation, Host: o.Host, Vouched: t.T("app.use.vouched"), Go: t.T("app.use.restore"),
		Points: []Point{
			{"bell", t.T("app.use.told")}, {"mail", t.T("app.use.then_code")}, {"key", t.T("app.use.then_new")},
		},
	}
	if a.restoring.asks {
		v.Title, v.Vouched, v.Go = t.T("app.colleagues.confirm"), "", t.T("app.colleagues.ask")
		v.Points = []Point{{"mail", t.T("app.use.then_code")}, {"users", t.T("app.colleagues.then_yes")}, {"bell", t.T("app.use.told")}, {"codes", t.T("app.colleagues.lost")}}
	}
	if o.Login != "" {
		v.Account = t.T("app.connect.account", "Login", o.Login)
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// ProveRestore is the tap on "Restore": without a PIN that is chosen first.
func (a *App) ProveRestore() {
	a.withPINChosen(PageRestoreConfirm, a.proveRestore)
}

func (a *App) proveRestore(pin key.Secret) {
	a.mu.Lock()
	o, prove := a.restoring.offer, a.cfg.Core.ProveRestore
	if a.restoring.asks {
		prove = a.cfg.Core.AskColleagues
	}
	a.mu.Unlock()
	if o == nil {
		return
	}
	title := a.T("app.prompt.restore_account", "Organisation", o.Organisation)
	p := platform.Prompt{Title: title, Subtitle: o.Host, Reason: a.T("app.prompt.connect_reason")}
	var r phone.Restoring
	a.verified(&question{title: title, subtitle: o.Host, lane: laneOther}, a.T("app.busy.restoring"), func(ctx context.Context) error {
		var err error
		r, err = prove(once(ctx, &pin), o, p)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			a.change(func() {
				a.stack = nil
				a.leaveRestore()
				a.restoring = restoringState{}
				a.showRestoring(r)
			})
		case errors.Is(err, platform.ErrCanceled):
		default:
			a.change(func() {
				f := a.faultOf(err)
				if say := a.codeFault(err); say != "" {
					f.Title, f.Sentence = a.print.T("app.use.refused_title"), a.print.T("app.use.refused")
				}
				a.fault = &f
			})
		}
	})
}
