package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/ui/shell"
	"avow/internal/ui/style"
)

// BenchmarkStart is the app from its folder to the first screen, painted, with 200 accounts and 1,000 codes: keystore, core, model, window. What is added when
// the PIN has opened it, until Home is painted, stands beside it; of that, argon2id takes most.
func BenchmarkStart(b *testing.B) {
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var ahead atomic.Int64
	env, err := testenv.Start(ctx, testenv.Options{Dir: b.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		b.Fatal(err)
	}
	p, err := env.OpenPhone(ctx, testenv.PhoneOptions{Name: "figures"})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Ready(ctx); err != nil {
		b.Fatal(err)
	}
	if err := env.Fill(ctx, p, 200, 1000, func() { ahead.Add(int64(time.Minute)) }); err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	p.Close()
	if err := os.CopyFS(filepath.Join(dir, "app"), os.DirFS(p.Dir)); err != nil {
		b.Fatal(err)
	}
	if err := env.Close(); err != nil {
		b.Fatal(err)
	}
	o := options{dir: filepath.Join(dir, "app")}
	test.NewTempApp(b).Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Light}))
	for b.Loop() {
		u := newUI(fyne.CurrentApp(), test.NewWindow(nil), o, model.NewLogBook(10))
		keys, err := openKeys(ctx, keystore.Options{Dir: o.dir}, u.log.Note)
		if err != nil {
			b.Fatal(err)
		}
		core, err := u.open(ctx, keys, nil)
		if err != nil {
			b.Fatal(err)
		}
		settings, err := model.OpenSettings(o.dir)
		if err != nil {
			b.Fatal(err)
		}
		s := shell.New(u.app, u.win, shell.Options{Tick: -1, Do: func(f func()) { f() }})
		m := model.New(model.Config{Core: core, Settings: settings, Log: u.log})
		s.Show(m)
		u.win.Resize(fyne.NewSize(420, 844))
		u.win.Canvas().Capture()
		if got := s.Page(); got != model.PageLock {
			b.Fatalf("page %q is shown", got)
		}
		b.StopTimer()
		if err := core.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{Title: "Unlock"}); err != nil {
			b.Fatal(err)
		}
		if n := len(core.State().Accounts); n != 200 {
			b.Fatalf("%d accounts", n)
		}
		s.Close()
		m.Close()
		core.Close()
		u.win.Close()
		b.StartTimer()
	}
}
