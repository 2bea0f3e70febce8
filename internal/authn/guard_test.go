package authn

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func openFor(client ClientID, at time.Time) ApprovalRequest {
	return ApprovalRequest{Client: client, State: RequestOpen, OpenedAt: at, Expires: at.Add(RequestLifetime)}
}

func TestAdmit_R027(t *testing.T) {
	soon := t0.Add(time.Second)
	var five []time.Time
	for i := range 5 {
		five = append(five, t0.Add(time.Duration(i)*time.Minute))
	}
	tests := []struct {
		name string
		g    Guard
		open []ApprovalRequest
		at   time.Time
		want string
		wait time.Duration
	}{
		{"first", Guard{}, nil, soon, "", 0},
		{"one open at the same client", Guard{}, []ApprovalRequest{openFor("c", t0)}, soon, "request_open", RequestLifetime - time.Second},
		{"one open at another client", Guard{}, []ApprovalRequest{openFor("d", t0)}, soon, "", 0},
		{"one open at the same client, past its time", Guard{}, []ApprovalRequest{openFor("c", t0.Add(-RequestLifetime))}, soon, "", 0},
		{"one answered at the same client", Guard{}, []ApprovalRequest{{Client: "c", State: RequestDenied, Expires: t0.Add(time.Hour)}}, soon, "", 0},
		{"two open", Guard{}, []ApprovalRequest{openFor("d", t0), openFor("e", t0)}, soon, "", 0},
		{"three open", Guard{}, []ApprovalRequest{openFor("d", t0), openFor("e", t0), openFor("f", t0)}, soon, "too_many_open", RequestLifetime},
		{"five in ten minutes", Guard{Opened: five}, nil, t0.Add(5 * time.Minute), "too_many_requests", 5 * time.Minute},
		{"a nanosecond before the first is ten minutes old", Guard{Opened: five}, nil, t0.Add(10*time.Minute - 1), "too_many_requests", 1},
		{"the first is ten minutes old", Guard{Opened: five}, nil, t0.Add(10 * time.Minute), "", 0},
		{"five, then a success", Guard{Opened: five}.Approved(), nil, t0.Add(5 * time.Minute), "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.g.Admit(tt.open, "c", tt.at)
			if CodeOf(err) != tt.want {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if err == nil {
				if n := len(got.Opened); n == 0 || !got.Opened[n-1].Equal(tt.at) {
					t.Errorf("not counted: %v", got.Opened)
				}
				return
			}
			e := AsError(err)
			if e.Kind != TooMany || e.RetryAfter != tt.wait {
				t.Errorf("kind %s, wait %v, want %v", e.Kind, e.RetryAfter, tt.wait)
			}
			if len(got.Opened) > len(tt.g.Opened) {
				t.Error("a refused request is counted")
			}
		})
	}
}

