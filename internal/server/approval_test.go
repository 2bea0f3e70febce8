package server_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/approval"
	"avow/internal/store"
	"avow/internal/wire"
)

// office is a rig with one user, her phone and a computer.
type office struct {
	*rig
	anna   authn.User
	laptop authn.Client
	phone  *phone
}

func newOffice(t testing.TB, match authn.MatchMode, set ...func(*rig)) *office {
	t.Helper()
	r := newRig(t, set...)
	o := &office{rig: r, anna: r.user("anna.lind"), laptop: r.client("laptop-42", match)}
	o.phone = r.connect(o.anna, authn.BindFirst)
	return o
}

func (o *office) ask() approval.Opened { return o.open(o.anna, o.laptop) }

// clear ends what is open and forgets what was counted, for the next case of a table.
func (o *office) clear() {
	o.update(func(tx store.Tx) error {
		open, err := tx.OpenApprovalRequests(o.anna.ID)
		for _, r := range open {
			err = errors.Join(err, tx.UpdateApprovalRequest(r.ID, func(r authn.ApprovalRequest) (authn.ApprovalRequest, error) { return r.Fail(noon), nil }))
		}
		return errors.Join(err, tx.UpdateGuard(o.anna.ID, func(authn.Guard) (authn.Guard, error) { return authn.Guard{User: o.anna.ID}, nil }))
	})
}

// TestApprove is the main road: asked, shown, answered, redeemed once.
func TestApprove(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	ctx := context.Background()
	q := o.ask()
	if len(q.AuthReqID.Text()) < 27 || q.AuthReqID.String() != "[redacted]" { // 160 bits
		t.Errorf("auth_req_id has %d characters", len(q.AuthReqID.Text()))
	}
	hash := approval.HashAuthReqID(q.AuthReqID.Text())
	answer := make(chan authn.ApprovalRequest, 1)
	go func() {
		r, err := o.Approval.Await(ctx, hash, o.laptop.ID, 20*time.Second)
		if err != nil {
			t.Error(err)
		}
		answer <- r
	}()
	jws := o.phone.request(q.Request.ID)
	raw := o.phone.signDecision(o.phone.answer(authn.Approve, q.Request.ID, jws, q.Number))
	a := decode[wire.DecisionAnswer](t, o.phone.submit(q.Request.ID, raw), http.StatusOK)
	rec, err := wire.VerifyReceipt(a.Receipt, o.identity.Key(), jws, raw)
	if err != nil || rec.Kind != authn.Approve || a.State != authn.RequestApproved {
		t.Errorf("receipt %+v, %v", rec, err)
	}
	if r := <-answer; r.State != authn.RequestApproved || r.MatchedBy != authn.MatchNumber || r.UV != authn.UVBiometric || r.Proof != raw {
		t.Errorf("the client sees %+v", r)
	}
	if _, _, err := o.Approval.Redeem(ctx, hash, "another"); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("another client redeems: %v", err)
	}
	if _, err := o.Approval.Await(ctx, hash, "another", 0); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("another client looks: %v", err)
	}
	good := 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, u, err := o.Approval.Redeem(ctx, hash, o.laptop.ID)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && u.ID == o.anna.ID {
				good++
			} else if !errors.Is(err, authn.ErrDecided) {
				t.Errorf("redeem again: %v", err)
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("redeemed %d times", good)
	}
}

