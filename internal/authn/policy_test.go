package authn

import (
	"testing"
	"time"
)

var uvPolicies = []UVPolicy{UVEachApproval, UVRegistration, UVOff, "", "new"}

// TestDemand: a Yes without verification needs a policy and a device that both allow it; what nobody knows counts as the strictest.
func TestDemand(t *testing.T) {
	lax := map[UVPolicy]bool{UVRegistration: true, UVOff: true}
	for _, now := range uvPolicies {
		for _, device := range uvPolicies {
			want := UVRequired
			if lax[now] && lax[device] {
				want = UVUnneeded
			}
			if got := now.Demand(device); got != want {
				t.Errorf("policy %q, device %q: %q, want %q", now, device, got, want)
			}
		}
	}
}

func TestNoLaxerThan(t *testing.T) {
	order := map[UVPolicy]int{"": 0, "new": 0, UVEachApproval: 0, UVRegistration: 1, UVOff: 2}
	for p, n := range order {
		for q, m := range order {
			if got := p.NoLaxerThan(q); got != (n <= m) {
				t.Errorf("%q no laxer than %q: %v", p, q, got)
			}
		}
	}
}

// TestDecideByDemand_R031: a Yes without verification counts only where that very device was told that none is needed.
func TestDecideByDemand_R031(t *testing.T) {
	for _, demand := range []UVDemand{UVRequired, UVPreferred, UVUnneeded, "", "new"} {
		for _, uv := range []UserVerification{UVNone, UVPIN, UVBiometric, UVDevice, "", "face"} {
			want := "user_verification_required"
			if uv.Happened() || demand == UVUnneeded && uv == UVNone {
				want = ""
			}
			r := openRequest(MatchTap)
			r.Devices[0].UV = demand
			got, err := r.Decide(answer(func(v *Verdict) { v.UV = uv }), t0.Add(time.Second))
			if CodeOf(err) != want || (got.State == RequestApproved) != (want == "") || want == "" && got.UV != uv {
				t.Errorf("demand %q, uv %q: %v, state %s, uv %q", demand, uv, err, got.State, got.UV)
			}
			if _, err := r.Decide(answer(func(v *Verdict) { v.Device, v.UV = "d_b", UVNone }), t0); CodeOf(err) != "user_verification_required" {
				t.Errorf("demand %q of another device: %v", demand, err)
			}
		}
	}
}
