// Package style is the look of the app in Go: the design tokens (colors, type,
// spaces, radii, sizes, strokes, motion), the Fyne theme made of them, and an
// organization's own brand within its limits. It draws nothing: widgets do,
// with what they ask for here. The tokens are those of assets/look/tokens.json,
// a test keeps both equal; contrast follows WCAG 2.2 (1.4.3, 1.4.11), level AA.
package style

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Color returns the color of a token in the theme that is in force now. Call it
// when painting (Refresh), not once: the theme can change at run time.
// Without a Theme of this package in force it returns the light color.
func Color(t Token) color.Color {
	if ours() != nil {
		return theme.Color(t)
	}
	return colors[t].light
}

// TextSize returns the size of a type token in the theme that is in force now,
// with the person's text size applied.
func TextSize(t TextToken) float32 {
	if th := ours(); th != nil {
		return th.Size(t)
	}
	return textSizes[t]
}

// NormalSize returns the size of a type token at the text size Normal.
func NormalSize(t TextToken) float32 { return textSizes[t] }

// Icon returns an SVG whose black fills are painted in the color that a token
// has now: like Color, call it when painting. The name must be unique to the
// picture; an SVG of another form comes back as it is.
func Icon(name string, svg []byte, t Token) fyne.Resource {
	c := color.NRGBAModel.Convert(Color(t)).(color.NRGBA)
	ink := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
	// Not theme.NewColoredResource: it parses the SVG each time, and a theme that
	// does not know the token (before ours is set) makes Fyne panic.
	painted := bytes.ReplaceAll(svg, []byte(`fill="#000000"`), []byte(`fill="`+ink+`"`))
	return fyne.NewStaticResource(ink[1:]+"-"+name, painted)
}

// ReducedMotion tells whether all motion but fading is to be left out.
func ReducedMotion() bool {
	th := ours()
	return th != nil && th.reducedMotion
}

// LargeText tells whether the person chose a text size above Normal; screens
// then put facts in one column.
func LargeText() bool {
	th := ours()
	return th != nil && th.textScale > Normal
}

// ours is the theme of the app if it is one of this package. A part of a screen
// may stand in a Variation of it, which is none.
func ours() *Theme {
	app := fyne.CurrentApp()
	if app == nil {
		return nil
	}
	th, _ := app.Settings().Theme().(*Theme)
	return th
}
