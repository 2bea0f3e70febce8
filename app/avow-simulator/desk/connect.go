package desk

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// OpenConnect makes a registration session, as an administrator does, and shows its QR until a phone has taken it.
func (d *Desk) OpenConnect() {
	d.begin(func(ctx context.Context) {
		added, err := d.env.Admin.AddSession(ctx, wire.AddSession{
			UserName: d.State().User, Mode: authn.BindAdditional, Force: true, Reason: "simulator",
		})
		if err != nil {
			d.fail(ctx, err)
			return
		}
		d.set(func(s *State) {
			s.Mode, s.Busy, s.QR, s.Page, s.Until = Connect, false, added.Link, added.Page, added.ExpiresAt
		})
		d.follow(ctx, added.ID)
	})
}

// follow reads the session until a phone waits, and the answer after that.
func (d *Desk) follow(ctx context.Context, id authn.RegistrationID) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		view, err := d.env.Server.Registration.Get(ctx, id)
		if err != nil {
			d.fail(ctx, err)
			return
		}
		switch view.State {
		case "waiting":
			d.set(func(s *State) {
				s.Mode, s.QR, s.Words, s.Phone = Question, "", view.CheckWords, view.Device.Info.Name
			})
		case "done":
			d.set(func(s *State) { s.Mode = Done })
			return
		case "refused", "revoked", "expired", "used":
			d.set(func(s *State) { s.Mode, s.Fault = Refused, d.T.T("desk.not_connected") })
			return
		}
	}
}

// Answer says on the page whether the waiting phone is the right one.
func (d *Desk) Answer(yes bool) {
	words := d.State().Words
	go func() {
		var err error
		if yes {
			_, err = d.env.Admin.ConfirmSession(d.ctx, d.State().User, wire.ConfirmSession{CheckWords: words, Reason: "simulator"})
		} else {
			_, err = d.env.Admin.RevokeSession(d.ctx, d.State().User, "simulator: not this phone")
		}
		if err != nil {
			d.fail(d.ctx, err)
		}
	}()
}
