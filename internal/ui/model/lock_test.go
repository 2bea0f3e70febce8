package model_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// What is chosen holds at once and after a restart; a file of before has the defaults.
func TestLockChoices(t *testing.T) {
	g := newStage(t, modeltest.Open())
	if g.core.LockAfter != time.Minute {
		t.Errorf("without a choice it locks after %v", g.core.LockAfter)
	}
	for name, want := range map[string]time.Duration{"after-at_once": 0, "after-30s": 30 * time.Second, "after-1m": time.Minute, "after-5m": 5 * time.Minute} {
		g.PickLock(name)
		if g.core.LockAfter != want {
			t.Errorf("%s: it locks after %v", name, g.core.LockAfter)
		}
		for _, p := range g.LockRules().Afters {
			if p.Chosen != (p.Name == name) || p.Off {
				t.Errorf("%s is chosen, and of %s the page says %+v", name, p.Name, p)
			}
		}
	}
	g.PickLock("after-never")
	g.PickLock("after-at_once")
	g.says(g.SettingsView().Lock.After, "At once")
	for name, want := range map[string]string{"clear-15s": "After 15 seconds", "clear-30s": "After 30 seconds", "clear-1m": "After 1 minute"} {
		g.PickClear(name)
		g.says(g.LockRules().Clear, want)
	}
	for text, want := range map[string]time.Duration{
		`{"appearance":"dark"}`: time.Minute, `{"appearance":"dark","lock":"tomorrow"}`: time.Minute, `{"appearance":"dark","lock":"at_once"}`: 0,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := model.OpenSettings(dir)
		if err != nil || s.Get().Lock.Duration() != want || s.Get().Clear.Duration() != 30*time.Second || s.Get().Screenshots || s.Get().Appearance != model.Dark {
			t.Errorf("%s: %+v, %v", text, s.Get(), err)
		}
	}
}

// An organisation's bound is shown, and what is beyond it can't be chosen; what was chosen before holds within it.
func TestLockBound(t *testing.T) {
	s := modeltest.Open()
	s.Lock = phone.LockState{Most: time.Minute, WrongPINs: authn.WrongPINRestore}
	g := newStage(t, s, func(c *model.Config) { c.Desktop = true })
	g.PickLock("after-5m")
	g.PickLock("after-30s")
	g.PickLock("after-5m")
	v := g.LockRules()
	g.says(v.Row.After, "After 30 seconds")
	if v.Afters[3].Name != "after-5m" || !v.Afters[3].Off || v.Afters[2].Off {
		t.Errorf("the picks are %+v", v.Afters)
	}
	g.says(v.AfterText, "“At once” is as soon as you use another window. Else the time runs from the last key or click in Avow. Your organisation allows 1 minute at most.")
	g.says(v.WrongPINs, "After ten wrong PINs no PIN opens Avow any more, only your restore code or another device. Your organisation wants it so.")
	g.says(v.Guard, "This system can’t hide a window in screenshots.")
}

// the whole window stays out of screenshots unless its person wants it otherwise; pages with keys and codes do in any case.
func TestScreenshots(t *testing.T) {
	guard := &screenGuard{}
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Guard = guard })
	hidden := func(want bool) {
		t.Helper()
		g.Page()
		if on := len(guard.told) > 0 && guard.told[len(guard.told)-1]; on != want {
			t.Errorf("hidden %v, want %v", on, want)
		}
	}
	hidden(false) // the stage's choice
	g.Choose(func(c *model.Choices) { c.Screenshots = false })
	hidden(true)
	g.GoTo(model.PageCodes)
	g.GoTo(model.PageHome)
	hidden(true)
	g.Choose(func(c *model.Choices) { c.Screenshots = true })
	hidden(false)
	g.GoTo(model.PageCodes)
	hidden(true)
	g.GoTo(model.PageHome)
	hidden(false)
}

// The lock says how long to wait, also after a restart, how many tries are left where the last one counts, and when none is.
func TestLockSaysWhatWrongPINsLedTo(t *testing.T) {
	s := modeltest.Open()
	s.Locked = true
	g := newStage(t, s)
	g.on(model.PageLock)
	wrong := func(l phone.LockState) model.PINView {
		g.core.Alter(func(s *phone.State) { s.Lock = l })
		return g.PIN()
	}
	v := wrong(phone.LockState{Wrong: 11, Wait: 47 * time.Hour})
	g.says(v.Words, "Not this PIN. Try again in 2 days.")
	g.digits("493817")
	g.calls("Unlock", 0)
	v = wrong(phone.LockState{Wrong: 7, WrongPINs: authn.WrongPINRestore, Wait: 5 * time.Minute})
	g.says(v.Words, "Not this PIN. Try again in 5 minutes. 3 more tries, then only your restore code helps.")
	v = wrong(phone.LockState{Wrong: 9, WrongPINs: authn.WrongPINRestore})
	g.says(v.Words, "One more try, then only your restore code helps.")
	v = wrong(phone.LockState{Wrong: 10, WrongPINs: authn.WrongPINRestore, Blocked: true})
	g.says(v.Words, "Too many wrong PINs. None opens Avow any more: your organisation wants your restore code or another device.")
	g.says(v.Ask, "No PIN is taken any more")
	if !v.Blocked || v.Forgot == "" {
		t.Errorf("the lock is %+v", v)
	}
	g.digits("493817")
	g.calls("Unlock", 0)
	g.OpenForgot()
	g.on(model.PageForgot)
	wrong(phone.LockState{})
	g.Back()
	g.core.OnUnlock = func(context.Context) error { return keystore.ErrPINBlocked }
	g.digits("493817")
	g.says(g.PIN().Words, "Too many wrong PINs. None opens Avow any more: your organisation wants your restore code or another device.")
}

