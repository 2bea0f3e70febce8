package main

import (
	"fmt"
	"math"
	"strings"
)

// point is a place on the 24-px grid, y down.
type point struct{ x, y float64 }

func (p point) add(q point) point     { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point     { return point{p.x - q.x, p.y - q.y} }
func (p point) mul(f float64) point   { return point{p.x * f, p.y * f} }
func (p point) dot(q point) float64   { return p.x*q.x + p.y*q.y }
func (p point) cross(q point) float64 { return p.x*q.y - p.y*q.x }
func (p point) len() float64          { return math.Hypot(p.x, p.y) }
func (p point) unit() point           { return p.mul(1 / p.len()) }
func (p point) right() point          { return point{-p.y, p.x} } // a quarter turn, clockwise on screen
func polar(c point, r, degrees float64) point {
	s, cs := math.Sincos(degrees * math.Pi / 180)
	return point{c.x + r*cs, c.y + r*s}
}

// segment is a straight line, or with r > 0 an arc around c; a sweep > 0 turns
// clockwise on screen. Angles in degrees, 0 to the right, 90 down.
type segment struct {
	from, to point
	c        point
	r        float64
	start    float64
	sweep    float64
}

func straight(a, b point) segment { return segment{from: a, to: b} }

func turn(c point, r, start, sweep float64) segment {
	return segment{from: polar(c, r, start), to: polar(c, r, start+sweep), c: c, r: r, start: start, sweep: sweep}
}

// tangents returns the unit directions at the beginning and at the end.
func (s segment) tangents() (in, out point) {
	if s.r == 0 {
		d := s.to.sub(s.from).unit()
		return d, d
	}
	dir := func(angle float64) point {
		t := polar(point{}, 1, angle).right()
		if s.sweep < 0 {
			t = t.mul(-1)
		}
		return t
	}
	return dir(s.start), dir(s.start + s.sweep)
}

// reversed runs the other way.
func (s segment) reversed() segment {
	if s.r == 0 {
		return straight(s.to, s.from)
	}
	return segment{from: s.to, to: s.from, c: s.c, r: s.r, start: s.start + s.sweep, sweep: -s.sweep}
}

// shifted is the parallel at distance d to the right of the direction (a
// negative d: to the left). An arc around the right-hand side gets smaller.
func (s segment) shifted(d float64) segment {
	if s.r == 0 {
		n := s.to.sub(s.from).unit().right().mul(d)
		return straight(s.from.add(n), s.to.add(n))
	}
	r := s.r - d
	if s.sweep < 0 {
		r = s.r + d
	}
	if r <= 0 { // tighter than the line is wide: the parallel is a point
		return straight(s.c, s.c)
	}
	return turn(s.c, r, s.start, s.sweep)
}

// route is a run of segments, each beginning where the last one ended.
type route []segment

func (r route) reversed() route {
	out := make(route, 0, len(r))
	for i := len(r) - 1; i >= 0; i-- {
		out = append(out, r[i].reversed())
	}
	return out
}

// split cuts arcs so that none is longer than a third of a circle: some SVG
// readers draw longer ones wrongly.
func (r route) split() route {
	var out route
	for _, s := range r {
		n := 1
		if s.r > 0 {
			n = int(math.Ceil(math.Abs(s.sweep)/120 - 1e-9))
		}
		if n <= 1 {
			out = append(out, s)
			continue
		}
		for i := range n {
			out = append(out, turn(s.c, s.r, s.start+s.sweep*float64(i)/float64(n), s.sweep/float64(n)))
		}
	}
	return out
}

// rounded is the polygon or line through the points with its corners rounded
// to radius r, as far as the sides are long enough.
func rounded(closed bool, r float64, pts ...point) route {
	n := len(pts)
	type corner struct {
		in, out point
		arc     *segment
	}
	corners := make([]corner, n)
	for i, p := range pts {
		corners[i] = corner{in: p, out: p}
		if r == 0 || !closed && (i == 0 || i == n-1) {
			continue
		}
		a, b := pts[(i+n-1)%n].sub(p), pts[(i+1)%n].sub(p)
		half := math.Acos(max(-1, min(1, a.unit().dot(b.unit())))) / 2
		if half > math.Pi/2-0.02 {
			continue
		}
		cut := min(r/math.Tan(half), a.len()/2, b.len()/2)
		rr := cut * math.Tan(half)
		in, out := p.add(a.unit().mul(cut)), p.add(b.unit().mul(cut))
		center := p.add(a.unit().add(b.unit()).unit().mul(rr / math.Sin(half)))
		start := math.Atan2(in.y-center.y, in.x-center.x) * 180 / math.Pi
		end := math.Atan2(out.y-center.y, out.x-center.x) * 180 / math.Pi
		sweep := math.Mod(end-start+540, 360) - 180
		arc := turn(center, rr, start, sweep)
		corners[i] = corner{in: in, out: out, arc: &arc}
	}
	var out route
	for i := range corners {
		if corners[i].arc != nil {
			out = append(out, *corners[i].arc)
		}
		if i == n-1 && !closed {
			break
		}
		next := corners[(i+1)%n]
		if next.in.sub(corners[i].out).len() > 1e-6 {
			out = append(out, straight(corners[i].out, next.in))
		}
	}
	return out
}

// bow is the arc from a to b that bulges by h to the left of the direction
// (a negative h: to the right).
func bow(a, b point, h float64) segment {
	chord := b.sub(a)
	l, k := chord.len(), math.Abs(h)
	r := (l*l/4 + k*k) / (2 * k)
	mid := a.add(b).mul(0.5)
	n := chord.unit().right()
	if h < 0 {
		n = n.mul(-1)
	}
	c := mid.add(n.mul(r - k))
	start := math.Atan2(a.y-c.y, a.x-c.x) * 180 / math.Pi
	sweep := 2 * math.Asin(min(1, l/2/r)) * 180 / math.Pi
	if k > r {
		sweep = 360 - sweep
	}
	if h < 0 {
		sweep = -sweep
	}
	return turn(c, r, start, sweep)
}

// outline writes closed routes as the data of one SVG path.
type outline struct {
	b      strings.Builder
	places []point // on the outline, for tests
}

func (o *outline) closed(r route) {
	r = r.split()
	fmt.Fprintf(&o.b, "M%s %s", num(r[0].from.x), num(r[0].from.y))
	at := r[0].from
	for _, s := range r {
		if s.from.sub(at).len() > 0.004 {
			fmt.Fprintf(&o.b, "L%s %s", num(s.from.x), num(s.from.y))
		}
		at = s.to
		o.places = append(o.places, s.at(0.25), s.at(0.5), s.to)
		if s.to.sub(s.from).len() < 0.004 {
			continue
		}
		if s.r == 0 {
			fmt.Fprintf(&o.b, "L%s %s", num(s.to.x), num(s.to.y))
			continue
		}
		flag := 0
		if s.sweep > 0 {
			flag = 1
		}
		fmt.Fprintf(&o.b, "A%s %s 0 0 %d %s %s", num(s.r), num(s.r), flag, num(s.to.x), num(s.to.y))
	}
	o.b.WriteString("Z")
}

func num(v float64) string {
	s := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// turned is the route turned around the middle of the grid.
func (r route) turned(degrees float64) route {
	spin := func(p point) point {
		v := p.sub(point{12, 12})
		return polar(point{12, 12}, v.len(), angle(v)+degrees)
	}
	out := make(route, 0, len(r))
	for _, s := range r {
		s.from, s.to, s.c, s.start = spin(s.from), spin(s.to), spin(s.c), s.start+degrees
		out = append(out, s)
	}
	return out
}

// grown is the closed route at distance d outside.
func (r route) grown(d float64) route { return parallel(clockwise(r), -d, true) }

func sqrt(v float64) float64 { return math.Sqrt(v) }

func mod360(a float64) float64 { return math.Mod(a+720, 360) }
