package sqlite

import "avow/internal/authn"

const computerColumns = `id, created_at, ` + computerChanges

const computerChanges columns = `name, match_mode, offline, state, token_hash, token_expires, public_key, os, app, created_by, enrolled_at,
	last_seen_at, ended_at, journal_seq, journal_sum`

func computerDest(c *authn.Computer) []any {
	return []any{
		(*string)(&c.ID), (*nanos)(&c.CreatedAt),
		&c.Name, (*string)(&c.Match), (*string)(&c.Offline), (*string)(&c.State), (*hash)(&c.Token), (*nanos)(&c.TokenExpires), (*point)(&c.Key),
		&c.OS, &c.App, &c.CreatedBy, (*nanos)(&c.EnrolledAt), (*nanos)(&c.LastSeenAt), (*nanos)(&c.EndedAt), &c.JournalSeq, (*hash)(&c.JournalSum),
	}
}

func computerValues(c authn.Computer) []any {
	return []any{
		c.Name, string(c.Match), string(c.Offline), string(c.State), hashed(c.Token), at(c.TokenExpires), pointed(c.Key),
		c.OS, c.App, c.CreatedBy, at(c.EnrolledAt), at(c.LastSeenAt), at(c.EndedAt), int64(c.JournalSeq), hashed(c.JournalSum),
	}
}

var (
	qComputer        = prepared(computerColumns.read(`computers WHERE id = ?`))
	qComputerByToken = prepared(computerColumns.read(`computers WHERE token_hash = ?`))
	qComputers       = prepared(computerColumns.read(`computers ORDER BY id`))
	qCreateComputer  = prepared(computerColumns.insert(`computers`))
	qUpdateComputer  = prepared(computerChanges.update(`computers`, `id = ? AND state = ?`))
)

// Computer implements store.Reader.
func (r reader) Computer(id authn.ClientID) (authn.Computer, error) {
	return one(r.turn, qComputer, computerDest, string(id))
}

// ComputerByToken implements store.Reader.
func (r reader) ComputerByToken(h authn.Hash) (authn.Computer, error) {
	return one(r.turn, qComputerByToken, computerDest, hashed(h))
}

// Computers implements store.Reader.
func (r reader) Computers() ([]authn.Computer, error) { return many(r.turn, qComputers, computerDest) }

// CreateComputer implements store.Tx.
func (t *tx) CreateComputer(c authn.Computer) error {
	return t.changeOne(qCreateComputer, append([]any{string(c.ID), at(c.CreatedAt)}, computerValues(c)...)...)
}

// UpdateComputer implements store.Tx. The state is asked for in SQL too: that a token is used once hangs on this one statement (D12).
func (t *tx) UpdateComputer(id authn.ClientID, fn func(authn.Computer) (authn.Computer, error)) error {
	return update(func() (authn.Computer, error) { return t.Computer(id) }, fn, func(old, next authn.Computer) error {
		return t.changeOne(qUpdateComputer, append(computerValues(next), string(id), string(old.State))...)
	})
}

const batchColumns = `id, created_at, grant_id, holder, ` + batchChanges

const batchChanges columns = `jws, batch_key, count, given, shown, used`

func batchDest(b *authn.Batch) []any {
	return []any{
		named{&b.ID},
		(*nanos)(&b.CreatedAt),
		named{&b.Grant},
		(*string)(&b.Holder),
		&b.JWS, (*point)(&b.Key), &b.Count, &b.Given, &b.Shown, &b.Used,
	}
}

func batchValues(b authn.Batch) []any {
	return []any{b.JWS, pointed(b.Key), int64(b.Count), int64(b.Given), int64(b.Shown), int64(b.Used)}
}

var (
	qBatch       = prepared(batchColumns.read(`batches WHERE id = ?`))
	qBatchesOf   = prepared(batchColumns.read(`batches WHERE grant_id = ? ORDER BY seq`))
	qCreateBatch = prepared(batchColumns.insert(`batches`))
	qUpdateBatch = prepared(batchChanges.update(`batches`, `id = ? AND given = ?`))
	qDeleteBatch = prepared(`DELETE FROM batches WHERE id = ?`)
)

// Batch implements store.Reader.
func (r reader) Batch(id authn.BatchID) (authn.Batch, error) {
	return one(r.turn, qBatch, batchDest, id.String())
}

// BatchesOf implements store.Reader.
func (r reader) BatchesOf(g authn.GrantID) ([]authn.Batch, error) {
	return many(r.turn, qBatchesOf, batchDest, g.String())
}

// CreateBatch implements store.Tx.
func (t *tx) CreateBatch(b authn.Batch) error {
	return t.changeOne(qCreateBatch, append([]any{b.ID.String(), at(b.CreatedAt), b.Grant.String(), string(b.Holder)}, batchValues(b)...)...)
}

// UpdateBatch implements store.Tx. What was given out is asked for in SQL too: no code of the service desk is given out twice.
func (t *tx) UpdateBatch(id authn.BatchID, fn func(authn.Batch) (authn.Batch, error)) error {
	return update(func() (authn.Batch, error) { return t.Batch(id) }, fn, func(old, next authn.Batch) error {
		return t.changeOne(qUpdateBatch, append(batchValues(next), id.String(), int64(old.Given))...)
	})
}

// DeleteBatch implements store.Tx.
func (t *tx) DeleteBatch(id authn.BatchID) error { return t.deleteOne(qDeleteBatch, id.String()) }
