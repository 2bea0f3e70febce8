package simulated

import (
	"context"
	"image"
	"sync"

	"avow/internal/phone/platform"
)

// Camera shows the pictures that it is given.
type Camera struct {
	mu     sync.Mutex
	err    error
	frames chan image.Image // nil while nobody looks
}

var _ platform.Camera = (*Camera)(nil)

// Refuse makes the next starts fail with err; nil ends that.
func (c *Camera) Refuse(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// Start implements platform.Camera. One reader at a time, as with a real one.
func (c *Camera) Start(ctx context.Context) (<-chan image.Image, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, c.err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case c.frames != nil:
		return nil, platform.ErrCameraBusy
	}
	frames := make(chan image.Image, 1)
	c.frames = frames
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.frames == frames {
			c.frames = nil
			close(frames)
		}
	})
	return frames, nil
}

// Show puts a picture before the camera and reports whether someone looks.
func (c *Camera) Show(img image.Image) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames == nil {
		return false
	}
	select {
	case <-c.frames: // the older frame that nobody took
	default:
	}
	c.frames <- img
	return true
}

// Unplug takes the camera away from who looks.
func (c *Camera) Unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames != nil {
		close(c.frames)
		c.frames = nil
	}
}

// Screen is the lifecycle and the screen guard of a simulated device.
type Screen struct {
	events feed[platform.LifecycleEvent]

	mu      sync.Mutex
	guarded bool
}

var (
	_ platform.Lifecycle   = (*Screen)(nil)
	_ platform.ScreenGuard = (*Screen)(nil)
)

// Tell sends an event to all who listen.
func (s *Screen) Tell(e platform.LifecycleEvent) { s.events.send(e, false) }

// Events implements platform.Lifecycle.
func (s *Screen) Events(ctx context.Context) <-chan platform.LifecycleEvent {
	return s.events.listen(ctx, false)
}

// Guard implements platform.ScreenGuard.
func (s *Screen) Guard(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guarded = on
	return nil
}

// Guarded reports whether a screenshot would show nothing.
func (s *Screen) Guarded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guarded
}

// Links hands over the links that were opened. The zero value has none.
type Links struct{ links feed[string] }

var _ platform.Links = (*Links)(nil)

// Open is a tap on a link, also one from before somebody listens.
func (l *Links) Open(link string) { l.links.send(link, true) }

// Links implements platform.Links.
func (l *Links) Links(ctx context.Context) <-chan string { return l.links.listen(ctx, true) }

// feed gives every listener its own queue, so that a slow one holds up nobody and loses nothing.
type feed[T any] struct {
	mu      sync.Mutex
	waiting []T // for the next listener
	to      map[*queue[T]]struct{}
}

type queue[T any] struct {
	items []T // guarded by the feed's mutex
	more  chan struct{}
}

// send gives v to all who listen, or with once to one of them or to the next that comes.
func (f *feed[T]) send(v T, once bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if once && len(f.to) == 0 {
		f.waiting = append(f.waiting, v)
		return
	}
	for q := range f.to {
		q.items = append(q.items, v)
		q.wake()
		if once {
			return
		}
	}
}

func (f *feed[T]) listen(ctx context.Context, once bool) <-chan T {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, out := &queue[T]{items: f.waiting, more: make(chan struct{}, 1)}, make(chan T)
	f.waiting = nil
	q.wake()
	if f.to == nil {
		f.to = map[*queue[T]]struct{}{}
	}
	f.to[q] = struct{}{}
	go func() {
		defer close(out)
		f.run(ctx, q, out)
		f.leave(q, once)
	}()
	return out
}

func (f *feed[T]) run(ctx context.Context, q *queue[T], out chan<- T) {
	for {
		select {
		case <-q.more:
		case <-ctx.Done():
			return
		}
		for v, ok := f.first(q); ok; v, ok = f.first(q) {
			select {
			case out <- v:
				f.drop(q)
			case <-ctx.Done():
				return
			}
		}
	}
}

func (f *feed[T]) first(q *queue[T]) (v T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(q.items) == 0 {
		return v, false
	}
	return q.items[0], true
}

func (f *feed[T]) drop(q *queue[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q.items = q.items[1:]
}

// leave ends listening; with once, what was not taken waits for the next listener.
func (f *feed[T]) leave(q *queue[T], once bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.to, q)
	if once {
		f.waiting = append(f.waiting, q.items...)
	}
}

func (q *queue[T]) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}
