package main

import "maps"

func init() { maps.Copy(lined, things) }

// things are the icons of devices, places, people and the sky.
var things = map[string]func(*pen){
	"laptop": func(p *pen) {
		p.line(1.75, 4.5, 16, 4.5, 5, 19.5, 5, 19.5, 16)
		p.box(2.25, 16, 19.5, 3.25, 1.5)
		p.line(0, 10.5, 8.4, 13.5, 8.4)
	},
	"tower": func(p *pen) {
		p.box(2.25, 7.5, 11.5, 8.25, 1.5)
		p.line(0, 8, 15.75, 8, 19.25)
		p.line(0, 5.5, 19.25, 10.5, 19.25)
		p.box(15.25, 4.25, 6.5, 15, 1.5)
		p.line(0, 17.4, 7.75, 19.6, 7.75)
		p.dot(18.5, 15.9, p.width*0.62)
	},
	"phone": func(p *pen) {
		p.box(6.75, 2.75, 10.5, 18.5, 2)
		p.line(0, 6.75, 6.1, 17.25, 6.1)
		p.line(0, 6.75, 17.9, 17.25, 17.9)
	},
	"phone-slash": func(p *pen) {
		p.slash = &slash{point{4.5, 3.5}, point{19.5, 20.5}, p.width/2 + 1.7}
		p.box(6.75, 2.75, 10.5, 18.5, 2)
		p.slash = nil
		p.line(0, 4.5, 3.5, 19.5, 20.5)
	},
	"printer": func(p *pen) {
		p.line(0.4, 7, 8.25, 7, 3.5, 17, 3.5, 17, 8.25)
		p.line(1.5, 7, 16.5, 3, 16.5, 3, 8.25, 21, 8.25, 21, 16.5, 17, 16.5)
		p.box(7, 13.5, 10, 7, 0.8)
		p.dot(17.6, 11.4, p.width*0.62)
	},
	"speaker": func(p *pen) {
		p.shape(0.8, 2.75, 9, 6.5, 9, 11.5, 4.75, 11.5, 19.25, 6.5, 15, 2.75, 15)
		p.arc(11.5, 12, 4.25, -45, 90)
		p.arc(11.5, 12, 8.5, -45, 90)
	},
	"building": func(p *pen) {
		p.line(0, 2.5, 20.25, 21.5, 20.25)
		p.line(0, 4.75, 20.25, 4.75, 8.25, 12.75, 3.5, 12.75, 20.25)
		p.line(0, 12.75, 10, 19.25, 10, 19.25, 20.25)
		p.line(0, 7.6, 11.1, 7.6, 12.4)
		p.line(0, 7.6, 15.4, 7.6, 16.7)
		p.line(0, 10.1, 11.1, 10.1, 12.4)
		p.line(0, 10.1, 15.4, 10.1, 16.7)
		p.line(0, 16, 13.6, 16, 16.7)
	},
	"headset": func(p *pen) {
		p.stroke(route{straight(point{3.75, 14.5}, point{3.75, 12}), turn(point{12, 12}, 8.25, 180, 180), straight(point{20.25, 12}, point{20.25, 17.5})})
		p.box(3.75, 12.5, 3.75, 6, 1.3)
		p.box(16.5, 12.5, 3.75, 6, 1.3)
		p.stroke(route{turn(point{17, 17.5}, 3.25, 0, 90), straight(point{17, 20.75}, point{13, 20.75})})
	},
	"map-pin": func(p *pen) {
		c, tip := point{12, 9.9}, point{12, 21.25}
		r := route{turn(c, 7.4, 162, 216)}
		right := r[0].to
		p.ring(append(r, bow(right, tip, 1), bow(tip, r[0].from, 1)))
		p.circle(12, 9.9, 2.7)
	},
	"globe": func(p *pen) {
		p.circle(12, 12, 9)
		top, bottom := point{12, 3}, point{12, 21}
		p.stroke(route{bow(top, bottom, 4.1)})
		p.stroke(route{bow(bottom, top, 4.1)})
		p.line(0, 3.6, 9, 20.4, 9)
		p.line(0, 3.6, 15, 20.4, 15)
	},
	"clock": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 12, 6.75, 12, 12, 16.75, 12)
	},
	"user": func(p *pen) {
		p.circle(12, 9, 5.25)
		p.stroke(route{bow(point{3.25, 19.9}, point{20.75, 19.9}, 5.65)})
	},
	"users": func(p *pen) {
		p.circle(8.75, 9.5, 4)
		p.stroke(route{bow(point{2.25, 19}, point{15.25, 19}, 4.4)})
		p.arc(16.25, 9.5, 4, -100, 190)
		p.stroke(route{bow(point{17.5, 14.9}, point{21.75, 18.6}, 0.7)})
	},
	"pulse": func(p *pen) {
		p.line(0.4, 2.75, 12.5, 6.5, 12.5, 9.5, 5, 14.5, 19, 17.5, 12.5, 21.25, 12.5)
	},
	"minus-circle": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 8.25, 12, 15.75, 12)
	},
	"flag": func(p *pen) {
		p.line(0, 4.5, 5, 4.5, 20.5)
		p.stroke(wave(5))
		p.stroke(route{straight(point{19.75, 5}, point{19.75, 14.6})})
		p.stroke(wave(14.6))
	},
	"eye": func(p *pen) {
		p.ring(almond())
		p.circle(12, 12, 3.3)
	},
	"eye-slash": func(p *pen) {
		p.slash = &slash{point{4.25, 3.5}, point{19.75, 20.5}, p.width/2 + 1.9}
		p.ring(almond())
		p.circle(12, 12, 3.3)
		p.slash = nil
		p.line(0, 4.25, 3.5, 19.75, 20.5)
	},
	"cloud-slash": func(p *pen) {
		p.slash = &slash{point{4.25, 3.75}, point{19.25, 20.75}, p.width/2 + 1.9}
		p.ring(cloud())
		p.slash = nil
		p.line(0, 4.25, 3.75, 19.25, 20.75)
	},
	// services
	"pin": func(p *pen) {
		p.line(1, 8.5, 3.75, 15.5, 3.75)
		p.line(1.2, 9.25, 3.75, 9.25, 10, 6, 14.25, 18, 14.25, 14.75, 10, 14.75, 3.75)
		p.line(0, 12, 14.25, 12, 20.5)
	},
	"branch": func(p *pen) {
		p.circle(7, 5.5, 2.25)
		p.circle(7, 18.5, 2.25)
		p.circle(17, 8, 2.25)
		p.line(0, 7, 7.75, 7, 16.25)
		p.line(2.5, 17, 10.25, 17, 13.5, 7, 13.5)
	},
	"chat": func(p *pen) {
		p.shape(2, 3.75, 4.75, 20.25, 4.75, 20.25, 16.5, 12, 16.5, 8, 20.25, 8, 16.5, 3.75, 16.5)
		for _, x := range []float64{8, 12, 16} {
			p.dot(x, 10.6, p.width*0.62)
		}
	},
	"server": func(p *pen) {
		p.box(3.5, 4, 17, 7, 1.5)
		p.box(3.5, 13, 17, 7, 1.5)
		for _, y := range []float64{7.5, 16.5} {
			p.dot(7.5, y, p.width*0.62)
			p.line(0, 13.5, y, 16.75, y)
		}
	},
	"coin": func(p *pen) {
		p.circle(12, 12, 8.75)
		p.circle(12, 12, 4.5)
	},
	"bag": func(p *pen) {
		p.box(4.25, 7.75, 15.5, 12.5, 1.75)
		p.stroke(route{straight(point{8.5, 10.75}, point{8.5, 7.25}), turn(point{12, 7.25}, 3.5, 180, 180), straight(point{15.5, 7.25}, point{15.5, 10.75})})
	},
	"game": func(p *pen) {
		p.box(2.75, 7, 18.5, 10.5, 4.5)
		p.line(0, 6.25, 12.25, 10.25, 12.25)
		p.line(0, 8.25, 10.25, 8.25, 14.25)
		p.dot(14.6, 13.6, p.width*0.68)
		p.dot(17.4, 11, p.width*0.68)
	},
	"cloud": func(p *pen) { p.ring(cloud()) },
	"image": func(p *pen) {
		p.box(3, 4.25, 18, 15.5, 1.75)
		p.line(0, 3.4, 16.4, 8.4, 11.4, 16.6, 19.6)
		p.line(0, 13.3, 16.2, 15.6, 13.9, 20.6, 18.6)
		p.dot(15.75, 8.9, p.width*0.82)
	},
	"bell": func(p *pen) {
		p.ring(bell())
		p.stroke(route{turn(point{12, 17}, 3.4, 22, 136)})
	},
	"lifebuoy": func(p *pen) {
		p.circle(12, 12, 9)
		p.circle(12, 12, 3.8)
		c := point{12, 12}
		for _, a := range []float64{45, 135, 225, 315} {
			p.stroke(route{straight(polar(c, 3.8, a), polar(c, 9, a))})
		}
	},
	"language": func(p *pen) {
		p.line(0, 2.75, 6, 13.25, 6)
		p.line(0, 8, 3.5, 8, 6)
		p.stroke(route{bow(point{11, 6}, point{3, 14.25}, 1.4)})
		p.stroke(route{bow(point{5.1, 9.4}, point{10.4, 13.9}, -0.8)})
		p.line(0, 11.5, 20.5, 16.25, 10.5, 21, 20.5)
		p.line(0, 13.2, 17, 19.3, 17)
	},
	"text-size": func(p *pen) {
		p.line(0, 2.25, 18.25, 7.75, 5.75, 13.25, 18.25)
		p.line(0, 4.1, 14.25, 11.4, 14.25)
		p.circle(18, 15, 3.1)
		p.line(0, 21.1, 11.75, 21.1, 18.25)
	},
	"palette": func(p *pen) {
		c := point{12, 12}
		p.ring(route{
			turn(point{18.25, 12.3}, 2.55, 0, 90), straight(point{18.25, 14.85}, point{15.9, 14.85}),
			turn(point{15.9, 17.6}, 2.75, 270, -90), straight(point{13.15, 17.6}, point{13.15, 18.6}),
			turn(point{11, 18.6}, 2.15, 0, 90), turn(c, 8.8, 96.5, 265.5),
		})
		for _, d := range []point{{7.75, 13.6}, {8.6, 8.9}, {12.9, 6.9}, {17, 9.6}} {
			p.dot(d.x, d.y, p.width*0.64)
		}
	},
	"sun": func(p *pen) {
		p.circle(12, 12, 4.1)
		c := point{12, 12}
		for i := range 8 {
			a := float64(i) * 45
			p.stroke(route{straight(polar(c, 7.6, a), polar(c, 9.6, a))})
		}
	},
	"moon": func(p *pen) {
		a, b := point{20, 14.4}, point{9.6, 4}
		p.ring(route{bow(a, b, 12.2), bow(b, a, -4)})
	},
	"shield": func(p *pen) { p.ring(shield()) },
	"shield-check": func(p *pen) {
		p.ring(shield())
		p.line(0, 8.1, 11.7, 10.8, 14.4, 15.9, 9.1)
	},
	"torch": func(p *pen) {
		p.shape(0, 7.75, 3, 16.25, 3, 16.25, 7.25, 14.5, 10, 14.5, 21, 9.5, 21, 9.5, 10, 7.75, 7.25)
		p.line(0, 7.75, 6.6, 16.25, 6.6)
		p.line(0, 12, 12.75, 12, 14.25)
	},
}

