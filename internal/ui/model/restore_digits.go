package model

import (
	"context"

	"avow/internal/authn"
	"avow/internal/phone"
)

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
