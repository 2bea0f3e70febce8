package phone

import (
	"context"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// ColleagueList says who may bring an account back together.
type ColleagueList struct {
	Colleagues []wire.Colleague
	Needed     int           // how many of them have to say Yes; 0 when nobody was named
	Least      int           // that the organisation wants
	Hold       time.Duration // between the last Yes and the account
}

// Colleagues asks an account's server whom its user has named.
func (c *Core) Colleagues(ctx context.Context, id AccountID) (ColleagueList, error) {
	a, err := c.account(id)
	if err != nil {
		return ColleagueList{}, err
	}
	out, err := a.device.Colleagues(ctx)
	return c.colleagues(ctx, a, out, err)
}

// NameColleagues says who may bring the account back together, and how many of them have to say Yes; no login takes it back. The user is verified by the
// approval key. They are told that they were named.
func (c *Core) NameColleagues(ctx context.Context, id AccountID, logins []string, needed int, p platform.Prompt) (ColleagueList, error) {
	a, err := c.account(id)
	if err != nil {
		return ColleagueList{}, err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return ColleagueList{}, err
	}
	defer use.Close()
	raw, err := wire.SignColleagues(use, wire.Colleagues{
		Audience: a.stored.Server.Issuer, Device: id, ID: key.RandomID(16), IssuedAt: c.cfg.Now().Unix(), Logins: append([]string{}, logins...), Needed: needed,
		UV: uv,
	})
	if err != nil {
		return ColleagueList{}, fmt.Errorf("sign colleagues: %w", err)
	}
	out, err := a.device.NameColleagues(ctx, raw)
	return c.colleagues(ctx, a, out, err)
}

func (c *Core) colleagues(ctx context.Context, a *account, out wire.ColleaguesAnswer, err error) (ColleagueList, error) {
	if err != nil {
		if gone(err) {
			c.removedByServer(ctx, a)
		}
		return ColleagueList{}, err
	}
	return ColleagueList{out.Colleagues, out.Needed, out.Least, time.Duration(out.HoldHours) * time.Hour}, nil
}

// AskColleagues begins a restore without a restore code, for an offer that FindRestore made without one: a one-time code reaches the user by mail or from the
// service desk, if there is such a user and colleagues were named; nothing tells whether. ConfirmRestore goes on with it. Then Restoring.Number is read out to
// those who call.
func (c *Core) AskColleagues(ctx context.Context, o *RestoreOffer, p platform.Prompt) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

// RemindColleagues asks those again whose ten minutes are over.
func (c *Core) RemindColleagues(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

var errNotBuilt = authn.Fail(authn.Internal, "not_built", "This part of the app is not built yet.")
