// Package scanner goes from a camera frame, a picture or a pasted text to what it means for the app. Reading the QR is package
// qr's, the meaning of an Avow link package wire's; here a text gets its kind, and frames that could not be read their reason.
package scanner

import (
	"cmp"
	"context"
	"image"
	"io"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/qr"
)

// ErrCameraLost means that the camera stopped.
var ErrCameraLost = authn.Fail(authn.Unavailable, "camera_lost", "The camera stopped. Try again, or choose a picture.")

// most is how many codes of one picture are listed. An export of another authenticator shows a handful.
const most = 24

// Frame reads one camera frame, quickly: the next comes in a moment. Errors are those of qr.Decode; a *qr.NotFoundError says why
// nothing could be read.
func Frame(ctx context.Context, img image.Image) (Content, error) {
	return first(FrameAll(ctx, img))
}

// FrameAll is Frame with each code that the frame shows, from the top down and from left to right.
func FrameAll(ctx context.Context, img image.Image) ([]Content, error) {
	return all(qr.Decode(ctx, img, qr.Options{Effort: qr.EffortFrame, Max: most}))
}

// Picture reads a picture from a file or the clipboard, with all effort.
func Picture(ctx context.Context, r io.Reader) (Content, error) {
	return first(PictureAll(ctx, r))
}

// PictureAll is Picture with each code that it shows, from the top down and from left to right.
func PictureAll(ctx context.Context, r io.Reader) ([]Content, error) {
	return all(qr.DecodeReader(ctx, r, qr.Options{Accept: Ours, Max: most}))
}

// Within is PictureAll that ends when the budget is used up (see qr.Options.Budget); 0 is no budget. With one, what the libraries would read
// in seconds is left out.
func Within(ctx context.Context, r io.Reader, budget time.Duration) ([]Content, error) {
	opts := qr.Options{Accept: Ours, Max: most, Budget: budget}
	if budget > 0 {
		opts.Effort = qr.EffortFrame
	}
	return all(qr.DecodeReader(ctx, r, opts))
}

// Image is Picture for one that is decoded already.
func Image(ctx context.Context, img image.Image) (Content, error) {
	return first(ImageAll(ctx, img))
}

// ImageAll is PictureAll for one that is decoded already: the screen, a picture on the clipboard.
func ImageAll(ctx context.Context, img image.Image) ([]Content, error) {
	return all(qr.Decode(ctx, img, qr.Options{Accept: Ours, Max: most}))
}

func all(results []qr.Result, err error) ([]Content, error) {
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(results, byPlace)
	var contents []Content
	for _, r := range results {
		contents = append(contents, Classify(r.Text))
	}
	return contents, nil
}

// byPlace puts codes whose middles are in one line, as far as a hand holds it straight, from left to right. Those without a place come last.
func byPlace(a, b qr.Result) int {
	if len(a.Corners) < 3 || len(b.Corners) < 3 {
		return cmp.Compare(len(b.Corners), len(a.Corners))
	}
	x0, y0 := middle(a)
	x1, y1 := middle(b)
	side := max(abs(a.Corners[2].X-a.Corners[1].X), abs(a.Corners[2].Y-a.Corners[1].Y))
	if abs(y0-y1) > side/2 {
		return cmp.Compare(y0, y1)
	}
	return cmp.Compare(x0, x1)
}

// middle is between the corners bottom left and top right.
func middle(r qr.Result) (x, y int) {
	m := r.Corners[0].Add(r.Corners[2]).Div(2)
	return m.X, m.Y
}

func abs(i int) int { return max(i, -i) }

func first(contents []Content, err error) (Content, error) {
	if err != nil {
		return Content{}, err
	}
	if len(contents) == 0 {
		return Content{}, qr.ErrNotFound
	}
	return contents[0], nil
}

// Watch reads frames until one is read that says something, and returns it. why is called for each frame that could not be
// read. Only the newest frame is read: those that came while another was read are dropped. It ends with ctx, or when frames closes
// (then ErrCameraLost).
func Watch(ctx context.Context, frames <-chan image.Image, why func(error)) (Content, error) {
	return first(WatchAll(ctx, frames, why))
}

// WatchAll is Watch with each code that the frame shows.
func WatchAll(ctx context.Context, frames <-chan image.Image, why func(error)) ([]Content, error) {
	ctx, stop := context.WithCancel(ctx)
	fresh := newest(ctx, frames)
	defer func() {
		stop()
		for range fresh { // it ends when no frame is taken from the camera any more
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case img, ok := <-fresh:
			if !ok {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				return nil, ErrCameraLost
			}
			contents, err := FrameAll(ctx, img)
			if err == nil {
				return contents, nil
			}
			why(err)
		}
	}
}

// newest passes on the newest frame that nobody took yet, until ctx or frames end.
func newest(ctx context.Context, frames <-chan image.Image) <-chan image.Image {
	out := make(chan image.Image)
	go func() {
		defer close(out)
		var waiting image.Image
		for frames != nil || waiting != nil {
			to := out
			if waiting == nil {
				to = nil
			}
			select {
			case <-ctx.Done():
				return
			case img, ok := <-frames:
				if ok {
					waiting = img
				} else {
					frames = nil
				}
			case to <- waiting:
				waiting = nil
			}
		}
	}()
	return out
}
