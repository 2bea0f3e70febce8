package phone

import (
	"context"
	"time"

	"avow/internal/phone/platform"
)

// usage is what the lifecycle has told.
type usage struct {
	away  bool      // another app is in front
	tells bool      // the system tells of keys and clicks, so idle time is known
	since time.Time // when the app was used last, or left; by the wall clock
}

// limit is how long that may last, by after; ok is false for as long as it likes.
func (u usage) limit(after time.Duration) (d time.Duration, ok bool) {
	if u.away {
		return after, true
	}
	return max(after, leastIdle), u.tells
}

// over reports whether it lasts too long. Timers and Go's monotonic clock stand still while a device sleeps; the wall clock does not. If that was set back, nobody knows how
// long it was.
func (u usage) over(now time.Time, after time.Duration) bool {
	d, ok := u.limit(after)
	gone := now.Sub(u.since)
	return ok && (gone >= d || gone < 0)
}

// watchLifecycle locks when the screen goes dark, and when the app was not used for a while: in the background, or in front where the system tells of its use.
func (c *Core) watchLifecycle(ctx context.Context) {
	if c.cfg.Platform.Lifecycle == nil {
		return
	}
	events := c.cfg.Platform.Lifecycle.Events(ctx)
	c.wait.Go(func() {
		var u usage
		var late <-chan time.Time
		for {
			select {
			case <-ctx.Done():
				return
			case <-late:
				late = nil
				c.Lock()
			case e, ok := <-events:
				if !ok { // what runs still ends
					events = nil
					continue
				}
				late = c.heed(&u, e, late)
			}
		}
	})
}

// heed takes an event in and returns when the app is to lock.
func (c *Core) heed(u *usage, e platform.LifecycleEvent, late <-chan time.Time) <-chan time.Time {
	now := wallClock(c.cfg.Now())
	c.mu.Lock()
	after := c.lockState().After
	c.mu.Unlock()
	if e == platform.Background && u.away { // told twice, it is the first time that counts
		return late
	}
	if e == platform.ScreenOff || u.over(now, after) {
		c.Lock()
	}
	switch e {
	case platform.Background:
		u.away = true
	case platform.Foreground:
		u.away = false
	case platform.Used:
		u.tells = true
	case platform.ScreenOff:
		return nil
	}
	u.since = now
	switch d, ok := u.limit(after); {
	case !ok:
		return nil
	case d == 0:
		c.Lock()
		return nil
	default:
		return time.After(d)
	}
}

// wallClock takes the monotonic reading off a time.
func wallClock(t time.Time) time.Time { return t.Round(0) }
