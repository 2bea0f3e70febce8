package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"avow/internal/ui/style"
)

// flat takes the bar of a scroller away.
var flat = style.Variation{Colors: map[fyne.ThemeColorName]color.Color{
	theme.ColorNameScrollBar: color.Transparent, theme.ColorNameScrollBarBackground: color.Transparent,
}}

// Scroll lets content that is too high be scrolled. Content is as wide as the
// scroller.
func Scroll(content fyne.CanvasObject) fyne.CanvasObject {
	return newVScroll(yielding(content))
}

// yielding asks for no width: what scrolls up and down is as wide as its place, also where large text would like more; a text in it breaks.
func yielding(o fyne.CanvasObject) fyne.CanvasObject { return container.New(&yield{}, o) }

type yield struct{}

func (*yield) Layout(o []fyne.CanvasObject, s fyne.Size) {
	heightAt(o[0], s.Width)
	place(o[0], 0, 0, s.Width, s.Height)
}

func (*yield) MinSize(o []fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, o[0].MinSize().Height) }

// scrollSideways lets content that is too wide be scrolled, without a bar.
func scrollSideways(content fyne.CanvasObject) (frame fyne.CanvasObject, scroll *container.Scroll) {
	scroll = container.NewHScroll(container.NewWithoutLayout())
	o := container.NewThemeOverride(scroll, flat)
	scroll.Content = content // only now: the theme of what is in it stays the app's
	return o, scroll
}
