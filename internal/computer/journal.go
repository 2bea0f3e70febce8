package computer

import (
	"avow/internal/authn"
	"avow/internal/wire"
)

// maxJournal is how many entries wait for the server at most; then nobody is let in offline any more, since evidence is
// not thrown away.
const maxJournal = 1000

// journal is the hash chain of what was decided here, as far as the server does not have it yet.
type journal struct {
	Seq     uint64              `json:"seq"` // of the last entry ever made
	Sum     authn.Hash          `json:"sum"` // of that entry
	Waiting []wire.JournalEntry `json:"waiting"`
}

// add links an entry to the chain.
func (j *journal) add(e wire.JournalEntry) {
	j.Seq++
	e.Seq, e.Prev = j.Seq, j.Sum
	j.Sum = e.Sum()
	j.Waiting = append(j.Waiting[:len(j.Waiting):len(j.Waiting)], e)
}

// forget drops what the server has.
func (j *journal) forget(upTo uint64) {
	for len(j.Waiting) > 0 && j.Waiting[0].Seq <= upTo {
		j.Waiting = j.Waiting[1:]
	}
}

// intact reports whether the entries are a chain that ends at Seq and Sum.
func (j journal) intact() bool {
	for i, e := range j.Waiting {
		if e.Seq != j.Seq-uint64(len(j.Waiting)-1-i) || e.Seq == 0 || i > 0 && e.Prev != j.Waiting[i-1].Sum() || e.Seq == 1 && !e.Prev.IsZero() {
			return false
		}
	}
	if n := len(j.Waiting); n > 0 {
		return j.Waiting[n-1].Sum() == j.Sum
	}
	return (j.Seq == 0) == j.Sum.IsZero()
}
