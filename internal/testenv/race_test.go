package testenv_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// parallel is how many phones and decisions race.
const parallel = 1000

// crowd starts n calls of f at the same moment and waits for all.
func crowd(n int, f func(i int)) {
	gate := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-gate
			f(i)
		})
	}
	close(gate)
	all.Wait()
}

// TestRaceOfClaims is R-002 over HTTPS with 1000 phones, each with a key and a connection of its own: one gets the session, 999 hear
// session_claimed, and one device comes of it.
func TestRaceOfClaims(t *testing.T) {
	ctx, env := start(t)
	env.Server.Registration.SetLimit(tries.Limit{PerMinute: 1 << 20, Burst: 1 << 20})
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	link := must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)

	type phone struct {
		*client.Device
		key     key.Private
		claimed wire.Claimed
		err     error
	}
	phones := make([]phone, parallel)
	for i := range phones {
		k := newKey(t)
		phones[i] = phone{Device: client.NewDevice(env.ClientServer(), "", k, env.ClientOptions()), key: k}
		defer phones[i].Close()
	}
	crowd(parallel, func(i int) {
		p := &phones[i]
		// Its answer may be late on a slow machine; the same key may ask again then.
		for try := 0; try < 5; try++ {
			p.claimed, p.err = p.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: link.Session}, DeviceJWK: p.key.Key()})
			if !errors.Is(p.err, client.ErrUnreachable) {
				return
			}
		}
	})
	var winner *phone
	for i := range phones {
		switch p := &phones[i]; {
		case p.err == nil && winner == nil:
			winner = p
		case p.err == nil:
			t.Fatal("two phones hold the session")
		case !errors.Is(p.err, authn.ErrSessionClaimed):
			t.Errorf("a phone heard %v, want session_claimed", p.err)
		}
	}
	if winner == nil {
		t.Fatal("no phone holds the session")
	}
	raw := must(wire.SignRegistration(winner.key, wire.Registration{}))(t) // not its own: refused
	if _, err := winner.Finish(ctx, raw); err == nil {
		t.Error("an empty registration was accepted")
	}
	approval := newKey(t)
	raw = must(wire.SignRegistration(approval, wire.Registration{
		Audience: env.Issuer, RegistrationID: winner.claimed.RegistrationID, Challenge: winner.claimed.Challenge,
		SessionHash: wire.HashSession(link.Session), DeviceJWK: winner.key.Key(), ApprovalJWK: approval.Key(), ExchangeJWK: newKey(t).Key(),
		Device: authn.DeviceInfo{Name: "Handset"}, Class: key.Software, UV: authn.UVPIN,
	}))(t)
	// It finishes from several connections at once, as after a lost answer: one device all the same.
	bound := make([]wire.Bound, 8)
	crowd(len(bound), func(i int) {
		d := client.NewDevice(env.ClientServer(), "", winner.key, env.ClientOptions())
		defer d.Close()
		var err error
		if bound[i], err = d.Finish(ctx, raw); err != nil {
			t.Errorf("finish: %v", err)
		}
	})
	for _, b := range bound {
		if b.Device != bound[0].Device {
			t.Errorf("finished as %s and as %s", bound[0].Device, b.Device)
		}
	}
	if devices := must(env.Admin.Devices(ctx, "anna.lind"))(t); len(devices) != 1 || devices[0].ID != bound[0].Device {
		t.Errorf("the server has the devices %v, want one", devices)
	}
	if _, err := phones[0].Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: link.Session}, DeviceJWK: phones[0].key.Key()}); authn.CodeOf(err) != "session_used" {
		t.Errorf("claimed after the end: %v", err)
	}
}

