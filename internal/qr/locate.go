package qr

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// maxCenters is how many places that look like a finder pattern a picture may have. gozxing compares all triples of
// them, so a picture made of finder patterns would keep it busy for hours. Photographs have fewer than fifty.
const maxCenters = 160

// corners are the centers of a code's three finder patterns.
type corners struct {
	topLeft, topRight, bottomLeft *detector.FinderPattern
}

// findCorners looks for finder patterns: first gozxing's choice of three, then others worth a try, likeliest first.
func findCorners(m *gozxing.BitMatrix) []corners {
	finder := detector.NewFinderPatternFinder(m, nil)
	if !scan(m, finder) {
		return nil
	}
	centers := finder.GetPossibleCenters()
	three, err := finder.SelectBestPatterns()
	if err != nil {
		return nil
	}
	best := order(three[0], three[1], three[2])
	return append([]corners{best}, otherCorners(centers, best)...)
}

// scan offers each run of dark, light, dark, light, dark pixels in a row to the finder, and says whether there is a sane
// number of centers. gozxing's own scan stops at three that agree, and one of them may be data that looks like a finder
// pattern.
func scan(m *gozxing.BitMatrix, finder *detector.FinderPatternFinder) bool {
	const step = 2
	row := gozxing.NewEmptyBitArray()
	runs := make([]int, 5) // the last five, oldest first
	for y := step - 1; y < m.GetHeight(); y += step {
		row = m.GetRow(y, row)
		seen := 0
		x := row.GetNextSet(0)
		for dark := true; x < m.GetWidth(); dark = !dark {
			end := row.GetNextSet(x)
			if dark {
				end = row.GetNextUnset(x)
			}
			copy(runs, runs[1:])
			runs[4] = end - x
			seen++
			x = end
			if dark && seen >= 5 && detector.FinderPatternFinder_foundPatternCross(runs) {
				finder.HandlePossibleCenter(runs, y, x)
			}
		}
		if len(finder.GetPossibleCenters()) > maxCenters {
			return false
		}
	}
	return true
}

// otherCorners are triples that gozxing does not choose: a dirty picture holds false centers that make a better right
// angle than the true ones do in perspective.
func otherCorners(centers []*detector.FinderPattern, best corners) []corners {
	const keepCenters, keepTriples = 9, 6
	sure := slices.Clone(centers)
	slices.SortStableFunc(sure, func(a, b *detector.FinderPattern) int { return cmp.Compare(b.GetCount(), a.GetCount()) })
	sure = sure[:min(len(sure), keepCenters)]
	type ranked struct {
		corners
		distortion float64
	}
	var found []ranked
	for i := range sure {
		for j := i + 1; j < len(sure); j++ {
			for k := j + 1; k < len(sure); k++ {
				c := order(sure[i], sure[j], sure[k])
				if d := c.distortion(); d < 1.2 && c != best {
					found = append(found, ranked{c, d})
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(a.distortion, b.distortion) })
	var others []corners
	for _, f := range found[:min(len(found), keepTriples)] {
		others = append(others, f.corners)
	}
	return others
}

func order(a, b, c *detector.FinderPattern) corners {
	bl, tl, tr := gozxing.ResultPoint_OrderBestPatterns(a, b, c)
	return corners{tl.(*detector.FinderPattern), tr.(*detector.FinderPattern), bl.(*detector.FinderPattern)}
}

// distortion is how far the corners are from three equal patterns at a right angle with equal sides: 0 is perfect.
func (c corners) distortion() float64 {
	sizes := []float64{
		c.topLeft.GetEstimatedModuleSize(), c.topRight.GetEstimatedModuleSize(), c.bottomLeft.GetEstimatedModuleSize(),
	}
	ax, ay := c.topRight.GetX()-c.topLeft.GetX(), c.topRight.GetY()-c.topLeft.GetY()
	bx, by := c.bottomLeft.GetX()-c.topLeft.GetX(), c.bottomLeft.GetY()-c.topLeft.GetY()
	a, b := math.Hypot(ax, ay), math.Hypot(bx, by)
	if a == 0 || b == 0 {
		return math.Inf(1)
	}
	cosine := math.Abs(ax*bx+ay*by) / (a * b)
	return cosine + math.Abs(math.Log(a/b)) + math.Log(slices.Max(sizes)/slices.Min(sizes))
}

// sizes are the numbers of modules on a side that the distances and module sizes allow, likeliest first.
func (c corners) sizes() []int {
	across := c.modulesTo(c.topRight)
	down := c.modulesTo(c.bottomLeft)
	estimate := math.Sqrt(across*down) + 7
	version := int(math.Round((estimate - 17) / 4))
	var sizes []int
	for _, step := range []int{0, -1, 1, -2, 2} {
		if v := version + step; 1 <= v && v <= 40 {
			sizes = append(sizes, 17+4*v)
		}
	}
	if estimate-17 > float64(version)*4 && len(sizes) > 2 { // the rest of the rounding says which neighbour is likelier
		sizes[1], sizes[2] = sizes[2], sizes[1]
	}
	return sizes
}

// modulesTo is the distance from the top left center in modules. Finder patterns are measured along the row, so a
// turned one seems wider than it is.
func (c corners) modulesTo(other *detector.FinderPattern) float64 {
	dx, dy := other.GetX()-c.topLeft.GetX(), other.GetY()-c.topLeft.GetY()
	distance := math.Hypot(dx, dy)
	if distance == 0 {
		return 0
	}
	turn := max(math.Abs(dx), math.Abs(dy)) / distance
	module := (c.topLeft.GetEstimatedModuleSize() + other.GetEstimatedModuleSize()) / 2 * turn
	return distance / module
}
