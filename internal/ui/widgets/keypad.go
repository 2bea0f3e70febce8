package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Heights of the keys of a keypad.
const (
	KeySmall = style.SizeMinTarget // phones under 700 px
	KeyHigh  = 66                  // lock screen
)

// Corner is what stands left or right of the 0 of a keypad.
type Corner struct {
	Icon  icons.Name
	Text  string
	Soft  bool // on a soft fill: the way in that is preferred
	OnTap func()
}

// Keypad is a pad of ten digits with two corners. The digits take taps only:
// who has a keyboard types into the field that has the focus; the corners can
// be reached by keyboard.
type Keypad struct {
	widget.BaseWidget
	// OnDigit gets each digit.
	OnDigit func(rune)

	height   float32
	most     float32 // of a key where there is room; 0: height
	keys     []*key
	leftKey  fyne.CanvasObject
	rightKey fyne.CanvasObject
}

// NewKeypad returns a keypad; an empty corner shows nothing.
func NewKeypad(height float32, left, right Corner, onDigit func(rune)) *Keypad {
	k := &Keypad{OnDigit: onDigit, height: height}
	for _, d := range "1234567890" {
		k.keys = append(k.keys, newKey(d, k))
	}
	k.leftKey, k.rightKey = newCorner(left), newCorner(right)
	k.ExtendBaseWidget(k)
	return k
}

// UpTo lets the keys grow where there is room, and returns the keypad.
func (k *Keypad) UpTo(height float32) *Keypad {
	k.most = height
	return k
}

// MaxHeight implements Stretchy.
func (k *Keypad) MaxHeight() float32 { return 4*max(k.most, k.height) + 3*keyGap }

// Guarded makes all keys wait for a guard and returns the keypad.
func (k *Keypad) Guarded(g *Guard) *Keypad {
	for _, key := range k.keys {
		key.guard = g
	}
	for _, c := range []fyne.CanvasObject{k.leftKey, k.rightKey} {
		if c, ok := c.(*corner); ok {
			c.guard = g
		}
	}
	return k
}

// Key returns the key of a digit, for tests and for showing what to press.
func (k *Keypad) Key(digit rune) fyne.Tappable {
	for _, key := range k.keys {
		if key.digit == digit {
			return key
		}
	}
	return nil
}

const keyGap = 8

// CreateRenderer makes the pad.
func (k *Keypad) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: k}
	cells := make([]fyne.CanvasObject, 12)
	for i, key := range k.keys[:9] {
		cells[i] = key
	}
	cells[9], cells[10], cells[11] = k.leftKey, k.keys[9], k.rightKey
	v.objects = cells
	v.layout = func(s fyne.Size) {
		w, h := (s.Width-2*keyGap)/3, (s.Height-3*keyGap)/4
		for i, c := range cells {
			place(c, float32(i%3)*(w+keyGap), float32(i/3)*(h+keyGap), w, h)
		}
	}
	v.min = func() fyne.Size {
		return fyne.NewSize(3*style.SizeMinTarget+2*keyGap, 4*k.height+3*keyGap)
	}
	return v.ready()
}

// key is a key with a digit.
type key struct {
	press
	digit rune
	pad   *Keypad
}

func newKey(d rune, pad *Keypad) *key {
	k := &key{digit: d, pad: pad}
	k.ExtendBaseWidget(k)
	return k
}

// Tapped announces the digit.
func (k *key) Tapped(*fyne.PointEvent) {
	if k.pad.OnDigit != nil && k.guard.Open() {
		k.pad.OnDigit(k.digit)
	}
}

func (k *key) CreateRenderer() fyne.WidgetRenderer {
	back, over, text := rect(style.RadiusKey), rect(style.RadiusKey), newHeavy(string(k.digit))
	v := &view{of: k, objects: append([]fyne.CanvasObject{back, over}, text.objects()...)}
	v.paint = func() {
		back.FillColor = style.Color(style.Surface)
		k.shade(over)
		text.dress(style.TextSize(style.TextKey), style.Text)
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		place(over, 0, 0, s.Width, s.Height)
		text.middle(0, 0, s.Width, s.Height)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(style.SizeMinTarget) }
	return v.ready()
}

// corner is a key with words or an icon, or both.
type corner struct {
	control
	spec Corner
}

func newCorner(spec Corner) fyne.CanvasObject {
	if spec.OnTap == nil {
		return canvas.NewRectangle(color.Transparent)
	}
	c := &corner{spec: spec}
	c.tap = spec.OnTap
	c.ExtendBaseWidget(c)
	return c
}

