package model

import (
	"context"
	"errors"
	"slices"
	"strings"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

// restoringState is a restore on this phone while its pages are open. What has to outlive the app is the core's.
type restoringState struct {
	host, login           string
	wrongHost, wrongLogin string
	offer                 *phone.RestoreOffer
	asks                  bool            // colleagues, in place of a code
	id                    authn.RestoreID // that is shown
	digits                string
	wrong                 string // below the digits
	tries                 int
	account               phone.AccountID // that was restored
	forged                bool            // what the server had kept is not what the code has sealed
	old                   []phone.OldDevice
}

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
		Title: t.T("app.use.from"), Text: t.T("app.use.from_text"), Host: r.host, Login: r.login, WrongHost: r.wrongHost, WrongLogin: r.wrongLogin,
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

// restoreChanged brings the page of a restore that runs here up to date.
func (a *App) restoreChanged() {
	s := a.cfg.Core.State()
	a.change(func() {
		if top := a.top(); top != PageRestoreDigits && top != PageRestoreWait {
			return
		}
		if r, ok := restoringOf(s, a.restoring.id); ok && (a.top() == PageRestoreDigits) != (r.State == authn.RestoreProved) {
			a.showRestoring(r)
		}
	})
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

// showRestoring opens the page of a restore that runs on this phone; mu must be held.
func (a *App) showRestoring(r phone.Restoring) {
	a.restoring.id = r.ID
	page := PageRestoreWait
	if r.State == authn.RestoreProved {
		page = PageRestoreDigits
	}
	a.fault = nil
	switch a.top() {
	case PageRestoreDigits, PageRestoreWait:
		a.stack[len(a.stack)-1] = page
	default:
		a.stack = append(a.stack, page)
	}
}

func restoringOf(s phone.State, id authn.RestoreID) (phone.Restoring, bool) {
	for _, r := range s.Restores {
		if r.ID == id {
			return r, true
		}
	}
	return phone.Restoring{}, false
}

// DigitsView is the page for the one-time code, by mail or from the service desk.
type DigitsView struct {
	Title, Text  string
	Organisation string
	Digits       string
	Wrong        string
	Tries        int
	Left         string // how long it is good
	Part         float64
	Resend       string // "" when none can be sent
	Head, Words  string
}

// RestoreDigits is the view of PageRestoreDigits.
func (a *App) RestoreDigits() DigitsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := a.print, a.cfg.Now()
	r, ok := restoringOf(a.cfg.Core.State(), a.restoring.id)
	if !ok {
		return DigitsView{}
	}
	v := DigitsView{
		Organisation: r.Organisation, Digits: a.restoring.digits, Wrong: a.restoring.wrong, Tries: a.restoring.tries,
		Title: t.T("app.use.mail_title"), Text: t.T("app.use.mail_text", "Mail", r.MailMasked), Resend: t.T("app.use.resend"),
	}
	if r.Delivery == authn.RestoreByDesk {
		v.Title, v.Text, v.Resend = t.T("app.use.desk_title"), t.T("app.use.desk_text", "Organisation", r.Organisation), ""
	} else if !r.Expires.IsZero() {
		left := max(0, r.Expires.Sub(now))
		v.Left, v.Part = t.Left(left), min(1, left.Seconds()/authn.OTPLifetime.Seconds())
	}
	if r.Kind == authn.RestoreByColleagues {
		v.Resend = ""
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// RestoreDigitsTyped keeps what was typed.
func (a *App) RestoreDigitsTyped(digits string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.restoring.digits, a.restoring.wrong = digits, ""
}

// SubmitRestoreDigits sends the one-time code. The server counts the try before it looks.
func (a *App) SubmitRestoreDigits(text string) {
	text = onlyDigits(text)
	a.mu.Lock()
	id, ready := a.restoring.id, a.top() == PageRestoreDigits && a.busy[laneOther] == ""
	a.mu.Unlock()
	switch {
	case !ready:
		return
	case len(text) != ProofDigits:
		a.change(func() { a.digitsWrong(a.print.T("app.proof.all_digits")) })
		return
	}
	var r phone.Restoring
	a.do(laneOther, a.T("app.busy.checking"), func(ctx context.Context) error {
		var err error
		r, err = a.cfg.Core.ConfirmRestore(ctx, id, text)
		return err
	}, func(err error) {
		a.change(func() {
			switch {
			case a.restoring.id != id:
			case err == nil:
				a.restoring.digits = ""
				a.showRestoring(r)
			case authn.CodeOf(err) == "restore_code_wrong", authn.CodeOf(err) == "otp_wrong":
				a.digitsWrong(a.wrongDigits(err))
			default:
				f := a.faultOf(err)
				a.fault = &f
			}
		})
		if err == nil {
			a.finishIfReady()
		}
	})
}

func (a *App) digitsWrong(words string) {
	a.fault = nil
	a.restoring.wrong = words
	a.restoring.tries++
}

// wrongDigits says how many tries are left when the server said so; mu must be held.
func (a *App) wrongDigits(err error) string {
	if left := authn.AsError(err).Left; left > 0 {
		return a.print.T("app.use.digits_left", "Count", left)
	}
	return a.print.T("app.use.digits_wrong")
}

// ResendDigits asks for a new mail.
func (a *App) ResendDigits() {
	a.restoringCall("app.busy.sending", a.cfg.Core.ResendRestore, func(phone.Restoring) {
		a.restoring.digits, a.restoring.wrong = "", ""
	})
}

// CheckRestoring asks the server how the restore stands.
func (a *App) CheckRestoring() {
	a.restoringCall("app.busy.checking", a.cfg.Core.CheckRestore, a.showRestoring)
}

func (a *App) restoringCall(label translations.Message, f func(context.Context, authn.RestoreID) (phone.Restoring, error), well func(phone.Restoring)) {
	a.mu.Lock()
	id := a.restoring.id
	a.mu.Unlock()
	var r phone.Restoring
	a.do(laneOther, a.T(label), func(ctx context.Context) error {
		var err error
		r, err = f(ctx, id)
		return err
	}, func(err error) {
		a.change(func() {
			switch {
			case a.restoring.id != id:
			case err == nil:
				well(r)
			default:
				fault := a.faultOf(err)
				a.fault = &fault
			}
		})
	})
}

// WaitView is the page of a restore that waits, or has ended.
type WaitView struct {
	Title, Text  string
	Tone         Tone
	Icon         string
	Organisation string
	Facts        []Fact
	Points       []Point // who can stop it
	Finish       bool    // it can be finished now
	Over         bool    // it has ended without an account
	Check        bool
	Number       string // that is read out to colleagues
	NumberText   string
	Remind       string // the button that asks them again
	Head, Words  string
}

// RestoreWait is the view of PageRestoreWait.
func (a *App) RestoreWait() WaitView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := a.print, a.cfg.Now()
	r, ok := restoringOf(a.cfg.Core.State(), a.restoring.id)
	if !ok {
		return WaitView{Over: true, Tone: Quiet, Icon: "info", Title: t.T("app.wait.gone"), Text: t.T("app.wait.gone_text")}
	}
	v := WaitView{Organisation: r.Organisation, Tone: Wait, Icon: "clock", Check: true}
	stop := []Point{
		{"phone", t.T("app.wait.by_devices")}, {"mail", t.T("app.wait.by_mail")}, {"headset", t.T("app.wait.by_desk", "Organisation", r.Organisation)},
	}
	switch r.State {
	case authn.RestoreHeld:
		if !now.Before(r.HeldUntil) {
			v.Title, v.Text, v.Finish, v.Tone, v.Icon, v.Check = t.T("app.wait.ready"), t.T("app.wait.ready_text"), true, Good, "check-circle", false
			break
		}
		v.Title, v.Text, v.Points = t.T("app.wait.held"), t.T("app.wait.held_text"), stop
		v.Facts = []Fact{{"clock", t.T("app.wait.until"), t.Short(r.HeldUntil, now)}, {"", t.T("app.wait.left"), t.Wait(r.HeldUntil.Sub(now))}}
	case authn.RestoreAsking:
		v.Title, v.Text, v.Points = t.T("app.wait.asking"), t.T("app.wait.asking_text"), stop
		v.Facts = []Fact{{"users", t.T("app.wait.approved"), t.T("app.wait.of", "Number", r.Approved, "Total", r.Needed)}}
		v.Remind = t.T("app.colleagues.remind")
		if len(r.Number) == 6 {
			v.Number, v.NumberText = r.Number[:3]+" "+r.Number[3:], t.T("app.colleagues.number")
		}
	case authn.RestoreReleased:
		v.Title, v.Text, v.Finish, v.Tone, v.Icon, v.Check = t.T("app.wait.ready"), t.T("app.wait.ready_text"), true, Good, "check-circle", false
	case authn.RestoreBlocked:
		v.Title, v.Text, v.Over, v.Tone, v.Icon = t.T("app.wait.blocked"), t.T("app.wait.blocked_text"), true, Bad, "prohibit"
	case authn.RestoreExpired:
		v.Title, v.Text, v.Over, v.Icon = t.T("app.wait.expired"), t.T("app.wait.expired_text"), true, "history"
	default:
		v.Title, v.Text, v.Over, v.Tone, v.Icon = t.T("app.wait.failed"), t.T("app.wait.failed_text"), true, Bad, "warning"
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// finishIfReady finishes at once where the organisation lets nobody wait.
func (a *App) finishIfReady() {
	a.mu.Lock()
	r, ok := restoringOf(a.cfg.Core.State(), a.restoring.id)
	ready := ok && a.top() == PageRestoreWait && (r.State == authn.RestoreReleased || r.State == authn.RestoreHeld && !a.cfg.Now().Before(r.HeldUntil))
	a.mu.Unlock()
	if ready {
		a.FinishRestore()
	}
}

// FinishRestore takes the account. The new code that comes with it is shown next, since the old one is worth nothing any more.
func (a *App) FinishRestore() {
	a.mu.Lock()
	r, ok := restoringOf(a.cfg.Core.State(), a.restoring.id)
	a.mu.Unlock()
	if !ok {
		return
	}
	title := a.T("app.prompt.restore_account", "Organisation", r.Organisation)
	p := platform.Prompt{Title: title, Subtitle: r.Login, Reason: a.T("app.prompt.connect_reason")}
	var acc phone.Account
	var old []phone.OldDevice
	a.verified(&question{title: title, subtitle: r.Organisation, lane: laneOther}, a.T("app.busy.restoring"), func(ctx context.Context) error {
		var err error
		acc, old, err = a.cfg.Core.FinishRestore(ctx, r.ID, p)
		return err
	}, func(err error) {
		a.change(func() {
			switch {
			case err == nil, acc.ID != "": // the account is here, even if what was kept for it is not
				a.tab, a.account, a.stack = PageHome, acc.ID, []Page{PageRestored}
				a.restoring = restoringState{account: acc.ID, old: old, forged: err != nil}
				if err != nil {
					a.note("what the server had kept could not be taken", err)
				}
				a.restore = restoreState{account: acc.ID, stage: codeAfter}
				if r.Kind == authn.RestoreByColleagues {
					a.restore.stage = codeFirst // there is none yet
				}
			case errors.Is(err, platform.ErrCanceled):
			default:
				f := a.faultOf(err)
				a.fault = &f
			}
		})
	})
}

// GiveUpRestore ends the restore on this phone.
func (a *App) GiveUpRestore() {
	a.mu.Lock()
	id := a.restoring.id
	a.mu.Unlock()
	a.do(laneOther, a.T("app.busy.removing"), func(ctx context.Context) error { return a.cfg.Core.CancelRestore(ctx, id) }, func(err error) {
		if err != nil {
			a.note("could not give a restore up", err)
		}
		a.change(func() {
			a.stack = slices.DeleteFunc(a.stack, func(p Page) bool { return p == PageRestoreWait || p == PageRestoreDigits })
			a.restoring, a.fault = restoringState{}, nil
		})
	})
}

// GiveUpQuestion is asked before a restore that runs is given up.
func (a *App) GiveUpQuestion() (title, text, yes, no string) {
	return a.T("app.wait.give_up_title"), a.T("app.wait.give_up_text"), a.T("app.wait.give_up_yes"), a.T("app.wait.give_up_no")
}

// RestoredView says that the account is back.
type RestoredView struct {
	Title, Text string
	Next        string // the button: the new code has to be noted
}

// Restored is the view of PageRestored.
func (a *App) Restored() RestoredView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	acc, _ := a.restoreAccount(a.cfg.Core.State())
	v := RestoredView{
		Title: t.T("app.restored.title"), Text: t.T("app.restored.text", "Organisation", acc.Organisation), Next: t.T("app.restored.next"),
	}
	if a.restoring.forged {
		v.Text = t.T("app.restored.forged")
	}
	if a.restore.stage == codeFirst {
		v.Text, v.Next = t.T("app.restored.without", "Organisation", acc.Organisation), t.T("app.restore.cont")
	}
	return v
}

// NoteNewCode goes on to the code that took the place of the one that was used.
func (a *App) NoteNewCode() {
	a.mu.Lock()
	none := a.restore.stage == codeFirst
	a.mu.Unlock()
	if none { // colleagues have brought the account back
		a.change(a.noted)
		return
	}
	drawn := false
	a.change(func() {
		acc, _ := a.restoreAccount(a.cfg.Core.State())
		a.restore.stage = codeAfter
		if drawn = acc.Restore.Unnoted; drawn {
			a.restore.hidden = true
			a.openCode()
			a.guard(false)
			return
		}
		a.restore.code, a.restore.unsaved = key.NewRestoreCode(), true // the phone could not draw one by itself
		a.openCode()
	})
	if drawn {
		a.ShowRestoreCode()
	}
}

// noteAfter has the core know that the new code was noted.
func (a *App) noteAfter(id phone.AccountID) {
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error { return a.cfg.Core.NoteRestoreCode(ctx, id) }, func(err error) {
		a.change(func() {
			if err != nil {
				f := a.faultOf(err)
				a.fault = &f
				return
			}
			a.noted()
		})
	})
}

// noted goes on after the new code was noted: to the devices that were there before, or Home. mu must be held.
func (a *App) noted() {
	a.stack = slices.DeleteFunc(a.stack, func(p Page) bool { return slices.Contains(restorePages, p) })
	a.leaveRestore()
	a.restoring.old = slices.DeleteFunc(a.restoring.old, func(d phone.OldDevice) bool { return !d.Asked })
	if len(a.restoring.old) > 0 {
		a.stack = append(a.stack, PageOldDevices)
		return
	}
	a.restoring = restoringState{}
}

// OldDevicesView asks what is to become of the devices that were there before.
type OldDevicesView struct {
	Title, Text string
	Rows        []DeviceRow
	Done        string
	Head, Words string
}

// OldDevices is the view of PageOldDevices.
func (a *App) OldDevices() OldDevicesView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := a.print, a.cfg.Now()
	v := OldDevicesView{Title: t.T("app.old.title"), Text: t.T("app.old.text"), Done: t.T("app.old.done")}
	for _, d := range a.restoring.old {
		v.Rows = append(v.Rows, DeviceRow{ID: d.ID, Icon: "phone", Name: d.Name, Second: a.seen(d.LastSeen, now)})
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// RemoveOld removes one of them.
func (a *App) RemoveOld(id authn.DeviceID) {
	a.mu.Lock()
	acc := a.restoring.account
	a.mu.Unlock()
	a.onDevice(acc, id, "app.prompt.remove_device", a.cfg.Core.RemoveDevice, func() {
		a.restoring.old = slices.DeleteFunc(a.restoring.old, func(d phone.OldDevice) bool { return d.ID == id })
		if len(a.restoring.old) == 0 {
			a.keepOld()
		}
	})
}

// KeepOld leaves the rest of them as they are.
func (a *App) KeepOld() { a.change(a.keepOld) }

func (a *App) keepOld() {
	a.popIf(PageOldDevices)
	a.restoring = restoringState{}
}

// NoCodeView is the page for who has no phone and no code: what will be lost is said before anything is done.
type NoCodeView struct {
	Title, Text string
	Lost        []Point
	Ways        []Point
	Ask         string // the button that asks colleagues; "" while it is not known where the account is
}

// OpenNoCode is the tap on "I have no code".
func (a *App) OpenNoCode() {
	a.change(func() { a.stack, a.fault = append(a.stack, PageNoCode), nil })
}

// NoCode is the view of PageNoCode.
func (a *App) NoCode() NoCodeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	return NoCodeView{
		Title: t.T("app.no_code.title"), Text: t.T("app.no_code.text"),
		Lost: []Point{{"codes", t.T("app.no_code.lost_codes")}, {"computers", t.T("app.no_code.lost_computers")}},
		Ways: []Point{{"headset", t.T("app.no_code.desk")}, {"scan", t.T("app.no_code.scan")}, {"users", t.T("app.no_code.colleagues")}},
		Ask:  t.T("app.colleagues.ask"),
	}
}

// AskColleagues goes on to colleagues who were named before. Server and user name have to be known for that.
func (a *App) AskColleagues() {
	a.mu.Lock()
	r := a.restoring
	a.mu.Unlock()
	host, err := hostOf(r.host)
	if err != nil || strings.TrimSpace(r.login) == "" {
		a.change(func() {
			a.popIf(PageNoCode)
			a.popIf(PageRestoreType)
			a.restoring.wrongHost, a.restoring.wrongLogin = "", ""
			if err != nil {
				a.restoring.wrongHost = a.print.T("app.use.wrong_host")
			}
			if strings.TrimSpace(r.login) == "" {
				a.restoring.wrongLogin = a.print.T("app.use.wrong_login")
			}
		})
		return
	}
	a.mu.Lock()
	a.restoring.asks = true
	a.mu.Unlock()
	a.find(func(ctx context.Context) (*phone.RestoreOffer, error) {
		return a.cfg.Core.FindRestore(ctx, phone.RestoreFrom{Host: host, Login: strings.TrimSpace(r.login)})
	})
}

// hostOf is the server's name as people write it.
func hostOf(typed string) (string, error) {
	host := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(typed), "https://"), "/"))
	return host, wire.ValidateHost(host)
}

