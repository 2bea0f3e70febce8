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
	const n = 1000
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

// TestTooManyRequests is R-027.
func TestTooManyRequests(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	var clients []authn.Client
	for _, id := range []authn.ClientID{"a", "b", "c", "d"} {
		clients = append(clients, o.client(id, authn.MatchTap))
	}
	try := func(c authn.Client) *authn.Error {
		_, err := o.Approval.Open(t.Context(), question(o.anna, c))
		if err == nil {
			return nil
		}
		return authn.AsError(err)
	}
	want := func(what string, e *authn.Error, code string) {
		t.Helper()
		if e == nil || e.Kind != authn.TooMany || e.Code != code || e.RetryAfter <= 0 {
			t.Errorf("%s: %+v, want %s", what, e, code)
		}
	}
	o.open(o.anna, clients[0])
	want("second of a client", try(clients[0]), "request_open")
	o.open(o.anna, clients[1])
	o.open(o.anna, clients[2])
	if n := o.noticed(o.anna.ID, authn.NoticeTooManyRequests); n != 0 {
		t.Errorf("%d notices already", n)
	}
	want("fourth open", try(clients[3]), "too_many_open")
	if n := o.noticed(o.anna.ID, authn.NoticeTooManyRequests); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
	o.clock.pass(121 * time.Second)
	o.open(o.anna, clients[0])
	o.open(o.anna, clients[1])
	want("sixth in ten minutes", try(clients[2]), "too_many_requests")
	want("seventh", try(clients[2]), "too_many_requests")
	if n := o.noticed(o.anna.ID, authn.NoticeTooManyRequests); n != 1 {
		t.Errorf("%d notices, want 1 in ten minutes", n)
	}
	o.clock.pass(10 * time.Minute)
	q := o.open(o.anna, clients[0])
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, ""), http.StatusOK)
	for range 5 { // a success forgets
		q := o.open(o.anna, clients[0])
		decode[wire.DecisionAnswer](t, o.phone.decide(authn.Deny, q, ""), http.StatusOK)
	}
	want("after five without success", try(clients[0]), "too_many_requests")
}

// TestMute is R-028: three times No, or once "it's not me", and the phones are quiet for 30 minutes; the requests can still be fetched.
func TestMute(t *testing.T) {
	for name, kinds := range map[string][]authn.DecisionKind{
		"three times No": {authn.Deny, authn.Deny, authn.Deny}, "not me": {authn.NotMe},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, authn.MatchTap)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s := o.phone.stream(ctx)
			for _, k := range kinds {
				if st := o.phone.status(); st.MutedUntil != 0 {
					t.Fatal("muted too early")
				}
				q := o.ask()
				s.wait(wire.EventRequest)
				decode[wire.DecisionAnswer](t, o.phone.decide(k, q, ""), http.StatusOK)
				s.wait(wire.EventRequestClosed)
			}
			if st := o.phone.status(); st.MutedUntil != noon.Add(30*time.Minute).Unix() {
				t.Errorf("muted until %d", st.MutedUntil)
			}
			if n := o.noticed(o.anna.ID, authn.NoticeMuted); n != 1 {
				t.Errorf("%d notices of the mute", n)
			}
			var alarms []authn.Notice
			o.view(func(r store.Reader) (err error) { alarms, err = r.NoticesOf("", noon); return err })
			if want := kinds[0] == authn.NotMe; (len(alarms) == 1) != want || want && (alarms[0].Kind != authn.NoticeNotMe || alarms[0].MailTo != "desk@example.com") {
				t.Errorf("alarms: %+v", alarms)
			}
			q := o.ask()
			decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, ""), http.StatusOK) // fetched, and answered
			o.clock.pass(30 * time.Minute)
			loud := o.ask()
			if s.wait(wire.EventRequest) != o.phone.request(loud.Request.ID) {
				t.Error("the muted phone was sent a request")
			}
		})
	}
}

// TestShownIsSigned is R-029 for the server: texts are cleaned before they are signed.
func TestShownIsSigned(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := question(o.anna, o.laptop)
	q.Message = "Sign in\r\n<b>now</b> \u202eevil\x1b[31m" + strings.Repeat("x", 500)
	q.Origin = authn.Origin{IP: "203.0.113.7\n", Place: "Lund\u200b, SE", Agent: "<script>"}
	opened, err := o.Approval.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	raw := o.phone.request(opened.Request.ID)
	r, err := wire.VerifyApprovalRequest(raw, o.identity.Key(), o.Site.Issuer, o.phone.id, o.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Message, "Sign in bnow/b evil [31mxxx") || len(r.Message) > 128 || r.Origin != (authn.Origin{IP: "203.0.113.7", Place: "Lund, SE", Agent: "script"}) {
		t.Errorf("shown: %q, %+v", r.Message, r.Origin)
	}
	if r.Client.Name != "LAPTOP-42" || !r.Client.Known || r.Login != "anna.lind" || r.UV != "required" || r.Expires-r.IssuedAt != 120 {
		t.Errorf("request: %+v", r)
	}
	for _, bad := range []string{"<b>", "\x1b", "\u202e", "\u200b"} {
		if strings.Contains(plain(raw), bad) {
			t.Errorf("%q was signed", bad)
		}
	}
}

