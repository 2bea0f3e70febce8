package qr

import (
	"cmp"
	"math"
	"slices"
)

// pattern is a finder pattern (ISO/IEC 18004, 6.3.3) as it was seen: its center, and the two vectors that are a module long and
// stand along its sides. Lines through the center show 1:1:3:1:1 in every direction however the code is tilted, and where they
// leave the pattern tells how it is tilted.
type pattern struct {
	x, y   float64
	u, v   [2]float64
	light  bool // light on dark
	rows   int  // how many lines of the picture crossed it
	spread float64
}

func (p *pattern) module() float64 {
	return (math.Hypot(p.u[0], p.u[1]) + math.Hypot(p.v[0], p.v[1])) / 2
}

const (
	rays        = 32
	leastRays   = 20 // of those that must show the pattern
	fewRays     = 8  // that are sent first
	leastFew    = 6
	mostPattern = 80
	lopsided    = 0.12 // the share by which opposite rays may differ
)

// What they take, in nanoseconds.
const (
	hitWork = 200
	rayWork = 40
	dotWork = 5 // of a step of a ray
	fitWork = 9000
)

// direction is the unit vector of each ray.
var direction = func() (d [rays][2]float64) {
	for i := range d {
		s, c := math.Sincos(2 * math.Pi * (float64(i) + 0.25) / rays)
		d[i] = [2]float64{c, s}
	}
	return d
}()

// patterns looks through every second row for runs that stand 1:1:3:1:1, in dark as in light, and asks around each.
func (b *bitmap) patterns(spend func(int) bool) []*pattern {
	const step = 2
	var found []*pattern
	for y := step / 2; y < b.height; y += step {
		row := b.pix[y*b.width : (y+1)*b.width]
		var runs [5]int // the last five, oldest first
		seen := 0
		for x := 0; x < len(row); {
			n := run(row, x)
			runs = [5]int{runs[1], runs[2], runs[3], runs[4], n}
			x += n
			if seen++; seen < 5 || !inProportion(&runs) {
				continue
			}
			middle := float64(x-runs[4]-runs[3]) - float64(runs[2])/2
			module := float64(runs[0]+runs[1]+runs[2]+runs[3]+runs[4]) / 7
			if seenBefore(found, middle, float64(y), module) {
				continue
			}
			work := b.work
			if p := b.confirm(middle, float64(y)+0.5, module, row[int(middle)] == 0); p != nil && !seenBefore(found, p.x, p.y, p.module()) {
				p.rows = 1
				found = append(found, p)
			}
			if len(found) >= mostPattern || !spend(b.work-work+hitWork) {
				return found
			}
		}
		if !spend(b.width / 8) {
			return found
		}
	}
	return found
}

// inProportion says whether five runs can be a line through a finder pattern. Where the threshold is off, dark runs lose what light
// ones win, so that a dark and the light next to it are together what they ought to be.
func inProportion(runs *[5]int) bool {
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	if total < 9 || runs[2] < runs[0] && runs[2] < runs[4] {
		return false
	}
	// In sevenths of pixels, in which the total is the module.
	near := func(pixels, modules, slack int) bool {
		d := 7*pixels - modules*total
		return d <= slack && -d <= slack
	}
	single, pair := total*4/10+4, total*4/10+5
	return near(runs[0], 1, single) && near(runs[1], 1, single) && near(runs[3], 1, single) && near(runs[4], 1, single) &&
		near(runs[2], 3, total+4) && near(runs[0]+runs[1], 2, pair) && near(runs[3]+runs[4], 2, pair)
}

// seenBefore says whether a place is in a pattern that is there already, and counts it.
func seenBefore(found []*pattern, x, y, module float64) bool {
	for _, p := range found {
		if near := 2.2 * p.module(); math.Abs(p.x-x) < near && math.Abs(p.y-y) < near {
			p.rows++
			return true
		}
	}
	return false
}

// confirm sends rays from a place and makes a pattern of where they cross from dark to light, to dark and out.
func (b *bitmap) confirm(x, y, module float64, light bool) *pattern {
	dark := byte(1)
	if light {
		dark = 0
	}
	x, y, ok := b.centered(x, y, module, dark)
	if !ok {
		return nil
	}
	var lengths [rays]float64
	missed := 0
	for i := 0; i < rays; i += rays / fewRays {
		if b.ray(x, y, direction[i], module, dark) == 0 {
			if missed++; missed > fewRays-leastFew {
				return nil
			}
		}
	}
	for round := range 2 {
		n := 0
		var mx, my float64
		for i := range direction {
			lengths[i] = b.ray(x, y, direction[i], module, dark)
			if lengths[i] > 0 {
				n++
			}
		}
		if n < leastRays {
			return nil
		}
		pairs := 0
		uneven, total := 0.0, 0.0
		for i := range rays / 2 {
			if one, other := lengths[i], lengths[i+rays/2]; one > 0 && other > 0 {
				uneven += math.Abs(one - other)
				total += one + other
				mx += (one - other) / 2 * direction[i][0]
				my += (one - other) / 2 * direction[i][1]
				pairs++
			}
		}
		if round == 1 && uneven > total/2*(lopsided+0.12/module) {
			return nil
		}
		if round == 0 && pairs > 0 {
			// Each pair is off by the part of the shift that lies along it: half of it on average over all directions.
			x += 2 * mx / float64(pairs) * 2.5
			y += 2 * my / float64(pairs) * 2.5
		}
	}
	b.work += fitWork
	p := &pattern{x: x, y: y, light: light}
	if !p.fit(&lengths) {
		return nil
	}
	return p
}

