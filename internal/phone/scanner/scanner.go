// Package scanner goes from a camera frame, a picture or a pasted text to what it means for the app. Reading the QR is package
// qr's, the meaning of an Avow link package wire's; here a text gets its kind, and frames that could not be read their reason.
package scanner

import (
	"context"
	"image"
	"io"

	"avow/internal/authn"
	"avow/internal/qr"
)

// ErrCameraLost means that the camera stopped.
var ErrCameraLost = authn.Fail(authn.Unavailable, "camera_lost", "The camera stopped. Try again, or choose a picture.")

// Frame reads one camera frame, quickly: the next comes in a moment. Errors are those of qr.Decode; a *qr.NotFoundError says why
// nothing could be read.
func Frame(ctx context.Context, img image.Image) (Content, error) {
	return first(qr.Decode(ctx, img, qr.Options{Effort: qr.EffortFrame, Accept: Ours}))
}

// Picture reads a picture from a file or the clipboard, with all effort.
func Picture(ctx context.Context, r io.Reader) (Content, error) {
	return first(qr.DecodeReader(ctx, r, qr.Options{Accept: Ours}))
}

// Image is Picture for one that is decoded already.
func Image(ctx context.Context, img image.Image) (Content, error) {
	return first(qr.Decode(ctx, img, qr.Options{Accept: Ours}))
}

func first(results []qr.Result, err error) (Content, error) {
	if err != nil {
		return Content{}, err
	}
	if len(results) == 0 {
		return Content{}, qr.ErrNotFound
	}
	return Classify(results[0].Text), nil
}

// Watch reads frames until one is read that says something, and returns it. why is called for each frame that could not be
// read. It ends with ctx, or when frames closes (then ErrCameraLost).
func Watch(ctx context.Context, frames <-chan image.Image, why func(error)) (Content, error) {
	for {
		select {
		case <-ctx.Done():
			return Content{}, ctx.Err()
		case img, ok := <-frames:
			if !ok {
				return Content{}, ErrCameraLost
			}
			c, err := Frame(ctx, img)
			if err == nil {
				return c, nil
			}
			why(err)
		}
	}
}
