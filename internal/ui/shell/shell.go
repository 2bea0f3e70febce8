// Package shell shows the app: it puts the screen of the page on the window, with the tabs of a phone or the side bar of a desktop around
// it, and follows theme, language and size. Events of the headless core enter here and only here, by fyne.Do. It decides nothing; package
// model does.
package shell

import (
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/model"
	"avow/internal/ui/screen"
	"avow/internal/ui/style"
	"avow/internal/ui/widgets"
)

// Widths from which the desktop's side bar stands at the left, and under which a phone counts as small.
const (
	wideFrom    = 760
	smallUnder  = 700
	paneAtMost  = 560
	twoFrom     = 1000 // two panes beside each other
	sideMargins = 8
	leastTop    = 20
)

// Options say how a shell differs from the usual one.
type Options struct {
	Now              func() time.Time              // nil: time.Now
	Do               func(func())                  // runs a function on the UI's thread; nil: fyne.Do
	Files            screen.Files                  // nil: dialogs and clipboard of the window
	Insets           func() (top, bottom float32)  // kept free for the system; nil: what the driver says
	ClipboardPicture func() (io.ReadCloser, error) // a picture from the clipboard; nil: there is no way to it
	Tray             *Tray                         // nil: there is none
	Watch            func(Seen)                    // hears of each page that was put on the window; nil: nobody does
	CopySecret       func(text string) bool        // puts a text on the clipboard, marked so that its history keeps out of it; nil, or false: there is no way to
	Used             func()                        // told of each key, click and move of the pointer on the window; nil: nobody wants to know
	Tick             time.Duration                 // how often numbers tick; 0: a second; negative: never by itself
}

// Shell shows one app in one window.
type Shell struct {
	app   fyne.App
	win   fyne.Window
	opt   Options
	model *model.App
	guard *widgets.Guard

	asked      atomic.Bool // a sync is on its way
	closed     atomic.Bool
	stop       chan struct{}
	root       *fyne.Container
	current    *screen.Screen
	page       model.Page
	request    authn.RequestID // that the page is about
	sign       string
	second     bool   // the codes stand beside Home
	wanted     string // gets the keyboard once it is on the screen
	seen       string // what Watch heard last
	settling   string // what it hears once it has stayed so
	traySign   string
	menuAnchor fyne.CanvasObject // under which the menu of all commands opens; nil where it does not stand
	look       style.Options
	brand      brandLook
	typing     typing
}

// New makes a shell around a window. Hand its Changed to the model, then Show that.
func New(app fyne.App, win fyne.Window, opt Options) *Shell {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Do == nil {
		opt.Do = fyne.Do
	}
	if opt.Tick == 0 {
		opt.Tick = time.Second
	}
	s := &Shell{app: app, win: win, opt: opt, guard: widgets.NewGuard(opt.Now), stop: make(chan struct{})}
	s.root = container.New(&watched{s})
	return s
}

// Show puts the app on the window.
func (s *Shell) Show(m *model.App) {
	s.model = m
	if s.opt.Files == nil {
		s.opt.Files = &files{win: s.win, app: s.app, model: m, picture: s.opt.ClipboardPicture, secret: s.opt.CopySecret}
	}
	s.win.SetPadded(false)
	s.win.SetContent(s.root)
	c := s.win.Canvas()
	c.SetOnTypedRune(func(r rune) {
		s.used()
		if s.current != nil && s.current.Rune != nil {
			s.current.Rune(r)
		}
	})
	c.SetOnTypedKey(s.typed)
	s.listen()
	c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) {
		if model.Pastes(s.page) {
			s.opt.Files.Paste()
		}
	})
	s.win.SetOnDropped(s.dropped)
	s.win.SetOnClosed(func() { // nobody is there in half a minute to clear the clipboard
		if text, due := s.model.Uncopy(true); due {
			s.opt.Files.Uncopy(text)
		}
	})
	s.sync()
	if s.opt.Tick > 0 {
		go s.tick()
	}
}

func (s *Shell) tick() {
	t := time.NewTicker(s.opt.Tick)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			s.Changed()
		}
	}
}

// Close ends what runs for the window.
func (s *Shell) Close() {
	if s.closed.CompareAndSwap(false, true) {
		close(s.stop)
	}
}

// Changed has the window brought up to date soon. Any goroutine may call it, as often as it likes.
func (s *Shell) Changed() {
	if s.closed.Load() || !s.asked.CompareAndSwap(false, true) {
		return
	}
	s.opt.Do(func() {
		s.asked.Store(false)
		if s.model != nil && !s.closed.Load() {
			s.sync()
		}
	})
}

