package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Option is one of the things to choose from.
type Option struct {
	Icon icons.Name
	Text string
}

// Segmented is a choice of two or three things side by side, always with one
// chosen: the appearance.
type Segmented struct {
	widget.BaseWidget
	// OnChosen gets the index that a person chose.
	OnChosen func(int)

	parts  []*option
	chosen int
}

// NewSegmented returns a choice with one chosen.
func NewSegmented(chosen int, onChosen func(int), options ...Option) *Segmented {
	s := &Segmented{OnChosen: onChosen, chosen: chosen}
	for i, o := range options {
		p := newOption(o, func() { s.choose(i) })
		p.height = style.SizeField
		p.first, p.last = i == 0, i == len(options)-1
		p.segment = true
		s.parts = append(s.parts, p)
	}
	s.mark()
	s.ExtendBaseWidget(s)
	return s
}

// Chosen returns the index that is chosen.
func (s *Segmented) Chosen() int { return s.chosen }

// SetChosen chooses without announcing it.
func (s *Segmented) SetChosen(i int) {
	s.chosen = i
	s.mark()
}

func (s *Segmented) choose(i int) {
	if i == s.chosen {
		return
	}
	s.SetChosen(i)
	if s.OnChosen != nil {
		s.OnChosen(i)
	}
}

func (s *Segmented) mark() {
	for i, p := range s.parts {
		p.on = i == s.chosen
		p.Refresh()
	}
}

// CreateRenderer makes the choice.
func (s *Segmented) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: s}
	for _, p := range s.parts {
		v.objects = append(v.objects, p)
	}
	n := float32(len(s.parts))
	// stacks tells whether each needs the whole width.
	stacks := func(width float32) bool {
		if width <= 0 {
			return false
		}
		for _, p := range s.parts {
			if p.MinSize().Width*n+style.SizeYesNoGap*(n-1) > width+1 {
				return true
			}
		}
		return false
	}
	v.layout = func(size fyne.Size) {
		if stacks(size.Width) {
			h := (size.Height - style.SizeYesNoGap*(n-1)) / n
			for i, p := range s.parts {
				place(p, 0, float32(i)*(h+style.SizeYesNoGap), size.Width, h)
			}
			return
		}
		w := (size.Width - style.SizeYesNoGap*(n-1)) / n
		for i, p := range s.parts {
			place(p, float32(i)*(w+style.SizeYesNoGap), 0, w, size.Height)
		}
	}
	v.min = func() fyne.Size {
		var m fyne.Size
		for _, p := range s.parts {
			m = m.Max(p.MinSize())
		}
		if stacks(s.Size().Width) {
			return fyne.NewSize(m.Width, m.Height*n+style.SizeYesNoGap*(n-1))
		}
		return fyne.NewSize(m.Width*n+style.SizeYesNoGap*(n-1), m.Height)
	}
	return v.ready()
}

// Chips are a row of choices that scrolls sideways, with one chosen.
type Chips struct {
	widget.BaseWidget
	// OnChosen gets the index that a person chose.
	OnChosen func(int)

	parts  []*option
	chosen int
	row    *fyne.Container
	frame  fyne.CanvasObject
	scroll *container.Scroll
}

// NewChips returns chips with one chosen.
func NewChips(chosen int, onChosen func(int), texts ...string) *Chips {
	c := &Chips{OnChosen: onChosen, chosen: chosen}
	objects := make([]fyne.CanvasObject, 0, len(texts))
	for i, t := range texts {
		p := newOption(Option{Text: t}, func() { c.choose(i) })
		p.height = chipHeight
		c.parts = append(c.parts, p)
		objects = append(objects, p)
	}
	c.row = Line(style.Space2, -1, objects...)
	c.frame, c.scroll = scrollSideways(c.row)
	c.mark()
	c.ExtendBaseWidget(c)
	return c
}

const chipHeight = 40

func (c *Chips) choose(i int) {
	if i == c.chosen {
		return
	}
	c.chosen = i
	c.mark()
	if c.OnChosen != nil {
		c.OnChosen(i)
	}
}

// Choose marks a chip without telling anybody.
func (c *Chips) Choose(i int) {
	if i != c.chosen {
		c.chosen = i
		c.mark()
		c.show()
	}
}

// show scrolls the chosen chip into view.
func (c *Chips) show() {
	if c.chosen < 0 || c.chosen >= len(c.parts) || c.scroll.Size().Width <= 0 {
		return
	}
	p := c.parts[c.chosen]
	from, to := p.Position().X, p.Position().X+p.Size().Width
	x := c.scroll.Offset.X
	x = min(max(x, to-c.scroll.Size().Width), from)
	if x != c.scroll.Offset.X {
		c.scroll.ScrollToOffset(fyne.NewPos(x, 0))
	}
}

func (c *Chips) mark() {
	for i, p := range c.parts {
		p.on = i == c.chosen
		p.Refresh()
	}
	c.row.Refresh()
}

// CreateRenderer makes the chips.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: c, objects: []fyne.CanvasObject{c.frame}}
	v.layout = func(s fyne.Size) {
		place(c.frame, 0, 0, s.Width, s.Height)
		c.show()
	}
	v.min = func() fyne.Size { return fyne.NewSize(style.SizeMinTarget, style.SizeMinTarget) }
	return v.ready()
}

