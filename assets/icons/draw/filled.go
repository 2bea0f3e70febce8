package main

// filled are the icons drawn as areas: for status and for the active tab.
var filled = map[string]func(*pen){
	"house": func(p *pen) {
		p.solid(1, 3.1, 21.1, 3.1, 10.3, 12, 2.2, 20.9, 10.3, 20.9, 21.1, 14.6, 21.1, 14.6, 14.5, 9.4, 14.5, 9.4, 21.1)
	},
	"codes": func(p *pen) {
		p.block(4, 2, 16, 20, 3)
		p.hole(func(p *pen) {
			for _, x := range []float64{8, 12, 16} {
				for _, y := range []float64{6.3, 10.1, 13.9} {
					p.dot(x, y, 1.1)
				}
			}
			p.dot(12, 17.7, 1.1)
		})
	},
	"computers": func(p *pen) {
		p.block(2.1, 3.1, 19.8, 14.6, 2.6)
		p.hole(func(p *pen) { p.block(4.4, 13, 15.2, 1.5, 0.75) })
		p.line(0, 12, 17.25, 12, 20.5)
		p.line(0, 8.75, 20.5, 15.25, 20.5)
	},
	"gear": func(p *pen) {
		p.fill(gear(10.4, 8.4))
		p.hole(func(p *pen) { p.dot(12, 12, 3.3) })
	},
	"seal-check": func(p *pen) {
		p.fill(seal(9, 1.5))
		p.hole(func(p *pen) { p.width = 1.9; p.line(0, 8.2, 12.3, 10.9, 14.9, 16, 9.5) })
	},
	"check-circle": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 1.9; p.line(0, 7.9, 12.4, 10.7, 15.1, 16.2, 9.3) })
	},
	"x-circle": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 1.9; p.cross(12, 12, 4.6, 45) })
	},
	"minus-circle": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 2; p.line(0, 8, 12, 16, 12) })
	},
	"phone": func(p *pen) {
		p.block(5.9, 1.9, 12.2, 20.2, 2.8)
		p.hole(func(p *pen) { p.width = 1.5; p.line(0, 7.9, 5.6, 16.1, 5.6); p.line(0, 7.9, 18.4, 16.1, 18.4) })
	},
	"users": func(p *pen) {
		p.dot(8.75, 8.9, 4.9)
		p.solid(1, 1.4, 19.9, 3.2, 16.4, 6.2, 14.7, 11.3, 14.7, 14.3, 16.4, 16.1, 19.9)
		p.fill(route{turn(point{15.9, 8.9}, 4.9, -90, 180), bow(point{15.9, 13.8}, point{15.9, 4}, 2.4)})
		p.solid(0.8, 17.9, 19.9, 16.2, 15.9, 14.9, 14.7, 17.8, 14.7, 20.8, 16.4, 22.6, 19.9)
	},
	"shield-check": func(p *pen) {
		p.fill(shield().grown(0.9))
		p.hole(func(p *pen) { p.width = 1.9; p.line(0, 8.3, 11.9, 10.9, 14.5, 15.7, 9.4) })
	},
	"error": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 2; p.line(0, 12, 7, 12, 12.75); p.dot(12, 16.4, 1.25) })
	},
	"info": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 2; p.line(0, 12, 11.5, 12, 17); p.dot(12, 7.7, 1.25) })
	},
	"warning": func(p *pen) {
		p.solid(2.6, 12, 0.9, 23.4, 21, 0.6, 21)
		p.hole(func(p *pen) { p.width = 2; p.line(0, 12, 8.9, 12, 13.3); p.dot(12, 17, 1.25) })
	},
	"prohibit": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 2.1; p.line(0, 7.4, 7.4, 16.6, 16.6) })
	},
	"clock": func(p *pen) {
		p.dot(12, 12, 9.9)
		p.hole(func(p *pen) { p.width = 1.9; p.line(0, 12, 6.8, 12, 12.3, 16.4, 12.3) })
	},
	"cloud-slash": func(p *pen) {
		p.width = 2
		p.beside(cloud().grown(0.9), slash{point{4.25, 3.5}, point{19.5, 20.9}, 2.3})
		p.line(0, 4.25, 3.5, 19.5, 20.9)
	},
	"bell": func(p *pen) {
		p.fill(bell().grown(0.9))
		p.fill(route{turn(point{12, 18.6}, 3.3, 0, 180), straight(point{8.7, 18.6}, point{15.3, 18.6})})
		p.stroke(route{bow(point{1.9, 7.4}, point{5, 2.9}, 0.45)})
		p.stroke(route{bow(point{19, 2.9}, point{22.1, 7.4}, 0.45)})
	},
}
