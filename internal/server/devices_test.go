package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/approval"
	"avow/internal/server/session"
	"avow/internal/store"
	"avow/internal/wire"
)

func (p *phone) devices() wire.UserDevices {
	p.r.t.Helper()
	return p.listed(p.call(http.MethodGet, "/v1/devices", nil))
}

func (p *phone) listed(a answered) wire.UserDevices {
	p.r.t.Helper()
	d := decode[wire.DevicesAnswer](p.r.t, a, http.StatusOK)
	l, err := wire.VerifyUserDevices(d.Devices, p.r.identity.Key(), p.r.Site.Issuer, p.id)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return l
}

// entry finds a device in its user's list.
func (p *phone) entry(id authn.DeviceID) wire.DeviceEntry {
	p.r.t.Helper()
	for _, e := range p.devices().Devices {
		if e.ID == id {
			return e
		}
	}
	p.r.t.Fatalf("device %s is not listed", id)
	return wire.DeviceEntry{}
}

func (p *phone) order(act wire.DeviceAct, other authn.DeviceID) wire.DeviceCommand {
	c := wire.DeviceCommand{
		Audience: p.r.Site.Issuer, Issuer: p.id, ID: key.RandomID(16), IssuedAt: p.r.clock.Now().Unix(), Device: other, Act: act, UV: authn.UVPIN,
	}
	if act == wire.ActWipe {
		c.Scope = authn.WipeAccount
	}
	return c
}

func (p *phone) command(c wire.DeviceCommand) answered {
	p.r.t.Helper()
	return p.say(p.approval, c)
}

func (p *phone) say(k key.Private, c wire.DeviceCommand) answered {
	p.r.t.Helper()
	raw, err := wire.SignDeviceCommand(k, c)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return p.post("/v1/devices/command", wire.DeviceCommandCommand{Statement: raw})
}

// post sends what has no proof.
func (r *rig) post(path string, v any) answered {
	r.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.send(http.MethodPost, path, "", b)
}

// TestDeviceList: each device sees those of its user, its own marked, and none of others.
func TestDeviceList(t *testing.T) {
	r := newRig(t)
	anna, bo := r.user("anna.lind"), r.user("bo.berg")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	r.connect(bo, authn.BindFirst)
	l := one.devices()
	if len(l.Devices) != 2 || l.Devices[0].ID != one.id || !l.Devices[0].This || l.Devices[1].ID != two.id || l.Devices[1].This {
		t.Fatalf("listed: %+v", l.Devices)
	}
	if e := l.Devices[0]; e.Name != "Anna's phone" || e.Origin != authn.OriginRegistration || e.State != authn.DeviceActive || e.ConnectedAt != noon.Unix() || e.Wipe != nil {
		t.Errorf("entry: %+v", e)
	}
	pending := r.newPhone()
	pending.register(r.session(anna, authn.BindAdditional))
	wantProblem(t, "a phone that nobody has confirmed", pending.call(http.MethodGet, "/v1/devices", nil), http.StatusForbidden, "device_pending")
	// Forty that were removed do not make the statement too large, and the last ones are told.
	r.update(func(tx store.Tx) error {
		for i := range 40 {
			d := authn.Device{
				ID: authn.NewDeviceID(), User: anna.ID, State: authn.DeviceRevoked, CreatedAt: noon, RevokedAt: noon.Add(-time.Duration(i) * time.Hour),
				Info: authn.DeviceInfo{Name: "ÅÄÖ<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", Model: "M", OS: "O"},
			}
			if err := tx.CreateDevice(d); err != nil {
				return err
			}
		}
		return nil
	})
	l = one.devices()
	if n := len(l.Devices); n != 3+12 || l.Devices[3].RemovedAt != noon.Unix() {
		t.Errorf("%d devices, the first that was removed at %v", n, time.Unix(l.Devices[3].RemovedAt, 0).UTC())
	}
}

