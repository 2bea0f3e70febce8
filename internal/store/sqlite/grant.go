package sqlite

import (
	"time"

	"avow/internal/authn"
)

const grantColumns = `id, created_at, computer_id, device_id, user_id, ` + grantChanges

const grantChanges columns = `version, state, max_uses, signed_in_at, expires_at`

func grantDest(g *authn.Grant) []any {
	return []any{
		named{&g.ID},
		(*nanos)(&g.CreatedAt), (*string)(&g.Computer), (*string)(&g.Device), (*string)(&g.User),
		&g.Seq, (*string)(&g.State), &g.MaxUses, (*nanos)(&g.SignedInAt), (*nanos)(&g.Expires),
	}
}

func grantValues(g authn.Grant) []any {
	return []any{int64(g.Seq), string(g.State), int64(g.MaxUses), at(g.SignedInAt), at(g.Expires)}
}

var (
	qGrant            = prepared(grantColumns.read(`grants WHERE id = ?`))
	qActiveGrant      = prepared(grantColumns.read(`grants WHERE computer_id = ? AND device_id = ? AND user_id = ? AND state = 'active'`))
	qGrantsOfDevice   = prepared(grantColumns.read(`grants WHERE device_id = ? AND expires_at > ? ORDER BY signed_in_at DESC, seq DESC`))
	qGrantsOfComputer = prepared(grantColumns.read(`grants WHERE computer_id = ? AND expires_at > ? ORDER BY signed_in_at DESC, seq DESC`))
	qCreateGrant      = prepared(grantColumns.insert(`grants`))
	qUpdateGrant      = prepared(grantChanges.update(`grants`, `id = ? AND version = ?`))
)

// Grant implements store.Reader.
func (r reader) Grant(id authn.GrantID) (authn.Grant, error) {
	return one(r.turn, qGrant, grantDest, id.String())
}

// ActiveGrant implements store.Reader.
func (r reader) ActiveGrant(c authn.ClientID, d authn.DeviceID, u authn.UserID) (authn.Grant, error) {
	return one(r.turn, qActiveGrant, grantDest, string(c), string(d), string(u))
}

// GrantsOfDevice implements store.Reader.
func (r reader) GrantsOfDevice(d authn.DeviceID, after time.Time) ([]authn.Grant, error) {
	return many(r.turn, qGrantsOfDevice, grantDest, string(d), at(after))
}

// GrantsOfComputer implements store.Reader.
func (r reader) GrantsOfComputer(c authn.ClientID, after time.Time) ([]authn.Grant, error) {
	return many(r.turn, qGrantsOfComputer, grantDest, string(c), at(after))
}

// CreateGrant implements store.Tx.
func (t *tx) CreateGrant(g authn.Grant) error {
	ids := []any{g.ID.String(), at(g.CreatedAt), string(g.Computer), string(g.Device), string(g.User)}
	return t.changeOne(qCreateGrant, append(ids, grantValues(g)...)...)
}

// UpdateGrant implements store.Tx. The version is asked for in SQL too: no change is lost in another.
func (t *tx) UpdateGrant(id authn.GrantID, fn func(authn.Grant) (authn.Grant, error)) error {
	return update(func() (authn.Grant, error) { return t.Grant(id) }, fn, func(old, next authn.Grant) error {
		return t.changeOne(qUpdateGrant, append(grantValues(next), id.String(), int64(old.Seq))...)
	})
}
