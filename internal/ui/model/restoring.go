package model

import (
	"context"
	"errors"
	"slices"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
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
