package oidc

import (
	"testing"
	"time"

	"avow/internal/authn"
)

func TestPace(t *testing.T) {
	now := time.Unix(1_770_000_000, 0)
	p := newPace(func() time.Time { return now })
	request := authn.Hash{1}
	p.begin(request, now.Add(2*time.Minute))
	enter := func(want bool) func() {
		t.Helper()
		done, ok := p.enter(request)
		if ok != want {
			t.Fatalf("entered: %v, want %v", ok, want)
		}
		return done
	}
	done := enter(true) // the first at once
	now = now.Add(20 * time.Second)
	enter(false) // while one is held, whatever the time
	done()
	now = now.Add(Interval)
	enter(true)() // 22 s after the last began, and 7 s are wanted
	enter(false)  // now 12 s
	now = now.Add(Interval + slower)
	enter(false) // now 17 s
	now = now.Add(slower + slower)
	enter(true)()

	// What is over is forgotten; what was never known is let through, since the memory is no judge of requests.
	now = now.Add(time.Hour)
	p.begin(authn.Hash{2}, now.Add(time.Minute))
	if len(p.polls) != 1 {
		t.Errorf("%d requests remembered, want 1", len(p.polls))
	}
	for range 2 {
		enter(true)()
	}
}
