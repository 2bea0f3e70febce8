package sqlite

import (
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

const restoreColumns = `id, created_at, user_id, ` + restoreChanges

const restoreChanges columns = `kind, state, challenge_hash, device_key, approval_key, exchange_key, name, model, os, app, class, uv, uv_policy,
	statement_hash, ip, delivery, otp_sends, otp_expires, otp_tries, held_until, ended_at, ended_by, device_id, bound, needed, answers`

func restoreDest(r *authn.Restore) []any {
	return []any{
		(*string)(&r.ID), (*nanos)(&r.CreatedAt), (*string)(&r.User),
		(*string)(&r.Kind), (*string)(&r.State), (*hash)(&r.Challenge),
		(*point)(&r.Keys.Device), (*point)(&r.Keys.Approval), (*point)(&r.Keys.Exchange),
		&r.Info.Name, &r.Info.Model, &r.Info.OS, &r.Info.App, (*string)(&r.Class), (*string)(&r.UV), (*string)(&r.Verifies),
		(*hash)(&r.Statement), &r.IP, (*string)(&r.Delivery), &r.OTPSends, (*nanos)(&r.OTPExpires), &r.OTPTries,
		(*nanos)(&r.HeldUntil), (*nanos)(&r.EndedAt), &r.EndedBy, (*string)(&r.Device), &r.Bound, &r.Needed,
		document[[]authn.ColleagueAnswer]{&r.Answers},
	}
}

func restoreValues(r authn.Restore) []any {
	return []any{
		string(r.Kind), string(r.State), hashed(r.Challenge), pointed(r.Keys.Device), pointed(r.Keys.Approval), pointed(r.Keys.Exchange),
		r.Info.Name, r.Info.Model, r.Info.OS, r.Info.App, string(r.Class), string(r.UV), string(r.Verifies),
		hashed(r.Statement), r.IP, string(r.Delivery), int64(r.OTPSends), at(r.OTPExpires), int64(r.OTPTries),
		at(r.HeldUntil), at(r.EndedAt), r.EndedBy, string(r.Device), r.Bound, int64(r.Needed), documented(r.Answers),
	}
}

var (
	qRestore        = prepared(restoreColumns.read(`restores WHERE id = ?`))
	qRestoresOf     = prepared(restoreColumns.read(`restores WHERE user_id = ? ORDER BY created_at DESC, seq DESC`))
	qOpenRestores   = prepared(restoreColumns.read(`restores WHERE user_id = ? AND state IN ('proved', 'asking', 'held') ORDER BY created_at, seq`))
	qRecentRestores = prepared(restoreColumns.read(`restores ORDER BY created_at DESC, seq DESC LIMIT ?`))
	qUnderWay       = prepared(restoreColumns.read(`restores WHERE state IN ('proved', 'asking', 'held') ORDER BY seq`))
	qCountRestore   = prepared(`SELECT count(*) FILTER (WHERE length(proof_key) > 0), count(*) FILTER (WHERE length(proof_key) > 0 AND proven_at >= ?),
		(SELECT count(*) FROM restore_guards WHERE blocked_at > 0) FROM escrows`)
	qCreateRestore  = prepared(restoreColumns.insert(`restores`))
	qUpdateRestore  = prepared(restoreChanges.update(`restores`, `id = ? AND state = ?`))
	qDeleteRestores = prepared(`DELETE FROM restores WHERE seq IN
		(SELECT seq FROM restores WHERE created_at < ? ORDER BY created_at, seq LIMIT ?)`)
)

// Restore implements store.Reader.
func (r reader) Restore(id authn.RestoreID) (authn.Restore, error) {
	return one(r.turn, qRestore, restoreDest, string(id))
}

// RestoresOf implements store.Reader.
func (r reader) RestoresOf(user authn.UserID) ([]authn.Restore, error) {
	return many(r.turn, qRestoresOf, restoreDest, string(user))
}

// OpenRestores implements store.Reader.
func (r reader) OpenRestores(user authn.UserID) ([]authn.Restore, error) {
	return many(r.turn, qOpenRestores, restoreDest, string(user))
}

// RecentRestores implements store.Reader.
func (r reader) RecentRestores(limit int) ([]authn.Restore, error) {
	return many(r.turn, qRecentRestores, restoreDest, int64(max(0, limit)))
}

// CountRestore implements store.Reader.
func (r reader) CountRestore(now, provenSince time.Time) (store.RestoreCount, error) {
	n, err := one(r.turn, qCountRestore, func(n *store.RestoreCount) []any { return []any{&n.On, &n.Proven, &n.Blocked} }, at(provenSince))
	if err != nil {
		return n, err
	}
	open, err := many(r.turn, qUnderWay, restoreDest)
	for _, x := range open {
		if x.StateAt(now).Open() {
			n.Open++
		}
	}
	return n, err
}

// CreateRestore implements store.Tx.
func (t *tx) CreateRestore(r authn.Restore) error {
	return t.changeOne(qCreateRestore, append([]any{string(r.ID), at(r.CreatedAt), string(r.User)}, restoreValues(r)...)...)
}

// UpdateRestore implements store.Tx. The state is asked for in SQL too: a restore is released or blocked once, never both.
func (t *tx) UpdateRestore(id authn.RestoreID, fn func(authn.Restore) (authn.Restore, error)) error {
	old, err := t.Restore(id)
	if err != nil {
		return err
	}
	given := old
	given.Answers = slices.Clone(old.Answers)
	next, err := fn(given)
	if err != nil {
		return err
	}
	return t.changeOne(qUpdateRestore, append(restoreValues(next), string(id), string(old.State))...)
}

// DeleteRestores implements store.Tx.
func (t *tx) DeleteRestores(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteRestores, at(before), int64(max(0, limit)))
	return int(n), err
}

