package qr

import "bytes"

// bitmap is a picture in dark (1) and light (0), a byte a pixel: rays through it are short and many, and a byte is read faster than
// a bit.
type bitmap struct {
	width, height int
	pix           []byte
	work          int // nanoseconds that the search for patterns took, as counted
}

// blockSide is the side of the squares whose mean is taken, in pixels; each pixel is compared with the mean of five times five.
const blockSide = 8

// blackened parts l by the mean of the 40 pixels around each square. It is the cheapest that follows a shadow: a pass to add up, a
// pass to compare.
func blackened(l *luma) *bitmap {
	across, down := (l.Width+blockSide-1)/blockSide, (l.Height+blockSide-1)/blockSide
	sums := make([]uint32, across*down)
	for y := range l.Height {
		row := l.pix[y*l.Width : (y+1)*l.Width]
		out := sums[y/blockSide*across:]
		for len(row) >= blockSide {
			p := row[:blockSide:blockSide]
			out[0] += uint32(p[0]) + uint32(p[1]) + uint32(p[2]) + uint32(p[3]) + uint32(p[4]) + uint32(p[5]) + uint32(p[6]) + uint32(p[7])
			row, out = row[blockSide:], out[1:]
		}
		for _, v := range row {
			out[0] += uint32(v)
		}
	}
	out := &bitmap{width: l.Width, height: l.Height, pix: make([]byte, l.Width*l.Height)}
	limits := make([]byte, across)
	for by := range down {
		y0, y1 := by*blockSide, min((by+1)*blockSide, l.Height)
		for bx := range across {
			limits[bx] = blockLimit(sums, across, down, bx, by, l)
		}
		for y := y0; y < y1; y++ {
			row, dark := l.pix[y*l.Width:(y+1)*l.Width], out.pix[y*l.Width:(y+1)*l.Width]
			for bx, limit := range limits {
				from, to := bx*blockSide, min((bx+1)*blockSide, l.Width)
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
func blockLimit(sums []uint32, across, down, bx, by int, l *luma) byte {
	x0, x1 := max(bx-2, 0), min(bx+3, across)
	y0, y1 := max(by-2, 0), min(by+3, down)
	var sum uint32
	for y := y0; y < y1; y++ {
		for _, v := range sums[y*across+x0 : y*across+x1] {
			sum += v
		}
	}
	area := (min(x1*blockSide, l.Width) - x0*blockSide) * (min(y1*blockSide, l.Height) - y0*blockSide)
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
