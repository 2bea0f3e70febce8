package wire

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
)

// LedgerTree is the right edge of a Merkle tree (RFC 6962, section 2.1) that grows at its end: the roots of its whole subtrees, the largest first. The zero
// value is the empty tree. It is a value: Add makes another one and leaves the tree as it is.
type LedgerTree struct {
	size  int64
	edges []tlog.Hash
}

// LedgerEdges are the indexes of the stored hashes that LoadLedgerTree takes for a tree of a size.
func LedgerEdges(size int64) (indexes []int64) {
	start := int64(0)
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
			start += 1 << level
		}
	}
	return indexes
}

// LoadLedgerTree makes a tree of what was stored of it.
func LoadLedgerTree(size int64, edges []tlog.Hash) LedgerTree { return LedgerTree{size, edges} }

// Size is how many leaves there are.
func (t LedgerTree) Size() int64 { return t.size }

// Add takes the next leaf and returns the hashes that are stored with it, in tlog's order from tlog.StoredHashIndex(0, Size()) on: its own, then those of
// the subtrees that it completes.
func (t LedgerTree) Add(leaf authn.Hash) (next LedgerTree, stored []authn.Hash) {
	h, last := tlog.Hash(leaf), len(t.edges)
	stored = append(make([]authn.Hash, 0, 2), leaf)
	for n := t.size; n&1 == 1; n >>= 1 {
		last--
		h = tlog.NodeHash(t.edges[last], h)
		stored = append(stored, authn.Hash(h))
	}
	return LedgerTree{t.size + 1, append(slices.Clip(t.edges[:last]), h)}, stored
}

// Root of no leaves is SHA-256 of nothing.
func (t LedgerTree) Root() authn.Hash {
	if t.size == 0 {
		empty, err := tlog.TreeHash(0, nil)
		if err != nil {
			panic("the empty tree has a hash: " + err.Error())
		}
		return authn.Hash(empty)
	}
	h := t.edges[len(t.edges)-1]
	for i := len(t.edges) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edges[i], h)
	}
	return authn.Hash(h)
}

// LedgerFault says which record of the audit log is not as it was written. Its text is a sentence for people.
type LedgerFault struct {
	First, Last int64 // the same where it is known which one
	What        string
	Unsigned    bool // nothing is wrong but that there is no checkpoint
}

// Error implements error.
func (f *LedgerFault) Error() string { return f.What }

// Records names the faulty records: "7", "301-400".
func (f *LedgerFault) Records() string {
	if f.First == f.Last {
		return fmt.Sprint(f.First)
	}
	return fmt.Sprintf("%d-%d", f.First, f.Last)
}

// Missing is the fault of a record that is not there though the tree has it.
func Missing(number, size int64) error {
	return fault(number, "is missing: the tree has %d records.", size)
}

// WrongHash is the fault of a record whose own hash is right while one that is stored above it is not.
func WrongHash(number int64) error {
	return fault(number, "is as it was, but a hash of the tree above it was changed or removed.")
}

// LostHash is the fault of a stored hash that is not there.
func LostHash(index int64) error {
	level, n := tlog.SplitStoredHashIndex(index)
	return WrongHash((n + 1) << level)
}

// CheckEntry verifies one record against its hash. An error is a *LedgerFault.
func CheckEntry(e authn.LedgerEntry, want int64) error {
	switch {
	case e.Number > want:
		return fault(want, "is missing.")
	case e.Number < want:
		return fault(e.Number, "was inserted: no record has this number.")
	case e.Leaf.IsZero():
		return fault(e.Number, "was inserted, or its hash was removed: the tree has none for it.")
	case e.Damaged || len(e.Salt) != AuditSaltSize || AuditLeafHash(e.Number, e.Salt, e.AuditRecord) != e.Leaf:
		return fault(e.Number, "was changed: it is not the one that its hash was made of.")
	}
	return nil
}

