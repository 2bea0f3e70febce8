package phone

import (
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// listCodeFor is how long one code of a list is shown again; then it counts as used.
const listCodeFor = 5 * time.Minute

// fresh reports whether the code was shown and still is the present one. A clock that was set back ends it too: a code is never shown for longer.
func (b storedBatch) fresh(now time.Time) bool {
	age := now.Round(0).Sub(b.Shown.Round(0))
	return !b.Shown.IsZero() && age >= 0 && age < listCodeFor
}

// upcoming is the index of the code that comes after the present one was done; Count when there is none.
func (b storedBatch) upcoming() int {
	if b.Shown.IsZero() {
		return b.Next
	}
	return b.Next + 1
}

// place is a code of one of a grant's lists.
type place struct {
	batch int // index into Batches
	code  int
	again bool // it is shown already
}

// present is the code that ListCode shows: the one that is shown, else the next one of the newest list. ok is false when none is left.
func (g storedGrant) present(now time.Time) (p place, ok bool) {
	for i, b := range g.Batches {
		if b.fresh(now) {
			return place{batch: i, code: b.Next, again: true}, true
		}
	}
	return g.next()
}

// next is the code that comes after the one that was shown last. The newest list is used as soon as it is known: the computer
// ends the one before with the first code of it.
func (g storedGrant) next() (p place, ok bool) {
	last := len(g.Batches) - 1
	if last < 0 {
		return place{}, false
	}
	p = place{batch: last, code: g.Batches[last].upcoming()}
	return p, p.code < g.Batches[last].Count
}

// show makes p the code that is shown. What was shown of an older list is done with it.
func (g *storedGrant) show(p place, now time.Time) {
	if p.again {
		return
	}
	for i := range p.batch {
		g.Batches[i].finish()
	}
	g.Batches[p.batch].Next, g.Batches[p.batch].Shown = p.code, now.Round(0)
}

// finish ends the code that is shown.
func (b *storedBatch) finish() { b.Next, b.Shown = b.upcoming(), time.Time{} }

// takeBatches takes the lists that the server has of a grant, newest last and verified, and reports whether there is a new one. A list that is
// known keeps its place and its key; one that the server does not name stays until newer ones take its place.
func (g *storedGrant) takeBatches(list []wire.Batch) bool {
	before := g.Batches
	next := slices.DeleteFunc(slices.Clone(before), func(b storedBatch) bool {
		return slices.ContainsFunc(list, func(n wire.Batch) bool { return n.ID == b.ID })
	})
	for _, n := range list {
		b := newBatch(n)
		if i := indexOf(before, n.ID); i >= 0 {
			b = before[i]
		}
		if i := indexOf(next, n.ID); i >= 0 { // named twice
			next = slices.Delete(next, i, i+1)
		}
		next = append(next, b)
	}
	g.Batches = next[max(0, len(next)-maxBatches):]
	return !slices.EqualFunc(before, g.Batches, func(a, b storedBatch) bool { return a.ID == b.ID })
}

func indexOf(list []storedBatch, id authn.BatchID) int {
	return slices.IndexFunc(list, func(b storedBatch) bool { return b.ID == id })
}

// used moves a list on to behind a code that a computer took; it never moves it back.
func (g *storedGrant) used(p wire.ListPosition) bool {
	i := indexOf(g.Batches, p.Batch)
	if i < 0 || p.Index < 0 {
		return false
	}
	b := &g.Batches[i]
	next := min(p.Index, b.Count-1) + 1
	if next <= b.Next {
		return false
	}
	b.Next, b.Shown = next, time.Time{}
	return true
}

// advance moves a list on to where another copy of it is.
func (g *storedGrant) advance(other storedBatch) {
	i := indexOf(g.Batches, other.ID)
	if i < 0 {
		return
	}
	b := &g.Batches[i]
	switch {
	case other.Next > b.Next:
		b.Next, b.Shown = min(other.Next, b.Count), other.Shown
	case other.Next == b.Next && b.Shown.IsZero():
		b.Shown = other.Shown
	}
}
