package server_test

import (
	"net/http"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestPracticeIsHeldApart: only the device that asked gets it, its number is right, and neither its wrong numbers nor its Yes touch what is counted.
func TestPracticeIsHeldApart(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	second := o.connect(o.anna, authn.BindAdditional)
	var before authn.Guard
	o.update(func(tx store.Tx) error {
		return tx.UpdateGuard(o.anna.ID, func(g authn.Guard) (authn.Guard, error) {
			g.WrongNumbers, g.Opened, g.Refusals = 2, nil, nil
			before = g
			return g, nil
		})
	})
	a := decode[wire.PracticeAnswer](t, o.phone.post("/v1/requests/practice", struct{}{}), http.StatusOK)
	r, err := wire.VerifyApprovalRequest(a.Request, o.identity.Key(), o.Site.Issuer, o.phone.id, o.anna.ID)
	if err != nil || r.Action != authn.ActionPractice || r.Client.ID != authn.PracticeClient || r.Match != authn.MatchNumber {
		t.Fatalf("practice is %+v, %v", r, err)
	}
	if list := second.requests(); len(list) != 0 {
		t.Errorf("another device is asked: %d requests", len(list))
	}
	wrong := "000000"
	if a.Number == wrong {
		wrong = "000001"
	}
	for range 4 {
		wantProblem(t, "a wrong number", o.phone.submit(r.ID, o.phone.signDecision(o.phone.answer(authn.Approve, r.ID, a.Request, wrong))), http.StatusBadRequest, "wrong_number")
	}
	raw := o.phone.signDecision(o.phone.answer(authn.Approve, r.ID, a.Request, a.Number))
	got := decode[wire.DecisionAnswer](t, o.phone.submit(r.ID, raw), http.StatusOK)
	if _, err := wire.VerifyReceipt(got.Receipt, o.identity.Key(), a.Request, raw); err != nil || got.State != authn.RequestApproved {
		t.Errorf("answered with %s, %v", got.State, err)
	}
	o.view(func(rd store.Reader) error {
		g, err := rd.Guard(o.anna.ID)
		if err == nil && (g.WrongNumbers != before.WrongNumbers || len(g.Opened) != 0 || len(g.Refusals) != 0) {
			t.Errorf("practice changed what is counted: %+v", g)
		}
		return err
	})
}
