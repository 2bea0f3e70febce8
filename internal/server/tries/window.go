package tries

import (
	"sync"
	"time"

	"avow/internal/authn"
)

// Window counts, for each address (or another name), what happened within a time, in two generations as a Limiter does. It forgets at a restart. It is safe for
// concurrent use.
type Window struct {
	most int
	per  time.Duration

	mu    sync.Mutex
	young map[string][]time.Time
	old   map[string][]time.Time
}

// NewWindow makes a window in which at most so many happen within a time.
func NewWindow(most int, per time.Duration) *Window {
	return &Window{most: most, per: per, young: map[string][]time.Time{}}
}

// Take counts one before it is looked at, so that many at the same time are no more than one after the other. give takes it back. "too_many_tries" when there
// were too many.
func (w *Window) Take(address string, now time.Time) (give func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.recent(address, now)
	if len(list) >= w.most {
		wait := list[0].Add(w.per).Sub(now)
		return nil, authn.Fail(authn.TooMany, "too_many_tries", "Too many wrong codes from this network. Wait an hour and try again.").After(wait)
	}
	w.young[address] = append(list, now)
	return func() { w.giveBack(address, now) }, nil
}

func (w *Window) recent(address string, now time.Time) []time.Time {
	list, ok := w.young[address]
	if !ok {
		if len(w.young) >= maxAddresses {
			w.old, w.young = w.young, map[string][]time.Time{}
		}
		list = w.old[address]
	}
	kept := make([]time.Time, 0, len(list)+1)
	for _, t := range list {
		if now.Sub(t) < w.per {
			kept = append(kept, t)
		}
	}
	return kept
}

func (w *Window) giveBack(address string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.young[address]
	for i, t := range list {
		if t.Equal(at) {
			w.young[address] = append(list[:i:i], list[i+1:]...)
			return
		}
	}
}