// TestInTime is R-020: answers count for 120 seconds, and never longer than 600.
func TestInTime(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	for _, c := range []struct {
		asked, want time.Duration
	}{{0, 120 * time.Second}, {60 * time.Second, 60 * time.Second}, {time.Hour, 600 * time.Second}, {-time.Second, 120 * time.Second}} {
		for _, late := range []bool{false, true} {
			o.clear()
			q := question(o.anna, o.laptop)
			q.Lifetime = c.asked
			opened, err := o.Approval.Open(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			jws := o.phone.request(opened.Request.ID)
			raw := o.phone.signDecision(o.phone.answer(authn.Approve, opened.Request.ID, jws, ""))
			o.clock.pass(c.want - time.Second)
			if !late {
				decode[wire.DecisionAnswer](t, o.phone.submit(opened.Request.ID, raw), http.StatusOK)
				continue
			}
			o.clock.pass(time.Second)
			wantProblem(t, "at the end", o.phone.submit(opened.Request.ID, raw), http.StatusGone, "request_expired")
			if n := len(o.phone.requests()); n != 0 {
				t.Errorf("%d requests are listed after the end", n)
			}
			r, err := o.Approval.Await(t.Context(), opened.Request.AuthReq, o.laptop.ID, 0)
			if err != nil || r.State != authn.RequestExpired {
				t.Errorf("the client sees %s, %v", r.State, err)
			}
		}
	}
}

// TestExpiry: what nobody answered is closed on disk, and those who wait are woken.
func TestExpiry(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	answer := make(chan authn.RequestState, 1)
	go func() {
		r, _ := o.Approval.Await(context.Background(), q.Request.AuthReq, o.laptop.ID, 20*time.Second)
		answer <- r.State
	}()
	o.clock.pass(120 * time.Second)
	if err := o.Approval.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := <-answer; s != authn.RequestExpired {
		t.Errorf("the client sees %s", s)
	}
	if s := o.state(q.Request.ID); s != authn.RequestExpired {
		t.Errorf("on disk it is %s", s)
	}
	o.clock.pass(31 * 24 * time.Hour)
	if err := o.Approval.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.view(func(r store.Reader) error {
		if _, err := r.ApprovalRequest(q.Request.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after 31 days: %v", err)
		}
		return nil
	})
}

// TestDecisionIsBound is R-021: every part of a decision is signed and compared.
func TestDecisionIsBound(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	id, p := q.Request.ID, o.phone
	jws := p.request(id)
	good := p.signDecision(p.answer(authn.Approve, id, jws, ""))
	for i := 0; i < len(good); i += 7 {
		b := []byte(good)
		b[i] ^= 1
		if a := p.submit(id, string(b)); a.status != http.StatusBadRequest {
			t.Errorf("bit flipped at %d: status %d: %s", i, a.status, a.body)
		}
	}
	for name, change := range map[string]func(*wire.Decision){
		"device":       func(d *wire.Decision) { d.Device = authn.NewDeviceID() },
		"audience":     func(d *wire.Decision) { d.Audience = "https://id.example.org" },
		"request":      func(d *wire.Decision) { d.Request = authn.NewRequestID() },
		"request hash": func(d *wire.Decision) { d.RequestHash = wire.HashText(jws + " ") },
		"no jti":       func(d *wire.Decision) { d.ID = "" },
		"kind":         func(d *wire.Decision) { d.Kind = "maybe" },
		"key class":    func(d *wire.Decision) { d.Class = "adamantium" },
		"verification": func(d *wire.Decision) { d.UV = "sworn" },
	} {
		d := p.answer(authn.Approve, id, jws, "")
		change(&d)
		wantProblem(t, name, p.submit(id, p.signDecision(d)), http.StatusBadRequest, "bad_decision")
	}
	wrongKey, err := wire.SignDecision(p.device, p.answer(authn.Approve, id, jws, "")) // the key without user verification
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "Yes by the device key", p.submit(id, wrongKey), http.StatusBadRequest, "bad_decision")
	if s := o.state(id); s != authn.RequestOpen {
		t.Fatalf("request is %s", s)
	}
	decode[wire.DecisionAnswer](t, p.submit(id, good), http.StatusOK)
}

// TestDecisionOfAnother is R-022: the Yes to one request does not answer another of the same second.
func TestDecisionOfAnother(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	desk := o.client("desk-7", authn.MatchTap)
	a, b := o.ask(), o.open(o.anna, desk)
	p := o.phone
	forA := p.signDecision(p.answer(authn.Approve, a.Request.ID, p.request(a.Request.ID), ""))
	wantProblem(t, "Yes to A for B", p.submit(b.Request.ID, forA), http.StatusBadRequest, "bad_decision")
	if s := o.state(b.Request.ID); s != authn.RequestOpen {
		t.Errorf("B is %s", s)
	}
	decode[wire.DecisionAnswer](t, p.submit(a.Request.ID, forA), http.StatusOK)
}

