package secondadmin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/people"
	"avow/internal/server/registration"
	"avow/internal/server/secondadmin"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// rig is a server with Anna and Bea, who are administrators with phones, and Carl, who is a user.
type rig struct {
	*servertest.Env
	anna, bea, carl authn.UserID
	phone           *servertest.Phone // Bea's
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{Env: servertest.Start(t, servertest.Options{})}
	r.Site.CanMail, r.Site.CanText = true, true
	r.anna, r.bea, r.carl = r.User("anna").ID, r.User("bea").ID, r.User("carl").ID
	r.Phone("anna")
	r.phone = r.Phone("bea")
	r.Appoint("anna", authn.RoleAdmin)
	r.Appoint("bea", authn.RoleAdmin)
	return r
}

func (r *rig) update(fn func(store.Tx) error) {
	r.T.Helper()
	if err := r.Site.Store.Update(context.Background(), fn); err != nil {
		r.T.Fatal(err)
	}
}

// meanwhile answers the question that comes to Bea's phone while fn runs.
func (r *rig) meanwhile(kind authn.DecisionKind, fn func() error) error {
	r.T.Helper()
	waiter := r.Site.Live.Wait(live.User(string(r.bea)))
	defer waiter.Close()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	for {
		select {
		case err := <-done:
			return err
		case <-waiter.C():
		}
		list, err := r.phone.Requests(context.Background())
		if err != nil {
			r.T.Fatal(err)
		}
		if len(list.Requests) == 0 {
			continue
		}
		if _, q := r.phone.Open(); q.Action != authn.ActionAgree || q.Client.ID != secondadmin.ClientID {
			r.T.Errorf("asked %+v", q)
		}
		if err := r.phone.Answer(kind, ""); err != nil {
			r.T.Fatal(err)
		}
		return <-done
	}
}

func (r *rig) add(c wire.AddSession) (wire.AddedSession, error) {
	c.Reason = "test"
	return r.Admin.AddSession(context.Background(), c)
}

// agreedBy is who agreed to the last session that was made.
func (r *rig) agreedBy() string {
	r.T.Helper()
	for _, rec := range r.Audit() { // the newest first
		if rec.Action == "session.add" {
			return rec.Facts["second_admin"]
		}
	}
	r.T.Fatal("no record of a session")
	return ""
}

func TestR122SessionOfAdministrator(t *testing.T) {
	r := newRig(t)
	r.User("dora")
	r.Phone("dora")
	r.Appoint("dora", authn.RoleServiceDesk)
	r.User("maja") // has the name of who acts

	another := wire.AddSession{UserName: "anna", Mode: authn.BindAdditional}
	for second, code := range map[string]string{
		"": "second_admin_needed", "anna": "second_admin_self", "maja": "second_admin_self", "carl": "second_admin_unknown", "dora": "second_admin_unknown", "zoe": "second_admin_unknown",
	} {
		c := another
		c.SecondAdmin = second
		if _, err := r.add(c); authn.CodeOf(err) != code {
			t.Errorf("second %q: %v, want %s", second, err, code)
		}
	}
	another.SecondAdmin = "bea"
	err := r.meanwhile(authn.Deny, func() error { _, err := r.add(another); return err })
	if authn.CodeOf(err) != "second_admin_refused" {
		t.Errorf("No: %v", err)
	}
	var made wire.AddedSession
	err = r.meanwhile(authn.Approve, func() (err error) { made, err = r.add(another); return err })
	if err != nil || made.Link == "" || r.agreedBy() != "bea" {
		t.Errorf("Yes: %v, agreed by %q", err, r.agreedBy())
	}
	if _, err := r.add(wire.AddSession{UserName: "carl"}); err != nil || r.agreedBy() != "" {
		t.Errorf("a user without a role: %v, agreed by %q", err, r.agreedBy())
	}
}

