//go:build !ci

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"avow/app/avow-simulator/windows"
	"avow/assets/icons"
)

// runWindows opens phone and desk and returns when the phone's window is closed or ctx ends.
func runWindows(ctx context.Context) error {
	a := app.NewWithID("org.avow.simulator")
	a.SetIcon(fyne.NewStaticResource("avow.png", icons.App(192)))
	s, err := windows.Open(ctx, a, windows.Options{Version: version, Out: os.Stdout, Languages: []string{lang.SystemLocale().LanguageString()}})
	if err != nil {
		return err
	}
	s.Phone.SetMaster() // closing the phone ends it all
	if err := show(s.Desk, s.Phone); err != nil {
		return errors.Join(err, s.Close())
	}
	context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	a.Run()
	return s.Close()
}

// show opens windows. Where the display does not answer, the driver panics with an error of its own: a person gets a sentence for it.
func show(windows ...fyne.Window) (err error) {
	defer func() {
		r := recover()
		cause, ok := r.(error)
		var bug runtime.Error
		switch {
		case r == nil:
		case !ok || errors.As(cause, &bug):
			panic(r)
		default:
			err = fmt.Errorf("no window opens on display %q: set DISPLAY to one that answers, or run \"make tour\", which needs none: %w", os.Getenv("DISPLAY"), cause)
		}
	}()
	for _, w := range windows {
		w.Show()
	}
	return nil
}
