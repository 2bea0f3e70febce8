package phone

import (
	"context"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
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

// publicServer finds a server for which no restore code vouches: one that an account of this app has pinned, or one whose certificate the device trusts.
func (c *Core) publicServer(ctx context.Context, host string) (client.Server, error) {
	c.mu.Lock()
	var pin *key.Pin
	for _, a := range c.accounts {
		if a.stored.Server.Host() == host {
			p := a.stored.Server.Identity.Thumbprint().Pin()
			pin = &p
		}
	}
	c.mu.Unlock()
	if pin != nil {
		return client.Discover(ctx, wire.RegistrationLink{Host: host, Pin: *pin}, c.cfg.Client)
	}
	return client.DiscoverPublic(ctx, host, c.cfg.Client)
}

// AskColleagues begins a restore without a restore code, for an offer that FindRestore made without one: a one-time code reaches the user by mail or from the
// service desk, if there is such a user and colleagues were named; nothing tells whether. ConfirmRestore goes on with it. Then Restoring.Number is read out to
// those who call.
func (c *Core) AskColleagues(ctx context.Context, o *RestoreOffer, p platform.Prompt) (Restoring, error) {
	x := o.pending
	if x.Login == "" {
		return Restoring{}, ErrNoLogin
	}
	x.User, x.Kind = "", authn.RestoreByColleagues
	return c.beginRestore(ctx, x, key.RestoreCode{}, p)
}

// ErrNoLogin is returned before anything is sent.
var ErrNoLogin = authn.Fail(authn.Invalid, "login_missing", "Type your user name, as you use it at work.")

// sendAsk begins at the server, again if need be: it answers the same statement with the same.
func (c *Core) sendAsk(ctx context.Context, d *client.Device, x pendingRestore) (Restoring, error) {
	asked, err := d.BeginColleagues(ctx, x.Statement)
	if err != nil {
		return x.public(), err
	}
	return c.updateRestore(ctx, x.ID, func(x *pendingRestore) {
		x.State, x.Expires = asked.State, c.here(asked.ExpiresAt, asked.ServerTime)
	})
}

// RemindColleagues asks those again whose ten minutes are over.
func (c *Core) RemindColleagues(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return c.restoreStep(ctx, id, func(d *client.Device) (wire.RestoreStatus, error) { return d.AskColleagues(ctx, id) })
}
