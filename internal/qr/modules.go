package qr

import (
	"github.com/makiuchi-d/gozxing"
)

// modules are the shades of a code's modules, more is darker, row after row.
type modules struct {
	size   int
	shades []float64
}

// sample takes the mean of nine places in each module.
func (g *tracing) sample() *modules {
	const spread = 0.27
	out := &modules{g.size, make([]float64, g.size*g.size)}
	for y := range g.size {
		for x := range g.size {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			sum := 2 * g.module(cx, cy)
			for _, d := range [8][2]float64{{-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1}} {
				sum += g.module(cx+d[0]*spread, cy+d[1]*spread)
			}
			out.shades[y*g.size+x] = sum / 10
		}
	}
	return out
}

// softness says how much of a module's shade comes from each of its two neighbors in a line: the timing pattern, whose modules
// alternate, loses four times that of its contrast, and the finder patterns' middle nearly nothing.
func (m *modules) softness() (across, down float64) {
	solid := m.level(2, 5, 2, 5) - min(m.level(7, 8, 0, 8), m.level(0, 8, 7, 8))
	if solid <= 0 {
		return 0, 0
	}
	contrast := func(at func(i int) float64) float64 {
		sum, n := 0.0, 0
		for i := 8; i < m.size-8; i++ {
			edge := at(i) - (at(i-1)+at(i+1))/2
			if i%2 == 1 {
				edge = -edge
			}
			sum, n = sum+edge, n+1
		}
		return sum / float64(n) / solid
	}
	limit := func(c float64) float64 { return min(max((1-c)/4, 0), 0.2) }
	return limit(contrast(func(i int) float64 { return m.shades[6*m.size+i] })),
		limit(contrast(func(i int) float64 { return m.shades[i*m.size+6] }))
}

func (m *modules) level(x0, x1, y0, y1 int) float64 {
	sum, n := 0.0, 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum, n = sum+m.shades[y*m.size+x], n+1
		}
	}
	return sum / float64(n)
}

// sharpened takes the neighbors' share out of each module, by Van Cittert's steps.
func (m *modules) sharpened(across, down float64) *modules {
	const steps = 4
	out := &modules{m.size, append([]float64(nil), m.shades...)}
	line, soft := make([]float64, len(m.shades)), make([]float64, len(m.shades))
	n := m.size
	for range steps {
		for y := range n {
			for x := range n {
				i := y*n + x
				left, right := i, i
				if x > 0 {
					left--
				}
				if x < n-1 {
					right++
				}
				line[i] = out.shades[i]*(1-2*across) + across*(out.shades[left]+out.shades[right])
			}
		}
		for y := range n {
			for x := range n {
				i := y*n + x
				above, below := i, i
				if y > 0 {
					above -= n
				}
				if y < n-1 {
					below += n
				}
				soft[i] = line[i]*(1-2*down) + down*(line[above]+line[below])
			}
		}
		for i := range out.shades {
			out.shades[i] += m.shades[i] - soft[i]
		}
	}
	return out
}

// bits parts the modules into dark and light: first by the mean around each, then by the middle between the dark and the light ones
// around it, since a neighborhood seldom has as many of both.
func (m *modules) bits() []bool {
	n := m.size
	radius := max(n/10, 4)
	ones := make([]float64, n*n)
	for i := range ones {
		ones[i] = 1
	}
	around, count := boxed(m.shades, n, radius), boxed(ones, n, radius)
	dark := make([]bool, n*n)
	for i, v := range m.shades {
		dark[i] = v*count[i] > around[i]
	}
	shadeOfDark, isDark := make([]float64, n*n), make([]float64, n*n)
	for i, d := range dark {
		if d {
			shadeOfDark[i], isDark[i] = m.shades[i], 1
		}
	}
	darkSum, darkCount := boxed(shadeOfDark, n, radius), boxed(isDark, n, radius)
	for i, v := range m.shades {
		d, l := darkCount[i], count[i]-darkCount[i]
		if d == 0 || l == 0 {
			continue
		}
		dark[i] = v > (darkSum[i]/d+(around[i]-darkSum[i])/l)/2
	}
	return dark
}

// boxed is the sum of the (2 radius + 1) squared values around each.
func boxed(values []float64, n, radius int) []float64 {
	sums := make([]float64, (n+1)*(n+1))
	for y := range n {
		row := 0.0
		for x := range n {
			row += values[y*n+x]
			sums[(y+1)*(n+1)+x+1] = sums[y*(n+1)+x+1] + row
		}
	}
	out := make([]float64, n*n)
	for y := range n {
		y0, y1 := max(y-radius, 0)*(n+1), min(y+radius+1, n)*(n+1)
		for x := range n {
			x0, x1 := max(x-radius, 0), min(x+radius+1, n)
			out[y*n+x] = sums[y1+x1] - sums[y1+x0] - sums[y0+x1] + sums[y0+x0]
		}
	}
	return out
}

// matrix is what gozxing decodes.
func matrix(dark []bool, size int) *gozxing.BitMatrix {
	m, err := gozxing.NewSquareBitMatrix(size)
	if err != nil {
		return nil
	}
	for i, d := range dark {
		if d {
			m.Set(i%size, i/size)
		}
	}
	return m
}

// familiar is the share of the modules known beforehand that are as they must be.
func familiar(dark []bool, size int) float64 {
	right, marks := 0, knownModules(size)
	for _, k := range marks {
		if dark[int(k.y)*size+int(k.x)] == k.dark {
			right++
		}
	}
	return float64(right) / float64(len(marks))
}
