package testenv_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// verify sets the policy for user verification.
func verify(t *testing.T, ctx context.Context, env *testenv.Env, policy authn.UVPolicy) {
	t.Helper()
	p := env.Site.Policy()
	p.UserVerification = policy
	if err := env.Site.SetPolicy(ctx, p, authn.AuditRecord{At: env.Site.Now(), Actor: "admin:test"}); err != nil {
		t.Fatal(err)
	}
}

// TestPolicyForVerification is A4 with the real app: how often the person is asked, at registration and at each Yes, also after the policy has become
// stricter or laxer.
func TestPolicyForVerification(t *testing.T) {
	asks := func(p *testenv.Phone, act func()) int {
		before := len(p.Sensor.Asked())
		act()
		return len(p.Sensor.Asked()) - before
	}
	for _, tt := range []struct {
		policy  authn.UVPolicy
		connect int // how often she is asked to connect, the app being open
		uv      authn.UserVerification
		yes     map[authn.UVPolicy]int // how often at a Yes, under a later policy
	}{
		{authn.UVEachApproval, 1, authn.UVBiometric, map[authn.UVPolicy]int{authn.UVEachApproval: 1, authn.UVRegistration: 1, authn.UVOff: 1}},
		{authn.UVRegistration, 1, authn.UVBiometric, map[authn.UVPolicy]int{authn.UVEachApproval: 1, authn.UVRegistration: 0, authn.UVOff: 0}},
		{authn.UVOff, 0, authn.UVNone, map[authn.UVPolicy]int{authn.UVEachApproval: 1, authn.UVRegistration: 0, authn.UVOff: 0}},
	} {
		t.Run(string(tt.policy), func(t *testing.T) {
			ctx, env := start(t)
			must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
			verify(t, ctx, env, tt.policy)
			p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
			s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
			if _, err := p.Connect(ctx, s.Link); !errors.Is(err, keystore.ErrPINNotSet) {
				t.Fatalf("connected without a PIN for the vault: %v", err)
			}
			if err := p.Ready(ctx); err != nil {
				t.Fatal(err)
			}
			p.Keys.Lock()
			n := asks(p, func() { confirm(t, ctx, env, must(p.Connect(ctx, s.Link))(t)) })
			if n != tt.connect {
				t.Errorf("asked %d times to connect, want %d", n, tt.connect)
			}
			events := listen(t, ctx, p)
			computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
			for now, want := range tt.yes {
				verify(t, ctx, env, now)
				p.Lock() // the vault stays shut: an answer needs none
				ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
				e := await(t, ctx, events, phone.RequestArrived)
				if r, _ := p.State().Request(e.Request); r.Unasked != (want == 0) {
					t.Errorf("under %s the request is shown with unasked %v", now, r.Unasked)
				}
				n := asks(p, func() { must(p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{Title: "Approve"}))(t) })
				if n != want {
					t.Errorf("under %s asked %d times for a Yes, want %d", now, n, want)
				}
				id := must(computer.Wait(ctx, ask))(t)
				if mfa := slices.Contains(id.AMR, "mfa") && slices.Contains(id.AMR, "user"); mfa != (want > 0) {
					t.Errorf("under %s the token says %v", now, id.AMR)
				}
			}
		})
	}
}

// TestStricterPolicyHoldsBackYes: after the policy became stricter, nobody says Yes with an open key without being verified.
func TestStricterPolicyHoldsBackYes(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	verify(t, ctx, env, authn.UVOff)
	p, _, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	verify(t, ctx, env, authn.UVEachApproval)
	must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	p.Sensor.RemoveFingers()
	if _, err := p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}); !errors.Is(err, platform.ErrNotEnrolled) {
		t.Errorf("nobody was verified: %v", err)
	}
	if len(p.State().Requests) != 1 {
		t.Error("the request is gone although nothing was decided")
	}
	must(p.Approve(keystore.WithPIN(ctx, p.PIN), e.Request, phone.Match{}, platform.Prompt{}))(t)
}

// confirm says Yes on the page.
func confirm(t *testing.T, ctx context.Context, env *testenv.Env, a phone.Account) {
	t.Helper()
	must(env.Admin.ConfirmSession(ctx, a.Login, wire.ConfirmSession{CheckWords: a.CheckWords, Reason: "test"}))(t)
}
