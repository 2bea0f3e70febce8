// Package tour walks the main job through the real screens without a display: an administrator invites, the code is drawn, seen by a camera and
// read by the real scanner, every tap goes to the place on the window where the button is, and the server answers over real HTTPS. It
// prints each step, writes a picture of each screen, light and dark, and fails at the first step that does not do what it should.
package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/app/avow-simulator/desk"
	"avow/internal/testenv"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
)

// Size of the phone in the pictures, and what the system keeps for itself.
const (
	width, height = 390, 844
	top, bottom   = 44, 24
)

// guard is more than the time for which a screen that has just arrived takes no tap.
const guard = time.Second

// stepTime is how long one step may take.
const stepTime = 20 * time.Second

// Options say where the tour goes.
type Options struct {
	Out   io.Writer // what is printed
	Dir   string    // pictures; "" writes none
	Light bool      // only the light ones: half the time
	Began time.Time // start of the program, for the time to the first screen; zero: now
}

// tour is one walk.
type tour struct {
	ctx       context.Context
	opt       Options
	queue     chan func() // the UI's thread is the goroutine of Run
	skip      time.Duration
	env       *testenv.Env
	app       fyne.App
	*handset  // the phone in her hand
	handsets  []*handset
	desk      *desk.Desk
	deskWin   fyne.Window
	deskScr   *desk.Screen
	computers []*testenv.Laptop
	code      string // of LAPTOP-42's list, as it was used
	paper     string // the restore code, as she wrote it down
	offered   bool   // the app has asked whether to make one
	step      int
	taps      int // on phones, digits not among them
	shots     int
}

// Run walks the tour.
func Run(ctx context.Context, opt Options) (err error) {
	if opt.Began.IsZero() {
		opt.Began = time.Now()
	}
	t := &tour{ctx: ctx, opt: opt, queue: make(chan func(), 1024)}
	defer func() { err = errors.Join(err, t.close()) }()
	for _, p := range []func() error{t.open, t.connect, t.approveByNumber, t.approveByTap, t.approveByScan, t.requests, t.brands, t.offline, t.refuse, t.settings, t.rules, t.privacy, t.codes, t.restoreSetUp, t.newPhone, t.wipe, t.lock, t.away, t.sent, t.desktop, t.lost} {
		if err := p(); err != nil {
			return fmt.Errorf("step %d: %w", t.step, err)
		}
	}
	t.say("done: %d steps, %d pictures", t.step, t.shots)
	if opt.Dir == "" {
		return nil
	}
	return Sheet(opt.Dir)
}

func (t *tour) say(format string, a ...any) { fmt.Fprintf(t.opt.Out, format+"\n", a...) }

// do announces a step and does it.
func (t *tour) do(what string, f func() error) error {
	t.step++
	began := time.Now()
	if err := f(); err != nil {
		t.say("%3d  FAILED  %s", t.step, what)
		return fmt.Errorf("%s: %w", what, err)
	}
	t.say("%3d  %-58s %5d ms", t.step, what, time.Since(began).Milliseconds())
	return nil
}

// now is the clock of the windows: it may be moved ahead, so that a screen that has just arrived takes taps at once.
func (t *tour) now() time.Time { return time.Now().Add(t.skip) }

// drain does what waits for the UI's thread.
func (t *tour) drain() {
	for {
		select {
		case f := <-t.queue:
			f()
		default:
			return
		}
	}
}

