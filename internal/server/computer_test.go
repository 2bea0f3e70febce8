package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/server/offline"
	"avow/internal/store"
	"avow/internal/wire"
)

// invited adds a computer that nobody has enrolled.
func (r *rig) invited(id authn.ClientID) authn.DeviceID {
	r.t.Helper()
	if _, _, err := r.Offline.Add(context.Background(), offline.Invitation{Computer: authn.Computer{ID: id}, Actor: "admin:maja", Reason: "test"}); err != nil {
		r.t.Fatal(err)
	}
	return authn.DeviceID(wire.ComputerKid(id))
}

// computer enrolls a computer: a caller that is known by its kid as a phone is by its own.
func (r *rig) computer(id authn.ClientID) *phone {
	r.t.Helper()
	_, link, err := r.Offline.Add(context.Background(), offline.Invitation{
		Computer: authn.Computer{ID: id, Match: authn.MatchTap, Offline: authn.OfflineAllow}, Actor: "admin:maja", Reason: "test",
	})
	if err != nil {
		r.t.Fatal(err)
	}
	p := r.newPhone()
	a := p.post("/v1/computer/enroll", wire.EnrollComputer{Token: wire.SessionSecret{Secret: link.Token}, OS: "Debian 13", App: "1"})
	decode[wire.ComputerSettings](r.t, a, http.StatusOK)
	p.id, p.nonce = authn.DeviceID(wire.ComputerKid(id)), ""
	return p
}

// computerSecrets takes a computer through its whole life and returns what was secret in it: link, code of the service desk, token.
func (o *office) computerSecrets(m *phone) []string {
	o.t.Helper()
	_, link, err := o.Offline.Add(o.t.Context(), offline.Invitation{Computer: authn.Computer{ID: "desk-8"}, Actor: "admin:maja", Reason: "test"})
	if err != nil {
		o.t.Fatal(err)
	}
	o.newPhone().post("/v1/computer/enroll", wire.EnrollComputer{Token: wire.SessionSecret{Secret: link.Token}, OS: "x", App: "1"})
	g := o.grant(m, "desk-7")
	c := newKey(o.t)
	raw, err := wire.SignBatch(m.device, wire.Batch{
		Computer: "desk-7", Holder: o.Site.Issuer, IssuedAt: 1, Grant: g.ID, ID: authn.NewBatchID(), JWK: c.Key(), Count: authn.DeskCount,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	a := m.post("/v1/computer/sync", wire.SyncComputer{Journal: []wire.JournalEntry{}, Batches: []string{raw}})
	decode[wire.SyncedComputer](o.t, a, http.StatusOK)
	r, err := o.Offline.Release(o.t.Context(), offline.Order{Computer: "desk-7", User: o.anna, Actor: "admin:maja", Reason: "test"})
	if err != nil {
		o.t.Fatal(err)
	}
	return []string{link.Encode(), b64(link.Token), r.Code.Text(), r.Code.Secret, m.nonce, wire.PageCode(link.Token)}
}

// grant signs in to a computer with a network; the phone says Yes.
func (o *office) grant(m *phone, id authn.ClientID) wire.Grant {
	o.t.Helper()
	var c authn.Client
	o.view(func(r store.Reader) (err error) { c, err = r.Client(id); return err })
	q := o.open(o.anna, c)
	decode[wire.DecisionAnswer](o.t, o.phone.decide(authn.Approve, q, ""), http.StatusOK)
	var given offline.Given
	_, _, err := o.Approval.Redeem(o.t.Context(), q.Request.AuthReq, c.ID, func(tx store.Tx, d authn.Device, u authn.User) (err error) {
		given, err = o.Offline.Grant(tx, c, d, u)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	raw, err := o.Offline.Tell(given)
	if err != nil {
		o.t.Fatal(err)
	}
	g, err := wire.VerifyGrant(raw, o.identity.Key(), o.Site.Issuer)
	if err != nil {
		o.t.Fatal(err)
	}
	return g
}

// computerRoutes are all routes that a computer's proof opens.
var computerRoutes = []struct{ path, body string }{
	{"/v1/computer/enroll", `{"token":"AAAAAAAAAAAAAAAAAAAAAA","os":"","app":""}`},
	{"/v1/computer/sync", `{"journal":[],"batches":[],"app":""}`},
	{"/v1/computer/desk-code", `{"grant_id":"AAAAAAAAAAA","batch_id":"AAAAAAAAAAAAAAAAAAAAAA","index":0}`},
}

// TestForeignKinds is R-043 for kinds: a device's proof opens nothing of a computer, and a computer's nothing of a device, whatever it calls itself.
func TestForeignKinds(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	m := o.computer("desk-7")
	posing := &phone{r: o.rig, device: o.phone.device, id: authn.DeviceID(wire.ComputerKid("desk-7"))}
	named := &phone{r: o.rig, device: m.device, id: o.phone.id}
	client := &phone{r: o.rig, device: m.device, id: "desk-7"}              // without c_
	unmanned := &phone{r: o.rig, device: o.phone.device, id: "c_laptop-42"} // a client that is no computer
	for _, route := range computerRoutes {
		for name, p := range map[string]*phone{"a device": o.phone, "a device as computer": posing, "a computer without its prefix": client, "a client": unmanned} {
			a := p.call(http.MethodPost, route.path, []byte(route.body))
			wantProblem(t, route.path+" by "+name, a, http.StatusUnauthorized, "bad_proof")
		}
	}
	for _, route := range phoneRoutes {
		for name, p := range map[string]*phone{"a computer": m, "a computer as device": named} {
			a := p.call(route.method, strings.ReplaceAll(route.path, "{id}", "x"), []byte(route.body))
			wantProblem(t, route.path+" by "+name, a, http.StatusUnauthorized, "bad_proof")
		}
	}
	if a := m.call(http.MethodPost, "/v1/computer/sync", []byte(computerRoutes[1].body)); a.status != http.StatusOK {
		t.Errorf("the honest computer: %d %s", a.status, a.body)
	}
}
