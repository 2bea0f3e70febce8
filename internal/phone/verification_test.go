package phone

import (
	"context"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// reopen gives an account an approval key that asks nobody.
func (r *rig) reopen(t *testing.T, a *account) {
	t.Helper()
	id := a.stored.Keys.Approval
	if err := r.keys.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.keys.Create(t.Context(), id, keystore.ApprovalOpen); err != nil {
		t.Fatal(err)
	}
}

// TestApproverAsks is R-031 and A4: who is asked for a Yes, by the kind of key and by what the request wants.
func TestApproverAsks(t *testing.T) {
	for _, tt := range []struct {
		name         string
		open, verify bool
		asked        int
		uv           authn.UserVerification
	}{
		{"a key that verifies, a request that wants it", false, true, 1, authn.UVBiometric},
		{"a key that verifies, a request that does not", false, false, 1, authn.UVBiometric},
		{"an open key, a request that wants it", true, true, 1, authn.UVBiometric},
		{"an open key, a request that does not", true, false, 0, authn.UVNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := unlocked(t)
			a, _ := r.connect(t)
			r.finger(t)
			r.keys.Lock()
			if tt.open {
				r.reopen(t, a)
			}
			if _, err := r.verify(t.Context(), a.stored.Keys.Exchange, platform.Prompt{}); err != nil { // of a moment ago: it must not count
				t.Fatal(err)
			}
			before := len(r.sensor.Asked())
			use, uv, err := r.approver(t.Context(), a.stored.Keys, tt.verify, platform.Prompt{Title: "Approve"})
			if err != nil {
				t.Fatal(err)
			}
			defer use.Close()
			if n := len(r.sensor.Asked()) - before; n != tt.asked || uv != tt.uv {
				t.Errorf("asked %d times, uv %q; want %d, %q", n, uv, tt.asked, tt.uv)
			}
			pub, err := r.keys.Public(a.stored.Keys.Approval)
			if err != nil {
				t.Fatal(err)
			}
			if sig, err := key.Sign(use, []byte("text")); err != nil || !key.Verify(pub, []byte("text"), sig) {
				t.Errorf("signature: %v", err)
			}
			if tt.asked == 0 {
				return
			}
			r.sensor.RemoveFingers()
			if _, _, err := r.approver(t.Context(), a.stored.Keys, tt.verify, platform.Prompt{}); !errors.Is(err, platform.ErrNotEnrolled) {
				t.Errorf("nobody who could be verified: %v", err)
			}
		})
	}
}

// TestUnasked: a request is shown as "just tap Yes" where both the request and the key say so.
func TestUnasked(t *testing.T) {
	for _, open := range []bool{false, true} {
		for _, demand := range []authn.UVDemand{authn.UVRequired, authn.UVPreferred, authn.UVUnneeded} {
			r := unlocked(t)
			a, identity := r.connect(t)
			if open {
				r.reopen(t, a)
			}
			id, jws := question(t, a, identity, time.Now(), func(q *wire.ApprovalRequest) { q.UV = demand })
			r.arrive(t.Context(), a, jws)
			if q, ok := r.State().Request(id); !ok || q.Unasked != (open && demand == authn.UVUnneeded) {
				t.Errorf("open key %v, %s: shown %v, unasked %v", open, demand, ok, q.Unasked)
			}
		}
	}
}

// TestRegistrationKeys: the policy chooses the kind of key, what is signed says it, and a try under another policy leaves nothing behind.
func TestRegistrationKeys(t *testing.T) {
	for _, tt := range []struct {
		policy  authn.UVPolicy
		said    authn.UVPolicy
		purpose keystore.Purpose
		uv      authn.UserVerification
	}{
		{"", authn.UVEachApproval, keystore.Approval, authn.UVPIN},
		{authn.UVEachApproval, authn.UVEachApproval, keystore.Approval, authn.UVPIN},
		{"new", authn.UVEachApproval, keystore.Approval, authn.UVPIN},
		{authn.UVRegistration, authn.UVRegistration, keystore.ApprovalOpen, authn.UVPIN},
		{authn.UVOff, authn.UVOff, keystore.ApprovalOpen, authn.UVNone},
	} {
		r := unlocked(t)
		r.keys.Lock()
		p := pendingRegistration{SessionHash: "hash", Keys: newKeyIDs(), Verifies: policyOf(wire.RegistrationPolicy{UserVerification: tt.policy})}
		other := keystore.Approval
		if tt.purpose == other {
			other = keystore.ApprovalOpen
		}
		for id, purpose := range map[keystore.ID]keystore.Purpose{p.Keys.Device: keystore.Device, p.Keys.Approval: other} {
			if _, err := r.keys.Create(t.Context(), id, purpose); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.signRegistration(t.Context(), p, platform.Prompt{}); (err == nil) != (tt.uv == authn.UVNone) {
			t.Errorf("%q without a PIN: %v", tt.policy, err)
		}
		p, err := r.signRegistration(keystore.WithPIN(context.WithoutCancel(t.Context()), pin), p, platform.Prompt{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.VerifyRegistration(p.Registration)
		purpose, _ := keystore.PurposeOf(r.keys, p.Keys.Approval)
		if err != nil || got.Verifies != tt.said || got.UV != tt.uv || purpose != tt.purpose {
			t.Errorf("%q: signed %q after %q by a key for %q, %v", tt.policy, got.Verifies, got.UV, purpose, err)
		}
	}
}
