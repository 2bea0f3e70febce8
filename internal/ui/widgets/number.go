package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

const (
	numberDigits   = 6
	numberGap      = 6
	numberGapMany  = 4 // between more than six
	numberGroupGap = 14
	numberBox      = 36 // least width of a digit's box
	numberBoxMany  = 26
	shakeFor       = 200 * time.Millisecond
	shakeBy        = 6
)

// NumberField takes the six digits that stand on a computer's screen, or the
// eight of a code, in two groups. Digits come from Type (a keypad) and from the keyboard when it has the focus.
type NumberField struct {
	widget.BaseWidget
	// OnWords is called when the words below may have changed, and with them the height.
	OnWords func()
	// OnChanged gets the digits after each change.
	OnChanged func(digits string)
	// OnKey sees keys other than digits and Backspace; true: done with it.
	OnKey func(*fyne.KeyEvent) bool

	count   int
	digits  []rune
	wrong   bool
	words   string
	focused bool
	shift   float32
}

// NewNumberField returns an empty field for six digits.
func NewNumberField() *NumberField { return NewDigitsField(numberDigits) }

// NewDigitsField returns an empty field for another count.
func NewDigitsField(count int) *NumberField {
	f := &NumberField{count: count}
	f.ExtendBaseWidget(f)
	return f
}

// Value returns the digits so far.
func (f *NumberField) Value() string { return string(f.digits) }

// Complete tells whether all digits are there.
func (f *NumberField) Complete() bool { return len(f.digits) == f.count }

// Type adds a digit; anything else, and one digit more, is ignored. After
// SetWrong it begins a new number.
func (f *NumberField) Type(r rune) {
	if r < '0' || r > '9' {
		return
	}
	f.wake()
	if f.Complete() {
		return
	}
	f.digits = append(f.digits, r)
	f.changed()
}

// Backspace takes the last digit away; after SetWrong all of them.
func (f *NumberField) Backspace() {
	f.wake()
	if n := len(f.digits); n > 0 {
		f.digits = f.digits[:n-1]
	}
	f.changed()
}

// Set replaces the digits and takes the words away.
func (f *NumberField) Set(digits string) {
	f.digits, f.wrong, f.words = []rune(digits), false, ""
	if len(f.digits) > f.count {
		f.digits = f.digits[:f.count]
	}
	f.changed()
}

// Clear empties the field and takes the words away.
func (f *NumberField) Clear() {
	f.digits, f.wrong, f.words = nil, false, ""
	f.changed()
}

// SetWrong shows that this number is not the one, with words below. The digits
// stay to be compared until the next key.
func (f *NumberField) SetWrong(words string) {
	f.wrong, f.words = true, words
	f.Refresh()
	call(f.OnWords)
}

// Shake says what is missing, after a Yes that came too early.
func (f *NumberField) Shake(words string) {
	f.words = words
	f.Refresh()
	call(f.OnWords)
	if style.ReducedMotion() {
		return
	}
	a := &fyne.Animation{Duration: shakeFor, Curve: fyne.AnimationLinear, Tick: func(p float32) {
		f.shift = shakeAt(p)
		f.Refresh()
	}}
	a.Start()
}

// shakeAt is the shift at a part of the time: three times there and back.
func shakeAt(p float32) float32 {
	if p >= 1 {
		return 0
	}
	steps := [...]float32{shakeBy, -shakeBy, shakeBy, -shakeBy, shakeBy, -shakeBy}
	return steps[min(int(p*float32(len(steps))), len(steps)-1)]
}

// Words returns what stands below the digits, empty if nothing does.
func (f *NumberField) Words() string { return f.words }

// wake ends the state after a fault: the next key begins anew.
func (f *NumberField) wake() {
	if f.wrong {
		f.digits = nil
	}
	f.wrong, f.words = false, ""
}

func (f *NumberField) changed() {
	f.Refresh()
	call(f.OnWords)
	if f.OnChanged != nil {
		f.OnChanged(f.Value())
	}
}

// FocusGained shows the ring around the next box.
func (f *NumberField) FocusGained() {
	f.focused = true
	f.Refresh()
	reveal(f)
}

