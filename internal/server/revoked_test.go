package server_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestRevokedHasNoEffect: in whatever order the devices of a user remove, wipe, block and duplicate each other and answer requests, one that was removed never again has an
// accepted effect, and nothing of it changes what another user has.
func TestRevokedHasNoEffect_R110(t *testing.T) {
	r := newRig(t)
	laptop := r.client("laptop-42", authn.MatchTap)
	users := 0
	rapid.Check(t, func(rt *rapid.T) {
		users++
		anna, bo := r.user(fmt.Sprint("anna", users)), r.user(fmt.Sprint("bo", users))
		stranger := r.enroll(bo)
		all := []*phone{r.enroll(anna), r.enroll(anna), r.enroll(anna)}
		revoked := map[authn.DeviceID]bool{}
		others := r.belongings(bo)
		offers := map[*phone]offered{} // of phones to be
		claims := map[*phone]string{}
		for range rapid.IntRange(4, 16).Draw(rt, "steps") {
			p := rapid.SampledFrom(all).Draw(rt, "device")
			target := rapid.SampledFrom(append(all, stranger)).Draw(rt, "target")
			before := r.belongings(anna)
			var a answered
			switch act := rapid.SampledFrom([]string{"remove", "wipe", "block", "leave", "offer", "yes", "ask", "look"}).Draw(rt, "act"); act {
			case "remove", "wipe", "block":
				a = p.command(p.order(wire.DeviceAct(act), target.id))
				if target == stranger && a.status == http.StatusOK || target == p && a.status == http.StatusOK {
					rt.Fatalf("%s of %s was accepted", act, target.id)
				}
				if a.status == http.StatusOK {
					revoked[target.id] = true
				}
			case "leave":
				if a = p.post("/v1/device/remove", struct{}{}); a.status == http.StatusOK {
					revoked[p.id] = true
				}
			case "offer":
				var o offered
				if o, a = p.offer(); a.status == http.StatusOK {
					fresh := r.newPhone()
					claims[p], offers[p] = fresh.scan(o), o
					if c := fresh.join(o, claims[p]); c.status != http.StatusOK {
						rt.Fatalf("claim: %s", c.body)
					}
				}
			case "yes":
				o, ok := offers[p]
				if !ok {
					continue
				}
				if a = p.tell(o, claims[p], wire.DuplicateApprove); a.status == http.StatusOK {
					decode[wire.DuplicateAnswered](t, a, http.StatusOK)
				}
				delete(offers, p)
			case "ask":
				o, err := r.Approval.Open(t.Context(), question(anna, laptop))
				if err != nil {
					continue // too many, or nobody to ask
				}
				jws := ""
				for _, d := range o.Request.Devices {
					if d.Device == p.id {
						jws = d.JWS
					}
				}
				if revoked[p.id] && jws != "" {
					rt.Fatal("a removed device was asked")
				}
				before = r.belongings(anna)
				a = p.submit(o.Request.ID, p.signDecision(p.answer(authn.Approve, o.Request.ID, jws, "")))
				if a.status != http.StatusOK {
					if err := r.Approval.Cancel(t.Context(), o.Request.AuthReq, laptop.ID); err != nil {
						rt.Fatal(err)
					}
					r.settle(anna)
				}
			case "look":
				path := rapid.SampledFrom([]string{"/v1/device", "/v1/devices", "/v1/requests", "/v1/escrow"}).Draw(rt, "path")
				a = p.call(http.MethodGet, path, nil)
			}
			if wasRevoked(before, p.id) {
				if a.status != http.StatusForbidden || a.code() != "device_revoked" {
					rt.Fatalf("a removed device was answered %d %s", a.status, a.body)
				}
				if now := r.belongings(anna); !reflect.DeepEqual(now, before) {
					rt.Fatalf("a removed device has changed something: %+v", now)
				}
			}
			for id := range revoked {
				if d := r.device(id); d.State != authn.DeviceRevoked {
					rt.Fatalf("%s was removed and is %s", id, d.State)
				}
			}
			if now := r.belongings(bo); !reflect.DeepEqual(now, others) {
				rt.Fatalf("another user's things have changed: %+v", now)
			}
		}
	})
}

func wasRevoked(devices []authn.Device, id authn.DeviceID) bool {
	for _, d := range devices {
		if d.ID == id {
			return d.State == authn.DeviceRevoked
		}
	}
	return false
}

// belongings are a user's devices, but for when they were last seen.
func (r *rig) belongings(u authn.User) (list []authn.Device) {
	r.view(func(rd store.Reader) (err error) { list, err = rd.DevicesOf(u.ID); return err })
	for i := range list {
		list[i].LastSeenAt = noon
	}
	return list
}

// settle forgets what limits a user's requests.
func (r *rig) settle(u authn.User) {
	r.update(func(tx store.Tx) error {
		return tx.UpdateGuard(u.ID, func(g authn.Guard) (authn.Guard, error) { return g.Approved(), nil })
	})
}