// RemindColleagues asks those again who have not answered.
func (a *App) RemindColleagues() {
	a.restoringCall("app.busy.sending", a.cfg.Core.RemindColleagues, a.showRestoring)
}

// RunningRestore is a restore on this phone, for Home and Welcome.
type RunningRestore struct {
	Note Note

	id      authn.RestoreID
	joining *phone.Joining // an account of another phone, instead
}

// running are the restores on this phone; mu must be held.
func (a *App) running(s phone.State) (out []RunningRestore) {
	t, now := a.print, a.cfg.Now()
	for _, r := range s.Restores {
		n := Note{Tone: Wait, Head: t.T("app.running.title", "Organisation", r.Organisation), Opens: PageRestoreWait}
		switch {
		case r.State == authn.RestoreProved:
			n.Text = t.T("app.running.digits")
		case r.State == authn.RestoreAsking:
			n.Text = t.T("app.running.asking")
		case r.State == authn.RestoreReleased, r.State == authn.RestoreHeld && !now.Before(r.HeldUntil):
			n.Tone, n.Text = Good, t.T("app.running.ready")
		case r.State == authn.RestoreHeld:
			n.Text = t.T("app.running.held", "When", t.Soon(r.HeldUntil, now))
		default:
			n.Tone, n.Text = Bad, t.T("app.running.over")
		}
		out = append(out, RunningRestore{Note: n, id: r.ID})
	}
	for _, j := range s.Joining {
		if now.Before(j.Expires) {
			n := Note{Tone: Wait, Head: t.T("app.running.title", "Organisation", j.Organisation), Text: t.T("app.join.waiting"), Opens: PageJoinWords}
			out = append(out, RunningRestore{Note: n, joining: &j})
		}
	}
	return out
}

// Continue opens the page of what runs on this phone.
func (a *App) Continue(r RunningRestore) {
	if r.joining != nil {
		a.resumeJoin(r.joining)
		return
	}
	s := a.cfg.Core.State()
	a.change(func() {
		if r, ok := restoringOf(s, r.id); ok {
			a.showRestoring(r)
		}
	})
}
