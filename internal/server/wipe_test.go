package server_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/device"
	"avow/internal/store"
	"avow/internal/wire"
)

// fetchWipe asks what a removed device asks.
func (p *phone) fetchWipe() (raw string, c wire.WipeCommand) {
	p.r.t.Helper()
	raw = decode[wire.WipeAnswer](p.r.t, p.call(http.MethodGet, "/v1/wipe", nil), http.StatusOK).Command
	c, err := wire.VerifyWipeCommand(raw, p.r.identity.Key(), p.r.Site.Issuer, p.id)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw, c
}

func (p *phone) receipt(k key.Private, rec wire.WipeReceipt) answered {
	p.r.t.Helper()
	raw, err := wire.SignWipeReceipt(k, rec)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return p.r.post("/v1/wipe/receipt", wire.WipeReceiptCommand{Receipt: raw})
}

// TestWipe is R-113: each state is what is known, and only a receipt of the device makes it confirmed.
func TestWipe_R113(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	wantProblem(t, "before anybody asked", two.call(http.MethodGet, "/v1/wipe", nil), http.StatusNotFound, "wipe_unknown")
	l := one.listed(one.command(one.order(wire.ActWipe, two.id)))
	if e := l.Devices[len(l.Devices)-1]; e.ID != two.id || e.State != authn.DeviceRevoked || e.Wipe == nil || e.Wipe.State != authn.WipeRequested || e.Wipe.Scope != authn.WipeAccount {
		t.Fatalf("requested: %+v", e)
	}
	wantProblem(t, "anything else of it", two.call(http.MethodGet, "/v1/requests", nil), http.StatusForbidden, "device_revoked")
	wantProblem(t, "a receipt before the command was fetched, for another command", two.receipt(two.device, wire.WipeReceipt{
		Device: two.id, Audience: r.Site.Issuer, Counter: 1, CommandHash: wire.HashText("another"),
	}), http.StatusNotFound, "wipe_unknown")
	r.clock.pass(30*24*time.Hour - 1)
	if e := one.entry(two.id); e.Wipe.State != authn.WipeRequested {
		t.Errorf("after 30 days less a moment: %s", e.Wipe.State)
	}
	r.clock.pass(1)
	if e := one.entry(two.id); e.Wipe.State != authn.WipeNeverSeen {
		t.Errorf("after 30 days: %s", e.Wipe.State)
	}
	raw, c := two.fetchWipe() // it was in a drawer all the time
	if c.Counter != 1 || c.Scope != authn.WipeAccount {
		t.Errorf("command: %+v", c)
	}
	if again, _ := two.fetchWipe(); again != raw {
		t.Error("the second time the command is another one")
	}
	if e := one.entry(two.id); e.Wipe.State != authn.WipeDelivered || e.Wipe.DeliveredAt != r.clock.Now().Unix() {
		t.Errorf("delivered: %+v", e.Wipe)
	}
	good := wire.WipeReceipt{Device: two.id, Audience: r.Site.Issuer, Counter: 1, CommandHash: wire.HashText(raw), At: 1, Left: authn.LeftSealed}
	wantProblem(t, "by the approval key", two.receipt(two.approval, good), http.StatusUnauthorized, "bad_receipt")
	wantProblem(t, "by another device", two.receipt(one.device, good), http.StatusUnauthorized, "bad_receipt")
	nobody := good
	nobody.Device = authn.NewDeviceID()
	wantProblem(t, "of a device that nobody has", two.receipt(two.device, nobody), http.StatusUnauthorized, "bad_receipt")
	elsewhere := good
	elsewhere.Audience = "https://other.example.com"
	wantProblem(t, "for another server", two.receipt(two.device, elsewhere), http.StatusUnauthorized, "bad_receipt")
	counter := good
	counter.Counter = 2
	wantProblem(t, "of another counter", two.receipt(two.device, counter), http.StatusNotFound, "wipe_unknown")
	if e := one.entry(two.id); e.Wipe.State != authn.WipeDelivered {
		t.Fatalf("after refused receipts: %s", e.Wipe.State)
	}
	decode[struct{}](t, two.receipt(two.device, good), http.StatusOK)
	if e := one.entry(two.id); e.Wipe.State != authn.WipeConfirmed || e.Wipe.Left != authn.LeftSealed {
		t.Errorf("confirmed: %+v", e.Wipe)
	}
	all := good
	all.Left = authn.LeftNothing
	decode[struct{}](t, two.receipt(two.device, all), http.StatusOK)
	decode[struct{}](t, two.receipt(two.device, good), http.StatusOK) // an old one that comes late says nothing new
	if e := one.entry(two.id); e.Wipe.Left != authn.LeftNothing {
		t.Errorf("the rest is gone, and it says %q", e.Wipe.Left)
	}
	wantProblem(t, "after it was confirmed", two.call(http.MethodGet, "/v1/wipe", nil), http.StatusNotFound, "wipe_unknown")
	one.listed(one.command(one.order(wire.ActWipe, two.id)))
	if d := r.device(two.id); d.Wipe.State != authn.WipeConfirmed || d.Wipe.Counter != 1 {
		t.Errorf("asked again: %+v", d.Wipe)
	}
	if r.noticed(anna.ID, authn.NoticeDeviceWiped) != 1 || r.noticed(anna.ID, authn.NoticeDeviceRevoked) != 0 {
		t.Error("the user was not told once")
	}
}

