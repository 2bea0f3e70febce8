package computer

import "time"

// clock is the computer's idea of the time: never before the latest that it has seen, so that setting the wall clock back
// stretches nothing. Only the server, whose time is signed for by its connection, sets it back.
type clock struct {
	wall   func() time.Time
	uptime func() time.Duration
	at     time.Time     // the latest time known
	since  time.Duration // uptime when it was known
}

// now is the later of the wall clock and what must have passed since the latest time known.
func (c *clock) now() time.Time {
	up := c.uptime()
	t := c.at.Add(passed(c.since, up))
	if w := c.wall(); w.After(t) {
		t = w
	}
	c.at, c.since = t, up
	return t
}

// set takes the server's time, which may be earlier.
func (c *clock) set(t time.Time) { c.at, c.since = t, c.uptime() }

// passed is what has gone by at least between two readings of the uptime, which begins anew at each boot: after a boot it
// is at least the new uptime.
func passed(since, now time.Duration) time.Duration {
	if now >= since {
		return now - since
	}
	return max(0, now)
}
