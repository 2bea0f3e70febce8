package qr

import (
	"context"
	"time"

	"github.com/liyue201/goqr"
)

const (
	secondReaderTime = 700 * time.Millisecond
	secondReaderSide = 960 // pixels of the longer side; goqr's time grows with the square
)

// secondReaderFree lets one goqr run at a time. On some pictures it never ends, and there is no way to stop it; then its
// place stays taken, and the rest of the process does without it rather than collect lost goroutines.
var secondReaderFree = make(chan struct{}, 1)

// secondReader asks goqr, if the caller can judge what it says. It finds codes in some tilted frames where the first
// reader finds none, but it also turns the digits of numeric segments around, panics and hangs.
func (s *search) secondReader(picture *luma) *Result {
	// A frame has no time for it, and since our own grid follows tilted codes, nothing to win either.
	if s.opts.Accept == nil || s.opts.Effort == EffortFrame || !s.spend(int(secondReaderTime)) {
		return nil
	}
	if longer := max(picture.Width, picture.Height); longer > secondReaderSide {
		picture = picture.scaled(secondReaderSide / float64(longer))
	}
	ctx, cancel := context.WithTimeout(s.ctx, secondReaderTime)
	defer cancel()
	for _, text := range readApart(ctx, func() []string { return goqrTexts(picture) }) {
		if s.opts.Accept(text) {
			return &Result{Text: text, Unsure: true}
		}
	}
	return nil
}

// readApart runs read where neither its panic nor its endless loop reaches the caller.
func readApart(ctx context.Context, read func() []string) []string {
	select {
	case secondReaderFree <- struct{}{}:
	default:
		return nil
	}
	texts := make(chan []string, 1)
	go func() {
		var found []string
		defer func() {
			_ = recover() // a panic is the same as nothing found
			<-secondReaderFree
			texts <- found // after that, as who has it may begin at once with the next
		}()
		found = read()
	}()
	select {
	case found := <-texts:
		return found
	case <-ctx.Done():
		return nil
	}
}

func goqrTexts(picture *luma) []string {
	codes, err := goqr.Recognize(picture.image())
	if err != nil {
		return nil
	}
	var texts []string
	for _, c := range codes {
		texts = append(texts, string(c.Payload))
	}
	return texts
}
