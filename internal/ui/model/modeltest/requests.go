package modeltest

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/wire"
)

// RequestsScript answers the calls about practice, silence and activity.
type RequestsScript struct {
	OnPractice   func(context.Context) error
	OnEndSilence func(context.Context) error
	OnActivity   func(context.Context) ([]phone.Activity, error)
}

// PracticeNumber is what a practice request wants.
const PracticeNumber = "482913"

// Practice is the request that practice brings.
func Practice() phone.Request {
	r := Request("r_practice", authn.MatchNumber)
	r.Action, r.Number = authn.ActionPractice, PracticeNumber
	r.Client = wire.RequestClient{ID: authn.PracticeClient, Name: "Lund Energy", Kind: authn.ClientWeb, Known: true}
	return r
}

// Practice implements model.Core.
func (c *Core) Practice(ctx context.Context, _ phone.AccountID) (authn.RequestID, error) {
	c.called("Practice")
	if c.OnPractice != nil {
		if err := c.OnPractice(ctx); err != nil {
			return "", err
		}
	}
	r := Practice()
	c.Tell(phone.Event{Kind: phone.RequestArrived, Account: r.Account, Request: r.ID}, func(s *phone.State) { s.Requests = append(s.Requests, r) })
	return r.ID, nil
}

// EndSilence implements model.Core.
func (c *Core) EndSilence(ctx context.Context, id phone.AccountID) error {
	c.called("EndSilence")
	if c.OnEndSilence != nil {
		if err := c.OnEndSilence(ctx); err != nil {
			return err
		}
	}
	c.Tell(phone.Event{Kind: phone.AccountsChanged, Account: id}, func(s *phone.State) {
		accounts := append([]phone.Account(nil), s.Accounts...)
		for i := range accounts {
			if accounts[i].ID == id {
				accounts[i].MutedUntil = time.Time{}
			}
		}
		s.Accounts = accounts
	})
	return nil
}

// Activity implements model.Core.
func (c *Core) Activity(ctx context.Context, _ phone.AccountID) ([]phone.Activity, error) {
	c.called("Activity")
	if c.OnActivity != nil {
		return c.OnActivity(ctx)
	}
	return ActivityOf(), nil
}

// ExportReceipt implements model.Core.
func (c *Core) ExportReceipt(_ phone.AccountID, answer string) ([]byte, error) {
	c.called("ExportReceipt")
	return []byte("{}\n"), nil
}

// ActivityOf is that of Anna's pictures.
func ActivityOf() []phone.Activity {
	answer := func(id string, ago time.Duration, kind authn.DecisionKind, name string, client authn.ClientKind, uv authn.UserVerification) phone.Activity {
		p := phone.AnswerProof{Kind: kind, UV: uv, Device: "d_1", Digits: "proof " + id}
		p.Request = wire.ApprovalRequest{
			Login: "anna.lind", Client: wire.RequestClient{ID: "c_1", Name: name, Kind: client, Known: true}, Action: authn.ActionSignIn,
			Origin: authn.Origin{IP: "198.51.100.24", Place: "Lund, Sweden"}, IssuedAt: Now.Add(-ago).Unix() - 20, Expires: Now.Add(-ago).Unix() + 100,
		}
		return phone.Activity{ID: id, Account: "d_1", At: Now.Add(-ago), Kind: phone.ActivityAnswer, Answer: &p}
	}
	practice := answer("a4", 25*time.Hour, authn.Approve, "Lund Energy", authn.ClientWeb, authn.UVPIN)
	practice.Answer.Request.Action = authn.ActionPractice
	return []phone.Activity{
		answer("a1", 0, authn.Approve, "LAPTOP-42", authn.ClientComputer, authn.UVBiometric),
		answer("a2", 105*time.Minute, authn.Deny, "Payroll web", authn.ClientWeb, authn.UVNone),
		{ID: "o1", Account: "d_1", At: Now.Add(-154 * time.Minute), Kind: phone.ActivityOffline, Facts: map[string]string{"computer": "WAREHOUSE-3", "method": string(authn.OfflineQR)}},
		{ID: "n1", Account: "d_1", At: Now.Add(-16 * time.Hour), Kind: phone.ActivityNotice, Notice: authn.NoticeDeviceRegistered, Facts: map[string]string{"device": "Pixel 9", "place": "Malmö"}},
		answer("a3", 20*time.Hour, authn.NotMe, "VPN", authn.ClientWeb, authn.UVNone),
		{ID: "d1", Account: "d_1", At: Now.Add(-25*time.Hour - 17*time.Minute), Kind: phone.ActivityDrill},
		practice,
		{ID: "connected", Account: "d_1", At: Now.AddDate(0, 0, -40), Kind: phone.ActivityConnected},
	}
}
