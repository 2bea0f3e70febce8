package qr

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"github.com/makiuchi-d/gozxing"
)

// luma is a picture in shades of grey, 0 black to 255 white, row after row. It is what gozxing calls a luminance source.
type luma struct {
	gozxing.LuminanceSourceBase
	pix []byte
}

func newLuma(w, h int) *luma {
	return &luma{gozxing.LuminanceSourceBase{Width: w, Height: h}, make([]byte, w*h)}
}

// GetRow copies row y.
func (l *luma) GetRow(y int, row []byte) ([]byte, error) {
	if len(row) < l.Width {
		row = make([]byte, l.Width)
	}
	copy(row, l.pix[y*l.Width:(y+1)*l.Width])
	return row, nil
}

// GetMatrix is all rows; the caller does not write to them.
func (l *luma) GetMatrix() []byte { return l.pix }

// Invert is the negative.
func (l *luma) Invert() gozxing.LuminanceSource { return l.inverted() }

// RotateCounterClockwise is needed by the interface only: the finder reads every turn as it is.
func (l *luma) RotateCounterClockwise() (gozxing.LuminanceSource, error) { return nil, errUnsupported }

// RotateCounterClockwise45 is needed by the interface only.
func (l *luma) RotateCounterClockwise45() (gozxing.LuminanceSource, error) {
	return nil, errUnsupported
}

func (l *luma) String() string { return gozxing.LuminanceSourceString(l) }

// grey takes the shades out of img, what is transparent over white, since codes are saved dark on nothing.
func grey(img image.Image) *luma {
	b := img.Bounds()
	l := newLuma(b.Dx(), b.Dy())
	switch src := img.(type) {
	case *image.Gray:
		for y := range l.Height {
			copy(l.pix[y*l.Width:(y+1)*l.Width], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.YCbCr:
		for y := range l.Height {
			copy(l.pix[y*l.Width:(y+1)*l.Width], src.Y[src.YOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.RGBA:
		l.fromPixels(func(x, y int) (r, g, b, a byte) { return at(src.Pix, src.PixOffset(x, y)) }, b.Min, false)
	case *image.NRGBA:
		l.fromPixels(func(x, y int) (r, g, b, a byte) { return at(src.Pix, src.PixOffset(x, y)) }, b.Min, true)
	case *image.Paletted:
		l.fromPalette(src)
	default:
		for y := range l.Height {
			for x := range l.Width {
				l.pix[y*l.Width+x] = shadeOf(img.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
	return l
}

func at(pix []byte, i int) (r, g, b, a byte) {
	p := pix[i : i+4 : i+4]
	return p[0], p[1], p[2], p[3]
}

func (l *luma) fromPixels(pixel func(x, y int) (r, g, b, a byte), origin image.Point, straight bool) {
	for y := range l.Height {
		for x := range l.Width {
			r, g, b, a := pixel(origin.X+x, origin.Y+y)
			shade := (uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16
			if a != 255 {
				if straight {
					shade = shade * uint32(a) / 255
				}
				shade += 255 - uint32(a)
			}
			l.pix[y*l.Width+x] = byte(min(shade, 255))
		}
	}
}

func (l *luma) fromPalette(src *image.Paletted) {
	var shades [256]byte // an index without a colour reads as black, not as a panic
	for i, c := range src.Palette {
		shades[i&255] = shadeOf(c)
	}
	for y := range l.Height {
		row := src.Pix[src.PixOffset(src.Rect.Min.X, src.Rect.Min.Y+y):]
		for x := range l.Width {
			l.pix[y*l.Width+x] = shades[row[x]]
		}
	}
}

func shadeOf(c color.Color) byte {
	r, g, b, a := c.RGBA()
	shade := (r*19595+g*38470+b*7471)>>16 + (0xffff - a)
	return byte(min(shade, 0xffff) >> 8)
}

func (l *luma) inverted() *luma {
	out := newLuma(l.Width, l.Height)
	for i, v := range l.pix {
		out.pix[i] = 255 - v
	}
	return out
}

// scaled resizes by factor; smaller averages, larger interpolates.
func (l *luma) scaled(factor float64) *luma {
	w, h := max(int(float64(l.Width)*factor), 1), max(int(float64(l.Height)*factor), 1)
	if factor < 1 {
		return l.shrunk(w, h)
	}
	out := newLuma(w, h)
	draw.BiLinear.Scale(out.image(), image.Rect(0, 0, w, h), l.image(), image.Rect(0, 0, l.Width, l.Height), draw.Src, nil)
	return out
}

// halved averages two times two pixels.
func (l *luma) halved() *luma {
	out := newLuma(max(l.Width/2, 1), max(l.Height/2, 1))
	for y := range out.Height {
		upper, lower, row := l.row(2*y), l.row(2*y+1), out.row(y)
		for x := range row {
			if 2*x+1 < len(upper) {
				row[x] = byte((uint(upper[2*x]) + uint(upper[2*x+1]) + uint(lower[2*x]) + uint(lower[2*x+1]) + 2) >> 2)
			}
		}
	}
	return out
}

// shrunk averages the pixels that fall on one. x/image does the same through float64 colours and takes ten times as long.
func (l *luma) shrunk(w, h int) *luma {
	out := newLuma(w, h)
	columns := make([]int, w+1)
	for x := range columns {
		columns[x] = x * l.Width / w
	}
	for y := range h {
		y0, y1 := y*l.Height/h, (y+1)*l.Height/h
		for x := range w {
			sum := 0
			for sy := y0; sy < y1; sy++ {
				for _, v := range l.pix[sy*l.Width+columns[x] : sy*l.Width+columns[x+1]] {
					sum += int(v)
				}
			}
			out.pix[y*w+x] = byte(sum / ((y1 - y0) * (columns[x+1] - columns[x])))
		}
	}
	return out
}

func (l *luma) image() *image.Gray {
	return &image.Gray{Pix: l.pix, Stride: l.Width, Rect: image.Rect(0, 0, l.Width, l.Height)}
}
