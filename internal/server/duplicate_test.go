package server_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// offered is an offer with what went from screen to camera.
type offered struct {
	wire.DuplicateOffered
	code    key.Secret
	optical key.Secret
}

func (p *phone) offer() (offered, answered) {
	p.r.t.Helper()
	o := offered{code: key.NewSecret(16), optical: key.NewSecret(16)}
	raw, err := wire.SignDuplicateOffer(p.approval, wire.DuplicateOffer{
		Audience: p.r.Site.Issuer, Issuer: p.id, Hash: authn.HashOf(o.code), IssuedAt: p.r.clock.Now().Unix(), UV: authn.UVPIN,
	})
	if err != nil {
		p.r.t.Fatal(err)
	}
	a := p.post("/v1/duplicate", wire.DuplicateOfferCommand{ID: wire.SessionSecret{Secret: o.code}, Statement: raw})
	if a.status == http.StatusOK {
		o.DuplicateOffered = decode[wire.DuplicateOffered](p.r.t, a, http.StatusOK)
	}
	return o, a
}

func (p *phone) offers() offered {
	p.r.t.Helper()
	o, a := p.offer()
	decode[wire.DuplicateOffered](p.r.t, a, http.StatusOK)
	return o
}

// scan is what the new phone signs about an offer.
func (p *phone) scan(o offered) string {
	p.r.t.Helper()
	raw, err := wire.SignDuplicateClaim(p.approval, wire.DuplicateClaim{
		Audience: p.r.Site.Issuer, Hash: authn.HashOf(o.code), DeviceJWK: p.device.Key(), ApprovalJWK: p.approval.Key(), ExchangeJWK: p.exchange.Key(),
		Device: authn.DeviceInfo{Name: "New phone", Model: "Pixel 9", OS: "Android 17", App: "1"}, Class: key.Software, UV: authn.UVPIN,
	})
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw
}

func (p *phone) join(o offered, raw string) answered {
	p.r.t.Helper()
	return p.post("/v1/duplicate/claim", wire.DuplicateClaimCommand{
		ID: wire.SessionSecret{Secret: o.code}, Statement: raw, MAC: wire.DuplicateClaimMAC(o.optical, raw),
	})
}

func (p *phone) look(o offered) wire.DuplicateView {
	p.r.t.Helper()
	return decode[wire.DuplicateView](p.r.t, p.call(http.MethodGet, "/v1/duplicate/"+string(o.DuplicateID), nil), http.StatusOK)
}

func (p *phone) tell(o offered, claim string, answer wire.DuplicateDecision) answered {
	p.r.t.Helper()
	a := wire.DuplicateAnswer{Audience: p.r.Site.Issuer, Issuer: p.id, DuplicateID: o.DuplicateID, ClaimHash: wire.HashText(claim), Answer: answer, UV: authn.UVNone, IssuedAt: 1}
	k, c := p.device, wire.DuplicateAnswerCommand{DuplicateID: o.DuplicateID}
	if answer == wire.DuplicateApprove {
		a.UV, k = authn.UVPIN, p.approval
		c.Handover = []byte("encrypted to the new phone")
		c.MAC = wire.DuplicateHandoverMAC(o.optical, c.Handover)
	}
	var err error
	if c.Statement, err = wire.SignDuplicateAnswer(k, a); err != nil {
		p.r.t.Fatal(err)
	}
	return p.post("/v1/duplicate/answer", c)
}

func (p *phone) outcome(o offered, wait bool) answered {
	p.r.t.Helper()
	return p.post("/v1/duplicate/state", wire.DuplicateStateCommand{ID: wire.SessionSecret{Secret: o.code}, Wait: wait})
}

