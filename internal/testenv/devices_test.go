package testenv_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// anotherPhone connects another phone of the same user, as the organisation does.
func anotherPhone(t *testing.T, ctx context.Context, env *testenv.Env, name, login string) (*testenv.Phone, phone.Account) {
	t.Helper()
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return p, must(env.Register(ctx, p, login, authn.BindAdditional))(t)
}

// until waits for a state of the app; only a broken test waits to the end.
func until(t *testing.T, ctx context.Context, events <-chan phone.Event, p *testenv.Phone, what string, is func(phone.State) bool) {
	t.Helper()
	for !is(p.State()) {
		select {
		case <-events:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func stateOf(p *testenv.Phone, id phone.AccountID) phone.AccountStatus {
	a, ok := p.State().Account(id)
	if !ok {
		return ""
	}
	return a.Status
}

func entryOf(t *testing.T, l phone.DeviceList, id authn.DeviceID) wire.DeviceEntry {
	t.Helper()
	for _, e := range l.Devices {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("device %s is not listed", id)
	return wire.DeviceEntry{}
}

// A stolen phone lies unlocked in front of the thief. Its owner blocks it from the other one: it is of no use from then on, which it is told by its stream, and nothing that the thief does with it by then, without
// her finger, has locked her out (R-110, X7).
func TestStolenUnlockedPhone(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	stolen, a, events := readyPhone(t, ctx, env, "stolen", "anna.lind")
	mine, b := anotherPhone(t, ctx, env, "tablet", "anna.lind")
	defer mine.Close()
	laptop := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()

	// The thief has the phone open, and no finger.
	thief := platform.Prompt{}
	stolen.Keys.Lock()
	if err := stolen.Keys.DisableBiometric(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := stolen.RemoveDevice(ctx, a.ID, b.ID, thief); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("the thief removes the other one: %v", err)
	}
	if _, err := stolen.OfferDuplicate(ctx, a.ID, thief); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("the thief duplicates: %v", err)
	}
	if l := must(stolen.Devices(ctx, a.ID))(t); len(l.Devices) != 2 {
		t.Errorf("the thief sees %d devices", len(l.Devices))
	}

	began := time.Now()
	l := must(mine.BlockDevice(ctx, b.ID, a.ID, platform.Prompt{}))(t)
	if e := entryOf(t, l, a.ID); e.State != authn.DeviceRevoked {
		t.Errorf("listed as %s", e.State)
	}
	until(t, ctx, events, stolen, "the stolen phone knows", func(phone.State) bool { return stateOf(stolen, a.ID) == phone.Removed })
	t.Log("the stolen phone knew after", time.Since(began))
	ask := must(laptop.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	if err := stolen.Sync(ctx); err != nil {
		t.Log("sync of the stolen phone:", err)
	}
	if n := len(stolen.State().Requests); n != 0 {
		t.Errorf("the stolen phone has %d requests", n)
	}
	if err := mine.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	must(mine.Approve(ctx, mine.State().Requests[0].ID, phone.Match{}, platform.Prompt{}))(t)
	must(laptop.Wait(ctx, ask))(t)
}

// Two phones; one is off when the other asks for its wipe. It says so honestly at each step, and when the phone is turned on and finds a network the account is gone from it before
// it is shown, with a receipt that the phone has signed.
func TestWipedWhileOff(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	must(env.AddUser(ctx, "bo.berg", "Bo Berg"))(t)
	mine, a, _ := readyPhone(t, ctx, env, "mine", "anna.lind")
	lost, b := anotherPhone(t, ctx, env, "lost", "anna.lind")
	other := must(env.Register(ctx, lost, "bo.berg", authn.BindFirst))(t) // a second work account in the same app
	lost.Close()

	l := must(mine.WipeDevice(ctx, a.ID, b.ID, authn.WipeAccount, platform.Prompt{}))(t)
	if e := entryOf(t, l, b.ID); e.State != authn.DeviceRevoked || e.Wipe == nil || e.Wipe.State != authn.WipeRequested {
		t.Fatalf("requested: %+v", e)
	}
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "lost", KDF: fastKDF}))(t)
	if stateOf(again, b.ID) != phone.Connected {
		t.Fatal("a phone without a network knows of nothing")
	}
	events := listen(t, ctx, again)
	until(t, ctx, events, again, "the account is gone", func(phone.State) bool { return stateOf(again, b.ID) == "" })
	left := func(want authn.WipeLeft) func(wire.DeviceEntry) bool {
		return func(e wire.DeviceEntry) bool { return e.Wipe.State == authn.WipeConfirmed && e.Wipe.Left == want }
	}
	awaitEntry(t, ctx, mine, a.ID, b.ID, "it is confirmed, and the sealed rest is told", left(authn.LeftSealed))
	if err := again.Unlock(keystore.WithPIN(ctx, again.PIN), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	awaitEntry(t, ctx, mine, a.ID, b.ID, "nothing is left", left(authn.LeftNothing))
	if s := again.State(); len(s.Accounts) != 1 || s.Accounts[0].ID != other.ID || s.Accounts[0].Status != phone.Connected {
		t.Errorf("the other account: %+v", s.Accounts)
	}
	if err := again.Sync(ctx); err != nil {
		t.Error("sync of the other account:", err)
	}
	if _, err := os.Stat(filepath.Join(again.Dir, "wipe.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the marker is there still: %v", err)
	}
}

// awaitEntry asks for the list until a device's entry is as it should be.
func awaitEntry(t *testing.T, ctx context.Context, p *testenv.Phone, account phone.AccountID, id authn.DeviceID, what string, is func(wire.DeviceEntry) bool) {
	t.Helper()
	for {
		l, err := p.Devices(ctx, account)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if e := entryOf(t, l, id); is(e) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("never: %s", what)
		}
	}
}

// The user of a phone forgot its PIN and has no fingerprint on: what is left is to erase the app. The server hears of it, and the app begins anew in the same place.
func TestEraseApp(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	p.Lock()
	if err := p.EraseApp(ctx); err != nil {
		t.Fatal(err)
	}
	if s := p.State(); !s.Erased || s.HasPIN || len(s.Accounts) != 0 || !s.Locked {
		t.Errorf("state: %+v", s)
	}
	await(t, ctx, events, phone.Wiped)
	if d := must(env.Admin.Devices(ctx, "anna.lind"))(t); len(d) != 1 || d[0].State != authn.DeviceRevoked {
		t.Errorf("the server has %+v", d)
	}
	files := must(os.ReadDir(p.Dir))(t)
	for _, f := range files {
		t.Errorf("%s is left", f.Name())
	}
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	defer again.Close()
	if err := again.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if b := must(env.Register(ctx, again, "anna.lind", authn.BindFirst))(t); b.ID == a.ID || stateOf(again, b.ID) != phone.Connected {
		t.Errorf("the new beginning: %+v", b)
	}
}

// The same without a network: what has to be told was signed before the keys went, and is told by the app that begins anew.
func TestEraseAppOffline(t *testing.T) {
	ctx, env := start(t)
	m, p, a := behind(t, ctx, env)
	m.answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if err := p.EraseApp(ctx); err != nil {
		t.Fatal(err)
	}
	p.Close()
	marker := must(os.ReadFile(filepath.Join(p.Dir, "wipe.json")))(t)
	if !bytes.Contains(marker, []byte(a.ID)) {
		t.Fatalf("what has to be told: %s", marker)
	}
	m.intercept(nil)
	again := m.openPhone(t, ctx, p.Dir)
	listen(t, ctx, again)
	for {
		if d := must(env.Admin.Devices(ctx, "anna.lind"))(t); d[0].State == authn.DeviceRevoked {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the server was not told")
		}
	}
}

// A PIN that was forgotten is replaced where the finger opens the keys, and only there.
func TestResetPIN(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	p.Lock()
	fresh := key.Secret("804215")
	if err := p.ResetPIN(ctx, key.Secret("111111"), platform.Prompt{}); !errors.Is(err, keystore.ErrPINWeak) {
		t.Errorf("a weak one: %v", err)
	}
	if err := p.ResetPIN(ctx, fresh, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); !errors.Is(err, keystore.ErrPINWrong) {
		t.Errorf("the old PIN: %v", err)
	}
	if err := p.Keys.DisableBiometric(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.ResetPIN(ctx, p.PIN, platform.Prompt{}); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("without a finger: %v", err)
	}
	if wrong, _ := p.Keys.PINWait(); wrong != 1 {
		t.Errorf("%d wrong tries", wrong)
	}
}

// A wipe that somebody in between makes up is ignored, whatever else the phone is told.
func TestWipeFromTheMiddle_R111(t *testing.T) {
	ctx, env := start(t)
	m, p, a := behind(t, ctx, env)
	forger := must(key.Generate())(t)
	forged := must(wire.SignWipeCommand(forger, wire.WipeCommand{Issuer: env.Issuer, Device: a.ID, Counter: 1, Scope: authn.WipeEverything, IssuedAt: 1}))(t)
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/v1/wipe"):
			_, _ = w.Write([]byte(`{"command":"` + forged + `"}`))
		default:
			w.Header().Set("Content-Type", wire.ProblemType)
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"status":403,"kind":"forbidden","code":"device_revoked","title":"x"}`))
		}
		return true
	})
	for range 2 {
		_ = p.Sync(ctx)
	}
	if s := p.State(); s.Erased || stateOf(p, a.ID) != phone.Removed || len(p.Keys.List()) != 4 {
		t.Errorf("state: %+v, %d keys", s, len(p.Keys.List()))
	}
}
