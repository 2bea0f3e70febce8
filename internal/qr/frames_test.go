package qr_test

import (
	"errors"
	"image"
	"os"
	"strconv"
	"testing"
	"time"

	"avow/internal/qr"
	"avow/internal/testenv/camera"
)

// readClass reads count frames of a class and returns how many; one read wrong is an error.
func readClass(t *testing.T, class camera.Class, size image.Point, from, count uint64) int {
	t.Helper()
	read := 0
	for seed := from; seed < from+count; seed++ {
		s := class.Sample(size, seed)
		got, err := qr.Decode(t.Context(), yuv(s.Frame), qr.Options{Effort: qr.EffortFrame})
		switch {
		case err != nil:
		case got[0].Text != s.Text:
			t.Errorf("%s %v, seed %d: read %q, want %q", class, size, seed, got[0].Text, s.Text)
		default:
			read++
		}
	}
	return read
}

// A sample of what TestSoakFrames reads: of each class the scanner reads nearly all, and none wrong.
func TestFrames(t *testing.T) {
	read, all := 0, 0
	for _, class := range camera.Classes {
		const count = 3
		n := readClass(t, class, image.Pt(640, 480), 7000, count)
		if n < count-1 {
			t.Errorf("%s: read %d of %d", class, n, count)
		}
		read, all = read+n, all+count
	}
	if read*100 < all*95 {
		t.Errorf("read %d of %d, want 95 of 100", read, all)
	}
}

// soak is AVOW_SOAK: 200 in make soak is the whole measure, less is a part of it.
func soak(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("AVOW_SOAK"), 10, 16)
	if err != nil || n == 0 {
		t.Skip("make soak")
	}
	return n
}

// TestSoakFrames is the whole measure: 95 of 100 of all frames, 90 of 100 of each class, none wrong.
func TestSoakFrames(t *testing.T) {
	count := max(soak(t)/5, 4)
	read, all := uint64(0), uint64(0)
	for _, class := range camera.Classes {
		ofClass := uint64(0)
		for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}, {X: 1920, Y: 1080}} {
			n := uint64(readClass(t, class, size, 100000, count))
			t.Logf("%s %v: %d of %d", class, size, n, count)
			ofClass += n
		}
		if ofClass*100 < 3*count*90 {
			t.Errorf("%s: read %d of %d, want 90 of 100", class, ofClass, 3*count)
		}
		read, all = read+ofClass, all+3*count
	}
	t.Logf("all: %d of %d", read, all)
	if read*100 < all*95 {
		t.Errorf("read %d of %d, want 95 of 100", read, all)
	}
}

// hostile reads count hostile pictures: none says anything, none panics, none takes more than the budget.
func hostile(t *testing.T, from, count uint64) {
	t.Helper()
	longest := time.Duration(0)
	for seed := from; seed < from+count; seed++ {
		sizes := []image.Point{{X: 320, Y: 240}, {X: 640, Y: 480}, {X: 1280, Y: 720}}
		img := camera.Hostile(sizes[seed/9%3], seed)
		results, work := qr.Work(t.Context(), img, qr.Options{Effort: qr.EffortFrame})
		if len(results) > 0 {
			t.Errorf("seed %d: read %q", seed, results[0].Text)
		}
		if work > qr.FrameBudget {
			t.Errorf("seed %d: counted %v, the budget is %v", seed, work, qr.FrameBudget)
		}
		longest = max(longest, work)
	}
	t.Logf("%d pictures, the longest was counted %v", count, longest)
}

func TestHostileFrames(t *testing.T) { hostile(t, 0, 36) }

func TestSoakHostileFrames(t *testing.T) {
	hostile(t, 1000, 15*soak(t))
}

// The budget is counted: the same frame ends at the same place each time, and says that it was cut.
func TestBudget(t *testing.T) {
	s := camera.Noisy.Sample(image.Pt(640, 480), 1)
	frame := yuv(s.Frame)
	_, whole := qr.Work(t.Context(), frame, qr.Options{Effort: qr.EffortFrame})
	for range 2 {
		if _, again := qr.Work(t.Context(), frame, qr.Options{Effort: qr.EffortFrame}); again != whole {
			t.Errorf("counted %v, then %v", whole, again)
		}
	}
	if got, err := qr.Decode(t.Context(), frame, qr.Options{Effort: qr.EffortFrame, Budget: whole}); err != nil || got[0].Text != s.Text {
		t.Errorf("with the budget that it takes: %v", err)
	}
	results, work := qr.Work(t.Context(), frame, qr.Options{Budget: whole / 2})
	if len(results) > 0 || work > whole/2 {
		t.Errorf("with half of it: %d results, counted %v of %v", len(results), work, whole)
	}
	var none *qr.NotFoundError
	if _, err := qr.Decode(t.Context(), frame, qr.Options{Budget: whole / 2}); !errors.As(err, &none) || !none.Cut {
		t.Errorf("with half of it: %v, want one that was cut", err)
	}
}
