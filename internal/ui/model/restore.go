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
	"avow/internal/phone/sheet"
)

// restoreState is what goes on with a restore code, on whichever of its pages. While no such page is open, nothing of it is kept.
type restoreState struct {
	account phone.AccountID
	code    key.RestoreCode // that is shown; zero for none
	stage   codeStage
	hidden  bool // the app went out of sight: shown again by a tap
	noted   string
	wrong   string // below the group that is asked
	tries   int

	use   codeUse // of a code that is typed
	typed codeEntry
	drill *phone.Drill
	saved bool // the sheet lies in a file

	unsaved bool // a code of codeAfter opens nothing yet
}

// codeStage says why a code is on the screen.
type codeStage string

const (
	codeFirst codeStage = "first" // restore is being set up: it opens nothing yet
	codeNew   codeStage = "new"   // takes the place of another one: it opens nothing yet
	codeAfter codeStage = "after" // took the place of the one that was used: it is in force and not noted
	codeShown codeStage = "shown" // is in force, and is looked at
)

// codeUse says what a code is typed for.
type codeUse string

const (
	useRestore codeUse = "restore" // on a new phone
	useDrill   codeUse = "drill"   // to prove that it would work
	useJoin    codeUse = "join"    // it was set up on another device
)

// restorePages are the pages that keep something in restoreState.
var restorePages = []Page{
	PageRestore, PageRestoreWhy, PageRestoreCode, PageRestoreSpelled, PageRestoreNoted, PageRestoreReady, PageRestoreType, PageRestoreDrill,
	PageRestoreFrom, PageRestoreConfirm, PageRestored,
}

// leaveRestore wipes what the pages of a restore code kept, once none of them is open; mu must be held.
func (a *App) leaveRestore() {
	for _, p := range a.stack {
		if slices.Contains(restorePages, p) {
			return
		}
	}
	a.forgetCode()
	a.restore = restoreState{}
}

// forgetCode wipes the code that was shown; mu must be held.
func (a *App) forgetCode() {
	if !a.restore.code.IsZero() {
		a.restore.code.Wipe()
		a.restore.code = key.RestoreCode{}
		a.guard(false)
	}
}

// copyOf is a code that is not overwritten with c.
func copyOf(c key.RestoreCode) key.RestoreCode {
	own, err := key.RestoreCodeOf(c.Bytes())
	if err != nil {
		panic(err) // it was one
	}
	return own
}

// isRestoreOffer says whether the app should ask, in place of Home, and about which account; mu must be held.
func (a *App) isRestoreOffer(s phone.State) (phone.AccountID, bool) {
	if a.tab != PageHome {
		return "", false
	}
	for _, acc := range s.Accounts {
		if acc.Restore.Offer && acc.Status == phone.Connected && !a.offersLater[acc.ID] {
			return acc.ID, true
		}
	}
	return "", false
}

// restoreAccount is the account that the pages of restore are about; mu must be held.
func (a *App) restoreAccount(s phone.State) (phone.Account, bool) {
	if acc, ok := s.Account(a.restore.account); ok {
		return acc, true
	}
	if id, ok := a.isRestoreOffer(s); ok && len(a.stack) == 0 {
		return s.Account(id)
	}
	return a.shownAccount(s)
}

// OpenRestore opens what there is to say and to do about the restore code of the account that is shown.
func (a *App) OpenRestore() {
	a.change(func() {
		acc, ok := a.shownAccount(a.cfg.Core.State())
		if !ok {
			return
		}
		page := PageRestore
		if acc.Restore.State == phone.RestoreOff && acc.Restore.Policy != authn.RestoreForbidden {
			page = PageRestoreWhy
		}
		a.restore = restoreState{account: acc.ID}
		a.stack, a.fault = append(a.stack, page), nil
	})
}