// option is a chip or a segment.
type option struct {
	control
	spec        Option
	on          bool
	height      float32 // that is drawn; the target is at least 48
	segment     bool
	first, last bool
}

func newOption(o Option, onTap func()) *option {
	p := &option{spec: o}
	p.tap = onTap
	p.ExtendBaseWidget(p)
	return p
}

func (p *option) iconName() icons.Name {
	if !p.segment && p.on {
		return icons.Check.Bold()
	}
	if p.spec.Icon != "" && p.on {
		return p.spec.Icon.Bold()
	}
	return p.spec.Icon
}

func (p *option) CreateRenderer() fyne.WidgetRenderer {
	p.furnish(style.RadiusChip)
	back, icon, text := rect(style.RadiusChip), newGlyph(), label(p.spec.Text, boldText)
	if p.segment {
		for _, r := range []*canvas.Rectangle{back, p.overlay} {
			p.corners(r)
		}
	}
	v := &view{of: p, objects: []fyne.CanvasObject{back, p.overlay, icon.Image, text, p.ring}}
	v.paint = func() {
		fill, ink := style.Surface, style.Text
		if p.segment {
			fill = style.Sunken
		}
		if p.on {
			fill, ink = style.Primary, style.OnPrimary
		}
		p.filled = p.on
		back.FillColor = style.Color(fill)
		icon.set(p.iconName(), ink)
		text.TextStyle.Bold = p.on || !p.segment
		dress(text, style.TextBody, ink)
		p.shade()
	}
	const gap = 8
	lead := func() float32 {
		if p.iconName() == "" {
			return 0
		}
		return style.IconInline + gap
	}
	v.layout = func(s fyne.Size) {
		y := (s.Height - p.height) / 2
		place(back, 0, y, s.Width, p.height)
		p.frame(0, y, s.Width, p.height)
		w := text.MinSize().Width
		x := (s.Width - w - lead()) / 2
		place(icon.Image, x, (s.Height-style.IconInline)/2, style.IconInline, style.IconInline)
		middle(text, x+lead(), 0, w, s.Height)
	}
	v.min = func() fyne.Size {
		pad := float32(2 * style.Space4)
		if p.segment {
			pad = 2 * style.Space1
		}
		w := measure(p.spec.Text, style.TextSize(style.TextBody), boldText).Width + lead() + pad
		return fyne.NewSize(max(w, style.SizeMinTarget), max(p.height, style.SizeMinTarget))
	}
	return v.ready()
}

func (p *option) corners(r *canvas.Rectangle) {
	left, right := style.RadiusSmall, style.RadiusSmall
	if p.first {
		left = style.RadiusKey
	}
	if p.last {
		right = style.RadiusKey
	}
	r.TopLeftCornerRadius, r.BottomLeftCornerRadius = left, left
	r.TopRightCornerRadius, r.BottomRightCornerRadius = right, right
}

// Switch shows on or off. It takes no tap itself: the row around it does.
type Switch struct {
	widget.BaseWidget
	on   bool
	part float32 // where the knob is, 0 off to 1 on
}

// NewSwitch returns a switch.
func NewSwitch(on bool) *Switch {
	s := &Switch{on: on}
	s.part = s.target()
	s.ExtendBaseWidget(s)
	return s
}

// On tells whether it is on.
func (s *Switch) On() bool { return s.on }

// Set moves the knob.
func (s *Switch) Set(on bool) {
	if on == s.on {
		return
	}
	s.on = on
	from, to := s.part, s.target()
	if style.ReducedMotion() {
		s.part = to
		s.Refresh()
		return
	}
	a := &fyne.Animation{Duration: style.MotionFade, Curve: fyne.AnimationEaseOut, Tick: func(f float32) {
		s.part = from + (to-from)*f
		s.Refresh()
	}}
	a.Start()
}

func (s *Switch) target() float32 {
	if s.on {
		return 1
	}
	return 0
}

const (
	switchWidth  = 52
	switchHeight = 32
	switchKnob   = 24
)

// CreateRenderer makes the switch.
func (s *Switch) CreateRenderer() fyne.WidgetRenderer {
	back, knob := rect(switchHeight/2), canvas.NewCircle(nil)
	v := &view{of: s, objects: []fyne.CanvasObject{back, knob}}
	v.paint = func() {
		back.FillColor, knob.FillColor = style.Color(style.OutlineStrong), style.Color(style.Surface)
		if s.on {
			back.FillColor, knob.FillColor = style.Color(style.Primary), style.Color(style.OnPrimary)
		}
	}
	v.layout = func(size fyne.Size) {
		y := (size.Height - switchHeight) / 2
		place(back, 0, y, switchWidth, switchHeight)
		const rim = (switchHeight - switchKnob) / 2
		x := rim + s.part*(switchWidth-switchKnob-2*rim)
		place(knob, x, y+rim, switchKnob, switchKnob)
	}
	v.min = func() fyne.Size { return fyne.NewSize(switchWidth, switchHeight) }
	return v.ready()
}

// NewSwitchRow returns a row that turns something on and off; onChanged gets
// the new state.
func NewSwitchRow(icon icons.Name, title string, on bool, onChanged func(bool)) *Row {
	s := NewSwitch(on)
	return NewRow(RowSpec{Icon: icon, Title: title, End: s, OnTap: func() {
		s.Set(!s.On())
		onChanged(s.On())
	}})
}
