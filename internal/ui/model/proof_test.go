package model_test

import (
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

var wrongPassword = authn.Fail(authn.Forbidden, "wrong_password", "This is not the password.")

// sent is a stage at the page that asks for a second proof. given hears what reaches the core.
func sent(t *testing.T, s phone.State, proof authn.SecondProof) (g *stage, given *[]string, answer *error) {
	t.Helper()
	g = newStage(t, s)
	given, answer = &[]string{}, new(error)
	g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
		inv := modeltest.Invitation()
		inv.SecondProof = proof
		return inv, nil
	}
	g.core.OnConnect = func(_ context.Context, inv *phone.Invitation) (phone.Account, error) {
		*given = append(*given, string(inv.Proof))
		inv.Proof.Wipe() // as the core does
		return modeltest.SecondAccount(), *answer
	}
	g.Text(modeltest.RegistrationLink())
	g.on(model.PageConnect)
	if !g.Connect().More {
		t.Error("the question does not say that more comes")
	}
	g.ConfirmConnect()
	g.ConfirmConnect() // a double tap
	g.on(model.PageProof)
	return g, given, answer
}

func (g *stage) sentTexts(given *[]string, want ...string) {
	g.t.Helper()
	if len(*given) != len(want) {
		g.t.Fatalf("the core got %q, want %q", *given, want)
	}
	for i := range want {
		if (*given)[i] != want[i] {
			g.t.Errorf("the core got %q, want %q", *given, want)
		}
	}
}

func TestProofByPassword(t *testing.T) {
	g, given, answer := sent(t, modeltest.Open(), authn.ProofPassword)
	if v := g.Proof(); v.Title != "Your password at Lund Energy" || v.Host != "id.lundenergy.example" || v.Label == "" || v.Account == "" {
		t.Errorf("the page is %+v", v)
	}
	g.SubmitProof("")
	g.says(g.Proof().Wrong, "Type it first")
	g.sentTexts(given)
	*answer = wrongPassword
	g.SubmitProof(" wrong horse ") // blanks belong to a password
	g.on(model.PageProof)
	v := g.Proof()
	g.says(v.Wrong, "Not this password. Type it again; a few wrong tries end the link.")
	g.SubmitProof("wrong again")
	if again := g.Proof(); again.Wrong != v.Wrong || again.Tries == v.Tries {
		t.Errorf("the second time it says %+v", again)
	}
	*answer = nil
	g.SubmitProof("correct horse")
	g.on(model.PageConnected) // and no words to compare
	g.sentTexts(given, " wrong horse ", "wrong again", "correct horse")
	g.FinishConnect()
	g.on(model.PageHome)
}

func TestProofByDigits(t *testing.T) {
	for _, kind := range []authn.SecondProof{authn.ProofPIN, authn.ProofCode} {
		g, given, answer := sent(t, modeltest.Open(), kind)
		g.SubmitProof("4829")
		g.says(g.Proof().Wrong, "Type all eight digits first")
		g.Text("hello")
		g.says(g.Proof().Wrong, "There are no eight digits on the clipboard.")
		g.Text("Your code: 4829 13-75")
		if v := g.Proof(); v.Digits != "48291375" || v.Wrong != "" {
			t.Errorf("after pasting: %+v", v)
		}
		*answer = authn.ErrProofWrong
		g.SubmitProof("48291375")
		g.on(model.PageProof)
		g.says(g.Proof().Wrong, "Not these digits. Type them again; a few wrong tries end the link.")
		*answer = nil
		g.SubmitProof("4829 1376")
		g.on(model.PageConnected)
		g.sentTexts(given, "48291375", "48291376")
	}
}

// The PIN of the app comes after the proof, once: what was typed reaches the core with the PIN that is right.
func TestProofThenThePINOfTheApp(t *testing.T) {
	g, given, _ := sent(t, modeltest.Open(), authn.ProofPassword)
	verify := g.keys()
	g.core.OnConnect = func(ctx context.Context, inv *phone.Invitation) (phone.Account, error) {
		if err := verify(ctx); err != nil {
			return phone.Account{}, err
		}
		*given = append(*given, string(inv.Proof))
		return modeltest.SecondAccount(), nil
	}
	g.SubmitProof("correct horse")
	g.on(model.PageAskPIN)
	g.digits("111222")
	g.on(model.PageAskPIN)
	g.now = g.now.Add(time.Minute)
	g.digits(modeltest.PIN)
	g.on(model.PageConnected)
	g.sentTexts(given, "correct horse")
}

func TestProofThenTheFirstPIN(t *testing.T) {
	g, given, answer := sent(t, phone.State{}, authn.ProofPIN)
	*answer = authn.ErrProofWrong
	g.SubmitProof("48291375")
	g.on(model.PageChoosePIN)
	g.Back()
	g.on(model.PageProof)
	g.SubmitProof("48291375")
	g.digits("482913482913")
	g.on(model.PageProof)
	g.says(g.Proof().Wrong, "Not these digits. Type them again; a few wrong tries end the link.")
	*answer = nil
	g.SubmitProof("48291376")
	g.on(model.PageConnected)
	g.sentTexts(given, "48291375", "48291376")
}

