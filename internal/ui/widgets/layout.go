package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"avow/internal/ui/style"
)

// The layouts here give each object its width first and ask for its height
// then, so that texts that wrap get the room they need in one pass.

// heightAt gives an object a width and returns the height that it then needs.
func heightAt(o fyne.CanvasObject, width float32) float32 {
	if s := o.Size(); s.Width != width {
		o.Resize(fyne.NewSize(width, max(s.Height, o.MinSize().Height)))
	}
	return o.MinSize().Height
}

// widthOf is the width that an object takes if it may choose.
func widthOf(o fyne.CanvasObject) float32 {
	if t, ok := o.(interface{ NaturalWidth() float32 }); ok {
		return t.NaturalWidth() + 1
	}
	return o.MinSize().Width
}

// Column stands objects under each other with a gap, each as wide as the
// column. What Space returns takes the height that is left.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&column{gap: gap}, objects...)
}

// Space takes the height (Column) or width (Line) that is left.
func Space() fyne.CanvasObject { return layout.NewSpacer() }

// Gap is empty height in a column, beside the column's own gaps.
func Gap(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(0, height))
	return r
}

type column struct{ gap float32 }

func isSpace(o fyne.CanvasObject) bool {
	_, ok := o.(layout.SpacerObject)
	return ok
}

func (c *column) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	heights := make([]float32, len(objects))
	total, spaces, shown := float32(0), 0, 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if isSpace(o) {
			spaces++
			continue
		}
		heights[i] = heightAt(o, s.Width)
		total += heights[i]
	}
	total += c.gap * float32(max(0, shown-1))
	for i, o := range objects {
		if t, ok := o.(Stretchy); ok && o.Visible() {
			more := min(max(0, s.Height-total), max(0, t.MaxHeight()-heights[i]))
			heights[i] += more
			total += more
		}
	}
	share := float32(0)
	if spaces > 0 {
		share = max(0, (s.Height-total)/float32(spaces))
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		h := heights[i]
		if isSpace(o) {
			h = share
		}
		place(o, 0, y, s.Width, h)
		y += h + c.gap
	}
}

func (c *column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	shown := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if isSpace(o) {
			continue
		}
		m := o.MinSize()
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
	}
	s.Height += c.gap * float32(max(0, shown-1))
	return s
}

// Line stands objects beside each other with a gap, in the middle of the height.
// The object at index grow takes the width that is left; with grow < 0 none does
// and each has the width it wants. What Space returns grows too.
func Line(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&line{gap: gap, grow: grow}, objects...)
}

// LineTop is Line with the objects at the top.
func LineTop(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&line{gap: gap, grow: grow, top: true}, objects...)
}

type line struct {
	gap     float32
	grow    int
	top     bool
	stacked bool // by the last Layout
}

func (l *line) widths(objects []fyne.CanvasObject, width float32) []float32 {
	out := make([]float32, len(objects))
	left, flexible, shown := width, 0, 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		if i == l.grow || isSpace(o) {
			flexible++
			continue
		}
		out[i] = widthOf(o)
		left -= out[i]
	}
	left -= l.gap * float32(max(0, shown-1))
	for i, o := range objects {
		if o.Visible() && (i == l.grow || isSpace(o)) {
			out[i] = max(0, left/float32(flexible))
		}
	}
	return out
}

// stacks tells whether large text leaves no room beside each other: then objects stand under each other, each with the width it wants.
func (l *line) stacks(objects []fyne.CanvasObject, width float32) bool {
	if !style.LargeText() || width <= 0 {
		return false
	}
	need, shown := float32(0), 0
	for i, o := range objects {
		switch {
		case !o.Visible() || isSpace(o):
			continue
		case i == l.grow:
			least := o.MinSize().Width
			if t, ok := o.(interface{ NaturalWidth() float32 }); ok { // a column of single words is no text
				least = max(least, min(t.NaturalWidth(), width*0.4))
			}
			need += least
		default:
			need += widthOf(o)
		}
		shown++
	}
	return shown > 1 && need+l.gap*float32(shown-1) > width+1
}

// under is the least size of objects that stand under each other.
func under(objects []fyne.CanvasObject, gap float32) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if !o.Visible() || isSpace(o) {
			continue
		}
		if s.Height > 0 {
			s.Height += gap
		}
		m := o.MinSize()
		s = fyne.NewSize(max(s.Width, m.Width), s.Height+m.Height)
	}
	return s
}

func (l *line) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	if l.stacked = l.stacks(objects, s.Width); l.stacked {
		y := float32(0)
		for i, o := range objects {
			if !o.Visible() || isSpace(o) {
				continue
			}
			w := min(widthOf(o), s.Width)
			if i == l.grow {
				w = s.Width
			}
			h := heightAt(o, w)
			place(o, 0, y, w, h)
			y += h + min(l.gap, style.Space2)
		}
		return
	}
	x := float32(0)
	for i, w := range l.widths(objects, s.Width) {
		o := objects[i]
		if !o.Visible() {
			continue
		}
		h := heightAt(o, w)
		y := float32(0)
		if !l.top {
			y = (s.Height - h) / 2
		}
		place(o, x, y, w, h)
		x += w + l.gap
	}
}

func (l *line) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	if l.stacked {
		return under(objects, min(l.gap, style.Space2))
	}
	shown := 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		shown++
		m := o.MinSize()
		if i != l.grow && !isSpace(o) {
			m.Width = widthOf(o)
		}
		s.Width += m.Width
		s.Height = max(s.Height, m.Height)
	}
	s.Width += l.gap * float32(max(0, shown-1))
	return s
}

