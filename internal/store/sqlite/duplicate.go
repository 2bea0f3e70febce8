package sqlite

import (
	"strings"
	"time"

	"avow/internal/authn"
)

const duplicateColumns = `id, created_at, user_id, from_device, ` + duplicateChanges

const duplicateChanges columns = `secret_hash, state, expires_at, claim_key, claim_ip, statement, claim_mac, raced, ended_at, device_id, bound, handover, handover_mac`

func duplicateDest(d *authn.Duplicate) []any {
	return []any{
		(*string)(&d.ID), (*nanos)(&d.CreatedAt), (*string)(&d.User), (*string)(&d.From),
		(*hash)(&d.Secret), (*string)(&d.State), (*nanos)(&d.Expires), (*point)(&d.ClaimKey), &d.ClaimIP, &d.Statement, (*hash)(&d.MAC), &d.Raced,
		(*nanos)(&d.EndedAt), (*string)(&d.Device), &d.Bound, &d.Handover, (*hash)(&d.HandoverMAC),
	}
}

func duplicateValues(d authn.Duplicate) []any {
	return []any{
		hashed(d.Secret), string(d.State), at(d.Expires), pointed(d.ClaimKey), d.ClaimIP, d.Statement, hashed(d.MAC), d.Raced,
		at(d.EndedAt), string(d.Device), d.Bound, filed(d.Handover), hashed(d.HandoverMAC),
	}
}

var (
	qDuplicate         = prepared(duplicateColumns.read(`duplicates WHERE id = ?`))
	qDuplicateBySecret = prepared(duplicateColumns.read(`duplicates WHERE secret_hash = ?`))
	qDuplicatesFrom    = prepared(columns(strings.Replace(string(duplicateColumns), "handover,", "NULL,", 1)).read(`duplicates WHERE from_device = ? AND created_at >= ? ORDER BY created_at DESC, seq DESC`))
	qCreateDuplicate   = prepared(duplicateColumns.insert(`duplicates`))
	qUpdateDuplicate   = prepared(duplicateChanges.update(`duplicates`, `id = ? AND state = ?`))
	qDeleteDuplicates  = prepared(`DELETE FROM duplicates WHERE seq IN
		(SELECT seq FROM duplicates WHERE created_at < ? ORDER BY created_at, seq LIMIT ?)`)
	qUseStatement = prepared(columns(`device_id, jti, at`).insert(`statements`))
)

// Duplicate implements store.Reader.
func (r reader) Duplicate(id authn.DuplicateID) (authn.Duplicate, error) {
	return one(r.turn, qDuplicate, duplicateDest, string(id))
}

// DuplicateBySecret implements store.Reader.
func (r reader) DuplicateBySecret(h authn.Hash) (authn.Duplicate, error) {
	return one(r.turn, qDuplicateBySecret, duplicateDest, hashed(h))
}

// DuplicatesFrom implements store.Reader.
func (r reader) DuplicatesFrom(d authn.DeviceID, since time.Time) ([]authn.Duplicate, error) {
	return many(r.turn, qDuplicatesFrom, duplicateDest, string(d), at(since))
}

// CreateDuplicate implements store.Tx.
func (t *tx) CreateDuplicate(d authn.Duplicate) error {
	return t.changeOne(qCreateDuplicate, append([]any{string(d.ID), at(d.CreatedAt), string(d.User), string(d.From)}, duplicateValues(d)...)...)
}

// UpdateDuplicate implements store.Tx. The state is asked for in SQL too: one claim and one answer hang on this statement.
func (t *tx) UpdateDuplicate(id authn.DuplicateID, fn func(authn.Duplicate) (authn.Duplicate, error)) error {
	old, err := t.Duplicate(id)
	if err != nil {
		return err
	}
	next, err := fn(old)
	if err != nil {
		return err
	}
	return t.changeOne(qUpdateDuplicate, append(duplicateValues(next), string(id), string(old.State))...)
}

// DeleteDuplicates implements store.Tx.
func (t *tx) DeleteDuplicates(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteDuplicates, at(before), int64(max(0, limit)))
	return int(n), err
}

// UseStatement implements store.Tx.
func (t *tx) UseStatement(d authn.DeviceID, jti string, when time.Time) error {
	return t.changeOne(qUseStatement, string(d), jti, at(when))
}