// TestOneDecision is R-023: of 1000 answers by ten devices at the same time one is stored, and everybody reads that one.
func TestOneDecision(t *testing.T) {
	r := newRig(t)
	u, c := r.user("anna.lind"), r.client("laptop-42", authn.MatchNumber)
	var phones []*phone
	for range 10 {
		phones = append(phones, r.enroll(u))
	}
	o := r.open(u, c)
	id := o.Request.ID
	n := many()
	raws := make([]string, n)
	answers := make([]answered, n)
	kinds := make([]authn.DecisionKind, n)
	var wg sync.WaitGroup
	for i, p := range phones {
		jws := p.request(id)
		for j := i; j < n; j += len(phones) {
			kinds[j] = authn.Approve
			if j/len(phones)%2 == 1 {
				kinds[j] = authn.Deny
			}
			raws[j] = p.signDecision(p.answer(kinds[j], id, jws, o.Number))
		}
	}
	for j := range n {
		wg.Go(func() { answers[j] = phones[j%len(phones)].submit(id, raws[j]) })
	}
	wg.Wait()
	winner := -1
	for j, a := range answers {
		switch {
		case a.status == http.StatusOK && winner < 0:
			winner = j
		case a.status == http.StatusOK:
			t.Fatal("a second decision was taken")
		default:
			wantProblem(t, "an answer that came too late", a, http.StatusConflict, "already_decided")
		}
	}
	if winner < 0 {
		t.Fatal("no decision was taken")
	}
	want := authn.RequestApproved
	if kinds[winner] == authn.Deny {
		want = authn.RequestDenied
	}
	for range 20 {
		got, err := r.Approval.Await(t.Context(), o.Request.AuthReq, c.ID, 0)
		if err != nil || got.State != want || got.Proof != raws[winner] || got.Decision != kinds[winner] || got.DecidedBy != phones[winner%10].id {
			t.Fatalf("read %s by %s, %v; want %s", got.State, got.DecidedBy, err, want)
		}
	}
	records := 0
	for _, rec := range r.audit() {
		if rec.Subject == string(id) && rec.Action != "request.open" {
			records++
		}
	}
	if records != 1 {
		t.Errorf("%d records of a decision", records)
	}
}

// TestDecisionReplayed is R-024: the same answer again changes nothing and brings nothing.
func TestDecisionReplayed(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	p, id := o.phone, q.Request.ID
	jws := p.request(id)
	raw := p.signDecision(p.answer(authn.Approve, id, jws, ""))
	decode[wire.DecisionAnswer](t, p.submit(id, raw), http.StatusOK)
	if _, _, err := o.Approval.Redeem(t.Context(), q.Request.AuthReq, o.laptop.ID); err != nil {
		t.Fatal(err)
	}
	before := len(o.audit())
	for _, again := range []string{raw, p.signDecision(p.answer(authn.Deny, id, jws, ""))} {
		a := p.submit(id, again)
		wantProblem(t, "again", a, http.StatusConflict, "already_decided")
		if strings.Contains(string(a.body), "receipt") {
			t.Error("a replay gets a receipt")
		}
	}
	if o.state(id) != authn.RequestRedeemed || len(o.audit()) != before {
		t.Error("a replay changed something")
	}
}