// TestDuplicate walks a duplicate from the offer to a device on probation.
func TestDuplicate(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	old, fresh := r.connect(anna, authn.BindFirst), r.newPhone()
	s := old.stream(t.Context())
	o := old.offers()
	if o.ExpiresAt != noon.Add(2*time.Minute).Unix() {
		t.Errorf("expires at %v", time.Unix(o.ExpiresAt, 0))
	}
	if v := old.look(o); v.State != authn.DuplicateOpen || v.Statement != "" {
		t.Errorf("open: %+v", v)
	}
	wantProblem(t, "a Yes before anybody asked", old.tell(o, "", wire.DuplicateApprove), http.StatusBadRequest, "bad_answer")
	raw := fresh.scan(o)
	for range 2 { // the answer was lost on its way
		decode[wire.DuplicateClaimed](t, fresh.join(o, raw), http.StatusOK)
	}
	s.wait(wire.EventDuplicate) // the old phone is woken
	v := old.look(o)
	if v.State != authn.DuplicateClaimed || v.Statement != raw || v.MAC != wire.DuplicateClaimMAC(o.optical, raw) || v.IP != "127.0.0.1" || v.Raced {
		t.Errorf("claimed: %+v", v)
	}
	if got := decode[wire.DuplicateOutcome](t, fresh.outcome(o, false), http.StatusOK); got.State != authn.DuplicateClaimed || got.Bound != "" {
		t.Errorf("waiting: %+v", got)
	}
	waits := make(chan answered)
	go func() { waits <- fresh.outcome(o, true) }()
	decode[wire.DuplicateAnswered](t, old.tell(o, raw, wire.DuplicateApprove), http.StatusOK)
	got := decode[wire.DuplicateOutcome](t, <-waits, http.StatusOK)
	if got.State == authn.DuplicateClaimed { // it had not asked yet, or asked in the moment before
		got = decode[wire.DuplicateOutcome](t, fresh.outcome(o, true), http.StatusOK)
	}
	b, err := wire.VerifyBoundTo(got.Bound, r.identity.Key(), raw)
	if err != nil || got.State != authn.DuplicateApproved || string(got.Handover) != "encrypted to the new phone" || got.MAC != wire.DuplicateHandoverMAC(o.optical, got.Handover) {
		t.Fatalf("approved: %+v, %v", got, err)
	}
	fresh.id, fresh.user = b.Device, anna
	d := r.device(fresh.id)
	if d.Origin != authn.OriginDuplicate || d.From != old.id || !d.ProbationUntil.Equal(noon.Add(24*time.Hour)) || d.State != authn.DeviceActive || d.Class != key.Software {
		t.Errorf("device: %+v", d)
	}
	if e := old.entry(fresh.id); e.Origin != authn.OriginDuplicate || e.ProbationUntil == 0 || e.Name != "New phone" {
		t.Errorf("entry: %+v", e)
	}
	laptop := r.client("laptop-42", authn.MatchTap)
	decode[wire.DecisionAnswer](t, fresh.decide(authn.Approve, r.open(anna, laptop), ""), http.StatusOK)
	if n := r.noticed(anna.ID, authn.NoticeDeviceDuplicated); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
	// it was good once.
	id := fresh.id
	fresh.id = ""
	decode[wire.DuplicateOutcome](t, fresh.outcome(o, false), http.StatusOK) // the phone that lost the answer gets it again
	wantProblem(t, "another phone, later", r.newPhone().join(o, raw), http.StatusBadRequest, "key_mismatch")
	late := r.newPhone()
	wantProblem(t, "another phone with keys of its own", late.join(o, late.scan(o)), http.StatusConflict, "duplicate_claimed")
	wantProblem(t, "a second Yes", old.tell(o, raw, wire.DuplicateApprove), http.StatusGone, "duplicate_used")
	wantProblem(t, "a late No", old.tell(o, raw, wire.DuplicateRefuse), http.StatusGone, "duplicate_used")
	if err := r.Device.Revoke(t.Context(), id, "admin:maja", "stolen"); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "what was handed over, once the device was removed", fresh.outcome(o, false), http.StatusForbidden, "device_revoked")
	r.clock.pass(24*time.Hour + 1)
	if err := r.Duplicate.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.view(func(rd store.Reader) error {
		if list, err := rd.DuplicatesFrom(old.id, time.Time{}); len(list) != 0 || err != nil {
			t.Errorf("%d duplicates are kept for ever, %v", len(list), err)
		}
		return nil
	})
}

