package authn

import "time"

// LedgerEntry is a record of the audit log as it is kept, with what proves that it is the one that was written.
type LedgerEntry struct {
	AuditRecord
	Number  int64  // 1 for the first record
	Salt    []byte // hides the personal fields in the leaf (wire.AuditLeaf)
	Leaf    Hash   // the leaf's hash as it was written to the tree; zero when the tree has none
	Damaged bool   // what is kept cannot be read, or is not written as the server writes it
}

// LedgerHash is a stored hash of the tree, at its place in the order of golang.org/x/mod/sumdb/tlog.
type LedgerHash struct {
	Index int64
	Hash  Hash
}

// Checkpoint is what the server signed for the first Size records of the audit log.
type Checkpoint struct {
	Size int64
	At   time.Time
	Note string // a signed note (wire.Checkpoint)
}
