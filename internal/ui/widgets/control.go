package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// GuardTime is how long a screen that has just arrived takes no tap, so that
// nobody hits what was not there a moment ago.
const GuardTime = 500 * time.Millisecond

// Guard refuses taps for GuardTime after something arrived. It is asked by
// the controls it is given to; the clock is handed in.
type Guard struct {
	now     func() time.Time
	arrived time.Time
}

// NewGuard returns a guard that closes now.
func NewGuard(now func() time.Time) *Guard {
	return &Guard{now: now, arrived: now()}
}

// Arrive closes the guard again: something new is on the screen.
func (g *Guard) Arrive() { g.arrived = g.now() }

// Open tells whether taps count. A nil guard is always open.
func (g *Guard) Open() bool {
	return g == nil || g.now().Sub(g.arrived) >= GuardTime
}

// control is what all things share that can be tapped: hover, press, keyboard
// focus with its ring, and the tap itself by finger, mouse, Space and Enter.
type control struct {
	widget.BaseWidget
	self                      fyne.Widget // the widget that this is a part of
	focused, hovered, pressed bool
	asleep                    bool // shows no reaction and takes no tap
	enterIgnored              bool // Enter does nothing (Yes)
	tap                       func()
	guard                     *Guard
	key                       func(*fyne.KeyEvent) bool // sees keys first; true: done with it
	char                      func(rune)

	ring    *canvas.Rectangle
	overlay *canvas.Rectangle
	filled  bool // stands on a fill of its own, so hover is the light overlay
}

var (
	_ fyne.Focusable    = (*control)(nil)
	_ fyne.Disableable  = (*control)(nil)
	_ desktop.Hoverable = (*control)(nil)
	_ desktop.Mouseable = (*control)(nil)
	_ mobile.Touchable  = (*control)(nil)
)

// ExtendBaseWidget notes whose control this is.
func (c *control) ExtendBaseWidget(w fyne.Widget) {
	c.self = w
	c.BaseWidget.ExtendBaseWidget(w)
}

// furnish makes the overlay and the focus ring for corners of a radius.
func (c *control) furnish(radius float32) {
	c.overlay = rect(radius)
	c.ring = rect(radius + ringGap)
	c.ring.StrokeWidth = style.StrokeFocus
}

// ringGap is the space between a control and its focus ring; the stroke lies
// around the edge of its rectangle, half of it inside.
const ringGap = 2 + style.StrokeFocus/2

// frame lays the overlay on the control and the ring around it.
func (c *control) frame(x, y, w, h float32) {
	place(c.overlay, x, y, w, h)
	place(c.ring, x-ringGap, y-ringGap, w+2*ringGap, h+2*ringGap)
}

// shade paints overlay and ring by the state.
func (c *control) shade() {
	c.ring.StrokeColor = style.Color(style.Focus)
	c.ring.Hidden = !c.focused
	c.overlay.Hidden = c.asleep || !c.hovered && !c.pressed
	switch {
	case c.pressed:
		c.overlay.FillColor = style.Color(style.Pressed)
	case c.filled:
		c.overlay.FillColor = style.Color(style.Hover)
	default:
		c.overlay.FillColor = style.Color(style.HoverSurface)
	}
}

// SetGuard makes the control wait for a guard; nil takes it away.
func (c *control) SetGuard(g *Guard) { c.guard = g }

func (c *control) announce() {
	if c.asleep || c.tap == nil || !c.guard.Open() {
		return
	}
	c.tap()
}

// Tapped announces a tap.
func (c *control) Tapped(*fyne.PointEvent) { c.announce() }

// Disabled has the keyboard pass by what has nothing to tap, as a note that only says something.
func (c *control) Disabled() bool { return c.asleep && c.tap == nil }

// Disable takes no taps any more.
func (c *control) Disable() { c.asleep = true; c.Refresh() }

// Enable takes taps again.
func (c *control) Enable() { c.asleep = false; c.Refresh() }

// FocusGained shows the ring.
func (c *control) FocusGained() {
	c.focused = true
	c.Refresh()
	if !c.hovered { // under a pointer nothing may move
		reveal(c.self)
	}
}

// FocusLost hides the ring.
func (c *control) FocusLost() {
	c.focused, c.pressed = false, false
	c.Refresh()
}

// TypedRune hands a character to who cares, else to the window.
func (c *control) TypedRune(r rune) {
	switch {
	case r == ' ':
	case c.char != nil:
		c.char(r)
	default:
		passOnRune(c.self, r)
	}
}

// TypedKey taps on Space and Enter; what it has no use for goes to the window.
func (c *control) TypedKey(e *fyne.KeyEvent) {
	if c.key != nil && c.key(e) {
		return
	}
	switch e.Name {
	case fyne.KeySpace:
		c.announce()
	case fyne.KeyReturn, fyne.KeyEnter:
		if !c.enterIgnored {
			c.announce()
		}
	default:
		passOn(c.self, e)
	}
}

// MouseIn shows that the pointer is here.
func (c *control) MouseIn(*desktop.MouseEvent) { c.set(&c.hovered, true) }

// MouseMoved does nothing.
func (c *control) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends hover and press.
func (c *control) MouseOut() {
	c.pressed = false
	c.set(&c.hovered, false)
}

// MouseDown shows the press.
func (c *control) MouseDown(*desktop.MouseEvent) { c.set(&c.pressed, true) }

// MouseUp ends the press.
func (c *control) MouseUp(*desktop.MouseEvent) { c.set(&c.pressed, false) }

// TouchDown shows the press.
func (c *control) TouchDown(*mobile.TouchEvent) { c.set(&c.pressed, true) }

// TouchUp ends the press.
func (c *control) TouchUp(*mobile.TouchEvent) { c.set(&c.pressed, false) }

// TouchCancel ends the press.
func (c *control) TouchCancel(*mobile.TouchEvent) { c.set(&c.pressed, false) }

func (c *control) set(state *bool, to bool) {
	*state = to
	c.Refresh()
}