// Page is what is on the window.
func (s *Shell) Page() model.Page { return s.page }

// Find returns a thing on the screen by its name; nil when it is not there.
func (s *Shell) Find(name string) fyne.CanvasObject {
	if s.current == nil {
		return nil
	}
	return s.current.Names[name]
}

// sync makes the window show what the model says.
func (s *Shell) sync() {
	s.noteTyping()
	s.follow()
	if text, due := s.model.Uncopy(false); due {
		s.opt.Files.Uncopy(text)
	}
	s.tray()
	page := s.model.Page()
	active, tabs := s.model.Tabs()
	sign := fmt.Sprintf("%s|%v%s|%s|%s", page, tabs, active, s.layoutSign(), s.model.Signature(page))
	s.second = page == model.PageHome && s.root.Size().Width >= twoFrom && s.model.HasCodes()
	if s.second {
		sign += "|" + s.model.Signature(model.PageCodes)
	}
	if sign == s.sign {
		if s.current.Update != nil {
			s.current.Update()
		}
		s.focusWanted()
		s.watch()
		return
	}
	request, _ := s.model.Request()
	arrived := page != s.page || s.sign == "" || page == model.PageRequest && request.ID != s.request
	s.request = request.ID
	s.page, s.sign = page, sign
	s.build(arrived)
}

// follow takes theme and text size from the settings.
func (s *Shell) follow() {
	c := s.model.Choices()
	look := style.Options{
		Appearance: style.Appearance(c.Appearance), TextScale: style.Normal, ReducedMotion: c.LessMotion || !s.app.Settings().ShowAnimations(), Brand: s.brandLook(),
	}
	if c.TextSize != 0 {
		look.TextScale = style.TextScale(c.TextSize) / style.TextScale(model.TextNormal)
	}
	if look != s.look {
		if look.TextScale != s.look.TextScale {
			s.sign = "" // widgets repaint by themselves, but lines break elsewhere
		}
		s.look = look
		if t, ours := s.app.Settings().Theme().(*style.Theme); !ours || t.Options() != look { // else all fonts would be read anew for nothing
			s.app.Settings().SetTheme(style.NewTheme(look))
		}
	}
}

func (s *Shell) build(arrived bool) {
	if s.current != nil && s.current.Close != nil {
		s.current.Close()
	}
	focused := s.focused()
	s.win.Canvas().Unfocus()
	if arrived {
		focused = ""
		s.closeOverlays()
		s.guard.Arrive()
	}
	if s.win.Canvas().Overlays().Top() == nil { // what lies over the page stays, with what it scrolls
		widgets.LeavePage(s.win.Canvas())
	}
	s.speak()
	s.current = screen.New(s.page, s.model, s.frame())
	if s.second {
		s.current = screen.Beside(s.current, screen.New(model.PageCodes, s.model, s.frame()), paneAtMost)
	}
	s.menuAnchor = nil
	s.root.Objects = []fyne.CanvasObject{s.around(s.current.Object)}
	if s.opt.Used != nil {
		s.root.Objects = []fyne.CanvasObject{newFeeler(s.opt.Used), s.root.Objects[0]}
	}
	s.root.Refresh()
	s.mainMenu()
	if s.current.Shown != nil {
		s.current.Shown()
	}
	if s.current.Fault != nil {
		widgets.Reveal(s.current.Fault)
	}
	if o, ok := s.current.Names[focused].(fyne.Focusable); ok && s.win.Canvas().Focused() == nil {
		s.win.Canvas().Focus(o) // the same screen, made anew: who uses the keyboard goes on where she was
	}
	s.focusWanted()
	if s.opt.Watch != nil {
		s.Changed() // places are known once the driver has laid the screen out
	}
}

// focusWanted gives the keyboard to what a command is about, once it stands on the screen.
func (s *Shell) focusWanted() {
	if s.wanted == "" || s.page != model.PageCodes && !s.second {
		return
	}
	o := s.current.Names[s.wanted]
	s.wanted = ""
	if f, ok := o.(interface{ Focusable() fyne.Focusable }); ok {
		s.win.Canvas().Focus(f.Focusable())
	}
}

// focused is the name of what has the keyboard; "" for nothing that has one.
func (s *Shell) focused() string {
	if s.current == nil {
		return ""
	}
	has := s.win.Canvas().Focused()
	for name, o := range s.current.Names {
		if f, ok := o.(fyne.Focusable); ok && f == has {
			return name
		}
	}
	return ""
}