func fault(number int64, format string, args ...any) *LedgerFault {
	return &LedgerFault{First: number, Last: number, What: fmt.Sprintf("The audit log is wrong: record %d ", number) + fmt.Sprintf(format, args...)}
}

// LedgerCheck verifies an audit log that is read from its first record on: each record against its hash in the tree, and the tree against what was
// signed for it.
type LedgerCheck struct {
	tree   LedgerTree
	signed []Checkpoint // those still to come, the smallest first
	fits   int64        // up to here the tree is one that was signed
	count  int
}

// NewLedgerCheck begins a check against checkpoints, in any order. Two for one size that do not say the same are a fault: the server has had two
// logs.
func NewLedgerCheck(signed []Checkpoint) (*LedgerCheck, error) {
	list := slices.Clone(signed)
	slices.SortStableFunc(list, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	for i := 1; i < len(list); i++ {
		if list[i].Size == list[i-1].Size && list[i].Root != list[i-1].Root {
			return nil, &LedgerFault{First: 1, Last: list[i].Size, What: fmt.Sprintf("The audit log is wrong: two checkpoints were signed for its first %d records, and they are not of the same records.", list[i].Size)}
		}
	}
	c := &LedgerCheck{signed: list, count: len(list)}
	return c, c.compare()
}

// Size is how many records were verified.
func (c *LedgerCheck) Size() int64 { return c.tree.size }

// Root is the tree's root at Size.
func (c *LedgerCheck) Root() authn.Hash { return c.tree.Root() }

// Signed is how many of the records are under a checkpoint.
func (c *LedgerCheck) Signed() int64 { return c.fits }

// Checkpoints is how many checkpoints the check is against.
func (c *LedgerCheck) Checkpoints() int { return c.count }

// Add takes the next record and returns the hashes that the tree must have stored with it. An error is a *LedgerFault.
func (c *LedgerCheck) Add(e authn.LedgerEntry) ([]authn.Hash, error) {
	if err := CheckEntry(e, c.tree.size+1); err != nil {
		return nil, err
	}
	var stored []authn.Hash
	c.tree, stored = c.tree.Add(e.Leaf)
	return stored, c.compare()
}

// compare holds the tree against the checkpoints of its size.
func (c *LedgerCheck) compare() error {
	for len(c.signed) > 0 && c.signed[0].Size == c.tree.size {
		if c.signed[0].Root != c.tree.Root() {
			first := min(c.fits+1, c.tree.size)
			f := &LedgerFault{First: first, Last: c.tree.size}
			f.What = fmt.Sprintf("The audit log is wrong: of the records %d to %d at least one is not what the checkpoint for %d records was signed for.",
				first, c.tree.size, c.tree.size)
			if first == c.tree.size {
				f = fault(first, "is not what the checkpoint for %d records was signed for.", c.tree.size)
			}
			return f
		}
		c.fits, c.signed = c.tree.size, c.signed[1:]
	}
	return nil
}

// End says that there are no more records. size is how many the tree has. An error is a *LedgerFault.
func (c *LedgerCheck) End(size int64) error {
	next := c.tree.size + 1
	switch {
	case size >= next:
		return fault(next, "is missing: the tree has %d records.", size)
	case len(c.signed) > 0:
		return fault(next, "is missing: a checkpoint was signed for %d records.", c.signed[len(c.signed)-1].Size)
	case size < c.tree.size:
		return fault(size+1, "was inserted: the tree has %d records.", size)
	case c.count == 0: // a server writes its first record before it runs, and signs at its start
		return &LedgerFault{Unsigned: true, First: min(1, size), Last: size, What: fmt.Sprintf("There is no checkpoint of the audit log, so nothing says that its records (%d) are those that were written.", size)}
	}
	return nil
}

// String says, in a sentence for people, what was verified.
func (c *LedgerCheck) String() string {
	root := c.Root()
	return fmt.Sprintf("The audit log is whole. Records: %d; under a checkpoint: %d; checkpoints compared: %d; root: %s", c.Size(), c.Signed(), c.Checkpoints(), tlog.Hash(root))
}