// NotNow puts the offer off until the fourth Yes from here.
func (a *App) NotNow() {
	a.mu.Lock()
	acc, ok := a.restoreAccount(a.cfg.Core.State())
	a.mu.Unlock()
	if !ok {
		return
	}
	a.change(func() { a.offersLater[acc.ID] = true })
	a.cfg.Go(func() {
		if err := a.cfg.Core.SkipRestore(a.ctx, acc.ID); err != nil {
			a.note("could not put the offer of a restore code off", err)
		}
		a.cfg.Changed()
	})
}

// WhyView is the first step: what the code is for. It is also the offer.
type WhyView struct {
	Bar, Step   string
	Title, Text string
	Points      []Point
	Go          string
	NotNow      string // "" when the person came by herself
}

// RestoreWhy is the view of PageRestoreWhy and PageRestoreOffer.
func (a *App) RestoreWhy() WhyView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, t := a.cfg.Core.State(), a.print
	acc, _ := a.restoreAccount(s)
	v := WhyView{
		Bar: t.T("app.restore.set_up"), Step: t.T("app.step", "Number", 1, "Total", 3), Title: t.T("app.restore.why_title"), Text: t.T("app.restore.why"),
		Go: t.T("app.restore.make"),
		Points: []Point{
			{"pencil", t.T("app.restore.why_paper")},
			{"lifebuoy", t.T("app.restore.why_use", "Organisation", acc.Organisation)},
			{"shield-check", t.T("app.restore.why_safe", "Organisation", acc.Organisation)},
		},
	}
	if a.page(s) == PageRestoreOffer {
		v.Bar, v.Step, v.NotNow = "", "", t.T("app.restore.not_now")
	}
	return v
}

// MakeCode makes a code and shows it: for the first time, or in place of the one that there is.
func (a *App) MakeCode() {
	a.change(func() {
		s := a.cfg.Core.State()
		acc, ok := a.restoreAccount(s)
		if !ok || a.busy[laneOther] != "" {
			return
		}
		stage := codeNew
		if acc.Restore.State == phone.RestoreOff {
			stage = codeFirst
		}
		if a.page(s) == PageRestoreOffer {
			a.offersLater[acc.ID] = true // it was answered
		}
		a.restore.code.Wipe()
		a.restore = restoreState{account: acc.ID, code: key.NewRestoreCode(), stage: stage}
		a.openCode()
	})
}

// openCode puts the page of the code on top; mu must be held.
func (a *App) openCode() {
	a.stack, a.fault = append(a.stack, PageRestoreCode), nil
	a.guard(true)
}

// CodePageView is the page that shows the code.
type CodePageView struct {
	Bar, Step    string
	Title, Text  string
	Groups       []string // "" while it is hidden
	Hidden       bool
	Note         string
	Zero         string // in Note, what stands out
	Next         string // "Next: type group 5 to show you have it"
	Button       string // "I have noted it", "Done", "Show it"
	Fresh        bool   // it has to be noted
	Saved        string // the sheet lies in a file, to be printed and deleted
	Organisation string
}

// zero is the digit that a restore code has in place of the letter O.
const zero = "0"

// RestoreCode is the view of PageRestoreCode.
func (a *App) RestoreCode() CodePageView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, r := a.print, a.restore
	acc, _ := a.restoreAccount(a.cfg.Core.State())
	v := CodePageView{
		Bar: t.T("app.restore.code"), Title: t.T("app.restore.write"), Text: t.T("app.restore.write_text"), Note: t.T("app.restore.letters", "Zero", zero), Zero: zero,
		Fresh: r.stage != codeShown, Button: t.T("app.restore.noted"), Organisation: acc.Organisation,
	}
	switch r.stage {
	case codeFirst:
		v.Bar, v.Step = t.T("app.restore.set_up"), t.T("app.step", "Number", 2, "Total", 3)
	case codeNew:
		v.Bar, v.Text = t.T("app.restore.new_code"), t.T("app.restore.write_new")
	case codeAfter:
		v.Bar, v.Text = t.T("app.restore.new_code"), t.T("app.restore.write_after")
		if r.unsaved {
			v.Text = t.T("app.restore.write_new")
		}
	case codeShown:
		v.Title, v.Text, v.Button = t.T("app.restore.shown"), t.T("app.restore.shown_text"), t.T("app.done")
	}
	if r.code.IsZero() || r.hidden {
		v.Hidden, v.Button = true, t.T("app.restore.show")
		return v
	}
	if r.saved {
		v.Saved = t.T("app.restore.sheet_saved")
	}
	g := r.code.Groups()
	v.Groups = g[:]
	if v.Fresh {
		v.Next = t.T("app.restore.next", "Number", askedGroup(r.code)+1)
	}
	return v
}

