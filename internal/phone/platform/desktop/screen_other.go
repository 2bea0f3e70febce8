//go:build !((linux && !s390x && !ppc64le) || windows || (darwin && cgo))

package desktop

import (
	"context"
	"image"

	"avow/internal/phone/platform"
)

// NewDisplays has none: there is no way to see the displays without cgo here.
func NewDisplays() platform.Displays { return displays{} }

type displays struct{}

// Shots implements platform.Displays.
func (displays) Shots(context.Context, image.Rectangle) ([]image.Image, error) {
	return nil, platform.ErrNoScreen
}
