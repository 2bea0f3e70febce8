package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// YesNo is the slab of two equal halves on which a person decides. Both take
// taps always: Yes is never greyed, the one who listens says what is missing.
// Enter on Yes does nothing, so that nobody approves by habit; Space does.
// Escape is Later, never No.
type YesNo struct {
	widget.BaseWidget
	// OnNo, OnYes and OnLater are called for No, Yes and Escape.
	OnNo, OnYes, OnLater func()
	// OnKey sees keys that come to a half first and tells whether it is done
	// with them (Backspace for the number field); OnRune gets characters.
	OnKey  func(*fyne.KeyEvent) bool
	OnRune func(rune)

	no, yes *half
}

// NewYesNo returns a slab with its two words. The guard may be nil.
func NewYesNo(no, yes string, g *Guard) *YesNo {
	y := &YesNo{}
	y.no = newHalf(no, icons.Close, style.NoFill, style.OnNo, true)
	y.yes = newHalf(yes, icons.Check, style.YesFill, style.OnYes, false)
	y.yes.enterIgnored = true
	y.no.tap = func() { call(y.OnNo) }
	y.yes.tap = func() { call(y.OnYes) }
	for _, h := range []*half{y.no, y.yes} {
		h.guard = g
		h.key = y.typed
		h.char = func(r rune) {
			if y.OnRune != nil {
				y.OnRune(r)
			}
		}
	}
	y.ExtendBaseWidget(y)
	return y
}

// No returns the half that has the keyboard focus at first.
func (y *YesNo) No() fyne.Focusable { return y.no }

// Yes returns the other half.
func (y *YesNo) Yes() fyne.Focusable { return y.yes }

// FocusNo gives the keyboard to No; call it when the slab is on the screen.
func (y *YesNo) FocusNo(c fyne.Canvas) { c.Focus(y.no) }

func (y *YesNo) typed(e *fyne.KeyEvent) bool {
	if y.OnKey != nil && y.OnKey(e) {
		return true
	}
	if e.Name == fyne.KeyEscape {
		call(y.OnLater)
		return true
	}
	return false
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// CreateRenderer makes the slab.
func (y *YesNo) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: y, objects: []fyne.CanvasObject{y.no, y.yes}}
	v.layout = func(s fyne.Size) {
		w := (s.Width - style.SizeYesNoGap) / 2
		size := style.TextSize(style.TextYesNo)
		for _, h := range []*half{y.no, y.yes} { // both in the same size; the signs stay: they say it too
			if own, room := measure(h.text, style.TextSize(style.TextYesNo), boldText).Width, w-halfGap-style.IconYesNo-2*style.Space2; own > room && room > 0 {
				size = min(size, style.TextSize(style.TextYesNo)*room/own)
			}
		}
		y.no.size, y.yes.size = size, size
		place(y.no, 0, 0, w, s.Height)
		place(y.yes, w+style.SizeYesNoGap, 0, w, s.Height)
	}
	v.min = func() fyne.Size {
		m := y.no.MinSize().Max(y.yes.MinSize())
		return fyne.NewSize(2*m.Width+style.SizeYesNoGap, m.Height)
	}
	return v.ready()
}

// half is one side of the slab.
type half struct {
	control
	text      string
	icon      icons.Name
	fill, ink style.Token
	left      bool
	size      float32 // of the word
}

const halfGap = 12 // between sign and word

func newHalf(text string, icon icons.Name, fill, ink style.Token, left bool) *half {
	h := &half{text: text, icon: icon, fill: fill, ink: ink, left: left, size: style.TextSize(style.TextYesNo)}
	h.filled = true
	h.ExtendBaseWidget(h)
	return h
}

func (h *half) CreateRenderer() fyne.WidgetRenderer {
	h.furnish(style.RadiusHalf)
	back, icon, text := rect(0), newGlyph(), label(h.text, boldText)
	h.corners(back, 0)
	h.corners(h.overlay, 0)
	h.corners(h.ring, ringGap)
	v := &view{of: h, objects: []fyne.CanvasObject{back, h.overlay, icon.Image, text, h.ring}}
	v.paint = func() {
		back.FillColor = style.Color(h.fill)
		icon.set(h.icon.Bold(), h.ink)
		text.Text = h.text
		dress(text, style.TextYesNo, h.ink)
		h.shade()
	}
	const gap = halfGap
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		h.frame(0, 0, s.Width, s.Height)
		text.TextSize = h.size
		w := text.MinSize().Width
		x := (s.Width - w - gap - style.IconYesNo) / 2
		place(icon.Image, x, (s.Height-style.IconYesNo)/2, style.IconYesNo, style.IconYesNo)
		middle(text, x+style.IconYesNo+gap, 0, w, s.Height)
	}
	v.min = func() fyne.Size {
		w := measure(h.text, style.TextSize(style.TextYesNo), boldText).Width
		if style.LargeText() {
			w = min(w, style.SizeMinTarget)
		}
		return fyne.NewSize(w+gap+style.IconYesNo+32, style.SizeYesNo)
	}
	return v.ready()
}

// corners rounds the outer corners more than those at the other half.
func (h *half) corners(r *canvas.Rectangle, more float32) {
	outer, inner := style.RadiusHalf+more, style.RadiusSmall+more
	if !h.left {
		outer, inner = inner, outer
	}
	r.TopLeftCornerRadius, r.BottomLeftCornerRadius = outer, outer
	r.TopRightCornerRadius, r.BottomRightCornerRadius = inner, inner
}