// closeOverlays takes menus and sheets of the page before away: a request must not lie under one.
func (s *Shell) closeOverlays() {
	o := s.win.Canvas().Overlays()
	for top := o.Top(); top != nil; top = o.Top() {
		o.Remove(top)
	}
}

func (s *Shell) frame() screen.Frame {
	size := s.root.Size()
	f := screen.Frame{
		Canvas: s.win.Canvas(), Small: size.Height > 0 && size.Height < smallUnder, Wide: size.Width >= wideFrom,
		Guard: s.guard, Now: s.opt.Now, Files: s.opt.Files, Keys: hasKeyboard(),
	}
	if s.opt.Insets != nil {
		f.Top, f.Bottom = s.opt.Insets()
	} else if fyne.CurrentDevice().IsMobile() {
		pos, area := s.win.Canvas().InteractiveArea()
		f.Top, f.Bottom = pos.Y, s.win.Canvas().Size().Height-pos.Y-area.Height
	}
	f.Top = max(f.Top, leastTop) // a window without a system's bar at its top
	if active, tabs := s.model.Tabs(); tabs && !f.Wide {
		f.Bottom += style.SizeTabBar
		if s.scans(active) {
			f.Scan = scanOver(len(tabPages)) + style.SizeScan/2 + style.SizeScanMargin
		}
	}
	return f
}

// scans tells whether the round button stands on a tab. The first page has a button of its own for it.
func (s *Shell) scans(active model.Page) bool {
	return active != model.PageSettings && s.page != model.PageWelcome
}

// tabPages are the tabs, in order.
var tabPages = []model.Page{model.PageHome, model.PageCodes, model.PageComputers, model.PageSettings}

// around puts tabs or side bar beside a screen of a tab; all others stand alone.
func (s *Shell) around(o fyne.CanvasObject) fyne.CanvasObject {
	active, shown := s.model.Tabs()
	if !shown {
		return o
	}
	tabs := []widgets.Tab{
		{Icon: icons.House, Text: s.model.T("app.tab.home")},
		{Icon: icons.Codes, Text: s.model.T("app.tab.codes")},
		{Icon: icons.Computers, Text: s.model.T("app.tab.computers")},
		{Icon: icons.Gear, Text: s.model.T("app.tab.settings")},
	}
	index := slices.Index(tabPages, active)
	choose := func(i int) { s.model.GoTo(tabPages[i]) }
	if s.root.Size().Width >= wideFrom {
		bar := widgets.NewSideBar(s.model.Name(), choose, s.model.T("app.tab.scan"), s.model.OpenScan, tabs...)
		bar.Select(index)
		s.current.Names["scan"], s.menuAnchor = bar.Scan(), bar.Name()
		bar.OnName = s.showMenu
		s.nameTabs(bar.Tab)
		if s.second {
			return container.New(&beside{}, bar, o)
		}
		return container.New(&beside{}, bar, widgets.Middle(paneAtMost, o))
	}
	bar := widgets.NewTabBar(choose, tabs...)
	bar.Select(index)
	bar.SetInset(s.systemBottom())
	s.current.Names["tabs"] = bar
	s.nameTabs(bar.Tab)
	objects := []fyne.CanvasObject{o, bar}
	if s.scans(active) {
		scan := widgets.NewScanButton(s.model.OpenScan)
		s.current.Names["scan"] = scan
		objects = append(objects, scan)
	}
	return container.New(&overTabs{scanOver(len(tabPages))}, objects...)
}

// nameTabs makes the tabs findable: "tab-1" is the first.
func (s *Shell) nameTabs(tab func(int) fyne.CanvasObject) {
	for i := range tabPages {
		s.current.Names[fmt.Sprint("tab-", i+1)] = tab(i)
	}
}

func (s *Shell) systemBottom() float32 {
	if s.opt.Insets != nil {
		_, bottom := s.opt.Insets()
		return bottom
	}
	return 0
}

func (s *Shell) typed(e *fyne.KeyEvent) {
	s.used()
	if e.Name == fyne.KeyEscape {
		if over, ok := s.win.Canvas().Overlays().Top().(interface{ Leave() }); ok {
			over.Leave() // a question that lies over the page
			return
		}
		s.model.Back()
		return
	}
	if s.command(e.Name) {
		return
	}
	if s.current != nil && s.current.Key != nil {
		s.current.Key(e)
	}
}

// dropped takes a picture that was dropped on the window, or where codes are imported any file.
func (s *Shell) dropped(_ fyne.Position, uris []fyne.URI) {
	switch {
	case len(uris) == 0:
	case s.page == model.PageImport:
		openFile(s.model, uris[0])
	default:
		openPicture(s.model, uris[0])
	}
}
