package camera

import (
	"image"
	"math"
	"math/rand/v2"
)

// wall is what is seen beyond the scene: a dim ground with darker things on it.
type wall struct {
	base   float64
	things []image.Rectangle
}

func newWall(random *rand.Rand, size image.Point) wall {
	w := wall{base: 70 + random.Float64()*60}
	for range 6 {
		x, y := random.IntN(size.X), random.IntN(size.Y)
		w.things = append(w.things, image.Rect(x, y, x+size.X/20+random.IntN(size.X/6), y+size.Y/20+random.IntN(size.Y/6)))
	}
	return w
}

func (w wall) paint(out []uint8, x, y int) {
	shade := w.base
	for i, thing := range w.things {
		if (image.Point{X: x, Y: y}).In(thing) {
			shade += float64(15 - 9*i)
		}
	}
	out[0], out[1], out[2] = uint8(shade), uint8(shade*0.96), uint8(shade*0.9)
}

// soften blurs by a normal distribution of the deviation, along the rows and then along the columns.
func soften(shot *image.RGBA, deviation float64) {
	if deviation < 0.1 {
		return
	}
	weights := bell(deviation)
	w, h := shot.Rect.Dx(), shot.Rect.Dy()
	line := make([]uint8, 4*(max(w, h)+len(weights)-1))
	for y := range h {
		blurLine(shot.Pix[y*shot.Stride:], w, 4, weights, line)
	}
	for x := range w {
		blurLine(shot.Pix[4*x:], h, shot.Stride, weights, line)
	}
}

// bell is the weights around a pixel, in parts of 65536.
func bell(deviation float64) []int {
	radius := int(math.Ceil(2.5 * deviation))
	weights := make([]int, 2*radius+1)
	sum := 0.0
	for i := range weights {
		sum += math.Exp(-math.Pow(float64(i-radius)/deviation, 2) / 2)
	}
	rest := 1 << 16
	for i := range weights {
		weights[i] = int((1 << 16) / sum * math.Exp(-math.Pow(float64(i-radius)/deviation, 2)/2))
		rest -= weights[i]
	}
	weights[radius] += rest
	return weights
}

// blurLine blurs n pixels that are step bytes apart, its ends held. line is room to work in.
func blurLine(pix []uint8, n, step int, weights []int, line []uint8) {
	radius := len(weights) / 2
	for i := range n + 2*radius {
		from := min(max(i-radius, 0), n-1) * step
		copy(line[4*i:4*i+4], pix[from:from+4])
	}
	for i := range n {
		var r, g, b int
		for j, weight := range weights {
			p := line[4*(i+j) : 4*(i+j)+3 : 4*(i+j)+3]
			r, g, b = r+weight*int(p[0]), g+weight*int(p[1]), b+weight*int(p[2])
		}
		out := pix[i*step : i*step+3 : i*step+3]
		out[0], out[1], out[2] = uint8(r>>16), uint8(g>>16), uint8(b>>16)
	}
}

// smear moves the frame by length pixels toward an angle while the shutter is open.
func smear(shot *image.RGBA, length, angle float64) {
	if length < 0.5 {
		return
	}
	const steps = 4
	before := append([]uint8(nil), shot.Pix...)
	w, h := shot.Rect.Dx(), shot.Rect.Dy()
	var offsets [steps]image.Point
	for i := range offsets {
		along := (float64(i)/(steps-1) - 0.5) * length
		offsets[i] = image.Pt(int(math.Round(along*math.Cos(angle))), int(math.Round(along*math.Sin(angle))))
	}
	for y := range h {
		for x := range w {
			var r, g, b int
			for _, o := range offsets {
				from := min(max(y+o.Y, 0), h-1)*shot.Stride + 4*min(max(x+o.X, 0), w-1)
				r, g, b = r+int(before[from]), g+int(before[from+1]), b+int(before[from+2])
			}
			out := shot.Pix[y*shot.Stride+4*x:]
			out[0], out[1], out[2] = uint8(r/steps), uint8(g/steps), uint8(b/steps)
		}
	}
}

// expose lays light and noise over the shot.
func (c Conditions) expose(random *rand.Rand, shot *image.RGBA) {
	w, h := float64(shot.Rect.Dx()), float64(shot.Rect.Dy())
	along, across := math.Sincos(random.Float64() * 2 * math.Pi)
	glareX, glareY := w*(0.3+0.4*random.Float64()), h*(0.3+0.4*random.Float64())
	glareSize := min(w, h) * (0.08 + 0.1*random.Float64())
	glare := c.Glare * random.Float64() * 255
	grain := newNoise(random, c.Noise)
	for y := range shot.Rect.Dy() {
		for x := range shot.Rect.Dx() {
			dx, dy := float64(x)/w-0.5, float64(y)/h-0.5
			light := c.Light * (1 - c.Shade*min(max(0.5+dx*across+dy*along, 0), 1))
			light *= 1 - 0.2*(dx*dx+dy*dy) // every lens is darker at its edge
			add := grain.next()
			gx, gy := (float64(x)-glareX)/glareSize, (float64(y)-glareY)/glareSize
			if far := gx*gx + gy*gy; far < 9 {
				add += glare * math.Exp(-far)
			}
			pixel := shot.Pix[y*shot.Stride+4*x:]
			for channel := range 3 {
				pixel[channel] = uint8(min(max(float64(pixel[channel])*light+add, 0), 255))
			}
		}
	}
}

// noise is a table of normally distributed values, read at random places: drawing each anew would take most of the time.
type noise struct {
	random *rand.Rand
	table  [4096]float64
}

func newNoise(random *rand.Rand, deviation float64) *noise {
	n := &noise{random: random}
	for i := range n.table {
		n.table[i] = random.NormFloat64() * deviation
	}
	return n
}

func (n *noise) next() float64 { return n.table[n.random.Uint32()%uint32(len(n.table))] }
