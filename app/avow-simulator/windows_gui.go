//go:build !ci

package main

import (
	"context"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"avow/app/avow-simulator/windows"
	"avow/assets/icons"
)

// runWindows opens phone and desk and returns when both are closed or ctx ends.
func runWindows(ctx context.Context) error {
	a := app.NewWithID("org.avow.simulator")
	a.SetIcon(fyne.NewStaticResource("avow.png", icons.App(192)))
	s, err := windows.Open(ctx, a, windows.Options{Version: version, Out: os.Stdout, Languages: []string{lang.SystemLocale().LanguageString()}})
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	s.Phone.SetMaster() // closing the phone ends it all
	s.Desk.Show()
	s.Phone.Show()
	a.Run()
	return s.Close()
}
