package camera

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"avow/internal/qr"
)

// Hostile makes pictures that keep readers busy: crowds of finder patterns, codes whose data are noise, noise, stripes, checks, rings,
// codes cut apart. None of them says anything.
func Hostile(size image.Point, seed uint64) *image.Gray {
	random := rand.New(rand.NewPCG(seed, 0x686f7374))
	img := image.NewGray(image.Rectangle{Max: size})
	makers := []func(*rand.Rand, *image.Gray){noiseAll, crowd, falseCodes, stripes, checks, rings, pieces, boxes, blank}
	makers[seed%uint64(len(makers))](random, img)
	if random.IntN(3) == 0 {
		deviation := random.NormFloat64() * 20
		for i, v := range img.Pix {
			img.Pix[i] = uint8(min(max(float64(v)+random.NormFloat64()*deviation, 0), 255))
		}
	}
	return img
}

func fill(img *image.Gray, r image.Rectangle, shade uint8) {
	draw.Draw(img, r, image.NewUniform(color.Gray{Y: shade}), image.Point{}, draw.Src)
}

func noiseAll(random *rand.Rand, img *image.Gray) {
	grain := 1 + random.IntN(6)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if x%grain == 0 && y%grain == 0 {
				fill(img, image.Rect(x, y, x+grain, y+grain), uint8(random.Uint32()))
			}
		}
	}
}

// ringsAt draws a finder pattern.
func ringsAt(img *image.Gray, p image.Point, module int, dark, light uint8) {
	for i, shade := range []uint8{dark, light, dark} {
		fill(img, image.Rectangle{p, p.Add(image.Pt(7*module, 7*module))}.Inset(i*module), shade)
	}
}

func crowd(random *rand.Rand, img *image.Gray) {
	fill(img, img.Rect, 255)
	module := 1 + random.IntN(5)
	gap := 7*module + 1 + random.IntN(3*module)
	for y := 0; y < img.Rect.Dy(); y += gap {
		for x := 0; x < img.Rect.Dx(); x += gap {
			ringsAt(img, image.Pt(x+random.IntN(2), y+random.IntN(2)), module, 0, 255)
		}
	}
}

// falseCodes have all patterns of a code and noise for data.
func falseCodes(random *rand.Rand, img *image.Gray) {
	fill(img, img.Rect, 255)
	for range 1 + random.IntN(4) {
		version := 1 + random.IntN(30)
		size := 17 + 4*version
		module := 1 + random.IntN(max(img.Rect.Dy()/(size+8), 1))
		at := image.Pt(random.IntN(max(img.Rect.Dx()-size*module, 1)), random.IntN(max(img.Rect.Dy()-size*module, 1)))
		for y := range size {
			for x := range size {
				dark := random.IntN(2) == 0
				if x == 6 || y == 6 {
					dark = (x+y)%2 == 0
				}
				if dark {
					p := at.Add(image.Pt(x*module, y*module))
					fill(img, image.Rectangle{p, p.Add(image.Pt(module, module))}, 0)
				}
			}
		}
		for _, corner := range [3]image.Point{{}, {X: size - 7}, {Y: size - 7}} {
			p := at.Add(corner.Mul(module))
			fill(img, image.Rectangle{p, p.Add(image.Pt(7*module, 7*module))}.Inset(-module), 255)
			ringsAt(img, p, module, 0, 255)
		}
	}
}

func stripes(random *rand.Rand, img *image.Gray) {
	angle, period := random.Float64()*math.Pi, 2+random.Float64()*20
	sin, cos := math.Sincos(angle)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.Pix[y*img.Stride+x] = uint8(128 + 127*math.Sin((float64(x)*cos+float64(y)*sin)/period*2*math.Pi))
		}
	}
}

func checks(random *rand.Rand, img *image.Gray) {
	side := 1 + random.IntN(12)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if (x/side+y/side)%2 == 0 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
	}
}

// rings are circles in the proportion of finder patterns.
func rings(random *rand.Rand, img *image.Gray) {
	pitch := 8 + random.IntN(60)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			far := math.Hypot(float64(x%pitch)-float64(pitch)/2, float64(y%pitch)-float64(pitch)/2) / float64(pitch) * 8
			if far > 3.5 || far > 1.5 && far < 2.5 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
	}
}

// pieces are squares of a code, out of their order.
func pieces(random *rand.Rand, img *image.Gray) {
	code, err := qr.Encode(payload(random, 60+random.IntN(300)), qr.LevelM)
	if err != nil {
		return
	}
	whole := code.Image(1 + random.IntN(5))
	side := max(whole.Rect.Dx()/4, 1)
	for y := 0; y < img.Rect.Dy(); y += side {
		for x := 0; x < img.Rect.Dx(); x += side {
			from := image.Pt(random.IntN(4)*side, random.IntN(4)*side)
			draw.Draw(img, image.Rect(x, y, x+side, y+side), whole, from, draw.Src)
		}
	}
}

func boxes(random *rand.Rand, img *image.Gray) {
	for range 3000 {
		p := image.Pt(random.IntN(img.Rect.Dx()), random.IntN(img.Rect.Dy()))
		fill(img, image.Rectangle{p, p.Add(image.Pt(1+random.IntN(60), 1+random.IntN(60)))}, uint8(random.Uint32()))
	}
}

func blank(random *rand.Rand, img *image.Gray) { fill(img, img.Rect, uint8(random.Uint32())) }
