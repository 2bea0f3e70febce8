package authn

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/key"
)

var (
	pepper = key.Secret("pepper of thirty-two bytes ......")
	handle = key.Secret("fedcba9876543210")
)

// openRequest is one that two devices were asked.
func openRequest(match MatchMode) ApprovalRequest {
	id := RequestID("r_AAAAAAAAAAAAAAAAAAAAAA")
	r := ApprovalRequest{
		ID: id, User: "u_a", Client: "laptop-42", Match: match, Action: "sign_in", Handle: HashOf(handle),
		Devices: []Delivery{{Device: "d_a", JWS: "jws for a"}, {Device: "d_b", JWS: "jws for b"}},
		State:   RequestOpen, OpenedAt: t0, Expires: t0.Add(RequestLifetime),
	}
	if match == MatchNumber {
		r.Number = NumberMAC(pepper, id, "482913")
	}
	return r
}

// answer is a Yes with the right number; change says what is different.
func answer(change func(*Verdict)) Verdict {
	v := Verdict{
		Device: "d_a", Kind: Approve, Number: NumberMAC(pepper, "r_AAAAAAAAAAAAAAAAAAAAAA", "482913"), UV: UVBiometric, Proof: "decision JWS",
	}
	if change != nil {
		change(&v)
	}
	return v
}

func TestDecide(t *testing.T) {
	tests := []struct {
		name   string
		match  MatchMode
		change func(*Verdict)
		code   string
		state  RequestState
		by     MatchMode
	}{
		{"right number", MatchNumber, nil, "", RequestApproved, MatchNumber},
		{"wrong number R-025", MatchNumber, func(v *Verdict) { v.Number = NumberMAC(pepper, "r_AAAAAAAAAAAAAAAAAAAAAA", "482914") }, "wrong_number", RequestOpen, ""},
		{"no number", MatchNumber, func(v *Verdict) { v.Number = Hash{} }, "wrong_number", RequestOpen, ""},
		{
			"number of another request R-022", MatchNumber, func(v *Verdict) { v.Number = NumberMAC(pepper, "r_BBBBBBBBBBBBBBBBBBBBBA", "482913") },
			"wrong_number", RequestOpen, "",
		},
		{"scanned instead of the number", MatchNumber, func(v *Verdict) { v.Number, v.Handle = Hash{}, HashOf(handle) }, "", RequestApproved, MatchQR},
		{
			"scanned from another screen", MatchNumber, func(v *Verdict) { v.Handle = HashOf(key.Secret("another")) },
			"wrong_number", RequestOpen, "",
		},
		{"scanned", MatchQR, func(v *Verdict) { v.Handle = HashOf(handle) }, "", RequestApproved, MatchQR},
		{"number where only a scan counts", MatchQR, nil, "wrong_number", RequestOpen, ""},
		{"tap where only a scan counts", MatchQR, func(v *Verdict) { v.Number = Hash{} }, "wrong_number", RequestOpen, ""},
		{"tap", MatchTap, func(v *Verdict) { v.Number = Hash{} }, "", RequestApproved, MatchTap},
		{"tap and a wrong scan", MatchTap, func(v *Verdict) { v.Handle = HashOf(key.Secret("another")) }, "wrong_number", RequestOpen, ""},
		{"a match that nobody knows", "shout", nil, "wrong_number", RequestOpen, ""},
		{"without user verification", MatchNumber, func(v *Verdict) { v.UV = UVNone }, "user_verification_required", RequestOpen, ""},
		{"tap without user verification", MatchTap, func(v *Verdict) { v.UV = "" }, "user_verification_required", RequestOpen, ""},
		{"No", MatchNumber, func(v *Verdict) { *v = Verdict{Device: "d_a", Kind: Deny, UV: UVNone} }, "", RequestDenied, ""},
		{"not me", MatchNumber, func(v *Verdict) { *v = Verdict{Device: "d_b", Kind: NotMe, UV: UVNone} }, "", RequestReported, ""},
		{"a device that was not asked", MatchNumber, func(v *Verdict) { v.Device = "d_c" }, "request_unknown", RequestOpen, ""},
		{"No from a device that was not asked", MatchNumber, func(v *Verdict) { v.Device, v.Kind = "d_c", Deny }, "request_unknown", RequestOpen, ""},
		{"no decision", MatchTap, func(v *Verdict) { v.Kind = "" }, "bad_decision", RequestOpen, ""},
		{"a decision that nobody knows", MatchTap, func(v *Verdict) { v.Kind = "Approve" }, "bad_decision", RequestOpen, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := openRequest(tt.match)
			v := answer(tt.change)
			got, err := r.Decide(v, t0.Add(time.Second))
			if CodeOf(err) != tt.code || got.State != tt.state || got.MatchedBy != tt.by {
				t.Fatalf("got state %q, matched by %q, error %v; want %q, %q, %q", got.State, got.MatchedBy, err, tt.state, tt.by, tt.code)
			}
			if err != nil {
				if !reflect.DeepEqual(got, r) {
					t.Errorf("a refused decision changed the request: %+v", got)
				}
				return
			}
			if got.DecidedBy != v.Device || got.Decision != v.Kind || got.UV != v.UV || got.Proof != v.Proof || !got.DecidedAt.Equal(t0.Add(time.Second)) {
				t.Errorf("the decision is not recorded: %+v", got)
			}
		})
	}
}