// fingerprint is drawn a little thinner in bold: its lines lie close.
func fingerprint(p *pen) {
	p.width = min(p.width, 1.95)
	arch := func(r, leftY, leftIn, rightY, rightIn float64) {
		c := point{12, 11.25}
		a, b := point{12 - r, 11.25}, point{12 + r, 11.25}
		p.stroke(route{
			bow(point{12 - r + leftIn, leftY}, a, -0.15), turn(c, r, 180, 180), bow(b, point{12 + r - rightIn, rightY}, 0.15),
		})
	}
	arch(8.6, 14.4, 0.35, 14.6, 0.2)
	arch(5.85, 17.9, 1.1, 17.5, 0.75)
	arch(3.05, 19.9, 0.7, 19.9, 0.55)
	p.stroke(route{bow(point{12.1, 11.4}, point{11.85, 20.9}, 0.12)})
}

func seal(r, bump float64) route {
	c := point{12, 12}
	var out route
	for i := range 8 {
		a := float64(i)*45 - 22.5
		out = append(out, bow(polar(c, r, a), polar(c, r, a+45), bump))
	}
	return out
}

func gear(outer, inner float64) route {
	c := point{12, 12}
	var pts []point
	for i := range 8 {
		a := float64(i) * 45
		pts = append(pts, polar(c, inner, a-13.5), polar(c, outer, a-9), polar(c, outer, a+9), polar(c, inner, a+13.5))
	}
	return rounded(true, 1.2, pts...)
}

