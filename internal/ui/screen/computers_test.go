package screen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func scanCode(g *stage) { g.model.Text(modeltest.OfflineLink(authn.GrantID{1})) }

// off has the first computer's clock off by a while.
func off(by time.Duration) func(*stage) {
	return func(g *stage) {
		g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) {
			return modeltest.Challenge(modeltest.Computers()[0], by), nil
		}
		scanCode(g)
	}
}

// fresh has codes that are good for a minute from the stage's time on.
func fresh(g *stage) {
	until := func(c phone.OfflineCode) (phone.OfflineCode, error) {
		c.Until = g.now.Add(phone.ShowCodeFor)
		return c, nil
	}
	first := modeltest.Computers()[0]
	g.core.OnCode = func(context.Context, phone.Challenge) (phone.OfflineCode, error) {
		return until(modeltest.OfflineCode(first))
	}
	g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return until(modeltest.ListCode(first, 13))
	}
	g.core.OnNext = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return until(modeltest.ListCode(first, 14))
	}
}

// computers are the tab of the computers and the pages of their codes.
func computers() []scene {
	tab := func(g *stage) { fresh(g); g.model.GoTo(model.PageComputers); g.settle() }
	all := modeltest.WithComputers(modeltest.Computers()...)
	four := modeltest.WithComputers(modeltest.Computers()[:4]...)
	two := modeltest.WithComputers(modeltest.Computers()...)
	two.Accounts = append(two.Accounts, modeltest.SecondAccount())
	long := modeltest.WithComputers(modeltest.Computers()[:2]...)
	long.Computers[0].Name, long.Computers[0].Login = "ACCOUNTING-AND-PAYROLL-TERMINAL2", "maximiliane-alexandra.von.hohenlohe"
	away := modeltest.WithComputers(modeltest.Computers()...)
	away.Accounts[0].Status, away.Accounts[0].Since, away.Accounts[0].Trouble = phone.Unreachable, modeltest.Now.Add(-34*time.Minute), client.ErrUnreachable
	question := func(g *stage) { fresh(g); scanCode(g); g.settle() }
	shown := func(g *stage) { question(g); g.tap("show"); g.now = g.now.Add(17 * time.Second) }
	list := func(g *stage) { tab(g); g.tap("computer-1"); g.now = g.now.Add(17 * time.Second) }
	fails := func(err error) func(*stage) {
		return func(g *stage) {
			g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) { return phone.Challenge{}, err }
			g.model.OpenScan()
			scanCode(g)
		}
	}
	return []scene{
		{name: "10-computers", state: four, act: tab},
		{name: "10-computers-all", state: all, act: tab},
		{name: "10-computers-two-accounts", state: two, act: tab},
		{name: "10-computers-empty", state: modeltest.Open(), act: tab},
		{name: "10-computers-info", state: four, act: func(g *stage) { tab(g); g.tap("info") }},
		{name: "11-offline-question", state: four, act: question},
		{name: "11-offline-code", state: four, act: shown},
		{name: "11-offline-late", state: four, act: func(g *stage) { shown(g); g.now = g.now.Add(34 * time.Second) }},
		{name: "11-offline-over", state: four, act: func(g *stage) { shown(g); g.now = g.now.Add(time.Minute) }},
		{name: "11-offline-near", state: four, act: off(-3 * time.Minute)},
		{name: "11-offline-warning", state: four, act: off(-15 * time.Minute)},
		{name: "11-offline-warning-day", state: four, act: off(-24 * time.Hour)},
		{name: "11-offline-two-accounts", state: two, act: question},
		{name: "11-offline-long", state: long, act: func(g *stage) { question(g); g.tap("show") }},
		{name: "11-list-code", state: four, act: list},
		{name: "11-list-long", state: long, act: list},
		{name: "11-list-over", state: four, act: func(g *stage) { list(g); g.now = g.now.Add(time.Minute) }},
		{name: "05-home-computers", state: away},
		{name: "03-scan-computer", state: four, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(modeltest.ComputerLink()) }},
		{name: "18-error-no-grant", state: four, act: fails(authn.ErrGrantUnknown)},
		{name: "18-error-too-old", state: four, act: fails(authn.ErrGrantOver)},
		{name: "18-error-ended", state: four, act: fails(authn.ErrGrantRevoked)},
		{name: "18-error-stolen", state: four, act: fails(authn.ErrGrantStolen)},
		{name: "18-error-no-codes", state: four, act: func(g *stage) {
			g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
				return phone.OfflineCode{}, phone.ErrListEmpty
			}
			g.model.GoTo(model.PageComputers)
			g.settle()
			g.tap("computer-1")
		}},
	}
}

