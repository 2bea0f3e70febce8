// Package windows shows the simulator on a display: one window is the phone, the other the desk with its computer, where another phone can be had in a window of
// its own. A phone's camera sees the code that another phone shows, else the desk's; its fingerprint reader is a sheet on its window; the newest mail stands on the
// desk. Everything else is real.
package windows

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"avow/app/avow-simulator/desk"
	"avow/assets/icons"
	mailtext "avow/assets/mail"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/qr"
	"avow/internal/testenv"
	"avow/internal/testenv/camera"
	"avow/internal/ui/model"
	"avow/internal/ui/shell"
	w "avow/internal/ui/widgets"
)

// Who sits at the desk.
const (
	user     = "anna.lind"
	userName = "Anna Lind"
	support  = "046-555 01 00"
)

// computers are those that one can sit down at.
var computers = map[authn.ClientID]string{"laptop-42": "LAPTOP-42", "sales-pc": "SALES-PC"}

// Options say what a run differs in.
type Options struct {
	Version string
	// Out gets a line for each page of the phone and each state of the desk, for QA and scripts; nil: nothing is printed.
	Out io.Writer
	// Languages are the system's wishes.
	Languages []string
	// Do runs a function on the UI's thread and returns at once; nil: fyne.Do.
	Do func(func())
}

// Simulator is both windows with what is behind them.
type Simulator struct {
	env   *testenv.Env
	app   fyne.App
	desk  *desk.Desk
	Phone fyne.Window // the first one
	Desk  fyne.Window

	mu     sync.Mutex
	phones []*handset

	computers []*testenv.Laptop

	opt     Options
	screen  *desk.Screen
	placed  string // what places printed last
	placing string // what it prints once it has stayed so
	print   *translations.Printer
	running context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// handset is a phone in its window.
type handset struct {
	name  string
	phone *testenv.Phone
	model *model.App
	shell *shell.Shell
	win   fyne.Window
	page  model.Page // that was printed last
}

// Open makes both windows. Show them, run the app, then Close.
func Open(ctx context.Context, app fyne.App, opt Options) (*Simulator, error) {
	if opt.Do == nil {
		opt.Do = fyne.Do
	}
	if opt.Out == nil {
		opt.Out = io.Discard
	}
	s := &Simulator{opt: opt, app: app, print: translations.New(opt.Languages...)}
	s.running, s.stop = context.WithCancel(ctx)
	var err error
	if s.env, err = testenv.Start(ctx, testenv.Options{Texts: mailtext.New(support)}); err != nil {
		return nil, err
	}
	if err := s.open(ctx, app); err != nil {
		s.stop()
		_ = s.env.Close()
		return nil, err
	}
	return s, nil
}

func (s *Simulator) open(ctx context.Context, app fyne.App) error {
	if _, err := s.env.AddUser(ctx, user, userName); err != nil {
		return err
	}
	for id, name := range computers {
		l, err := s.env.Enroll(ctx, testenv.LaptopOptions{ID: id, Name: name, Match: authn.MatchTap})
		if err != nil {
			return err
		}
		s.computers = append(s.computers, l)
	}
	slices.SortFunc(s.computers, func(a, b *testenv.Laptop) int { return strings.Compare(a.Name, b.Name) })
	first, err := s.newPhone(ctx, "Simulated phone")
	if err != nil {
		return err
	}
	s.Phone = first.win
	s.Desk = app.NewWindow("LAPTOP-42")
	s.desk = desk.New(s.env, s.computers, user, s.print.Language(), func() { s.opt.Do(s.syncDesk) })
	s.desk.NewPhone = s.anotherPhone
	s.screen = desk.NewScreen(s.desk)
	s.Desk.SetPadded(false)
	s.Desk.SetContent(s.screen.Object())
	s.Desk.Resize(fyne.NewSize(560, 760))
	s.work.Go(s.tick)
	s.work.Go(s.readMail)
	return nil
}

// newPhone makes a phone and its window. It runs on the UI's thread.
func (s *Simulator) newPhone(ctx context.Context, name string) (*handset, error) {
	h := &handset{name: name}
	var err error
	if h.phone, err = s.env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, Ask: h.ask(s)}); err != nil {
		return nil, err
	}
	settings, err := model.OpenSettings(h.phone.Dir)
	if err != nil {
		return nil, err
	}
	h.win = s.app.NewWindow("Avow: " + name)
	h.shell = shell.New(s.app, h.win, shell.Options{Do: s.opt.Do})
	h.model = model.New(model.Config{
		Core: h.phone.Core, Settings: settings, Biometrics: h.phone.Keys, Camera: h.phone.Camera, Log: model.NewLogBook(2000),
		Version: s.opt.Version, Changed: h.shell.Changed, Languages: s.opt.Languages,
	})
	h.win.Resize(fyne.NewSize(390, 844))
	h.shell.Show(h.model)
	s.work.Go(func() { h.phone.Run(s.running) })
	s.mu.Lock()
	s.phones = append(s.phones, h)
	s.mu.Unlock()
	return h, nil
}

