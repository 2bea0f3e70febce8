// Package windows shows the simulator on a display: one window is the phone, the other the desk with its computer. The phone's camera sees
// the code that the desk shows, its fingerprint reader is a sheet on the phone's window; everything else is real.
package windows

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"io"
	"slices"
	"strings"
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
	phone *testenv.Phone
	model *model.App
	shell *shell.Shell
	desk  *desk.Desk
	Phone fyne.Window
	Desk  fyne.Window

	computers []*testenv.Laptop

	opt     Options
	screen  *desk.Screen
	print   *translations.Printer
	running context.Context
	stop    context.CancelFunc
	done    chan struct{}
}

// Open makes both windows. Show them, run the app, then Close.
func Open(ctx context.Context, app fyne.App, opt Options) (*Simulator, error) {
	if opt.Do == nil {
		opt.Do = fyne.Do
	}
	if opt.Out == nil {
		opt.Out = io.Discard
	}
	s := &Simulator{opt: opt, print: translations.New(opt.Languages...), done: make(chan struct{})}
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
	var err error
	if s.phone, err = s.env.OpenPhone(ctx, testenv.PhoneOptions{Name: "Simulated phone", Ask: s.askFinger}); err != nil {
		return err
	}
	settings, err := model.OpenSettings(s.phone.Dir)
	if err != nil {
		return err
	}
	s.Phone = app.NewWindow("Avow")
	s.shell = shell.New(app, s.Phone, shell.Options{Do: s.opt.Do})
	s.model = model.New(model.Config{
		Core: s.phone.Core, Settings: settings, Biometrics: s.phone.Keys, Camera: s.phone.Camera, Log: model.NewLogBook(2000),
		Version: s.opt.Version, Changed: s.shell.Changed, Languages: s.opt.Languages,
	})
	s.Phone.Resize(fyne.NewSize(390, 844))
	s.shell.Show(s.model)
	s.Desk = app.NewWindow("LAPTOP-42")
	s.desk = desk.New(s.env, s.computers, user, s.print.Language(), func() { s.opt.Do(s.syncDesk) })
	s.screen = desk.NewScreen(s.desk)
	s.Desk.SetPadded(false)
	s.Desk.SetContent(s.screen.Object())
	s.Desk.Resize(fyne.NewSize(560, 760))
	go func() { defer close(s.done); s.phone.Run(s.running) }()
	go s.tick()
	return nil
}

func (s *Simulator) syncDesk() {
	if s.screen != nil {
		s.screen.Sync()
	}
}

// Close ends everything; nothing is left on disk.
func (s *Simulator) Close() error {
	s.stop()
	<-s.done
	s.shell.Close()
	s.model.Close()
	s.desk.Close()
	for _, l := range s.computers {
		l.Close()
	}
	s.phone.Close()
	if err := s.env.Close(); err != nil {
		return fmt.Errorf("end the simulator: %w", err)
	}
	return nil
}

// tick keeps the desk's clock going, and holds the phone's camera in front of the desk while the scanner is open.
func (s *Simulator) tick() {
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	var page model.Page
	var mode desk.Mode
	for seed := uint64(1); ; seed++ {
		select {
		case <-s.running.Done():
			return
		case <-t.C:
		}
		if p := s.model.Page(); p != page {
			page = p
			fmt.Fprintln(s.opt.Out, "phone:", page)
		}
		if m := s.desk.State().Mode; m != mode {
			mode = m
			fmt.Fprintln(s.opt.Out, "desk:", mode)
		}
		if seed%4 == 0 {
			s.opt.Do(s.syncDesk)
		}
		if s.model.Page() != model.PageScan {
			continue
		}
		s.phone.Camera.Show(camera.Steady.Frame(s.scene(), image.Rectangle{}, image.Pt(720, 1280), seed))
	}
}

// scene is what stands before the camera: the code that the desk shows, or an empty sheet. It is drawn anew and not taken off the window, since a
// window that lies behind another one has no picture to take.
func (s *Simulator) scene() image.Image {
	code, err := qr.Encode(s.desk.State().QR, qr.LevelM)
	if err != nil || s.desk.State().QR == "" {
		blank := image.NewGray(image.Rect(0, 0, 320, 320))
		draw.Draw(blank, blank.Bounds(), image.White, image.Point{}, draw.Src)
		return blank
	}
	return code.Image(8)
}

// askFinger shows a sheet in place of a fingerprint reader.
func (s *Simulator) askFinger(ctx context.Context, p platform.Prompt) simulated.Answer {
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
		closeSheet = w.ShowSheet(s.Phone.Canvas(), w.Column(12, w.NewHeading(p.Title), w.NewBody(t.T("desk.sensor")), w.Gap(4),
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
