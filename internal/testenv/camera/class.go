package camera

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"

	"avow/internal/qr"
)

// A Class is one kind of trouble that a scanner has to get along with. The others are there a little, as in any photograph: no frame
// is without a turn, a soft lens, some noise and light from one side.
type Class string

// The classes, in the order in which they are reported.
const (
	Plain    Class = "plain"
	Turned   Class = "rotation" // any way up
	Tilted   Class = "tilt"     // 20 to 45 degrees from the side
	Soft     Class = "blur"     // a lens out of focus by up to 0.6 of a module, a hand in motion
	Noisy    Class = "noise"    // sensor noise of a deviation of 15 to 45 shades of 255
	Uneven   Class = "light"    // a shadow that takes up to four fifths, and a lamp's reflection
	Woven    Class = "moire"    // the pixels of a screen
	Negative Class = "inverted" // light on dark
	Branded  Class = "logo"     // a picture over the code's middle, within what its level mends
	Small    Class = "small"    // two to three pixels a module
	Busy     Class = "busy"     // text, lines, boxes and squares around it
	Packed   Class = "jpeg"     // quality 15 to 50
	Mixed    Class = "mixed"    // some of all this
)

// Classes are all of them.
var Classes = []Class{Plain, Turned, Tilted, Soft, Noisy, Uneven, Woven, Negative, Branded, Small, Busy, Packed, Mixed}

// A Sample is a frame and what its code says.
type Sample struct {
	Class Class
	Seed  uint64
	Text  string
	Frame *image.RGBA
	// Module is the side of a module in pixels of the frame, before the tilt.
	Module float64
}

// quiet is the light rim around a code (ISO/IEC 18004, 6.3.8), in modules.
const quiet = 4

// Sample makes a frame of a class: a payload of 80 to 800 bytes, as the seed has it, in a code of any level that is as large as
// the frame asks for: at least three pixels a module except in Small, so that longer payloads fill more of the frame, and what does
// not fit at all becomes shorter.
func (class Class) Sample(size image.Point, seed uint64) Sample {
	random := rand.New(rand.NewPCG(seed, uint64(slices.Index(Classes, class))))
	shorter := float64(min(size.X, size.Y))
	least, most := 3.0, 9.0 // pixels a module
	room := 0.9 * shorter
	switch class {
	case Tilted, Mixed:
		least, room = 3.5, 0.78*shorter // the far side is smaller, and the near one must stay inside
	case Turned:
		room = 0.7 * shorter // the diagonal is longer
	case Small:
		least, most = 2, 3
	}
	length := 80 + int(math.Pow(random.Float64(), 1.5)*720)
	levels := []qr.Level{qr.LevelL, qr.LevelM, qr.LevelM, qr.LevelQ}
	if class == Branded {
		levels = []qr.Level{qr.LevelQ, qr.LevelH}
	}
	level := levels[random.IntN(len(levels))]
	var text string
	var code qr.Code
	for {
		text = payload(random, length)
		made, err := qr.Encode(text, level)
		if err == nil && float64(made.Size()+2*quiet)*least <= room {
			code = made
			break
		}
		length = length * 9 / 10
	}
	modules := float64(code.Size() + 2*quiet)
	module := least + (min(most, room/modules)-least)*random.Float64()

	// A little larger than the frame shows it: what is much larger takes long to make smaller.
	scene, target := class.scene(random, code.Image(int(module)+2))
	c := class.conditions(random, module*720/shorter)
	c.FillMin = module * modules / shorter
	c.FillMax = c.FillMin
	return Sample{class, seed, text, c.Frame(scene, target, size, random.Uint64()), module}
}

// payload is text as it stands in codes: links in capitals, URIs in small letters, base64, now and then letters outside ASCII.
func payload(random *rand.Rand, length int) string {
	const capitals, uri = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./:", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%&=?/+"
	kind := random.IntN(8)
	letters, out := uri, "otpauth://totp/"
	if kind < 3 {
		letters, out = capitals, "HTTPS://ID.EXAMPLE.COM/R#"
	}
	buf := []byte(out)
	if kind == 7 {
		buf = append(buf, "Zoë Müller £ 数"...)
	}
	for len(buf) < length {
		buf = append(buf, letters[random.IntN(len(letters))])
	}
	return string(buf)
}

