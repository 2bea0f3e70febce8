package main_test

import (
	"slices"
	"testing"
	"time"
)

// rounds is how often a figure is measured; it is less than the offline sign-ins that a grant has, and half of it where each waits for seconds.
const rounds = 10

// TestHostsFigures reports how long people wait; It asserts no time, only that everybody is let in.
func TestHostsFigures(t *testing.T) {
	r := newRig(t)
	o := openOffice(t, r, newPlace(t, r))
	for _, h := range []host{o.pamtesterHost(), o.startSSHD(t).host()} {
		t.Run(h.name, func(t *testing.T) {
			o.signIn(t, h)
			t.Run("a Yes at once", func(t *testing.T) {
				report(t, rounds, func() time.Duration {
					o.say(saysYes)
					began := time.Now()
					c := h.sign(t, "wait=auto")
					if !h.ended(t, c) {
						t.Fatalf("a Yes does not let in:\n%s\n%s", c.said(), o.daemon.said())
					}
					return time.Since(began)
				})
			})
			for _, way := range []struct {
				name string
				gone func(*testing.T) (back func())
				n    int
			}{
				{"R-080 server refuses connections", func(t *testing.T) func() { o.gone(t); return func() { o.back(t) } }, rounds},
				{"R-080 server takes connections and says nothing", o.silent, rounds / 2},
			} {
				t.Run(way.name, func(t *testing.T) {
					back := way.gone(t)
					defer back()
					report(t, way.n, func() time.Duration {
						began := time.Now()
						c := h.sign(t, "")
						c.await(code)
						took := time.Since(began)
						c.send(o.listCode(t))
						if !h.ended(t, c) {
							t.Fatalf("a code does not let in:\n%s", c.said())
						}
						return took
					})
				})
				o.signIn(t, h) // offline sign-ins are counted from here
			}
		})
	}
}

func report(t *testing.T, n int, once func() time.Duration) {
	t.Helper()
	var all []time.Duration
	for range n {
		all = append(all, once())
	}
	slices.Sort(all)
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	t.Logf("%d times: shortest %s, median %s, longest %s", n, ms(all[0]), ms(all[n/2]), ms(all[n-1]))
}