// TestOfferIsGuarded: nothing but a user's word on her phone makes an offer.
func TestOfferIsGuarded_R100(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	old := r.connect(anna, authn.BindFirst)
	code := key.NewSecret(16)
	good := wire.DuplicateOffer{Audience: r.Site.Issuer, Issuer: old.id, Hash: authn.HashOf(code), IssuedAt: 1, UV: authn.UVPIN}
	for name, c := range map[string]struct {
		key    key.Private
		change func(*wire.DuplicateOffer)
	}{
		"by the device key":         {old.device, func(*wire.DuplicateOffer) {}},
		"without user verification": {old.approval, func(o *wire.DuplicateOffer) { o.UV = authn.UVNone }},
		"of another code":           {old.approval, func(o *wire.DuplicateOffer) { o.Hash = authn.HashOf(key.NewSecret(16)) }},
		"of another device":         {old.approval, func(o *wire.DuplicateOffer) { o.Issuer = authn.NewDeviceID() }},
		"for another server":        {old.approval, func(o *wire.DuplicateOffer) { o.Audience = "https://other.example.com" }},
	} {
		o := good
		c.change(&o)
		raw, err := wire.SignDuplicateOffer(c.key, o)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, name, old.post("/v1/duplicate", wire.DuplicateOfferCommand{ID: wire.SessionSecret{Secret: code}, Statement: raw}), http.StatusBadRequest, "bad_offer")
	}
	raw, err := wire.SignDuplicateOffer(old.approval, good)
	if err != nil {
		t.Fatal(err)
	}
	decode[wire.DuplicateOffered](t, old.post("/v1/duplicate", wire.DuplicateOfferCommand{ID: wire.SessionSecret{Secret: code}, Statement: raw}), http.StatusOK)
	wantProblem(t, "replayed", old.post("/v1/duplicate", wire.DuplicateOfferCommand{ID: wire.SessionSecret{Secret: code}, Statement: raw}), http.StatusConflict, "statement_used")
	p := r.Site.Policy()
	p.Attestation = authn.AttestationRequired
	if err := r.Site.SetPolicy(t.Context(), p, authn.AuditRecord{At: noon, Actor: "admin:maja"}); err != nil {
		t.Fatal(err)
	}
	_, a := old.offer()
	wantProblem(t, "where phones must prove their keys", a, http.StatusBadRequest, "attestation_required")
}

// TestOneOfManyJoins is R-099 and D12: of a thousand phones that photographed the code, one has it; the user is told once, and sees it on the old phone.
func TestOneOfManyJoins_D12(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	old := r.connect(anna, authn.BindFirst)
	o := old.offers()
	n := many()
	phones, raws, answers := make([]*phone, n), make([]string, n), make([]answered, n)
	for i := range phones {
		phones[i] = r.newPhone()
		raws[i] = phones[i].scan(o)
	}
	var wg sync.WaitGroup
	for i, p := range phones {
		wg.Go(func() { answers[i] = p.join(o, raws[i]) })
	}
	wg.Wait()
	winner := -1
	for i, a := range answers {
		switch {
		case a.status == http.StatusOK && winner < 0:
			winner = i
		case a.status == http.StatusOK:
			t.Fatal("a second phone got the account")
		default:
			wantProblem(t, "a phone that came too late", a, http.StatusConflict, "duplicate_claimed")
		}
	}
	if winner < 0 {
		t.Fatal("no phone got it")
	}
	if v := old.look(o); v.Statement != raws[winner] || !v.Raced {
		t.Errorf("the old phone sees %+v", v)
	}
	loser := phones[(winner+1)%n]
	wantProblem(t, "what the loser is told", loser.outcome(o, false), http.StatusNotFound, "duplicate_unknown")
	if got := r.noticed(anna.ID, authn.NoticeDuplicateRaced); got != 1 {
		t.Errorf("%d notices of a second phone, want 1 for all", got)
	}
	decode[wire.DuplicateAnswered](t, old.tell(o, raws[winner], wire.DuplicateRefuse), http.StatusOK)
	wantProblem(t, "the winner, after No", phones[winner].join(o, raws[winner]), http.StatusGone, "duplicate_refused")
	if got := decode[wire.DuplicateOutcome](t, phones[winner].outcome(o, false), http.StatusOK); got.State != authn.DuplicateRefused || got.Handover != nil || got.Bound != "" {
		t.Errorf("told: %+v", got)
	}
}

