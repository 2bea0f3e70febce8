package qr

import (
	"image"
	"slices"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// level is the picture at half, a quarter … of its size.
type level struct {
	shades *luma
	factor float64 // pixels of the level a pixel of the picture
}

const (
	firstSide  = 1000 // pixels of the longer side; a level with fewer is looked at first, which costs a quarter of the next
	noisyGrain = 14   // shades; above that noise is quieted before the picture is parted into dark and light
)

// What a pixel takes, in nanoseconds.
const (
	halfWork  = 1
	quietWork = 4
	partWork  = 5

	moduleWork = 400 // of a module of the code
)

// traced reads with our own finder and grid: first the level that costs least, then the finer ones, each as its noise asks for; then
// again with a threshold that follows more closely, as soft pictures of small modules need; the other way, quieted or not; and last one that is coarser, for codes so large or so grainy that less shows more.
func (s *search) traced(picture *luma, most int) []Result {
	levels := []level{{picture, 1}}
	start := 0
	for {
		last := levels[len(levels)-1]
		if max(last.shades.Width, last.shades.Height) > firstSide {
			start = len(levels)
		} else if len(levels) > start+1 {
			break
		}
		if !s.spend(len(last.shades.pix) * halfWork) {
			return nil
		}
		levels = append(levels, level{last.shades.halved(), last.factor / 2})
	}
	for _, w := range []way{{block: wideBlock}, {block: narrowBlock}, {block: wideBlock, otherwise: true}} {
		for i := start; i >= 0; i-- {
			if found := s.traceLevel(levels[i], w, most); len(found) > 0 {
				return found
			}
		}
	}
	return s.traceLevel(levels[start+1], way{block: wideBlock}, most)
}

// way is how a level is looked at.
type way struct {
	block     int  // the square of the threshold, in pixels
	otherwise bool // quieted if there is no noise, and not if there is
}

// traceLevel looks at a level, quieted if it is noisy.
func (s *search) traceLevel(l level, w way, most int) []Result {
	pixels := len(l.shades.pix)
	if (l.shades.grain() > noisyGrain) != w.otherwise {
		if !s.spend(pixels * quietWork) {
			return nil
		}
		l.shades = l.shades.smoothed()
	}
	if !s.spend(pixels * partWork) {
		return nil
	}
	patterns := blackened(l.shades, w.block).patterns(s.spend)
	s.note(patterns, l.factor)
	var found []Result
	for len(found) < most {
		r := s.traceOne(l, patterns)
		if r == nil {
			break
		}
		found = append(found, *r)
		patterns = slices.DeleteFunc(patterns, r.covers(l.factor))
	}
	return found
}

// traceOne reads the code that the likeliest corners make.
func (s *search) traceOne(l level, patterns []*pattern) *Result {
	for _, t := range trios(patterns, s.spend) {
		for _, g := range trace(l.shades, t, s.spend) {
			g.follow()
			if text, mirrored := s.readModules(g); text != "" {
				return &Result{Text: text, Corners: t.points(l.factor, mirrored)}
			}
		}
	}
	return nil
}

// leastFamiliar is the share of modules known beforehand that must be right before the rest is believed.
const leastFamiliar = 0.75

// readModules decodes the modules as they are, and then with their neighbors' share taken out.
func (s *search) readModules(g *tracing) (text string, mirrored bool) {
	if !s.spend(g.size * g.size * moduleWork) {
		return "", false
	}
	m := g.sample()
	if text, mirrored := s.readShades(m); text != "" {
		return text, mirrored
	}
	across, down := m.softness()
	if across+down < 0.02 || !s.spend(g.size*g.size*moduleWork) {
		return "", false
	}
	return s.readShades(m.sharpened(across, down))
}

func (s *search) readShades(m *modules) (text string, mirrored bool) {
	defer func() {
		if recover() != nil { // the decoder's; it costs this grid only
			text = ""
		}
	}()
	dark := m.bits()
	if familiar(dark, m.size) < leastFamiliar {
		return "", false
	}
	decoded, err := s.decoder.Decode(matrix(dark, m.size), nil)
	if err != nil {
		return "", false
	}
	_, mirrored = decoded.GetOther().(*decoder.QRCodeDecoderMetaData)
	return decoded.GetText(), mirrored
}

// points are the corners in the pixels of the picture, in the order that [Result.Corners] promises.
func (t trio) points(factor float64, mirrored bool) []image.Point {
	var out []image.Point
	for _, p := range []*pattern{t.bottomLeft, t.topLeft, t.topRight} {
		out = append(out, image.Pt(int(p.x/factor), int(p.y/factor)))
	}
	if mirrored {
		out[0], out[2] = out[2], out[0]
	}
	return out
}

// covers says which patterns lie in the code that was read, its corners included.
func (r Result) covers(factor float64) func(*pattern) bool {
	bl, tl, tr := r.Corners[0], r.Corners[1], r.Corners[2]
	ax, ay := float64(tr.X-tl.X)*factor, float64(tr.Y-tl.Y)*factor
	bx, by := float64(bl.X-tl.X)*factor, float64(bl.Y-tl.Y)*factor
	det := ax*by - ay*bx
	return func(p *pattern) bool {
		dx, dy := p.x-float64(tl.X)*factor, p.y-float64(tl.Y)*factor
		a, b := (dx*by-dy*bx)/det, (ax*dy-ay*dx)/det
		return a > -0.15 && a < 1.15 && b > -0.15 && b < 1.15
	}
}
