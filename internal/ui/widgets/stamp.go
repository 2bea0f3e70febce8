package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// Stamp is the mark on a disc: the proof that the server has confirmed a Yes.
type Stamp struct {
	widget.BaseWidget
	size float32
	mark *Mark
}

const (
	stampSize  = 96
	stampStart = 120
)

// NewStamp returns the stamp as it looks at the end.
func NewStamp() *Stamp {
	s := &Stamp{size: stampSize, mark: NewMark(64, style.OnPositive, style.OnPositive)}
	s.ExtendBaseWidget(s)
	return s
}

// Arrive brings the stamp down, once.
func (s *Stamp) Arrive() {
	if style.ReducedMotion() {
		return
	}
	a := &fyne.Animation{Duration: style.MotionStamp, Curve: fyne.AnimationEaseOut, Tick: func(f float32) {
		s.size = stampStart + (stampSize-stampStart)*f
		s.Refresh()
	}}
	a.Start()
}

// CreateRenderer makes the stamp.
func (s *Stamp) CreateRenderer() fyne.WidgetRenderer {
	disc := canvas.NewCircle(nil)
	v := &view{of: s, objects: []fyne.CanvasObject{disc, s.mark}}
	v.paint = func() {
		c := toNRGBA(style.Color(style.Positive))
		c.A = uint8(255 * max(0, min(1, (stampStart-s.size)/(stampStart-stampSize))))
		disc.FillColor = c
	}
	v.layout = func(size fyne.Size) {
		x, y := (size.Width-s.size)/2, (size.Height-s.size)/2
		place(disc, x, y, s.size, s.size)
		place(s.mark, x, y, s.size, s.size)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(stampSize) }
	return v.ready()
}