// TestWipeScopes is R-114: administrators wipe the work account; everything is for the user to ask for.
func TestWipeScopes_R114(t *testing.T) {
	r := newRig(t)
	anna, bo := r.user("anna.lind"), r.user("bo.berg")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	ctx := t.Context()
	if err := r.Device.Wipe(ctx, two.id, authn.WipeEverything, "admin:maja", "lost"); !errors.Is(err, device.ErrScope) {
		t.Errorf("everything by an administrator: %v", err)
	}
	if err := r.Device.WipeOwn(ctx, bo.ID, two.id, authn.WipeAccount, "user:bo.berg", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another user's: %v", err)
	}
	if r.device(two.id).State != authn.DeviceActive {
		t.Fatal("a refused wipe had an effect")
	}
	if err := r.Device.Wipe(ctx, two.id, authn.WipeAccount, "admin:maja", "lost"); err != nil {
		t.Fatal(err)
	}
	first, _ := two.fetchWipe()
	if err := r.Device.Wipe(ctx, two.id, authn.WipeAccount, "admin:maja", "again"); err != nil || r.device(two.id).Wipe.State != authn.WipeDelivered {
		t.Errorf("again: %v, %s", err, r.device(two.id).Wipe.State)
	}
	c := one.order(wire.ActWipe, two.id)
	c.Scope = authn.WipeEverything
	one.listed(one.command(c))
	second, command := two.fetchWipe()
	if command.Scope != authn.WipeEverything || command.Counter != 2 || first == second {
		t.Errorf("more was asked for: %+v", command)
	}
	wantProblem(t, "a receipt of the first", two.receipt(two.device, wire.WipeReceipt{
		Device: two.id, Audience: r.Site.Issuer, Counter: 1, CommandHash: wire.HashText(first),
	}), http.StatusNotFound, "wipe_unknown")
	if err := r.Device.Wipe(ctx, two.id, authn.WipeAccount, "admin:maja", "less"); err != nil || r.device(two.id).Wipe.Counter != 2 {
		t.Errorf("less: %v, %+v", err, r.device(two.id).Wipe)
	}
}

// TestErased: a device whose user has erased the app is removed by what it had signed before, and cannot be by anybody else.
func TestErased(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	rec := wire.WipeReceipt{Device: two.id, Audience: r.Site.Issuer, At: 1}
	wantProblem(t, "by another", one.receipt(one.device, rec), http.StatusUnauthorized, "bad_receipt")
	if r.device(two.id).State != authn.DeviceActive {
		t.Fatal("a forged receipt had an effect")
	}
	for range 2 {
		decode[struct{}](t, two.receipt(two.device, rec), http.StatusOK)
	}
	if e := one.entry(two.id); e.State != authn.DeviceRevoked || e.Wipe == nil || e.Wipe.State != authn.WipeConfirmed {
		t.Errorf("erased: %+v", e)
	}
	if n := r.noticed(anna.ID, authn.NoticeDeviceRevoked); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
}
