package qr

import (
	"cmp"
	"math"
	"slices"
)

// A tracing lays the grid of a code over a picture in shades of grey, from the three finder patterns outward: their sides give the
// first plane with its perspective, and each alignment pattern that is found where the plane has it makes the plane better for the
// next one. gozxing knows one alignment pattern only and takes finder patterns for points, and so loses tilted codes.
type tracing struct {
	shades  *luma
	light   bool // light on dark
	size    int
	anchors []anchor
	plane   plane
	timing  float64 // how well the timing patterns fit, -1 to 1
	spend   func(int) bool
}

// shade is the picture between its pixels; the edge goes on outside.
func (l *luma) shade(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	if !(x > 0) {
		x = 0
	}
	if !(y > 0) {
		y = 0
	}
	x, y = min(x, float64(l.Width-1)), min(y, float64(l.Height-1))
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	i := iy*l.Width + ix
	right, below := 1, l.Width
	if ix+1 >= l.Width {
		right = 0
	}
	if iy+1 >= l.Height {
		below = 0
	}
	a, b := float64(l.pix[i]), float64(l.pix[i+right])
	c, d := float64(l.pix[i+below]), float64(l.pix[i+below+right])
	return (a+(b-a)*fx)*(1-fy) + (c+(d-c)*fx)*fy
}

// leastTiming is the correlation with the timing patterns below which there is no code of the size: noise has 0.
const leastTiming = 0.3

// trace lays grids for the sizes that the trio allows and returns those whose timing patterns are there, best first.
func trace(shades *luma, t trio, spend func(int) bool) []*tracing {
	var out []*tracing
	for _, size := range t.sizes() {
		g := &tracing{shades: shades, light: t.topLeft.light, size: size, spend: spend}
		if !spend(15000+size*120) || !g.begin(t) {
			continue
		}
		if g.timing = g.timingFit(); g.timing >= leastTiming {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b *tracing) int { return cmp.Compare(b.timing, a.timing) })
	return out[:min(len(out), 2)]
}

// begin makes the plane from the corners and centers of the three finder patterns.
func (g *tracing) begin(t trio) bool {
	far := float64(g.size) - 3.5
	g.anchors = g.anchors[:0]
	add := func(p *pattern, mx, my float64) {
		right, _, _ := p.axis(t.topRight.x-t.topLeft.x, t.topRight.y-t.topLeft.y)
		down, _, _ := p.axis(t.bottomLeft.x-t.topLeft.x, t.bottomLeft.y-t.topLeft.y)
		g.anchors = append(g.anchors, anchor{mx, my, p.x, p.y, 4})
		for _, c := range [4][2]float64{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}} {
			a, b := 3.5*c[0], 3.5*c[1]
			g.anchors = append(g.anchors, anchor{mx + a, my + b, p.x + a*right[0] + b*down[0], p.y + a*right[1] + b*down[1], 1})
		}
	}
	add(t.topLeft, 3.5, 3.5)
	add(t.topRight, far, 3.5)
	add(t.bottomLeft, 3.5, far)
	return g.refit()
}

func (g *tracing) refit() bool {
	p, ok := planeThrough(g.anchors, g.size)
	if ok {
		g.plane = p
	}
	return ok
}

// module is the shade of a place given in modules: more is darker in a code that is dark on light.
func (g *tracing) module(x, y float64) float64 {
	px, py := g.plane.at(x, y)
	v := g.shades.shade(px, py)
	if g.light {
		return v
	}
	return 255 - v
}

// timingFit is the correlation of both timing patterns with what is seen, each module against its neighbors, so that no shadow counts.
func (g *tracing) timingFit() float64 {
	var both, power float64
	line := func(at func(i float64) float64) {
		before, here := at(7.5), at(8.5)
		for i := 8; i < g.size-8; i++ {
			after := at(float64(i) + 1.5)
			edge := here - (before+after)/2
			if i%2 == 1 {
				edge = -edge
			}
			both += edge
			power += math.Abs(edge)
			before, here = here, after
		}
	}
	line(func(i float64) float64 { return g.module(i, 6.5) })
	line(func(i float64) float64 { return g.module(6.5, i) })
	if power == 0 {
		return 0
	}
	return both / power
}

