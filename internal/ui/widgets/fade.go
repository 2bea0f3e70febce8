package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// fadeHeight is over how much of its end what goes on fades out.
const fadeHeight = 28

// fade lies over the end of what is scrolled: there is more below. Taps go through it.
type fade struct {
	widget.BaseWidget
	on bool
}

func newFade() *fade {
	f := &fade{}
	f.ExtendBaseWidget(f)
	return f
}

func (f *fade) set(on bool) {
	if f.on != on {
		f.on = on
		f.Refresh()
	}
}

// CreateRenderer makes the fade.
func (f *fade) CreateRenderer() fyne.WidgetRenderer {
	shade := &canvas.LinearGradient{}
	v := &view{of: f, objects: []fyne.CanvasObject{shade}}
	v.paint = func() {
		ground := toNRGBA(style.Color(style.Background))
		clear := ground
		clear.A = 0
		shade.StartColor, shade.EndColor, shade.Hidden = clear, ground, !f.on
	}
	v.layout = func(s fyne.Size) { place(shade, 0, 0, s.Width, s.Height) }
	v.min = func() fyne.Size { return fyne.Size{} }
	return v.ready()
}