// centered moves to the middle of the run of dark up and down, and then along the row.
func (b *bitmap) centered(x, y, module float64, dark byte) (cx, cy float64, ok bool) {
	limit := 4 * module
	span := func(dx, dy float64) float64 {
		for t := 1.0; t <= limit; t++ {
			if b.at(x+t*dx, y+t*dy) != dark {
				return t - 1
			}
		}
		return -1
	}
	up, down := span(0, -1), span(0, 1)
	if up < 0 || down < 0 {
		return 0, 0, false
	}
	y += (down - up) / 2
	left, right := span(-1, 0), span(1, 0)
	if left < 0 || right < 0 {
		return 0, 0, false
	}
	return x + (right-left)/2, y, true
}

// ray is a module's length in a direction, or 0 if the ray shows no pattern. Dark ends at 1.5 modules, light at 2.5, dark again at
// 3.5. A threshold that is off moves the first and the last the same way and the middle one the other way, so their weighted mean
// does not move.
func (b *bitmap) ray(x, y float64, d [2]float64, module float64, dark byte) float64 {
	step := max(0.5, module/6)
	limit := int(module * 3.5 * 2.4 / step)
	// It ends at the picture's edge.
	for _, side := range [2][3]float64{{x, d[0] * step, float64(b.width)}, {y, d[1] * step, float64(b.height)}} {
		room := side[0]
		if side[1] > 0 {
			room = side[2] - side[0]
		}
		if side[1] != 0 {
			limit = min(limit, int(room/math.Abs(side[1]))-1)
		}
	}
	const one = 1 << 16
	fx, fy := int(x*one), int(y*one)
	dx, dy := int(d[0]*step*one), int(d[1]*step*one)
	var ends [3]float64
	n, want := 0, dark
	t := 1
	for ; t <= limit; t++ {
		fx, fy = fx+dx, fy+dy
		if b.pix[(fy>>16)*b.width+fx>>16] == want {
			continue
		}
		ends[n] = (float64(t) - 0.5) * step
		want = 1 - want
		if n++; n == 3 {
			break
		}
	}
	b.work += rayWork + dotWork*t
	if n < 3 {
		return 0
	}
	length := (ends[0] + 2*ends[1] + ends[2]) / 10
	slack := 0.55*length + 0.6
	if math.Abs(ends[0]-1.5*length) > slack || math.Abs(ends[1]-2.5*length) > slack || math.Abs(ends[2]-3.5*length) > slack {
		return 0
	}
	return length
}

// fit finds the sides. In a direction d the pattern ends where the larger of |w1·d| and |w2·d| is one; w1 and w2 are the rows of
// the inverse of (u v).
func (p *pattern) fit(lengths *[rays]float64) bool {
	mean, n := 0.0, 0
	for _, l := range lengths {
		if l > 0 {
			mean += l
			n++
		}
	}
	mean /= float64(n)
	best := math.Inf(1)
	var rows [2][2]float64
	for turn := range 3 {
		sin, cos := math.Sincos(float64(turn) * math.Pi / 6)
		w := [2][2]float64{{cos / mean, sin / mean}, {-sin / mean, cos / mean}}
		worth := math.Inf(1)
		for range 5 {
			var ok bool
			if w, worth, ok = improved(w, lengths); !ok {
				worth = math.Inf(1)
				break
			}
		}
		if worth < best {
			best, rows = worth, w
		}
	}
	det := rows[0][0]*rows[1][1] - rows[0][1]*rows[1][0]
	if math.IsInf(best, 1) || math.Abs(det) < 1e-9 {
		return false
	}
	p.u = [2]float64{rows[1][1] / det, -rows[1][0] / det}
	p.v = [2]float64{-rows[0][1] / det, rows[0][0] / det}
	p.spread = math.Sqrt(best / float64(n)) // of lengths, as a share
	a, c := math.Hypot(p.u[0], p.u[1]), math.Hypot(p.v[0], p.v[1])
	return p.spread < 0.1+0.08/min(a, c) && a < 4*c && c < 4*a
}

