// Package tries limits how often one address may try something that needs no proof of who asks. A whole company may sit behind one address, so it is against those
// who want to keep the server busy; what is guessed at has a limit of its own.
package tries

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"avow/internal/authn"
)

// Limit is how often one address may try.
type Limit struct {
	PerMinute int // 0 means 120
	Burst     int // 0 means 120
}

// maxAddresses bounds one generation of limiters.
const maxAddresses = 4096

// Limiter holds one limiter an address, in two generations: when one is full the older is forgotten. It is safe for concurrent use.
type Limiter struct {
	limit Limit
	mu    sync.Mutex
	young map[string]*rate.Limiter
	old   map[string]*rate.Limiter
}

// New makes a limiter.
func New(l Limit) *Limiter {
	if l.PerMinute <= 0 {
		l.PerMinute = 120
	}
	if l.Burst <= 0 {
		l.Burst = 120
	}
	return &Limiter{limit: l, young: map[string]*rate.Limiter{}}
}

// Take counts one try, before anything is looked at. "too_many_tries" when there were too many.
func (l *Limiter) Take(address string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lim, ok := l.young[address]
	if !ok {
		if len(l.young) >= maxAddresses {
			l.old, l.young = l.young, map[string]*rate.Limiter{}
		}
		if lim, ok = l.old[address]; !ok {
			lim = rate.NewLimiter(rate.Limit(float64(l.limit.PerMinute)/60), l.limit.Burst)
		}
		l.young[address] = lim
	}
	if lim.AllowN(now, 1) {
		return nil
	}
	return authn.Fail(authn.TooMany, "too_many_tries", "Too many tries from this network. Wait a minute and try again.").After(time.Minute)
}
