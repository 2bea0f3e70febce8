//go:build (linux && !s390x && !ppc64le) || windows || (darwin && cgo)

package desktop

import (
	"context"
	"image"

	"github.com/kbinani/screenshot"

	"avow/internal/phone/platform"
)

// NewDisplays is what the computer's displays show: on X11, on Wayland by the desktop's portal, which asks the person, on Windows, and on
// macOS in builds with cgo.
func NewDisplays() platform.Displays { return displays{} }

type displays struct{}

// Shots implements platform.Displays.
func (displays) Shots(ctx context.Context, region image.Rectangle) (shots []image.Image, err error) {
	defer func() {
		if recover() != nil { // the library's, on a system that answers what it does not expect
			shots, err = nil, platform.ErrNoScreen
		}
	}()
	if !region.Empty() {
		shot, err := screenshot.CaptureRect(region)
		if err != nil {
			return nil, platform.ErrNoScreen
		}
		return []image.Image{shot}, nil
	}
	for i := range screenshot.NumActiveDisplays() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if shot, err := screenshot.CaptureDisplay(i); err == nil {
			shots = append(shots, shot)
		}
	}
	if len(shots) == 0 {
		return nil, platform.ErrNoScreen
	}
	return shots, nil
}