// Halves gives objects beside each other the same width and height.
func Halves(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&halves{gap: gap}, objects...)
}

type halves struct {
	gap     float32
	stacked bool
}

// stacks tells whether each needs the whole width.
func (h *halves) stacks(objects []fyne.CanvasObject, width float32) bool {
	if width <= 0 {
		return false
	}
	n := float32(len(objects))
	for _, o := range objects {
		if o.MinSize().Width > (width-h.gap*(n-1))/n+1 {
			return true
		}
	}
	return false
}

func (h *halves) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	n := float32(len(objects))
	if h.stacked = h.stacks(objects, s.Width); h.stacked {
		y, each := float32(0), (s.Height-h.gap*(n-1))/n
		for _, o := range objects {
			heightAt(o, s.Width)
			place(o, 0, y, s.Width, each)
			y += each + h.gap
		}
		return
	}
	w := (s.Width - h.gap*(n-1)) / n
	for i, o := range objects {
		heightAt(o, w)
		place(o, float32(i)*(w+h.gap), 0, w, s.Height)
	}
}

func (h *halves) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	n := float32(len(objects))
	if h.stacked {
		s.Height = s.Height*n + h.gap*max(0, n-1)
		return s
	}
	s.Width = s.Width*n + h.gap*max(0, n-1)
	return s
}

// Spread stands objects beside each other, each with the width it wants and the
// same share of the width that is left: two buttons of different length.
func Spread(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&spread{gap: gap}, objects...)
}

type spread struct {
	gap     float32
	stacked bool
}

func (p *spread) natural(objects []fyne.CanvasObject) float32 {
	w := p.gap * float32(max(0, len(objects)-1))
	for _, o := range objects {
		w += widthOf(o)
	}
	return w
}

// stacks tells whether each needs the whole width.
func (p *spread) stacks(objects []fyne.CanvasObject, width float32) bool {
	return width > 0 && p.natural(objects) > width+1
}

func (p *spread) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	if p.stacked = p.stacks(objects, s.Width); p.stacked {
		y := float32(0)
		for _, o := range objects {
			h := heightAt(o, s.Width)
			place(o, 0, y, s.Width, h)
			y += h + p.gap
		}
		return
	}
	left := s.Width - p.natural(objects)
	share := left / float32(len(objects))
	x := float32(0)
	for _, o := range objects {
		w := widthOf(o) + share
		heightAt(o, w)
		place(o, x, 0, w, s.Height)
		x += w + p.gap
	}
}

func (p *spread) MinSize(objects []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(p.natural(objects), 0)
	if p.stacked {
		return under(objects, p.gap)
	}
	for _, o := range objects {
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return s
}

// Grid stands objects in columns of the same width; a row is as high as its
// highest object.
func Grid(columns int, gapX, gapY float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&grid{columns, gapX, gapY}, objects...)
}

type grid struct {
	columns    int
	gapX, gapY float32
}

func (g *grid) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	w := (s.Width - g.gapX*float32(g.columns-1)) / float32(g.columns)
	y := float32(0)
	for i := 0; i < len(objects); i += g.columns {
		row := objects[i:min(i+g.columns, len(objects))]
		h := float32(0)
		for _, o := range row {
			h = max(h, heightAt(o, w))
		}
		for j, o := range row {
			place(o, float32(j)*(w+g.gapX), y, w, h)
		}
		y += h + g.gapY
	}
}

func (g *grid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for i := 0; i < len(objects); i += g.columns {
		h := float32(0)
		for _, o := range objects[i:min(i+g.columns, len(objects))] {
			m := o.MinSize()
			h = max(h, m.Height)
			s.Width = max(s.Width, m.Width)
		}
		if i > 0 {
			s.Height += g.gapY
		}
		s.Height += h
	}
	s.Width = s.Width*float32(g.columns) + g.gapX*float32(g.columns-1)
	return s
}

// Inset keeps an object away from the edges.
func Inset(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&inset{top, right, bottom, left}, o)
}

// Pad keeps an object away from all edges by the same space.
func Pad(space float32, o fyne.CanvasObject) *fyne.Container {
	return Inset(space, space, space, space, o)
}

type inset struct{ top, right, bottom, left float32 }

func (p *inset) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		w := s.Width - p.left - p.right
		heightAt(o, w)
		place(o, p.left, p.top, w, s.Height-p.top-p.bottom)
	}
}

func (p *inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s.AddWidthHeight(p.left+p.right, p.top+p.bottom)
}

// Middle keeps an object at most width wide, in the middle of the width, and as
// high as there is room.
func Middle(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&narrow{width}, o)
}

type narrow struct{ width float32 }

func (n *narrow) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		w := min(n.width, s.Width)
		heightAt(o, w)
		place(o, (s.Width-w)/2, 0, w, s.Height)
	}
}

func (n *narrow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return fyne.NewSize(min(s.Width, n.width), s.Height)
}

// Center puts an object of its own size in the middle of the width.
func Center(o fyne.CanvasObject) *fyne.Container { return container.New(&center{}, o) }

type center struct{}

func (*center) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		w := min(widthOf(o), s.Width)
		h := heightAt(o, w)
		place(o, (s.Width-w)/2, (s.Height-h)/2, w, h)
	}
}

func (*center) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}
