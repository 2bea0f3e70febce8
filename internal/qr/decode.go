package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// MaxPixels is the largest picture that is read, in pixels.
const MaxPixels = 64 << 20

// Effort is how long a picture may be searched.
type Effort byte

const (
	// EffortPicture tries everything: for one picture, from a file or the clipboard. It is the zero value.
	EffortPicture Effort = iota
	// EffortFrame tries what is worth its time when the next frame comes in a moment.
	EffortFrame
)

// FrameBudget is what a frame may take when [Options.Budget] does not say.
const FrameBudget = 150 * time.Millisecond

// Options tells Decode what to look for. The zero value reads the first code of a picture with all effort.
type Options struct {
	// Max is the largest number of codes to return; 0 is one.
	Max int
	// Effort is how long to look.
	Effort Effort
	// Budget is the most time to spend, taken from a count of the work and not from a clock: a frame ends at the same place on every
	// machine, loaded or not. What a nanosecond's work is was measured on a slow core of a desktop (see docs/performance.md). 0 is
	// [FrameBudget] for EffortFrame and no limit for EffortPicture. Contexts limit the time by the clock.
	Budget time.Duration
	// Accept says whether text is, beyond doubt, a payload of the caller's: parsed strictly, of the right length and
	// checked. Only if it is given, the second reader is asked when the first finds nothing. That one reads more tilted
	// frames but turns digits around without noticing; so nothing it reads is returned unless Accept says yes. Results of
	// the first reader do not pass through Accept.
	Accept func(text string) bool
}

// Result is one code that was read.
type Result struct {
	// Text is what the code says. Byte segments without a declared character set are taken as UTF-8, Shift-JIS or
	// ISO-8859-1, whichever fits, as zxing does.
	Text string
	// Corners are the centers of the finder patterns bottom left, top left and top right, in the picture's pixels. They
	// are missing if Unsure.
	Corners []image.Point
	// Unsure is true if the text comes from the second reader and was let through by [Options.Accept].
	Unsure bool
}

// ErrNotFound says that no code could be read. Get the reason by errors.As as a [*NotFoundError].
var ErrNotFound = errors.New("no QR code found")

// ErrTooLarge says that a picture has more than [MaxPixels] pixels or would take too much memory to open.
var ErrTooLarge = errors.New("picture is too large")

var errUnsupported = errors.New("unsupported")

// NotFoundError is ErrNotFound with what was measured in the picture.
type NotFoundError struct {
	Hint Hint
	// Cut is true if the budget ended the search.
	Cut bool
}

func (e *NotFoundError) Error() string {
	if e.Hint == HintNone {
		return ErrNotFound.Error()
	}
	return ErrNotFound.Error() + ": " + string(e.Hint)
}

// Is makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Decode reads the QR codes in img, in any turn, mirrored, or light on dark. At least one result or an error comes back:
// a [*NotFoundError], ErrTooLarge, or the context's error; the context is looked at several times in each step of the
// search. It does not panic and does not keep img.
func Decode(ctx context.Context, img image.Image, opts Options) ([]Result, error) {
	size := img.Bounds().Size()
	if err := checkSize(size.X, size.Y); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("decode QR code: %w", err)
	}
	s := newSearch(ctx, opts)
	picture := s.grey(img)
	results, err := s.all(picture)
	switch {
	case len(results) > 0:
		return results, nil
	case err != nil:
		return nil, fmt.Errorf("decode QR code: %w", err)
	}
	return nil, &NotFoundError{s.hint(picture), s.cut}
}

func checkSize(w, h int) error {
	if w <= 0 || h <= 0 {
		return &NotFoundError{Hint: HintNone}
	}
	if w > MaxPixels || h > MaxPixels || w*h > MaxPixels {
		return fmt.Errorf("%w: %d x %d pixels", ErrTooLarge, w, h)
	}
	return nil
}

// search is the state of one Decode.
type search struct {
	ctx     context.Context
	opts    Options
	decoder *decoder.Decoder
	work    int // nanoseconds, as counted
	limit   int // 0: none
	cut     bool
	sights  []pattern
}

func newSearch(ctx context.Context, opts Options) *search {
	s := &search{ctx: ctx, opts: opts, decoder: decoder.NewDecoder(), limit: int(opts.Budget)}
	if s.limit == 0 && opts.Effort == EffortFrame {
		s.limit = int(FrameBudget)
	}
	return s
}

