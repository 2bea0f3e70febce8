package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// Slip is the card with two notches and a tear line on which someone decides
// or gets a proof: what it is about above the line, what to do below.
type Slip struct {
	widget.BaseWidget
	top, bottom        fyne.CanvasObject
	fill, ground, dash style.Token
	padding            float32
	tear               float32 // the least space above and below the tear line
	fade               uint8   // how much the ground covers the slip while it arrives
}

// NewSlip returns a slip on the page. Height that is left goes above the tear.
func NewSlip(top, bottom fyne.CanvasObject) *Slip {
	s := &Slip{
		top: top, bottom: bottom, fill: style.Surface, ground: style.Background, dash: style.Outline,
		padding: style.SpaceSlipPadding, tear: style.SpaceSlipPadding,
	}
	s.ExtendBaseWidget(s)
	return s
}

// NewBrandSlip returns the slip of the welcome screen, in the brand's color.
func NewBrandSlip(top, bottom fyne.CanvasObject) *Slip {
	s := NewSlip(top, bottom)
	s.fill, s.dash = style.BrandPanel, style.BrandMark2
	s.padding = style.Space6
	return s
}

// On tells the slip on which ground it lies, and returns it.
func (s *Slip) On(ground style.Token) *Slip {
	s.ground = ground
	s.Refresh()
	return s
}

// Arrive lets the slip come up 24 px while it fades in.
func (s *Slip) Arrive() {
	if style.ReducedMotion() {
		return
	}
	home := s.Position()
	a := &fyne.Animation{Duration: style.MotionRequest, Curve: fyne.AnimationEaseOut, Tick: func(f float32) {
		s.Move(home.AddXY(0, style.Space6*(1-f)))
		s.fade = uint8(255 * (1 - f))
		s.Refresh()
	}}
	a.Start()
}

const (
	dashWidth  = 6
	dashHeight = 2
	dashEvery  = 12
	dashInset  = 18
)

// CreateRenderer makes the slip.
func (s *Slip) CreateRenderer() fyne.WidgetRenderer {
	back, cover := rect(style.RadiusSlip), rect(style.RadiusSlip)
	left, right := canvas.NewCircle(nil), canvas.NewCircle(nil)
	var dashes []*canvas.Rectangle
	v := &view{of: s}
	v.paint = func() {
		back.FillColor = style.Color(s.fill)
		for _, c := range []*canvas.Circle{left, right} {
			c.FillColor = style.Color(s.ground)
		}
		for _, d := range dashes {
			d.FillColor = style.Color(s.dash)
		}
		ground := toNRGBA(style.Color(s.ground))
		ground.A = s.fade
		cover.FillColor = ground
		cover.Hidden = s.fade == 0
	}
	inset := func() float32 {
		if s.fill == style.BrandPanel {
			return style.Space6
		}
		return dashInset
	}
	v.layout = func(size fyne.Size) {
		w := size.Width - 2*s.padding
		bottomHeight := heightAt(s.bottom, w)
		tearY := size.Height - s.padding - bottomHeight - s.tear
		heightAt(s.top, w)
		place(s.top, s.padding, s.padding, w, tearY-s.tear-s.padding)
		place(s.bottom, s.padding, tearY+s.tear, w, bottomHeight)
		place(back, 0, 0, size.Width, size.Height)
		place(cover, -1, -1, size.Width+2, size.Height+2)
		const d = 2 * style.RadiusNotch
		place(left, -style.RadiusNotch, tearY-style.RadiusNotch, d, d)
		place(right, size.Width-style.RadiusNotch, tearY-style.RadiusNotch, d, d)
		n := max(0, int((size.Width-2*inset()+dashEvery-dashWidth)/dashEvery))
		for len(dashes) < n {
			dashes = append(dashes, canvas.NewRectangle(style.Color(s.dash)))
		}
		used := float32(n)*dashEvery - (dashEvery - dashWidth)
		x := (size.Width - used) / 2
		objects := []fyne.CanvasObject{back, left, right}
		for _, dash := range dashes[:n] {
			place(dash, x, tearY-dashHeight/2, dashWidth, dashHeight)
			x += dashEvery
			objects = append(objects, dash)
		}
		v.objects = append(objects, s.top, s.bottom, cover)
	}
	v.min = func() fyne.Size {
		top, bottom := s.top.MinSize(), s.bottom.MinSize()
		return fyne.NewSize(max(top.Width, bottom.Width)+2*s.padding, top.Height+bottom.Height+2*s.padding+2*s.tear)
	}
	v.objects = []fyne.CanvasObject{back, left, right, s.top, s.bottom, cover}
	return v.ready()
}
