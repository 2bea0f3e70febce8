package main

import "math"

// pen draws one icon. All it draws becomes closed outlines that turn clockwise;
// what it cuts out turns the other way, so that the nonzero rule leaves a hole.
type pen struct {
	width float64 // of a line
	out   outline
	slash *slash // what lines keep clear of, if anything
	holes bool   // whether it cuts out instead of painting
}

// slash is a line from a to b that crosses an icon; other lines end gap before it.
type slash struct {
	a, b point
	gap  float64
}

func (p *pen) svg() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24"><path fill="#000000" d="` +
		p.out.b.String() + `"/></svg>` + "\n")
}

// line draws through the points (x, y, x, y, …), corners rounded to r.
func (p *pen) line(r float64, xy ...float64) { p.stroke(rounded(false, r, points(xy)...)) }

// shape draws the closed line through the points.
func (p *pen) shape(r float64, xy ...float64) { p.ring(rounded(true, r, points(xy)...)) }

// box draws a rectangle with rounded corners.
func (p *pen) box(x, y, w, h, r float64) { p.shape(r, x, y, x+w, y, x+w, y+h, x, y+h) }

// arc draws a part of a circle, clockwise from start for sweep degrees.
func (p *pen) arc(cx, cy, r, start, sweep float64) {
	p.stroke(route{turn(point{cx, cy}, r, start, sweep)})
}

// circle draws a circle.
func (p *pen) circle(cx, cy, r float64) { p.ring(route{turn(point{cx, cy}, r, 0, 360)}) }

// dot fills a circle.
func (p *pen) dot(cx, cy, r float64) { p.fill(route{turn(point{cx, cy}, r, 0, 360)}) }

// solid fills the polygon through the points, corners rounded to r.
func (p *pen) solid(r float64, xy ...float64) { p.fill(rounded(true, r, points(xy)...)) }

// block fills a rectangle.
func (p *pen) block(x, y, w, h, r float64) { p.solid(r, x, y, x+w, y, x+w, y+h, x, y+h) }

// hole cuts what draw fills out of what is there. draw must not cover a place twice.
func (p *pen) hole(draw func(*pen)) {
	q := &pen{width: p.width, holes: true}
	draw(q)
	p.take(q)
}

// fill fills a closed route.
func (p *pen) fill(r route) { p.emit(clockwise(r)) }

// ring draws along a closed route: the outer parallel, and the inner one as a hole.
func (p *pen) ring(r route) {
	if p.slash != nil {
		p.stroke(r)
		return
	}
	r = clockwise(r)
	p.emit(parallel(r, -p.width/2, true))
	p.emit(parallel(r, p.width/2, true).reversed())
}

// stroke draws along an open route with round ends.
func (p *pen) stroke(r route) {
	if p.slash != nil {
		for _, part := range p.slash.clear(r) {
			q := &pen{width: p.width, holes: p.holes}
			q.stroke(part)
			p.take(q)
		}
		return
	}
	h := p.width / 2
	there := parallel(r, -h, false)
	back := parallel(r, h, false).reversed()
	_, end := r[len(r)-1].tangents()
	begin, _ := r[0].tangents()
	out := append(route{}, there...)
	out = append(out, turn(r[len(r)-1].to, h, angle(end.right().mul(-1)), 180))
	out = append(out, back...)
	out = append(out, turn(r[0].from, h, angle(begin.right()), 180))
	p.emit(out)
}

// take adds what another pen has drawn.
func (p *pen) take(q *pen) {
	p.out.b.WriteString(q.out.b.String())
	p.out.places = append(p.out.places, q.out.places...)
}

func (p *pen) emit(r route) {
	if p.holes {
		r = r.reversed()
	}
	p.out.closed(r)
}

// cross draws a cross of four arms around a place as one outline, so that it
// can be a hole. turned by 45 degrees it is an x.
func (p *pen) cross(cx, cy, arm, turned float64) {
	c, h := point{cx, cy}, p.width/2
	var r route
	for i := range 4 {
		a := turned + float64(i)*90
		d := polar(point{}, 1, a)
		left, right := d.right().mul(-h), d.right().mul(h)
		tip := c.add(d.mul(arm))
		inner := c.add(d.mul(h))
		r = append(r, straight(inner.add(left), tip.add(left)), turn(tip, h, a-90, 180), straight(tip.add(right), inner.add(right)))
	}
	p.fill(r)
}

// beside fills a closed route but for the slash and its gap.
func (p *pen) beside(r route, s slash) {
	n := s.b.sub(s.a).unit().right()
	var all []point
	for _, seg := range clockwise(r) {
		for i := range 24 {
			all = append(all, seg.at(float64(i)/24))
		}
	}
	for _, side := range []float64{1, -1} {
		normal := n.mul(side)
		kept := half(all, s.a.add(normal.mul(s.gap)), normal)
		if len(kept) > 2 {
			p.fill(rounded(true, 0, kept...))
		}
	}
}