func (c *corner) CreateRenderer() fyne.WidgetRenderer {
	c.furnish(style.RadiusKey)
	back, icon := rect(style.RadiusKey), newGlyph()
	text := NewText(style.TextBody, style.OnPrimarySoft, Run{Text: c.spec.Text, Bold: true})
	v := &view{of: c, objects: []fyne.CanvasObject{back, c.overlay, icon.Image, text, c.ring}}
	ink := style.Primary
	if c.spec.Soft {
		ink = style.OnPrimarySoft
	}
	text.color = ink
	v.paint = func() {
		back.FillColor = nil
		if c.spec.Soft {
			back.FillColor = style.Color(style.PrimarySoft)
		}
		icon.set(c.spec.Icon, ink)
		text.Hidden = c.spec.Text == ""
		c.shade()
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		c.frame(0, 0, s.Width, s.Height)
		d := style.IconTab
		if c.spec.Text == "" {
			if c.spec.Soft {
				d = style.IconScan
			}
			place(icon.Image, (s.Width-d)/2, (s.Height-d)/2, d, d)
			return
		}
		d = style.IconRow
		x := float32(0)
		room := s.Width
		if c.spec.Icon != "" {
			room -= d + style.Space2
		}
		w := min(room, longestLine(text, room))
		x = (s.Width - w - (s.Width - room)) / 2
		if c.spec.Icon != "" {
			place(icon.Image, x, (s.Height-d)/2, d, d)
			x += d + style.Space2
		}
		h := heightAt(text, w+1)
		if c.spec.Icon != "" && (h > s.Height || longestWord(c.spec.Text, text.sizeNow(), boldText) > room) { // large text: the icon says it
			text.Hide()
			place(icon.Image, (s.Width-style.IconScan)/2, (s.Height-style.IconScan)/2, style.IconScan, style.IconScan)
			return
		}
		place(text, x, (s.Height-h)/2, w+1, h)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(style.SizeMinTarget) }
	return v.ready()
}

// longestLine is the width of the longest line of a text wrapped in a width.
func longestLine(t *Text, width float32) float32 {
	heightAt(t, width)
	w := float32(0)
	for _, l := range t.lines {
		w = max(w, l.width)
	}
	return w
}

// press is what can be tapped but does not take the keyboard.
type press struct {
	widget.BaseWidget
	held, hovered bool
	guard         *Guard
}

// MouseIn shows that the pointer is here.
func (p *press) MouseIn(*desktop.MouseEvent) { p.set(&p.hovered, true) }

// MouseMoved does nothing.
func (p *press) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends hover and press.
func (p *press) MouseOut() {
	p.held = false
	p.set(&p.hovered, false)
}

// MouseDown shows the press.
func (p *press) MouseDown(*desktop.MouseEvent) { p.set(&p.held, true) }

// MouseUp ends the press.
func (p *press) MouseUp(*desktop.MouseEvent) { p.set(&p.held, false) }

// TouchDown shows the press.
func (p *press) TouchDown(*mobile.TouchEvent) { p.set(&p.held, true) }

// TouchUp ends the press.
func (p *press) TouchUp(*mobile.TouchEvent) { p.set(&p.held, false) }

// TouchCancel ends the press.
func (p *press) TouchCancel(*mobile.TouchEvent) { p.set(&p.held, false) }

func (p *press) set(state *bool, to bool) {
	*state = to
	p.Refresh()
}

func (p *press) shade(over *canvas.Rectangle) {
	over.Hidden = !p.held && !p.hovered
	over.FillColor = style.Color(style.HoverSurface)
	if p.held {
		over.FillColor = style.Color(style.Pressed)
	}
}

// PinDots shows how many digits of a PIN are typed, never which.
type PinDots struct {
	widget.BaseWidget
	count, filled int
	wrong         bool
}

// NewPinDots returns dots for a PIN of a number of digits.
func NewPinDots(count int) *PinDots {
	d := &PinDots{count: count}
	d.ExtendBaseWidget(d)
	return d
}

// Set shows how many digits are typed; wrong paints them negative.
func (d *PinDots) Set(filled int, wrong bool) {
	filled = min(filled, d.count)
	if d.filled != filled || d.wrong != wrong {
		d.filled, d.wrong = filled, wrong
		d.Refresh()
	}
}

const (
	pinDot = 18
	pinGap = 18
)

// CreateRenderer makes the dots.
func (d *PinDots) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: d}
	dots := make([]*canvas.Circle, d.count)
	for i := range dots {
		dots[i] = &canvas.Circle{StrokeWidth: style.StrokeDigit}
		v.objects = append(v.objects, dots[i])
	}
	v.paint = func() {
		for i, c := range dots {
			c.FillColor, c.StrokeColor = nil, style.Color(style.OutlineStrong)
			ink := style.Primary
			if d.wrong {
				ink = style.Negative
			}
			if i < d.filled {
				c.FillColor, c.StrokeColor = style.Color(ink), style.Color(ink)
			}
		}
	}
	v.layout = func(s fyne.Size) {
		x := (s.Width - float32(d.count)*(pinDot+pinGap) + pinGap) / 2
		for _, c := range dots {
			place(c, x+1, (s.Height-pinDot)/2+1, pinDot-2, pinDot-2)
			x += pinDot + pinGap
		}
	}
	v.min = func() fyne.Size {
		return fyne.NewSize(float32(d.count)*(pinDot+pinGap)-pinGap, pinDot)
	}
	return v.ready()
}
