//go:build !ci

package main

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"avow/app/avow-simulator/windows"
)

// runWindows opens phone and desk and returns when both are closed or ctx ends.
func runWindows(ctx context.Context) error {
	a := app.NewWithID("org.avow.simulator")
	s, err := windows.Open(ctx, a, windows.Options{Version: version, Languages: []string{lang.SystemLocale().LanguageString()}})
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	s.Desk.Show()
	s.Phone.Show()
	a.Run()
	return s.Close()
}