// Whoever leaves the page, or stops at the PIN, leaves nothing of what she typed.
func TestProofIsForgotten(t *testing.T) {
	var inv *phone.Invitation
	stopped := func(t *testing.T) (*stage, *[]string) {
		g, given, _ := sent(t, modeltest.Open(), authn.ProofPIN)
		g.core.OnConnect = func(_ context.Context, i *phone.Invitation) (phone.Account, error) {
			inv = i
			return phone.Account{}, keystore.ErrPINRequired
		}
		g.ProofTyped("48291375")
		g.SubmitProof("48291375")
		g.on(model.PageAskPIN)
		g.Back()
		g.on(model.PageProof)
		return g, given
	}
	zero := func(t *testing.T, when string) {
		t.Helper()
		for _, b := range inv.Proof {
			if b != 0 {
				t.Errorf("%s the proof is still there", when)
				return
			}
		}
	}
	g, _ := stopped(t)
	zero(t, "after Esc at the PIN")
	g.says(g.Proof().Digits, "48291375") // she may only have to type the PIN
	g.Back()
	g.on(model.PageConnect)
	g.ConfirmConnect()
	g.says(g.Proof().Digits, "")
	g.Back()
	g.Back()
	g.on(model.PageHome)
	g.calls("Forget", 1)

	g, _ = stopped(t)
	g.core.Lock()
	g.on(model.PageLock)
	if err := g.core.Unlock(t.Context(), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	g.on(model.PageProof)
	g.says(g.Proof().Digits, "")
}

func TestProofThatCannotBeCheckedNow(t *testing.T) {
	for code, head := range map[string]string{
		"directory_unreachable": "The password can’t be checked now", "password_expired": "Your password has expired", "account_locked": "Your account is locked",
		"too_many_tries": "Too many tries",
	} {
		g, given, answer := sent(t, modeltest.Open(), authn.ProofPassword)
		*answer = authn.Fail(authn.Unavailable, code, "-")
		g.SubmitProof("correct horse")
		g.on(model.PageProof)
		if v := g.Proof(); v.Head != head || v.Words == "" || v.Wrong != "" {
			t.Errorf("%s is said as %+v", code, v)
		}
		*answer = nil
		g.SubmitProof("correct horse")
		g.on(model.PageConnected)
		g.sentTexts(given, "correct horse", "correct horse")
	}
	g, _, answer := sent(t, modeltest.Open(), authn.ProofPassword)
	*answer = client.ErrUnreachable
	g.SubmitProof("correct horse")
	g.says(g.Proof().Head, "The server can’t be reached")
}

// What ends the code has a page of its own, with whom to ask; nothing of the registration is left.
func TestProofThatEndsTheCode(t *testing.T) {
	for code, want := range map[*authn.Error]string{
		authn.ErrProofTries: "Too many wrong tries", authn.ErrSessionRevoked: "This code was withdrawn", authn.ErrSessionExpired: "This code is too old",
		authn.Fail(authn.Conflict, "device_exists", "-"): "You have a phone already", authn.Fail(authn.Forbidden, "user_disabled", "-"): "This account is blocked",
	} {
		g, _, answer := sent(t, modeltest.Open(), authn.ProofPIN)
		*answer = code
		g.SubmitProof("48291375")
		g.on(model.PageError)
		if f := g.Failure(); f.Title != want || f.Support != "046-555 01 00" || f.Code == "" {
			t.Errorf("%s is said as %+v", code.Code, f)
		}
		g.calls("Forget", 1)
		g.Done()
		g.on(model.PageHome)
	}
}

// A link that is tapped opens the question at once, also over another one, and also when it comes while the app is being unlocked.
func TestTappedLink(t *testing.T) {
	g, _, _ := sent(t, modeltest.Open(), authn.ProofCode)
	g.Text(" <" + modeltest.RegistrationLink() + "> ")
	g.on(model.PageConnect)
	g.calls("Invite", 2)
	g.calls("Forget", 1)

	g.ConfirmConnect() // and also while the PIN is asked for, which is then about nothing any more
	g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) {
		return phone.Account{}, keystore.ErrPINRequired
	}
	g.SubmitProof("48291375")
	g.on(model.PageAskPIN)
	g.Text(modeltest.RegistrationLink())
	g.on(model.PageConnect)
	g.calls("Forget", 2)
	g.says(g.Connect().Head, "")

	s := modeltest.Open()
	s.Locked = true
	g = newStage(t, s)
	g.hold = true
	g.digits(modeltest.PIN) // the unlocking is on its way
	g.Text(modeltest.RegistrationLink())
	g.calls("Invite", 0)
	g.release()
	g.calls("Invite", 1)
	g.on(model.PageConnect)
}

// A code that was sent is good for days: the question says until which.
func TestInvitationForDays(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		10 * time.Minute: "The invitation is good until 10:42", 24 * time.Hour: "The invitation is good until 4 March, 10:32",
		14 * time.Hour: "The invitation is good until 4 March, 00:32",
	} {
		g := newStage(t, phone.State{})
		g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
			inv := modeltest.Invitation()
			inv.GoodUntil = modeltest.Now.Add(wait).UTC()
			return inv, nil
		}
		g.Text(modeltest.RegistrationLink())
		g.says(g.Connect().GoodUntil, want)
	}
}

func TestInvitationForAnAccountThatIsHere(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
		inv := modeltest.Invitation()
		inv.Connected = "anna.lind"
		return inv, nil
	}
	g.Text(modeltest.RegistrationLink())
	g.says(g.Connect().Warning, "This phone is connected as anna.lind already. Go on only if Lund Energy told you to connect it again.")
}
