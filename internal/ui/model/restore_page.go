package model

import (
	"context"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// RestorePageView is what there is to say about the restore code of an account.
type RestorePageView struct {
	Title, Organisation string
	Tone                Tone
	Status, Sub         string
	Facts               []Fact
	Show, Drill, Off    bool   // what can be done
	Colleagues          string // the row that leads to those who may bring the account back
	New                 string // the button that makes a new code; "" when none can be made
	Join                string // the button to type the code that another device made
	Note                string // the button to note the code that took the place of the one that was used
	Busy                string
	Head, Words         string // what went wrong
}

// RestorePage is the view of PageRestore.
func (a *App) RestorePage() RestorePageView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := a.print, a.cfg.Now()
	acc, _ := a.restoreAccount(a.cfg.Core.State())
	r := acc.Restore
	v := RestorePageView{Title: t.T("app.restore.title"), Organisation: acc.Organisation, Busy: a.busy[laneOther], New: t.T("app.restore.make_new")}
	if !r.CodeAt.IsZero() {
		v.Facts = append(v.Facts, Fact{Label: t.T("app.restore.made"), Value: t.Day(r.CodeAt)})
	}
	if r.State == phone.RestoreOn || r.State == phone.RestoreRenew {
		proven := t.T("app.restore.never")
		if !r.ProvenAt.IsZero() {
			proven = t.Day(r.ProvenAt)
		}
		v.Facts = append(v.Facts, Fact{Label: t.T("app.restore.proven"), Value: proven})
		if !r.SavedAt.IsZero() {
			v.Facts = append(v.Facts, Fact{Label: t.T("app.restore.saved"), Value: t.When(r.SavedAt, now)})
		}
		v.Show, v.Drill, v.Off = true, true, true
	}
	v.Colleagues = t.T("app.colleagues.title")
	switch {
	case r.Policy == authn.RestoreForbidden:
		v = RestorePageView{
			Title: v.Title, Organisation: v.Organisation, Tone: Quiet, Status: t.T("app.restore.forbidden"),
			Sub: t.T("app.restore.forbidden_text", "Organisation", acc.Organisation),
		}
	case r.State == phone.RestoreOn:
		v.Tone, v.Status, v.Sub = Good, t.T("app.restore.on"), t.T("app.restore.on_text")
		if r.Pending {
			v.Tone, v.Status, v.Sub = Wait, t.T("app.restore.on"), t.T("app.restore.pending")
		}
	case r.State == phone.RestoreRenew && r.Unnoted:
		v.Tone, v.Status, v.Sub, v.Note = Wait, t.T("app.restore.unnoted"), t.T("app.restore.unnoted_text"), t.T("app.restore.note_it")
		v.Show, v.Drill, v.New = false, false, ""
	case r.State == phone.RestoreRenew:
		v.Tone, v.Status, v.Sub = Wait, t.T("app.restore.renew"), t.T("app.restore.renew_text")
	case r.State == phone.RestoreElsewhere:
		v.Tone, v.Status, v.Sub, v.Join = Wait, t.T("app.restore.elsewhere"), t.T("app.restore.elsewhere_text"), t.T("app.restore.join")
	case r.State == phone.RestoreIsBlocked:
		v.Tone, v.Status, v.Sub = Bad, t.T("app.restore.blocked"), t.T("app.restore.blocked_text")
	default:
		v.Tone, v.Status, v.Sub, v.New = Wait, t.T("app.restore.off"), t.T("app.restore.off_text"), t.T("app.restore.make")
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// ShowRestoreCode verifies the user and shows the code that is in force.
func (a *App) ShowRestoreCode() {
	var code key.RestoreCode
	a.withRestore("app.prompt.show_restore", "app.busy.checking", func(ctx context.Context, id phone.AccountID, p platform.Prompt) error {
		var err error
		code, err = a.cfg.Core.ShowRestoreCode(ctx, id, p)
		return err
	}, func() {
		a.restore.code.Wipe()
		a.restore.code, a.restore.hidden = copyOf(code), false
		if a.top() == PageRestoreCode { // it was hidden
			a.guard(true)
			return
		}
		acc, _ := a.restoreAccount(a.cfg.Core.State())
		a.restore.account, a.restore.stage = acc.ID, codeShown
		a.openCode()
	})
}

// NewCodeQuestion is asked before a code takes the place of another one.
func (a *App) NewCodeQuestion() (title, text, yes, no string) {
	return a.T("app.restore.new_title"), a.T("app.restore.new_text"), a.T("app.restore.new_yes"), a.T("app.restore.new_no")
}

// OffQuestion is asked before restore is turned off: it says what that means.
func (a *App) OffQuestion() (title, text, yes, no string) {
	return a.T("app.restore.off_title"), a.T("app.restore.off_means"), a.T("app.restore.off_yes"), a.T("app.restore.off_no")
}

// TurnRestoreOff has the server forget the code, and what it opens.
func (a *App) TurnRestoreOff() {
	a.withRestore("app.prompt.restore_off", "app.busy.saving", a.cfg.Core.DeactivateRestore, func() {})
}

// restoreNote is the card on Home about the restore code; mu must be held.
func (a *App) restoreNote(acc phone.Account) *Note {
	t := a.print
	if acc.Status != phone.Connected && acc.Status != phone.Unreachable || acc.Restore.Policy == authn.RestoreForbidden || acc.Restore.Policy == "" {
		return nil
	}
	note := func(tone Tone, head, text string) *Note {
		return &Note{Tone: tone, Head: head, Text: text, Opens: PageRestore}
	}
	switch acc.Restore.State {
	case phone.RestoreOff:
		return note(Wait, t.T("app.restore.off"), t.T("app.restore.off_sub"))
	case phone.RestoreRenew:
		if acc.Restore.Unnoted {
			return note(Wait, t.T("app.restore.unnoted"), t.T("app.restore.unnoted_sub"))
		}
		return note(Wait, t.T("app.restore.renew"), t.T("app.restore.renew_sub"))
	case phone.RestoreIsBlocked:
		return note(Bad, t.T("app.restore.blocked"), t.T("app.restore.blocked_sub"))
	case phone.RestoreElsewhere:
		return note(Wait, t.T("app.restore.elsewhere"), t.T("app.restore.elsewhere_sub"))
	}
	return nil
}

// restoreFact is the line about it under the status; mu must be held.
func (a *App) restoreFact(acc phone.Account) (Fact, bool) {
	t, r := a.print, acc.Restore
	if r.State != phone.RestoreOn {
		return Fact{}, false
	}
	switch {
	case r.Pending:
		return Fact{Label: t.T("app.restore.title"), Value: t.T("app.restore.fact_pending")}, true
	case r.ProvenAt.IsZero():
		return Fact{Label: t.T("app.restore.title"), Value: t.T("app.restore.fact_on")}, true
	}
	day := a.dayOf(r.ProvenAt)
	return Fact{Label: t.T("app.restore.title"), Value: t.T("app.restore.fact_proven", "Day", day)}, true
}
