package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/style"
)

// view is the renderer of all widgets here: objects back to front, and three
// functions. paint sets colors, texts and visibility from the widget's state.
type view struct {
	of      fyne.Widget
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	paint   func()
	destroy func()
}

// ready paints for the first time and returns the renderer.
func (v *view) ready() fyne.WidgetRenderer {
	if v.paint != nil {
		v.paint()
	}
	return v
}

func (v *view) Objects() []fyne.CanvasObject { return v.objects }
func (v *view) Layout(s fyne.Size)           { v.layout(s) }
func (v *view) MinSize() fyne.Size           { return v.min() }

func (v *view) Refresh() {
	if v.paint != nil {
		v.paint()
	}
	if s := v.of.Size(); !s.IsZero() {
		v.layout(s)
	}
	canvas.Refresh(v.of)
}

func (v *view) Destroy() {
	if v.destroy != nil {
		v.destroy()
	}
}

// place moves and resizes an object in one go.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// glyph is an icon that remembers what it shows.
type glyph struct{ *canvas.Image }

func newGlyph() *glyph {
	g := &glyph{&canvas.Image{FillMode: canvas.ImageFillContain}}
	g.Hidden = true
	return g
}

// set shows an icon in the color of a token; an empty name shows nothing.
func (g *glyph) set(n icons.Name, t style.Token) {
	g.Hidden = n == ""
	if n != "" {
		g.paint(string(n), icons.SVG(n), t)
	}
}

// paint shows an SVG in the color of a token.
func (g *glyph) paint(name string, svg []byte, t style.Token) {
	r := style.Icon(name+".svg", svg, t)
	if g.Resource != nil && g.Resource.Name() == r.Name() {
		return
	}
	g.Resource = r
	g.Refresh()
}

// rect makes a rectangle with rounded corners, still without colors.
func rect(radius float32) *canvas.Rectangle {
	return &canvas.Rectangle{CornerRadius: radius}
}

// label makes a text of one line, still without color.
func label(text string, s fyne.TextStyle) *canvas.Text {
	return &canvas.Text{Text: authn.VisibleText(text), TextStyle: s}
}

// dress gives a text its color and size.
func dress(t *canvas.Text, size style.TextToken, c style.Token) {
	t.Color = style.Color(c)
	t.TextSize = style.TextSize(size)
}

// middle places a text of its own height in the middle of a strip.
func middle(t *canvas.Text, x, y, w, h float32) {
	mh := t.MinSize().Height
	place(t, x, y+(h-mh)/2-lift(t.TextSize, t.TextStyle), w, mh)
}

// lift is by how much a text must go up so that its capitals, not its line,
// stand in the middle: the line has more room above than below.
func lift(size float32, s fyne.TextStyle) float32 {
	if s.Monospace {
		return size * 0.03
	}
	return size * 0.085
}

// heavy is a bold text of one line in the monospaced font. Fyne brings only the
// regular weight of it, so the text is drawn twice, a little apart.
type heavy struct {
	under, over *canvas.Text
	size        float32 // as it was dressed
}

func newHeavy(text string) *heavy {
	return &heavy{under: label(text, monoText), over: label(text, monoText)}
}

func (t *heavy) objects() []fyne.CanvasObject { return []fyne.CanvasObject{t.under, t.over} }

func (t *heavy) set(text string) { t.under.Text, t.over.Text = text, text }

func (t *heavy) dress(size float32, c style.Token) {
	t.size = size
	for _, part := range []*canvas.Text{t.under, t.over} {
		part.Color, part.TextSize = style.Color(c), size
	}
}

func (t *heavy) width() float32 { return t.over.MinSize().Width + apart(t.over, t.over.TextSize) }

// middle places the text in the middle of a box, smaller than it was dressed if that is too low or too narrow for large text.
func (t *heavy) middle(x, y, w, h float32) {
	if style.LargeText() && t.size > 0 && w > 2 && h > 0 {
		t.under.TextSize, t.over.TextSize = t.size, t.size
		if part := min(h*0.75/t.size, (w-2)/max(1, t.width())); part < 1 {
			t.under.TextSize, t.over.TextSize = t.size*part, t.size*part
		}
	}
	own := t.width()
	x += (w - own) / 2
	middle(t.under, x, y, own, h)
	middle(t.over, x+apart(t.over, t.over.TextSize), y, own, h)
}

// apart is how far the two drawings of a heavy text are from each other: whole
// pixels of the screen, at least one.
func apart(of fyne.CanvasObject, size float32) float32 {
	scale := scaleOf(of)
	return max(1, float32(int(size*0.033*scale+0.5))) / scale
}

// edge returns the stroke of an edge of a width and how far its rectangle lies
// inside, both whole pixels: Fyne draws half of a stroke outside.
func edge(of fyne.CanvasObject, width float32) (stroke, inset float32) {
	scale := scaleOf(of)
	pixels := int(width*scale + 0.5)
	return float32(pixels) / scale, float32((pixels+1)/2) / scale
}

func measure(text string, size float32, s fyne.TextStyle) fyne.Size {
	return fyne.MeasureText(text, size, s)
}

var (
	boldText = fyne.TextStyle{Bold: true}
	monoText = fyne.TextStyle{Bold: true, Monospace: true}
)

// scaleOf returns how many pixels of the screen a unit is, for an object on it.
func scaleOf(o fyne.CanvasObject) float32 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.Scale() > 0 {
		return c.Scale()
	}
	return 1
}

func toNRGBA(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }
