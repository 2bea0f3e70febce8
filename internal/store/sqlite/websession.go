package sqlite

import (
	"time"

	"avow/internal/authn"
)

const webColumns = `id, created_at, user_id, signed_by, ` + webChanges

const webChanges columns = `token_hash, seen_at, expires_at, ended_at, ip, agent`

func webDest(s *authn.WebSession) []any {
	return []any{
		(*string)(&s.ID), (*nanos)(&s.CreatedAt), (*string)(&s.User), (*string)(&s.By),
		(*hash)(&s.Token), (*nanos)(&s.SeenAt), (*nanos)(&s.ExpiresAt), (*nanos)(&s.EndedAt), &s.IP, &s.Agent,
	}
}

func webValues(s authn.WebSession) []any {
	return []any{hashed(s.Token), at(s.SeenAt), at(s.ExpiresAt), at(s.EndedAt), s.IP, s.Agent}
}

var (
	qWeb        = prepared(webColumns.read(`web_sessions WHERE id = ?`))
	qWebByToken = prepared(webColumns.read(`web_sessions WHERE token_hash = ?`))
	qWebOf      = prepared(webColumns.read(`web_sessions WHERE user_id = ? ORDER BY created_at DESC, seq DESC`))
	qCreateWeb  = prepared(webColumns.insert(`web_sessions`))
	qUpdateWeb  = prepared(webChanges.update(`web_sessions`, `id = ?`))
	qDeleteWeb  = prepared(`DELETE FROM web_sessions WHERE seq IN
		(SELECT seq FROM web_sessions WHERE created_at < ? ORDER BY created_at, seq LIMIT ?)`)
)

// WebSession implements store.Reader.
func (r reader) WebSession(id authn.WebSessionID) (authn.WebSession, error) {
	return one(r.turn, qWeb, webDest, string(id))
}

// WebSessionByToken implements store.Reader.
func (r reader) WebSessionByToken(h authn.Hash) (authn.WebSession, error) {
	return one(r.turn, qWebByToken, webDest, hashed(h))
}

// WebSessionsOf implements store.Reader.
func (r reader) WebSessionsOf(user authn.UserID) ([]authn.WebSession, error) {
	return many(r.turn, qWebOf, webDest, string(user))
}

// CreateWebSession implements store.Tx.
func (t *tx) CreateWebSession(s authn.WebSession) error {
	return t.changeOne(qCreateWeb, append([]any{string(s.ID), at(s.CreatedAt), string(s.User), string(s.By)}, webValues(s)...)...)
}

// UpdateWebSession implements store.Tx.
func (t *tx) UpdateWebSession(id authn.WebSessionID, fn func(authn.WebSession) (authn.WebSession, error)) error {
	return update(func() (authn.WebSession, error) { return t.WebSession(id) }, fn, func(_, next authn.WebSession) error {
		return t.changeOne(qUpdateWeb, append(webValues(next), string(id))...)
	})
}

// DeleteWebSessions implements store.Tx.
func (t *tx) DeleteWebSessions(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteWeb, at(before), int64(max(0, limit)))
	return int(n), err
}

const checkColumns = `id, created_at, user_id, ` + checkChanges

const checkChanges columns = `made_by, method, channel, state, request_id, asked, tries, expires_at, decided_at`

func checkDest(c *authn.CallerCheck) []any {
	return []any{
		(*string)(&c.ID), (*nanos)(&c.CreatedAt), (*string)(&c.User),
		&c.By, (*string)(&c.Method), (*string)(&c.Channel), (*string)(&c.State), (*string)(&c.Request), (*string)(&c.Asked), &c.Tries, (*nanos)(&c.ExpiresAt), (*nanos)(&c.DecidedAt),
	}
}

func checkValues(c authn.CallerCheck) []any {
	return []any{
		c.By, string(c.Method), string(c.Channel), string(c.State), string(c.Request), string(c.Asked), int64(c.Tries), at(c.ExpiresAt), at(c.DecidedAt),
	}
}

var (
	qCheck       = prepared(checkColumns.read(`caller_checks WHERE id = ?`))
	qChecksOf    = prepared(checkColumns.read(`caller_checks WHERE user_id = ? AND created_at >= ? ORDER BY created_at DESC, seq DESC`))
	qCreateCheck = prepared(checkColumns.insert(`caller_checks`))
	qUpdateCheck = prepared(checkChanges.update(`caller_checks`, `id = ? AND state = ?`))
)

// CallerCheck implements store.Reader.
func (r reader) CallerCheck(id authn.CallerCheckID) (authn.CallerCheck, error) {
	return one(r.turn, qCheck, checkDest, string(id))
}

// CallerChecksOf implements store.Reader.
func (r reader) CallerChecksOf(user authn.UserID, since time.Time) ([]authn.CallerCheck, error) {
	return many(r.turn, qChecksOf, checkDest, string(user), at(since))
}

// CreateCallerCheck implements store.Tx.
func (t *tx) CreateCallerCheck(c authn.CallerCheck) error {
	return t.changeOne(qCreateCheck, append([]any{string(c.ID), at(c.CreatedAt), string(c.User)}, checkValues(c)...)...)
}

// UpdateCallerCheck implements store.Tx. The state is asked for in SQL too: a check is decided once.
func (t *tx) UpdateCallerCheck(id authn.CallerCheckID, fn func(authn.CallerCheck) (authn.CallerCheck, error)) error {
	return update(func() (authn.CallerCheck, error) { return t.CallerCheck(id) }, fn, func(old, next authn.CallerCheck) error {
		return t.changeOne(qUpdateCheck, append(checkValues(next), string(id), string(old.State))...)
	})
}
