package phone

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// question is a request as the account's server signs it.
func question(t *testing.T, a *account, identity key.Private, issued time.Time, change func(*wire.ApprovalRequest)) (authn.RequestID, string) {
	t.Helper()
	q := wire.ApprovalRequest{
		Issuer: a.stored.Server.Issuer, Device: a.stored.ID, User: a.stored.User, ID: authn.NewRequestID(), IssuedAt: issued.Unix(),
		Expires: issued.Add(authn.RequestLifetime).Unix(), Login: "anna.lind", Action: "sign_in", Match: authn.MatchTap, UV: "required",
		Client: wire.RequestClient{ID: "laptop-42", Name: "LAPTOP-42", Kind: authn.ClientComputer, Known: true}, Handle: authn.Hash{1},
	}
	if change != nil {
		change(&q)
	}
	jws, err := wire.SignApprovalRequest(identity, q)
	if err != nil {
		t.Fatal(err)
	}
	return q.ID, jws
}

// TestRequestsComeAndGo: a request arrives once, and goes by itself when its time is over by the server's clock, whatever the phone's
// says.
func TestRequestsComeAndGo(t *testing.T) {
	for name, off := range map[string]time.Duration{"right clock": 0, "ten years ahead": 87600 * time.Hour, "ten years behind": -87600 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := unlocked(t)
				a, identity := r.connect(t)
				r.ahead.Store(int64(off))
				a.offset = -off
				id, jws := question(t, a, identity, time.Now(), nil)
				r.take()
				if got := r.arrive(t.Context(), a, jws); got != id {
					t.Fatalf("arrived as %q", got)
				}
				r.arrive(t.Context(), a, jws)
				if got := r.take(); !slices.Equal(got, []EventKind{RequestArrived}) {
					t.Errorf("events %v, want one request", got)
				}
				time.Sleep(authn.RequestLifetime - 2*time.Second)
				synctest.Wait()
				if _, ok := r.State().Request(id); !ok {
					t.Error("gone before its time")
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if got := r.take(); len(r.State().Requests) != 0 || !slices.Equal(got, []EventKind{RequestClosed}) {
					t.Errorf("after its time: events %v, requests %v", got, r.State().Requests)
				}
				if got := r.arrive(t.Context(), a, jws); got != "" {
					t.Error("a request past its time arrived")
				}
			})
		})
	}
}

// TestForeignRequests: what is not this server's question to this device and user is not shown.
func TestForeignRequests(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	other, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		by     key.Private
		change func(*wire.ApprovalRequest)
	}{
		"another server's key": {other, nil},
		"another issuer":       {identity, func(q *wire.ApprovalRequest) { q.Issuer = "https://id.example.org" }},
		"another device":       {identity, func(q *wire.ApprovalRequest) { q.Device = authn.NewDeviceID() }},
		"another user":         {identity, func(q *wire.ApprovalRequest) { q.User = authn.NewUserID() }},
		"an unknown action":    {identity, func(q *wire.ApprovalRequest) { q.Action = "transfer" }},
	}
	for name, tt := range tests {
		_, jws := question(t, a, tt.by, time.Now(), tt.change)
		if id := r.arrive(t.Context(), a, jws); id != "" || len(r.State().Requests) != 0 {
			t.Errorf("%s: shown", name)
		}
	}
}

