package qr

import (
	"cmp"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// A grid lays the modules of a code over the picture: three corners are measured, the fourth is sought by how well the
// patterns that every code has (ISO/IEC 18004, 6.3) fit what is seen. gozxing places the fourth by one alignment
// pattern near where it would be without perspective, and so loses tilted frames.
type grid struct {
	corners
	size           int
	rightX, rightY float64 // the picture's place of module (size-3.5, size-3.5)
}

// known are the places of modules whose colour is known beforehand.
type known struct {
	x, y float64
	dark bool
}

// fitting is the search for the grids of one size in one view.
type fitting struct {
	dark   *gozxing.BitMatrix
	marks  []known
	points []float64 // room to work in
}

const (
	hopelessFit = 0.62 // half of all modules are right by chance
	goodFit     = 0.72
)

// candidates are the grids that fit best, best first.
func candidates(m *gozxing.BitMatrix, c corners, size int, keep int) []grid {
	f := fitting{dark: m, marks: knownModules(size)}
	f.points = make([]float64, 2*len(f.marks))
	flat := grid{
		c, size,
		c.topRight.GetX() + c.bottomLeft.GetX() - c.topLeft.GetX(),
		c.topRight.GetY() + c.bottomLeft.GetY() - c.topLeft.GetY(),
	}
	fits := []scored{{flat, f.share(flat)}}
	reach := min(2+float64(size)/6, 10)
	for y := -reach; y <= reach; y++ {
		for x := -reach; x <= reach; x++ {
			g := flat.shifted(x, y)
			fits = append(fits, scored{g, f.share(g)})
		}
	}
	fits = fittest(fits, keep)
	if fits[0].share < hopelessFit {
		return nil
	}
	for _, step := range []float64{0.5, 0.25} {
		for _, s := range slices.Clone(fits) {
			for _, d := range [][2]float64{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}, {-1, 1}, {1, -1}} {
				g := s.shifted(d[0]*step, d[1]*step)
				fits = append(fits, scored{g, f.share(g)})
			}
		}
		fits = fittest(fits, keep)
	}
	var best []grid
	for _, s := range fits {
		if s.share > goodFit {
			best = append(best, s.grid)
		}
	}
	return best
}

// shifted moves the fourth corner by modules along the sides.
func (g grid) shifted(right, down float64) grid {
	modules := float64(g.size - 7)
	g.rightX += (right*(g.topRight.GetX()-g.topLeft.GetX()) + down*(g.bottomLeft.GetX()-g.topLeft.GetX())) / modules
	g.rightY += (right*(g.topRight.GetY()-g.topLeft.GetY()) + down*(g.bottomLeft.GetY()-g.topLeft.GetY())) / modules
	return g
}

type scored struct {
	grid
	share float64
}

func fittest(fits []scored, keep int) []scored {
	slices.SortStableFunc(fits, func(a, b scored) int { return cmp.Compare(b.share, a.share) })
	return fits[:min(len(fits), keep)]
}

// share is how many of the known modules have their colour in the grid, 0 to 1.
func (f fitting) share(g grid) float64 {
	for i, k := range f.marks {
		f.points[2*i], f.points[2*i+1] = k.x, k.y
	}
	g.transform().TransformPoints(f.points)
	right := 0
	for i, k := range f.marks {
		if f.dark.Get(int(f.points[2*i]), int(f.points[2*i+1])) == k.dark {
			right++
		}
	}
	return float64(right) / float64(len(f.marks))
}

func (g grid) transform() *common.PerspectiveTransform {
	far := float64(g.size) - 3.5
	return common.PerspectiveTransform_QuadrilateralToQuadrilateral(
		3.5, 3.5, far, 3.5, far, far, 3.5, far,
		g.topLeft.GetX(), g.topLeft.GetY(), g.topRight.GetX(), g.topRight.GetY(),
		g.rightX, g.rightY, g.bottomLeft.GetX(), g.bottomLeft.GetY())
}

// sample reads the modules, each by the majority of five points, so that noise does not flip it.
func (g grid) sample(m *gozxing.BitMatrix) *gozxing.BitMatrix {
	bits, err := gozxing.NewSquareBitMatrix(g.size)
	if err != nil {
		return nil
	}
	place := g.transform()
	points := make([]float64, 10)
	for y := range g.size {
		for x := range g.size {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			copy(points, []float64{cx, cy, cx - 0.2, cy, cx + 0.2, cy, cx, cy - 0.2, cx, cy + 0.2})
			place.TransformPoints(points)
			dark := 0
			for i := 0; i < len(points); i += 2 {
				if m.Get(int(points[i]), int(points[i+1])) {
					dark++
				}
			}
			if dark >= 3 {
				bits.Set(x, y)
			}
		}
	}
	return bits
}

// knownModules are the timing patterns, the rims of the finder patterns and the alignment patterns of a code.
func knownModules(size int) []known {
	var marks []known
	add := func(x, y int, dark bool) { marks = append(marks, known{float64(x) + 0.5, float64(y) + 0.5, dark}) }
	for i := 8; i < size-8; i++ {
		add(i, 6, i%2 == 0)
		add(6, i, i%2 == 0)
	}
	for _, corner := range [][2]int{{0, 0}, {size - 7, 0}, {0, size - 7}} {
		for i := range 6 {
			for _, rim := range [][2]int{{i, 0}, {6, i}, {6 - i, 6}, {0, 6 - i}} {
				add(corner[0]+rim[0], corner[1]+rim[1], true)
			}
		}
	}
	for _, center := range alignmentCenters(size) {
		for dy := -2; dy <= 2; dy++ {
			for dx := -2; dx <= 2; dx++ {
				ring := max(abs(dx), abs(dy))
				add(center[0]+dx, center[1]+dy, ring != 1)
			}
		}
	}
	return marks
}

func alignmentCenters(size int) [][2]int {
	version, err := decoder.Version_GetVersionForNumber((size - 17) / 4)
	if err != nil {
		return nil
	}
	at := version.GetAlignmentPatternCenters()
	var centers [][2]int
	for i, y := range at {
		for j, x := range at {
			last := len(at) - 1
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // finder patterns stand there
			}
			centers = append(centers, [2]int{x, y})
		}
	}
	return centers
}

func abs(i int) int {
	return max(i, -i)
}
