package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"avow/internal/ui/style"
)

// flat takes the shadows away that Fyne draws where a scroller goes on.
var flat = style.Variation{Colors: map[fyne.ThemeColorName]color.Color{theme.ColorNameShadow: color.Transparent}}

// flatter takes the bar away too.
var flatter = style.Variation{Colors: map[fyne.ThemeColorName]color.Color{
	theme.ColorNameShadow: color.Transparent, theme.ColorNameScrollBar: color.Transparent, theme.ColorNameScrollBarBackground: color.Transparent,
}}

// Scroll lets content that is too high be scrolled. Content is as wide as the
// scroller.
func Scroll(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewThemeOverride(newVScroll(content), flat)
}

// scrollSideways lets content that is too wide be scrolled, without a bar.
func scrollSideways(content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewThemeOverride(container.NewHScroll(content), flatter)
}
