package restore

import (
	"sync"
	"time"

	"avow/internal/authn"
)

// window counts, for each address, what happened within a time. It forgets at a restart; a user's own limit is in the store.
type window struct {
	most int
	per  time.Duration

	mu    sync.Mutex
	young map[string][]time.Time
	old   map[string][]time.Time
}

// maxAddresses bounds one generation; when one is full the older is forgotten.
const maxAddresses = 4096

func newWindow(most int, per time.Duration) *window {
	return &window{most: most, per: per, young: map[string][]time.Time{}}
}

// take counts one before it is looked at, so that many at the same time are no more than one after the other. give takes it back.
func (w *window) take(address string, now time.Time) (give func(), err error) {
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

func (w *window) recent(address string, now time.Time) []time.Time {
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

func (w *window) giveBack(address string, at time.Time) {
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