// TestZeroRequestMatchesNothing: a request that lost its number or handle cannot be answered by leaving them out.
func TestZeroRequestMatchesNothing(t *testing.T) {
	for _, match := range []MatchMode{MatchNumber, MatchQR} {
		r := openRequest(match)
		r.Number, r.Handle = Hash{}, Hash{}
		for _, v := range []Verdict{answer(nil), answer(func(v *Verdict) { v.Number = Hash{} }), answer(func(v *Verdict) { v.Handle = HashOf(nil) })} {
			if got, err := r.Decide(v, t0); err == nil {
				t.Errorf("%s: %+v is accepted: %+v", match, v, got)
			}
		}
	}
}

func TestAnswerWindow_R020(t *testing.T) {
	if RequestLifetime != 120*time.Second || MaxRequestLifetime != 600*time.Second {
		t.Errorf("lifetimes are %v and at most %v", RequestLifetime, MaxRequestLifetime)
	}
	r := openRequest(MatchTap)
	for at, want := range map[time.Duration]string{
		0: "", RequestLifetime - 1: "", RequestLifetime: "request_expired", RequestLifetime + time.Second: "request_expired", 24 * time.Hour: "request_expired",
	} {
		now := t0.Add(at)
		if _, err := r.Decide(answer(nil), now); CodeOf(err) != want {
			t.Errorf("after %v: %v, want %q", at, err, want)
		}
		if _, open := r.OpenFor("d_a", now); open != (want == "") {
			t.Errorf("after %v: open is %v", at, open)
		}
		if want != "" && r.StateAt(now) != RequestExpired {
			t.Errorf("after %v: state %s", at, r.StateAt(now))
		}
	}
	if jws, ok := r.OpenFor("d_b", t0); !ok || jws != "jws for b" {
		t.Errorf("device b gets %q, %v", jws, ok)
	}
	if _, ok := r.OpenFor("d_c", t0); ok {
		t.Error("a device that was not asked gets the request")
	}
}

