package screen_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/telemetry"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/shell"
)

func TestMain(m *testing.M) {
	for k, v := range map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "LANG": "C", "LC_ALL": "C"} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// look is how a stage is shown.
type look struct {
	name       string
	width      float32
	height     float32
	appearance model.Appearance
	language   string
	size       model.TextSize
	sensor     bool
	system     bool // keeps windows out of screenshots, and shows notifications
	camera     platform.Camera
}

var (
	lightPhone  = look{name: "light", width: 390, height: 844, appearance: model.Light, language: "en"}
	darkPhone   = look{name: "dark", width: 390, height: 844, appearance: model.Dark, language: "en"}
	largeDE     = look{name: "large-de", width: 390, height: 844, appearance: model.Light, language: "de", size: model.TextLarge}
	small       = look{name: "small", width: 360, height: 640, appearance: model.Light, language: "en"}
	smallDE     = look{name: "small-de", width: 360, height: 640, appearance: model.Light, language: "de"}
	desktop     = look{name: "desktop", width: 1100, height: 750, appearance: model.Light, language: "en"}
	desktop1100 = look{name: "wide", width: 1100, height: 750, appearance: model.Dark, language: "en"}
	narrow      = look{name: "narrow", width: 320, height: 640, appearance: model.Light, language: "en", size: model.TextLarge}
)

// stage is the app with a scripted core, in a window of the software painter. What the model does in the background is done at once.
type stage struct {
	t     testing.TB
	core  *modeltest.Core
	model *model.App
	shell *shell.Shell
	win   fyne.Window
	files *files

	telemetry *telemetry.Recorder

	now   time.Time
	queue []func()

	trayMenu  *fyne.Menu
	trayOpen  int
	trayShown int // how often the window was asked for
}

// files stands for dialogs and clipboard.
type files struct {
	copied, saved string
	opened        string
	chosen, paste func()
	file          func()
	spoil         bool // what is saved arrives damaged
}

func (f *files) ChoosePicture()         { f.chosen() }
func (f *files) Paste()                 { f.paste() }
func (f *files) Copy(text string)       { f.copied = text }
func (f *files) ChooseFile()            { f.file() }
func (f *files) Save(_, text string)    { f.saved = text }
func (f *files) OpenURL(address string) { f.opened = address }

func (f *files) CopySecret(text string) { f.copied = text }

func (f *files) Uncopy(text string) {
	if f.copied == text {
		f.copied = ""
	}
}

func (f *files) SaveChecked(name string, write func(io.Writer) error, check func(io.Reader) error, done func(string, error)) {
	var b bytes.Buffer
	err := write(&b)
	if f.spoil {
		b.WriteByte(0)
	}
	f.saved = b.String()
	if err == nil {
		err = check(&b)
	}
	done(name, err)
}

func (f *files) SaveFile(name string, data []byte, saved func()) {
	f.saved = name + " " + string(data[:4])
	saved()
}

func newStage(t *testing.T, l look, s phone.State) *stage {
	t.Helper()
	return newStageIn(t, test.NewTempApp(t), l, s)
}

// newStageIn makes a stage in an app that is there: a new one reads its fonts anew, which takes longer than all else.
func newStageIn(t testing.TB, app fyne.App, l look, s phone.State) *stage {
	t.Helper()
	settings, err := modeltest.Settings(t.TempDir(), model.Choices{Appearance: l.appearance, Language: l.language, TextSize: l.size})
	if err != nil {
		t.Fatal(err)
	}
	g := &stage{t: t, core: modeltest.NewCore(s), now: modeltest.Now, files: &files{}}
	g.win = test.NewTempWindow(t, nil)
	insets := func() (float32, float32) { return 44, 24 }
	if l.width > 500 || l.height < 700 {
		insets = func() (float32, float32) { return 0, 0 }
	}
	g.shell = shell.New(app, g.win, shell.Options{
		Now: func() time.Time { return g.now }, Do: func(f func()) { g.queue = append(g.queue, f) }, Files: g.files, Tick: -1, Insets: insets,
		Tray: &shell.Tray{Set: func(m *fyne.Menu, open int) { g.trayMenu, g.trayOpen = m, open }, Show: func() { g.trayShown++ }, Quit: func() {}},
	})
	g.core.Clock = func() time.Time { return g.now }
	log := debuglog.Open(debuglog.Options{Lines: 100, Now: func() time.Time { return modeltest.Now }})
	noteTrouble(log)
	cfg := model.Config{
		Core: g.core, Settings: settings, Log: log, Version: "0.1.0", Now: func() time.Time { return g.now }, Changed: g.shell.Changed,
		Camera: l.camera, Go: func(f func()) { f() },
		Build: model.Build{Commit: "8f00e41d2c9b7a60", At: modeltest.Now, Go: "go1.26.0", System: "linux/amd64"},
	}
	if g.telemetry, err = telemetry.Open(t.TempDir(), "0.1.0", func() time.Time { return g.now }); err != nil {
		t.Fatal(err)
	}
	cfg.Telemetry = g.telemetry
	if l.system {
		cfg.Guard, cfg.Notify = &simulated.Screen{}, func(string, string) {}
	}
	if l.sensor {
		cfg.Biometrics = &modeltest.Sensor{On: true}
	}
	g.model = model.New(cfg)
	t.Cleanup(g.model.Close)
	t.Cleanup(g.shell.Close)
	g.win.Resize(fyne.NewSize(l.width, l.height)) // before it is shown: each size lays the screen out anew
	g.shell.Show(g.model)
	g.settle()
	return g
}

