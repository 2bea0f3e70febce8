package testenv_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// screens are the app's view models around a real phone, as a shell shows them.
type screens struct {
	*model.App
	t       *testing.T
	ctx     context.Context
	changed chan struct{}
}

func screensOf(t *testing.T, ctx context.Context, p *testenv.Phone) *screens {
	t.Helper()
	settings := must(model.OpenSettings(t.TempDir()))(t)
	s := &screens{t: t, ctx: ctx, changed: make(chan struct{}, 1)}
	s.App = model.New(model.Config{Core: p.Core, Settings: settings, Biometrics: p.Keys, Camera: p.Camera, Languages: []string{"en"}, Changed: func() {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}})
	t.Cleanup(s.Close)
	return s
}

// until looks again after each change, until something holds.
func (s *screens) until(what string, holds func() bool) {
	s.t.Helper()
	for {
		if p := s.Page(); p == model.PageRequest {
			s.Request() // what a shell does: it looks at what it shows
		}
		if holds() {
			return
		}
		select {
		case <-s.changed:
		case <-s.ctx.Done():
			s.t.Fatalf("%s did not come; page %s %+v", what, s.Page(), s.Failure())
		}
	}
}

func (s *screens) on(p model.Page) {
	s.t.Helper()
	s.until(string(p), func() bool { return s.Page() == p && s.Busy() == "" })
}

func (s *screens) view() model.RequestView {
	v, _ := s.Request()
	return v
}

func ask(t *testing.T, ctx context.Context, c *testenv.Computer) wire.BackchannelAnswer {
	t.Helper()
	return must(c.Authorize(ctx, client.Question{User: "anna.lind", Message: "Sign in to " + c.Name, IP: "203.0.113.7"}))(t)
}