func (g *stage) text(name string) string {
	g.t.Helper()
	o, ok := g.shell.Find(name).(interface{ String() string })
	if !ok {
		g.t.Fatalf("nothing called %q on page %q says anything", name, g.shell.Page())
	}
	return o.String()
}

// gone looks for a code in every text on the window.
func (g *stage) gone() {
	g.t.Helper()
	if g.shell.Find("code") != nil {
		g.t.Error("the code is still on the window")
	}
	for _, s := range allTexts(g.win.Canvas().Content()) {
		if s == "4821" || s == "9930" || s == "QM2X" {
			g.t.Errorf("%q is still on the window", s)
		}
	}
}

func allTexts(o fyne.CanvasObject) (out []string) {
	switch o := o.(type) {
	case *canvas.Text:
		return []string{o.Text}
	case *container.Scroll:
		return allTexts(o.Content)
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, allTexts(c)...)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			out = append(out, allTexts(c)...)
		}
	}
	return out
}

// computer and clock are on the screen before there is a code.
func TestOfflineCodeByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()...))
	fresh(g)
	tab(g, 2)
	g.on(model.PageComputers)
	g.tap("scan")
	g.on(model.PageScan)
	g.tap("type")
	for _, r := range modeltest.OfflineLink(authn.GrantID{1}) {
		g.win.Canvas().Focused().TypedRune(r)
	}
	g.tap("use-link")
	g.on(model.PageOfflineCode)
	g.gone()
	seen := strings.Join(allTexts(g.win.Canvas().Content()), "|")
	for _, want := range []string{"Sign in to LAPTOP-42", "10:32", "Same as this phone"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not on the screen: %s", want, seen)
		}
	}
	g.tap("show")
	if got := g.text("code"); got != "4821 9930" {
		t.Errorf("the code is %q", got)
	}
	g.now = g.now.Add(time.Minute)
	g.settle()
	g.gone()
	g.tap("show")
	if got := g.text("code"); got != "4821 9930" {
		t.Errorf("shown again the code is %q", got)
	}
	g.tap("done")
	g.on(model.PageComputers)
	g.gone()
}

// with a clock that is wrong, the big button leads back.
func TestWarningOfAClockByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()...))
	off(-15 * time.Minute)(g)
	g.settle()
	seen := strings.Join(allTexts(g.win.Canvas().Content()), " ")
	for _, want := range []string{"clock says 10:17", "10:32. Ask someone"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not on the screen: %s", want, seen)
		}
	}
	show, cancel := g.shell.Find("show"), g.shell.Find("cancel")
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	if at(cancel).Y <= at(show).Y || cancel.Size().Height < show.Size().Height {
		t.Error("going on is the likelier act")
	}
	g.tap("cancel")
	g.on(model.PageHome)
	g.calls("OfflineCode", 0)
}

func (g *stage) calls(method string, want int) {
	g.t.Helper()
	if got := g.core.Calls(method); got != want {
		g.t.Errorf("%s was called %d times, want %d", method, got, want)
	}
}

func tab(g *stage, i int) {
	var tabs []fyne.Tappable
	for _, o := range test.WidgetRenderer(g.shell.Find("tabs").(fyne.Widget)).Objects() {
		if x, ok := o.(fyne.Tappable); ok {
			tabs = append(tabs, x)
		}
	}
	test.Tap(tabs[i])
	g.settle()
}

func TestListCodeByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()...))
	fresh(g)
	tab(g, 2)
	g.tap("computer-1")
	g.on(model.PageListCode)
	if got := g.text("code"); got != "7K QM2X RD4T" {
		t.Errorf("the code is %q", got)
	}
	g.tap("next")
	if got := g.text("code"); got != "7K 3HN8 W0ZB" {
		t.Errorf("the next code is %q", got)
	}
	g.tap("done")
	g.on(model.PageComputers)
	g.tap("computer-7") // stolen
	g.on(model.PageError)
	g.tap("done")
	g.on(model.PageComputers)
	g.tap("info")
	g.menu(0)
	if g.win.Canvas().Overlays().Top() != nil {
		t.Error("the explanation is still there")
	}
}

// A request covers a code, and the code is not under it.
func TestARequestCoversACode(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()...))
	fresh(g)
	scanCode(g)
	g.settle()
	g.tap("show")
	g.core.Tell(phone.Event{Kind: phone.RequestArrived}, func(s *phone.State) { s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchTap)} })
	g.settle()
	g.on(model.PageRequest)
	g.gone()
	g.tap("no")
	g.tap("done")
	g.on(model.PageOfflineCode)
	g.gone()
	g.core.Lock()
	g.settle()
	g.on(model.PageLock)
}

// The keyboard reaches everything in reading order, and Esc leads back.
func TestComputersByKeyboard(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()[:2]...))
	fresh(g)
	tab(g, 2)
	order := func(names ...string) {
		t.Helper()
		for _, name := range names {
			g.win.Canvas().(interface{ FocusNext() }).FocusNext()
			if g.win.Canvas().Focused() != g.shell.Find(name).(fyne.Focusable) {
				t.Fatalf("the keyboard is not on %q", name)
			}
		}
	}
	order("info", "computer-1")
	g.key(fyne.KeyReturn)
	g.on(model.PageListCode)
	g.key(fyne.KeyEscape)
	g.on(model.PageComputers)
	scanCode(g)
	g.settle()
	g.win.Canvas().Unfocus()
	g.win.Canvas().(interface{ FocusNext() }).FocusNext() // the arrow
	order("cancel", "show")
	g.key(fyne.KeySpace)
	if g.text("code") != "4821 9930" {
		t.Error("the keyboard did not show the code")
	}
	g.key(fyne.KeyEscape)
	g.on(model.PageComputers)
	g.gone()
}

// A tap meant for the screen before must not show a code.
func TestShowWaitsForTheGuard(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithComputers(modeltest.Computers()...))
	scanCode(g)
	for len(g.queue) > 0 {
		f := g.queue[0]
		g.queue = g.queue[1:]
		f()
	}
	g.on(model.PageOfflineCode)
	test.Tap(g.shell.Find("show").(fyne.Tappable))
	g.calls("OfflineCode", 0)
	g.settle()
	g.tap("show")
	g.calls("OfflineCode", 1)
}

func TestHomeLeadsToComputers(t *testing.T) {
	s := modeltest.WithComputers(modeltest.Computers()...)
	s.Accounts[0].Status = phone.Unreachable
	g := newStage(t, lightPhone, s)
	g.tap("computers")
	g.on(model.PageComputers)
}

// All that can be tapped on the pages of computers is big enough for a finger.
func TestTargetsOfComputers(t *testing.T) {
	for _, l := range []look{lightPhone, largeDE, smallDE, desktop} {
		for _, s := range computers() {
			g := s.play(t, l)
			for name, o := range namesOf(g) {
				if size := o.Size(); size.Height < 48 || size.Width < 48 {
					t.Errorf("%s/%s: %s is %v", l.name, s.name, name, size)
				}
			}
		}
	}
}

func namesOf(g *stage) map[string]fyne.CanvasObject {
	out := map[string]fyne.CanvasObject{}
	for _, name := range []string{"info", "computer-1", "computer-2", "scan", "scan-computer", "show", "cancel", "done", "next", "computers"} {
		o := g.shell.Find(name)
		if _, ok := o.(fyne.Tappable); ok {
			out[name] = o
		}
	}
	return out
}
