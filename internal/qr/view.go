package qr

import (
	"image"
	"math"
)

// A view is one way of looking at a picture: prepared, then parted into dark and light.
type view struct {
	prepare  func() *luma
	binarize binarizer
	factor   float64 // pixels of the view a pixel of the picture
	// How far the search for tilted codes goes: triples of finder patterns, sizes for each, grids for each size.
	triples, sizes, grids int
}

// viewWork is what a pixel of a view takes, in nanoseconds.
const viewWork = 60

// views are in the order of what they find for their time, measured on the pictures of zxing's own tests and on frames
// made by testenv/camera.
func views(picture *luma) []view {
	longer := max(picture.Width, picture.Height)
	memo := map[float64]*luma{1: picture}
	at := func(factor float64) func() *luma {
		return func() *luma {
			if memo[factor] == nil {
				memo[factor] = picture.scaled(factor)
			}
			return memo[factor]
		}
	}
	// Codes fill a good part of a picture, so that a large one is read sooner when it is made smaller.
	base := min(1, 1280/float64(longer))
	vs := []view{
		{at(base), hybrid, base, 1, 2, 2},
		{at(base), local, base, 2, 3, 3},
	}
	half := base / 2
	inverted := view{func() *luma { return at(base)().inverted() }, hybrid, base, 1, 2, 2}
	vs = append(vs,
		view{at(base), global, base, 2, 3, 3},
		view{at(half), hybrid, half, 3, 3, 4},
		inverted,
		view{func() *luma { return at(base)().smoothed() }, local, base, 4, 5, 6},
		view{func() *luma { return at(base)().inverted() }, local, base, 2, 3, 3},
	)
	if double := base * 2; float64(longer)*double <= 2600 {
		vs = append(vs, view{at(double), hybrid, double, 4, 5, 6}, view{at(double), local, double, 4, 5, 6},
			view{func() *luma { return at(double)().sharpened(4) }, local, double, 4, 5, 6})
	}
	if triple := base * 3; float64(longer)*triple <= 2600 {
		vs = append(vs, view{at(triple), hybrid, triple, 4, 5, 6})
	}
	vs = append(vs, view{func() *luma { return at(base)().sharpened(3) }, local, base, 4, 5, 6})
	if quarter := base / 4; float64(longer)*quarter >= 120 {
		vs = append(vs, view{at(quarter), local, quarter, 3, 3, 4})
	}
	for _, side := range []float64{2560, 5120} { // a small code in a large photograph
		if factor := side / float64(longer); factor < 1 {
			vs = append(vs, view{at(factor), hybrid, factor, 2, 3, 3}, view{at(factor), local, factor, 2, 3, 3})
		} else if base < 1 && factor < 2 {
			vs = append(vs, view{at(1), hybrid, 1, 2, 3, 3}, view{at(1), local, 1, 2, 3, 3})
			break
		}
	}
	return vs
}

// without is the picture with the code at the corners painted over.
func (l *luma) without(corners []image.Point) *luma {
	out := newLuma(l.Width, l.Height)
	copy(out.pix, l.pix)
	bl, tl, tr := corners[0], corners[1], corners[2]
	br := tr.Add(bl).Sub(tl)
	// The corners are 3.5 modules inside the code; a fifth of the side beyond them covers that in every version.
	margin := int(math.Hypot(float64(tr.X-tl.X), float64(tr.Y-tl.Y)) / 4)
	box := image.Rectangle{bl, bl}
	for _, p := range []image.Point{tl, tr, br} {
		box.Min.X, box.Min.Y = min(box.Min.X, p.X), min(box.Min.Y, p.Y)
		box.Max.X, box.Max.Y = max(box.Max.X, p.X), max(box.Max.Y, p.Y)
	}
	box = box.Inset(-margin).Intersect(image.Rect(0, 0, l.Width, l.Height))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			out.pix[y*l.Width+x] = 255
		}
	}
	return out
}
