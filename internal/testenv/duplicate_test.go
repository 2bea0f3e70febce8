package testenv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// blank is a phone with a PIN and nothing else.
func blank(t *testing.T, ctx context.Context, env *testenv.Env, name string) *testenv.Phone {
	t.Helper()
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// photographed is what a camera makes of the code on the old phone's screen.
func photographed(t *testing.T, o *phone.Offer) wire.DuplicateLink {
	t.Helper()
	return must(wire.ParseLink(o.Link.Encode()))(t).(wire.DuplicateLink)
}

// From the code on the old phone to an account on the new one that signs in: both show the same two words, and the new one's name.
func TestNewPhone(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	old, a, events := readyPhone(t, ctx, env, "old", "anna.lind")
	laptop := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	ask := must(laptop.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	must(old.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}))(t) // a receipt that goes along
	must(laptop.Wait(ctx, ask))(t)

	o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
	fresh := blank(t, ctx, env, "Anna's new phone")
	j := must(fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t)
	if j.Organisation != "Lund Energy" || j.Host != env.Host {
		t.Errorf("joining: %+v", j)
	}
	joiner := must(old.AwaitDuplicate(ctx, o))(t)
	if joiner.Name != "Anna's new phone" || joiner.Words != j.Words || joiner.Words[0] == "" || joiner.Raced {
		t.Errorf("joiner %+v, the other shows %v", joiner, j.Words)
	}
	old.Lock() // the screen went dark meanwhile
	if err := old.AnswerDuplicate(ctx, o, joiner, true, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	b := must(fresh.AwaitJoin(ctx, j, platform.Prompt{}))(t)
	if b.Status != phone.Connected || b.Login != "anna.lind" || b.ID == a.ID || len(fresh.State().Joining) != 0 {
		t.Errorf("account: %+v", b)
	}
	if err := fresh.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := fresh.State().Account(b.ID); got.ProbationUntil.IsZero() {
		t.Error("the new phone is on no probation")
	}
	ask = must(laptop.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	if err := fresh.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	must(fresh.Approve(ctx, fresh.State().Requests[0].ID, phone.Match{}, platform.Prompt{}))(t)
	must(laptop.Wait(ctx, ask))(t)
	if _, err := fresh.RemoveDevice(ctx, b.ID, a.ID, platform.Prompt{}); !errors.Is(err, authn.ErrProbation) {
		t.Errorf("the new phone removes the old one at once: %v", err)
	}
	l := must(old.Devices(ctx, a.ID))(t)
	if len(l.Devices) != 2 || entryOf(t, l, b.ID).Origin != authn.OriginDuplicate {
		t.Errorf("devices: %+v", l.Devices)
	}
	// once.
	if _, err := blank(t, ctx, env, "third").ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}); !errors.Is(err, authn.ErrDuplicateClaimed) {
		t.Errorf("the same code again: %v", err)
	}
}