const restoreGuardColumns columns = `user_id, failed_proofs, blocked_at, blocked_by, allowed_until, colleagues, needed, otp_mails`

func restoreGuardDest(g *authn.RestoreGuard) []any {
	return []any{
		(*string)(&g.User),
		times{&g.FailedProofs},
		(*nanos)(&g.BlockedAt), &g.BlockedBy, (*nanos)(&g.AllowedUntil),
		document[[]authn.UserID]{&g.Colleagues},
		&g.Needed,
		times{&g.OTPMails},
	}
}

var (
	qRestoreGuard    = prepared(restoreGuardColumns.read(`restore_guards WHERE user_id = ?`))
	qSetRestoreGuard = prepared(restoreGuardColumns.insert(`restore_guards`) + ` ON CONFLICT (user_id) DO UPDATE SET
		failed_proofs = excluded.failed_proofs, blocked_at = excluded.blocked_at, blocked_by = excluded.blocked_by,
		allowed_until = excluded.allowed_until, colleagues = excluded.colleagues, needed = excluded.needed, otp_mails = excluded.otp_mails`)
)

// RestoreGuard implements store.Reader.
func (r reader) RestoreGuard(user authn.UserID) (authn.RestoreGuard, error) {
	g, err := one(r.turn, qRestoreGuard, restoreGuardDest, string(user))
	if errors.Is(err, store.ErrNotFound) {
		return authn.RestoreGuard{User: user}, nil
	}
	return g, err
}

// UpdateRestoreGuard implements store.Tx.
func (t *tx) UpdateRestoreGuard(user authn.UserID, fn func(authn.RestoreGuard) (authn.RestoreGuard, error)) error {
	old, err := t.RestoreGuard(user)
	if err != nil {
		return err
	}
	old.FailedProofs, old.Colleagues, old.OTPMails = slices.Clone(old.FailedProofs), slices.Clone(old.Colleagues), slices.Clone(old.OTPMails)
	g, err := fn(old)
	if err != nil {
		return err
	}
	return t.changeOne(qSetRestoreGuard, string(user), timesOf(g.FailedProofs), at(g.BlockedAt), g.BlockedBy, at(g.AllowedUntil),
		documented(g.Colleagues), int64(g.Needed), timesOf(g.OTPMails))
}
