package model_test

import (
	"context"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func TestConnectTheFirstAccount(t *testing.T) {
	g := newStage(t, phone.State{})
	g.on(model.PageWelcome)
	g.OpenScan()
	g.on(model.PageScan)
	g.Text(modeltest.RegistrationLink())
	g.on(model.PageConnect)
	if v := g.Connect(); v.Organisation != "Lund Energy" || v.Host != "id.lundenergy.example" || v.Account != "Account a•••a.lind" || v.Warning != "" {
		t.Errorf("the question is %+v", v)
	}
	g.ConfirmConnect()
	g.ConfirmConnect() // a double tap
	g.on(model.PageChoosePIN)
	g.digits("482913")
	g.says(g.PIN().Ask, "Type the same digits again")
	g.digits("482914")
	g.says(g.PIN().Words, "These were not the same. Start again.")
	g.calls("SetPIN", 0)
	g.digits("482913482913")
	g.on(model.PageWords)
	g.calls("SetPIN", 1)
	g.calls("Connect", 1)
	if v := g.CheckWords(); v.Words != [2]string{"amber", "canal"} {
		t.Errorf("check words are %v", v.Words)
	}
	g.core.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Accounts[0].Status = phone.Connected })
	g.on(model.PageConnected)
	g.FinishConnect()
	g.on(model.PageHome)
}

func TestConnectAsksForThePINThatWasChosenBefore(t *testing.T) {
	g := newStage(t, modeltest.Open())
	verify := g.keys()
	g.core.OnConnect = func(ctx context.Context, _ *phone.Invitation) (phone.Account, error) {
		return modeltest.SecondAccount(), verify(ctx)
	}
	g.Text(modeltest.RegistrationLink())
	g.ConfirmConnect()
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.on(model.PageConnected)
}

func TestConnectWeakPIN(t *testing.T) {
	g := newStage(t, phone.State{})
	g.core.OnSetPIN = func(string) error { return keystore.ErrPINWeak }
	g.Text(modeltest.RegistrationLink())
	g.ConfirmConnect()
	g.digits("111111111111")
	g.on(model.PageChoosePIN)
	g.says(g.PIN().Words, "Too easy to guess. No rows like 123456 or 111111.")
	g.calls("Connect", 0)
}

func TestConnectRefusedOnThePage(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) {
		a := modeltest.SecondAccount()
		a.Status = phone.Waiting
		g.core.Alter(func(s *phone.State) { s.Accounts = append(s.Accounts, a) })
		return a, nil
	}
	g.Text(modeltest.RegistrationLink())
	g.ConfirmConnect()
	g.on(model.PageWords)
	g.core.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Accounts[1].Status = phone.Removed })
	g.on(model.PageError)
	if f := g.Failure(); !f.Hard || f.Code == "" {
		t.Errorf("the refusal is said as %+v", f)
	}
}

func TestCancelConnectForgetsTheInvitation(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.Text(modeltest.RegistrationLink())
	g.Back()
	g.on(model.PageHome)
	g.calls("Forget", 1)
	g.calls("Connect", 0)
}

func TestCancelWhileConnectingWaitsForTheAnswer(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.Text(modeltest.RegistrationLink())
	g.hold = true
	g.ConfirmConnect()
	g.CancelConnect()
	g.on(model.PageConnect)
	g.release()
	g.on(model.PageWords)
	g.calls("Forget", 0)
}

func TestClosingTheScannerWhileTheServerIsAskedForgets(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.OpenScan()
	g.hold = true
	g.Text(modeltest.RegistrationLink())
	g.CloseScan()
	g.release()
	g.on(model.PageHome)
	g.release()
	g.calls("Forget", 1)
}

func TestInviteErrors(t *testing.T) {
	for _, c := range []struct {
		name        string
		err         error
		sentence    string
		hard, again bool
	}{
		{"expired", authn.ErrSessionExpired, "Make a new one on the page. If it came by mail or text message, ask the service desk for a new one.", false, true},
		{"claimed", authn.ErrSessionClaimed, "Another phone has used this code. If it was not yours, tell the service desk now.", true, false},
		{"wrong server (R-009)", client.ErrPinMismatch, "This is not the server that made the code. Nothing was sent. Tell the service desk.", true, false},
		{"offline", client.ErrUnreachable, "Check the network connection and try again. Nothing is wrong with your account.", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newStage(t, phone.State{})
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) { return nil, c.err }
			g.OpenScan()
			g.Text(modeltest.RegistrationLink())
			g.on(model.PageError)
			f := g.Failure()
			g.says(f.Sentence, c.sentence)
			if f.Hard != c.hard || f.Again != c.again || f.Code == "" || f.Title == "" {
				t.Errorf("said as %+v", f)
			}
			if f.Again {
				g.ScanAgain()
				g.on(model.PageScan)
			}
		})
	}
}

func TestConnectErrorStaysOnThePage(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) {
		return phone.Account{}, client.ErrUnreachable
	}
	g.Text(modeltest.RegistrationLink())
	g.ConfirmConnect()
	g.on(model.PageConnect)
	g.says(g.Connect().Head, "The server can’t be reached")
	g.core.OnConnect = nil
	g.ConfirmConnect()
	g.on(model.PageWords)
}