// settle does what the shell was asked for, and lets the guard open.
func (g *stage) settle() {
	g.t.Helper()
	for range 50 {
		if len(g.queue) == 0 {
			g.now = g.now.Add(time.Second)
			g.shell.Changed()
			for len(g.queue) > 0 {
				f := g.queue[0]
				g.queue = g.queue[1:]
				f()
			}
			return
		}
		f := g.queue[0]
		g.queue = g.queue[1:]
		f()
	}
	g.t.Fatal("the screen does not come to rest")
}

// tap taps a thing by its name.
func (g *stage) tap(name string) {
	g.t.Helper()
	o, ok := g.shell.Find(name).(fyne.Tappable)
	if !ok {
		g.t.Fatalf("nothing that can be tapped is called %q on page %q", name, g.shell.Page())
	}
	test.Tap(o)
	g.settle()
}

// digits types a PIN or a number as a keyboard does.
func (g *stage) digits(s string) {
	g.t.Helper()
	for _, r := range s {
		test.Type(focusOr{g.win.Canvas()}, string(r))
	}
	g.settle()
}

// focusOr types into what has the focus, else on the canvas.
type focusOr struct{ c fyne.Canvas }

func (f focusOr) FocusGained() {}
func (f focusOr) FocusLost()   {}
func (f focusOr) TypedRune(r rune) {
	if o := f.c.Focused(); o != nil {
		o.TypedRune(r)
		return
	}
	f.c.OnTypedRune()(r)
}

func (f focusOr) TypedKey(e *fyne.KeyEvent) {
	if o := f.c.Focused(); o != nil {
		o.TypedKey(e)
		return
	}
	f.c.OnTypedKey()(e)
}

func (g *stage) key(name fyne.KeyName) {
	g.t.Helper()
	focusOr{g.win.Canvas()}.TypedKey(&fyne.KeyEvent{Name: name})
	g.settle()
}

func (g *stage) on(p model.Page) {
	g.t.Helper()
	if got := g.shell.Page(); got != p {
		g.t.Fatalf("page %q is shown, want %q", got, p)
	}
}

// scene is one state of a screen.
type scene struct {
	name  string
	state phone.State
	look  func(*look)
	act   func(*stage)

	picture bool // only for people to look at: another one has the same texts
}

func number(ids ...authn.RequestID) []phone.Request {
	var out []phone.Request
	for _, id := range ids {
		out = append(out, modeltest.Request(id, authn.MatchNumber))
	}
	return out
}

func withAccount(f func(*phone.Account)) phone.State {
	a := modeltest.Account()
	f(&a)
	return phone.State{HasPIN: true, Accounts: []phone.Account{a}}
}

func locked(s phone.State) phone.State {
	s.Locked = true
	return s
}

func (s scene) play(t *testing.T, l look) *stage {
	t.Helper()
	return s.playIn(t, test.NewTempApp(t), l)
}

func (s scene) playIn(t testing.TB, app fyne.App, l look) *stage {
	if s.look != nil {
		s.look(&l)
	}
	g := newStageIn(t, app, l, s.state)
	if s.act != nil {
		s.act(g)
		g.settle()
	}
	return g
}

// menu taps an entry of the menu that is open.
func (g *stage) menu(i int) {
	g.t.Helper()
	var items []fyne.Tappable
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if x, ok := o.(interface {
			fyne.Tappable
			fyne.Focusable
		}); ok {
			items = append(items, x)
			return
		}
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c)
			}
		}
	}
	if top := g.win.Canvas().Overlays().Top(); top != nil {
		walk(top)
	}
	if i >= len(items) {
		g.t.Fatalf("the menu has %d entries", len(items))
	}
	test.Tap(items[i])
	g.settle()
}
