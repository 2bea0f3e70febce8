package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// MenuItem is an entry of a menu.
type MenuItem struct {
	Icon     icons.Name
	Text     string
	End      string // muted, at the end: its key
	Negative bool   // takes something away
	OnTap    func()
}

// ShowMenu shows a menu under the right end of an anchor until an item, a place
// beside it or Escape is tapped. The first item gets the keyboard. It returns
// what closes the menu.
func ShowMenu(c fyne.Canvas, anchor fyne.CanvasObject, items ...MenuItem) (closeMenu func()) {
	o := newOver(c, false)
	var rows []fyne.CanvasObject
	for _, it := range items {
		rows = append(rows, newMenuRow(it, o))
	}
	o.panel = newPanel(Column(0, rows...), style.RadiusKey, 6)
	o.arrange = func(s fyne.Size) {
		m := o.panel.MinSize()
		w := min(max(m.Width, 220), s.Width-2*style.SpaceScreenMargin)
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(anchor)
		x := max(style.SpaceScreenMargin, min(at.X+anchor.Size().Width-w, s.Width-w-style.SpaceScreenMargin))
		h := o.panel.heightIn(w, s.Height-2*style.Space4)
		y := max(style.Space4, min(at.Y+anchor.Size().Height+style.Space1, s.Height-h-style.Space4))
		place(o.panel, x, y, w, h)
	}
	o.show()
	if len(rows) > 0 {
		c.Focus(rows[0].(*menuRow))
	}
	return o.close
}

// ShowSheet shows content on a sheet: from below on a phone, in the middle of a
// wide window, over a scrim that takes all other taps. Escape and a tap beside
// the sheet call onLater, which may be nil. It returns what closes the sheet.
func ShowSheet(c fyne.Canvas, content fyne.CanvasObject, bottomInset float32, onLater func()) (closeSheet func()) {
	o := newOver(c, true)
	o.later = onLater
	panel := newPanel(content, style.RadiusSheet, style.SpaceScreenMargin)
	o.panel = panel
	o.arrange = func(s fyne.Size) {
		w := s.Width
		if s.Width > style.SizeRequestMaxWidth+2*style.SpaceScreenMargin {
			w = style.SizeRequestMaxWidth
			panel.bottom = 0
			h := panel.heightIn(w, s.Height-2*style.Space4)
			place(panel, (s.Width-w)/2, (s.Height-h)/2, w, h)
			return
		}
		panel.bottom = bottomInset + style.RadiusSheet
		h := panel.heightIn(w, s.Height-style.Space6+style.RadiusSheet)
		place(panel, 0, s.Height-h+style.RadiusSheet, w, h) // its lower corners lie below the window
	}
	o.show()
	return o.close
}

// over covers a canvas and holds a panel.
type over struct {
	widget.BaseWidget
	canvas  fyne.Canvas
	panel   *panel
	arrange func(fyne.Size)
	dim     bool
	later   func()
	before  fyne.Focusable
}

func newOver(c fyne.Canvas, dim bool) *over {
	o := &over{canvas: c, dim: dim, before: c.Focused()}
	o.ExtendBaseWidget(o)
	return o
}

func (o *over) show() {
	o.canvas.Overlays().Add(o)
	o.Resize(o.canvas.Size())
}

func (o *over) close() {
	o.canvas.Overlays().Remove(o)
	if o.before != nil {
		o.canvas.Focus(o.before)
	}
}

// Leave is what Escape does.
func (o *over) Leave() { o.leave() }

func (o *over) leave() {
	o.close()
	call(o.later)
}

// Tapped beside the panel is Later.
func (o *over) Tapped(e *fyne.PointEvent) {
	p, s := o.panel.Position(), o.panel.Size()
	if e.Position.X >= p.X && e.Position.X < p.X+s.Width && e.Position.Y >= p.Y && e.Position.Y < p.Y+s.Height {
		return
	}
	o.leave()
}

func (o *over) CreateRenderer() fyne.WidgetRenderer {
	scrim := &canvas.Rectangle{}
	v := &view{of: o, objects: []fyne.CanvasObject{scrim, o.panel}}
	v.paint = func() {
		scrim.FillColor = color.Transparent // a rectangle without a color makes the painter panic
		if o.dim {
			scrim.FillColor = style.Color(style.Scrim)
		}
	}
	v.layout = func(s fyne.Size) {
		place(scrim, 0, 0, s.Width, s.Height)
		o.arrange(s)
	}
	v.min = func() fyne.Size { return fyne.Size{} }
	return v.ready()
}