// TestRaceOfDecisions is R-023 (D11) over HTTPS: ten devices of one user, 500 times Yes and 500 times No at the same moment. One of
// them is stored; the computer, the receipts and the database say the same.
func TestRaceOfDecisions(t *testing.T) {
	ctx, env := start(t)
	const devices = 10 // more than a user may register: they are put into the database
	anna := inhabitants(t, env, 1, devices)[0]
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	defer computer.Close() // a server that stops waits five seconds for connections that nobody has used yet
	ask := must(computer.Authorize(ctx, client.Question{User: anna.Login}))(t)

	requests := make([]string, devices)
	for i, h := range anna.handsets {
		list := must(h.Requests(ctx))(t)
		if len(list.Requests) != 1 {
			t.Fatalf("device %d has %d requests", i, len(list.Requests))
		}
		requests[i] = list.Requests[0]
	}
	type outcome struct {
		kind   authn.DecisionKind
		answer wire.DecisionAnswer
		err    error
	}
	outcomes := make([]outcome, parallel)
	crowd(parallel, func(i int) {
		o := &outcomes[i]
		o.kind = authn.Approve
		if i/devices%2 == 1 {
			o.kind = authn.Deny
		}
		o.answer, o.err = anna.handsets[i%devices].decide(ctx, requests[i%devices], o.kind, ask.Number)
	})
	var won *outcome
	for i := range outcomes {
		switch o := &outcomes[i]; {
		case o.err == nil && won == nil:
			won = o
		case o.err == nil:
			t.Fatal("two decisions were taken")
		case !errors.Is(o.err, authn.ErrDecided) && !errors.Is(o.err, client.ErrUnreachable): // a late answer says nothing
			t.Errorf("a decision heard %v, want already_decided", o.err)
		}
	}

	var stored authn.ApprovalRequest
	err := env.Site.Store.View(ctx, func(r store.Reader) (err error) {
		id := must(wire.VerifyApprovalRequest(requests[0], env.ClientServer().Identity, env.Issuer, anna.handsets[0].id, anna.ID))(t).ID
		stored, err = r.ApprovalRequest(id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if won == nil { // its answer was among those that came late
		won = &outcome{kind: stored.Decision, answer: wire.DecisionAnswer{State: stored.State}}
	}
	if stored.State != authn.RequestApproved && stored.State != authn.RequestDenied {
		t.Fatalf("the request is %s: no decision was taken", stored.State)
	}
	if stored.Decision != won.kind || stored.State != won.answer.State {
		t.Errorf("stored is %s (%s), the receipt says %s (%s)", stored.Decision, stored.State, won.kind, won.answer.State)
	}
	for _, h := range anna.handsets {
		if list := must(h.Requests(ctx))(t); len(list.Requests) != 0 {
			t.Error("a device still has the request")
		}
	}
	tokens, refused := redeemAtOnce(ctx, computer, ask.AuthReqID, 20)
	switch {
	case won.kind == authn.Approve && tokens != 1:
		t.Errorf("%d tokens for one Yes", tokens)
	case won.kind == authn.Deny && (tokens != 0 || refused == 0):
		t.Errorf("%d tokens for a No, %d times access_denied", tokens, refused)
	}
}

// redeemAtOnce asks n times at the same moment and counts tokens and refusals. The pace lets one of them through at a time, so that
// the others are told to slow down.
func redeemAtOnce(ctx context.Context, c *testenv.Computer, authReqID string, n int) (tokens, denied int) {
	var mu sync.Mutex
	crowd(n, func(int) {
		_, err := c.Token(ctx, authReqID)
		mu.Lock()
		defer mu.Unlock()
		switch authn.CodeOf(err) {
		case "":
			tokens++
		case wire.ErrAccessDenied:
			denied++
		}
	})
	return tokens, denied
}

// TestRaceOfRedemptions is R-130 under race: one Yes gives one token, however many ask.
func TestRaceOfRedemptions(t *testing.T) {
	ctx, env := start(t)
	anna := inhabitants(t, env, 1, 1)[0]
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	for range 3 {
		ask := must(computer.Authorize(ctx, client.Question{User: anna.Login}))(t)
		list := must(anna.handsets[0].Requests(ctx))(t)
		must(anna.handsets[0].decide(ctx, list.Requests[0], authn.Approve, ""))(t)
		hash := authn.HashOf(key.Secret(ask.AuthReqID))
		won := make([]bool, 100)
		crowd(len(won), func(i int) { // past the pace, which alone would let one through
			_, _, err := env.Server.Approval.Redeem(ctx, hash, computer.ID)
			won[i] = err == nil
		})
		n := 0
		for _, w := range won {
			if w {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("redeemed %d times", n)
		}
		if _, err := computer.Token(ctx, ask.AuthReqID); authn.CodeOf(err) != wire.ErrInvalidGrant {
			t.Errorf("a redeemed request gives %v", err)
		}
	}
}
