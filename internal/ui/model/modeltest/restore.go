package modeltest

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// RestoreScript answers the calls about restore; what is not set does what it should.
type RestoreScript struct {
	OnActivate   func(context.Context, key.RestoreCode) error
	OnShowCode   func(context.Context) (key.RestoreCode, error)
	OnJoin       func(context.Context, key.RestoreCode) error
	OnDeactivate func(context.Context) error
	OnDrill      func(context.Context, key.RestoreCode) (phone.Drill, error)
	OnFind       func(phone.RestoreFrom) (*phone.RestoreOffer, error)
	OnProve      func(context.Context, *phone.RestoreOffer) (phone.Restoring, error)
	OnConfirm    func(digits string) (phone.Restoring, error)
	OnResend     func() (phone.Restoring, error)
	OnCheck      func() (phone.Restoring, error)
	OnFinish     func(context.Context) (phone.Account, []phone.OldDevice, error)
	OnBlock      func(authn.RestoreID) error
	OnColleagues func() (phone.ColleagueList, error)
	OnName       func(ctx context.Context, logins []string, needed int) (phone.ColleagueList, error)
	OnAsk        func() (phone.Restoring, error)
}

// RestoreCode is the one of the pictures: the bytes of a test, not of anybody.
func RestoreCode() key.RestoreCode {
	c, err := key.RestoreCodeOf(key.Secret("\x91\x3c\xd3\x4b\x34\x5d\xbb\x38\x6c\x68\x0b\xdd\x50\xe9\x0f\xd9"))
	if err != nil {
		panic(err)
	}
	return c
}

// RestoreOn is restore that is set up and was proven the day before.
func RestoreOn() phone.RestoreView {
	return phone.RestoreView{
		Policy: authn.RestoreAllowed, State: phone.RestoreOn, CodeAt: time.Date(2026, time.January, 14, 9, 0, 0, 0, time.Local),
		ProvenAt: Now.AddDate(0, 0, -1), SavedAt: Now.Add(-12 * time.Minute),
	}
}

// WithRestore is an open app whose account has this restore.
func WithRestore(v phone.RestoreView) phone.State {
	s := Open()
	s.Accounts[0].Restore = v
	return s
}

// Restoring is a restore on this phone in a state.
func Restoring(state authn.RestoreState) phone.Restoring {
	r := phone.Restoring{
		ID: "x_1", Kind: authn.RestoreByCode, State: state, Host: "id.lundenergy.example", Organisation: "Lund Energy", Login: "anna.lind",
		Delivery: authn.RestoreByMail, MailMasked: "a•••@lundenergy.example", Expires: Now.Add(9*time.Minute + 12*time.Second), Needed: 2, Approved: 1,
	}
	if state == authn.RestoreHeld {
		r.HeldUntil = Now.Add(23 * time.Hour)
	}
	return r
}

// WithRestoring is a new phone on which a restore runs.
func WithRestoring(r phone.Restoring) phone.State {
	return phone.State{HasPIN: true, Restores: []phone.Restoring{r}}
}

// Running is a restore of the account somewhere else, held until tomorrow.
func Running() wire.RestoreEntry {
	return wire.RestoreEntry{
		ID: "x_9", Kind: authn.RestoreByCode, State: authn.RestoreHeld, Device: "Galaxy S24", IP: "198.51.100.23", At: Now.Add(-20 * time.Minute).Unix(),
		HeldUntil: Now.Add(23*time.Hour + 40*time.Minute).Unix(),
	}
}

// RestoreLink is the code of a printed sheet.
func RestoreLink() string {
	return wire.RestoreLink{Host: "id.lundenergy.example", User: "u_AAAAAAAAAAAAAAAAAAAAAA", Code: RestoreCode()}.Encode()
}

func (c *Core) restoreState(f func(*phone.RestoreView)) {
	c.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) {
		accounts := append([]phone.Account(nil), s.Accounts...)
		if len(accounts) > 0 {
			f(&accounts[0].Restore)
		}
		s.Accounts = accounts
	})
}

// ActivateRestore implements model.Core.
func (c *Core) ActivateRestore(ctx context.Context, _ phone.AccountID, code key.RestoreCode, _ platform.Prompt) error {
	c.called("ActivateRestore")
	if c.OnActivate != nil {
		if err := c.OnActivate(ctx, code); err != nil {
			return err
		}
	}
	c.restoreState(func(v *phone.RestoreView) {
		v.State, v.CodeAt, v.ProvenAt, v.SavedAt, v.Offer = phone.RestoreOn, Now, time.Time{}, Now, false
	})
	return nil
}