// await runs the UI until a condition holds.
func (t *tour) await(what string, holds func() bool) error {
	late := time.After(stepTime)
	for {
		t.drain()
		if holds() {
			return nil
		}
		select {
		case f := <-t.queue:
			f()
		case <-time.After(20 * time.Millisecond):
		case <-late:
			return fmt.Errorf("%s did not come; the phone shows %s %s, the desk %s %s", what, t.shell.Page(), t.model.Busy(), t.desk.State().Mode, t.desk.State().Fault)
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// page waits for a page of the phone.
func (t *tour) page(p model.Page) error {
	if p == model.PageHome {
		return t.home()
	}
	return t.await("page "+string(p), func() bool { return t.shell.Page() == p && t.model.Page() == p && t.model.Busy() == "" })
}

// tapAt taps a window where an object is, as a finger does: what lies above it gets the tap.
func tapAt(win fyne.Window, o fyne.CanvasObject) error {
	if o == nil {
		return errors.New("there is nothing of this name on the screen")
	}
	pos, ok := positionOf(win.Canvas(), o)
	if !ok {
		return errors.New("it is not on the window")
	}
	size := o.Size()
	test.TapCanvas(win.Canvas(), pos.Add(fyne.NewDelta(size.Width/2, size.Height/2)))
	return nil
}

// positionOf finds an object on a window. The test driver's own answer is about the newest window only.
func positionOf(c fyne.Canvas, target fyne.CanvasObject) (fyne.Position, bool) {
	roots := append([]fyne.CanvasObject{c.Content()}, c.Overlays().List()...)
	for _, root := range roots {
		if pos, ok := walk(root, fyne.Position{}, target); ok {
			return pos, true
		}
	}
	return fyne.Position{}, false
}

func walk(o fyne.CanvasObject, at fyne.Position, target fyne.CanvasObject) (fyne.Position, bool) {
	at = at.Add(o.Position())
	if o == target {
		return at, true
	}
	var children []fyne.CanvasObject
	switch x := o.(type) {
	case *fyne.Container:
		children = x.Objects
	case fyne.Widget:
		children = test.WidgetRenderer(x).Objects()
	}
	for _, child := range children {
		if pos, ok := walk(child, at, target); ok {
			return pos, true
		}
	}
	return fyne.Position{}, false
}

// tap taps a thing on the phone by its name.
func (t *tour) tap(name string) error {
	t.drain()
	t.skip += guard
	t.taps++
	t.reach(t.shell.Find(name))
	err := tapAt(t.win, t.shell.Find(name))
	t.drain()
	if err != nil {
		return fmt.Errorf("tap %q: %w", name, err)
	}
	return nil
}

// reach scrolls until an object is no longer below what is seen of the page, as a finger does before it taps.
func (t *tour) reach(o fyne.CanvasObject) {
	if o == nil {
		return
	}
	c := t.win.Canvas()
	seen := c.Size().Height
	if slices.Contains([]model.Page{model.PageHome, model.PageCodes, model.PageComputers, model.PageSettings}, t.model.Page()) {
		seen -= style.SizeTabBar + bottom // the tabs lie over it
	}
	for last := float32(-1); ; {
		pos, ok := positionOf(c, o)
		if !ok || pos.Y+o.Size().Height <= seen || pos.Y == last {
			return
		}
		last = pos.Y
		test.Scroll(c, fyne.NewPos(c.Size().Width/2, c.Size().Height/3), 0, -swipe)
	}
}

// swipe is how far a finger moves.
const swipe = 200

// tapDesk taps a thing on the desk by its name.
func (t *tour) tapDesk(name string) error {
	t.drain()
	t.skip += guard
	err := tapAt(t.deskWin, t.deskScr.Names[name])
	t.drain()
	if err != nil {
		return fmt.Errorf("tap %q on the desk: %w", name, err)
	}
	return nil
}

// verified waits for a page that comes after the user was verified, and types the PIN if it is asked for.
func (t *tour) verified(p model.Page) error {
	if err := t.await("page "+string(p)+" or the question for the PIN", func() bool {
		now := t.model.Page()
		return t.shell.Page() == now && t.model.Busy() == "" && (now == p || now == model.PageAskPIN || now == model.PageError)
	}); err != nil {
		return err
	}
	if t.shell.Page() == model.PageAskPIN {
		if err := t.keys(PIN); err != nil {
			return err
		}
	}
	return t.page(p)
}

// write types a text into a field, as a keyboard does.
func (t *tour) write(name, text string) error {
	t.drain()
	switch f := t.shell.Find(name).(type) {
	case interface{ SetText(string) }:
		f.SetText(text)
	case interface{ Type(rune) }:
		for _, r := range text {
			f.Type(r)
		}
	default:
		return fmt.Errorf("there is no field %q on page %s", name, t.shell.Page())
	}
	t.drain()
	return nil
}

// keys taps digits on the keypad of the phone.
func (t *tour) keys(digits string) error {
	t.drain()
	t.skip += guard
	for _, d := range digits {
		pad, ok := t.shell.Find("keypad").(interface{ Key(rune) fyne.Tappable })
		if !ok {
			return errors.New("there is no keypad on the screen")
		}
		o, ok := pad.Key(d).(fyne.CanvasObject)
		if !ok {
			return fmt.Errorf("the keypad has no key %q", d)
		}
		if err := tapAt(t.win, o); err != nil {
			return err
		}
		t.drain()
	}
	return nil
}

// appearances are those of which there are pictures.
func (t *tour) appearances() []model.Appearance {
	if t.opt.Light {
		return []model.Appearance{model.Light}
	}
	return []model.Appearance{model.Light, model.Dark}
}

// shot writes a picture of the phone, light and dark.
func (t *tour) shot(name string) error {
	before := t.model.Choices().Appearance
	for _, a := range t.appearances() {
		if err := t.shoot(t.win, name, a); err != nil {
			return err
		}
	}
	return t.look(before)
}

// shotDesk writes a picture of the desk.
func (t *tour) shotDesk(name string) error {
	t.drain()
	t.deskScr.Sync()
	before := t.model.Choices().Appearance
	for _, a := range t.appearances() {
		if err := t.shoot(t.deskWin, "desk-"+name, a); err != nil {
			return err
		}
	}
	return t.look(before)
}

func (t *tour) shoot(win fyne.Window, name string, a model.Appearance) error {
	if t.opt.Dir == "" {
		return nil
	}
	if err := t.look(a); err != nil {
		return err
	}
	t.shots++
	return writePNG(filepath.Join(t.opt.Dir, fmt.Sprintf("%02d-%s-%s.png", t.step, name, a)), win.Canvas().Capture())
}

func (t *tour) look(a model.Appearance) error {
	t.model.Choose(func(c *model.Choices) { c.Appearance = a })
	t.drain()
	return nil
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write a picture: %w", err)
	}
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img)
	return errors.Join(err, f.Close())
}

// point holds the phone's camera in front of the desk until it has read what is there.
func (t *tour) point(conditions camera.Conditions, target fyne.CanvasObject, until func() bool) error {
	t.deskScr.Sync()
	return t.pointAt(t.deskWin, conditions, target, until)
}

// pointAt holds it in front of any window.
func (t *tour) pointAt(win fyne.Window, conditions camera.Conditions, target fyne.CanvasObject, until func() bool) error {
	scene := win.Canvas().Capture()
	area := image.Rectangle{}
	if target != nil {
		pos, _ := positionOf(win.Canvas(), target)
		area = image.Rect(int(pos.X), int(pos.Y), int(pos.X+target.Size().Width), int(pos.Y+target.Size().Height))
	}
	seed := uint64(t.step)
	return t.await("the camera's picture", func() bool {
		if until() {
			return true
		}
		seed++
		t.phone.Camera.Show(conditions.Frame(scene, area, image.Pt(720, 1280), seed))
		return false
	})
}

// files are the file dialogs and the clipboard of the tour's person.
type files struct {
	model     *model.App
	clipboard string
	saved     []byte
	open      []byte // the file that is chosen
}

func (f *files) ChoosePicture()   {}
func (f *files) Paste()           { f.model.Text(f.clipboard) }
func (f *files) Copy(text string) { f.clipboard = text }
func (f *files) OpenURL(string)   {}

// CopySecret implements screen.Files.
func (f *files) CopySecret(text string) { f.clipboard = text }

func (f *files) ChooseFile() { f.model.ImportFile(io.NopCloser(bytes.NewReader(f.open))) }

func (f *files) Uncopy(text string) {
	if f.clipboard == text {
		f.clipboard = ""
	}
}

func (f *files) SaveChecked(name string, write func(io.Writer) error, check func(io.Reader) error, done func(string, error)) {
	var b bytes.Buffer
	err := write(&b)
	f.saved = b.Bytes()
	if err == nil {
		err = check(bytes.NewReader(f.saved))
	}
	done(name, err)
}
func (f *files) Save(_, _ string) {}

func (f *files) SaveFile(_ string, data []byte, saved func()) {
	f.saved = data
	saved()
}

func theme(app fyne.App) {
	app.Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Light}))
}
