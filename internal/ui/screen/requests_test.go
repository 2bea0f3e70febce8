package screen_test

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"testing"
	"time"

	"avow/assets/brand/examples"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/style"
)

// closes has the request that is shown answered elsewhere.
func closes(why authn.RequestState, by authn.DeviceID, name string) func(*stage) {
	return func(g *stage) {
		g.settle()
		g.core.Tell(phone.Event{Kind: phone.RequestClosed, Account: "d_1", Request: "r_1", State: why, Answer: by, By: name}, func(s *phone.State) { s.Requests = nil })
	}
}

func activity(list ...phone.Activity) func(*stage) {
	return func(g *stage) {
		g.core.OnActivity = func(context.Context) ([]phone.Activity, error) { return list, nil }
		g.model.OpenActivity()
		g.settle()
	}
}

func broken() []phone.Activity {
	list := modeltest.ActivityOf()
	p := *list[1].Answer
	p.Broken = errors.New("signed by somebody else")
	list[1].Answer = &p
	return list
}

// requestScenes are what becomes of requests beside an answer: practice, silence, the past, and all that can come between.
func requestScenes() []scene {
	tapped := modeltest.Open(modeltest.Request("r_1", authn.MatchTap))
	muted := withAccount(func(a *phone.Account) { a.MutedUntil = modeltest.Now.Add(25 * time.Minute) })
	unreachable := func(g *stage) {
		g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
			return phone.Receipt{}, client.ErrUnreachable
		}
		g.tap("yes")
	}
	withCode := tapped
	withCode.Computers = modeltest.Computers()[:1]
	withCode.Computers[0].ID = "c_1"
	return []scene{
		{name: "06-request-practice", state: modeltest.Open(modeltest.Practice())},
		{name: "06-request-two", state: modeltest.Open(number("r_1", "r_2")...)},
		{name: "06-request-locked", state: locked(modeltest.Open(number("r_1")...))},
		{name: "08-practice-yes", state: modeltest.Open(modeltest.Practice()), act: func(g *stage) { g.digits(modeltest.PracticeNumber); g.tap("yes") }},
		{name: "08-practice-no", state: modeltest.Open(modeltest.Practice()), act: func(g *stage) { g.tap("no") }},
		{name: "18-not-sent", state: tapped, act: unreachable},
		{name: "18-not-sent-code", state: withCode, act: unreachable},
		{name: "18-answered-yes", state: tapped, act: closes(authn.RequestApproved, "d_2", "Anna’s ThinkPad")},
		{name: "18-answered-no", state: tapped, act: closes(authn.RequestDenied, "d_2", "Anna’s ThinkPad")},
		{name: "18-answered-here", state: tapped, act: closes(authn.RequestApproved, "d_1", "Pixel 8")},
		{name: "18-taken-back", state: tapped, act: closes(authn.RequestCancelled, "", "")},
		{name: "05-home-silence", state: muted, act: func(g *stage) { g.tap("note-1") }},
		{name: "17-activity", state: modeltest.Open(), act: activity(modeltest.ActivityOf()...)},
		{name: "17-activity-broken", state: modeltest.Open(), act: activity(broken()...)},
		{name: "17-activity-devices", state: modeltest.Open(), act: func(g *stage) { activity(modeltest.ActivityOf()...)(g); g.model.FilterActivity(3) }},
		{name: "17-activity-empty", state: modeltest.Open(), act: activity()},
		{name: "17-entry", state: modeltest.Open(), act: func(g *stage) { activity(modeltest.ActivityOf()...)(g); g.tap("entry-1") }},
		{name: "17-entry-notice", state: modeltest.Open(), act: func(g *stage) { activity(modeltest.ActivityOf()...)(g); g.tap("entry-4") }},
		{name: "17-entry-broken", state: modeltest.Open(), act: func(g *stage) { activity(broken()...)(g); g.tap("entry-2") }},
		{name: "16-support", state: modeltest.Open(), act: open(model.PageSupport)},
		{name: "16-support-brand", state: branded("harbour"), act: open(model.PageSupport)},
		{name: "05-home-brand", state: branded("harbour")},
		{name: "05-home-brand-clinic", state: branded("clinic")},
		{name: "07-request-brand", state: withRequest(branded("clinic"))},
	}
}

