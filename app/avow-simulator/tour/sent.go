package tour

import (
	"errors"
	"fmt"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/testenv"
	"avow/internal/ui/model"
)

// Who gets a link by mail, each with another second proof.
const (
	byPassword, password = "bo.ek", "correct horse battery staple"
	byPIN                = "eva.dahl"
	byCode               = "ola.nyman"
)

// sent opens links that came by mail: each asks for a second proof, and connects at once when it is right.
func (t *tour) sent() error {
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"tap the link in a mail: the app asks whether to connect", t.tapLink},
		{"it asks for the password, too; a wrong one stays on the page", t.wrongPassword},
		{"the directory is away: that is no wrong try", t.noDirectory},
		{"the right password: connected at once, no words to compare", t.rightPassword},
		{"another link, with digits that were told; five wrong tries end it", t.wrongDigits},
		{"a third link, with a code by text message, pasted", t.pasteCode},
		{"the link a second time: it was used", t.usedLink},
		{"a link for the account that is here already says so", t.linkForThisAccount},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// mailed makes a user and a session that is sent, and taps its link.
func (t *tour) mailed(login, name string, proof authn.SecondProof) (testenv.SentSession, error) {
	if _, err := t.env.AddUser(t.ctx, login, name); err != nil {
		return testenv.SentSession{}, err
	}
	if err := t.env.MakeDirectoryUser(t.ctx, login, password, "+46465550101"); err != nil {
		return testenv.SentSession{}, err
	}
	s, err := t.env.AddSentSession(t.ctx, login, testenv.SentOptions{Proof: proof})
	if err != nil {
		return s, err
	}
	t.model.Text("<" + s.App[:40] + "=\r\n" + s.App[40:] + ">") // as mail programs leave it
	return s, t.page(model.PageConnect)
}

func (t *tour) tapLink() error {
	_, err := t.mailed(byPassword, "Bo Ek", authn.ProofPassword)
	return errors.Join(err, t.shot("sent-connect"))
}

// typePassword types into the field for it.
func (t *tour) typePassword(text string) error {
	t.drain()
	field, ok := t.shell.Find("password").(interface{ SetText(string) })
	if !ok {
		return errors.New("there is no field for a password")
	}
	field.SetText(text)
	return nil
}

func (t *tour) wrongPassword() error {
	if err := errors.Join(t.tap("connect"), t.page(model.PageProof), t.shot("second-proof-password")); err != nil {
		return err
	}
	if err := errors.Join(t.typePassword("correct house"), t.tap("eye"), t.shot("second-proof-password-seen"), t.tap("eye"), t.tap("connect")); err != nil {
		return err
	}
	if err := errors.Join(t.page(model.PageAskPIN), t.keys(PIN), t.page(model.PageProof)); err != nil {
		return err
	}
	return errors.Join(t.proofSays("app.proof.password_wrong"), t.shot("second-proof-password-wrong"))
}

func (t *tour) proofSays(want translations.Message) error {
	if v := t.model.Proof(); v.Wrong == "" || v.Wrong != t.model.T(want) {
		return fmt.Errorf("below the field stands %q", v.Wrong)
	}
	return nil
}

func (t *tour) noDirectory() error {
	t.env.Passwords.Fail(testenv.ErrDirectoryAway)
	defer t.env.Passwords.Fail(nil)
	if err := errors.Join(t.typePassword(password), t.tap("connect")); err != nil {
		return err
	}
	want := t.model.T("app.fault.directory_title")
	if err := t.await(want, func() bool { return t.model.Proof().Head == want && t.model.Busy() == "" }); err != nil {
		return err
	}
	return t.shot("second-proof-directory-away")
}

func (t *tour) rightPassword() error {
	if err := errors.Join(t.typePassword(password), t.tap("connect"), t.page(model.PageConnected)); err != nil {
		return err
	}
	return errors.Join(t.connectedAs(byPassword), t.shot("sent-connected"), t.done())
}

// connectedAs checks that a new account is connected, without a page that was asked.
func (t *tour) connectedAs(login string) error {
	for _, a := range t.phone.State().Accounts {
		if a.Login == login && a.Status == phone.Connected && a.CheckWords == [2]string{} {
			return nil
		}
	}
	return fmt.Errorf("%s is not connected: %+v", login, t.phone.State().Accounts)
}

func (t *tour) wrongDigits() error {
	s, err := t.mailed(byPIN, "Eva Dahl", authn.ProofPIN)
	if err := errors.Join(err, t.tap("connect"), t.page(model.PageProof), t.keys(s.Text[:5]), t.shot("second-proof-pin"), t.tap("connect")); err != nil {
		return err
	}
	if err := errors.Join(t.shot("second-proof-pin-missing"), t.clearNumber()); err != nil {
		return err
	}
	for n := range authn.ProofTries {
		if err := errors.Join(t.keys(other(s.Text)), t.tap("connect")); err != nil {
			return err
		}
		switch n {
		case 0:
			err = errors.Join(t.page(model.PageAskPIN), t.keys(PIN), t.page(model.PageProof), t.proofSays("app.proof.digits_wrong"), t.shot("second-proof-pin-wrong"))
		case authn.ProofTries - 1:
			err = errors.Join(t.page(model.PageError), t.shot("second-proof-over"), t.done())
		default:
			tries := n + 2 // with the one that was too short
			err = t.await("the refusal", func() bool { return t.model.Proof().Tries >= tries-1 && t.model.Busy() == "" })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) pasteCode() error {
	s, err := t.mailed(byCode, "Ola Nyman", authn.ProofCode)
	if err := errors.Join(err, t.tap("connect"), t.page(model.PageProof), t.shot("second-proof-code")); err != nil {
		return err
	}
	t.files.clipboard = "Your code is " + s.Text[:4] + " " + s.Text[4:]
	t.files.Paste()
	if err := t.await("the pasted code", func() bool { return t.model.Proof().Digits == s.Text }); err != nil {
		return err
	}
	if err := errors.Join(t.tap("connect"), t.page(model.PageAskPIN), t.keys(PIN), t.page(model.PageConnected)); err != nil {
		return err
	}
	t.files.clipboard = s.Link
	return errors.Join(t.connectedAs(byCode), t.done())
}

func (t *tour) usedLink() error {
	t.files.Paste()
	return errors.Join(t.page(model.PageError), t.shot("session-used"), t.done())
}

func (t *tour) linkForThisAccount() error {
	s, err := t.env.AddSentSession(t.ctx, User, testenv.SentOptions{Mode: authn.BindAdditional, Proof: authn.ProofPIN})
	if err != nil {
		return err
	}
	t.model.Text(s.Link)
	if err := errors.Join(t.page(model.PageConnect), t.shot("sent-account-is-here")); err != nil {
		return err
	}
	t.model.ShowAccount(t.phone.State().Accounts[0].ID)
	return errors.Join(t.tap("cancel"), t.page(model.PageHome))
}
