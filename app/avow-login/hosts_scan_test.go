package main_test

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"avow/internal/qr"
)

// scan reads the QR of half blocks that is in a terminal's text, as a camera before it would.
func scan(t *testing.T, screen string) string {
	t.Helper()
	const blocks = "█▀▄ "
	var rows [][]rune
	width := 0
	for line := range strings.Lines(strings.ReplaceAll(screen, "\r", "")) {
		row := []rune(strings.TrimRight(line, "\n"))
		n := 0
		for n < len(row) && strings.ContainsRune(blocks, row[n]) {
			n++
		}
		if n < 21 || !strings.ContainsAny(string(row[:n]), "█▀▄") {
			if len(rows) > 10 {
				break
			}
			rows, width = nil, 0
			continue
		}
		if width == 0 {
			width = n
		}
		rows = append(rows, row[:min(n, width)])
	}
	if len(rows) == 0 {
		t.Fatalf("no QR on the screen:\n%s", screen)
	}
	const px = 6
	img := image.NewGray(image.Rect(0, 0, width*px, 2*len(rows)*px))
	for y, row := range rows {
		for x, c := range row {
			for half, lit := range [2]bool{c == '█' || c == '▀', c == '█' || c == '▄'} {
				if !lit {
					continue
				}
				for i := range px * px {
					img.SetGray(x*px+i%px, (2*y+half)*px+i/px, color.Gray{Y: 255})
				}
			}
		}
	}
	found, err := qr.Decode(t.Context(), img, qr.Options{})
	if err != nil || len(found) != 1 {
		t.Fatalf("the QR cannot be read: %v, %d found\n%s", err, len(found), screen)
	}
	return found[0].Text
}