// TestUserVerification is R-031 for the server: a Yes without user verification is refused, and is not counted as a wrong number.
func TestUserVerification(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	q := o.ask()
	d := o.phone.answer(authn.Approve, q.Request.ID, o.phone.request(q.Request.ID), q.Number)
	d.UV = authn.UVNone
	for range 4 {
		wantProblem(t, "without user verification", o.phone.submit(q.Request.ID, o.phone.signDecision(d)), http.StatusForbidden, "user_verification_required")
	}
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, q.Number), http.StatusOK)
}

// between runs something before an update: after a request was checked and before it is written.
type between struct {
	store.Store
	mu sync.Mutex
	fn func()
}

func (b *between) Update(ctx context.Context, fn func(store.Tx) error) error {
	b.mu.Lock()
	f := b.fn
	b.fn = nil
	b.mu.Unlock()
	if f != nil {
		f()
	}
	return b.Store.Update(ctx, fn)
}

// TestRevokedBetween is R-032: a device, or its user, that is ended between display and tap, even between check and write, decides nothing.
func TestRevokedBetween(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*office) error
		code string
	}{
		"device revoked": {func(o *office) error {
			return o.Device.Revoke(context.Background(), o.phone.id, "admin:maja", "lost")
		}, "device_revoked"},
		"user blocked": {func(o *office) error {
			return o.Site.Store.Update(context.Background(), func(tx store.Tx) error {
				return tx.UpdateUser(o.anna.ID, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
			})
		}, "user_disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			var hook *between
			o := newOffice(t, authn.MatchTap, func(r *rig) {
				r.wrap = func(s store.Store) store.Store { hook = &between{Store: s}; return hook }
			})
			q := o.ask()
			raw := o.phone.signDecision(o.phone.answer(authn.Approve, q.Request.ID, o.phone.request(q.Request.ID), ""))
			hook.mu.Lock()
			hook.fn = func() {
				if err := c.end(o); err != nil {
					t.Error(err)
				}
			}
			hook.mu.Unlock()
			wantProblem(t, "between check and write", o.phone.submit(q.Request.ID, raw), http.StatusForbidden, c.code)
			wantProblem(t, "after it", o.phone.submit(q.Request.ID, raw), http.StatusForbidden, c.code)
			if s := o.state(q.Request.ID); s != authn.RequestOpen {
				t.Errorf("request is %s", s)
			}
		})
	}
}

// TestRevokedAfterYes: what a device approved is not redeemed once it is gone.
func TestRevokedAfterYes(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Approve, q, ""), http.StatusOK)
	if err := o.Device.Revoke(t.Context(), o.phone.id, "admin:maja", "stolen"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.Approval.Redeem(t.Context(), q.Request.AuthReq, o.laptop.ID); !errors.Is(err, authn.ErrDeviceRevoked) {
		t.Errorf("redeem: %v", err)
	}
}

// TestSameDevice is R-033 for the server.
func TestSameDevice(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := question(o.anna, o.laptop)
	q.SameDevice = true
	if _, err := o.Approval.Open(t.Context(), q); !errors.Is(err, approval.ErrSameDevice) {
		t.Errorf("same device: %v", err)
	}
}

// TestCancel: a client takes its own open request back, once.
func TestCancel(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	q := o.ask()
	jws := o.phone.request(q.Request.ID)
	if err := o.Approval.Cancel(t.Context(), q.Request.AuthReq, "another"); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("another client: %v", err)
	}
	if err := o.Approval.Cancel(t.Context(), q.Request.AuthReq, o.laptop.ID); err != nil {
		t.Fatal(err)
	}
	if err := o.Approval.Cancel(t.Context(), q.Request.AuthReq, o.laptop.ID); !errors.Is(err, authn.ErrDecided) {
		t.Errorf("again: %v", err)
	}
	a := o.phone.submit(q.Request.ID, o.phone.signDecision(o.phone.answer(authn.Approve, q.Request.ID, jws, "")))
	wantProblem(t, "Yes to what was taken back", a, http.StatusConflict, "already_decided")
}
