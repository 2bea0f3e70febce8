package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Ring shows the time that is left as an arc around a text. It is redrawn once
// a second by who knows the time; it has no clock.
type Ring struct {
	widget.BaseWidget
	size, stroke float32
	color, late  style.Token
	left         float32
	text         string
	isLate       bool
	ended        bool
}

// NewRing returns the ring of a request: 64, negative when it is late.
func NewRing() *Ring {
	return newRing(style.SizeRing, style.StrokeRing, style.Accent, style.Negative)
}

// NewSmallRing returns the ring of a list: 36, accent when it is late.
func NewSmallRing() *Ring {
	return newRing(style.SizeRingSmall, style.StrokeRingSmall, style.Primary, style.Accent)
}

// NewCodeRing returns the ring of a code that hides itself: 56, accent when it is late.
func NewCodeRing() *Ring {
	return newRing(codeRing, style.StrokeRing, style.Primary, style.Accent)
}

// NewQuietRing returns a ring of 28 without text for the inside of a button, in
// one color: the time in which something can still be taken back.
func NewQuietRing(c style.Token) *Ring { return newRing(quietRing, style.StrokeRing, c, c) }

const (
	quietRing = 28
	codeRing  = 56
)

func newRing(size, stroke float32, c, late style.Token) *Ring {
	r := &Ring{size: size, stroke: stroke, color: c, late: late, left: 1}
	r.ExtendBaseWidget(r)
	return r
}

// Sized changes the diameter (48 on a small phone) and returns the ring.
func (r *Ring) Sized(d float32) *Ring {
	r.size = d
	r.Refresh()
	return r
}

// Set shows which part of the time is left (1 to 0), the text for it, and
// whether it is late.
func (r *Ring) Set(left float32, text string, late bool) {
	left = max(0, min(1, left))
	if r.left == left && r.text == text && r.isLate == late && !r.ended {
		return
	}
	r.left, r.text, r.isLate, r.ended = left, text, late, false
	r.Refresh()
}

// End shows that the time is over: an icon instead of the text.
func (r *Ring) End() {
	if !r.ended {
		r.left, r.text, r.ended = 0, "", true
		r.Refresh()
	}
}

// CreateRenderer makes the ring.
func (r *Ring) CreateRenderer() fyne.WidgetRenderer {
	track, arc := canvas.NewArc(0, 360, 0, nil), canvas.NewArc(0, 0, 0, nil)
	text, icon := newHeavy(""), newGlyph()
	v := &view{of: r, objects: append([]fyne.CanvasObject{track, arc, icon.Image}, text.objects()...)}
	v.paint = func() {
		ratio := 1 - 2*r.stroke/r.size
		track.CutoutRatio, arc.CutoutRatio = ratio, ratio
		track.FillColor = style.Color(style.Outline)
		c := r.color
		if r.isLate {
			c = r.late
		}
		arc.FillColor = style.Color(c)
		arc.CornerRadius = r.stroke / 2
		arc.EndAngle = 360 * r.left
		arc.Hidden = r.left == 0
		text.set(r.text)
		size := min(style.TextSize(style.TextCodeSmall), r.size/4) // it must stay inside
		if len(r.text) <= 2 && r.size < style.SizeRing {
			size = r.size * 0.38
		}
		text.dress(size, style.Text)
		name := icons.Name("")
		if r.ended {
			name = icons.History
		}
		icon.set(name, style.TextMuted)
	}
	v.layout = func(s fyne.Size) {
		x, y := (s.Width-r.size)/2, (s.Height-r.size)/2
		place(track, x, y, r.size, r.size)
		place(arc, x, y, r.size, r.size)
		text.middle(x, y, r.size, r.size)
		d := r.size * 0.4
		place(icon.Image, x+(r.size-d)/2, y+(r.size-d)/2, d, d)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(r.size) }
	return v.ready()
}
