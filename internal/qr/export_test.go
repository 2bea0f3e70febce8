package qr

import (
	"context"
	"image"
	"time"
)

// Work is Decode with what it was counted to take.
func Work(ctx context.Context, img image.Image, opts Options) ([]Result, time.Duration) {
	s := newSearch(ctx, opts)
	results, _ := s.all(s.grey(img))
	return results, time.Duration(s.work)
}