// TestRemoveAnother: what one device says about another is a fact when the answer is there, and no other word does it.
func TestRemoveAnother(t *testing.T) {
	r := newRig(t)
	anna, bo := r.user("anna.lind"), r.user("bo.berg")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	other := r.connect(bo, authn.BindFirst)
	wantProblem(t, "by the device key", one.say(one.device, one.order(wire.ActRemove, two.id)), http.StatusBadRequest, "bad_command")
	wantProblem(t, "in another's name", one.command(two.order(wire.ActRemove, one.id)), http.StatusBadRequest, "bad_command")
	wantProblem(t, "itself", one.command(one.order(wire.ActRemove, one.id)), http.StatusBadRequest, "bad_command")
	unverified := one.order(wire.ActRemove, two.id)
	unverified.UV = authn.UVNone
	wantProblem(t, "without user verification", one.command(unverified), http.StatusBadRequest, "bad_command")
	elsewhere := one.order(wire.ActRemove, two.id)
	elsewhere.Audience = "https://other.example.com"
	wantProblem(t, "of another server", one.command(elsewhere), http.StatusBadRequest, "bad_command")
	for _, act := range []wire.DeviceAct{wire.ActRemove, wire.ActWipe, wire.ActBlock} {
		wantProblem(t, "another user's device", one.command(one.order(act, other.id)), http.StatusNotFound, "device_unknown")
		wantProblem(t, "a device of nobody", one.command(one.order(act, authn.NewDeviceID())), http.StatusNotFound, "device_unknown")
	}
	if r.device(other.id).State != authn.DeviceActive || r.device(two.id).State != authn.DeviceActive {
		t.Fatal("a refused command had an effect")
	}
	c := one.order(wire.ActRemove, two.id)
	l := one.listed(one.command(c))
	if e := l.Devices[len(l.Devices)-1]; e.ID != two.id || e.State != authn.DeviceRevoked || e.RemovedAt != noon.Unix() {
		t.Errorf("listed: %+v", e)
	}
	wantProblem(t, "next request of the removed", two.call(http.MethodGet, "/v1/requests", nil), http.StatusForbidden, "device_revoked")
	wantProblem(t, "the same statement again", one.command(c), http.StatusConflict, "statement_used")
	one.listed(one.command(one.order(wire.ActRemove, two.id))) // once more changes nothing
	if n := r.noticed(anna.ID, authn.NoticeDeviceRevoked); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
	wantProblem(t, "a command of the removed", two.command(two.order(wire.ActRemove, one.id)), http.StatusForbidden, "device_revoked")
}

// TestRemovalIsTold is R-110: a phone that listens hears that it was removed, signed, before its stream ends.
func TestRemovalIsTold_R110(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	s := two.stream(t.Context())
	one.listed(one.command(one.order(wire.ActRemove, two.id)))
	raw := s.wait(wire.EventStatus)
	a := decode[wire.StatusAnswer](t, answered{status: http.StatusOK, body: []byte(raw)}, http.StatusOK)
	st, err := wire.VerifyStatus(a.Status, r.identity.Key(), r.Site.Issuer, two.id)
	if err != nil || st.State != authn.DeviceRevoked {
		t.Errorf("told: %+v, %v", st, err)
	}
	if names := s.ended(); len(names) != 0 {
		t.Errorf("after that came %v", names)
	}
}

// TestCommandOnce: of many of one statement one is obeyed. The store is raced with a thousand (storetest).
func TestCommandOnce_D12(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	c := one.order(wire.ActWipe, two.id)
	const n = 150
	answers := make([]answered, n)
	one.devices() // for a nonce
	raw, err := wire.SignDeviceCommand(one.approval, c)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i] = one.post("/v1/devices/command", wire.DeviceCommandCommand{Statement: raw}) })
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			good++
			continue
		}
		wantProblem(t, "again", a, http.StatusConflict, "statement_used")
	}
	if d := r.device(two.id); good != 1 || d.Wipe.Counter != 1 {
		t.Errorf("%d were obeyed, counter %d", good, d.Wipe.Counter)
	}
}

