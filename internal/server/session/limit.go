package session

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often one login, and one address, may be asked for. A login that does not exist has the same limit as one that does.
const (
	perLogin   = 5
	perAddress = 60
	within     = 10 * time.Minute
	maxLimits  = 8192
)

type limits struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func newLimits() *limits { return &limits{all: map[string]*rate.Limiter{}} }

// take counts one question.
func (l *limits) take(login, address string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) > maxLimits { // an attack with many names; the database has limits of its own
		clear(l.all)
	}
	if !l.of("address "+address, perAddress).AllowN(now, 1) || !l.of("login "+login, perLogin).AllowN(now, 1) {
		return ErrLater.After(within / perLogin)
	}
	return nil
}

func (l *limits) of(name string, n int) *rate.Limiter {
	lim := l.all[name]
	if lim == nil {
		lim = rate.NewLimiter(rate.Every(within/time.Duration(n)), n)
		l.all[name] = lim
	}
	return lim
}