func almond() route {
	left, right := point{2.4, 12}, point{21.6, 12}
	return route{bow(left, right, 6.5), bow(right, left, 6.5)}
}

func bell() route {
	return route{
		turn(point{12, 9.5}, 6.4, 180, 180), straight(point{18.4, 9.5}, point{18.4, 12.5}),
		straight(point{18.4, 12.5}, point{20.25, 17}), straight(point{20.25, 17}, point{3.75, 17}),
		straight(point{3.75, 17}, point{5.6, 12.5}), straight(point{5.6, 12.5}, point{5.6, 9.5}),
	}
}

func shield() route {
	return route{
		straight(point{4, 4.25}, point{20, 4.25}), straight(point{20, 4.25}, point{20, 11.25}), bow(point{20, 11.25}, point{12, 21.25}, 1.4),
		bow(point{12, 21.25}, point{4, 11.25}, 1.4), straight(point{4, 11.25}, point{4, 4.25}),
	}
}

// cloud is a small circle, a big one and the straight line under both.
func cloud() route {
	small, big := point{7, 14.4}, point{14.4, 12}
	const rs, rb = 4.6, 7.0
	// where they cross, above
	d := big.sub(small)
	l := d.len()
	along := (l*l + rs*rs - rb*rb) / (2 * l)
	up := d.unit().right().mul(-1)
	h := rs*rs - along*along
	x := small.add(d.unit().mul(along)).add(up.mul(sqrt(h)))
	a1, a2 := angle(x.sub(small)), angle(x.sub(big))
	return route{
		turn(small, rs, 90, mod360(a1-90)), turn(big, rb, a2, mod360(90-a2)),
		straight(point{14.4, 19}, point{7, 19}),
	}
}

// wave is the edge of a flag at height y.
func wave(y float64) route {
	return route{bow(point{4.5, y}, point{12.125, y}, 1.5), bow(point{12.125, y}, point{19.75, y}, -1.5)}
}
