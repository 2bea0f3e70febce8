package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/style"
)

// Card is a surface under an object, or under rows with hairlines between.
type Card struct {
	widget.BaseWidget
	content fyne.CanvasObject
	rows    []*Row
	padding float32
}

// NewCard returns a card around an object, with the card's padding.
func NewCard(content fyne.CanvasObject) *Card {
	c := &Card{content: content, padding: style.SpaceCardPadding}
	c.ExtendBaseWidget(c)
	return c
}

// NewRows returns a card of rows.
func NewRows(rows ...*Row) *Card {
	objects := make([]fyne.CanvasObject, len(rows))
	for i, r := range rows {
		objects[i] = r
	}
	c := &Card{content: Column(0, objects...), rows: rows}
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer makes the card.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	back := rect(style.RadiusCard)
	v := &view{of: c, objects: []fyne.CanvasObject{back, c.content}}
	var lines []*canvas.Rectangle
	for range max(0, len(c.rows)-1) {
		l := &canvas.Rectangle{}
		lines = append(lines, l)
		v.objects = append(v.objects, l)
	}
	v.paint = func() {
		back.FillColor = style.Color(style.Surface)
		for _, l := range lines {
			l.FillColor = style.Color(style.Outline)
		}
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		w := s.Width - 2*c.padding
		heightAt(c.content, w)
		place(c.content, c.padding, c.padding, w, s.Height-2*c.padding)
		for i, l := range lines {
			next := c.rows[i+1]
			x := next.textStart()
			place(l, x, next.Position().Y, s.Width-x-style.SpaceSlipPadding, style.StrokeSeparator)
		}
	}
	v.min = func() fyne.Size {
		return c.content.MinSize().AddWidthHeight(2*c.padding, 2*c.padding)
	}
	return v.ready()
}

// Hairline is a line of 1 px between things on a card.
func Hairline() fyne.CanvasObject {
	h := &hairline{}
	h.ExtendBaseWidget(h)
	return h
}

type hairline struct{ widget.BaseWidget }

func (h *hairline) CreateRenderer() fyne.WidgetRenderer {
	r := &canvas.Rectangle{}
	v := &view{of: h, objects: []fyne.CanvasObject{r}}
	v.paint = func() { r.FillColor = style.Color(style.Outline) }
	v.layout = func(s fyne.Size) { place(r, 0, 0, s.Width, style.StrokeSeparator) }
	v.min = func() fyne.Size { return fyne.NewSize(0, style.StrokeSeparator) }
	return v.ready()
}

// Row is a line of a list: icon or tile, title, second line, and at the end a
// value, a caret, a switch or another object. With OnTap it is a button.
type Row struct {
	control
	spec  RowSpec
	tight bool // at its width the value has no room beside the title
}

// RowSpec is what a row shows. All but Title may be empty.
type RowSpec struct {
	Icon   icons.Name
	Tone   Tone // of the tile; without Tile the icon is in the primary color
	Tile   bool // icon on a tile of 48, title in bold
	Title  string
	Second string
	// SecondTone colors the second line if it says a status; Quiet is muted.
	SecondTone Tone
	Below      fyne.CanvasObject // under the second line; not tappable itself
	Foot       fyne.CanvasObject // under all of it, as wide as the row: what can be done with it
	Value      string            // muted, at the end
	Caret      bool              // leads on
	End        fyne.CanvasObject // instead of value and caret; not tappable itself when OnTap is set
	OnTap      func()
}

// NewRow returns a row.
func NewRow(spec RowSpec) *Row {
	r := &Row{spec: spec}
	r.tap = spec.OnTap
	r.asleep = spec.OnTap == nil
	r.ExtendBaseWidget(r)
	return r
}

// Set shows something else in the row.
func (r *Row) Set(spec RowSpec) {
	r.spec = spec
	r.tap, r.asleep = spec.OnTap, spec.OnTap == nil
	r.Refresh()
}

// Spec returns what the row shows.
func (r *Row) Spec() RowSpec { return r.spec }

// textStart is where the text begins, and with it the hairline above.
func (r *Row) textStart() float32 {
	switch {
	case r.spec.Tile:
		return 78
	case r.spec.Icon != "":
		return 56
	}
	return style.SpaceCardPadding
}

// valueBelow tells whether the value stands under the title, because the text is large or the row is tight: beside each other both would break.
func (r *Row) valueBelow() bool {
	return (style.LargeText() || r.tight) && r.spec.Value != "" && r.spec.Second == ""
}

// isTight tells whether a value beside the title leaves less room than the title's longest word needs.
func (r *Row) isTight(width, value float32) bool {
	if r.spec.Value == "" {
		return false
	}
	room := width - r.textStart() - style.SpaceCardPadding - value - style.Space3
	if r.spec.Caret {
		room -= style.IconInline + style.Space3
	}
	if r.spec.End != nil {
		room -= r.spec.End.MinSize().Width + style.Space3
	}
	return longestWord(r.spec.Title, style.TextSize(style.TextLead), fyne.TextStyle{}) > room
}