// branded is an account whose server has a look of its own.
func branded(name string) phone.State {
	return withAccount(func(a *phone.Account) { a.Brand = examples.Brand(name).Wire() })
}

func withRequest(s phone.State) phone.State {
	s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchTap)}
	return s
}

// TestServersColors: the colors of the account's server are shown while they can be read, and never on Yes and No.
func TestServersColors(t *testing.T) {
	want := examples.Brand("clinic")
	g := newStage(t, lightPhone, branded("clinic"))
	if got := fmt.Sprintf("#%02X%02X%02X", rgb(style.Primary)...); got != want.Light.Primary {
		t.Errorf("the primary color is %s, want %s", got, want.Light.Primary)
	}
	if got := fmt.Sprintf("#%02X%02X%02X", rgb(style.YesFill)...); got != "#17663F" {
		t.Errorf("Yes is %s", got)
	}
	g.core.Alter(func(s *phone.State) {
		a := s.Accounts[0]
		pale := *a.Brand.Light
		pale.OnPrimary = pale.Primary
		a.Brand.Light = &pale
		s.Accounts = []phone.Account{a}
	})
	g.shell.Changed()
	g.settle()
	if got := fmt.Sprintf("#%02X%02X%02X", rgb(style.Primary)...); got != "#0F5247" {
		t.Errorf("colors that can't be read: the primary color is %s", got)
	}
}

func rgb(t style.Token) []any {
	c := color.NRGBAModel.Convert(style.Color(t)).(color.NRGBA)
	return []any{c.R, c.G, c.B}
}

func TestContactsOfTheServiceDesk(t *testing.T) {
	g := newStage(t, lightPhone, branded("harbour"))
	g.model.Open(model.PageSupport)
	g.settle()
	for name, want := range map[string]string{
		"contact-1": "tel:+46405550200", "contact-2": "mailto:desk@malmo-harbour.example", "contact-3": "https://intranet.malmo-harbour.example/pass",
	} {
		g.tap(name)
		if g.files.opened != want {
			t.Errorf("%s opened %q, want %q", name, g.files.opened, want)
		}
	}
}

func TestSaveAReceipt(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.OpenActivity()
	g.settle()
	g.tap("entry-1")
	g.on(model.PageEntry)
	g.tap("save")
	if g.files.saved != "{}\n" {
		t.Errorf("saved %q", g.files.saved)
	}
}

func TestSilenceEndsOnPurposeOnly(t *testing.T) {
	g := newStage(t, lightPhone, withAccount(func(a *phone.Account) { a.MutedUntil = modeltest.Now.Add(25 * time.Minute) }))
	g.tap("note-1")
	g.menu(1) // stay quiet
	if n := g.core.Calls("EndSilence"); n != 0 {
		t.Fatalf("the silence was ended %d times", n)
	}
	g.tap("note-1")
	g.menu(0)
	if n := g.core.Calls("EndSilence"); n != 1 {
		t.Fatalf("the silence was ended %d times", n)
	}
	if g.shell.Find("note-1") != nil {
		t.Error("the note is still there")
	}
}

func TestPracticeAfterTheFirstConnect(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.core.OnConnect = func(context.Context, *phone.Invitation) (phone.Account, error) { return modeltest.Account(), nil }
	g.model.Text(modeltest.RegistrationLink())
	g.settle()
	g.tap("connect")
	g.on(model.PageConnected)
	g.tap("practice")
	g.on(model.PageRequest)
	g.digits(modeltest.PracticeNumber)
	g.tap("yes")
	g.on(model.PageResult)
	g.tap("done")
	g.on(model.PageConnected)
}
