package testenv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// TestDecisionIsForOneRequest is: a Yes answers neither another request of the same second, nor another user's, nor
// the same a second time.
func TestDecisionIsForOneRequest(t *testing.T) {
	ctx, env := start(t)
	people := inhabitants(t, env, 2, 1)
	anna, ben := people[0], people[1]
	laptop := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	desk := must(env.AddComputer(ctx, "desk-1", "DESK-1", authn.MatchTap))(t)
	must(laptop.Authorize(ctx, client.Question{User: anna.Login}))(t)
	first := must(anna.handsets[0].Requests(ctx))(t).Requests[0]
	atDesk := must(desk.Authorize(ctx, client.Question{User: anna.Login}))(t)
	must(laptop.Authorize(ctx, client.Question{User: ben.Login}))(t)

	h := anna.handsets[0]
	r, yes, err := h.answer(first, authn.Approve, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range must(h.Requests(ctx))(t).Requests {
		s := h.Server()
		other := must(wire.VerifyApprovalRequest(raw, s.Identity, s.Issuer, h.id, h.user))(t)
		if other.ID == r.ID {
			continue
		}
		if _, err := h.Decide(ctx, other.ID, yes); authn.CodeOf(err) != "bad_decision" {
			t.Errorf("the Yes to one request for another: %v", err)
		}
	}
	if _, err := ben.handsets[0].Decide(ctx, r.ID, yes); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("another user's phone: %v", err)
	}
	if _, _, err := ben.handsets[0].answer(first, authn.Approve, ""); err == nil {
		t.Error("another user's phone takes the request for its own")
	}
	answer := must(h.Decide(ctx, r.ID, yes))(t)
	if _, err := wire.VerifyReceipt(answer.Receipt, h.Server().Identity, first, yes); err != nil {
		t.Error(err)
	}
	if _, err := h.Decide(ctx, r.ID, yes); !errors.Is(err, authn.ErrDecided) {
		t.Errorf("replayed: %v", err)
	}
	open := must(env.Server.Approval.Await(ctx, authn.HashOf(key.Secret(atDesk.AuthReqID)), desk.ID, 0))(t)
	if open.State != authn.RequestOpen {
		t.Errorf("the request of the other computer is %s", open.State)
	}
}

// TestTwoPhones: both phones of a user have the request; when one answers, it goes from the other at once.
func TestTwoPhones(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, heard := readyPhone(t, ctx, env, "pixel", "anna.lind")
	q, _, alsoHeard := readyPhone(t, ctx, env, "tablet", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, heard, phone.RequestArrived)
	await(t, ctx, alsoHeard, phone.RequestArrived)
	must(p.Approve(ctx, e.Request, phone.Match{Number: ask.Number}, platform.Prompt{}))(t)
	closed := await(t, ctx, alsoHeard, phone.RequestClosed)
	if closed.Request != e.Request || closed.State != authn.RequestApproved {
		t.Errorf("the other phone heard %+v", closed)
	}
	if n := len(q.State().Requests); n != 0 {
		t.Errorf("the other phone still shows %d requests", n)
	}
	if _, err := q.Approve(ctx, e.Request, phone.Match{Number: ask.Number}, platform.Prompt{}); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("the other phone approved too: %v", err)
	}
	must(computer.Wait(ctx, ask))(t)
}

// TestMutedPhone is R-028: after three times No the phone is quiet, and the request can still be fetched and approved.
func TestMutedPhone(t *testing.T) {
	ctx, env := start(t)
	u := must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	for range authn.MaxRefusals {
		must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
		e := await(t, ctx, events, phone.RequestArrived)
		must(p.Deny(ctx, e.Request))(t)
	}
	for {
		if got, _ := p.State().Account(a.ID); got.MutedUntil.After(time.Now()) {
			break
		}
		await(t, ctx, events, phone.AccountsChanged)
	}
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	for range 2 { // two more events on the stream: whatever the request had caused has come before the second
		notify(t, env, u.ID)
		await(t, ctx, events, phone.NoticeArrived)
	}
	if n := len(p.State().Requests); n != 0 {
		t.Fatalf("a muted phone was disturbed by %d requests", n)
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	requests := p.State().Requests
	if len(requests) != 1 {
		t.Fatalf("Check now brought %d requests, want 1", len(requests))
	}
	must(p.Approve(ctx, requests[0].ID, phone.Match{}, platform.Prompt{}))(t)
	must(computer.Wait(ctx, ask))(t)
}

// notify gives a user a notice, so that something goes over her phones' streams.
func notify(t *testing.T, env *testenv.Env, id authn.UserID) {
	t.Helper()
	err := env.Site.Store.Update(t.Context(), func(tx store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		return site.Notify(tx, u, authn.NoticeDeviceRevoked, "", nil, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	env.Site.Live.Wake(live.User(string(id)))
}

// TestNewPhoneIsTold is R-013: a new phone is told by mail, and on the phone that was there before, not on the new one.
func TestNewPhoneIsTold(t *testing.T) {
	t.Parallel() // it waits for the outbox
	ctx := t.Context()
	env := must(testenv.Start(ctx, testenv.Options{Dir: t.TempDir(), Texts: mailtext.New("046-555 01 00")}))(t)
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Error(err)
		}
	})
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	must(env.Mail.Wait(ctx, 1))(t)
	_, b, _ := readyPhone(t, ctx, env, "tablet", "anna.lind")
	mails := must(env.Mail.Wait(ctx, 2))(t)
	last := mails[len(mails)-1]
	if last.To != "anna.lind@example.com" || !strings.Contains(string(last.Raw), "tablet") || last.Subject == "" {
		t.Errorf("the mail is to %q about %q:\n%s", last.To, last.Subject, last.Raw)
	}
	for {
		got, _ := p.State().Account(a.ID)
		if len(got.Notices) > 0 {
			if n := got.Notices[0]; n.Kind != authn.NoticeDeviceRegistered || n.Facts["device"] != "tablet" {
				t.Errorf("the notice on the first phone is %+v", n)
			}
			break
		}
		await(t, ctx, events, phone.NoticeArrived)
	}
	if b.ID == a.ID || len(b.Notices) != 0 {
		t.Errorf("the new phone is told of itself: %+v", b.Notices)
	}
}
