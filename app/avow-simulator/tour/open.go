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
	}
	app := test.NewApp()
	theme(app)
	if err := t.do("start server, mail sink and administrator", t.serve); err != nil {
		return err
	}
	if err := t.do("open the app for the first time", func() error { return t.openPhone(app) }); err != nil {
		return err
	}
	t.say("     first screen %d ms after the start of the program", time.Since(t.opt.Began).Milliseconds())
	if err := t.shot("welcome"); err != nil {
		return err
	}
	return t.do("open the desk: "+User+" at LAPTOP-42", func() error { return t.openDesk(app) })
}

func (t *tour) serve() error {
	env, err := testenv.Start(t.ctx, testenv.Options{Texts: mailtext.New("046-555 01 00")})
	t.env = env
	return err
}

func (t *tour) openPhone(app fyne.App) error {
	p, err := t.env.OpenPhone(t.ctx, testenv.PhoneOptions{Name: "Pixel 8"})
	if err != nil {
		return err
	}
	t.phone = p
	settings, err := model.OpenSettings(p.Dir)
	if err != nil {
		return err
	}
	if err := settings.Set(func(c *model.Choices) { c.Appearance, c.Language = model.Light, "en" }); err != nil {
		return err
	}
	t.win = app.NewWindow("Avow")
	t.win.Resize(fyne.NewSize(width, height))
	t.shell = shell.New(app, t.win, shell.Options{
		Now: t.now, Do: func(f func()) { t.queue <- f }, Files: t.files, Tick: -1, Insets: func() (float32, float32) { return top, bottom },
	})
	t.model = model.New(model.Config{
		Core: p.Core, Settings: settings, Biometrics: p.Keys, Camera: p.Camera, Log: model.NewLogBook(500), Version: "tour", Changed: t.shell.Changed,
	})
	t.files.model = t.model
	t.shell.Show(t.model)
	t.win.Resize(fyne.NewSize(width, height))
	run, stop := context.WithCancel(t.ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(run) }()
	t.stopPhone = func() { stop(); <-done; p.Close() }
	return t.page(model.PageWelcome)
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
	if t.shell != nil {
		t.shell.Close()
	}
	if t.model != nil {
		t.model.Close()
	}
	if t.stopPhone != nil {
		t.stopPhone()
	}
	t.drain()
	if t.env != nil {
		return errors.Join(t.env.Close())
	}
	return nil
}
