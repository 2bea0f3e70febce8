package model_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func (g *stage) scanOffline() { g.Text(modeltest.OfflineLink(authn.GrantID{1})) }

// hidden looks for a code in all that the page says, and in its signature.
func (g *stage) hidden() {
	g.t.Helper()
	for _, p := range []model.Page{model.PageOfflineCode, model.PageListCode} {
		if all := fmt.Sprintf("%+v %s", g.Offline(), g.Signature(p)); strings.Contains(all, "4821") || strings.Contains(all, "QM2X") || strings.Contains(all, "3HN8") {
			g.t.Errorf("a code is still in %s", all)
		}
	}
}

// screenGuard notes what it was told.
type screenGuard struct{ told []bool }

func (s *screenGuard) Guard(on bool) error {
	s.told = append(s.told, on)
	return nil
}

func TestOfflineCode(t *testing.T) {
	g := newStage(t, computers())
	verify := g.keys()
	g.core.OnCode = func(ctx context.Context, ch phone.Challenge) (phone.OfflineCode, error) {
		c := modeltest.OfflineCode(ch.Computer)
		c.Until = g.now.Add(phone.ShowCodeFor)
		return c, verify(ctx)
	}
	g.OpenScan()
	g.scanOffline()
	g.on(model.PageOfflineCode)
	v := g.Offline()
	if v.Question != "Sign in to LAPTOP-42 as\u00a0anna.lind" || v.Clock != "Its clock says 10:32" || v.Time != "10:32" || v.Same != "Same as this phone" || v.Warning != "" || v.Code != "" || v.Over {
		t.Errorf("the question is %+v", v)
	}
	g.says(v.NoteHead+" "+v.NoteText, "Only if you sit in front of it. Never read this code to anyone.")
	g.calls("OfflineCode", 0) // nothing before the person said so
	g.ShowCode()
	g.on(model.PageAskPIN)
	g.Back()
	g.on(model.PageOfflineCode)
	g.hidden()
	g.ShowCode()
	g.digits(modeltest.PIN)
	g.on(model.PageOfflineCode)
	g.now = g.now.Add(19 * time.Second)
	v = g.Offline()
	if v.Code != "4821 9930" || v.Left != "41" || v.Below != "Hidden again in 41 seconds" || v.Urgent || v.Part < 0.68 || v.Part > 0.69 || v.Type != "Type this on LAPTOP-42" {
		t.Errorf("the code is %+v", v)
	}
	if strings.Contains(g.Signature(model.PageOfflineCode), "4821") {
		t.Error("the code is in the signature, which outlives it")
	}
	g.now = g.now.Add(40 * time.Second)
	if v = g.Offline(); v.Left != "1" || !v.Urgent || v.Below != "Hidden again in 1 second" {
		t.Errorf("at the end it is %+v", v)
	}
	g.now = g.now.Add(time.Second)
	if v = g.Offline(); v.Code != "" || !v.Over || v.Show != "Show it again" {
		t.Errorf("after it the page is %+v", v)
	}
	g.hidden()
	g.ShowCode()
	g.on(model.PageAskPIN) // again
	g.digits(modeltest.PIN)
	g.says(g.Offline().Code, "4821 9930")
	g.Back()
	g.on(model.PageHome)
	g.hidden()
}

