package camera

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// weave darkens the shot where the gaps between a screen's pixels are. It looks at one point of the gap pattern for each pixel of
// the shot, as a sensor without a softening filter does; that is where the waves come from.
func (c Conditions) weave(random *rand.Rand, shot *image.RGBA, v pose) {
	if c.Moire <= 0 {
		return
	}
	lines := v.pixelsPerUnit() * (0.85 + 0.3*random.Float64()) // of the screen's pixels on a unit of the scene
	wave := waves()
	for y := range shot.Rect.Dy() {
		row := shot.Pix[y*shot.Stride:]
		for x := range shot.Rect.Dx() {
			sceneX, sceneY := v.onScene(float64(x)+0.5, float64(y)+0.5)
			if math.IsInf(sceneX, 0) {
				continue
			}
			down := wave.at(sceneY * lines)
			for channel := range 3 {
				across := wave.at(sceneX*lines + float64(channel)/3) // red, green and blue stand side by side
				p := &row[4*x+channel]
				*p = uint8(float64(*p) * (1 - c.Moire*(0.6*across+0.4*down)))
			}
		}
	}
}

// waves is a table of one period of a cosine that goes from 0 to 1: drawing it anew for each pixel would take most of the time.
type waveTable [1024]float64

func waves() *waveTable {
	var w waveTable
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(w)))
	}
	return &w
}

func (w *waveTable) at(turns float64) float64 {
	return w[int((turns-math.Floor(turns))*float64(len(w)))%len(w)]
}

// throughJPEG is what is left of the shot after a JPEG of the quality; 0 leaves it as it is.
func throughJPEG(shot *image.RGBA, quality int) *image.RGBA {
	if quality == 0 {
		return shot
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, shot, &jpeg.Options{Quality: quality}); err != nil {
		return shot // only of pictures larger than any frame
	}
	back, err := jpeg.Decode(&file)
	if err != nil {
		return shot
	}
	draw.Draw(shot, shot.Rect, back, image.Point{}, draw.Src)
	return shot
}