// What goes to the new phone is the account's part of the vault: the restore code too, so that both keep the one escrow from then on.
func TestNewPhoneHasRestoreCode(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	old, a, _ := readyPhone(t, ctx, env, "old", "anna.lind")
	code := key.NewRestoreCode()
	if err := old.ActivateRestore(ctx, a.ID, code, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
	fresh := blank(t, ctx, env, "new")
	j := must(fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t)
	if err := old.AnswerDuplicate(ctx, o, must(old.AwaitDuplicate(ctx, o))(t), true, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	b := must(fresh.AwaitJoin(ctx, j, platform.Prompt{}))(t)
	if err := fresh.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got := must(fresh.ShowRestoreCode(ctx, b.ID, platform.Prompt{}))(t); got.Text() != code.Text() {
		t.Error("the new phone shows another restore code")
	}
	if v, _ := fresh.State().Account(b.ID); v.Restore.State != phone.RestoreOn {
		t.Errorf("restore is %s on the new phone", v.Restore.State)
	}
	if _, err := fresh.DrillRestore(ctx, b.ID, code, platform.Prompt{}); err != nil {
		t.Error("drill on the new phone:", err)
	}
	if err := fresh.ActivateRestore(ctx, b.ID, key.NewRestoreCode(), platform.Prompt{}); !errors.Is(err, authn.ErrProbation) {
		t.Errorf("the new phone makes a new code at once: %v", err)
	}
}

// The code on the old phone was photographed, and the photographer is faster. The old phone shows his phone's name and words that its owner sees nowhere; she says No; he has nothing,
// and she was told.
func TestPhotographed_R099(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	old, a, events := readyPhone(t, ctx, env, "old", "anna.lind")
	o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
	mallory, fresh := blank(t, ctx, env, "Mallory's phone"), blank(t, ctx, env, "Anna's new phone")
	his := must(mallory.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t)
	if _, err := fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}); !errors.Is(err, authn.ErrDuplicateClaimed) {
		t.Fatalf("the slower one: %v", err)
	}
	if s := fresh.State(); len(s.Joining) != 0 || len(fresh.Keys.List()) != 1 {
		t.Errorf("the slower one keeps %d claims and %d keys", len(s.Joining), len(fresh.Keys.List()))
	}
	joiner := must(old.AwaitDuplicate(ctx, o))(t)
	if joiner.Name != "Mallory's phone" || !joiner.Raced {
		t.Errorf("the old phone shows %+v", joiner)
	}
	if err := old.AnswerDuplicate(ctx, o, joiner, false, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	if _, err := mallory.AwaitJoin(ctx, his, platform.Prompt{}); !errors.Is(err, authn.ErrDuplicateRefused) {
		t.Errorf("the photographer is told: %v", err)
	}
	if s := mallory.State(); len(s.Accounts) != 0 || len(s.Joining) != 0 || len(mallory.Keys.List()) != 1 {
		t.Errorf("the photographer has %+v and %d keys", s, len(mallory.Keys.List()))
	}
	if l := must(old.Devices(ctx, a.ID))(t); len(l.Devices) != 1 {
		t.Errorf("devices: %+v", l.Devices)
	}
	until(t, ctx, events, old, "the owner is told", func(s phone.State) bool {
		got, _ := s.Account(a.ID)
		for _, n := range got.Notices {
			if n.Kind == authn.NoticeDuplicateRaced {
				return true
			}
		}
		return false
	})
}

// swapped is a server that puts in keys of its own between the two phones: it changes what the old one is shown.
func swapped(t *testing.T, env *testenv.Env, m *middle, o *phone.Offer, change func(*wire.DuplicateView)) {
	t.Helper()
	handler := env.Server.Handler()
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/v1/duplicate/") {
			return false
		}
		answer := &nowhere{head: http.Header{}}
		handler.ServeHTTP(answer, r)
		var v wire.DuplicateView
		if json.Unmarshal(answer.body, &v) == nil && v.State == authn.DuplicateClaimed {
			change(&v)
			answer.body, _ = json.Marshal(v)
		}
		answer.pass(w)
		return true
	})
}

// forge is a claim for an offer by keys of the server's own. It knows the offer's id, and not what the camera saw.
func forge(t *testing.T, env *testenv.Env, o *phone.Offer) string {
	t.Helper()
	keys := [3]key.Private{must(key.Generate())(t), must(key.Generate())(t), must(key.Generate())(t)}
	return must(wire.SignDuplicateClaim(keys[1], wire.DuplicateClaim{
		Audience: env.Issuer, Hash: authn.HashOf(o.Link.ID), DeviceJWK: keys[0].Key(), ApprovalJWK: keys[1].Key(), ExchangeJWK: keys[2].Key(),
		Device: authn.DeviceInfo{Name: "Anna's new phone"}, Class: key.Software, UV: authn.UVPIN,
	}))(t)
}