// TestTwoRemoveEachOther: one of the two goes, whichever; never both.
func TestTwoRemoveEachOther(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	var wg sync.WaitGroup
	for p, other := range map[*phone]*phone{one: two, two: one} {
		wg.Go(func() { p.command(p.order(wire.ActRemove, other.id)) })
	}
	wg.Wait()
	if (r.device(one.id).State == authn.DeviceActive) == (r.device(two.id).State == authn.DeviceActive) {
		t.Errorf("devices are %s and %s", r.device(one.id).State, r.device(two.id).State)
	}
}

// TestProbation: a device that another one has connected a short time ago signs in, and rules over nothing.
func TestProbation(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, young := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	r.update(func(tx store.Tx) error {
		return tx.UpdateDevice(young.id, func(d authn.Device) (authn.Device, error) {
			d.ProbationUntil = noon.Add(24 * time.Hour)
			return d, nil
		})
	})
	if st := young.status(); st.ProbationUntil != noon.Add(24*time.Hour).Unix() {
		t.Errorf("status says %d", st.ProbationUntil)
	}
	for _, act := range []wire.DeviceAct{wire.ActRemove, wire.ActWipe, wire.ActBlock} {
		wantProblem(t, string(act), young.command(young.order(act, one.id)), http.StatusForbidden, "device_probation")
	}
	_, a := young.offer()
	wantProblem(t, "duplicate", a, http.StatusForbidden, "device_probation")
	laptop := r.client("laptop-42", authn.MatchTap)
	decode[wire.DecisionAnswer](t, young.decide(authn.Approve, r.open(anna, laptop), ""), http.StatusOK)

	var pages, second authn.Client
	r.update(func(tx store.Tx) (err error) {
		if pages, err = session.Client(tx, session.ClientID, "Lund Energy", noon); err != nil {
			return err
		}
		second, err = session.Client(tx, session.SecondAdminID, "Lund Energy", noon)
		return err
	})
	number := func(o approval.Opened) string { return o.Number }
	o := r.open(anna, pages)
	decode[wire.DecisionAnswer](t, young.decide(authn.Approve, o, number(o)), http.StatusOK) // without a role the pages are her own
	r.update(func(tx store.Tx) error {
		return tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: "anna.lind", Role: authn.RoleServiceDesk, User: anna.ID, CreatedAt: noon})
	})
	for _, c := range []authn.Client{pages, second} {
		o := r.open(anna, c)
		wantProblem(t, "a Yes for "+string(c.ID), young.decide(authn.Approve, o, number(o)), http.StatusForbidden, "device_probation")
		decode[wire.DecisionAnswer](t, young.decide(authn.Deny, o, ""), http.StatusOK) // No is always possible
	}
	r.clock.pass(24 * time.Hour)
	young.listed(young.command(young.order(wire.ActRemove, one.id)))
}

// TestOthersGoOn is R-101: removing one device leaves the others working.
func TestOthersGoOn_R101(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two, three := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional), r.connect(anna, authn.BindAdditional)
	one.listed(one.command(one.order(wire.ActRemove, two.id)))
	laptop := r.client("laptop-42", authn.MatchTap)
	for _, p := range []*phone{one, three} {
		decode[wire.DecisionAnswer](t, p.decide(authn.Approve, r.open(anna, laptop), ""), http.StatusOK)
	}
}

// TestBlockDevice: a block removes, and stops every restore.
func TestBlockDevice(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	one, two := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)
	one.listed(one.command(one.order(wire.ActBlock, two.id)))
	if d := r.device(two.id); d.State != authn.DeviceRevoked {
		t.Errorf("device is %s", d.State)
	}
	wantProblem(t, "the blocked one", two.call(http.MethodGet, "/v1/device", nil), http.StatusForbidden, "device_revoked")
	if err := r.Device.Revoke(context.Background(), two.id, "admin:maja", "again"); err != nil {
		t.Error(err)
	}
}