// follow finds the alignment patterns, nearest to what is known first.
func (g *tracing) follow() {
	centers := alignmentCenters(g.size)
	type place struct{ x, y, far float64 }
	var places []place
	s := float64(g.size)
	for _, c := range centers {
		x, y := float64(c[0])+0.5, float64(c[1])+0.5
		far := min(math.Hypot(x-3.5, y-3.5), math.Hypot(x-s+3.5, y-3.5), math.Hypot(x-3.5, y-s+3.5))
		places = append(places, place{x, y, far})
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.far, b.far) })
	known := [][2]float64{{3.5, 3.5}, {s - 3.5, 3.5}, {3.5, s - 3.5}}
	for _, p := range places {
		gap := math.Inf(1)
		for _, k := range known {
			gap = min(gap, math.Hypot(p.x-k[0], p.y-k[1]))
		}
		reach := min(0.75+gap/12, 4)
		if len(places) == 1 { // the only one stands across from all that is known
			reach = min(1+gap/6, 5)
		}
		steps := int(reach / 0.5)
		if !g.spend(((2*steps+1)*(2*steps+1) + 16) * placeWork) {
			return
		}
		if a, ok := g.alignment(p.x, p.y, steps); ok {
			g.anchors = append(g.anchors, a)
			known = append(known, [2]float64{p.x, p.y})
			g.refit()
		}
	}
	g.dropOutliers()
}

const (
	leastAlignment = 0.62 // correlation
	placeWork      = 500  // nanoseconds for a place where an alignment pattern may be
)

// alignment looks for an alignment pattern up to steps half modules around where the plane has it.
func (g *tracing) alignment(x, y float64, steps int) (anchor, bool) {
	score, bx, by := -1.0, x, y
	try := func(tx, ty float64, loss float64) {
		if s := g.alignmentFit(tx, ty) - loss; s > score {
			score, bx, by = s, tx, ty
		}
	}
	for j := -steps; j <= steps; j++ {
		for i := -steps; i <= steps; i++ {
			try(x+float64(i)*0.5, y+float64(j)*0.5, 0.004*float64(i*i+j*j)/float64(steps+1))
		}
	}
	for _, step := range []float64{0.25, 0.125} {
		cx, cy := bx, by
		for _, d := range [][2]float64{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}, {-1, 1}, {1, -1}} {
			try(cx+d[0]*step, cy+d[1]*step, 0)
		}
	}
	if score < leastAlignment {
		return anchor{}, false
	}
	px, py := g.plane.at(bx, by)
	return anchor{x, y, px, py, 6 * score}, true
}

// alignmentFit correlates the 25 modules of an alignment pattern with what is seen around a place.
func (g *tracing) alignmentFit(x, y float64) float64 {
	var sum, squares, dark float64
	for j := -2; j <= 2; j++ {
		for i := -2; i <= 2; i++ {
			v := g.module(x+float64(i), y+float64(j))
			sum += v
			squares += v * v
			if max(abs(i), abs(j)) != 1 {
				dark += v
			}
		}
	}
	const n, darks = 25.0, 17.0
	variance := squares - sum*sum/n
	if variance < 25*9 { // shades that no eye would tell apart
		return 0
	}
	return (dark - sum*darks/n) / math.Sqrt(variance*darks*(n-darks)/n)
}

// dropOutliers takes alignment patterns that were none out of the plane.
func (g *tracing) dropOutliers() {
	for range 3 {
		worst, at := 1.0, -1
		ux, uy := g.plane.at(float64(g.size)/2, float64(g.size)/2)
		vx, vy := g.plane.at(float64(g.size)/2+1, float64(g.size)/2)
		unit := math.Hypot(vx-ux, vy-uy)
		for i, a := range g.anchors {
			if i < 15 {
				continue
			}
			px, py := g.plane.at(a.mx, a.my)
			if off := math.Hypot(px-a.px, py-a.py) / unit; off > worst {
				worst, at = off, i
			}
		}
		if at < 0 {
			return
		}
		g.anchors = slices.Delete(g.anchors, at, at+1)
		if !g.refit() {
			return
		}
	}
}