// TestAnswerIsGuarded: a Yes is the approval key's, about exactly the claim that is there, from the phone that has offered.
func TestAnswerIsGuarded(t *testing.T) {
	r := newRig(t)
	anna, bo := r.user("anna.lind"), r.user("bo.berg")
	old, second, other := r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional), r.connect(bo, authn.BindFirst)
	o := old.offers()
	fresh := r.newPhone()
	raw := fresh.scan(o)
	decode[wire.DuplicateClaimed](t, fresh.join(o, raw), http.StatusOK)
	for name, p := range map[string]*phone{"another device of hers": second, "another user": other} {
		wantProblem(t, name+" answers", p.tell(o, raw, wire.DuplicateApprove), http.StatusNotFound, "duplicate_unknown")
		wantProblem(t, name+" refuses", p.tell(o, raw, wire.DuplicateRefuse), http.StatusNotFound, "duplicate_unknown")
		wantProblem(t, name+" looks", p.call(http.MethodGet, "/v1/duplicate/"+string(o.DuplicateID), nil), http.StatusNotFound, "duplicate_unknown")
	}
	wantProblem(t, "about another claim", old.tell(o, r.newPhone().scan(o), wire.DuplicateApprove), http.StatusBadRequest, "bad_answer")
	forged := &phone{r: r, device: old.device, approval: old.device, id: old.id}
	wantProblem(t, "by the device key", forged.tell(o, raw, wire.DuplicateApprove), http.StatusBadRequest, "bad_answer")
	if n := len(old.devices().Devices); n != 2 {
		t.Fatalf("%d devices after refused answers", n)
	}
	r.clock.pass(authn.DuplicateAnswerTime)
	wantProblem(t, "too late", old.tell(o, raw, wire.DuplicateApprove), http.StatusGone, "duplicate_expired")
	if v := old.look(o); v.State != authn.DuplicateExpired || v.Statement != "" {
		t.Errorf("expired: %+v", v)
	}
	unscanned := old.offers()
	r.clock.pass(authn.DuplicateLifetime)
	wantProblem(t, "scanned too late", fresh.join(unscanned, fresh.scan(unscanned)), http.StatusGone, "duplicate_expired")
	first := old.offers()
	old.offers()
	wantProblem(t, "an offer that a newer one has ended", fresh.join(first, fresh.scan(first)), http.StatusGone, "duplicate_refused")
}

// TestKeysAreNew is R-101: no key of a device of the user comes back as another device's.
func TestKeysAreNew_R101(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	old := r.connect(anna, authn.BindFirst)
	for i, p := range []*phone{
		{r: r, device: old.device, approval: newKey(t), exchange: newKey(t)},
		{r: r, device: newKey(t), approval: old.approval, exchange: newKey(t)},
		{r: r, device: newKey(t), approval: newKey(t), exchange: old.exchange},
		{r: r, device: newKey(t), approval: newKey(t), exchange: old.device},
	} {
		o := old.offers()
		raw := p.scan(o)
		decode[wire.DuplicateClaimed](t, p.join(o, raw), http.StatusOK)
		wantProblem(t, fmt.Sprint("keys ", i), old.tell(o, raw, wire.DuplicateApprove), http.StatusBadRequest, "key_mismatch")
	}
}

// TestDuplicateLimitUnderRace is R-101: two phones of a user with two devices say Yes at the same time, and there are three, not four.
func TestDuplicateLimitUnderRace_R101(t *testing.T) {
	r := newRig(t)
	anna := r.user("anna.lind")
	olds := []*phone{r.connect(anna, authn.BindFirst), r.connect(anna, authn.BindAdditional)}
	answers := make([]answered, len(olds))
	var says []func()
	for i, old := range olds {
		o, fresh := old.offers(), r.newPhone()
		raw := fresh.scan(o)
		decode[wire.DuplicateClaimed](t, fresh.join(o, raw), http.StatusOK)
		says = append(says, func() { answers[i] = old.tell(o, raw, wire.DuplicateApprove) })
	}
	var wg sync.WaitGroup
	for _, say := range says {
		wg.Go(say)
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			good++
			continue
		}
		wantProblem(t, "one too many", a, http.StatusConflict, "too_many_devices")
	}
	if good != 1 || len(olds[0].devices().Devices) != authn.MaxDevices {
		t.Errorf("%d were approved, %d devices", good, len(olds[0].devices().Devices))
	}
	_, a := olds[0].offer()
	wantProblem(t, "an offer with nowhere to go", a, http.StatusConflict, "too_many_devices")
}