// TestR122Proof: a Yes is for one action of one administrator, once, for five minutes, and of somebody who could still say it.
func TestR122Proof(t *testing.T) {
	type Q = registration.CreateRequest
	same := func(*rig, *Q) {}
	edit := func(change func(*Q)) func(*rig, *Q) { return func(_ *rig, q *Q) { change(q) } }
	for name, c := range map[string]struct {
		change func(*rig, *Q)
		ok     bool
	}{
		"as agreed":               {same, true},
		"another mode":            {edit(func(q *Q) { q.Mode = authn.BindReplace }), false},
		"sent":                    {edit(func(q *Q) { q.Sent = true }), false},
		"another user":            {func(r *rig, q *Q) { r.Appoint("carl", authn.RoleAuditor); q.User, q.Mode = r.carl, authn.BindFirst }, false},
		"by somebody else":        {edit(func(q *Q) { q.Actor = "admin:eve" }), false},
		"as another person":       {func(r *rig, q *Q) { q.By = r.carl }, false},
		"five minutes":            {func(r *rig, _ *Q) { r.Advance(5*time.Minute - time.Second) }, true},
		"too late":                {func(r *rig, _ *Q) { r.Advance(5*time.Minute + time.Second) }, false},
		"no proof at all":         {edit(func(q *Q) { q.Second.Request = authn.NewRequestID() }), false},
		"asked by another client": {func(r *rig, q *Q) { r.copy(q, func(a *authn.ApprovalRequest) { a.Client = "laptop" }) }, false},
		"a sign-in":               {func(r *rig, q *Q) { r.copy(q, func(a *authn.ApprovalRequest) { a.Action = authn.ActionSignIn }) }, false},
		"the same, copied":        {func(r *rig, q *Q) { r.copy(q, func(*authn.ApprovalRequest) {}) }, true},
		"her role is gone": {func(r *rig, _ *Q) {
			r.update(func(tx store.Tx) error {
				a, err := tx.AdminByUser(r.bea)
				if err != nil {
					return err
				}
				return tx.UpdateAdmin(a.ID, func(a authn.Admin) (authn.Admin, error) { a.Role = authn.RoleAuditor; return a, nil })
			})
		}, false},
		"she is blocked": {func(r *rig, _ *Q) {
			r.update(func(tx store.Tx) error {
				return tx.UpdateUser(r.bea, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
			})
		}, false},
		"her phone is gone": {func(r *rig, _ *Q) {
			r.update(func(tx store.Tx) error {
				return tx.UpdateDevice(r.phone.ID, func(d authn.Device) (authn.Device, error) { return d.Revoke(r.Now()), nil })
			})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			ctx := context.Background()
			q := Q{User: r.anna, Mode: authn.BindAdditional, Force: true, Actor: "admin:maja", Reason: "test"}
			err := r.meanwhile(authn.Approve, func() (err error) {
				q.Second, err = r.Server.Registration.AskSecond(ctx, q, "bea")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			c.change(r, &q)
			if _, err = r.Server.Registration.Create(ctx, q); (err == nil) != c.ok || err != nil && !errors.Is(err, secondadmin.ErrNeeded) {
				t.Errorf("used: %v", err)
			}
			if !c.ok {
				return
			}
			if _, err = r.Server.Registration.Create(ctx, q); !errors.Is(err, secondadmin.ErrNeeded) {
				t.Errorf("used again: %v", err)
			}
		})
	}
}

// copy puts another request in place of the proof, which differs by a change only: a client chooses the nonce of what it asks.
func (r *rig) copy(q *registration.CreateRequest, change func(*authn.ApprovalRequest)) {
	r.T.Helper()
	k := r.Key().Key()
	r.update(func(tx store.Tx) error {
		a, err := tx.ApprovalRequest(q.Second.Request)
		if err != nil {
			return err
		}
		if err := tx.CreateClient(authn.Client{ID: "laptop", Name: "Laptop", Kind: authn.ClientComputer, Key: k, Match: authn.MatchTap}); err != nil {
			return err
		}
		a.ID, a.AuthReq, a.Handle = authn.NewRequestID(), authn.HashOf([]byte("another")), authn.HashOf([]byte("handle"))
		change(&a)
		q.Second.Request = a.ID
		return tx.CreateApprovalRequest(a)
	})
}

// TestR122Alone: where nobody else could agree it is allowed, and told.
func TestR122Alone(t *testing.T) {
	for name, change := range map[string]func(*rig) error{
		"she is the only one":       func(r *rig) error { return r.Site.Store.Update(context.Background(), r.role("bea", "")) },
		"the other one is auditor":  func(r *rig) error { return r.Site.Store.Update(context.Background(), r.role("bea", authn.RoleAuditor)) },
		"the other has no phone":    func(r *rig) error { return r.Site.Store.Update(context.Background(), r.unplug) },
		"the other one is blocked":  func(r *rig) error { return r.Site.Store.Update(context.Background(), r.block) },
		"the other one is who acts": nil,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q := registration.CreateRequest{User: r.anna, Mode: authn.BindAdditional, Actor: "admin:maja", Reason: "test", IP: "192.0.2.7"}
			if change == nil {
				q.By, q.Actor = r.bea, "admin:kim" // the administrator of that key is Bea
			} else if err := change(r); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Server.Registration.Create(context.Background(), q); err != nil || r.agreedBy() != "nobody" {
				t.Fatalf("%v, agreed by %q", err, r.agreedBy())
			}
			var told []authn.Notice
			err := r.Site.Store.View(context.Background(), func(rd store.Reader) (err error) {
				told, err = rd.NoticesOf("", r.Now().Add(-time.Hour))
				return err
			})
			if err != nil || len(told) != 1 || told[0].Kind != authn.NoticeOneAdmin || told[0].MailTo != "desk@example.com" || told[0].Facts["login"] != "anna" {
				t.Errorf("told: %+v, %v", told, err)
			}
		})
	}
}

func (r *rig) role(login string, role authn.AdminRole) func(store.Tx) error {
	return func(tx store.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return err
		}
		a, err := tx.AdminByUser(u.ID)
		if err != nil {
			return err
		}
		return tx.UpdateAdmin(a.ID, func(a authn.Admin) (authn.Admin, error) { a.Role, a.Disabled = role, role == ""; return a, nil })
	}
}