// panel is the raised surface of a menu or sheet.
type panel struct {
	widget.BaseWidget
	scroll          fyne.CanvasObject // around content where that is higher than the window
	content         fyne.CanvasObject
	radius, padding float32
	bottom          float32
}

func newPanel(content fyne.CanvasObject, radius, padding float32) *panel {
	p := &panel{content: content, radius: radius, padding: padding}
	p.ExtendBaseWidget(p)
	return p
}

// heightIn gives the panel a width and returns its height, at most so much: then what is on it scrolls.
func (p *panel) heightIn(width, most float32) float32 {
	h := heightAt(p, width)
	if h <= most {
		return h
	}
	if p.scroll == nil {
		p.scroll = Scroll(Inset(0, 0, p.padding+min(p.bottom, p.padding), 0, p.content)) // down to the edge: what is cut there goes on
		p.Refresh()
	}
	return most
}

func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	back := rect(p.radius)
	v := &view{of: p, objects: []fyne.CanvasObject{back, p.content}}
	v.paint = func() {
		back.FillColor = style.Color(style.SurfaceRaised)
		back.StrokeColor, back.StrokeWidth = style.Color(style.Outline), style.StrokeSeparator
		if p.scroll != nil {
			v.objects[1] = p.scroll
		}
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		w := s.Width - 2*p.padding
		if p.scroll != nil {
			place(p.scroll, p.padding, p.padding, w, s.Height-p.padding-max(0, p.bottom-p.padding))
			return
		}
		heightAt(p.content, w)
		place(p.content, p.padding, p.padding, w, s.Height-2*p.padding-p.bottom)
	}
	v.min = func() fyne.Size {
		return p.content.MinSize().AddWidthHeight(2*p.padding, 2*p.padding+p.bottom)
	}
	return v.ready()
}

// menuRow is an item of a menu.
type menuRow struct {
	control
	item MenuItem
	over *over
}

func newMenuRow(it MenuItem, o *over) *menuRow {
	r := &menuRow{item: it, over: o}
	r.tap = func() {
		o.close()
		call(it.OnTap)
	}
	r.key = func(e *fyne.KeyEvent) bool {
		switch e.Name {
		case fyne.KeyEscape:
			o.leave()
		case fyne.KeyDown:
			o.canvas.FocusNext()
		case fyne.KeyUp:
			o.canvas.FocusPrevious()
		default:
			return false
		}
		return true
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *menuRow) CreateRenderer() fyne.WidgetRenderer {
	r.furnish(style.RadiusChip)
	icon, text, end := newGlyph(), NewBody(r.item.Text), label(r.item.End, fyne.TextStyle{})
	text.whole = true
	v := &view{of: r, objects: []fyne.CanvasObject{r.overlay, icon.Image, text, end, r.ring}}
	v.paint = func() {
		ink, iconInk := style.Text, style.Primary
		if r.item.Negative {
			ink, iconInk = style.Negative, style.Negative
		}
		icon.set(r.item.Icon, iconInk)
		text.color = ink
		text.Refresh()
		dress(end, style.TextBody, style.TextMuted)
		r.shade()
	}
	lead := func() float32 {
		if r.item.Icon == "" {
			return 0
		}
		return style.IconRow + style.Space3
	}
	tail := func() float32 {
		if r.item.End == "" {
			return 0
		}
		return end.MinSize().Width + style.Space6
	}
	v.layout = func(s fyne.Size) {
		r.frame(0, 0, s.Width, s.Height)
		place(icon.Image, style.Space3, (s.Height-style.IconRow)/2, style.IconRow, style.IconRow)
		w := s.Width - lead() - 2*style.Space3 - tail()
		h := heightAt(text, w)
		place(text, style.Space3+lead(), (s.Height-h)/2, w, h)
		e := end.MinSize().Width
		middle(end, s.Width-style.Space3-e, 0, e, s.Height)
	}
	v.min = func() fyne.Size {
		h := text.MinSize().Height
		return fyne.NewSize(max(text.NaturalWidth()+1+lead()+2*style.Space3+tail(), style.SizeMinTarget), max(h+style.Space4, style.SizeMinTarget))
	}
	return v.ready()
}
