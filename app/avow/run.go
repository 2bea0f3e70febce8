package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"avow/assets/brand"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/desktop"
	"avow/internal/phone/telemetry"
	"avow/internal/ui/model"
	"avow/internal/ui/shell"
	"avow/internal/ui/style"
	"avow/internal/ui/widgets"
)

// run shows the app until its window is closed or ctx ends.
func run(ctx context.Context, o options, newApp func() (fyne.App, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the app: %w", err)
	}
	log := debuglog.Open(debuglog.Options{Dir: o.dir})
	defer log.Close()
	o.broken = o.recall(log)
	links := make(chan string, 8)
	one, err := single(ctx, o.dir, o.link, func(link string) {
		select {
		case links <- link:
		default: // eight starts at once: the first will do
		}
	})
	switch {
	case errors.Is(err, errRunning):
		return nil
	case errors.Is(err, errNoAnswer):
		return err
	case err != nil:
		log.Note("a second start of the app can't be noticed", err)
	default:
		defer one.close()
	}
	a, err := newApp()
	if err != nil {
		return err
	}
	a.SetIcon(appIcon())
	u := newUI(a, a.NewWindow(brand.Own().Name), o, log)
	u.win.SetMaster()
	u.win.Resize(fyne.NewSize(420, 844))
	quit := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	u.start(ctx, false)
	u.work.Go(func() { u.follow(ctx, links) })
	u.work.Go(func() { desktop.WatchSession(ctx, func() { u.lifecycle.tell(platform.ScreenOff) }) })
	u.win.ShowAndRun()
	quit() // the app has ended: to end it once more would break it
	cancel()
	u.close()
	return nil
}

// ui is the app once its window is open. Its fields belong to the UI's thread.
type ui struct {
	options
	app       fyne.App
	win       fyne.Window
	log       *model.LogBook
	reports   *telemetry.Recorder
	lifecycle *lifecycle
	work      sync.WaitGroup // what runs in the background until the context ends
	tasks     sync.WaitGroup // what the model has begun

	shell *shell.Shell
	model *model.App
	core  *phone.Core
	ended func() // stops the core and returns when it has ended
}

func newUI(a fyne.App, win fyne.Window, o options, log *model.LogBook) *ui {
	a.Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.System, TextScale: style.Normal}))
	return &ui{app: a, win: win, options: o, log: log, lifecycle: newLifecycle(a.Lifecycle())}
}

// start opens keys and core, which may take as long as a keyring asks for its password, and shows the app. What is in the way is shown
// instead, with a button that tries again. The channel closes once something is shown.
func (u *ui) start(ctx context.Context, backup bool) <-chan struct{} {
	shown := make(chan struct{})
	u.win.SetPadded(false)
	u.win.SetContent(widgets.Center(widgets.NewMark(96, style.Primary, style.Primary)))
	u.work.Go(func() {
		settings, err := model.OpenSettings(u.dir)
		if err != nil {
			u.log.Note("the settings can't be read", err)
		}
		reports, err := telemetry.Open(u.dir, version, time.Now)
		if err != nil {
			u.log.Note("what was counted can't be read", err)
		}
		reports.Used()
		if u.broken {
			reports.CountApp(authn.CountCrashes)
			u.broken = false
		}
		var core *phone.Core
		keys, err := openKeys(ctx, keystore.Options{Dir: u.dir, Backup: backup}, u.log.Note)
		if err == nil {
			core, err = u.open(ctx, keys, reports)
		}
		fyne.Do(func() {
			defer close(shown)
			if err != nil {
				u.log.Note("the app can't start", err)
				u.trouble(ctx, settings, err)
				return
			}
			u.reports = reports
			u.show(ctx, settings, keys.Class(), core)
		})
	})
	return shown
}

func (u *ui) show(ctx context.Context, settings *model.Settings, class key.Class, core *phone.Core) {
	u.core = core
	mobile := fyne.CurrentDevice().IsMobile()
	opt := shell.Options{ClipboardPicture: clipboardPicture, CopySecret: copySecret, Tray: u.tray(), Watch: watch(u.watch)}
	if !mobile { // it has no background of its own: that it is not used is all that it knows
		opt.Used = u.lifecycle.used
	}
	u.shell = shell.New(u.app, u.win, opt)
	cfg := model.Config{
		Core: core, Settings: settings, Log: u.log, Telemetry: u.reports, Version: version, Build: model.ThisBuild(), KeyClass: class, Changed: u.shell.Changed,
		Go: func(f func()) { u.tasks.Go(func() { guarded(u.log, f) }) }, Languages: languages(),
		StartAnew: func() { fyne.Do(func() { u.startAnew(ctx) }) }, Desktop: !mobile, Front: u.lifecycle.inFront,
		Notify: func(title, text string) { u.app.SendNotification(fyne.NewNotification(title, text)) },
	}
	if mobile { // on a desktop the code may be for what runs in the window beside
		cfg.Lifecycle = u.lifecycle
	} else {
		cfg.Camera, cfg.Displays = desktop.NewCamera(), desktop.NewDisplays()
	}
	u.model = model.New(cfg)
	u.shell.Show(u.model)
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	u.ended = func() { stop(); <-done }
	kept := givesBack(core)
	u.work.Go(func() {
		defer close(done)
		defer kept()
		guarded(u.log, func() { core.Run(run) })
	})
	if u.link != "" {
		u.model.Text(u.link)
		u.link = ""
	}
}

// startAnew closes an app in which everything was deleted, and opens an empty one in its place. What its servers still have to be told is the empty one's.
func (u *ui) startAnew(ctx context.Context) {
	if u.core == nil { // a second tap
		return
	}
	core, ended := u.core, u.ended
	u.shell.Close()
	u.model.Close()
	u.shell, u.model, u.core = nil, nil, nil
	u.win.SetContent(widgets.Center(widgets.NewMark(96, style.Primary, style.Primary)))
	u.work.Go(func() {
		ended()
		core.Close()
		u.log.Clear() // it told of what is gone
		fyne.Do(func() { u.start(ctx, false) })
	})
}

// settle lets what was begun write what it has to: a registration that was declined is forgotten on disk too. What waits for somebody does not hold the end up.
func (u *ui) settle() {
	done := make(chan struct{})
	go func() {
		u.tasks.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(settleTime):
	}
}

// settleTime is longer than any write takes.
const settleTime = 3 * time.Second

func (u *ui) open(ctx context.Context, keys *keystore.File, reports *telemetry.Recorder) (*phone.Core, error) {
	return phone.Open(ctx, phone.Config{
		Dir: u.dir, Keys: keys, Device: device(), Log: slog.New(u.log), Telemetry: reports,
		Client:   client.Options{Agent: "avow/" + version},
		Platform: platform.Platform{Lifecycle: u.lifecycle},
	})
}

// follow opens the links of later starts, and brings the window to the front.
func (u *ui) follow(ctx context.Context, links <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case link := <-links:
			fyne.Do(func() {
				u.win.Show()
				u.win.RequestFocus()
				switch {
				case link == "":
				case u.model == nil:
					u.link = link // it is opened once the app could start
				default:
					u.model.Text(link)
				}
			})
		}
	}
}

// close ends what runs; the context has ended.
func (u *ui) close() {
	if u.shell != nil {
		u.shell.Close()
		u.model.Close()
	}
	u.work.Wait()
	u.settle()
	if u.core != nil {
		u.core.Close()
	}
}

func languages() []string {
	if l := lang.SystemLocale(); l != "" {
		return []string{l.LanguageString()}
	}
	return nil
}
