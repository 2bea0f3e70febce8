package testenv_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// offlinePhone is a phone with a list for a computer whose network is gone.
func offlinePhone(t *testing.T) (ctx context.Context, env *testenv.Env, p *testenv.Phone, l *testenv.Laptop, events <-chan phone.Event) {
	t.Helper()
	ctx, env, p, l, events = signedInOnce(t, authn.OfflineAllow)
	l.Network.SetDown(true)
	return ctx, env, p, l, events
}

// a QR of an unknown grant, of another host or with a key that gives nothing is refused before anybody is asked, and leaves no trace.
func TestStrangeChallenges(t *testing.T) {
	ctx, env, p, l, _ := offlinePhone(t)
	_, step := offline(t, ctx, l)
	good := must(wire.ParseLink(step.Challenge))(t).(wire.OfflineLink)
	asked := len(p.Sensor.Asked())
	before := p.State().Computers[0]
	for name, change := range map[string]func(*wire.OfflineLink){
		"unknown grant": func(l *wire.OfflineLink) { l.Grant[0]++ },
		"another host":  func(l *wire.OfflineLink) { l.Host = "id.example.com" },
		"no grant":      func(l *wire.OfflineLink) { l.Grant = authn.GrantID{} },
	} {
		link := good
		change(&link)
		if _, err := p.OfflineChallenge(link); !errors.Is(err, authn.ErrGrantUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := p.OfflineCode(ctx, phone.Challenge{Link: link, Computer: before}, platform.Prompt{}); !errors.Is(err, authn.ErrGrantUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	link := good
	link.Ephemeral = exchangeKey(t, p) // its own key: a code, and the wrong one
	code := must(p.OfflineCode(ctx, must(p.OfflineChallenge(link))(t), platform.Prompt{}))(t)
	in, _ := offline(t, ctx, l)
	noticed(t, "code for another QR", in.Code(ctx, code.Text), "offline_code_wrong")
	if n := len(p.Sensor.Asked()) - asked; n > 1 { // none, if she was just verified
		t.Errorf("the person was asked %d times", n)
	}
	link = good
	link.Host = ""
	if _, err := p.OfflineChallenge(link); err != nil {
		t.Errorf("without a host: %v", err)
	}
	_ = env
}

// the computer's clock is shown, and a difference of more than ten minutes warns.
func TestClockOfTheComputer(t *testing.T) {
	ctx, _, p, l, _ := offlinePhone(t)
	_, step := offline(t, ctx, l)
	good := must(wire.ParseLink(step.Challenge))(t).(wire.OfflineLink)
	for _, c := range []struct {
		off  time.Duration
		warn bool
	}{{0, false}, {9 * time.Minute, false}, {-9 * time.Minute, false}, {11 * time.Minute, true}, {-11 * time.Minute, true}, {24 * time.Hour, true}} {
		link := good
		link.Time = uint32(time.Now().Add(c.off).Unix())
		ch := must(p.OfflineChallenge(link))(t)
		if ch.Warn != c.warn || (ch.Off-c.off).Abs() > 5*time.Second || !ch.Clock.Equal(time.Unix(int64(link.Time), 0)) {
			t.Errorf("%s: %+v", c.off, ch)
		}
	}
	_ = ctx
}

// Without a verification there is no code and no note; a lock in between is none; a phone that was removed gives none.
func TestCodesNeedTheUser(t *testing.T) {
	ctx, env, p, l, events := offlinePhone(t)
	grant := computerOf(p, l).Grant
	p.Sensor.RemoveFingers() // and no PIN is typed
	p.Core.Lock()
	if _, err := p.ListCode(ctx, grant, platform.Prompt{}); err == nil {
		t.Error("a code without a verification")
	}
	if c := computerOf(p, l); c.CodesLeft != authn.ListCount || c.Next != 1 {
		t.Errorf("a code that was not shown is gone: %+v", c)
	}
	if c := must(p.ListCode(keystore.WithPIN(ctx, p.PIN), grant, platform.Prompt{}))(t); c.Number != 1 {
		t.Errorf("while locked: code %d", c.Number)
	}
	devices := must(env.Admin.Devices(ctx, "anna.lind"))(t)
	must(env.Admin.RevokeDevice(ctx, devices[0].ID, "lost"))(t)
	for {
		if a, _ := p.State().Account(devices[0].ID); a.Status == phone.Removed {
			break
		}
		await(t, ctx, events, phone.AccountsChanged)
	}
	if _, err := p.ListCode(ctx, grant, platform.Prompt{}); !errors.Is(err, authn.ErrGrantRevoked) {
		t.Errorf("removed phone: %v", err)
	}
}

// Codes that are asked for at the same time lose no note, and the server gets each once. A phone that is killed after a code was shown has the note:
// it is read back from the disk.
func TestNotesOfCodes(t *testing.T) {
	ctx, env, p, l, _ := offlinePhone(t)
	grant := computerOf(p, l).Grant
	if err := env.Stop(); err != nil { // the notes stay on the phone
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	texts := map[string]int{}
	for range 8 {
		wg.Go(func() {
			c, err := p.NextListCode(ctx, grant, platform.Prompt{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			texts[c.Text]++
		})
	}
	wg.Wait()
	if len(texts) != 8 {
		t.Errorf("%d codes of 8", len(texts))
	}
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t) // from the disk, as after a kill
	defer again.Close()
	if c := computerOf(again, l); c.Next != 8 {
		t.Errorf("after a kill the next code is number %d, want 8 still shown", c.Next)
	}
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(must(env.Admin.OfflineUses(ctx, l.ID))(t)); n != 8 {
		t.Errorf("the server has %d notes, want 8", n)
	}
}