// TestSwappedKeys is R-098: the server, or a proxy that stands for it, swaps the keys of the new phone for its own. The old phone finds that out before it shows anything, and hands
// nothing over.
func TestSwappedKeys_R098(t *testing.T) {
	ctx, env := start(t)
	m, old, a := behind(t, ctx, env)
	guess := key.NewSecret(16)
	for name, change := range map[string]func(*phone.Offer, *wire.DuplicateView){
		"other keys under the phone's MAC": func(o *phone.Offer, v *wire.DuplicateView) { v.Statement = forge(t, env, o) },
		"other keys under a MAC of its own": func(o *phone.Offer, v *wire.DuplicateView) {
			v.Statement = forge(t, env, o)
			v.MAC = wire.DuplicateClaimMAC(guess, v.Statement)
		},
		"other keys under the code's id": func(o *phone.Offer, v *wire.DuplicateView) {
			v.Statement = forge(t, env, o)
			v.MAC = wire.DuplicateClaimMAC(o.Link.ID, v.Statement)
		},
		"no MAC":    func(_ *phone.Offer, v *wire.DuplicateView) { v.MAC = authn.Hash{} },
		"no claim":  func(_ *phone.Offer, v *wire.DuplicateView) { v.Statement = "" },
		"a garbage": func(_ *phone.Offer, v *wire.DuplicateView) { v.Statement = "a.b.c" },
	} {
		m.intercept(nil)
		o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
		fresh := blank(t, ctx, env, "new phone, "+name)
		j := must(fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t)
		swapped(t, env, m, o, func(v *wire.DuplicateView) { change(o, v) })
		joiner, err := old.AwaitDuplicate(ctx, o)
		if !errors.Is(err, phone.ErrForgedClaim) || joiner != (phone.Joiner{}) {
			t.Errorf("%s: %+v, %v", name, joiner, err)
		}
		if _, err := fresh.AwaitJoin(ctx, j, platform.Prompt{}); !errors.Is(err, authn.ErrDuplicateRefused) {
			t.Errorf("%s: the new phone is told %v", name, err)
		}
	}
	if bytes.Contains(m.recorded(), []byte(`"handover"`)) {
		t.Error("something was handed over")
	}
	if l := must(old.Devices(ctx, a.ID))(t); len(l.Devices) != 1 {
		t.Errorf("devices: %+v", l.Devices)
	}
}

// TestSwappedHandover is R-098 from the other side: what the new phone gets is from the phone whose screen it has seen, or it is not opened, and no account comes of it.
func TestSwappedHandover_R098(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	old, a, _ := readyPhone(t, ctx, env, "old", "anna.lind")
	m := between(t, env)
	fresh := m.openPhone(t, ctx, t.TempDir())
	o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
	j := must(fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t)
	joiner := must(old.AwaitDuplicate(ctx, o))(t)
	if err := old.AnswerDuplicate(ctx, o, joiner, true, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	handler := env.Server.Handler()
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/duplicate/state" {
			return false
		}
		answer := &nowhere{head: http.Header{}}
		handler.ServeHTTP(answer, r)
		var out wire.DuplicateOutcome
		if json.Unmarshal(answer.body, &out) == nil && len(out.Handover) > 0 {
			out.Handover[len(out.Handover)-1] ^= 1
			answer.body, _ = json.Marshal(out)
		}
		answer.pass(w)
		return true
	})
	if _, err := fresh.AwaitJoin(ctx, j, platform.Prompt{}); !errors.Is(err, phone.ErrForgedHandover) {
		t.Fatalf("a changed file: %v", err)
	}
	if s := fresh.State(); len(s.Accounts) != 0 || len(s.Joining) != 0 {
		t.Errorf("state: %+v", s)
	}
	m.intercept(nil)
	if err := fresh.Sync(ctx); err != nil { // the server is told that this device is none
		t.Fatal(err)
	}
	for _, e := range must(old.Devices(ctx, a.ID))(t).Devices {
		if e.ID != a.ID && e.State != authn.DeviceRevoked {
			t.Errorf("a device is left: %+v", e)
		}
	}
}

