package main

// lined are the icons drawn in lines; each comes in both widths.
var lined = map[string]func(*pen){
	// signs
	"arrow-left": func(p *pen) {
		p.line(0, 3.75, 12, 20.25, 12)
		p.line(0, 10.5, 5.25, 3.75, 12, 10.5, 18.75)
	},
	"arrow-right": func(p *pen) {
		p.line(0, 3.75, 12, 20.25, 12)
		p.line(0, 13.5, 5.25, 20.25, 12, 13.5, 18.75)
	},
	"caret-right": func(p *pen) { p.line(0, 9, 4.75, 16.25, 12, 9, 19.25) },
	"caret-down":  func(p *pen) { p.line(0, 4.75, 9, 12, 16.25, 19.25, 9) },
	"caret-up":    func(p *pen) { p.line(0, 4.75, 15, 12, 7.75, 19.25, 15) },
	"sort": func(p *pen) {
		p.line(0, 8, 20, 8, 4)
		p.line(0, 4.25, 7.75, 8, 4, 11.75, 7.75)
		p.line(0, 16, 4, 16, 20)
		p.line(0, 12.25, 16.25, 16, 20, 19.75, 16.25)
	},
	"check": func(p *pen) { p.line(0, 3.75, 13, 9.25, 18.5, 20.25, 6.75) },
	"close": func(p *pen) {
		p.line(0, 5, 5, 19, 19)
		p.line(0, 19, 5, 5, 19)
	},
	"plus": func(p *pen) {
		p.line(0, 12, 4, 12, 20)
		p.line(0, 4, 12, 20, 12)
	},
	"dots": func(p *pen) {
		for _, x := range []float64{5, 12, 19} {
			p.dot(x, 12, p.width*0.82)
		}
	},
	"search": func(p *pen) {
		p.circle(10.5, 10.5, 7)
		p.line(0, 15.6, 15.6, 20.75, 20.75)
	},
	"copy": func(p *pen) {
		p.box(3.75, 8.25, 12, 12, 1.5)
		p.line(1.5, 8.25, 4.75, 8.25, 3.75, 20.25, 3.75, 20.25, 15.75, 19.25, 15.75)
	},
	"refresh": func(p *pen) {
		p.arc(12, 12, 8.25, 203, 132)
		p.line(0, 19.6, 3.75, 19.6, 8.5, 14.85, 8.5)
		p.arc(12, 12, 8.25, 23, 132)
		p.line(0, 4.4, 20.25, 4.4, 15.5, 9.15, 15.5)
	},
	"undo": func(p *pen) {
		p.arc(12.25, 12, 8.25, 205, 285)
		p.line(0, 4.6, 3.9, 4.6, 8.6, 9.3, 8.6)
	},
	"history": func(p *pen) {
		p.arc(12.25, 12, 8.25, 205, 285)
		p.line(0, 4.6, 3.9, 4.6, 8.6, 9.3, 8.6)
		p.line(0, 12.25, 7.5, 12.25, 12.25, 15.9, 14.4)
	},
	"info": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 11.1, 11.25, 12.1, 11.25, 12.1, 16.25)
		p.dot(11.9, 7.9, p.width*0.68)
	},
	"error": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 12, 7.25, 12, 12.75)
		p.dot(12, 16.2, p.width*0.68)
	},
	"warning": func(p *pen) {
		p.shape(2, 12, 2.6, 21.9, 20, 2.1, 20)
		p.line(0, 12, 9.5, 12, 13.25)
		p.dot(12, 16.6, p.width*0.68)
	},
	"prohibit": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 5.7, 5.7, 18.3, 18.3)
	},
	"check-circle": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 8, 12.4, 10.75, 15.1, 16.1, 9.4)
	},
	"x-circle": func(p *pen) {
		p.circle(12, 12, 9)
		p.line(0, 9, 9, 15, 15)
		p.line(0, 15, 9, 9, 15)
	},
	"seal-check": func(p *pen) {
		p.ring(seal(8.1, 1.35))
		p.line(0, 8.4, 12.3, 11, 14.8, 15.8, 9.6)
	},

	// places in the app
	"house": func(p *pen) {
		p.shape(0, 4, 20.25, 4, 10.75, 12, 3.4, 20, 10.75, 20, 20.25, 14.75, 20.25, 14.75, 14.25, 9.25, 14.25, 9.25, 20.25)
	},
	"codes": func(p *pen) {
		for _, x := range []float64{6.5, 12, 17.5} {
			for _, y := range []float64{4.5, 9.75, 15} {
				p.dot(x, y, p.width*0.76)
			}
		}
		p.dot(12, 20.25, p.width*0.76)
	},
	"computers": func(p *pen) {
		p.box(3, 4, 18, 13.25, 1.75)
		p.line(0, 3, 13.6, 21, 13.6)
		p.line(0, 12, 17.25, 12, 20.5)
		p.line(0, 8.75, 20.5, 15.25, 20.5)
	},
	"gear": func(p *pen) {
		p.ring(gear(9.4, 7.5))
		p.circle(12, 12, 3.4)
	},
	"scan": func(p *pen) {
		p.line(1.6, 3.5, 8.25, 3.5, 3.5, 8.25, 3.5)
		p.line(1.6, 15.75, 3.5, 20.5, 3.5, 20.5, 8.25)
		p.line(1.6, 20.5, 15.75, 20.5, 20.5, 15.75, 20.5)
		p.line(1.6, 8.25, 20.5, 3.5, 20.5, 3.5, 15.75)
		p.box(8.5, 8.5, 7, 7, 1.3)
	},
	"qr": func(p *pen) {
		p.box(3.75, 3.75, 6.25, 6.25, 1.2)
		p.box(14, 3.75, 6.25, 6.25, 1.2)
		p.box(3.75, 14, 6.25, 6.25, 1.2)
		p.line(0, 14, 14, 14, 17)
		p.line(0, 14, 20.25, 17, 20.25, 17, 14)
		p.line(0, 17, 16.25, 20.25, 16.25)
		p.line(0, 20.25, 19.5, 20.25, 20.25)
	},
	"fingerprint": fingerprint,
	"lock": func(p *pen) {
		p.box(4.5, 9.25, 15, 11.25, 1.75)
		p.stroke(route{straight(point{8, 9.25}, point{8, 6.75}), turn(point{12, 6.75}, 4, 180, 180), straight(point{16, 6.75}, point{16, 9.25})})
		p.dot(12, 14.9, p.width*0.72)
	},
	"key": func(p *pen) {
		p.circle(8, 16, 4.6)
		p.line(0, 11.3, 12.7, 20.25, 3.75)
		p.line(0, 16.9, 7.1, 20, 10.2)
		p.line(0, 13.7, 10.3, 16.2, 12.8)
	},

	// what is written and sent
	"clipboard": func(p *pen) {
		p.line(1.75, 8.75, 4.5, 5, 4.5, 5, 20.5, 19, 20.5, 19, 4.5, 15.25, 4.5)
		p.box(8.75, 2.9, 6.5, 4, 1.3)
		p.line(0, 9, 11.75, 15, 11.75)
		p.line(0, 9, 15.5, 15, 15.5)
	},
	"keyboard": func(p *pen) {
		p.box(2.75, 5.5, 18.5, 13, 1.75)
		for _, x := range []float64{6.6, 10.2, 13.8, 17.4} {
			p.dot(x, 10, p.width*0.6)
		}
		p.dot(6.6, 14.2, p.width*0.6)
		p.line(0, 10, 14.2, 14, 14.2)
		p.dot(17.4, 14.2, p.width*0.6)
	},
	"backspace": func(p *pen) {
		p.shape(1.4, 8.6, 5, 21, 5, 21, 19, 8.6, 19, 2.6, 12)
		p.line(0, 11.9, 9.65, 16.6, 14.35)
		p.line(0, 16.6, 9.65, 11.9, 14.35)
	},
	"pencil": func(p *pen) {
		p.shape(1.2, 4, 20, 4, 15.5, 15.75, 3.75, 20.25, 8.25, 8.5, 20)
		p.line(0, 12.9, 6.6, 17.4, 11.1)
	},
	"eraser": func(p *pen) {
		p.shape(1.3, 3, 14.75, 13.75, 4, 20.5, 10.75, 11.5, 19.75, 8, 19.75)
		p.line(0, 8.3, 9.45, 15.05, 16.2)
		p.line(0, 11.5, 19.75, 20.5, 19.75)
	},
	"mail": func(p *pen) {
		p.box(3, 5, 18, 14, 1.75)
		p.line(0, 4, 6.75, 12, 13.5, 20, 6.75)
	},
	"send": func(p *pen) {
		p.shape(0, 20.6, 3.4, 14.6, 20.6, 10.75, 13.25, 3.4, 9.4)
		p.line(0, 10.75, 13.25, 15, 9)
	},
	"link": func(p *pen) {
		half := route{
			straight(point{11.25, 7.6}, point{17.6, 7.6}), turn(point{17.6, 12}, 4.4, 270, 180),
			straight(point{17.6, 16.4}, point{14.75, 16.4}),
		}
		p.stroke(half.turned(-45))
		p.stroke(half.turned(135))
		p.stroke(route{straight(point{8.6, 12}, point{15.4, 12})}.turned(-45))
	},
	"log": func(p *pen) {
		p.box(4.5, 3.25, 15, 17.5, 1.75)
		p.line(0, 8.25, 8, 15.75, 8)
		p.line(0, 8.25, 12, 15.75, 12)
		p.line(0, 8.25, 16, 12.5, 16)
	},
	"trash": func(p *pen) {
		p.line(0, 4, 6.5, 20, 6.5)
		p.line(1.6, 5.75, 6.5, 6.5, 20.5, 17.5, 20.5, 18.25, 6.5)
		p.line(1.3, 8.75, 6.5, 8.75, 3.4, 15.25, 3.4, 15.25, 6.5)
		p.line(0, 10, 10.5, 10, 16.5)
		p.line(0, 14, 10.5, 14, 16.5)
	},
	"export": func(p *pen) {
		p.line(1.6, 8.25, 9.5, 5, 9.5, 5, 20.5, 19, 20.5, 19, 9.5, 15.75, 9.5)
		p.line(0, 12, 15, 12, 3.5)
		p.line(0, 8.25, 7.25, 12, 3.5, 15.75, 7.25)
	},
	"import": func(p *pen) {
		p.line(1.6, 8.25, 9.5, 5, 9.5, 5, 20.5, 19, 20.5, 19, 9.5, 15.75, 9.5)
		p.line(0, 12, 15, 12, 3.5)
		p.line(0, 8.25, 11.25, 12, 15, 15.75, 11.25)
	},
}