// anotherPhone is the button on the desk.
func (s *Simulator) anotherPhone() {
	h, err := s.newPhone(s.running, fmt.Sprint("Simulated phone ", len(s.handsets())+1))
	if err != nil {
		fmt.Fprintln(s.opt.Out, "new phone:", err)
		return
	}
	h.win.Show()
}

func (s *Simulator) handsets() []*handset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.phones)
}

// readMail shows each mail on the desk.
func (s *Simulator) readMail() {
	for n := 1; ; n++ {
		mails, err := s.env.Mail.Wait(s.running, n)
		if err != nil {
			return
		}
		m := mails[n-1]
		text := m.Subject
		if d := m.Digits(); d != "" {
			text += ": " + d[:4] + " " + d[4:]
		}
		fmt.Fprintln(s.opt.Out, "mail:", text)
		s.desk.SetMail(text)
	}
}

func (s *Simulator) syncDesk() {
	if s.screen != nil {
		s.screen.Sync()
	}
}

// Close ends everything; nothing is left on disk.
func (s *Simulator) Close() error {
	s.stop()
	for _, h := range s.handsets() {
		h.shell.Close()
		h.model.Close()
	}
	s.work.Wait()
	s.desk.Close()
	for _, l := range s.computers {
		l.Close()
	}
	for _, h := range s.handsets() {
		h.phone.Close()
	}
	if err := s.env.Close(); err != nil {
		return fmt.Errorf("end the simulator: %w", err)
	}
	return nil
}

// tick keeps the desk's clock going, and holds the camera of each phone whose scanner is open in front of a code.
func (s *Simulator) tick() {
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	var mode desk.Mode
	for seed := uint64(1); ; seed++ {
		select {
		case <-s.running.Done():
			return
		case <-t.C:
		}
		for i, h := range s.handsets() {
			if p := h.model.Page(); p != h.page {
				h.page = p
				name := "phone:"
				if i > 0 {
					name = h.name + ":"
				}
				fmt.Fprintln(s.opt.Out, name, p)
			}
			if h.page == model.PageScan {
				h.phone.Camera.Show(camera.Steady.Frame(s.scene(h), image.Rectangle{}, image.Pt(720, 1280), seed))
			}
		}
		if m := s.desk.State().Mode; m != mode {
			mode = m
			fmt.Fprintln(s.opt.Out, "desk:", mode)
		}
		s.opt.Do(s.places)
		if seed%4 == 0 {
			s.opt.Do(s.syncDesk)
		}
	}
}

// places prints where on the desk its buttons are, when that has changed. It runs on the UI's thread.
func (s *Simulator) places() {
	if s.screen == nil {
		return
	}
	var at []string
	for name, o := range s.screen.Names {
		size := o.Size()
		if pos := s.app.Driver().AbsolutePositionForObject(o); !size.IsZero() {
			at = append(at, fmt.Sprintf("%s=%d,%d", name, int(pos.X+size.Width/2), int(pos.Y+size.Height/2)))
		}
	}
	slices.Sort(at)
	switch line := strings.Join(at, " "); {
	case line == s.placed:
	case line != s.placing: // a screen is laid out when it is painted: what is printed has stayed where it is
		s.placing = line
	default:
		s.placed = line
		fmt.Fprintln(s.opt.Out, "desk at:", line)
	}
}

// scene is what stands before a phone's camera: the code that another phone shows, or the desk, or an empty sheet. It is drawn anew and not taken off the window, since a
// window that lies behind another one has no picture to take.
func (s *Simulator) scene(h *handset) image.Image {
	text := s.desk.State().QR
	for _, x := range s.handsets() {
		if x != h && x.model.Page() == model.PageNewPhone {
			text = x.model.NewPhone().QR
		}
	}
	code, err := qr.Encode(text, qr.LevelM)
	if err != nil || text == "" {
		blank := image.NewGray(image.Rect(0, 0, 320, 320))
		draw.Draw(blank, blank.Bounds(), image.White, image.Point{}, draw.Src)
		return blank
	}
	return code.Image(8)
}

// ask shows a sheet on the phone's window in place of a fingerprint reader.
func (h *handset) ask(s *Simulator) func(context.Context, platform.Prompt) simulated.Answer {
	return func(ctx context.Context, p platform.Prompt) simulated.Answer { return s.askFinger(ctx, h, p) }
}

func (s *Simulator) askFinger(ctx context.Context, h *handset, p platform.Prompt) simulated.Answer {
	answers := make(chan simulated.Answer, 1)
	s.opt.Do(func() {
		var closeSheet func()
		give := func(a simulated.Answer) func() {
			return func() {
				closeSheet()
				answers <- a
			}
		}
		t := s.print
		closeSheet = w.ShowSheet(h.win.Canvas(), w.Column(12, w.NewHeading(p.Title), w.NewBody(t.T("desk.sensor")), w.Gap(4),
			w.NewButton(w.Outlined, t.T("desk.use_pin"), "", give(simulated.UsePIN)),
			w.NewMainButton(t.T("desk.touch"), icons.Fingerprint, give(simulated.Touch))), 0, func() { answers <- simulated.Cancel })
	})
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
		return simulated.Cancel
	}
}
