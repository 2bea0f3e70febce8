package qr

import "bytes"

// bitmap is a picture in dark (1) and light (0), a byte a pixel: rays through it are short and many, and a byte is read faster than
// a bit.
type bitmap struct {
	width, height int
	pix           []byte
	work          int // nanoseconds that the search for patterns took, as counted
}

// The sides of the squares whose mean is taken, in pixels; each pixel is compared with the mean of five times five. In a soft picture
// the light ring of a finder pattern is darker than the paper around the code, and only a narrow look shows it.
const (
	wideBlock   = 8
	narrowBlock = 4
)

// blackened parts l by the mean of five times five squares around each pixel's. It is the cheapest that follows a shadow: a pass to
// add up, a pass to compare.
func blackened(l *luma, side int) *bitmap {
	across, down := (l.Width+side-1)/side, (l.Height+side-1)/side
	sums := make([]uint32, across*down)
	for y := range l.Height {
		row := l.row(y)
		out := sums[y/side*across : (y/side+1)*across]
		for i := range out {
			part := row[i*side : min((i+1)*side, len(row))]
			sum := uint32(0)
			for _, v := range part {
				sum += uint32(v)
			}
			out[i] += sum
		}
	}
	out := &bitmap{width: l.Width, height: l.Height, pix: make([]byte, l.Width*l.Height)}
	limits := make([]byte, across)
	for by := range down {
		for bx := range across {
			limits[bx] = blockLimit(sums, across, down, bx, by, side, l)
		}
		for y := by * side; y < min((by+1)*side, l.Height); y++ {
			row, dark := l.row(y), out.pix[y*l.Width:(y+1)*l.Width]
			for bx, limit := range limits {
				from, to := bx*side, min((bx+1)*side, l.Width)
				d := dark[from:to]
				for i, v := range row[from:to] {
					d[i] = byte((int(v) - int(limit)) >> 31 & 1)
				}
			}
		}
	}
	return out
}

// blockLimit is the mean around a square, a little less so that plain paper stays light.
func blockLimit(sums []uint32, across, down, bx, by, side int, l *luma) byte {
	x0, x1 := max(bx-2, 0), min(bx+3, across)
	y0, y1 := max(by-2, 0), min(by+3, down)
	var sum uint32
	for y := y0; y < y1; y++ {
		for _, v := range sums[y*across+x0 : y*across+x1] {
			sum += v
		}
	}
	area := (min(x1*side, l.Width) - x0*side) * (min(y1*side, l.Height) - y0*side)
	return byte(sum * 31 / 32 / uint32(area))
}

// at is the pixel, 2 outside.
func (b *bitmap) at(x, y float64) byte {
	if x < 0 || y < 0 || x >= float64(b.width) || y >= float64(b.height) {
		return 2
	}
	return b.pix[int(y)*b.width+int(x)]
}

// run is how far the row stays as it is at x.
func run(row []byte, x int) int {
	n := bytes.IndexByte(row[x:], 1-row[x])
	if n < 0 {
		return len(row) - x
	}
	return n
}