// What was half typed is gone when the app locks, wherever it was typed.
func TestLockForgetsWhatWasTyped(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.Open(model.PageChangePIN)
	g.digits("493817")
	g.digits("77")
	g.core.Lock()
	g.on(model.PageLock)
	if v := g.PIN(); v.Filled != 0 {
		t.Errorf("%d digits are left on the lock", v.Filled)
	}
	g.digits("493817")
	g.on(model.PageChangePIN)
	if v := g.PIN(); v.Filled != 0 || v.Ask != "Type the PIN you have now" {
		t.Errorf("the change of the PIN goes on: %+v", v)
	}
	g.Back()
	g.OpenDrill()
	g.TypedCode([]string{"7KQ2", "9DFM"})
	g.core.Lock()
	g.digits("493817")
	g.on(model.PageRestoreType)
	for _, group := range g.RestoreType().Code.Groups {
		if group != "" {
			t.Errorf("a group of the restore code is left: %q", group)
		}
	}
}

// A notification says neither who asks nor for what, and comes only when nobody looks at the app.
func TestNotifiesOfRequests(t *testing.T) {
	var told []string
	front := true
	g := newStage(t, modeltest.Open(), func(c *model.Config) {
		c.Notify, c.Front = func(title, text string) { told = append(told, title+" "+text) }, func() bool { return front }
	})
	arrive := func() {
		g.core.Tell(phone.Event{Kind: phone.RequestArrived, Request: "r_1"}, func(s *phone.State) { s.Requests = number("r_1").Requests })
	}
	arrive()
	front = false
	g.Choose(func(c *model.Choices) { c.Quiet = true })
	arrive()
	if len(told) != 0 {
		t.Errorf("told %q", told)
	}
	g.says(g.SettingsView().Lock.Delivery, "Off")
	g.Choose(func(c *model.Choices) { c.Quiet = false })
	arrive()
	if len(told) != 1 || told[0] != "A request waits for you Open Avow to see it and to answer." {
		t.Errorf("told %q", told)
	}
}

func TestTestOfDelivery(t *testing.T) {
	s := modeltest.Open()
	s.Accounts = append(s.Accounts, modeltest.SecondAccount())
	shown := 0
	g := newStage(t, s, func(c *model.Config) { c.Notify = func(string, string) { shown++ } })
	g.Open(model.PageNotifications)
	if v := g.Notifications(); len(v.Rows) != 2 || v.Rows[0].State != "Not tested yet" || v.Test == "" || !v.CanNotify {
		t.Fatalf("the page is %+v", v)
	}
	for _, c := range []struct {
		took time.Duration
		err  error
		want string
	}{
		{300 * time.Millisecond, nil, "The test came within a second."},
		{2500 * time.Millisecond, nil, "The test came after 3 seconds."},
		{0, phone.ErrNotListening, "The server answers, but the connection for requests is not open. Wait a moment and test again."},
		{0, phone.ErrNotDelivered, "The server answers, but what it sends does not arrive. Something in between, often a proxy, holds it back: tell the service desk."},
		{0, client.ErrUnreachable.Because(errors.New("no route")), "The server can’t be reached. Check your network."},
		{0, authn.ErrDeviceRevoked, "This device was removed from the account."},
	} {
		g.core.OnDelivery = func(id phone.AccountID) (time.Duration, error) {
			if id == "d_2" {
				return 0, platform.ErrCanceled
			}
			return c.took, c.err
		}
		shown = 0
		g.TestDelivery()
		r := g.Notifications().Rows[0]
		if c.want != r.Text && !errors.Is(c.err, authn.ErrDeviceRevoked) {
			t.Errorf("%v: said %q, want %q", c.err, r.Text, c.want)
		}
		if good := c.err == nil; (r.Tone == model.Good) != good || (shown == 1) != good {
			t.Errorf("%v: tone %v, %d notifications", c.err, r.Tone, shown)
		}
		g.says(g.SettingsView().Lock.Delivery, "Does not work") // of the second account
	}
}

// who has added a finger is told what to do now, in her language: the PIN where it still opens the keys, else the restore code or another device.
func TestLockFaults(t *testing.T) {
	for language, wants := range map[string][2]string{"en": {"Use your PIN", "Use your restore code"}, "de": {"Nimm deine PIN", "Nimm deinen Wiederherstellungscode"}} {
		s := modeltest.Open()
		s.Locked = true
		g := newStage(t, s)
		g.Choose(func(c *model.Choices) { c.Language = language })
		for i, err := range []error{platform.ErrInvalidated, keystore.ErrKeyInvalidated} {
			g.core.OnUnlock = func(context.Context) error { return err }
			g.digits("493817")
			if got := g.PIN().Words; !strings.Contains(got, wants[i]) {
				t.Errorf("%s: %v is said as %q", language, err, got)
			}
		}
		for _, err := range []error{platform.ErrNotEnrolled, platform.LockedOut(time.Minute)} {
			g.core.OnDelivery = func(phone.AccountID) (time.Duration, error) { return 0, err }
			g.TestDelivery()
			if got := g.Notifications().Rows[0].Text; got == authn.AsError(err).Message {
				t.Errorf("%s: %v is said in its own words", language, err)
			}
		}
	}
}