// TestPractice is A10: a real signed request with its number, answered on real screens, that signs in to nothing and counts for nothing.
func TestPractice(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	for _, answer := range []func(){
		func() {
			app.Yes(wrong(strings.ReplaceAll(app.view().Shows, " ", "")))
			app.until("the refusal", func() bool { return app.view().Wrong != "" })
			app.Yes(strings.ReplaceAll(app.view().Shows, " ", ""))
		},
		app.No, app.ReallyNotMe,
		func() { app.Yes(strings.ReplaceAll(app.view().Shows, " ", "")) },
		app.No, app.No, // more than a real client may ask for, and more than a user may refuse
	} {
		app.Practice()
		app.until("a practice request", func() bool { return app.Page() == model.PageRequest && app.view().Shows != "" && app.Busy() == "" })
		if v := app.view(); v.Practice == "" || v.Match != authn.MatchNumber || len(v.Shows) != 7 {
			t.Fatalf("the request shows %+v", v)
		}
		answer()
		app.on(model.PageResult)
		if v := app.ResultView(); !v.Practice || v.Receipt == "" {
			t.Errorf("the result shows %+v", v)
		}
		app.Done()
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	acc, _ := p.State().Account(a.ID)
	if !acc.MutedUntil.IsZero() || acc.Last != nil || len(acc.Notices) != 0 {
		t.Errorf("practice left %+v", acc)
	}
	must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	list := must(p.Activity(ctx, a.ID))(t)
	n := 0
	for _, x := range list {
		if x.Answer == nil {
			continue
		}
		n++
		if x.Answer.Broken != nil || x.Answer.Request.Action != authn.ActionPractice {
			t.Errorf("an answer is %+v", x.Answer)
		}
	}
	if n != 6 {
		t.Errorf("%d answers are kept", n)
	}
}

// TestPracticeDisturbsNobody: a real request comes while one practices, to her other phone no practice comes, and a new practice takes the place of an
// old one.
func TestPracticeDisturbsNobody(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	two, _, _ := readyPhone(t, ctx, env, "tablet", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	first := must(p.Practice(ctx, a.ID))(t)
	second := must(p.Practice(ctx, a.ID))(t)
	for e := range events {
		if e.Kind == phone.RequestClosed && e.Request == first {
			break
		}
	}
	ask(t, ctx, computer)
	for len(two.State().Requests) == 0 {
		if err := two.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got := two.State().Requests; len(got) != 1 || got[0].Action != authn.ActionSignIn {
		t.Errorf("the other phone shows %+v", got)
	}
	if _, ok := p.State().Request(second); !ok || len(p.State().Requests) != 2 {
		t.Errorf("this phone shows %+v", p.State().Requests)
	}
}

// TestSilence is R-028: after "it's not me" nothing covers the phone until its user ends that herself.
func TestSilence(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	ask(t, ctx, computer)
	app.on(model.PageRequest)
	app.ReallyNotMe()
	app.on(model.PageResult)
	app.Done()
	silent := func() bool {
		for _, n := range app.Home().Notes {
			if n.Ends {
				return true
			}
		}
		return false
	}
	app.until("the note", silent)
	ask(t, ctx, computer)
	app.EndSilence()
	app.on(model.PageRequest) // it had been held back
	if silent() {
		t.Error("the note is still there")
	}
}

// TestAnsweredOnAnotherDevice says which one, and what was said there.
func TestAnsweredOnAnotherDevice(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	two, _, events := readyPhone(t, ctx, env, "tablet", "anna.lind")
	app := screensOf(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	for _, c := range []struct {
		answer  func(authn.RequestID) error
		said    string
		devices bool
	}{
		{func(id authn.RequestID) error {
			_, err := two.Approve(ctx, id, phone.Match{}, platform.Prompt{})
			return err
		}, "LAPTOP-42 got a Yes.", true},
		{func(id authn.RequestID) error { _, err := two.Deny(ctx, id); return err }, "LAPTOP-42 got a No.", false},
	} {
		ask(t, ctx, computer)
		app.on(model.PageRequest)
		for len(two.State().Requests) == 0 { // the event may be that of the request before
			await(t, ctx, events, phone.RequestArrived)
		}
		if err := c.answer(two.State().Requests[0].ID); err != nil {
			t.Fatal(err)
		}
		app.on(model.PageError)
		if f := app.Failure(); f.Title != "Answered on tablet" || !strings.HasPrefix(f.Sentence, c.said) || f.Devices != c.devices {
			t.Errorf("it says %+v", f)
		}
		app.Done()
		app.on(model.PageHome)
	}
}

// TestRequestWhileLocked: it covers the lock and can be refused; a Yes that would ask for nobody unlocks the app first.
func TestRequestWhileLocked(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	verify(t, ctx, env, authn.UVOff)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	p.Lock()
	app.on(model.PageLock)
	ask(t, ctx, computer)
	app.on(model.PageRequest)
	if v := app.view(); v.Hint != "" {
		t.Errorf("a Yes announces %q", v.Hint)
	}
	app.Yes("")
	app.on(model.PageLock)
	app.Back() // to the request, that waits
	app.on(model.PageRequest)
	app.Yes("")
	app.on(model.PageLock)
	if len(p.State().Requests) != 1 {
		t.Fatal("a locked app has answered")
	}
	if err := p.Unlock(ctx, platform.Prompt{Title: "Unlock"}); err != nil {
		t.Fatal(err)
	}
	app.on(model.PageRequest)
	app.Yes("")
	app.on(model.PageResult)
	if !app.ResultView().Approved {
		t.Errorf("the result is %+v", app.ResultView())
	}
	app.Done()
	p.Lock()
	ask(t, ctx, computer)
	app.on(model.PageRequest)
	app.No() // needs nobody
	app.on(model.PageResult)
}

// TestTwoRequests are asked one after the other, and counted.
func TestTwoRequests(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	one := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	two := must(env.AddComputer(ctx, "sales-pc", "SALES-PC", authn.MatchTap))(t)
	ask(t, ctx, one)
	app.on(model.PageRequest)
	if v := app.view(); v.Queue != "" || v.Client != "LAPTOP-42" {
		t.Fatalf("the request shows %+v", v)
	}
	ask(t, ctx, two)
	app.until("the count", func() bool { return app.view().Queue == "1 of 2" })
	if v := app.view(); v.Client != "LAPTOP-42" {
		t.Errorf("another one slipped under the finger: %+v", v)
	}
	app.No()
	app.on(model.PageResult)
	app.Done()
	app.until("the second", func() bool { return app.Page() == model.PageRequest && app.view().Client == "SALES-PC" })
	if v := app.view(); v.Queue != "" {
		t.Errorf("one is left, and it says %q", v.Queue)
	}
}

// TestRequestRunsOut says which computer to sign in to again.
func TestRequestRunsOut(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	must(computer.Authorize(ctx, client.Question{User: "anna.lind", Lifetime: 3 * time.Second}))(t)
	app.until("the request, or its end", func() bool { return app.Page() == model.PageRequest })
	app.on(model.PageError)
	if f := app.Failure(); f.Title != "Too late" || f.Sentence != "The time for this request is over. Sign in again on LAPTOP-42." || f.Code != "" {
		t.Errorf("it says %+v", f)
	}
}

// TestYesThatCouldNotBeSent stays, with what it was, until the server is there again.
func TestYesThatCouldNotBeSent(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, _ := readyPhone(t, ctx, env, "pixel", "anna.lind")
	app := screensOf(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	q := ask(t, ctx, computer)
	app.on(model.PageRequest)
	if err := env.Stop(); err != nil {
		t.Fatal(err)
	}
	app.Yes(q.Number)
	app.on(model.PageError)
	f := app.Failure()
	if f.Title != "Your Yes was not sent" || !strings.HasPrefix(f.Sentence, "Lund Energy can’t be reached. LAPTOP-42 waits until ") || !f.Retry || f.Support == "" {
		t.Fatalf("it says %+v", f)
	}
	app.Done()
	app.on(model.PageRequest)
	if v := app.view(); v.Number != q.Number {
		t.Errorf("the number was lost: %+v", v)
	}
	app.Yes(q.Number)
	app.on(model.PageError)
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	app.SendAgain()
	app.on(model.PageResult)
	if !app.ResultView().Approved {
		t.Errorf("the result is %+v", app.ResultView())
	}
	must(computer.Wait(ctx, q))(t)
	if got, _ := p.State().Account(a.ID); got.Last == nil || got.Last.Kind != authn.Approve {
		t.Errorf("the last answer is %+v", got.Last)
	}
}

// TestActivity: answers with proofs that hold, what the server told, and nothing while the app is locked; all of it is still there after a restart.
func TestActivity(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindAdditional))(t)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	ask(t, ctx, computer)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	must(p.Approve(ctx, p.State().Requests[0].ID, phone.Match{}, platform.Prompt{}))(t)
	two, _, _ := readyPhone(t, ctx, env, "tablet", "anna.lind")
	_ = two
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	kinds := func(p *testenv.Phone) (got []string) {
		for _, x := range must(p.Activity(ctx, a.ID))(t) {
			got = append(got, string(x.Kind)+" "+string(x.Notice)) // sorted below: the server tells whole seconds
			if x.Answer != nil && (x.Answer.Broken != nil || x.Answer.UV != authn.UVBiometric || x.Answer.Request.Client.Name != "LAPTOP-42") {
				t.Errorf("the proof is %+v", x.Answer)
			}
		}
		slices.Sort(got)
		return got
	}
	want := []string{"answer ", "connected ", "notice device_registered"}
	if got := kinds(p); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("activity is %q, want %q", got, want)
	}
	for _, x := range must(p.Activity(ctx, a.ID))(t) {
		if x.Answer == nil {
			continue
		}
		if file := must(p.ExportReceipt(a.ID, x.ID))(t); !strings.Contains(string(file), `"identity"`) {
			t.Errorf("the proof is saved as %s", file)
		}
	}
	p.Lock()
	if _, err := p.Activity(ctx, a.ID); !errors.Is(err, phone.ErrLocked) {
		t.Errorf("a locked app tells what happened: %v", err)
	}
	p.Close()
	p = must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	t.Cleanup(p.Close)
	if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{Title: "Unlock"}); err != nil {
		t.Fatal(err)
	}
	if got := kinds(p); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("after a restart activity is %q, want %q", got, want)
	}
}
