package model

import (
	"context"
	"errors"

	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
)

// qrState is the page that shows the QR of a code.
type qrState struct {
	title string
	uri   otp.Secret
	turn  int
}

// CodeQRView is the page that shows the QR of a code.
type CodeQRView struct {
	Title, Text string
	QR          string
	Warning     string
	Turn        int
}

// CodeQR is the view of PageCodeQR.
func (a *App) CodeQR() CodeQRView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	return CodeQRView{
		Title: a.codeQR.title, Text: t.T("app.codes.qr_text"), QR: string(a.codeQR.uri), Warning: t.T("app.codes.qr_warning"), Turn: a.codeQR.turn,
	}
}

// ShowCodeQR verifies the user and shows the QR from which another phone takes the code.
func (a *App) ShowCodeQR(id codes.ID) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return
	}
	title := a.T("app.prompt.code_qr", "Name", v.Title())
	p := platform.Prompt{Title: title, Reason: a.T("app.prompt.code_qr_reason")}
	var uri otp.Secret
	a.verified(&question{title: title, lane: laneOther}, a.T("app.busy.checking"), func(ctx context.Context) error {
		var err error
		uri, err = a.cfg.Core.CodeURI(ctx, id, p)
		return err
	}, func(err error) {
		if err != nil {
			if !errors.Is(err, platform.ErrCanceled) {
				a.fail(err)
			}
			return
		}
		a.change(func() {
			if a.cfg.Core.State().Locked || a.codes.away {
				uri.Wipe()
				return
			}
			a.codeQR = qrState{title: v.Title(), uri: uri, turn: a.codeQR.turn + 1}
			a.stack = append(a.stack, PageCodeQR)
		})
	})
}

// forgetQR wipes the QR of a code; mu must be held.
func (a *App) forgetQR() {
	a.codeQR.uri.Wipe()
	a.codeQR.uri, a.codeQR.title = nil, ""
}

// TrashView is the page of the codes that were deleted, without its rows.
type TrashView struct {
	Title, Text string
	Count       int
	Turn        int
	Empty       string
}

// TrashRow is one of them.
type TrashRow struct {
	ID      codes.ID
	Face    Face
	Title   string
	Account string
	Goes    string // when it goes for good
}

// OpenTrash opens the page of what was deleted.
func (a *App) OpenTrash() {
	a.change(func() { a.stack, a.codes.bar = append(a.stack, PageCodesTrash), nil })
}

// Trash is the view of PageCodesTrash.
func (a *App) Trash() TrashView {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	t := a.print
	return TrashView{
		Title: t.T("app.codes.trash"), Text: t.T("app.codes.trash_text"), Count: a.codes.trash, Turn: a.codes.turn, Empty: t.T("app.codes.trash_empty"),
	}
}

// TrashRow is the i-th of them, the one that was deleted last first.
func (a *App) TrashRow(i int) TrashRow {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := a.trashed()
	if i < 0 || i >= len(ids) {
		return TrashRow{}
	}
	v, err := a.cfg.Core.CodeView(ids[i])
	if err != nil {
		return TrashRow{}
	}
	r := TrashRow{ID: v.ID, Face: faceOf(v.Issuer, v.Title()), Title: v.Title(), Goes: a.print.T("app.codes.goes", "Day", a.dayOf(v.PurgeAt()))}
	if v.Account != "" && v.Account != r.Title {
		r.Account = v.Account
	}
	return r
}

// trashed are the codes in the trash; mu must be held.
func (a *App) trashed() []codes.ID {
	if a.trashTurn != a.codes.turn || a.trashIDs == nil {
		a.trashIDs, a.trashTurn = a.cfg.Core.FindCodes(codes.Query{Trash: true}), a.codes.turn
	}
	return a.trashIDs
}

// UntrashCode takes a code out of the trash.
func (a *App) UntrashCode(id codes.ID) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return
	}
	a.store(func(ctx context.Context) error { return a.cfg.Core.UntrashCode(ctx, id) }, func() {
		a.tell(a.print.T("app.codes.restored", "Name", v.Title()), func(ctx context.Context) error { return a.cfg.Core.TrashCode(ctx, id) })
	})
}

// DeleteCode deletes a code for good.
func (a *App) DeleteCode(id codes.ID) {
	a.store(func(ctx context.Context) error { return a.cfg.Core.DeleteCode(ctx, id) }, nil)
}

// DeleteCodeQuestion is what is asked before that.
func (a *App) DeleteCodeQuestion(name string) (title, text, yes, no string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	return t.T("app.codes.delete_title", "Name", name), t.T("app.codes.delete_text"), t.T("app.codes.delete_yes"), t.T("app.codes.delete_no")
}
