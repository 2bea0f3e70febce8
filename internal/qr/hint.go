package qr

import (
	"slices"
)

// Hint is what probably kept a code from being read. It is a code for the screens, which have the words.
type Hint string

// The hints.
const (
	HintNone       Hint = ""           // nothing in the picture looks like a code
	HintTooFar     Hint = "too_far"    // modules are smaller than the picture can show
	HintBlurred    Hint = "blurred"    // edges are soft: out of focus or moved
	HintTooDark    Hint = "too_dark"   // hardly any light
	HintOutside    Hint = "outside"    // part of the code is beyond the picture's edge
	HintGlare      Hint = "glare"      // a reflection covers part of the code
	HintUnreadable Hint = "unreadable" // a code is there, sharp and large enough, but damaged
)

// The limits, chosen between the frames that testenv/camera makes under each condition.
const (
	darkestWhite   = 48   // the 98th percentile of shades, below which it is dark
	smallestModule = 2.3  // pixels
	softestEdge    = 0.27 // the steepest rise over two pixels as a share of the whole rise
	leastContrast  = 50   // shades between dark and light in a window that is worth judging
	windowSide     = 24   // pixels
	finestRuns     = 2.5  // changes along a line of a window, on average
	sameModule     = 1.35 // ratio
)

// hintSide is the longer side of the picture that is judged, in pixels. Larger ones are judged at a half or a quarter.
const hintSide = 1300

// hintWork is what a pixel of it takes, in nanoseconds.
const hintWork = 20

// hint judges a picture in which nothing was read.
func (s *search) hint(picture *luma) Hint {
	if picture.Width < windowSide || picture.Height < windowSide || s.ctx.Err() != nil {
		return HintNone
	}
	factor := 1.0
	for max(picture.Width, picture.Height) > hintSide {
		picture, factor = picture.halved(), factor/2
	}
	if picture.brightest() < darkestWhite {
		return HintTooDark
	}
	group := s.group()
	for i := range group {
		group[i] = group[i].at(factor)
	}
	if len(group) >= 1 && picture.cuts(group) {
		return HintOutside
	}
	if len(group) >= 2 && picture.blinded(group) {
		return HintGlare
	}
	sharp := picture.smoothed().sharpest()
	module := 0.0
	if len(group) > 0 {
		module = group[0].module() / factor
	}
	switch {
	case len(group) >= 2 && module < smallestModule:
		return HintTooFar
	case len(group) >= 2 && (sharp < softestEdge || sharp*module*factor < 0.8):
		return HintBlurred
	case len(group) >= 3:
		return HintUnreadable
	case picture.fine():
		return HintTooFar
	case sharp < softestEdge:
		return HintBlurred
	}
	return HintNone
}

// brightest is the shade that 2 % of the picture exceeds.
func (l *luma) brightest() int {
	var histogram [256]int
	for _, v := range l.pix {
		histogram[v]++
	}
	rest := len(l.pix) / 50
	for shade := 255; shade > 0; shade-- {
		if rest -= histogram[shade]; rest < 0 {
			return shade
		}
	}
	return 0
}

// sharpest is the steepest rise over two pixels as a share of the contrast around it, at the sharper tenth of the places
// that have contrast. 1 is a perfect edge; a picture without contrast counts as perfect, since nothing in it is soft.
func (l *luma) sharpest() float64 {
	var shares []float64
	l.windows(2*windowSide, 2*windowSide, func(x0, y0, side int) {
		low, high, steepest := 255, 0, 0
		for y := y0 + 1; y < y0+side-1; y++ {
			for x := x0 + 1; x < x0+side-1; x++ {
				i := y*l.Width + x
				low, high = min(low, int(l.pix[i])), max(high, int(l.pix[i]))
				steepest = max(steepest,
					abs(int(l.pix[i+1])-int(l.pix[i-1])), abs(int(l.pix[i+l.Width])-int(l.pix[i-l.Width])))
			}
		}
		if high-low >= leastContrast {
			shares = append(shares, float64(steepest)/float64(high-low))
		}
	})
	if len(shares) == 0 {
		return 1
	}
	slices.Sort(shares)
	return shares[len(shares)*9/10]
}

// fine says whether some window is full of changes both ways, as a code is that is too far away. Lines of text change
// along the line only.
func (l *luma) fine() bool {
	found := false
	l.windows(windowSide, windowSide/2, func(x0, y0, side int) {
		if found {
			return
		}
		low, high := 255, 0
		for y := y0; y < y0+side; y++ {
			for _, v := range l.pix[y*l.Width+x0 : y*l.Width+x0+side] {
				low, high = min(low, int(v)), max(high, int(v))
			}
		}
		if high-low < leastContrast {
			return
		}
		enough := int(finestRuns * float64(side))
		found = l.changes(y0*l.Width+x0, 1, l.Width, side, low, high) >= enough &&
			l.changes(y0*l.Width+x0, l.Width, 1, side, low, high) >= enough
	})
	return found
}

// changes counts how often the lines of a window cross from dark to light or back, with a band between the two that noise
// does not cross.
func (l *luma) changes(start, along, across, side, low, high int) int {
	dark, light := low+(high-low)*4/10, low+(high-low)*6/10
	total := 0
	for line := range side {
		state := 0
		for i := range side {
			v := int(l.pix[start+line*across+i*along])
			switch {
			case v <= dark && state != -1:
				if state == 1 {
					total++
				}
				state = -1
			case v >= light && state != 1:
				if state == -1 {
					total++
				}
				state = 1
			}
		}
	}
	return total
}

// windows visits squares of the side, step pixels apart.
func (l *luma) windows(side, step int, visit func(x, y, side int)) {
	side = min(side, l.Width, l.Height)
	for y := 0; y+side <= l.Height; y += step {
		for x := 0; x+side <= l.Width; x += step {
			visit(x, y, side)
		}
	}
}