func (r *rig) block(tx store.Tx) error {
	return tx.UpdateUser(r.bea, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
}

// TestR122ChangedAddress: for a day nothing goes to a new address without a second administrator, and what was on its way to the old one ends.
func TestR122ChangedAddress(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	sent := wire.AddSession{UserName: "carl", Force: true, Sent: true, Notify: true, Channel: authn.ChannelMail, SecondProof: authn.ProofPIN}
	edit := func(mail, phone string) {
		t.Helper()
		d := people.Details{Name: "Carl", Mail: mail, Phone: phone}
		if _, err := people.New(r.Site).Edit(ctx, r.carl, d, people.By{Actor: "admin:maja", Reason: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	edit("carl@example.com", "")
	r.Advance(24 * time.Hour)
	before, err := r.add(sent)
	if err != nil || r.agreedBy() != "" {
		t.Fatalf("a day later: %v", err)
	}
	for _, change := range [][2]string{{"eve@example.com", ""}, {"eve@example.com", "+46465550100"}} {
		edit(change[0], change[1])
		if _, err := r.add(sent); !errors.Is(err, secondadmin.ErrNeeded) {
			t.Errorf("to %v: %v", change, err)
		}
		r.Advance(24*time.Hour - time.Minute)
		if _, err := r.add(sent); !errors.Is(err, secondadmin.ErrNeeded) {
			t.Errorf("to %v, nearly a day later: %v", change, err)
		}
	}
	if v, err := r.Server.Registration.Get(ctx, before.ID); err != nil || v.State != registration.Revoked {
		t.Errorf("the session for the old address is %q, %v", v.State, err)
	}
	if _, err := r.add(wire.AddSession{UserName: "carl"}); err != nil {
		t.Errorf("one that is shown: %v", err)
	}
	sent.SecondAdmin = "bea"
	err = r.meanwhile(authn.Approve, func() error { _, err := r.add(sent); return err })
	if err != nil || r.agreedBy() != "bea" {
		t.Errorf("agreed: %v", err)
	}
	if _, err := r.Admin.NotifySession(ctx, "carl", wire.NotifySession{Channel: authn.ChannelText, Reason: "test"}); !errors.Is(err, secondadmin.ErrNeeded) {
		t.Errorf("sent again, elsewhere: %v", err)
	}
	edit("eve@example.com", "+46465550100") // changes nothing
	r.Advance(2 * time.Minute)
	sent.SecondAdmin = ""
	if _, err := r.add(sent); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// TestR122AddressChangedMeanwhile: a Yes is for the address that stood on the phone.
func TestR122AddressChangedMeanwhile(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	q := registration.CreateRequest{User: r.anna, Mode: authn.BindAdditional, Force: true, Actor: "admin:maja", Sent: true, Notify: authn.ChannelMail, Proof: authn.ProofPIN}
	err := r.meanwhile(authn.Approve, func() (err error) {
		q.Second, err = r.Server.Registration.AskSecond(ctx, q, "bea")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(r.anna, func(u authn.User) (authn.User, error) { return u.Reach("eve@example.com", "", r.Now()), nil })
	})
	if _, err := r.Server.Registration.Create(ctx, q); !errors.Is(err, secondadmin.ErrNeeded) {
		t.Errorf("got %v", err)
	}
}

// TestR122HangsUp: whoever hangs up takes the question back.
func TestR122HangsUp(t *testing.T) {
	r := newRig(t)
	ctx, hangUp := context.WithCancel(context.Background())
	waiter := r.Site.Live.Wait(live.User(string(r.bea)))
	defer waiter.Close()
	done := make(chan error, 1)
	go func() {
		_, err := r.Server.Registration.AskSecond(ctx, registration.CreateRequest{User: r.anna, Actor: "admin:maja"}, "bea")
		done <- err
	}()
	<-waiter.C()
	hangUp()
	if err := <-done; !errors.Is(err, secondadmin.ErrSilent) {
		t.Errorf("got %v", err)
	}
	list, err := r.phone.Requests(context.Background())
	if err != nil || len(list.Requests) != 0 {
		t.Errorf("%d questions are open, %v", len(list.Requests), err)
	}
}

func TestR122ReachChangedAt(t *testing.T) {
	now := time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC)
	u := authn.User{Mail: "a@example.com", Phone: "+461"}
	for _, c := range []struct {
		mail, phone string
		changed     bool
	}{{"a@example.com", "+461", false}, {"b@example.com", "+461", true}, {"a@example.com", "+462", true}, {"", "+461", true}, {"a@example.com", "", true}} {
		got := u.Reach(c.mail, c.phone, now)
		if got.Mail != c.mail || got.Phone != c.phone || got.ReachChangedAt.IsZero() == c.changed {
			t.Errorf("%v: %+v", c, got)
		}
	}
}

func (r *rig) unplug(tx store.Tx) error {
	return tx.UpdateDevice(r.phone.ID, func(d authn.Device) (authn.Device, error) { return d.Revoke(r.Now()), nil })
}

// TestR122OtherName: an administrator whose key has another name than her login is still the same person; and a start link needs nobody.
func TestR122OtherName(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.update(func(tx store.Tx) error {
		a, err := tx.AdminByUser(r.bea)
		if err != nil {
			return err
		}
		return tx.UpdateAdmin(a.ID, func(a authn.Admin) (authn.Admin, error) { a.Name = "beatrix"; return a, nil })
	})
	q := registration.CreateRequest{User: r.anna, Mode: authn.BindAdditional, Actor: "admin:beatrix", Reason: "test"}
	if _, err := r.Server.Registration.AskSecond(ctx, q, "bea"); !errors.Is(err, secondadmin.ErrSelf) {
		t.Errorf("asks herself: %v", err)
	}
	q.Actor = "admin:maja"
	if _, err := r.Server.Registration.Create(ctx, q); !errors.Is(err, secondadmin.ErrNeeded) {
		t.Errorf("without a Yes: %v", err)
	}
	q.Start = true
	if _, err := r.Server.Registration.Create(ctx, q); err != nil || r.agreedBy() != "" {
		t.Errorf("by a start link: %v", err)
	}
}