// CreateRenderer makes the row.
func (r *Row) CreateRenderer() fyne.WidgetRenderer {
	r.furnish(style.RadiusKey)
	tile := rect(style.RadiusKey)
	icon, caret := newGlyph(), newGlyph()
	title := NewText(style.TextLead, style.Text, Run{})
	second := NewMuted("")
	value := label("", fyne.TextStyle{})
	v := &view{of: r}
	v.paint = func() {
		fill, ink := r.spec.Tone.soft()
		tile.FillColor = style.Color(fill)
		tile.Hidden = !r.spec.Tile
		if !r.spec.Tile {
			ink = style.Primary
			if r.spec.Tone != Quiet {
				ink = r.spec.Tone.ink()
			}
		}
		icon.set(r.spec.Icon, ink)
		setOnce(title, Run{Text: r.spec.Title, Bold: r.spec.Tile || r.spec.Second != ""})
		words := r.spec.Second
		if words == "" && r.valueBelow() {
			words = r.spec.Value
		}
		setOnce(second, Run{Text: words, Color: r.spec.SecondTone.ink(), Bold: r.spec.SecondTone != Quiet})
		second.Hidden = words == ""
		value.Text = authn.VisibleText(r.spec.Value)
		dress(value, style.TextBody, style.TextMuted)
		caretIcon := icons.Name("")
		if r.spec.Caret {
			caretIcon = icons.CaretRight.Bold()
		}
		caret.set(caretIcon, style.TextMuted)
		v.objects = []fyne.CanvasObject{r.overlay, tile, icon.Image, title, second, value, caret.Image}
		for _, o := range []fyne.CanvasObject{r.spec.Below, r.spec.End, r.spec.Foot} {
			if o != nil {
				v.objects = append(v.objects, o)
			}
		}
		v.objects = append(v.objects, r.ring)
		r.shade()
	}
	v.layout = func(s fyne.Size) {
		if r.spec.Foot != nil {
			w := s.Width - 2*style.SpaceCardPadding
			h := heightAt(r.spec.Foot, w)
			s.Height -= h + style.SpaceCardPadding
			place(r.spec.Foot, style.SpaceCardPadding, s.Height, w, h)
		}
		if tight := r.isTight(s.Width, value.MinSize().Width); tight != r.tight {
			r.tight = tight
			v.paint()
		}
		r.frame(0, 0, s.Width, s.Height)
		x := r.textStart()
		d := style.IconRow
		ix := style.SpaceCardPadding
		if r.spec.Tile {
			d = style.IconTile
			place(tile, ix, (s.Height-style.SizeTile)/2, style.SizeTile, style.SizeTile)
			ix += (style.SizeTile - d) / 2
		}
		place(icon.Image, ix, (s.Height-d)/2, d, d)
		end := s.Width - style.SpaceCardPadding
		if r.spec.Caret {
			end -= style.IconInline
			place(caret.Image, end, (s.Height-style.IconInline)/2, style.IconInline, style.IconInline)
			end -= style.Space3
		}
		if r.spec.End != nil {
			m := r.spec.End.MinSize()
			end -= m.Width
			place(r.spec.End, end, (s.Height-m.Height)/2, m.Width, m.Height)
			end -= style.Space3
		}
		value.Hidden = r.spec.Value == "" || r.valueBelow()
		if !value.Hidden {
			w := value.MinSize().Width
			end -= w
			middle(value, end, 0, w, s.Height)
			end -= style.Space3
		}
		w := max(0, end-x)
		th := heightAt(title, w)
		sh := float32(0)
		if !second.Hidden {
			sh = heightAt(second, w)
		}
		bh := float32(0)
		if r.spec.Below != nil {
			bh = heightAt(r.spec.Below, w)
		}
		y := (s.Height - th - sh - bh) / 2
		place(title, x, y, w, th)
		place(second, x, y+th, w, sh)
		if r.spec.Below != nil {
			place(r.spec.Below, x, y+th+sh, w, bh)
		}
	}
	v.min = func() fyne.Size {
		h := title.MinSize().Height
		if !second.Hidden {
			h += second.MinSize().Height
		}
		if r.spec.Below != nil {
			h += r.spec.Below.MinSize().Height
		}
		h = max(style.SizeRow, h+24)
		if r.spec.Tile {
			h = max(h, style.SizeTile+24)
		}
		w := r.textStart() + 80
		if r.spec.End != nil {
			w += r.spec.End.MinSize().Width
		}
		if r.spec.Foot != nil {
			h += r.spec.Foot.MinSize().Height + style.SpaceCardPadding
		}
		return fyne.NewSize(w, h)
	}
	return v.ready()
}

// setOnce changes a text only if it says something else, so that it is not
// wrapped again for every hover.
func setOnce(t *Text, r Run) {
	if len(t.runs) == 1 && t.runs[0] == r {
		return
	}
	t.SetRuns(r)
}
