package tour

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestMain(m *testing.M) {
	// What a screen looks like must not follow the machine.
	for name, value := range map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "LANG": "C.UTF-8"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// BenchmarkFirstScreen measures from nothing to the first screen, drawn: keystore and core opened, window and screen made and painted.
// The server is up before.
func BenchmarkFirstScreen(b *testing.B) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	t := &tour{ctx: ctx, opt: Options{Out: io.Discard, Began: time.Now()}}
	if err := t.serve(); err != nil {
		b.Fatal(err)
	}
	env := t.env
	defer func() {
		if err := env.Close(); err != nil {
			b.Error(err)
		}
	}()
	for b.Loop() {
		t := &tour{ctx: ctx, opt: t.opt, env: env, queue: make(chan func(), 1024)}
		t.app = test.NewApp()
		theme(t.app)
		if err := t.take("Pixel 8"); err != nil {
			b.Fatal(err)
		}
		t.win.Canvas().Capture()
		b.StopTimer()
		t.env = nil // it stays up
		if err := t.close(); err != nil {
			b.Fatal(err)
		}
		if err := os.RemoveAll(t.phone.Dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
