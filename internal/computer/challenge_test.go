package computer_test

import (
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/otp"
)

func TestSignInByQR(t *testing.T) {
	r, p, g := ready(t)
	ch := r.challenge(anna)
	if ch.Link.Grant != g.ID || ch.Link.Host != "id.example.com" || ch.Link.Time != uint32(noon.Unix()) {
		t.Fatalf("challenge is %+v", ch.Link)
	}
	got, err := r.verify("Anna.Lind", ch, p.code(t, ch.Link, laptop)) // logins are the same without regard to case
	want := computer.SignIn{Login: anna, User: p.user, Grant: g.ID, Method: authn.OfflineQR, UsesLeft: authn.GrantUses - 1}
	if err != nil || got != want {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	if r.Last(anna) != authn.OfflineQR {
		t.Errorf("last method is %q", r.Last(anna))
	}
}

// a challenge dies after three minutes, three tries, or use; a new QR has a new key.
func TestChallengeDies(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(r *rig, p *phoneKeys, ch *computer.Challenge)
		want error
	}{
		"just in time": {func(r *rig, _ *phoneKeys, _ *computer.Challenge) { r.pass(authn.ChallengeLifetime - 1) }, nil},
		"too late":     {func(r *rig, _ *phoneKeys, _ *computer.Challenge) { r.pass(authn.ChallengeLifetime) }, computer.ErrChallengeOver},
		"wall clock back": {func(r *rig, _ *phoneKeys, _ *computer.Challenge) {
			r.up += authn.ChallengeLifetime
			r.wall = noon.Add(-time.Hour)
		}, computer.ErrChallengeOver},
		"wall clock ahead": {func(r *rig, _ *phoneKeys, _ *computer.Challenge) { r.wall = r.wall.Add(time.Hour) }, nil},
		"dropped":          {func(r *rig, _ *phoneKeys, ch *computer.Challenge) { r.Drop(ch) }, computer.ErrChallengeOver},
		"used": {func(r *rig, p *phoneKeys, ch *computer.Challenge) {
			_, _ = r.verify(anna, ch, p.code(t, ch.Link, laptop))
		}, computer.ErrChallengeOver},
		"two tries":         {func(r *rig, p *phoneKeys, ch *computer.Challenge) { wrongTries(r, p, ch, 2) }, nil},
		"three tries":       {func(r *rig, p *phoneKeys, ch *computer.Challenge) { wrongTries(r, p, ch, 3) }, computer.ErrChallengeOver},
		"computer stolen":   {func(r *rig, _ *phoneKeys, _ *computer.Challenge) { must(r, r.Stolen()) }, computer.ErrDenied},
		"another challenge": {func(r *rig, _ *phoneKeys, _ *computer.Challenge) { r.challenge(anna) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, p, _ := ready(t)
			ch := r.challenge(anna)
			c.do(r, p, ch)
			_, err := r.verify(anna, ch, p.code(t, ch.Link, laptop))
			if c.want == nil && err != nil || c.want != nil && err == nil {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want != nil {
				wantError(t, name, err, c.want)
			}
		})
	}
	r, p, _ := ready(t)
	first, second := r.challenge(anna), r.challenge(anna)
	if first.Link.Ephemeral == second.Link.Ephemeral {
		t.Error("two QR codes have one key")
	}
	_, err := r.verify(anna, second, p.code(t, first.Link, laptop))
	wantError(t, "code of another QR", err, computer.ErrWrong)
}

func must(r *rig, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func wrongTries(r *rig, p *phoneKeys, ch *computer.Challenge, n int) {
	r.t.Helper()
	for range n {
		_, err := r.verify(anna, ch, other(p.code(r.t, ch.Link, laptop)))
		wantError(r.t, "wrong code", err, computer.ErrWrong)
	}
}

func TestChallengesAreBounded(t *testing.T) {
	r, p, _ := ready(t)
	first := r.challenge(anna)
	for range 64 {
		r.challenge(anna)
	}
	_, err := r.verify(anna, first, p.code(t, first.Link, laptop))
	wantError(t, "oldest of too many", err, computer.ErrChallengeOver)
}

// codes for computer A never verify on computer B, nor for another user on A.
func TestCodesAreBound(t *testing.T) {
	a, p, _ := ready(t)
	b := newRig(t, "sales-pc")
	bob := newPhone(t, "bob")
	b.signedIn(b.grant(p))
	a.signedIn(a.grant(bob))
	desk := newPhone(t, "desk")
	listA, deskA := a.refill(p, desk)

	chA, chB := a.challenge(anna), b.challenge(anna)
	_, err := b.verify(anna, chB, p.code(t, chA.Link, laptop))
	wantError(t, "QR of another computer", err, computer.ErrWrong)
	_, err = b.verify(anna, chB, p.code(t, chB.Link, laptop))
	wantError(t, "right QR, wrong computer's name", err, computer.ErrWrong)
	_, err = b.verify(anna, nil, list(listA.Code(0)))
	wantError(t, "list of another computer", err, computer.ErrOtherComputer)
	_, err = b.verify(anna, nil, list(otp.ListCode{Prefix: otp.ComputerPrefix("sales-pc"), Secret: listA.Code(0).Secret}))
	wantError(t, "its secret behind this computer's prefix", err, computer.ErrWrong)

	chBob := a.challenge("bob")
	_, err = a.verify("bob", chA, p.code(t, chA.Link, laptop))
	wantError(t, "another user's QR", err, computer.ErrNoChallenge)
	_, err = a.verify("bob", chBob, p.code(t, chBob.Link, laptop))
	wantError(t, "another user's phone", err, computer.ErrWrong)
	_, err = a.verify("bob", nil, list(listA.Code(0)))
	wantError(t, "another user's list", err, computer.ErrWrong)
	_, err = a.verify("bob", nil, list(deskA.Code(0)))
	wantError(t, "another user's desk code", err, computer.ErrWrong)
	if _, err := a.verify(anna, chA, p.code(t, chA.Link, laptop)); err != nil {
		t.Errorf("the right user at the right computer: %v", err)
	}
}

// A code of another computer, a used one and what has no shape cost no try.
func TestWhatCostsNoTry(t *testing.T) {
	r, p, _ := ready(t)
	k, _ := r.refill(p, newPhone(t, "desk"))
	if _, err := r.verify(anna, nil, list(k.Code(0))); err != nil {
		t.Fatal(err)
	}
	ch := r.challenge(anna)
	for range 40 {
		_, err := r.verify(anna, ch, stranger("sales-pc", 0))
		wantError(t, "another computer", err, computer.ErrOtherComputer)
		_, err = r.verify(anna, ch, list(k.Code(0)))
		wantError(t, "used", err, computer.ErrCodeUsed)
		_, err = r.verify(anna, ch, otp.Typed{})
		wantError(t, "nothing", err, otp.ErrTyped)
		_, err = r.verify(anna, nil, otp.Typed{Digits: "12345678"})
		wantError(t, "digits without a QR", err, computer.ErrNoChallenge)
	}
	if got := r.Status().Grants[0].Wrong; got != 0 {
		t.Errorf("%d tries were counted", got)
	}
	if _, err := r.verify(anna, ch, p.code(t, ch.Link, laptop)); err != nil {
		t.Errorf("the right code after that: %v", err)
	}
}
