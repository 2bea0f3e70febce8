package desktop

import (
	"context"
	"errors"
	"image"
	"sync"

	"avow/internal/phone/platform"
)

// device is an opened camera. It belongs to one goroutine.
type device interface {
	// wait returns when there may be a frame, or after a second at most.
	wait() error
	// frame is the oldest frame that waits, nil if there is none. It is a copy.
	frame() (image.Image, error)
	close()
}

// camera implements platform.Camera on what opens a device.
type camera struct {
	open func() (device, error)

	mu   sync.Mutex
	used bool
}

// Start implements platform.Camera.
func (c *camera) Start(ctx context.Context) (<-chan image.Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used {
		return nil, platform.ErrCameraBusy
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	c.used = true
	frames := make(chan image.Image, 1)
	go func() {
		pump(ctx, d, frames)
		d.close()
		c.mu.Lock()
		c.used = false
		c.mu.Unlock()
		close(frames) // last: who sees it may start again
	}()
	return frames, nil
}

// errSkip is a frame that says nothing: damaged on its way, as happens on a busy bus.
var errSkip = errors.New("damaged frame")

// pump hands frames over until ctx ends or the camera is lost. A frame that nobody took gives way to a newer one.
func pump(ctx context.Context, d device, frames chan image.Image) {
	for ctx.Err() == nil {
		if d.wait() != nil {
			return
		}
		img, err := d.frame()
		if errors.Is(err, errSkip) || err == nil && img == nil {
			continue
		}
		if err != nil {
			return
		}
		select {
		case <-frames:
		default:
		}
		frames <- img
	}
}