// half is the part of a polygon on the side of a line to which normal points.
func half(polygon []point, on, normal point) []point {
	var out []point
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		da, db := a.sub(on).dot(normal), b.sub(on).dot(normal)
		if da >= 0 {
			out = append(out, a)
		}
		if da*db < 0 {
			out = append(out, a.add(b.sub(a).mul(da/(da-db))))
		}
	}
	return out
}

func points(xy []float64) []point {
	out := make([]point, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		out = append(out, point{xy[i], xy[i+1]})
	}
	return out
}

func angle(d point) float64 { return math.Atan2(d.y, d.x) * 180 / math.Pi }

// parallel is the route at distance d to the right (negative: to the left).
// Outer corners are rounded, inner ones meet where the parallels cross.
func parallel(r route, d float64, closed bool) route {
	n := len(r)
	sides := make([]segment, n)
	for i, s := range r {
		sides[i] = s.shifted(d)
	}
	var out route
	for i := range r {
		out = append(out, sides[i])
		if i == n-1 && !closed {
			break
		}
		j := (i + 1) % n
		_, t0 := r[i].tangents()
		t1, _ := r[j].tangents()
		bend := t0.cross(t1)
		if math.Abs(bend) < 1e-3 && t0.dot(t1) > 0 {
			continue
		}
		if bend*d < 0 || math.Abs(bend) < 1e-3 { // outside of the corner
			from := angle(t0.right().mul(d))
			sweep := math.Mod(angle(t1.right().mul(d))-from+540, 360) - 180
			out = append(out, turn(r[j].from, math.Abs(d), from, sweep))
			continue
		}
		if r[i].r == 0 && r[j].r == 0 {
			if x, ok := meet(sides[i], sides[j]); ok {
				out[len(out)-1].to = x
				sides[j].from = x
				if i == n-1 {
					out[0].from = x
				}
				continue
			}
		}
		out = append(out, straight(sides[i].to, r[j].from)) // over the corner itself
	}
	return out
}

// meet is where two straight segments cross.
func meet(a, b segment) (point, bool) {
	da, db := a.to.sub(a.from), b.to.sub(b.from)
	den := da.cross(db)
	if math.Abs(den) < 1e-9 {
		return point{}, false
	}
	t := b.from.sub(a.from).cross(db) / den
	u := b.from.sub(a.from).cross(da) / den
	if t < 0 || t > 1 || u < 0 || u > 1 {
		return point{}, false
	}
	return a.from.add(da.mul(t)), true
}

// clockwise turns a closed route so that it runs clockwise on screen.
func clockwise(r route) route {
	area := 0.0
	for _, s := range r {
		const steps = 16
		at := s.from
		for i := 1; i <= steps; i++ {
			to := s.at(float64(i) / steps)
			area += at.cross(to)
			at = to
		}
	}
	if area < 0 {
		return r.reversed()
	}
	return r
}

// at is the place at the fraction f of a segment.
func (s segment) at(f float64) point {
	if s.r == 0 {
		return s.from.add(s.to.sub(s.from).mul(f))
	}
	return polar(s.c, s.r, s.start+s.sweep*f)
}

// between is the part of a segment from the fraction f to g.
func (s segment) between(f, g float64) segment {
	if s.r == 0 {
		return straight(s.at(f), s.at(g))
	}
	return turn(s.c, s.r, s.start+s.sweep*f, s.sweep*(g-f))
}

// clear returns the parts of a route that keep clear of the slash.
func (s *slash) clear(r route) []route {
	d := s.b.sub(s.a).unit()
	outside := func(p point) bool {
		v := p.sub(s.a)
		along := v.dot(d)
		if along < -s.gap || along > s.b.sub(s.a).len()+s.gap {
			return true
		}
		return math.Abs(v.cross(d)) >= s.gap
	}
	const steps = 400
	var parts []route
	var part route
	for _, seg := range r {
		begin := -1
		for i := 0; i <= steps; i++ {
			ok := outside(seg.at(float64(i) / steps))
			if ok && begin < 0 {
				begin = i
			}
			if begin >= 0 && (!ok || i == steps) {
				end := i
				if !ok {
					end--
				}
				if end > begin {
					part = append(part, seg.between(float64(begin)/steps, float64(end)/steps))
				}
				begin = -1
			}
			if !ok && len(part) > 0 {
				parts = append(parts, part)
				part = nil
			}
		}
	}
	if len(part) > 0 {
		if len(parts) > 0 && outside(r[0].from) && r[0].from.sub(part[len(part)-1].to).len() < 1e-6 {
			parts[0] = append(part, parts[0]...) // a closed route that was cut is one run around its beginning
		} else {
			parts = append(parts, part)
		}
	}
	return parts
}
