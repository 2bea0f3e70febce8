package qr

import (
	"math"
	"slices"
)

// note keeps the patterns of a level, in the picture's pixels, for the hint.
func (s *search) note(patterns []*pattern, factor float64) {
	for _, p := range patterns {
		if p.rows < 2 {
			continue
		}
		seen := slices.ContainsFunc(s.sights, func(q pattern) bool {
			return math.Hypot(p.x/factor-q.x, p.y/factor-q.y) < 4*max(p.module()/factor, q.module())
		})
		if !seen {
			s.sights = append(s.sights, p.at(1/factor))
		}
	}
}

// at is the pattern in a picture of another size.
func (p *pattern) at(factor float64) pattern {
	q := *p
	q.x, q.y = p.x*factor, p.y*factor
	q.u = [2]float64{p.u[0] * factor, p.u[1] * factor}
	q.v = [2]float64{p.v[0] * factor, p.v[1] * factor}
	return q
}

// group is the largest group of patterns of one size that were seen at any level.
func (s *search) group() []pattern {
	var largest []pattern
	for _, p := range s.sights {
		var same []pattern
		for _, q := range s.sights {
			if ratio := p.module() / q.module(); p.light == q.light && ratio < sameModule && ratio > 1/sameModule {
				same = append(same, q)
			}
		}
		if len(same) > len(largest) {
			largest = same
		}
	}
	return largest
}

// cuts says whether the code that one, two or three finder patterns belong to goes on beyond the picture's edge.
func (l *luma) cuts(group []pattern) bool {
	switch {
	case len(group) > 3: // of several codes, or of none
		return false
	case len(group) == 1:
		return l.runsOut(&group[0])
	}
	outside := func(x, y, margin float64) bool {
		return x < margin || y < margin || x > float64(l.Width)-margin || y > float64(l.Height)-margin
	}
	if len(group) == 3 {
		for i := range group {
			t, ok := together(&group[i], &group[(i+1)%3], &group[(i+2)%3])
			if !ok {
				continue
			}
			x := t.topRight.x + t.bottomLeft.x - t.topLeft.x
			y := t.topRight.y + t.bottomLeft.y - t.topLeft.y
			return outside(x, y, 0)
		}
		return false
	}
	one, other := &group[0], &group[1]
	dx, dy := other.x-one.x, other.y-one.y
	side, modules, askew := one.axis(dx, dy)
	if modules < 11 || modules > 190 {
		return false
	}
	margin := 2.5 * one.module()
	if askew > mostAskew { // they stand across from each other: the third is at one of the two places beside them
		a, b := one.within(dx, dy)
		return outside(one.x+a*one.u[0], one.y+a*one.u[1], margin) || outside(one.x+b*one.v[0], one.y+b*one.v[1], margin)
	}
	across := one.v
	if side == one.v || side == [2]float64{-one.v[0], -one.v[1]} {
		across = one.u
	}
	// The code lies where there is more change from dark to light.
	best, sign := -1, 1.0
	for _, way := range []float64{1, -1} {
		if n := l.crossings(one.x+dx/2, one.y+dy/2, way*across[0], way*across[1], modules); n > best {
			best, sign = n, way
		}
	}
	if best < 4 {
		return false
	}
	for _, p := range []*pattern{one, other} {
		if outside(p.x+sign*modules*across[0], p.y+sign*modules*across[1], margin) {
			return true
		}
	}
	return false
}

// runsOut says whether along one of the pattern's sides there are still modules where the picture ends.
func (l *luma) runsOut(p *pattern) bool {
	for _, d := range [4][2]float64{p.u, {-p.u[0], -p.u[1]}, p.v, {-p.v[0], -p.v[1]}} {
		steps := 0.0
		for x, y := p.x, p.y; steps < 190 && x > 0 && y > 0 && x < float64(l.Width) && y < float64(l.Height); steps++ {
			x, y = x+d[0], y+d[1]
		}
		const last = 9 // modules, of which about half differ from the one before
		if steps >= 190 || steps < last+4 {
			continue
		}
		changes := 0
		for _, aside := range []float64{-2.5, 0, 2.5} { // lines through the pattern
			x, y := p.x+(steps-last)*d[0]-aside*d[1], p.y+(steps-last)*d[1]+aside*d[0]
			changes += l.crossings(x, y, d[0], d[1], last)
		}
		if changes >= 7 {
			return true
		}
	}
	return false
}

// crossings counts the changes from dark to light on the way from a place by so many steps, as far as the picture goes.
func (l *luma) crossings(x, y, dx, dy, steps float64) int {
	var shades []float64
	low, high := 255.0, 0.0
	for t := 0.0; t < steps; t += 0.5 {
		px, py := x+t*dx, y+t*dy
		if px < 0 || py < 0 || px >= float64(l.Width) || py >= float64(l.Height) {
			break
		}
		v := l.shade(px, py)
		low, high = min(low, v), max(high, v)
		shades = append(shades, v)
	}
	if high-low < leastContrast {
		return 0
	}
	n, middle := 0, (low+high)/2
	for i := 1; i < len(shades); i++ {
		if (shades[i] > middle) != (shades[i-1] > middle) {
			n++
		}
	}
	return n
}

// blinded says whether within the patterns' box there is a place of six times six modules that is white through and through: no code
// has one, as masking sees to it (ISO/IEC 18004, 7.8), but lamps and windows make them.
func (l *luma) blinded(group []pattern) bool {
	if group[0].light {
		return false
	}
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range group {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	side := max(int(6*group[0].module()), 6)
	step := max(side/3, 1)
	const white = 245
	for y := max(int(y0), 0); y+side <= min(int(y1), l.Height); y += step {
		for x := max(int(x0), 0); x+side <= min(int(x1), l.Width); x += step {
			if l.darkest(x, y, side) >= white {
				return true
			}
		}
	}
	return false
}

func (l *luma) darkest(x, y, side int) byte {
	darkest := byte(255)
	for j := range side {
		for _, v := range l.row(y + j)[x : x+side] {
			darkest = min(darkest, v)
		}
	}
	return darkest
}