// FocusLost hides it.
func (f *NumberField) FocusLost() {
	f.focused = false
	f.Refresh()
}

// TypedRune takes a digit.
func (f *NumberField) TypedRune(r rune) { f.Type(r) }

// TypedKey takes Backspace.
func (f *NumberField) TypedKey(e *fyne.KeyEvent) {
	if f.OnKey != nil && f.OnKey(e) {
		return
	}
	if e.Name == fyne.KeyBackspace {
		f.Backspace()
		return
	}
	passOn(f, e)
}

// Tapped takes the keyboard to the field.
func (f *NumberField) Tapped(*fyne.PointEvent) {
	if fyne.CurrentDevice().IsMobile() {
		return // our own keypad is on the screen
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil {
		c.Focus(f)
	}
}

// CreateRenderer makes the boxes.
func (f *NumberField) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: f}
	boxes := make([]*canvas.Rectangle, f.count)
	texts := make([]*heavy, f.count)
	gap, least := float32(numberGap), float32(numberBox)
	if f.count > numberDigits {
		gap, least = numberGapMany, numberBoxMany
	}
	gaps := float32(f.count-2)*gap + numberGroupGap
	ring := rect(style.RadiusChip + ringGap)
	ring.StrokeWidth = style.StrokeFocus
	for i := range boxes {
		boxes[i], texts[i] = rect(style.RadiusChip), newHeavy("")
		v.objects = append(append(v.objects, boxes[i]), texts[i].objects()...)
	}
	words := NewStrong("")
	icon := newGlyph()
	v.objects = append(v.objects, ring, icon.Image, words)
	v.paint = func() {
		for i, b := range boxes {
			b.FillColor, b.StrokeColor, b.StrokeWidth = style.Color(style.Sunken), nil, 0
			digit := ""
			if i < len(f.digits) {
				digit = string(f.digits[i])
			}
			texts[i].set(digit)
			texts[i].dress(style.TextSize(style.TextCode), style.Text)
			switch {
			case f.wrong:
				b.StrokeColor, b.StrokeWidth = style.Color(style.Negative), style.StrokeDigit
			case i == len(f.digits):
				b.StrokeColor, b.StrokeWidth = style.Color(style.Primary), style.StrokeDigit
			case i > len(f.digits):
				b.StrokeColor, b.StrokeWidth = style.Color(style.OutlineStrong), style.StrokeControl
			}
		}
		ring.StrokeColor = style.Color(style.Focus)
		ring.Hidden = !f.focused
		setOnce(words, Run{Text: f.words, Bold: true, Color: style.Negative})
		words.Hidden = f.words == ""
		name := icons.Name("")
		if f.words != "" {
			name = icons.Error.Fill()
		}
		icon.set(name, style.Negative)
	}
	v.layout = func(s fyne.Size) {
		w := (s.Width - gaps) / float32(f.count)
		x := f.shift
		for i, b := range boxes {
			if i > 0 {
				x += gap
			}
			if i == f.count/2 {
				x += numberGroupGap - gap
			}
			e := float32(0)
			if b.StrokeWidth > 0 {
				b.StrokeWidth, e = edge(f, b.StrokeWidth)
			}
			place(b, x+e, e, w-2*e, style.SizeDigitBox-2*e)
			texts[i].middle(x, 0, w, style.SizeDigitBox)
			x += w
		}
		place(ring, -ringGap+f.shift, -ringGap, s.Width+2*ringGap, style.SizeDigitBox+2*ringGap)
		y := style.SizeDigitBox + style.Space2
		h := heightAt(words, s.Width-style.IconInline-style.Space2)
		place(words, style.IconInline+style.Space2, y, s.Width-style.IconInline-style.Space2, h)
		place(icon.Image, 0, y, style.IconInline, style.IconInline)
	}
	v.min = func() fyne.Size {
		h := style.SizeDigitBox
		if f.words != "" {
			h += style.Space2 + words.MinSize().Height
		}
		return fyne.NewSize(float32(f.count)*least+gaps, h)
	}
	return v.ready()
}