// the computer's name and its clock are shown, and a clock that is off by more than ten minutes is warned of.
func TestClockOfTheComputer(t *testing.T) {
	for _, c := range []struct {
		off                  time.Duration
		clock, same, warning string
	}{
		{0, "Its clock says 10:32", "Same as this phone", ""},
		{-59 * time.Second, "Its clock says 10:31", "Same as this phone", ""},
		{3 * time.Minute, "Its clock says 10:35", "This phone says 10:32. That is near enough.", ""},
		{-10 * time.Minute, "Its clock says 10:22", "This phone says 10:32. That is near enough.", ""},
		{-15 * time.Minute, "", "", "LAPTOP-42’s clock says 10:17, this phone says 10:32. Ask someone before you go on."},
		{11 * time.Minute, "", "", "LAPTOP-42’s clock says 10:43, this phone says 10:32. Ask someone before you go on."},
		{24 * time.Hour, "", "", "LAPTOP-42’s clock says 4 March 2026, 10:32, this phone says 3 March 2026, 10:32. Ask someone before you go on."},
	} {
		g := newStage(t, computers())
		g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) {
			return modeltest.Challenge(modeltest.Computers()[0], c.off), nil
		}
		g.scanOffline()
		v := g.Offline()
		if v.Clock != c.clock || v.Same != c.same || v.Warning != c.warning {
			t.Errorf("off by %v: %q, %q, %q", c.off, v.Clock, v.Same, v.Warning)
		}
		g.ShowCode() // it is a warning, no more
		g.says(g.Offline().Code, "4821 9930")
	}
}

func TestACodeIsHiddenWhenItIsNotSeen(t *testing.T) {
	request := modeltest.Request("r_1", authn.MatchTap)
	for name, act := range map[string]func(*stage){
		"a request arrives": func(g *stage) {
			g.core.Tell(phone.Event{Kind: phone.RequestArrived, Request: "r_1"}, func(s *phone.State) { s.Requests = []phone.Request{request} })
		},
		"a request is there": func(g *stage) { // without an event, as after a restart of the core
			g.core.Alter(func(s *phone.State) { s.Requests = []phone.Request{request} })
			g.on(model.PageRequest)
		},
		"lock":          func(g *stage) { g.core.Lock() },
		"out of sight":  func(g *stage) { g.Hide() },
		"back":          func(g *stage) { g.Back() },
		"another tab":   func(g *stage) { g.GoTo(model.PageSettings) },
		"another code":  func(g *stage) { g.scanOffline() },
		"something odd": func(g *stage) { g.Text("WIFI:S:guest;;"); g.on(model.PageScan) },
		"time":          func(g *stage) { g.now = g.now.Add(time.Minute); g.Page() },
	} {
		t.Run(name, func(t *testing.T) {
			guard := &screenGuard{}
			g := newStage(t, computers(), func(c *model.Config) { c.Guard = guard })
			g.scanOffline()
			g.ShowCode()
			g.says(g.Offline().Code, "4821 9930")
			act(g)
			if !slices.Equal(guard.told, []bool{true, false}) {
				t.Errorf("the window was kept out of screenshots: %v", guard.told)
			}
			g.core.Alter(func(s *phone.State) { s.Requests, s.Locked = nil, false })
			g.hidden()
		})
	}
}

// events is a lifecycle of a test.
type events chan platform.LifecycleEvent

func (e events) Events(context.Context) <-chan platform.LifecycleEvent { return e }

func TestACodeIsHiddenInTheBackground(t *testing.T) {
	away, changed := make(events), make(chan struct{}, 100)
	g := newStage(t, computers(), func(c *model.Config) {
		c.Lifecycle = away
		c.Changed = func() { changed <- struct{}{} }
	})
	g.scanOffline()
	g.ShowCode()
	for len(changed) > 0 {
		<-changed
	}
	away <- platform.Foreground
	away <- platform.Background
	select {
	case <-changed:
	case <-time.After(20 * time.Second):
		t.Fatal("never: the code is hidden")
	}
	close(away)
	g.on(model.PageOfflineCode)
	g.hidden()
}

// A code that comes when its page is not seen any more is not shown, and not kept.
func TestACodeThatComesLate(t *testing.T) {
	for name, act := range map[string]func(*stage){
		"left":    func(g *stage) { g.Back() },
		"another": func(g *stage) { g.scanOffline() },
		"covered": func(g *stage) { g.core.Alter(func(s *phone.State) { s.Requests = number("r_1").Requests }) },
		"locked":  func(g *stage) { g.core.Alter(func(s *phone.State) { s.Locked = true }) },
		"too old": func(g *stage) { g.now = g.now.Add(2 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			guard := &screenGuard{}
			g := newStage(t, computers(), func(c *model.Config) { c.Guard = guard })
			g.scanOffline()
			g.hold = true
			g.ShowCode()
			act(g)
			g.release()
			g.core.Alter(func(s *phone.State) { s.Requests, s.Locked = nil, false })
			g.hidden()
			if guard.told != nil {
				t.Errorf("the window was kept out of screenshots: %v", guard.told)
			}
		})
	}
}

