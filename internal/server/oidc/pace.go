package oidc

import (
	"sync"
	"time"

	"avow/internal/authn"
)

// slower is by how much slow_down lengthens the interval (CIBA Core 1.0, section 11).
const slower = 5 * time.Second

// maxPaced bounds the memory; past it clients are simply not slowed.
const maxPaced = 100_000

// pace sees to it that clients ask about a request no faster than they were told. It forgets at a restart, which costs nothing.
type pace struct {
	now   func() time.Time
	mu    sync.Mutex
	polls map[authn.Hash]*poll
	next  time.Time
}

type poll struct {
	last     time.Time // when the last one began; zero before the first
	interval time.Duration
	held     bool // one is open now
	until    time.Time
}

func newPace(now func() time.Time) *pace {
	return &pace{now: now, polls: map[authn.Hash]*poll{}}
}

// begin remembers a request that was opened.
func (p *pace) begin(request authn.Hash, expires time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.After(p.next) {
		for h, q := range p.polls {
			if now.After(q.until) {
				delete(p.polls, h)
			}
		}
		p.next = now.Add(time.Minute)
	}
	if len(p.polls) < maxPaced {
		p.polls[request] = &poll{interval: Interval, until: expires.Add(authn.RedeemLifetime)}
	}
}

// enter reports whether a client may ask now; done is called when it was answered.
func (p *pace) enter(request authn.Hash) (done func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.polls[request]
	if q == nil {
		return func() {}, true
	}
	now := p.now()
	if q.held || !q.last.IsZero() && now.Sub(q.last) < q.interval {
		q.interval += slower
		return nil, false
	}
	q.last, q.held = now, true
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		q.held = false
	}, true
}