// spend counts work that is about to be done, and says whether there is still time for it. What is refused is not counted, so that
// something smaller may still fit.
func (s *search) spend(work int) bool {
	work += work / 4 // caches, the collector: what is counted one by one does not add up to all
	if s.limit > 0 && s.work+work > s.limit {
		s.cut = true
		return false
	}
	s.work += work
	return s.ctx.Err() == nil
}

func (s *search) grey(img image.Image) *luma {
	size := img.Bounds().Size()
	s.spend(size.X * size.Y)
	judged := size
	for max(judged.X, judged.Y) > hintSide {
		judged = judged.Div(2)
	}
	s.spend(judged.X * judged.Y * hintWork) // set aside, in case nothing is read
	return grey(img)
}

// all reads up to opts.Max codes. Our own reader returns all that it finds at the level at which it found the first; then what was
// read is painted over, and the rest of a picture searched again. Libraries are asked only where our own reader finds nothing at all.
func (s *search) all(picture *luma) ([]Result, error) {
	most := max(s.opts.Max, 1)
	var results []Result
	for len(results) < most {
		found := s.traced(picture, most-len(results))
		if len(found) == 0 && len(results) == 0 && s.opts.Effort == EffortPicture {
			r, err := s.first(picture)
			if err != nil {
				return results, err
			}
			if r != nil {
				found = append(found, *r)
			}
		}
		if len(found) == 0 && len(results) == 0 {
			if r := s.secondReader(picture); r != nil {
				return []Result{*r}, nil
			}
		}
		results = append(results, found...)
		if len(found) == 0 || s.opts.Effort == EffortFrame || len(results) >= most {
			break
		}
		for _, r := range found {
			picture = picture.without(r.Corners)
		}
	}
	return results, s.ctx.Err()
}

// first is gozxing's turn, view by view.
func (s *search) first(picture *luma) (*Result, error) {
	for _, view := range views(picture) {
		if !s.spend(int(float64(len(picture.pix)) * view.factor * view.factor * viewWork)) {
			return nil, s.ctx.Err()
		}
		if r := s.look(view); r != nil {
			return r, nil
		}
	}
	return nil, s.ctx.Err()
}

// look reads one view. A panic of the library costs the view, no more.
func (s *search) look(v view) (r *Result) {
	defer func() {
		if recover() != nil {
			r = nil
		}
	}()
	m := v.binarize(v.prepare())
	if m == nil || s.ctx.Err() != nil {
		return nil
	}
	found := findCorners(m)
	for i, c := range found {
		if i == 0 {
			info := detector.NewFinderPatternInfo(c.bottomLeft, c.topLeft, c.topRight)
			if d, err := detector.NewDetector(m).ProcessFinderPatternInfo(info); err == nil {
				if r := s.read(d.GetBits(), c, v.factor); r != nil {
					return r
				}
			}
		}
		if v.grids == 0 || i >= v.triples {
			continue
		}
		if r := s.fitGrids(m, c, v); r != nil {
			return r
		}
	}
	return nil
}

func (s *search) fitGrids(m *gozxing.BitMatrix, c corners, v view) *Result {
	for i, size := range c.sizes() {
		if i >= v.sizes || s.ctx.Err() != nil {
			return nil
		}
		for _, g := range candidates(m, c, size, v.grids) {
			if r := s.read(g.sample(m), c, v.factor); r != nil {
				return r
			}
		}
	}
	return nil
}

func (s *search) read(bits *gozxing.BitMatrix, c corners, factor float64) *Result {
	decoded, err := s.decoder.Decode(bits, nil)
	if err != nil || decoded.GetText() == "" {
		return nil
	}
	return &Result{Text: decoded.GetText(), Corners: c.points(decoded, factor)}
}

// points are the corners in the pixels of the picture, in the order that [Result.Corners] promises.
func (c corners) points(decoded *common.DecoderResult, factor float64) []image.Point {
	patterns := []gozxing.ResultPoint{c.bottomLeft, c.topLeft, c.topRight}
	if mirrored, ok := decoded.GetOther().(*decoder.QRCodeDecoderMetaData); ok {
		mirrored.ApplyMirroredCorrection(patterns)
	}
	var points []image.Point
	for _, p := range patterns {
		points = append(points, image.Pt(int(p.GetX()/factor), int(p.GetY()/factor)))
	}
	return points
}
