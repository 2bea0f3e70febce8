//go:build !ci

package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"avow/assets/brand"
)

func newApp() (fyne.App, error) { return app.NewWithID(brand.Own().AppID), nil }
