package camera

import (
	"image"
	"math"
	"math/rand/v2"
)

// pose is where the camera stands: a pinhole that looks at a plane.
type pose struct {
	axisX, axisY   [3]float64 // the plane's axes as the camera sees them, a unit of the scene long
	middle         [3]float64 // the target's middle as the camera sees it, and there in the scene:
	sceneX, sceneY float64
	focal          float64 // pixels
	centerX        float64
	centerY        float64
	toPlane        [3][3]float64 // from a ray to a place on the plane
}

// pose draws one from the conditions: first the angles, then the distance at which the target fills its share.
func (c Conditions) pose(random *rand.Rand, target image.Rectangle, size image.Point) pose {
	either := func(limit float64) float64 { return (2*random.Float64() - 1) * limit * math.Pi / 180 }
	roll, tilt, toward := either(c.Roll), math.Abs(either(c.Tilt-c.TiltMin)), random.Float64()*2*math.Pi
	tilt += c.TiltMin * math.Pi / 180
	shorter := float64(min(size.X, size.Y))
	fill := (c.FillMin + random.Float64()*(c.FillMax-c.FillMin)) * shorter
	focal := 1.1 * float64(max(size.X, size.Y))
	side := float64(max(target.Dx(), target.Dy()))
	distance := focal * side / fill

	v := pose{focal: focal, centerX: float64(size.X) / 2, centerY: float64(size.Y) / 2}
	v.sceneX = float64(target.Min.X+target.Max.X) / 2
	v.sceneY = float64(target.Min.Y+target.Max.Y) / 2
	v.axisX, v.axisY = turn([3]float64{1, 0, 0}, roll, tilt, toward), turn([3]float64{0, 1, 0}, roll, tilt, toward)
	room := max(0, (shorter-fill*1.25)/2) * c.Shift
	v.middle = [3]float64{
		(2*random.Float64() - 1) * room * distance / focal,
		(2*random.Float64() - 1) * room * distance / focal,
		distance,
	}
	v.bringInside(target, size)
	v.toPlane = inverse([3][3]float64{
		{v.axisX[0], v.axisY[0], v.middle[0]},
		{v.axisX[1], v.axisY[1], v.middle[1]},
		{v.axisX[2], v.axisY[2], v.middle[2]},
	})
	return v
}

// bringInside moves the target toward the frame's middle, and then away from the camera, until none of it is cut off: the near side
// of a tilted one is larger than what was asked for.
func (v *pose) bringInside(target image.Rectangle, size image.Point) {
	halfX, halfY := float64(target.Dx())/2, float64(target.Dy())/2
	for range 40 {
		inside := true
		for _, corner := range [4][2]float64{{-halfX, -halfY}, {halfX, -halfY}, {-halfX, halfY}, {halfX, halfY}} {
			var at [3]float64
			for i := range at {
				at[i] = v.middle[i] + corner[0]*v.axisX[i] + corner[1]*v.axisY[i]
			}
			x, y := v.centerX+v.focal*at[0]/at[2], v.centerY+v.focal*at[1]/at[2]
			inside = inside && at[2] > 0 && x > 2 && y > 2 && x < float64(size.X)-2 && y < float64(size.Y)-2
		}
		if inside {
			return
		}
		v.middle[0], v.middle[1], v.middle[2] = v.middle[0]*0.7, v.middle[1]*0.7, v.middle[2]*1.02
	}
}

// turn rolls a vector around the line of sight, then tilts it by an angle around an axis in the frame's plane.
func turn(p [3]float64, roll, tilt, toward float64) [3]float64 {
	x, y := p[0]*math.Cos(roll)-p[1]*math.Sin(roll), p[0]*math.Sin(roll)+p[1]*math.Cos(roll)
	along, across := math.Cos(toward), math.Sin(toward)
	parallel := x*along + y*across
	aside := -x*across + y*along
	depth := aside * math.Sin(tilt)
	aside *= math.Cos(tilt)
	return [3]float64{parallel*along - aside*across, parallel*across + aside*along, depth}
}

// onScene is the place in the scene that is seen at (x, y) of the frame.
func (v *pose) onScene(x, y float64) (sceneX, sceneY float64) {
	rx, ry := (x-v.centerX)/v.focal, (y-v.centerY)/v.focal
	var place [3]float64
	for i, row := range &v.toPlane {
		place[i] = row[0]*rx + row[1]*ry + row[2]
	}
	if place[2] <= 0 { // beyond the horizon
		return math.Inf(1), math.Inf(1)
	}
	return v.sceneX + place[0]/place[2], v.sceneY + place[1]/place[2]
}

// pixelsPerUnit is how large a unit of the scene is at the target's middle.
func (v pose) pixelsPerUnit() float64 { return v.focal / v.middle[2] }

func inverse(m [3][3]float64) [3][3]float64 {
	minor := func(r0, r1, c0, c1 int) float64 { return m[r0][c0]*m[r1][c1] - m[r0][c1]*m[r1][c0] }
	d := m[0][0]*minor(1, 2, 1, 2) - m[0][1]*minor(1, 2, 0, 2) + m[0][2]*minor(1, 2, 0, 1)
	return [3][3]float64{
		{minor(1, 2, 1, 2) / d, -minor(0, 2, 1, 2) / d, minor(0, 1, 1, 2) / d},
		{-minor(1, 2, 0, 2) / d, minor(0, 2, 0, 2) / d, -minor(0, 1, 0, 2) / d},
		{minor(1, 2, 0, 1) / d, -minor(0, 2, 0, 1) / d, minor(0, 1, 0, 1) / d},
	}
}