// improved gives each direction to the row that it belongs to and fits both rows anew.
func improved(w [2][2]float64, lengths *[rays]float64) (out [2][2]float64, worth float64, ok bool) {
	var s [2][5]float64
	for i, l := range lengths {
		if l == 0 {
			continue
		}
		d := direction[i]
		a, b := w[0][0]*d[0]+w[0][1]*d[1], w[1][0]*d[0]+w[1][1]*d[1]
		row, at := 0, a
		if math.Abs(b) > math.Abs(a) {
			row, at = 1, b
		}
		inverse := math.Copysign(1/l, at)
		weight := l * l // errors of lengths, not of their inverses
		s[row][0] += weight * d[0] * d[0]
		s[row][1] += weight * d[0] * d[1]
		s[row][2] += weight * d[1] * d[1]
		s[row][3] += weight * d[0] * inverse
		s[row][4] += weight * d[1] * inverse
		off := (1/math.Abs(at) - l) / l
		worth += off * off
	}
	for row := range out {
		m := s[row]
		det := m[0]*m[2] - m[1]*m[1]
		if math.Abs(det) < 1e-9 {
			return out, 0, false
		}
		out[row] = [2]float64{(m[3]*m[2] - m[4]*m[1]) / det, (m[4]*m[0] - m[3]*m[1]) / det}
	}
	return out, worth, true
}

// within is a vector in modules along the pattern's sides.
func (p *pattern) within(dx, dy float64) (a, b float64) {
	det := p.u[0]*p.v[1] - p.u[1]*p.v[0]
	return (dx*p.v[1] - dy*p.v[0]) / det, (p.u[0]*dy - p.u[1]*dx) / det
}

// axis is the pattern's side vector that points along (dx, dy), how many modules that is, and the share that does not fit.
func (p *pattern) axis(dx, dy float64) (side [2]float64, modules, askew float64) {
	a, b := p.within(dx, dy)
	side = p.u
	if math.Abs(b) > math.Abs(a) {
		a, b, side = b, a, p.v
	}
	if a < 0 {
		side = [2]float64{-side[0], -side[1]}
	}
	return side, math.Abs(a), math.Abs(b / a)
}

// doubt is less for a pattern whose rays agree and that many rows have crossed for its size.
func (p *pattern) doubt() float64 {
	return 2*p.spread + 0.3*max(0, 1-float64(p.rows)/p.module())
}

// trio is three patterns that may be the corners of a code.
type trio struct {
	topLeft, topRight, bottomLeft *pattern
	across, down                  float64 // modules between the centers
	odd                           float64 // how badly they fit together
}

const (
	mostAskew = 0.4
	keepTrios = 5
)

// trioWork is what one corner with two others takes, in nanoseconds.
const trioWork = 100

// trios are the likeliest first.
func trios(found []*pattern, spend func(int) bool) []trio {
	sure := slices.Clone(found)
	slices.SortStableFunc(sure, func(a, b *pattern) int { return cmp.Compare(a.doubt(), b.doubt()) })
	sure = sure[:min(len(sure), 16)]
	var out []trio
	for _, corner := range sure {
		if !spend(len(sure) * len(sure) / 2 * trioWork) {
			return nil
		}
		for i, one := range sure {
			for _, other := range sure[i+1:] {
				if one == corner || other == corner {
					continue
				}
				if t, ok := together(corner, one, other); ok {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b trio) int { return cmp.Compare(a.odd, b.odd) })
	return out[:min(len(out), keepTrios)]
}

// together says whether the patterns make a code with corner in its top left, and what is where.
func together(corner, one, other *pattern) (trio, bool) {
	if corner.light != one.light || corner.light != other.light {
		return trio{}, false
	}
	ax, ay := one.x-corner.x, one.y-corner.y
	bx, by := other.x-corner.x, other.y-corner.y
	if ax*by-ay*bx < 0 { // the top right one is clockwise before the bottom left one
		one, other, ax, ay, bx, by = other, one, bx, by, ax, ay
	}
	sideA, a1, skewA := corner.axis(ax, ay)
	sideB, b1, skewB := corner.axis(bx, by)
	_, a2, skewA2 := one.axis(ax, ay)
	_, b2, skewB2 := other.axis(bx, by)
	if skewA > mostAskew || skewB > mostAskew || skewA2 > mostAskew || skewB2 > mostAskew {
		return trio{}, false
	}
	if math.Abs(sideA[0]*sideB[1]-sideA[1]*sideB[0]) < 1e-6 { // both along one side
		return trio{}, false
	}
	// Seen from the side, a module's length changes along a line so that the geometric mean of both ends counts right.
	across, down := math.Sqrt(a1*a2), math.Sqrt(b1*b2)
	uneven := math.Abs(math.Log(across / down))
	if across < 11 || down < 11 || across > 190 || down > 190 || uneven > 0.35 {
		return trio{}, false
	}
	odd := skewA + skewB + skewA2 + skewB2 + 2*uneven + math.Abs(math.Log(a1/a2))/2 + math.Abs(math.Log(b1/b2))/2
	odd += corner.doubt() + one.doubt() + other.doubt()
	return trio{corner, one, other, across, down, odd}, true
}

// sizes are the numbers of modules on a side that the trio allows, likeliest first.
func (t trio) sizes() []int {
	estimate := (t.across+t.down)/2 + 7
	slack := max(3.0, 0.12*estimate)
	var out []int
	for v := 1; v <= 40; v++ {
		if size := 17 + 4*v; math.Abs(float64(size)-estimate) <= slack {
			out = append(out, size)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return cmp.Compare(math.Abs(float64(a)-estimate), math.Abs(float64(b)-estimate))
	})
	return out
}
