package sqlite

import (
	"fmt"
	"time"

	"avow/internal/authn"
)

const useColumns = `computer_id, use_hash, created_at, grant_id, device_id, user_id, ` + useChanges

const useChanges columns = `method, kind, login, journal_seq, journal_sum, computer_at, received_at, phone_at, recorded_at, released_by,
	release_reason, released_at, release_expires, used_at, alerted_at`

func useDest(u *authn.OfflineUse) []any {
	return []any{
		(*string)(&u.Computer), (*hash)(&u.Use), (*nanos)(&u.CreatedAt),
		named{&u.Grant},
		(*string)(&u.Device), (*string)(&u.User),
		(*string)(&u.Method), &u.Kind, &u.Login, &u.Seq, (*hash)(&u.Sum), (*nanos)(&u.ComputerAt), (*nanos)(&u.ReceivedAt),
		(*nanos)(&u.PhoneAt), (*nanos)(&u.RecordedAt), &u.ReleasedBy,
		&u.Reason, (*nanos)(&u.ReleasedAt), (*nanos)(&u.ReleaseExpires), (*nanos)(&u.UsedAt), (*nanos)(&u.AlertedAt),
	}
}

func useValues(u authn.OfflineUse) []any {
	return []any{
		string(u.Method), u.Kind, u.Login, int64(u.Seq), hashed(u.Sum), at(u.ComputerAt), at(u.ReceivedAt), at(u.PhoneAt), at(u.RecordedAt),
		u.ReleasedBy, u.Reason, at(u.ReleasedAt), at(u.ReleaseExpires), at(u.UsedAt), at(u.AlertedAt),
	}
}

var (
	qUse       = prepared(useColumns.read(`offline_uses WHERE computer_id = ? AND use_hash = ?`))
	qUseByLine = prepared(useColumns.read(`offline_uses WHERE computer_id = ? AND journal_sum = ? ORDER BY seq LIMIT 1`))
	qUsesOf    = prepared(useColumns.read(`offline_uses WHERE computer_id = ? ORDER BY created_at DESC, seq DESC LIMIT ?`))
	// The condition is that of the index, word for word.
	qUnknownUses = prepared(useColumns.read(fmt.Sprintf(`offline_uses WHERE device_id = ? AND received_at < ?
		AND kind = 'sign_in' AND method IN ('qr', 'list') AND recorded_at = %d AND alerted_at = %d ORDER BY received_at, seq`, int64(never), int64(never))))
	qCreateUse  = prepared(useColumns.insert(`offline_uses`))
	qUpdateUse  = prepared(useChanges.update(`offline_uses`, `computer_id = ? AND use_hash = ? AND used_at = ? AND released_at = ?`))
	qDeleteUses = prepared(`DELETE FROM offline_uses WHERE seq IN
		(SELECT seq FROM offline_uses WHERE created_at < ? ORDER BY created_at, seq LIMIT ?)`)
)

// OfflineUse implements store.Reader.
func (r reader) OfflineUse(c authn.ClientID, use authn.Hash) (authn.OfflineUse, error) {
	return one(r.turn, qUse, useDest, string(c), use[:])
}

// OfflineUseByLine implements store.Reader.
func (r reader) OfflineUseByLine(c authn.ClientID, sum authn.Hash) (authn.OfflineUse, error) {
	return one(r.turn, qUseByLine, useDest, string(c), hashed(sum))
}

// OfflineUsesOf implements store.Reader.
func (r reader) OfflineUsesOf(c authn.ClientID, limit int) ([]authn.OfflineUse, error) {
	return many(r.turn, qUsesOf, useDest, string(c), int64(max(0, limit)))
}

// UnknownUses implements store.Reader.
func (r reader) UnknownUses(d authn.DeviceID, before time.Time) ([]authn.OfflineUse, error) {
	return many(r.turn, qUnknownUses, useDest, string(d), at(before))
}

// CreateOfflineUse implements store.Tx.
func (t *tx) CreateOfflineUse(u authn.OfflineUse) error {
	ids := []any{string(u.Computer), u.Use[:], at(u.CreatedAt), u.Grant.String(), string(u.Device), string(u.User)}
	return t.changeOne(qCreateUse, append(ids, useValues(u)...)...)
}

// UpdateOfflineUse implements store.Tx. Whether it was given out and used is asked for in SQL too: that a code of the service desk is good
// once hangs on this one statement (D12).
func (t *tx) UpdateOfflineUse(c authn.ClientID, use authn.Hash, fn func(authn.OfflineUse) (authn.OfflineUse, error)) error {
	return update(func() (authn.OfflineUse, error) { return t.OfflineUse(c, use) }, fn, func(old, next authn.OfflineUse) error {
		return t.changeOne(qUpdateUse, append(useValues(next), string(c), use[:], at(old.UsedAt), at(old.ReleasedAt))...)
	})
}

// DeleteOfflineUses implements store.Tx.
func (t *tx) DeleteOfflineUses(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteUses, at(before), int64(max(0, limit)))
	return int(n), err
}