// NoteRestoreCode implements model.Core.
func (c *Core) NoteRestoreCode(context.Context, phone.AccountID) error {
	c.called("NoteRestoreCode")
	c.restoreState(func(v *phone.RestoreView) { v.State, v.Unnoted = phone.RestoreOn, false })
	return nil
}

// ShowRestoreCode implements model.Core.
func (c *Core) ShowRestoreCode(ctx context.Context, _ phone.AccountID, _ platform.Prompt) (key.RestoreCode, error) {
	c.called("ShowRestoreCode")
	if c.OnShowCode != nil {
		return c.OnShowCode(ctx)
	}
	return RestoreCode(), nil
}

// JoinRestore implements model.Core.
func (c *Core) JoinRestore(ctx context.Context, _ phone.AccountID, code key.RestoreCode, _ platform.Prompt) error {
	c.called("JoinRestore")
	if c.OnJoin != nil {
		if err := c.OnJoin(ctx, code); err != nil {
			return err
		}
	}
	c.restoreState(func(v *phone.RestoreView) { v.State = phone.RestoreOn })
	return nil
}

// DeactivateRestore implements model.Core.
func (c *Core) DeactivateRestore(ctx context.Context, _ phone.AccountID, _ platform.Prompt) error {
	c.called("DeactivateRestore")
	if c.OnDeactivate != nil {
		if err := c.OnDeactivate(ctx); err != nil {
			return err
		}
	}
	c.restoreState(func(v *phone.RestoreView) { *v = phone.RestoreView{Policy: v.Policy, State: phone.RestoreOff} })
	return nil
}

// SkipRestore implements model.Core.
func (c *Core) SkipRestore(context.Context, phone.AccountID) error {
	c.called("SkipRestore")
	c.restoreState(func(v *phone.RestoreView) { v.Offer = false })
	return nil
}

// DrillRestore implements model.Core.
func (c *Core) DrillRestore(ctx context.Context, _ phone.AccountID, code key.RestoreCode, _ platform.Prompt) (phone.Drill, error) {
	c.called("DrillRestore")
	if c.OnDrill != nil {
		return c.OnDrill(ctx, code)
	}
	return phone.Drill{At: Now, Accounts: 1, Codes: 12, Computers: 3, Same: true}, nil
}

// RestoreSheet implements model.Core.
func (c *Core) RestoreSheet(_ phone.AccountID, code key.RestoreCode) (phone.Sheet, error) {
	c.called("RestoreSheet")
	return phone.Sheet{
		Organisation: "Lund Energy", Host: "id.lundenergy.example", Login: "anna.lind", Support: "046-555 01 00", Code: code, At: Now,
		Link: wire.RestoreLink{Host: "id.lundenergy.example", User: "u_AAAAAAAAAAAAAAAAAAAAAA", Code: code},
	}, nil
}

// FindRestore implements model.Core.
func (c *Core) FindRestore(_ context.Context, from phone.RestoreFrom) (*phone.RestoreOffer, error) {
	c.called("FindRestore")
	if c.OnFind != nil {
		return c.OnFind(from)
	}
	return &phone.RestoreOffer{Organisation: "Lund Energy", Host: from.Host, Support: "046-555 01 00", Login: from.Login}, nil
}

// runs keeps a restore on this phone as the state has it.
func (c *Core) runs(r phone.Restoring, err error) (phone.Restoring, error) {
	if err == nil {
		c.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) { s.Restores = []phone.Restoring{r} })
	}
	return r, err
}

// ProveRestore implements model.Core.
func (c *Core) ProveRestore(ctx context.Context, o *phone.RestoreOffer, _ platform.Prompt) (phone.Restoring, error) {
	c.called("ProveRestore")
	if c.OnProve != nil {
		return c.runs(c.OnProve(ctx, o))
	}
	return c.runs(Restoring(authn.RestoreProved), nil)
}

// ConfirmRestore implements model.Core.
func (c *Core) ConfirmRestore(_ context.Context, _ authn.RestoreID, digits string) (phone.Restoring, error) {
	c.called("ConfirmRestore")
	if c.OnConfirm != nil {
		return c.runs(c.OnConfirm(digits))
	}
	return c.runs(Restoring(authn.RestoreHeld), nil)
}

