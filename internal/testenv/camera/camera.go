// Package camera makes frames as a phone's camera would: it points at a code on a screen or paper, by hand, in a room.
//
// It stands in for the lens in the simulator's tour and in tests of the scanner, so that what is proved there is the
// real path from a frame to a text. It is not a model of any one camera. A frame depends on nothing but its arguments:
// the same seed gives the same bytes.
package camera

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// Conditions are the limits within which a seed chooses.
type Conditions struct {
	// Roll is the largest turn of the phone around its line of sight, in degrees either way.
	Roll float64
	// TiltMin and Tilt are the smallest and the largest angle between the line of sight and the screen's normal, in degrees.
	TiltMin, Tilt float64
	// FillMin and FillMax are the code's side as a share of the frame's shorter side.
	FillMin, FillMax float64
	// Shift is the largest distance of the code's middle from the frame's, as a share of the room that is left.
	Shift float64
	// BlurMin and BlurMax are the standard deviation of the lens's blur in pixels of a frame of 720 rows or columns.
	BlurMin, BlurMax float64
	// Motion is the longest smear by the hand, in the same pixels.
	Motion float64
	// Noise is the standard deviation of the sensor's noise, in shades of 255.
	Noise float64
	// Shade is how much of its light the darkest corner loses, 0 to 1.
	Shade float64
	// Glare is the brightness of a lamp's reflection near the code, 0 to 1.
	Glare float64
	// Light is the exposure, 1 for a well lit room.
	Light float64
	// Moire is how much darker the gaps between a screen's pixels are, 0 to 1. The camera sees about as many of its own pixels as
	// of the screen's, and so slow waves of light and color.
	Moire float64
	// Quality is that of a JPEG that the frame has been through, 1 to 100; 0 for none.
	Quality int
}

// The levels of difficulty, easiest first. A scanner has to read all of Steady and HandHeld; of Difficult it reads what it
// can, as the person moves on.
var (
	// Steady is a phone held still in front of a screen in good light.
	Steady = Conditions{Roll: 4, Tilt: 8, FillMin: 0.55, FillMax: 0.7, Shift: 0.3, BlurMin: 0.4, BlurMax: 0.7, Noise: 2, Shade: 0.1, Light: 1}
	// HandHeld is how people hold a phone: turned, tilted, a little soft, light from one side.
	HandHeld = Conditions{Roll: 20, Tilt: 20, FillMin: 0.4, FillMax: 0.7, Shift: 0.6, BlurMin: 0.5, BlurMax: 1.2, Motion: 1.5, Noise: 6, Shade: 0.35, Glare: 0.1, Light: 0.9}
	// Difficult is from the side, from afar, in bad light, any way up.
	Difficult = Conditions{Roll: 180, Tilt: 36, FillMin: 0.28, FillMax: 0.6, Shift: 0.9, BlurMin: 0.6, BlurMax: 1.7, Motion: 3, Noise: 11, Shade: 0.6, Glare: 0.35, Light: 0.7}
)

// The conditions under which no code can be read and the person has to be told why.
var (
	// Far is a code across the room.
	Far = Conditions{Roll: 10, Tilt: 10, FillMin: 0.06, FillMax: 0.07, Shift: 0.3, BlurMin: 0.5, BlurMax: 0.7, Noise: 3, Shade: 0.1, Light: 1}
	// Blurred is a lens out of focus, or a hand in motion.
	Blurred = Conditions{Roll: 10, Tilt: 10, FillMin: 0.5, FillMax: 0.6, Shift: 0.3, BlurMin: 14, BlurMax: 18, Noise: 3, Shade: 0.1, Light: 1}
	// Dark is a room with the lights off.
	Dark = Conditions{Roll: 10, Tilt: 10, FillMin: 0.5, FillMax: 0.6, Shift: 0.3, BlurMin: 1, BlurMax: 2, Noise: 7, Shade: 0.3, Light: 0.03}
)

// Frame points the camera at target, a part of scene in scene's coordinates (an empty one means all of it): the code with
// its quiet zone. What else is in the scene is seen around it, and beyond the scene a dim wall. size is the frame's,
// upright or lying.
func (c Conditions) Frame(scene image.Image, target image.Rectangle, size image.Point, seed uint64) *image.RGBA {
	if target.Empty() {
		target = scene.Bounds()
	}
	random := rand.New(rand.NewPCG(seed, 0x61766f77))
	unit := float64(min(size.X, size.Y)) / 720
	view := c.pose(random, target, size)
	shot := image.NewRGBA(image.Rectangle{Max: size})
	newPlane(scene, view).shoot(shot, view, newWall(random, size))
	c.weave(random, shot, view)
	blur := (c.BlurMin + random.Float64()*(c.BlurMax-c.BlurMin)) * unit
	soften(shot, blur)
	smear(shot, random.Float64()*c.Motion*unit, random.Float64()*2*math.Pi)
	c.expose(random, shot)
	return throughJPEG(shot, c.Quality)
}

// plane is the scene as the lens sees it: shrunk beforehand when it is far, or fine lines would flicker.
type plane struct {
	pixels *image.RGBA
	origin image.Point
	factor float64
}

func newPlane(scene image.Image, v pose) plane {
	b := scene.Bounds()
	factor := min(1, v.pixelsPerUnit())
	w, h := max(int(float64(b.Dx())*factor), 1), max(int(float64(b.Dy())*factor), 1)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if factor == 1 {
		draw.Draw(out, out.Rect, scene, b.Min, draw.Src)
	} else {
		draw.BiLinear.Scale(out, out.Rect, scene, b, draw.Src, nil)
	}
	return plane{out, b.Min, factor}
}

// shoot sends a ray through each pixel of the shot.
func (p plane) shoot(shot *image.RGBA, v pose, w wall) {
	for y := range shot.Rect.Dy() {
		row := shot.Pix[y*shot.Stride:]
		for x := range shot.Rect.Dx() {
			pixel := row[4*x : 4*x+4 : 4*x+4]
			sceneX, sceneY := v.onScene(float64(x)+0.5, float64(y)+0.5)
			sceneX = (sceneX-float64(p.origin.X))*p.factor - 0.5
			sceneY = (sceneY-float64(p.origin.Y))*p.factor - 0.5
			if sceneX > -1 && sceneY > -1 && sceneX < float64(p.pixels.Rect.Max.X) && sceneY < float64(p.pixels.Rect.Max.Y) {
				p.blend(pixel, sceneX, sceneY)
			} else {
				w.paint(pixel, x, y)
			}
			pixel[3] = 255
		}
	}
}

// blend mixes the four pixels of the scene around a place.
func (p plane) blend(out []uint8, x, y float64) {
	const one = 256
	left, top := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := int((x-float64(left))*one), int((y-float64(top))*one)
	a, b := p.pixel(left, top), p.pixel(left+1, top)
	c, d := p.pixel(left, top+1), p.pixel(left+1, top+1)
	for i := range 3 {
		upper := int(a[i])*(one-fx) + int(b[i])*fx
		lower := int(c[i])*(one-fx) + int(d[i])*fx
		out[i] = uint8((upper*(one-fy) + lower*fy) / (one * one))
	}
}

func (p plane) pixel(x, y int) []uint8 {
	x, y = min(max(x, 0), p.pixels.Rect.Max.X-1), min(max(y, 0), p.pixels.Rect.Max.Y-1)
	i := y*p.pixels.Stride + 4*x
	return p.pixels.Pix[i : i+3 : i+3]
}