func (class Class) conditions(random *rand.Rand, module float64) Conditions {
	between := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	c := Conditions{Roll: 8, Tilt: 10, Shift: 0.5, Motion: 0.1 * module, Noise: between(1, 5), Shade: between(0, 0.25), Light: between(0.75, 1)}
	c.BlurMin = min(between(0.1, 0.25)*module, 1.5)
	c.BlurMax = c.BlurMin
	switch class {
	case Turned:
		c.Roll = 180
	case Tilted:
		c.Roll, c.TiltMin, c.Tilt = 180, 20, 45
	case Soft:
		c.BlurMin = 0.3 * module
		c.BlurMax = 0.6 * module
		c.Motion = 0.4 * module
	case Noisy:
		c.Noise = between(15, 45)
	case Uneven:
		c.Shade, c.Glare, c.Light = between(0.5, 0.8), 0.3, between(0.6, 1)
	case Woven:
		c.Moire = between(0.3, 0.7)
	case Small:
		c.BlurMin = between(0.1, 0.3) * module
		c.BlurMax = c.BlurMin
	case Packed:
		c.Quality = 15 + random.IntN(36)
	case Mixed:
		c.Roll, c.Tilt, c.Noise, c.Shade = 180, 30, between(5, 20), between(0.2, 0.5)
		c.BlurMin, c.BlurMax, c.Motion = 0.2*module, 0.4*module, 0.2*module
		c.Quality = 40 + random.IntN(50)
	}
	return c
}

// scene puts the code where the class has it, and returns where that is.
func (class Class) scene(random *rand.Rand, code *image.Paletted) (scene *image.RGBA, target image.Rectangle) {
	target = code.Rect
	switch class {
	case Busy, Mixed:
		around := code.Rect.Dx() * 2 / 3
		scene = image.NewRGBA(code.Rect.Inset(-around))
		clutter(random, scene, code.Rect.Dx())
	default:
		scene = image.NewRGBA(code.Rect)
	}
	draw.Draw(scene, target, code, target.Min, draw.Src)
	switch class {
	case Negative:
		for i := range scene.Pix {
			if i%4 != 3 {
				scene.Pix[i] = 255 - scene.Pix[i]
			}
		}
	case Branded:
		brand(random, scene, target)
	}
	return scene, target
}

// clutter fills the scene with what stands on desks and pages: words, lines, boxes, and squares that look like parts of codes.
func clutter(random *rand.Rand, scene *image.RGBA, side int) {
	ink := func() *image.Uniform {
		return image.NewUniform(color.RGBA{uint8(random.IntN(256)), uint8(random.IntN(256)), uint8(random.IntN(256)), 255})
	}
	draw.Draw(scene, scene.Rect, image.NewUniform(color.RGBA{uint8(150 + random.IntN(100)), uint8(150 + random.IntN(100)), uint8(150 + random.IntN(100)), 255}), image.Point{}, draw.Src)
	at := func() image.Point {
		return image.Pt(scene.Rect.Min.X+random.IntN(scene.Rect.Dx()), scene.Rect.Min.Y+random.IntN(scene.Rect.Dy()))
	}
	for range 40 {
		p := at()
		draw.Draw(scene, image.Rectangle{p, p.Add(image.Pt(side/30+random.IntN(side/3), side/40+random.IntN(side/4)))}, ink(), image.Point{}, draw.Src)
	}
	for range 60 { // words
		p, letter := at(), max(side/120, 1)
		for i := range 8 {
			if random.IntN(4) > 0 {
				q := p.Add(image.Pt(3*i*letter, 0))
				draw.Draw(scene, image.Rectangle{q, q.Add(image.Pt(letter*2, letter*(2+random.IntN(3))))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	for range 10 { // rings like finder patterns
		p, m := at(), side/60+random.IntN(side/40)+1
		for ring, shade := range []*image.Uniform{image.Black, image.White, image.Black} {
			draw.Draw(scene, image.Rectangle{p, p.Add(image.Pt(7*m, 7*m))}.Inset(ring*m), shade, image.Point{}, draw.Src)
		}
	}
}

// brand lays a colored square with a light rim over the code's middle: a fifth to a quarter of its side.
func brand(random *rand.Rand, scene *image.RGBA, target image.Rectangle) {
	half := target.Dx() * (8 + random.IntN(3)) / 100
	middle := target.Min.Add(target.Size().Div(2))
	spot := image.Rectangle{middle.Sub(image.Pt(half, half)), middle.Add(image.Pt(half, half))}
	draw.Draw(scene, spot, image.White, image.Point{}, draw.Src)
	blue := image.NewUniform(color.RGBA{uint8(random.IntN(200)), uint8(random.IntN(200)), uint8(random.IntN(255)), 255})
	draw.Draw(scene, spot.Inset(half/6), blue, image.Point{}, draw.Src)
	draw.Draw(scene, spot.Inset(half/2), image.White, image.Point{}, draw.Src)
}