// TestByHandle: a scanned code finds the request of an account at its own server only (threat T3).
func TestByHandle(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	handle := key.NewSecret(16)
	id, jws := question(t, a, identity, time.Now(), func(q *wire.ApprovalRequest) { q.Handle = authn.HashOf(handle) })
	r.arrive(t.Context(), a, jws)
	if got, err := r.ByHandle(wire.ApprovalLink{Host: "id.example.com", Handle: handle}); err != nil || got.ID != id {
		t.Errorf("found %q, %v", got.ID, err)
	}
	for name, link := range map[string]wire.ApprovalLink{
		"another host":   {Host: "id.example.org", Handle: handle},
		"another handle": {Host: "id.example.com", Handle: key.NewSecret(16)},
	} {
		if _, err := r.ByHandle(link); !errors.Is(err, authn.ErrRequestUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckMatch(t *testing.T) {
	handle := Match{Handle: key.Secret("handle")}
	tests := []struct {
		name string
		mode authn.MatchMode
		m    Match
		want string
	}{
		{"six digits", authn.MatchNumber, Match{Number: "012345"}, ""},
		{"five digits", authn.MatchNumber, Match{Number: "01234"}, "number_missing"},
		{"letters", authn.MatchNumber, Match{Number: "12345a"}, "number_missing"},
		{"no number", authn.MatchNumber, Match{}, "number_missing"},
		{"scanned in place of the number", authn.MatchNumber, handle, ""},
		{"plain Yes", authn.MatchTap, Match{}, ""},
		{"not scanned", authn.MatchQR, Match{Number: "123456"}, "scan_required"},
		{"scanned", authn.MatchQR, handle, ""},
	}
	for _, tt := range tests {
		r := Request{ApprovalRequest: wire.ApprovalRequest{Match: tt.mode}}
		if got := authn.CodeOf(checkMatch(r, tt.m)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestStatusOf(t *testing.T) {
	tests := []struct {
		device authn.DeviceState
		user   authn.UserStatus
		want   AccountStatus
	}{
		{authn.DeviceActive, authn.UserActive, Connected},
		{authn.DevicePending, authn.UserActive, Waiting},
		{authn.DeviceActive, authn.UserDisabled, Blocked},
		{authn.DevicePending, authn.UserDisabled, Blocked},
		{authn.DeviceRevoked, authn.UserActive, Removed},
		{authn.DeviceRevoked, authn.UserDisabled, Removed},
	}
	for _, tt := range tests {
		if got := statusOf(tt.device, tt.user); got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.device, tt.user, got, tt.want)
		}
	}
}

// TestNothingThere: calls about what this device does not have say so and change nothing.
func TestNothingThere(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	ctx := t.Context()
	if _, err := r.Approve(ctx, authn.NewRequestID(), Match{}, platform.Prompt{}); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("approve: %v", err)
	}
	if _, err := r.Deny(ctx, authn.NewRequestID()); !errors.Is(err, authn.ErrRequestUnknown) {
		t.Errorf("deny: %v", err)
	}
	if _, err := r.RemoveAccount(ctx, authn.NewDeviceID()); !errors.Is(err, ErrNoAccount) {
		t.Errorf("remove: %v", err)
	}
	if _, err := r.Core.Connect(ctx, &Invitation{}, platform.Prompt{}); !errors.Is(err, authn.ErrSessionUnknown) {
		t.Errorf("connect: %v", err)
	}
	if err := r.Forget(ctx, nil); err != nil {
		t.Errorf("forget nothing: %v", err)
	}
	r.Lock()
	if _, err := r.RemoveAccount(ctx, a.stored.ID); !errors.Is(err, ErrLocked) {
		t.Errorf("remove while locked: %v", err)
	}
	if _, ok := r.State().Account(a.stored.ID); !ok {
		t.Error("the account is gone")
	}
}

// TestPendingIsForgotten: an invitation that the person does not want leaves neither key nor entry, and one that was signed is kept for a day
// beyond its session, in case the server has it.
func TestPendingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := unlocked(t)
		before := len(r.keys.List())
		pend := func(hash, registration string) pendingRegistration {
			p := pendingRegistration{SessionHash: hash, Keys: newKeyIDs(), Expires: time.Now().Add(10 * time.Minute), Registration: registration}
			if _, err := r.keys.Create(t.Context(), p.Keys.Device, keystore.Device); err != nil {
				t.Fatal(err)
			}
			if err := r.keepPending(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			return p
		}
		unwanted, signed := pend("unwanted", ""), pend("signed", "jws")
		if err := r.Forget(t.Context(), &Invitation{pending: unwanted}); err != nil {
			t.Fatal(err)
		}
		if err := r.Forget(t.Context(), &Invitation{pending: signed}); err != nil {
			t.Fatal(err)
		}
		r = newRig(t, r.dir) // it was written
		if len(r.pending) != 1 || r.pending[0].SessionHash != "signed" || len(r.keys.List()) != before+1 {
			t.Fatalf("pending are %v, %d keys", r.pending, len(r.keys.List()))
		}
		time.Sleep(10*time.Minute + forgetAfter + time.Second)
		r.resume(t.Context())
		if len(r.pending) != 0 || len(r.keys.List()) != before {
			t.Errorf("a day later pending are %v, %d keys", r.pending, len(r.keys.List()))
		}
	})
}

// TestSubscribe: every listener hears every event until it cancels.
func TestSubscribe(t *testing.T) {
	r := unlocked(t)
	n := 0
	cancel := r.Subscribe(func(Event) { n++ })
	r.Lock()
	cancel()
	r.unlock(t)
	if n != 1 {
		t.Errorf("heard %d events, want 1", n)
	}
}
