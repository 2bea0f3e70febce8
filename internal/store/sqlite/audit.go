package sqlite

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"avow/internal/authn"
	"avow/internal/wire"
)

const auditColumns columns = `at, actor, action, subject, ip, reason, facts`

func auditDest(a *authn.AuditRecord) []any {
	return []any{(*nanos)(&a.At), &a.Actor, &a.Action, &a.Subject, &a.IP, &a.Reason, document[map[string]string]{&a.Facts}}
}

var (
	qAudit       = prepared(auditColumns.read(`audit ORDER BY seq DESC LIMIT ?`))
	qAppendAudit = prepared((`seq, salt, ` + auditColumns).insert(`audit`))
	qLastHash    = prepared(`SELECT idx FROM ledger_hashes ORDER BY idx DESC LIMIT 1`)
	qHash        = prepared(`SELECT idx, hash FROM ledger_hashes WHERE idx = ?`)
	qPutHash     = prepared(`INSERT INTO ledger_hashes (idx, hash) VALUES (?, ?)`)
	qPutHashes   = prepared(`INSERT INTO ledger_hashes (idx, hash) VALUES (?, ?), (?, ?)`)
)

// Audit implements store.Reader. Newest is what was appended last, whatever the clock said.
func (r reader) Audit(limit int) ([]authn.AuditRecord, error) {
	return many(r.turn, qAudit, auditDest, int64(max(0, limit)))
}

// AppendAudit implements store.Tx. The number comes from the tree and not from the records, so that a record which somebody has removed is not replaced by
// the next.
func (t *tx) AppendAudit(a authn.AuditRecord) error {
	tree, err := t.edge()
	if err != nil {
		return err
	}
	a = readable(a)
	salt := make([]byte, wire.AuditSaltSize)
	if _, err := rand.Read(salt); err != nil {
		return t.settle(err)
	}
	number := tree.Size() + 1
	row := []any{number, salt, at(a.At), a.Actor, a.Action, a.Subject, a.IP, a.Reason, factsOf(a.Facts)}
	if err := t.changeOne(qAppendAudit, row...); err != nil { // first of all: a time that does not fit has no leaf
		return t.ledgerDamaged(err)
	}
	next, hashes := tree.Add(wire.AuditLeafHash(number, salt, a))
	if err := t.putHashes(tlog.StoredHashIndex(0, number-1), hashes); err != nil {
		return t.ledgerDamaged(err)
	}
	t.ledger.tree = next
	return nil
}

// ledgerState is the tree's edge as the open transaction has made it, so that a record costs no reading of hashes. It belongs to the writer's session. The
// writer puts back what it was when a member is rolled back, and forgets it when a batch fails.
type ledgerState struct {
	tree    wire.LedgerTree
	checked bool // in this batch: the file has a tree of this size
}

// edge is the tree before the next record. The file is asked once in a batch; a tree of another size, at the start or after another process has written,
// is read from it.
func (t *tx) edge() (wire.LedgerTree, error) {
	if err := t.usable(); err != nil || t.ledger.checked {
		return t.ledger.tree, err
	}
	size, err := t.LedgerSize()
	if err != nil {
		return wire.LedgerTree{}, err
	}
	tree := t.ledger.tree
	if size != tree.Size() {
		edges, err := t.hashes(wire.LedgerEdges(size))
		if err != nil {
			return wire.LedgerTree{}, t.ledgerDamaged(err)
		}
		tree = wire.LoadLedgerTree(size, edges)
	}
	t.ledger = ledgerState{tree, true}
	return tree, nil
}

// putHashes writes two at once: every second record has at least two.
func (t *tx) putHashes(first int64, list []authn.Hash) error {
	for len(list) > 1 {
		n, err := t.change(qPutHashes, first, list[0][:], first+1, list[1][:])
		if err != nil || n != 2 {
			return errors.Join(err, t.settle(fmt.Errorf("%d hashes instead of 2 written", n)))
		}
		first, list = first+2, list[2:]
	}
	if len(list) == 1 {
		return t.changeOne(qPutHash, first, list[0][:])
	}
	return nil
}

var errLedgerDamaged = authn.Fail(authn.Unavailable, "ledger_damaged",
	"The audit log in the server's database was changed by somebody else, so nothing was saved. The administrator has to run avow-server log verify.")

// ledgerDamaged ends the transaction. A number or hash that is there already is no answer of the contract here.
func (t *tx) ledgerDamaged(err error) error {
	if t.broken == nil {
		t.broken = errLedgerDamaged.Because(err)
	}
	return t.broken
}

// hashes reads stored hashes one by one.
func (r reader) hashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, err := one(r.turn, qHash, hashDest, index)
		if err != nil {
			return nil, fmt.Errorf("hash %d of the audit log: %w", index, err)
		}
		list[i] = tlog.Hash(h.Hash)
	}
	return list, nil
}

// readable makes a record what it will be when it is read from the database, where JSON is, or sent.
func readable(a authn.AuditRecord) authn.AuditRecord {
	for _, s := range []*string{&a.Actor, &a.Action, &a.Subject, &a.IP, &a.Reason} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	for name, value := range a.Facts {
		if utf8.ValidString(name) && utf8.ValidString(value) {
			continue
		}
		facts := map[string]string{}
		for name, value := range a.Facts {
			facts[strings.ToValidUTF8(name, "\uFFFD")] = strings.ToValidUTF8(value, "\uFFFD")
		}
		a.Facts = facts
		return a
	}
	return a
}