func TestReplay_R024(t *testing.T) {
	decided, err := openRequest(MatchNumber).Decide(answer(nil), t0)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []DecisionKind{Approve, Deny, NotMe} {
		got, err := decided.Decide(answer(func(v *Verdict) { v.Kind = kind }), t0.Add(time.Second))
		if CodeOf(err) != "already_decided" || !reflect.DeepEqual(got, decided) {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}

func TestRevokedBetweenDisplayAndTap_R032(t *testing.T) {
	d := Device{ID: "d_a", State: DeviceActive}
	r := openRequest(MatchTap)
	if _, open := r.OpenFor(d.ID, t0); !open || d.MayApprove() != nil {
		t.Fatal("the device is not shown the request")
	}
	d = d.Revoke(t0.Add(time.Second))
	// Decide judges the answer, MayApprove who gives it: the flow asks both in one transaction.
	if err := d.MayApprove(); CodeOf(err) != "device_revoked" {
		t.Errorf("got %v", err)
	}
}

func TestRedeem(t *testing.T) {
	approved, err := openRequest(MatchTap).Decide(answer(nil), t0)
	if err != nil {
		t.Fatal(err)
	}
	redeemed, err := approved.Redeem(t0.Add(RedeemLifetime))
	if err != nil || redeemed.State != RequestRedeemed {
		t.Fatalf("got %s, %v", redeemed.State, err)
	}
	if _, err := redeemed.Redeem(t0); CodeOf(err) != "already_decided" {
		t.Errorf("a second time: %v", err)
	}
	if _, err := approved.Redeem(t0.Add(RedeemLifetime + 1)); CodeOf(err) != "request_expired" {
		t.Errorf("too late: %v", err)
	}
	denied, err := openRequest(MatchTap).Decide(Verdict{Device: "d_a", Kind: Deny}, t0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []ApprovalRequest{openRequest(MatchTap), denied, {}, openRequest(MatchTap).Fail(t0)} {
		if got, err := r.Redeem(t0); err == nil {
			t.Errorf("a request in state %q is redeemed: %+v", r.State, got)
		}
	}
}

// TestDecidedNeverChanges runs random histories: the first decision is the only one, for every reader, for ever.
func TestDecidedNeverChanges_R023(t *testing.T) {
	decided := []RequestState{RequestApproved, RequestDenied, RequestReported, RequestFailed, RequestCancelled}
	rapid.Check(t, func(t *rapid.T) {
		match := rapid.SampledFrom([]MatchMode{MatchNumber, MatchTap, MatchQR}).Draw(t, "match")
		r := openRequest(match)
		now := t0
		var first ApprovalRequest
		keep := func(next ApprovalRequest, err error) {
			if err != nil && !reflect.DeepEqual(next, r) {
				t.Fatalf("an error changed the request")
			}
			r = next
			if first.State == "" && slices.Contains(decided, r.State) {
				first = r
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "seconds")) * time.Second)
			},
			"decide": func(t *rapid.T) {
				wasOpen := r.StateAt(now) == RequestOpen
				v := answer(func(v *Verdict) {
					v.Kind = rapid.SampledFrom([]DecisionKind{Approve, Deny, NotMe}).Draw(t, "kind")
					v.Device = rapid.SampledFrom([]DeviceID{"d_a", "d_b", "d_c"}).Draw(t, "device")
					if rapid.Bool().Draw(t, "wrong") {
						v.Number = Hash{1}
					}
					if rapid.Bool().Draw(t, "scan") {
						v.Handle = HashOf(handle)
					}
				})
				next, err := r.Decide(v, now)
				if err == nil && !wasOpen {
					t.Fatalf("a request in state %s was decided", r.State)
				}
				keep(next, err)
			},
			"fail":   func(*rapid.T) { keep(r.Fail(now), nil) },
			"cancel": func(*rapid.T) { keep(r.Cancel(now)) },
			"redeem": func(*rapid.T) { keep(r.Redeem(now)) },
			"": func(t *rapid.T) {
				if first.State == "" {
					return
				}
				same := r
				same.State, same.Redeemed = first.State, first.Redeemed
				if !reflect.DeepEqual(same, first) {
					t.Fatalf("decided as %+v, now %+v", first, r)
				}
				if r.State != first.State && (r.State != RequestRedeemed || first.State != RequestApproved) {
					t.Fatalf("was %s, is %s", first.State, r.State)
				}
				if r.StateAt(now.AddDate(1, 0, 0)) == RequestOpen || r.StateAt(t0.AddDate(-1, 0, 0)) == RequestOpen {
					t.Fatalf("a %s request is open at another time", r.State)
				}
			},
		})
	})
}

// TestPracticeIsWorthNothing: an approved practice can be redeemed by nobody.
func TestPracticeIsWorthNothing(t *testing.T) {
	now := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	r := ApprovalRequest{State: RequestApproved, Action: ActionPractice, DecidedAt: now}
	if _, err := r.Redeem(now); !errors.Is(err, ErrRequestUnknown) {
		t.Errorf("practice was redeemed: %v", err)
	}
	r.Action = ActionSignIn
	if _, err := r.Redeem(now); err != nil {
		t.Errorf("a real one was not: %v", err)
	}
}
