//go:build !linux

package desktop

import "avow/internal/phone/platform"

// NewCamera has none: the cameras of the other systems need cgo.
func NewCamera() platform.Camera {
	return &camera{open: func() (device, error) { return nil, platform.ErrNoCamera }}
}
