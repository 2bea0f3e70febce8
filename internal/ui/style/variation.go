package style

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// Variation is the theme of the app with a few of Fyne's values changed, for a
// part of a screen where one of Fyne's own widgets would draw too much. It
// follows the app's theme when that changes.
type Variation struct {
	Colors map[fyne.ThemeColorName]color.Color
	Sizes  map[fyne.ThemeSizeName]float32
}

var _ fyne.Theme = Variation{}

// Color returns the changed color or that of the app.
func (v Variation) Color(n fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if c, ok := v.Colors[n]; ok {
		return c
	}
	return fyne.CurrentApp().Settings().Theme().Color(n, variant)
}

// Size returns the changed size or that of the app.
func (v Variation) Size(n fyne.ThemeSizeName) float32 {
	if s, ok := v.Sizes[n]; ok {
		return s
	}
	return fyne.CurrentApp().Settings().Theme().Size(n)
}

// Font returns that of the app.
func (Variation) Font(s fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(s)
}

// Icon returns that of the app.
func (Variation) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}
