package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// quietZone is the light border around a QR code in modules (ISO/IEC 18004).
const quietZone = 4

// QR shows a QR code, dark on white in both appearances. Each module covers a
// whole number of the screen's pixels and nothing is smoothed.
type QR struct {
	widget.BaseWidget
	modules int
	img     image.Image
	least   float32
}

// NewQR returns the picture of a code of size modules a side; dark tells the
// color of a module. least is the smallest width to show it at.
func NewQR(size int, dark func(x, y int) bool, least float32) *QR {
	q := &QR{least: least}
	q.set(size, dark)
	q.ExtendBaseWidget(q)
	return q
}

// Set shows another code.
func (q *QR) Set(size int, dark func(x, y int) bool) {
	q.set(size, dark)
	q.Refresh()
}

func (q *QR) set(size int, dark func(x, y int) bool) {
	q.modules = size + 2*quietZone
	img := image.NewPaletted(image.Rect(0, 0, q.modules, q.modules), color.Palette{
		color.Transparent, style.Color(style.Qr), // the paper is the rectangle below, with its corners
	})
	for y := range size {
		for x := range size {
			if dark(x, y) {
				img.SetColorIndex(x+quietZone, y+quietZone, 1)
			}
		}
	}
	q.img = img
}

// CreateRenderer makes the code.
func (q *QR) CreateRenderer() fyne.WidgetRenderer {
	paper := rect(style.RadiusButton)
	img := &canvas.Image{ScaleMode: canvas.ImageScalePixels, FillMode: canvas.ImageFillStretch}
	v := &view{of: q, objects: []fyne.CanvasObject{paper, img}}
	v.paint = func() {
		paper.FillColor = style.Color(style.QrPaper)
		if img.Image != q.img {
			img.Image = q.img
			img.Refresh()
		}
	}
	v.layout = func(s fyne.Size) {
		room := min(s.Width, s.Height)
		place(paper, (s.Width-room)/2, (s.Height-room)/2, room, room)
		scale := scaleOf(q)
		pixels := max(1, int(room*scale/float32(q.modules)))
		d := float32(pixels*q.modules) / scale
		snap := func(f float32) float32 { return float32(int(f*scale)) / scale }
		place(img, snap((s.Width-d)/2), snap((s.Height-d)/2), d, d)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(q.least) }
	return v.ready()
}
