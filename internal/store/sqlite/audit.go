package sqlite

import (
	"crypto/rand"
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
)

// Audit implements store.Reader. Newest is what was appended last, whatever the clock said.
func (r reader) Audit(limit int) ([]authn.AuditRecord, error) {
	return many(r.turn, qAudit, auditDest, int64(max(0, limit)))
}

// AppendAudit implements store.Tx. Nothing of the tree is kept in memory: what a savepoint takes back is gone from the tree as well. The number
// comes from the tree and not from the records, so that a record which somebody has removed is not replaced by the next.
func (t *tx) AppendAudit(a authn.AuditRecord) error {
	size, err := t.LedgerSize()
	if err != nil {
		return err
	}
	a = readable(a)
	salt := make([]byte, wire.AuditSaltSize)
	if _, err := rand.Read(salt); err != nil {
		return t.settle(err)
	}
	when := at(a.At)
	if _, ok := when.(int64); !ok { // before a leaf is made of a time that does not fit
		return t.changeOne(qAppendAudit, size+1, salt, when, a.Actor, a.Action, a.Subject, a.IP, a.Reason, factsOf(a.Facts))
	}
	hashes, err := tlog.StoredHashesForRecordHash(size, tlog.Hash(wire.AuditLeafHash(size+1, salt, a)), tlog.HashReaderFunc(t.hashes))
	if err != nil {
		return t.ledgerDamaged(err)
	}
	first := tlog.StoredHashIndex(0, size)
	for i, h := range hashes {
		if err := t.changeOne(qPutHash, first+int64(i), h[:]); err != nil {
			return t.ledgerDamaged(err)
		}
	}
	if err := t.changeOne(qAppendAudit, size+1, salt, when, a.Actor, a.Action, a.Subject, a.IP, a.Reason, factsOf(a.Facts)); err != nil {
		return t.ledgerDamaged(err)
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

// hashes reads stored hashes one by one: an append needs one on the average.
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
