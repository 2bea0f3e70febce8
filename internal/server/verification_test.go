package server_test

import (
	"context"
	"net/http"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

var uvPolicies = []authn.UVPolicy{authn.UVEachApproval, authn.UVRegistration, authn.UVOff}

// verify sets the policy for user verification.
func (r *rig) verify(policy authn.UVPolicy) {
	r.t.Helper()
	p := r.Site.Policy()
	p.UserVerification = policy
	if err := r.Site.SetPolicy(context.Background(), p, authn.AuditRecord{At: r.clock.Now(), Actor: "admin:maja"}); err != nil {
		r.t.Fatal(err)
	}
}

// registered says Yes for a phone that registers with what an app that knows the policies would say.
func (r *rig) registered(u authn.User, policy authn.UVPolicy) *phone {
	r.t.Helper()
	r.verify(policy)
	s, p := r.session(u, authn.BindAdditional), r.newPhone()
	claimed := decode[wire.Claimed](r.t, p.claim(s.Link), http.StatusOK)
	if claimed.Policy.UserVerification != policy {
		r.t.Fatalf("the phone is told %q, want %q", claimed.Policy.UserVerification, policy)
	}
	g := p.statement(s.Link, claimed)
	if g.Verifies = policy; policy == authn.UVOff {
		g.UV = authn.UVNone
	}
	raw := p.sign(g)
	p.adopt(p.finish(raw), raw)
	if err := r.Registration.Confirm(context.Background(), s.Session.ID, "page:x", "", nil); err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (p *phone) demand(id authn.RequestID) (jws string, uv authn.UVDemand) {
	p.r.t.Helper()
	jws = p.request(id)
	q, err := wire.VerifyApprovalRequest(jws, p.r.identity.Key(), p.r.Site.Issuer, p.id, p.user.ID)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return jws, q.UV
}

// TestWhenTheUserIsVerified is A4 and R-031: a Yes without verification counts where the policy of now and that of the device allow it, and nowhere else.
func TestWhenTheUserIsVerified(t *testing.T) {
	for _, registered := range uvPolicies {
		t.Run("registered under "+string(registered), func(t *testing.T) {
			r := newRig(t)
			c := r.client("laptop-42", authn.MatchTap)
			p := r.registered(r.user("anna.lind"), registered)
			for _, now := range uvPolicies {
				r.verify(now)
				for _, always := range []bool{false, true} {
					q := question(p.user, c)
					q.Verify = always
					for _, uv := range []authn.UserVerification{authn.UVNone, authn.UVPIN} {
						o, err := r.Approval.Open(context.Background(), q)
						if err != nil {
							t.Fatal(err)
						}
						want := authn.UVRequired
						if now != authn.UVEachApproval && registered != authn.UVEachApproval && !always {
							want = authn.UVUnneeded
						}
						jws, demand := p.demand(o.Request.ID)
						if demand != want {
							t.Errorf("now %s, always %v: the request says %q, want %q", now, always, demand, want)
						}
						d := p.answer(authn.Approve, o.Request.ID, jws, "")
						d.UV = uv
						a, name := p.submit(o.Request.ID, p.signDecision(d)), string(now)+", uv "+string(uv)
						if want == authn.UVRequired && uv == authn.UVNone {
							wantProblem(t, name, a, http.StatusForbidden, "user_verification_required")
							if s := r.state(o.Request.ID); s != authn.RequestOpen {
								t.Errorf("%s: the request is %s", name, s)
							}
							p.decide(authn.Deny, o, "")
						} else if a.status != http.StatusOK {
							t.Errorf("%s, always %v: %d %s", name, always, a.status, a.body)
						}
						r.clock.pass(authn.MaxRequestLifetime * 6) // the guard forgets
					}
				}
			}
		})
	}
}

// TestDemandIsEachDevices: a phone that verifies each time cannot use the word that another phone was told.
func TestDemandIsEachDevices(t *testing.T) {
	r := newRig(t)
	u, c := r.user("anna.lind"), r.client("laptop-42", authn.MatchTap)
	strict, lax := r.registered(u, authn.UVEachApproval), r.registered(u, authn.UVOff)
	o := r.open(u, c)
	jws, demand := strict.demand(o.Request.ID)
	if _, other := lax.demand(o.Request.ID); demand != authn.UVRequired || other != authn.UVUnneeded {
		t.Fatalf("the phones are told %q and %q", demand, other)
	}
	d := strict.answer(authn.Approve, o.Request.ID, jws, "")
	d.UV = authn.UVNone
	wantProblem(t, "the strict phone", strict.submit(o.Request.ID, strict.signDecision(d)), http.StatusForbidden, "user_verification_required")
	d.RequestHash = wire.HashText(lax.request(o.Request.ID))
	wantProblem(t, "the other's request", strict.submit(o.Request.ID, strict.signDecision(d)), http.StatusBadRequest, "bad_decision")
}

// TestKeyDemandsWhatWasClaimed: the policy of the claim binds the registration, whatever it is at the end; a stricter key is welcome, as that of an app
// which knows one kind only.
func TestKeyDemandsWhatWasClaimed(t *testing.T) {
	for claimed, order := range uvPolicies {
		for said := range uvPolicies {
			r := newRig(t)
			s, p := r.session(r.user("anna.lind"), authn.BindFirst), r.newPhone()
			r.verify(uvPolicies[claimed])
			p.claim(s.Link)
			for _, later := range uvPolicies {
				r.verify(later)
			}
			again := decode[wire.Claimed](t, p.claim(s.Link), http.StatusOK)
			if again.Policy.UserVerification != order {
				t.Errorf("claimed under %s, told %s the second time", order, again.Policy.UserVerification)
			}
			g := p.statement(s.Link, again)
			g.Verifies = uvPolicies[said]
			raw := p.sign(g)
			a := p.finish(raw)
			if said > claimed {
				wantProblem(t, string(order)+" claimed, "+string(g.Verifies)+" said", a, http.StatusBadRequest, "bad_registration")
				continue
			}
			p.adopt(a, raw)
			r.view(func(rd store.Reader) error {
				d, err := rd.Device(p.id)
				if err == nil && d.Verifies != g.Verifies {
					t.Errorf("the device is said to verify at %q, want %q", d.Verifies, g.Verifies)
				}
				return err
			})
		}
	}
}

// TestUnverifiedRegistration: where the policy wants a verification at registration, a phone that made none is refused.
func TestUnverifiedRegistration(t *testing.T) {
	for _, policy := range uvPolicies {
		r := newRig(t)
		r.verify(policy)
		s, p := r.session(r.user("anna.lind"), authn.BindFirst), r.newPhone()
		g := p.statement(s.Link, decode[wire.Claimed](t, p.claim(s.Link), http.StatusOK))
		g.Verifies, g.UV = policy, authn.UVNone
		a := p.finish(p.sign(g))
		if policy == authn.UVOff {
			decode[wire.Finished](t, a, http.StatusOK)
			continue
		}
		wantProblem(t, string(policy), a, http.StatusBadRequest, "bad_registration")
	}
}
