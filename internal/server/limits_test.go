package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/server/approval"
	"avow/internal/store"
	"avow/internal/wire"
)

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
	if !strings.HasPrefix(r.Message, "Sign in bnow/b evil [31mxxx") || utf8.RuneCountInString(r.Message) > 128 || r.Origin != (authn.Origin{IP: "203.0.113.7", Place: "Lund, SE", Agent: "script"}) {
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