// TestWrongNumbers is R-025: three wrong numbers end a request; the count is the user's and a new request does not reset it.
func TestWrongNumbers(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	q := o.ask()
	wrong := "000000"
	if q.Number == wrong {
		wrong = "000001"
	}
	a := o.phone.decide(authn.Approve, q, wrong)
	wantProblem(t, "first", a, http.StatusBadRequest, "wrong_number")
	if !strings.HasSuffix(a.title(), "Two tries left.") {
		t.Errorf("first: %q", a.title())
	}
	if err := o.Approval.Cancel(t.Context(), q.Request.AuthReq, o.laptop.ID); err != nil {
		t.Fatal(err)
	}
	q = o.ask()
	a = o.phone.decide(authn.Approve, q, "")
	wantProblem(t, "second, on a new request", a, http.StatusBadRequest, "wrong_number")
	if !strings.HasSuffix(a.title(), "One try left.") {
		t.Errorf("second: %q", a.title())
	}
	other := key.NewSecret(16)
	d := o.phone.answer(authn.Approve, q.Request.ID, o.phone.request(q.Request.ID), "")
	d.Handle = &wire.SessionSecret{Secret: other}
	wantProblem(t, "third, another QR", o.phone.submit(q.Request.ID, o.phone.signDecision(d)), http.StatusGone, "too_many_wrong_numbers")
	if s := o.state(q.Request.ID); s != authn.RequestFailed {
		t.Errorf("request is %s", s)
	}
	q = o.ask()
	wantProblem(t, "one more on a new request", o.phone.decide(authn.Approve, q, wrong), http.StatusGone, "too_many_wrong_numbers")
	q = o.ask()
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, q.Number), http.StatusOK)
	q = o.ask()
	a = o.phone.decide(authn.Approve, q, wrong)
	if wantProblem(t, "after a success", a, http.StatusBadRequest, "wrong_number"); !strings.HasSuffix(a.title(), "Two tries left.") {
		t.Errorf("after a success: %q", a.title())
	}
}

// TestMatch: how a request is tied to the screen, and that a client cannot ask for less than its policy.
func TestMatch(t *testing.T) {
	for _, c := range []struct{ policy, asked, want authn.MatchMode }{
		{authn.MatchNumber, "", authn.MatchNumber},
		{authn.MatchNumber, authn.MatchTap, authn.MatchNumber},
		{authn.MatchNumber, authn.MatchQR, authn.MatchQR},
		{authn.MatchTap, "", authn.MatchTap},
		{authn.MatchTap, authn.MatchNumber, authn.MatchNumber},
		{authn.MatchQR, authn.MatchNumber, authn.MatchQR},
		{authn.MatchQR, authn.MatchTap, authn.MatchQR},
	} {
		t.Run(string(c.policy)+" asked "+string(c.asked), func(t *testing.T) {
			o := newOffice(t, c.policy)
			q := question(o.anna, o.laptop)
			q.Match = c.asked
			opened, err := o.Approval.Open(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if opened.Request.Match != c.want || (opened.Number != "") != (c.want == authn.MatchNumber) || len(opened.QR.Handle) != 16 {
				t.Fatalf("match %s, number %q", opened.Request.Match, opened.Number)
			}
			if c.want != authn.MatchTap {
				wantProblem(t, "just Yes", o.phone.decide(authn.Approve, opened, ""), http.StatusBadRequest, "wrong_number")
			}
			d := o.phone.answer(authn.Approve, opened.Request.ID, o.phone.request(opened.Request.ID), "")
			d.Handle = &wire.SessionSecret{Secret: opened.QR.Handle}
			decode[wire.DecisionAnswer](t, o.phone.submit(opened.Request.ID, o.phone.signDecision(d)), http.StatusOK)
			r, err := o.Approval.Await(t.Context(), opened.Request.AuthReq, o.laptop.ID, 0)
			if err != nil || r.MatchedBy != authn.MatchQR {
				t.Errorf("matched by %s, %v", r.MatchedBy, err)
			}
		})
	}
}

// TestNumberStaysOnScreen is R-026: nothing that a phone gets holds the number.
func TestNumberStaysOnScreen(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := o.phone.stream(ctx)
	for range 3 {
		q := o.ask()
		s.wait(wire.EventRequest)
		o.phone.status()
		o.phone.decide(authn.Approve, q, "999999")
		decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, q.Number), http.StatusOK)
		s.wait(wire.EventRequestClosed)
		seen := o.traffic.String()
		if len(q.Number) != 6 || strings.Contains(plain(seen), q.Number) || strings.Contains(o.log.String(), q.Number) {
			t.Error("the number reached the phone or the log")
		}
		if strings.Contains(plain(seen), base64.RawURLEncoding.EncodeToString(q.QR.Handle)) {
			t.Error("the handle of the QR reached the phone")
		}
	}
}
