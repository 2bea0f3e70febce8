package model

import (
	"context"

	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// TypeView is the page on which a whole code is typed.
type TypeView struct {
	Bar, Step   string
	Title, Text string
	Code        CodeView
	Scan        bool // the sheet can be scanned instead
	Button      string
	Head, Words string
}

// RestoreType is the view of PageRestoreType.
func (a *App) RestoreType() TypeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	acc, _ := a.restoreAccount(a.cfg.Core.State())
	v := TypeView{Code: a.codeView(a.restore.typed), Title: t.T("app.code.title"), Button: t.T("app.code.go_on")}
	switch a.restore.use {
	case useDrill:
		v.Bar, v.Text, v.Button = t.T("app.restore.drill"), t.T("app.restore.drill_text"), t.T("app.restore.drill_go")
	case useJoin:
		v.Bar, v.Text = t.T("app.restore.title"), t.T("app.restore.join_text", "Organisation", acc.Organisation)
	default:
		v.Bar, v.Text, v.Scan = t.T("app.use.title"), t.T("app.use.type"), true
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// OpenDrill asks for the code, to prove that it would work; OpenJoin for the one that another device made.
func (a *App) OpenDrill() { a.openType(useDrill) }

// OpenJoin asks for the code that another device made.
func (a *App) OpenJoin() { a.openType(useJoin) }

func (a *App) openType(use codeUse) {
	a.change(func() {
		acc, _ := a.restoreAccount(a.cfg.Core.State())
		a.restore = restoreState{account: acc.ID, use: use}
		a.stack, a.fault = append(a.stack, PageRestoreType), nil
	})
}

// SubmitCode goes on with the code that was typed. As long as it cannot be right, nothing is sent.
func (a *App) SubmitCode() {
	a.mu.Lock()
	ready, use := a.top() == PageRestoreType && a.busy[laneOther] == "" && a.ask == nil, a.restore.use
	a.mu.Unlock()
	if !ready {
		return
	}
	code, ok := a.typedCode()
	if !ok {
		a.cfg.Changed()
		return
	}
	switch use {
	case useDrill:
		a.drillRestore(code)
	case useJoin:
		a.withRestore("app.prompt.restore", "app.busy.checking", func(ctx context.Context, id phone.AccountID, p platform.Prompt) error {
			return a.cfg.Core.JoinRestore(ctx, id, code, p)
		}, func() { a.popIf(PageRestoreType) })
	default:
		a.findRestore(code)
	}
}

func (a *App) drillRestore(code key.RestoreCode) {
	var drill phone.Drill
	a.withRestore("app.prompt.drill", "app.busy.drill", func(ctx context.Context, id phone.AccountID, p platform.Prompt) error {
		var err error
		drill, err = a.cfg.Core.DrillRestore(ctx, id, code, p)
		return err
	}, func() {
		a.restore.drill, a.restore.typed = &drill, codeEntry{}
		a.stack[len(a.stack)-1] = PageRestoreDrill
	})
}

// DrillView is what a drill has shown.
type DrillView struct {
	Title, Text string
	Good        bool
	Facts       []Fact
}

// RestoreDrill is the view of PageRestoreDrill.
func (a *App) RestoreDrill() DrillView {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, t := a.restore.drill, a.print
	if d == nil {
		return DrillView{}
	}
	v := DrillView{Title: t.T("app.drill.good"), Text: t.T("app.drill.good_text"), Good: d.Same}
	if !d.Same {
		v.Title, v.Text = t.T("app.drill.differs"), t.T("app.drill.differs_text")
	}
	v.Facts = []Fact{
		{"user", t.T("app.drill.accounts"), number(d.Accounts)},
		{"codes", t.T("app.drill.codes"), number(d.Codes)},
		{"computers", t.T("app.drill.computers"), number(d.Computers)},
		{"seal-check", t.T("app.restore.proven"), t.When(d.At, a.cfg.Now())},
	}
	return v
}
