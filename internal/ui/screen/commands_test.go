package screen_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	keys "fyne.io/fyne/v2/driver/desktop"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/style"
	"avow/internal/ui/widgets"
)

// awayScene is a server that has been away for a while, and computers that need none.
func awayScene() scene {
	s := modeltest.Open()
	s.Accounts[0].Status, s.Accounts[0].Since = phone.Unreachable, modeltest.Now.Add(-34*time.Minute)
	s.Computers = modeltest.Computers()
	return scene{name: "18-error-away", state: s, act: func(g *stage) {
		g.core.OnPractice = func(context.Context) error { return fmt.Errorf("ask for practice: %w", client.ErrUnreachable) }
		g.model.Practice()
	}}
}

// Without its server the app leads to what needs none.
func TestAwayLeadsToComputers(t *testing.T) {
	g := awayScene().play(t, lightPhone)
	g.on(model.PageError)
	g.tap("offline")
	g.on(model.PageComputers)
}

// helpScenes are the help, and the menu of all commands on a desktop.
func helpScenes() []scene {
	return []scene{
		{name: "16-help", state: modeltest.Open(), act: open(model.PageHelp)},
		{name: "20-menu", state: modeltest.Open(), act: func(g *stage) { g.key(fyne.KeyF10) }},
	}
}

// ctrl types a key with Ctrl. The test's canvas keeps no shortcuts; that the real one hands them over, a field in between too, is seen by make test-desktop.
func (g *stage) ctrl(key fyne.KeyName) {
	g.t.Helper()
	g.shell.Shortcut(&keys.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault})
	g.settle()
}

func TestKeysOfCommands(t *testing.T) {
	g := newStage(t, desktop1100, modeltest.Open())
	g.core.SetCodes(modeltest.ServiceCodes()...)
	g.settle()
	for key, page := range map[fyne.KeyName]model.Page{fyne.Key2: model.PageCodes, fyne.Key3: model.PageComputers, fyne.Key4: model.PageSettings, fyne.Key1: model.PageHome} {
		g.ctrl(key)
		g.on(page)
	}
	g.ctrl(fyne.KeyF)
	g.on(model.PageCodes)
	search := g.shell.Find("search").(*widgets.Field)
	if g.win.Canvas().Focused() != search.Focusable() {
		t.Fatal("the search does not have the keyboard")
	}
	g.digits("git")
	g.ctrl(fyne.Key1) // also while something is typed
	g.on(model.PageHome)
	g.key(fyne.KeyF1)
	g.on(model.PageHelp)
	g.key(fyne.KeyEscape)
	g.on(model.PageHome)
	g.ctrl(fyne.KeyN)
	g.on(model.PageScan)
	g.ctrl(fyne.Key2) // what is half done is not left by accident
	g.on(model.PageScan)
	g.key(fyne.KeyEscape)
	g.ctrl(fyne.KeyL)
	g.on(model.PageLock)
	g.ctrl(fyne.Key1)
	g.on(model.PageLock)
}

// Esc leads back wherever the keyboard is, and closes first what lies over the page.
func TestEscapeFromAnything(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.GoTo(model.PageSettings)
	g.settle()
	g.tap("language")
	g.win.Canvas().Focus(g.shell.Find("language-de").(fyne.Focusable))
	g.key(fyne.KeyEscape)
	g.on(model.PageSettings)
	g.model.GoTo(model.PageHome)
	g.settle()
	g.tap("menu")
	g.menu(7) // Remove: a sheet asks
	if g.win.Canvas().Overlays().Top() == nil {
		t.Fatal("nothing asks")
	}
	g.key(fyne.KeyEscape)
	if g.win.Canvas().Overlays().Top() != nil || g.core.Calls("RemoveAccount") != 0 {
		t.Error("the sheet is still there, or it said Yes")
	}
}

func TestMenuOfCommands(t *testing.T) {
	g := newStage(t, desktop1100, modeltest.Open())
	g.key(fyne.KeyF10)
	g.menu(3) // Home, Codes, Computers, Settings
	g.on(model.PageSettings)
	g = newStage(t, lightPhone, modeltest.Open(modeltest.Request("r_1", authn.MatchTap)))
	g.key(fyne.KeyF10)
	for _, x := range g.model.Commands() {
		if x.Can && x.Command != model.CommandLock {
			t.Errorf("on a request %q can be run", x.Text)
		}
	}
}

// The tray shows what is open and leads to it; it never answers. While the app is locked it tells the number only.
func TestTray(t *testing.T) {
	g := newStage(t, desktop1100, modeltest.Open(number("r_1", "r_2")...))
	texts := func() string {
		var out []string
		for _, i := range g.trayMenu.Items {
			out = append(out, i.Label)
		}
		return strings.Join(out, "|")
	}
	if got := texts(); g.trayOpen != 2 || got != "2 open requests|LAPTOP-42|LAPTOP-42||Open Avow|Lock now|Quit" {
		t.Fatalf("%d open: %s", g.trayOpen, got)
	}
	g.model.Later()
	g.settle()
	g.model.Later()
	g.settle()
	g.on(model.PageHome)
	g.trayMenu.Items[2].Action()
	g.settle()
	g.on(model.PageRequest)
	if v, _ := g.model.Request(); v.ID != "r_2" || g.trayShown != 1 || g.core.Calls("Approve")+g.core.Calls("Deny") != 0 {
		t.Errorf("request %s is asked, the window came %d times", v.ID, g.trayShown)
	}
	g.core.Tell(phone.Event{Kind: phone.RequestClosed}, func(s *phone.State) { s.Locked = true })
	g.settle()
	if got := texts(); strings.Contains(got, "LAPTOP") || !strings.HasPrefix(got, "2 open") {
		t.Errorf("locked: %s", got)
	}
	g.core.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Requests = nil })
	g.settle()
	if got := texts(); g.trayOpen != 0 || !strings.HasPrefix(got, "No open requests|") {
		t.Errorf("none: %s", got)
	}
}

// What is chosen in the settings, or wished by the system, takes motion away at once.
func TestLessMotion(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.GoTo(model.PageSettings)
	g.settle()
	g.tap("motion")
	if !g.model.Choices().LessMotion || !style.ReducedMotion() {
		t.Error("motion goes on")
	}
	g.tap("motion")
	if g.model.Choices().LessMotion || style.ReducedMotion() {
		t.Error("motion is gone for good")
	}
}

// No gets the keyboard on a request whose facts have to be scrolled: they stay at their beginning.
func TestNoDoesNotScrollTheQuestionAway(t *testing.T) {
	for _, s := range scenes() {
		if s.name != "06-request-strange" {
			continue
		}
		g := s.play(t, lightPhone)
		for _, x := range g.things() {
			if o, ok := x.o.(*container.Scroll); ok && o.Offset.Y != 0 {
				t.Errorf("it is scrolled by %v", o.Offset.Y)
			}
		}
	}
}
