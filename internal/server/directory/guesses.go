package directory

import (
	"sync"
	"time"

	"avow/internal/authn"
)

const (
	guessTime   = 15 * time.Minute
	mostGuesses = 5
)

var errTooManyTries = authn.Fail(authn.TooMany, "too_many_tries", "There were too many wrong passwords. Wait a quarter of an hour, then try again.")

// guesses counts the wrong passwords of each user. It holds them in memory: a server that starts again has forgotten them, and the
// directory has counted them itself.
type guesses struct {
	now   func() time.Time
	mu    sync.Mutex
	wrong map[authn.UserID][]time.Time
}

// take counts one try as wrong before it is made, so that guesses at the same time are counted too. back takes that back for a try that was right, or that
// nobody has looked at.
func (g *guesses) take(u authn.UserID) (back func(), err error) {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(now)
	tries := g.wrong[u]
	if len(tries) >= mostGuesses {
		return nil, errTooManyTries.After(tries[0].Add(guessTime).Sub(now))
	}
	g.wrong[u] = append(tries, now)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for i, t := range g.wrong[u] {
			if t.Equal(now) {
				g.wrong[u] = append(g.wrong[u][:i:i], g.wrong[u][i+1:]...)
				return
			}
		}
	}, nil
}

// forget drops what is older than the time, of all users.
func (g *guesses) forget(now time.Time) {
	for u, tries := range g.wrong {
		n := 0
		for n < len(tries) && now.Sub(tries[n]) >= guessTime {
			n++
		}
		if n == len(tries) {
			delete(g.wrong, u)
			continue
		}
		g.wrong[u] = tries[n:]
	}
}

// right forgets the wrong ones of a user who has given the right one.
func (g *guesses) right(u authn.UserID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.wrong, u)
}