// ResendRestore implements model.Core.
func (c *Core) ResendRestore(context.Context, authn.RestoreID) (phone.Restoring, error) {
	c.called("ResendRestore")
	if c.OnResend != nil {
		return c.runs(c.OnResend())
	}
	return c.runs(Restoring(authn.RestoreProved), nil)
}

// CheckRestore implements model.Core.
func (c *Core) CheckRestore(context.Context, authn.RestoreID) (phone.Restoring, error) {
	c.called("CheckRestore")
	if c.OnCheck != nil {
		return c.runs(c.OnCheck())
	}
	return c.State().Restores[0], nil
}

// CancelRestore implements model.Core.
func (c *Core) CancelRestore(context.Context, authn.RestoreID) error {
	c.called("CancelRestore")
	c.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) { s.Restores = nil })
	return nil
}

// FinishRestore implements model.Core.
func (c *Core) FinishRestore(ctx context.Context, _ authn.RestoreID, _ platform.Prompt) (phone.Account, []phone.OldDevice, error) {
	c.called("FinishRestore")
	a, old := Account(), []phone.OldDevice{
		{ID: "d_8", Name: "Pixel 8", LastSeen: Now.AddDate(0, 0, -2), Asked: true}, {ID: "d_9", Name: "Anna’s ThinkPad", LastSeen: Now.Add(-2 * time.Hour), Asked: true},
	}
	var err error
	if c.OnFinish != nil {
		if a, old, err = c.OnFinish(ctx); a.ID == "" {
			return phone.Account{}, nil, err
		}
	}
	a.Restore = RestoreOn()
	a.Restore.State, a.Restore.Unnoted = phone.RestoreRenew, true
	c.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Accounts, s.Restores = append(s.Accounts, a), nil })
	return a, old, err
}

// BlockRestore implements model.Core.
func (c *Core) BlockRestore(_ context.Context, _ phone.AccountID, id authn.RestoreID) error {
	c.called("BlockRestore")
	if c.OnBlock != nil {
		return c.OnBlock(id)
	}
	c.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) {
		accounts := append([]phone.Account(nil), s.Accounts...)
		for i := range accounts {
			accounts[i].Restores, accounts[i].Restore.State = nil, phone.RestoreIsBlocked
		}
		s.Accounts = accounts
	})
	return nil
}

// Colleagues are those whom Anna has named.
func Colleagues() phone.ColleagueList {
	return phone.ColleagueList{
		Colleagues: []wire.Colleague{{Login: "bo.ek", Name: "Bo Ek", Ready: true}, {Login: "eva.dahl", Name: "Eva Dahl", Ready: true}, {Login: "ola.nyman", Name: "Ola Nyman"}},
		Needed:     2, Least: 2, Hold: 24 * time.Hour,
	}
}

// Colleagues implements model.Core.
func (c *Core) Colleagues(context.Context, phone.AccountID) (phone.ColleagueList, error) {
	c.called("Colleagues")
	if c.OnColleagues != nil {
		return c.OnColleagues()
	}
	return Colleagues(), nil
}

// NameColleagues implements model.Core.
func (c *Core) NameColleagues(ctx context.Context, _ phone.AccountID, logins []string, needed int, _ platform.Prompt) (phone.ColleagueList, error) {
	c.called("NameColleagues")
	if c.OnName != nil {
		return c.OnName(ctx, logins, needed)
	}
	list := phone.ColleagueList{Needed: needed, Least: 2, Hold: 24 * time.Hour}
	for _, l := range logins {
		list.Colleagues = append(list.Colleagues, wire.Colleague{Login: l, Name: l, Ready: true})
	}
	return list, nil
}

// AskColleagues implements model.Core.
func (c *Core) AskColleagues(context.Context, *phone.RestoreOffer, platform.Prompt) (phone.Restoring, error) {
	c.called("AskColleagues")
	if c.OnAsk != nil {
		return c.runs(c.OnAsk())
	}
	r := Restoring(authn.RestoreProved)
	r.Kind = authn.RestoreByColleagues
	return c.runs(r, nil)
}

// RemindColleagues implements model.Core.
func (c *Core) RemindColleagues(context.Context, authn.RestoreID) (phone.Restoring, error) {
	c.called("RemindColleagues")
	return c.State().Restores[0], nil
}
