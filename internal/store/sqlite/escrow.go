package sqlite

import (
	"bytes"
	"errors"
	"slices"

	"avow/internal/authn"
	"avow/internal/store"
)

const escrowColumns columns = escrowState + `, file`

const escrowState columns = `user_id, proof_key, exchange_key, vouch, generation, tag, made_by, code_at, updated_at, proven_at, proven_by, holders`

func escrowStateDest(e *authn.Escrow) []any {
	return []any{
		(*string)(&e.User), (*point)(&e.Proof), (*point)(&e.Exchange), (*hash)(&e.Vouch), &e.Generation, (*hash)(&e.Tag), (*string)(&e.By),
		(*nanos)(&e.CodeAt), (*nanos)(&e.UpdatedAt), (*nanos)(&e.ProvenAt), (*string)(&e.ProvenBy),
		document[[]authn.DeviceID]{&e.Holders},
	}
}

func escrowDest(e *authn.Escrow) []any { return append(escrowStateDest(e), &e.File) }

var (
	qEscrow       = prepared(escrowColumns.read(`escrows WHERE user_id = ?`))
	qEscrowState  = prepared(escrowState.read(`escrows WHERE user_id = ?`))
	qEscrowStates = prepared(escrowState.read(`escrows ORDER BY user_id`))
	qCreateEscrow = prepared(escrowColumns.insert(`escrows`))
	qUpdateEscrow = prepared(escrowColumns.update(`escrows`, `user_id = ? AND generation = ?`))
)

// Escrow implements store.Reader.
func (r reader) Escrow(user authn.UserID) (authn.Escrow, error) {
	return one(r.turn, qEscrow, escrowDest, string(user))
}

// EscrowState implements store.Reader.
func (r reader) EscrowState(user authn.UserID) (authn.Escrow, error) {
	return one(r.turn, qEscrowState, escrowStateDest, string(user))
}

// EscrowStates implements store.Reader.
func (r reader) EscrowStates() ([]authn.Escrow, error) {
	return many(r.turn, qEscrowStates, escrowStateDest)
}

// UpdateEscrow implements store.Tx. The generation is asked for in SQL too: no version of a file is lost to a phone that did not know it.
func (t *tx) UpdateEscrow(user authn.UserID, fn func(authn.Escrow) (authn.Escrow, error)) error {
	old, err := t.Escrow(user)
	created := errors.Is(err, store.ErrNotFound)
	if err != nil && !created {
		return err
	}
	old.User = user
	given := old
	given.File, given.Holders = bytes.Clone(old.File), slices.Clone(old.Holders)
	e, err := fn(given)
	if err != nil {
		return err
	}
	values := []any{
		string(user), pointed(e.Proof), pointed(e.Exchange), hashed(e.Vouch), int64(e.Generation), hashed(e.Tag), string(e.By),
		at(e.CodeAt), at(e.UpdatedAt), at(e.ProvenAt), string(e.ProvenBy), documented(e.Holders), filed(e.File),
	}
	if created {
		return t.changeOne(qCreateEscrow, values...)
	}
	return t.changeOne(qUpdateEscrow, append(values, string(user), int64(old.Generation))...)
}
