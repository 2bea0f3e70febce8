package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

const (
	scanFrame      = 290
	scanCorner     = 44
	scanStroke     = 6
	scanRadius     = 3
	scanHintGap    = 28
	scanHintHeight = 70
	drawerLap      = style.RadiusSheet // of a drawer over the picture
)

// white and ink of the scanner are the same in both appearances: a camera's
// picture is under them.
var (
	scanWhite = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	scanHint  = color.NRGBA{0xF5, 0xF3, 0xEC, 0xFF}
	scanDark  = color.NRGBA{0x0F, 0x16, 0x14, 0xFF}
	scanScrim = color.NRGBA{0x0F, 0x16, 0x13, 0xA8}
)

// Scanner is the picture of the camera with a frame on it and a hint below the
// frame. It shows pictures; looking for a code in them is not its business.
type Scanner struct {
	widget.BaseWidget
	picture  image.Image
	hint     string
	hintIcon icons.Name
	found    bool
	frameTop float32
}

// NewScanner returns a scanner without a picture, its frame top px from above.
func NewScanner(top float32) *Scanner {
	s := &Scanner{frameTop: top}
	s.ExtendBaseWidget(s)
	return s
}

// SetPicture shows a picture; it fills the widget and is cut at the edges.
func (s *Scanner) SetPicture(img image.Image) {
	s.picture = img
	s.Refresh()
}

// SetHint says what is seen ("Too far away"); empty words hide the hint.
func (s *Scanner) SetHint(icon icons.Name, words string) {
	s.hintIcon, s.hint = icon, words
	s.Refresh()
}

// SetFound turns the corners positive.
func (s *Scanner) SetFound(found bool) {
	s.found = found
	s.Refresh()
}

// CreateRenderer makes the scanner.
func (s *Scanner) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(scanDark)
	picture := &canvas.Image{FillMode: canvas.ImageFillCover}
	scrims := make([]*canvas.Rectangle, 4)
	bars := make([]*canvas.Rectangle, 8)
	box, icon := rect(style.RadiusKey), newGlyph()
	text := NewStrong("")
	v := &view{of: s, objects: []fyne.CanvasObject{ground, picture}}
	for i := range scrims {
		scrims[i] = canvas.NewRectangle(scanScrim)
		v.objects = append(v.objects, scrims[i])
	}
	for i := range bars {
		bars[i] = rect(scanRadius)
		v.objects = append(v.objects, bars[i])
	}
	v.objects = append(v.objects, box, icon.Image, text)
	v.paint = func() {
		picture.Hidden = s.picture == nil
		if picture.Image != s.picture {
			picture.Image = s.picture
			picture.Refresh()
		}
		for _, b := range bars {
			b.FillColor = scanWhite
			if s.found {
				b.FillColor = style.Color(style.Positive)
			}
		}
		box.FillColor = scanHint
		box.Hidden, text.Hidden = s.hint == "", s.hint == ""
		name := s.hintIcon
		if s.hint == "" {
			name = ""
		}
		icon.set(name, style.BrandPanel)
		setOnce(text, Run{Text: s.hint, Bold: true})
		text.ink = scanDark
	}
	v.layout = func(size fyne.Size) {
		place(ground, 0, 0, size.Width, size.Height)
		place(picture, 0, 0, size.Width, size.Height)
		room := max(96, size.Height-s.frameTop-scanHintGap-scanHintHeight-drawerLap)
		d := min(scanFrame, size.Width-2*style.SpaceScreenMargin, room)
		x, y := (size.Width-d)/2, s.frameTop
		place(scrims[0], 0, 0, size.Width, y)
		place(scrims[1], 0, y, x, d)
		place(scrims[2], x+d, y, size.Width-x-d, d)
		place(scrims[3], 0, y+d, size.Width, size.Height-y-d)
		layoutCorners(bars, x-scanStroke, y-scanStroke, d+2*scanStroke)
		lead := float32(0)
		if s.hintIcon != "" {
			lead = style.IconButton + 10
		}
		w := min(text.NaturalWidth()+1, size.Width-2*style.SpaceScreenMargin-lead-28)
		h := heightAt(text, w)
		bw, bh := w+lead+28, max(h+24, 46)
		bx := (size.Width - bw) / 2
		by := min(y+d+scanHintGap, size.Height-bh-drawerLap-style.Space2)
		place(box, bx, by, bw, bh)
		place(icon.Image, bx+14, by+(bh-style.IconButton)/2, style.IconButton, style.IconButton)
		place(text, bx+14+lead, by+(bh-h)/2, w, h)
	}
	v.min = func() fyne.Size { return fyne.NewSize(240, s.frameTop+200) }
	return v.ready()
}

// layoutCorners places the eight bars of the four corners around a square.
func layoutCorners(bars []*canvas.Rectangle, x, y, d float32) {
	far := d - scanCorner
	edge := d - scanStroke
	for i, c := range []fyne.Position{{X: x, Y: y}, {X: x + far, Y: y}, {X: x, Y: y + edge}, {X: x + far, Y: y + edge}} {
		place(bars[i], c.X, c.Y, scanCorner, scanStroke)
	}
	for i, c := range []fyne.Position{{X: x, Y: y}, {X: x + edge, Y: y}, {X: x, Y: y + far}, {X: x + edge, Y: y + far}} {
		place(bars[4+i], c.X, c.Y, scanStroke, scanCorner)
	}
}
