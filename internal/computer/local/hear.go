package local

import (
	"context"
	"fmt"
	"net"
	"time"

	"avow/internal/computer/agent"
)

// heard is a request of the helper, or why there is none.
type heard struct {
	request request
	err     error
}

// hear reads requests one after the other. When the helper is gone, or says what it must not, gone is called, so that what is being waited for
// on its behalf ends.
func hear(ctx context.Context, c *net.UnixConn, gone func()) <-chan heard {
	requests := make(chan heard)
	go func() {
		defer close(requests)
		for {
			r, err := next(c, idle)
			if err != nil {
				gone()
			}
			select {
			case requests <- heard{r, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return requests
}

// next reads one request within a time.
func next(c *net.UnixConn, within time.Duration) (r request, err error) {
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return request{}, fmt.Errorf("hear the helper: %w", err)
	}
	if err := readMessage(c, &r); err != nil {
		return request{}, fmt.Errorf("hear the helper: %w", err)
	}
	return r, r.Valid()
}

// say writes a step.
func say(c *net.UnixConn, s agent.Step) error {
	if err := c.SetWriteDeadline(time.Now().Add(firstWord)); err != nil {
		return fmt.Errorf("answer the helper: %w", err)
	}
	if err := writeMessage(c, answerFor(s)); err != nil {
		return fmt.Errorf("answer the helper: %w", err)
	}
	return nil
}
