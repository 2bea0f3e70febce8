package model

import (
	"errors"
	"strings"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/scanner"
)

// ProofDigits is how many digits a pin or code has that is a second proof.
const ProofDigits = 8

// proofEntry is what was typed on the page of the second proof. A password is never in it: it goes from the field to the core.
type proofEntry struct {
	digits string
	wrong  string // what was wrong with the last one
	tries  int    // how often something was wrong
}

// ProofView is the page that asks for what a person has to type beside scanning, so that who has only her mail connects nothing.
type ProofView struct {
	Kind         authn.SecondProof // password; pin and code are eight digits
	Title, Text  string
	Label        string // above a password
	Organisation string
	Account      string
	Host         string
	Digits       string // typed or pasted so far
	Wrong        string // below the field
	Tries        int    // grows with each thing that was wrong, so that the same words are said again
	Head, Words  string // what is in the way that she cannot type: a directory that is away
}

// Proof is the view of PageProof.
func (a *App) Proof() ProofView {
	a.mu.Lock()
	defer a.mu.Unlock()
	inv, t := a.connect.invitation, a.print
	if inv == nil {
		return ProofView{}
	}
	v := ProofView{
		Kind: inv.SecondProof, Organisation: inv.Organisation, Account: t.T("app.connect.account", "Login", inv.LoginMasked), Host: inv.Host,
		Digits: a.connect.proof.digits, Wrong: a.connect.proof.wrong, Tries: a.connect.proof.tries,
	}
	switch inv.SecondProof {
	case authn.ProofPassword:
		v.Title, v.Text = t.T("app.proof.password_title", "Organisation", inv.Organisation), t.T("app.proof.password_text")
		v.Label = t.T("app.proof.password_label")
	case authn.ProofPIN:
		v.Title, v.Text = t.T("app.proof.pin_title"), t.T("app.proof.pin_text")
	default:
		v.Title, v.Text = t.T("app.proof.code_title"), t.T("app.proof.code_text")
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// ProofTyped keeps the digits, so that they are still there after the PIN.
func (a *App) ProofTyped(digits string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.connect.proof.digits, a.connect.proof.wrong = digits, ""
}

// SubmitProof goes on with what was typed. Nothing is sent as long as it cannot be right.
func (a *App) SubmitProof(text string) {
	a.mu.Lock()
	inv := a.connect.invitation
	ready := inv != nil && a.top() == PageProof && a.busy[laneOther] == "" && a.ask == nil
	a.mu.Unlock()
	if !ready {
		return
	}
	if inv.SecondProof != authn.ProofPassword {
		text = onlyDigits(text)
	}
	switch {
	case text == "":
		a.proofWrong(a.T("app.proof.empty"))
		return
	case inv.SecondProof != authn.ProofPassword && len(text) != ProofDigits:
		a.proofWrong(a.T("app.proof.all_digits"))
		return
	}
	a.change(func() {
		a.connect.proof.wrong = ""
		inv.Proof.Wipe()
		inv.Proof = key.Secret(text)
	})
	a.connectOrChoosePIN()
}

func (a *App) proofWrong(words string) {
	a.change(func() {
		a.fault = nil
		a.connect.proof.wrong = words
		a.connect.proof.tries++
	})
}

// onlyDigits takes out how people and mails group digits.
func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789", r) {
			return r
		}
		return -1
	}, text)
}

// pastedProof takes eight digits from the clipboard where they are asked for, and reports whether the text was meant for that.
func (a *App) pastedProof(text string) bool {
	if a.Page() != PageProof || scanner.Classify(text).Link != nil {
		return false
	}
	digits := onlyDigits(text)
	a.mu.Lock()
	typed := a.connect.invitation != nil && a.connect.invitation.SecondProof != authn.ProofPassword
	a.mu.Unlock()
	switch {
	case !typed: // a password is pasted into its field
	case len(digits) != ProofDigits:
		a.proofWrong(a.T("app.proof.no_digits"))
	default:
		a.change(func() { a.connect.proof.digits, a.connect.proof.wrong = digits, "" })
	}
	return true
}

// leaveProof goes back to the question. While the server is being told it is too late for that.
func (a *App) leaveProof() {
	a.change(func() {
		if a.busy[laneOther] == "" {
			a.popIf(PageProof)
			a.connect.forgetProof()
		}
	})
}

// forgetProof wipes what was typed; App.mu must be held, and nothing be on its way with it.
func (c *connectState) forgetProof() {
	if c.invitation != nil {
		c.invitation.Proof.Wipe()
		c.invitation.Proof = nil
	}
	c.proof = proofEntry{}
}

// connectFailed says why an account was not connected: below the field what she can type again, as a note what is in the way, and on a page of its own
// what ends this code.
func (a *App) connectFailed(inv *phone.Invitation, err error) {
	var over bool
	a.change(func() {
		if a.connect.invitation != inv { // another link has taken its place
			return
		}
		f := a.faultOf(err)
		f.Support = inv.Support
		words, again := typedWrong(inv.SecondProof, err)
		switch {
		case again && a.top() == PageProof:
			a.connect.proof.wrong = a.print.T(words)
			a.connect.proof.tries++
		case endsCode(err):
			over = true
			a.failure, a.stack, a.connect = &f, nil, connectState{}
		default:
			a.fault = &f
		}
	})
	if over {
		a.forget(inv)
	}
}

// typedWrong is what is said below the field for a proof that was not right.
func typedWrong(kind authn.SecondProof, err error) (translations.Message, bool) {
	switch {
	case errors.Is(err, authn.ErrProofMissing):
		return "app.proof.empty", true
	case authn.CodeOf(err) == "wrong_password", errors.Is(err, authn.ErrProofWrong) && kind == authn.ProofPassword:
		return "app.proof.password_wrong", true
	case errors.Is(err, authn.ErrProofWrong):
		return "app.proof.digits_wrong", true
	}
	return "", false
}

// endsCode reports whether nothing that she can type or wait for makes this code good.
func endsCode(err error) bool {
	switch authn.CodeOf(err) {
	case "session_unknown", "session_expired", "session_used", "session_revoked", "session_claimed", "proof_tries", "device_exists", "too_many_devices",
		"user_disabled", "device_revoked", "device_key_missing", "key_mismatch", "bad_registration", "no_password":
		return true
	}
	return false
}