// GoOnWithCode is the button of the page with the code: on to the group that is asked, or back when it was only looked at.
func (a *App) GoOnWithCode() {
	a.mu.Lock()
	r := a.restore
	a.mu.Unlock()
	switch {
	case r.code.IsZero():
		a.ShowRestoreCode()
	case r.hidden:
		if r.stage == codeShown {
			a.ShowRestoreCode()
			return
		}
		a.change(func() { a.restore.hidden = false; a.guard(true) })
	case r.stage == codeShown:
		a.Back()
	default:
		a.change(func() {
			a.restore.noted, a.restore.wrong = "", ""
			a.stack, a.fault = append(a.stack, PageRestoreNoted), nil
		})
	}
}

// hideCode takes a restore code off the screen while the app is not seen; mu must be held.
func (a *App) hideCode() {
	if !a.restore.code.IsZero() && (a.top() == PageRestoreCode || a.top() == PageRestoreSpelled) {
		a.restore.hidden = true
		if a.top() == PageRestoreSpelled {
			a.stack = a.stack[:len(a.stack)-1]
		}
		a.guard(false)
	}
}

// Spelled is the view of PageRestoreSpelled: the code as it is read out.
func (a *App) Spelled() []Spelled {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.restore.code.IsZero() || a.restore.hidden {
		return nil
	}
	return a.spell(a.restore.code)
}

// Sheet is the page that is printed, and the name of its file; nil while no code is shown.
func (a *App) Sheet() (name string, pdf []byte) {
	a.mu.Lock()
	r, t := a.restore, a.print
	a.mu.Unlock()
	if r.code.IsZero() || r.hidden {
		return "", nil
	}
	s, err := a.cfg.Core.RestoreSheet(r.account, r.code)
	if err == nil {
		pdf, err = sheet.Sheet{Organisation: s.Organisation, Login: s.Login, Support: s.Support, At: s.At, Link: s.Link}.PDF(t)
	}
	if err != nil {
		a.fail(err)
		return "", nil
	}
	return t.T("app.restore.sheet_name") + ".pdf", pdf
}

// SheetSaved says what is left to do with the file: it holds the code.
func (a *App) SheetSaved() { a.change(func() { a.restore.saved = true }) }

// NotedView is the page that asks for one group of the code, to show that it was noted.
type NotedView struct {
	Bar, Step   string
	Title, Text string
	Number      int // of the group
	Wrong       string
	Tries       int
	Head, Words string // what went wrong after it was typed
	Button      string
}

