package readers_test

import (
	"context"
	"image"
	"testing"

	"avow/internal/qr"
	"avow/internal/testenv/readers"
)

// Each reader that there is reads an easy picture, none reads an empty one, and what is read wrong is counted as that.
func TestContest(t *testing.T) {
	code, err := qr.Encode("HTTPS://ID.EXAMPLE.COM/R#0123", qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	easy := readers.Grey(code.Image(4))
	pictures := []readers.Picture{
		{Group: "easy", Name: "as it is", Text: "HTTPS://ID.EXAMPLE.COM/R#0123", Image: easy},
		{Group: "easy", Name: "turned", Text: "HTTPS://ID.EXAMPLE.COM/R#0123", Image: readers.Turned(easy, 1)},
		{Group: "empty", Name: "empty", Image: image.NewGray(image.Rect(0, 0, 100, 80))},
		{Group: "says something else", Name: "other", Text: "other", Image: easy},
	}
	available := readers.Available(context.Background(), t.TempDir(), 0)
	if len(available) < 3 {
		t.Errorf("only %d readers", len(available))
	}
	for _, s := range readers.Contest(context.Background(), available, func(yield func(readers.Picture) bool) {
		for _, p := range pictures {
			if !yield(p) {
				return
			}
		}
	}) {
		want := map[string][3]int{"easy": {2, 2, 0}, "empty": {1, 0, 0}, "says something else": {1, 0, 1}, "": {4, 2, 1}}[s.Group]
		if got := [3]int{s.All, s.Read, s.Wrong}; got != want {
			t.Errorf("%s, %q: all, read, wrong are %v, want %v", s.Reader, s.Group, got, want)
		}
	}
}
