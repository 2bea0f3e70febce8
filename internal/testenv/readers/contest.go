package readers

import (
	"context"
	"image"
	"image/draw"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// Picture is one with what it says; "" for one that says nothing.
type Picture struct {
	Group string // what it is counted under
	Name  string
	Text  string
	Image *image.Gray
}

// Score is how a reader did on a group of pictures.
type Score struct {
	Reader string
	Group  string
	All    int
	Read   int
	Wrong  int
	// CPU time of the pictures that were read, and of all.
	MedianRead, Median, P99, Max time.Duration
	Wrongs                       []string // which, at most ten
}

type tally struct {
	Score
	read, all []time.Duration
}

// Contest asks each reader for each picture, one after the other, and counts by group, and all together under "".
func Contest(ctx context.Context, readers []Reader, pictures func(yield func(Picture) bool)) []Score {
	type slot struct{ reader, group string }
	tallies := map[slot]*tally{}
	var order []slot
	for p := range pictures {
		if ctx.Err() != nil {
			break
		}
		for _, r := range readers {
			text, took := r.Read(ctx, p.Image)
			for _, group := range []string{p.Group, ""} {
				at := slot{r.Name, group}
				if tallies[at] == nil {
					tallies[at] = &tally{Score: Score{Reader: r.Name, Group: group}}
					order = append(order, at)
				}
				tallies[at].count(p, text, took)
			}
		}
	}
	var scores []Score
	for _, at := range order {
		scores = append(scores, tallies[at].done())
	}
	return scores
}

func (t *tally) count(p Picture, text string, took time.Duration) {
	t.All++
	t.all = append(t.all, took)
	switch {
	case text == "":
	case same(text, p.Text):
		t.Read++
		t.read = append(t.read, took)
	default:
		t.Wrong++
		if len(t.Wrongs) < 10 {
			t.Wrongs = append(t.Wrongs, p.Name)
		}
	}
}

// same lets line breaks be as they are in a file, and bytes that are no UTF-8 be what they are in the encodings that codes have: programs
// that print bytes are not to be blamed for them.
func same(got, want string) bool {
	clean := func(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\r\n") }
	if clean(got) == clean(want) {
		return true
	}
	if utf8.ValidString(got) {
		return false
	}
	for _, e := range []encoding.Encoding{charmap.ISO8859_1, japanese.ShiftJIS} {
		if decoded, err := e.NewDecoder().String(got); err == nil && clean(decoded) == clean(want) {
			return true
		}
	}
	return false
}

func (t *tally) done() Score {
	s := t.Score
	s.MedianRead, s.Median, s.P99, s.Max = rank(t.read, 50), rank(t.all, 50), rank(t.all, 99), rank(t.all, 100)
	return s
}

// rank is the time that percent of all stay at or below.
func rank(times []time.Duration, percent int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[(len(times)*percent+99)/100-1]
}

// Grey is a picture in grey, what is transparent over white.
func Grey(img image.Image) *image.Gray {
	b := img.Bounds()
	over := image.NewRGBA(image.Rectangle{Max: b.Size()})
	draw.Draw(over, over.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(over, over.Rect, img, b.Min, draw.Over)
	out := image.NewGray(over.Rect)
	draw.Draw(out, out.Rect, over, image.Point{}, draw.Src)
	return out
}

// Turned is a picture turned by quarters against the clock.
func Turned(img *image.Gray, quarters int) *image.Gray {
	for range quarters {
		w, h := img.Rect.Dx(), img.Rect.Dy()
		out := image.NewGray(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				out.Pix[(w-1-x)*out.Stride+y] = img.Pix[y*img.Stride+x]
			}
		}
		img = out
	}
	return img
}
