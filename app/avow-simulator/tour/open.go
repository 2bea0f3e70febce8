package tour

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/app/avow-simulator/desk"
	"avow/assets/brand"
	mailtext "avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/ui/shell"
)

// User is who signs in.
const (
	User     = "anna.lind"
	UserName = "Anna Lind"
	PIN      = "493817"
)

// open shows the phone's first screen, then brings up server, computer and desk.
func (t *tour) open() error {
	if t.opt.Dir != "" {
		if err := os.MkdirAll(t.opt.Dir, 0o755); err != nil {
			return fmt.Errorf("make the folder of the pictures: %w", err)
		}
		if err := removePictures(t.opt.Dir); err != nil {
			return fmt.Errorf("remove old pictures: %w", err)
		}
	}
	t.app = test.NewApp()
	theme(t.app)
	if err := t.do("start server, mail sink and administrator", t.serve); err != nil {
		return err
	}
	if err := t.do("open the app for the first time", func() error { return t.take("Pixel 8") }); err != nil {
		return err
	}
	t.say("     first screen %d ms after the start of the program", time.Since(t.opt.Began).Milliseconds())
	if err := t.shot("welcome"); err != nil {
		return err
	}
	return t.do("open the desk: "+User+" at LAPTOP-42", func() error { return t.openDesk(t.app) })
}

func (t *tour) serve() error {
	env, err := testenv.Start(t.ctx, testenv.Options{Texts: mailtext.New("046-555 01 00")})
	t.env = env
	return err
}

// handset is a phone with its window.
type handset struct {
	phone *testenv.Phone
	model *model.App
	shell *shell.Shell
	win   fyne.Window
	files *files
	stop  func()
}

// take opens a new phone, which is the one in her hand then.
func (t *tour) take(name string) error { return t.takeOf(name, brand.Own()) }

// takeOf is take with the app of an organization.
func (t *tour) takeOf(name string, own brand.Brand) error {
	p, err := t.env.OpenPhone(t.ctx, testenv.PhoneOptions{Name: name})
	if err != nil {
		return err
	}
	settings, err := model.OpenSettings(p.Dir)
	if err != nil {
		return err
	}
	if err := settings.Set(func(c *model.Choices) { c.Appearance, c.Language = model.Light, "en" }); err != nil {
		return err
	}
	h := &handset{phone: p, files: &files{}, win: t.app.NewWindow("Avow")}
	h.win.Resize(fyne.NewSize(width, height))
	h.shell = shell.New(t.app, h.win, shell.Options{
		Now: t.now, Do: func(f func()) { t.queue <- f }, Files: h.files, Tick: -1, Insets: func() (float32, float32) { return top, bottom },
	})
	h.model = model.New(model.Config{
		Core: p.Core, Settings: settings, Biometrics: p.Keys, Camera: p.Camera, Guard: p.Screen, Log: model.NewLogBook(500), Version: "tour", Changed: h.shell.Changed, Brand: own,
	})
	h.files.model = h.model
	h.shell.Show(h.model)
	h.win.Resize(fyne.NewSize(width, height))
	run, stop := context.WithCancel(t.ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(run) }()
	h.stop = func() { stop(); <-done; p.Close() }
	t.handset, t.handsets = h, append(t.handsets, h)
	return t.page(model.PageWelcome)
}

// hand changes to another phone.
func (t *tour) hand(h *handset) {
	t.drain()
	t.handset = h
	h.shell.Changed()
	t.drain()
}

func (t *tour) openDesk(app fyne.App) error {
	if _, err := t.env.AddUser(t.ctx, User, UserName); err != nil {
		return err
	}
	for _, c := range []testenv.LaptopOptions{{ID: "laptop-42", Name: "LAPTOP-42"}, {ID: "sales-pc", Name: "SALES-PC"}} {
		c.Match, c.Cost = authn.MatchTap, testenv.FastList
		l, err := t.env.Enroll(t.ctx, c)
		if err != nil {
			return err
		}
		t.computers = append(t.computers, l)
	}
	t.deskWin = app.NewWindow("LAPTOP-42")
	t.desk = desk.New(t.env, t.computers, User, "en", func() { t.queue <- func() { t.deskScr.Sync() } })
	t.desk.Now = t.now
	t.deskScr = desk.NewScreen(t.desk)
	t.deskWin.SetPadded(false)
	t.deskWin.SetContent(t.deskScr.Object())
	t.deskWin.Resize(fyne.NewSize(560, 760))
	return nil
}

// close ends everything that was begun.
func (t *tour) close() error {
	if t.desk != nil {
		t.desk.Close()
	}
	for _, l := range t.computers {
		l.Close()
	}
	for _, h := range t.handsets {
		h.shell.Close()
		h.model.Close()
		h.stop()
	}
	t.drain()
	if t.env != nil {
		return errors.Join(t.env.Close())
	}
	return nil
}