// The new phone's app ends after the claim, and after the Yes; it goes on where it was.
func TestJoinResumes(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	old, a, _ := readyPhone(t, ctx, env, "old", "anna.lind")
	m := between(t, env)
	dir := t.TempDir()
	fresh := m.openPhone(t, ctx, dir)
	o := must(old.OfferDuplicate(ctx, a.ID, platform.Prompt{}))(t)
	m.loseAnswer(t, env, "/duplicate/claim")
	if _, err := fresh.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}); !errors.Is(err, client.ErrUnreachable) {
		t.Fatalf("claim: %v", err)
	}
	m.intercept(nil)
	fresh.Close()
	fresh = m.openPhone(t, ctx, dir)
	if n := len(fresh.State().Joining); n != 1 {
		t.Fatalf("%d claims after a restart", n)
	}
	pin := keystore.WithPIN(ctx, fresh.PIN)                                        // the sensor of a phone that was started anew knows no finger
	j := must(fresh.ClaimDuplicate(pin, photographed(t, o), platform.Prompt{}))(t) // the same keys
	joiner := must(old.AwaitDuplicate(ctx, o))(t)
	if joiner.Words != j.Words || joiner.Raced {
		t.Errorf("%+v, %v", joiner, j.Words)
	}
	if err := old.AnswerDuplicate(ctx, o, joiner, true, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	m.loseAnswer(t, env, "/duplicate/state")
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := fresh.AwaitJoin(short, j, platform.Prompt{}); err == nil {
		t.Fatal("joined without an answer")
	}
	m.intercept(nil)
	fresh.Close()
	fresh = m.openPhone(t, ctx, dir)
	defer fresh.Close()
	waits := fresh.State().Joining
	if len(waits) != 1 || waits[0].Words != j.Words {
		t.Fatalf("after a restart: %+v", waits)
	}
	b := must(fresh.AwaitJoin(pin, &waits[0], platform.Prompt{}))(t)
	if stateOf(fresh, b.ID) != phone.Connected || len(fresh.State().Joining) != 0 {
		t.Errorf("account: %+v", b)
	}
	fresh.Lock()
	if err := fresh.Unlock(pin, platform.Prompt{}); err != nil || stateOf(fresh, b.ID) != phone.Connected {
		t.Errorf("the account is not in the vault: %v", err)
	}
}

// TestScanningAddsNobody is R-100: whatever an enrolled phone is made to scan or open, the devices of its account stay what they are.
func TestScanningAddsNobody_R100(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	must(env.AddUser(ctx, "eve", "Eve"))(t)
	victim, a, _ := readyPhone(t, ctx, env, "victim", "anna.lind")
	eve, b, _ := readyPhone(t, ctx, env, "eve", "eve")
	o := must(eve.OfferDuplicate(ctx, b.ID, platform.Prompt{}))(t)
	s := must(env.AddSession(ctx, "eve", authn.BindAdditional))(t)
	asked := victim.Sensor.Asked()
	j := must(victim.ClaimDuplicate(ctx, photographed(t, o), platform.Prompt{}))(t) // the worst that a D code does: the victim's phone asks for Eve's account
	if _, err := victim.Connect(ctx, s.Link); err != nil {
		t.Log("an R code:", err)
	}
	if l := must(victim.Devices(ctx, a.ID))(t); len(l.Devices) != 1 {
		t.Errorf("the victim's account has %+v", l.Devices)
	}
	if len(asked) == len(victim.Sensor.Asked()) {
		t.Error("even that was done without asking the victim")
	}
	if err := victim.CancelJoin(ctx, j); err != nil || len(victim.State().Joining) != 0 {
		t.Errorf("cancel: %v", err)
	}
}

// The finger is asked for before a code is shown.
func TestOfferAsks_R099(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	answer := simulated.Touch
	ask := func(context.Context, platform.Prompt) simulated.Answer { return answer }
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF, Ask: ask}))(t)
	defer p.Close()
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	answer = simulated.Cancel
	if _, err := p.OfferDuplicate(ctx, a.ID, platform.Prompt{}); !errors.Is(err, platform.ErrCanceled) {
		t.Errorf("an offer without the finger: %v", err)
	}
}