// a phone that is told takes the page away, whatever is on it.
func TestAComputerIsTakenAway(t *testing.T) {
	for _, c := range []struct {
		name, title string
		change      func(*phone.State)
	}{
		{"stolen", "This computer was reported stolen", func(s *phone.State) { s.Computers[0].State = phone.ComputerStolen }},
		{"revoked", "There is no code for this computer", func(s *phone.State) { s.Computers[0].State = phone.ComputerRevoked }},
		{"gone", "There is no code for this computer", func(s *phone.State) { s.Computers = nil }},
		{"still there", "", func(s *phone.State) { s.Computers[0].CodesLeft = 36 }},
	} {
		g := newStage(t, computers())
		g.scanOffline()
		g.ShowCode()
		g.core.Tell(phone.Event{Kind: phone.ComputersChanged}, c.change)
		if c.title == "" {
			g.on(model.PageOfflineCode)
			g.says(g.Offline().Code, "4821 9930")
			continue
		}
		g.on(model.PageError)
		g.says(g.Failure().Title, c.title)
		g.hidden()
		g.Done()
		g.on(model.PageHome)
	}
}

func TestOfflineCodeThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		err      error
		sentence string
		again    bool
	}{
		{authn.ErrGrantUnknown, "This phone has no codes for this computer. Sign in to it once with a network.", true},
		{authn.ErrGrantOver, "Too old. Sign in to this computer once with a network.", false},
		{authn.ErrGrantRevoked, "Your organisation has ended sign-ins without a network to this computer.", false},
		{authn.ErrGrantStolen, "There are no codes for it. If you have it, tell the service desk.", false},
	} {
		g := newStage(t, computers())
		g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) { return phone.Challenge{}, c.err }
		g.OpenScan()
		g.scanOffline()
		g.on(model.PageError)
		if f := g.Failure(); f.Sentence != c.sentence || f.Again != c.again || f.Code == "" {
			t.Errorf("%v: %+v", c.err, f)
		}
		g.core.OnChallenge = nil // and when it turns out only later
		g.core.OnCode = func(context.Context, phone.Challenge) (phone.OfflineCode, error) { return phone.OfflineCode{}, c.err }
		g.Done()
		g.scanOffline()
		g.ShowCode()
		g.on(model.PageError)
		g.says(g.Failure().Sentence, c.sentence)
		g.Done()
		g.on(model.PageHome)
	}
}

func TestStorageThatFailsGivesNoCode(t *testing.T) {
	g := newStage(t, computers())
	g.core.OnCode = func(_ context.Context, ch phone.Challenge) (phone.OfflineCode, error) {
		return modeltest.OfflineCode(ch.Computer), errors.New("disk full")
	}
	g.scanOffline()
	g.ShowCode()
	g.on(model.PageError)
	g.hidden()
}

// The scanner decides by content; but who answers a request with it means that request.
func TestScannerAndCodesOfComputers(t *testing.T) {
	g := newStage(t, computers())
	g.OpenScan()
	g.Text(modeltest.ComputerLink())
	g.on(model.PageScan)
	g.says(g.Scan().Hint, "This code is for a computer, not for a phone: run avow-login enroll there.")
	g.Back()

	s := computers()
	s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchQR)}
	g = newStage(t, s)
	g.look()
	g.Yes("")
	g.on(model.PageScan)
	g.scanOffline()
	g.on(model.PageScan)
	g.says(g.Scan().Hint, "This code is for a computer without a network. Scan the one on the screen that asks.")
	g.calls("OfflineChallenge", 0)
}