// RestoreNoted is the view of PageRestoreNoted.
func (a *App) RestoreNoted() NotedView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, r := a.print, a.restore
	if r.code.IsZero() {
		return NotedView{}
	}
	n := askedGroup(r.code) + 1
	v := NotedView{
		Bar: t.T("app.restore.new_code"), Title: t.T("app.restore.type_group", "Number", n), Text: t.T("app.restore.type_group_text"), Number: n,
		Wrong: r.wrong, Tries: r.tries, Button: t.T("app.restore.finish_new"),
	}
	switch r.stage {
	case codeAfter:
		v.Button = t.T("app.restore.finish_noted")
	case codeFirst:
		v.Button = t.T("app.restore.finish")
		v.Bar, v.Step = t.T("app.restore.set_up"), t.T("app.step", "Number", 3, "Total", 3)
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// TypedGroup keeps what was typed of the group.
func (a *App) TypedGroup(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.restore.noted, a.restore.wrong = text, ""
}

// SubmitGroup compares the group that was typed. When it is right the code is put in force; one that is in force already is noted now.
func (a *App) SubmitGroup() {
	right := false
	a.change(func() {
		r := &a.restore
		if r.code.IsZero() || a.top() != PageRestoreNoted || a.busy[laneOther] != "" {
			return
		}
		n := askedGroup(r.code)
		if right = key.CleanCrockford(r.noted) == r.code.Groups()[n]; right {
			r.wrong = ""
			return
		}
		r.tries++
		r.wrong = a.print.T("app.restore.not_group", "Number", n+1)
		if len(key.CleanCrockford(r.noted)) < groupLength {
			r.wrong = a.print.T("app.restore.whole_group")
		}
	})
	if !right {
		return
	}
	a.mu.Lock()
	r := a.restore
	a.mu.Unlock()
	if r.stage == codeAfter && !r.unsaved {
		a.noteAfter(r.account)
		return
	}
	a.withRestore("app.prompt.restore", "app.busy.saving", func(ctx context.Context, id phone.AccountID, p platform.Prompt) error {
		return a.cfg.Core.ActivateRestore(ctx, id, copyOf(r.code), p)
	}, func() {
		a.forgetCode()
		if r.stage == codeAfter {
			a.noted()
			return
		}
		a.stack = append(slices.DeleteFunc(a.stack, func(p Page) bool { return slices.Contains(restorePages, p) }), PageRestoreReady)
	})
}

// withRestore runs what verifies the user for a restore code, then does well with mu held, or says on the page what went wrong.
func (a *App) withRestore(title, label translations.Message, f func(context.Context, phone.AccountID, platform.Prompt) error, well func()) {
	a.mu.Lock()
	acc, ok := a.restoreAccount(a.cfg.Core.State())
	page := a.top()
	a.mu.Unlock()
	if !ok {
		return
	}
	say := a.T(title, "Organisation", acc.Organisation)
	p := platform.Prompt{Title: say, Subtitle: acc.Login, Reason: a.T("app.prompt.restore_reason")}
	a.verified(&question{title: say, subtitle: acc.Organisation, lane: laneOther}, a.T(label), func(ctx context.Context) error {
		return f(ctx, acc.ID, p)
	}, func(err error) {
		a.change(func() {
			switch {
			case errors.Is(err, platform.ErrCanceled), err == nil && a.top() != page: // the person has left the page meanwhile
			case err == nil:
				well()
			default:
				fault := a.faultOf(err)
				fault.Support = acc.Support
				a.fault = &fault
				if say := a.codeFault(err); say != "" && page == PageRestoreType {
					a.restore.typed.wrong, a.fault = say, nil
				}
			}
		})
	})
}

// RestoreReadyView says that restore is set up.
type RestoreReadyView struct {
	Title, Text string
	Waits       string // it is kept here until the server can be reached
}

// RestoreReady is the view of PageRestoreReady.
func (a *App) RestoreReady() RestoreReadyView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	acc, _ := a.restoreAccount(a.cfg.Core.State())
	v := RestoreReadyView{Title: t.T("app.restore.ready"), Text: t.T("app.restore.ready_text")}
	if a.restore.stage == codeNew {
		v.Title, v.Text = t.T("app.restore.ready_new"), t.T("app.restore.ready_new_text")
	}
	if acc.Restore.Pending {
		v.Waits = t.T("app.restore.pending")
	}
	return v
}

// CloseRestore leaves the pages of the restore code.
func (a *App) CloseRestore() {
	a.change(func() {
		a.stack = slices.DeleteFunc(a.stack, func(p Page) bool { return slices.Contains(restorePages, p) })
		a.fault = nil
		a.leaveRestore()
	})
}
