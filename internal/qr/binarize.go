package qr

import (
	"github.com/makiuchi-d/gozxing"
)

// A binarizer decides for each pixel whether it is dark. None is best for every frame.
type binarizer func(*luma) *gozxing.BitMatrix

// hybrid is gozxing's own: thresholds of 8x8 blocks, smoothed. Good for shadows over large modules.
func hybrid(l *luma) *gozxing.BitMatrix {
	m, err := gozxing.NewHybridBinarizer(l).GetBlackMatrix()
	if err != nil {
		return nil
	}
	return m
}

// global is one threshold by Otsu for all. Good for low contrast and for pictures that were never photographed.
func global(l *luma) *gozxing.BitMatrix {
	var histogram [256]int
	for _, v := range l.pix {
		histogram[v]++
	}
	threshold := otsu(histogram[:])
	return l.where(func(_, _, v int) bool { return v <= threshold })
}

// otsu is the shade that parts the histogram into the two most compact halves.
func otsu(histogram []int) int {
	total, sum := 0, 0
	for shade, n := range histogram {
		total += n
		sum += shade * n
	}
	best, threshold := -1.0, 127
	below, sumBelow := 0, 0
	for shade, n := range histogram {
		below += n
		sumBelow += shade * n
		if below == 0 || below == total {
			continue
		}
		gap := float64(sumBelow)/float64(below) - float64(sum-sumBelow)/float64(total-below)
		if between := float64(below) * float64(total-below) * gap * gap; between > best {
			best, threshold = between, shade
		}
	}
	return threshold
}

// local compares each pixel with the mean of the window around it (an eighth of the picture's shorter side). Good for
// uneven light over small modules and for soft edges.
func local(l *luma) *gozxing.BitMatrix {
	radius := max(min(l.Width, l.Height)/16, 7)
	sums := integral(l)
	stride := l.Width + 1
	return l.where(func(x, y, v int) bool {
		x0, x1 := max(x-radius, 0), min(x+radius+1, l.Width)
		y0, y1 := max(y-radius, 0), min(y+radius+1, l.Height)
		sum := int(sums[y1*stride+x1] - sums[y1*stride+x0] - sums[y0*stride+x1] + sums[y0*stride+x0])
		area := (x1 - x0) * (y1 - y0)
		return v*area*100 < sum*96
	})
}

// integral holds at (x, y) the sum of all pixels above and left of it. uint32 wraps above 16 Mpx of white, and the
// difference of two sums of one window stays right even then.
func integral(l *luma) []uint32 {
	stride := l.Width + 1
	sums := make([]uint32, stride*(l.Height+1))
	for y := range l.Height {
		var row uint32
		for x := range l.Width {
			row += uint32(l.pix[y*l.Width+x])
			sums[(y+1)*stride+x+1] = sums[y*stride+x+1] + row
		}
	}
	return sums
}

func (l *luma) where(dark func(x, y, v int) bool) *gozxing.BitMatrix {
	m, err := gozxing.NewBitMatrix(l.Width, l.Height)
	if err != nil {
		return nil
	}
	for y := range l.Height {
		for x := range l.Width {
			if dark(x, y, int(l.pix[y*l.Width+x])) {
				m.Set(x, y)
			}
		}
	}
	return m
}

// sharpened raises edges over a blur of the given radius (an unsharp mask).
func (l *luma) sharpened(radius int) *luma {
	out := newLuma(l.Width, l.Height)
	sums := integral(l)
	stride := l.Width + 1
	for y := range l.Height {
		y0, y1 := max(y-radius, 0), min(y+radius+1, l.Height)
		for x := range l.Width {
			x0, x1 := max(x-radius, 0), min(x+radius+1, l.Width)
			sum := int(sums[y1*stride+x1] - sums[y1*stride+x0] - sums[y0*stride+x1] + sums[y0*stride+x0])
			mean := sum / ((x1 - x0) * (y1 - y0))
			v := int(l.pix[y*l.Width+x])
			out.pix[y*l.Width+x] = byte(min(max(v+2*(v-mean), 0), 255))
		}
	}
	return out
}

// smoothed weighs each pixel with its neighbors, 1 2 1 both ways, which quiets the noise of a camera in the dark.
func (l *luma) smoothed() *luma {
	out := newLuma(l.Width, l.Height)
	line := make([]uint16, l.Width+2) // the rows above, at and below y, added up, and the edges once more
	for y := range l.Height {
		above, here, below := l.row(y-1), l.row(y), l.row(y+1)
		for x, v := range here {
			line[x+1] = uint16(above[x]) + 2*uint16(v) + uint16(below[x])
		}
		line[0], line[l.Width+1] = line[1], line[l.Width]
		row := out.row(y)
		for x := range row {
			row[x] = byte((line[x] + 2*line[x+1] + line[x+2]) >> 4)
		}
	}
	return out
}

// row is a row of the picture; beyond its edges, the edge.
func (l *luma) row(y int) []byte {
	y = min(max(y, 0), l.Height-1)
	return l.pix[y*l.Width : (y+1)*l.Width : (y+1)*l.Width]
}

// grain is how strong the noise is: the bend from pixel to pixel that a quarter of the places stay below. Edges do not count, as no
// picture is all edges.
func (l *luma) grain() int {
	if l.Width < 4 {
		return 0
	}
	var histogram [1024]int
	n := 0
	for y := 3; y < l.Height; y += 7 {
		row := l.row(y)
		for x := 1; x < len(row)-1; x += 5 {
			histogram[abs(int(row[x-1])-2*int(row[x])+int(row[x+1]))]++
			n++
		}
	}
	for bend, count := range histogram {
		if n -= 4 * count; n <= 0 {
			return bend
		}
	}
	return 0
}
