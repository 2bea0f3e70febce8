package qr

import "math"

// plane maps the modules of a flat code to the picture: a homography, x' = (p0 x + p1 y + p2) / (p6 x + p7 y + 1) and so on.
type plane [8]float64

func (p *plane) at(x, y float64) (px, py float64) {
	w := p[6]*x + p[7]*y + 1
	return (p[0]*x + p[1]*y + p[2]) / w, (p[3]*x + p[4]*y + p[5]) / w
}

// anchor is a place of the code (in modules) that was seen in the picture (in pixels).
type anchor struct {
	mx, my, px, py, weight float64
}

// planeThrough is the plane with the least squares of errors at the anchors; at least four are needed.
func planeThrough(anchors []anchor, size int) (plane, bool) {
	// Modules go to -1 .. 1 and pixels too, or the sums lose their digits.
	half := float64(size) / 2
	var cx, cy, n float64
	for _, a := range anchors {
		cx, cy, n = cx+a.px, cy+a.py, n+1
	}
	cx, cy = cx/n, cy/n
	unit := 1e-9
	for _, a := range anchors {
		unit = max(unit, math.Abs(a.px-cx), math.Abs(a.py-cy))
	}
	var m [8][9]float64
	add := func(row [8]float64, right, weight float64) {
		for i, a := range row {
			if a == 0 {
				continue
			}
			for j, b := range row {
				m[i][j] += weight * a * b
			}
			m[i][8] += weight * a * right
		}
	}
	for _, a := range anchors {
		x, y := a.mx/half-1, a.my/half-1
		u, v := (a.px-cx)/unit, (a.py-cy)/unit
		add([8]float64{x, y, 1, 0, 0, 0, -u * x, -u * y}, u, a.weight)
		add([8]float64{0, 0, 0, x, y, 1, -v * x, -v * y}, v, a.weight)
	}
	h, ok := solve(&m)
	if !ok {
		return plane{}, false
	}
	// Back: x = mx/half - 1.
	g := [9]float64{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1}
	for row := 0; row < 9; row += 3 {
		g[row+2] -= g[row] + g[row+1]
		g[row] /= half
		g[row+1] /= half
	}
	for i := range 3 {
		g[i] = g[i]*unit + cx*g[6+i]
		g[3+i] = g[3+i]*unit + cy*g[6+i]
	}
	if math.Abs(g[8]) < 1e-9 {
		return plane{}, false
	}
	var p plane
	for i := range p {
		p[i] = g[i] / g[8]
		if math.IsNaN(p[i]) || math.IsInf(p[i], 0) {
			return plane{}, false
		}
	}
	s := float64(size) // the horizon must not go through the code
	for _, corner := range [4][2]float64{{0, 0}, {s, 0}, {0, s}, {s, s}} {
		if p[6]*corner[0]+p[7]*corner[1]+1 < 0.05 {
			return plane{}, false
		}
	}
	return p, true
}

// solve is Gauss with pivots.
func solve(m *[8][9]float64) (x [8]float64, ok bool) {
	for i := range 8 {
		pivot := i
		for j := i + 1; j < 8; j++ {
			if math.Abs(m[j][i]) > math.Abs(m[pivot][i]) {
				pivot = j
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if math.Abs(m[i][i]) < 1e-12 {
			return x, false
		}
		for j := i + 1; j < 8; j++ {
			f := m[j][i] / m[i][i]
			for k := i; k < 9; k++ {
				m[j][k] -= f * m[i][k]
			}
		}
	}
	for i := 7; i >= 0; i-- {
		x[i] = m[i][8]
		for j := i + 1; j < 8; j++ {
			x[i] -= m[i][j] * x[j]
		}
		x[i] /= m[i][i]
	}
	return x, true
}