// TestWrongNumbers_R025 is the count across requests: it belongs to the user, and only a success resets it.
func TestWrongNumbers_R025(t *testing.T) {
	g := Guard{}
	r := openRequest(MatchNumber)
	wrong := answer(func(v *Verdict) { v.Number = Hash{1} })
	for want := 2; want >= 0; want-- {
		if _, err := r.Decide(wrong, t0); CodeOf(err) != "wrong_number" {
			t.Fatal(err)
		}
		var left int
		if g, left = g.WrongNumber(); left != want {
			t.Fatalf("%d tries left, want %d", left, want)
		}
	}
	r = r.Fail(t0)
	if _, err := r.Decide(answer(nil), t0); CodeOf(err) != "too_many_wrong_numbers" {
		t.Errorf("the right number after three wrong ones: %v", err)
	}
	if _, err := r.Redeem(t0); err == nil {
		t.Error("a failed request is redeemed")
	}

	g, err := g.Admit(nil, "c", t0.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if g.WrongNumbers != 3 {
		t.Errorf("a new request set the count to %d", g.WrongNumbers)
	}
	g, left := g.WrongNumber()
	if left != 0 {
		t.Errorf("a new request gives %d tries after a wrong number, want none", left)
	}
	if g, _ = g.Refused(Deny, t0); g.WrongNumbers != 4 {
		t.Errorf("a No set the count to %d", g.WrongNumbers)
	}
	if g = g.Approved(); g.WrongNumbers != 0 {
		t.Errorf("a success left the count at %d", g.WrongNumbers)
	}
}

func TestRefused_R028(t *testing.T) {
	type no struct {
		kind  DecisionKind
		after time.Duration // t0
		muted bool
	}
	tests := []struct {
		name string
		nos  []no
	}{
		{"one", []no{{Deny, 0, false}}},
		{"three in an hour", []no{{Deny, 0, false}, {Deny, 20 * time.Minute, false}, {Deny, 59 * time.Minute, true}}},
		{"three in more than an hour", []no{{Deny, 0, false}, {Deny, 20 * time.Minute, false}, {Deny, 60 * time.Minute, false}}},
		{"not me at once", []no{{NotMe, 0, true}}},
		{"not me after a No", []no{{Deny, 0, false}, {NotMe, time.Minute, true}}},
		{"it begins anew after a mute", []no{{NotMe, 0, true}, {Deny, time.Minute, false}, {Deny, 2 * time.Minute, false}, {Deny, 3 * time.Minute, true}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := Guard{}
			for _, n := range tt.nos {
				var muted bool
				at := t0.Add(n.after)
				if g, muted = g.Refused(n.kind, at); muted != n.muted {
					t.Fatalf("%s after %v: muted %v", n.kind, n.after, muted)
				}
				if muted && (!g.Muted(at) || !g.Muted(at.Add(MuteTime-1)) || g.Muted(at.Add(MuteTime))) {
					t.Errorf("not muted for %v", MuteTime)
				}
			}
		})
	}
	if MuteTime != 30*time.Minute {
		t.Errorf("muted for %v, want 30 minutes", MuteTime)
	}
	if (Guard{}).Muted(t0) {
		t.Error("muted from the beginning")
	}
	if g, _ := (Guard{}).Refused(NotMe, t0); g.Approved().MutedUntil != g.MutedUntil {
		t.Error("a success ends the mute, which an attacker who is let in once would use")
	}
}

// TestGuardHoldsTheLimits plays an attacker with the password who opens, cancels and waits as he likes, against a model that
// remembers everything.
func TestGuardHoldsTheLimits_R027(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, now := Guard{}, t0
		var requests []ApprovalRequest
		var admitted []time.Time // since the last success
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "seconds")) * time.Second)
			},
			"open": func(t *rapid.T) {
				client := ClientID(fmt.Sprintf("c%d", rapid.IntRange(0, 4).Draw(t, "client")))
				next, err := g.Admit(requests, client, now)
				g = next
				if err == nil {
					requests = append(requests, openFor(client, now))
					admitted = append(admitted, now)
				}
			},
			"cancel": func(t *rapid.T) {
				if len(requests) > 0 {
					i := rapid.IntRange(0, len(requests)-1).Draw(t, "request")
					requests[i], _ = requests[i].Cancel(now)
				}
			},
			"no": func(t *rapid.T) {
				g, _ = g.Refused(rapid.SampledFrom([]DecisionKind{Deny, NotMe}).Draw(t, "kind"), now)
			},
			"wrong": func(*rapid.T) { g, _ = g.WrongNumber() },
			"yes":   func(*rapid.T) { g, admitted = g.Approved(), nil },
			"": func(t *rapid.T) {
				perClient, open, recent := map[ClientID]int{}, 0, 0
				for _, r := range requests {
					if r.StateAt(now) == RequestOpen {
						open++
						perClient[r.Client]++
					}
				}
				for _, at := range admitted {
					if now.Sub(at) < 10*time.Minute {
						recent++
					}
				}
				for c, n := range perClient {
					if n > 1 {
						t.Fatalf("%d open requests of %s", n, c)
					}
				}
				if open > 3 || recent > 5 {
					t.Fatalf("%d open, %d in ten minutes", open, recent)
				}
				if len(g.Opened) > MaxNewRequests || len(g.Refusals) >= MaxRefusals {
					t.Fatalf("lists grow: %d, %d", len(g.Opened), len(g.Refusals))
				}
			},
		})
	})
}
