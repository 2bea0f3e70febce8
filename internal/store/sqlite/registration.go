package sqlite

import "avow/internal/authn"

const sessionColumns = `id, created_at, user_id, ` + sessionChanges

const sessionChanges columns = `secret_hash, page_hash, mode, state, created_by, expires_at, ended_at, claimed_at, claim_ip, claim_key, challenge,
	device_id, check_words, registration_hash, bound, answered, delivery, proof, proof_tries, notification, notified_at, uv_policy, probation`

func sessionDest(s *authn.RegistrationSession) []any {
	return []any{
		(*string)(&s.ID), (*nanos)(&s.CreatedAt), (*string)(&s.User),
		(*hash)(&s.Secret), (*hash)(&s.Page), (*string)(&s.Mode), (*string)(&s.State), &s.CreatedBy,
		(*nanos)(&s.ExpiresAt), (*nanos)(&s.EndedAt), (*nanos)(&s.ClaimedAt), &s.ClaimIP, (*point)(&s.ClaimKey), &s.Challenge,
		(*string)(&s.Device),
		words{&s.CheckWords},
		&s.Registration, &s.Bound, &s.Answered,
		(*string)(&s.Delivery), (*string)(&s.Proof), &s.ProofTries, (*string)(&s.Notification), (*nanos)(&s.NotifiedAt),
		(*string)(&s.Verifies), &s.Probation,
	}
}

func sessionValues(s authn.RegistrationSession) []any {
	return []any{
		hashed(s.Secret), hashed(s.Page), string(s.Mode), string(s.State), s.CreatedBy,
		at(s.ExpiresAt), at(s.EndedAt), at(s.ClaimedAt), s.ClaimIP, pointed(s.ClaimKey), s.Challenge,
		string(s.Device), wordsOf(s.CheckWords), s.Registration, s.Bound, s.Answered,
		string(s.Delivery), string(s.Proof), int64(s.ProofTries), string(s.Notification), at(s.NotifiedAt),
		string(s.Verifies), s.Probation,
	}
}

var (
	qSession         = prepared(sessionColumns.read(`registration_sessions WHERE id = ?`))
	qSessionBySecret = prepared(sessionColumns.read(`registration_sessions WHERE secret_hash = ?`))
	qSessionByPage   = prepared(sessionColumns.read(`registration_sessions WHERE page_hash = ?`))
	qSessionsOf      = prepared(sessionColumns.read(`registration_sessions WHERE user_id = ? ORDER BY created_at DESC, seq DESC`))
	qSessions        = prepared(sessionColumns.read(`registration_sessions ORDER BY created_at DESC, seq DESC`))
	qSessionsFirst   = prepared(sessionColumns.read(`registration_sessions ORDER BY created_at DESC, seq DESC LIMIT ?`))
	qSessionsAfter   = prepared(sessionColumns.read(`registration_sessions WHERE (created_at, seq) <
		(SELECT created_at, seq FROM registration_sessions WHERE id = ?) ORDER BY created_at DESC, seq DESC LIMIT ?`))
	qCreateSession = prepared(sessionColumns.insert(`registration_sessions`))
	qUpdateSession = prepared(sessionChanges.update(`registration_sessions`, `id = ? AND state = ?`))
	qDeleteSession = prepared(`DELETE FROM registration_sessions WHERE id = ?`)
)

// RegistrationSession implements store.Reader.
func (r reader) RegistrationSession(id authn.RegistrationID) (authn.RegistrationSession, error) {
	return one(r.turn, qSession, sessionDest, string(id))
}

// RegistrationSessionBySecret implements store.Reader.
func (r reader) RegistrationSessionBySecret(h authn.Hash) (authn.RegistrationSession, error) {
	return one(r.turn, qSessionBySecret, sessionDest, hashed(h))
}

// RegistrationSessionByPage implements store.Reader.
func (r reader) RegistrationSessionByPage(h authn.Hash) (authn.RegistrationSession, error) {
	return one(r.turn, qSessionByPage, sessionDest, hashed(h))
}

// RegistrationSessionsOf implements store.Reader.
func (r reader) RegistrationSessionsOf(user authn.UserID) ([]authn.RegistrationSession, error) {
	return many(r.turn, qSessionsOf, sessionDest, string(user))
}

// RegistrationSessions implements store.Reader.
func (r reader) RegistrationSessions() ([]authn.RegistrationSession, error) {
	return many(r.turn, qSessions, sessionDest)
}

// RegistrationSessionsAfter implements store.Reader.
func (r reader) RegistrationSessionsAfter(id authn.RegistrationID, limit int) ([]authn.RegistrationSession, error) {
	if id == "" {
		return many(r.turn, qSessionsFirst, sessionDest, int64(max(0, limit)))
	}
	return many(r.turn, qSessionsAfter, sessionDest, string(id), int64(max(0, limit)))
}

// CreateRegistrationSession implements store.Tx.
func (t *tx) CreateRegistrationSession(s authn.RegistrationSession) error {
	return t.changeOne(qCreateSession, append([]any{string(s.ID), at(s.CreatedAt), string(s.User)}, sessionValues(s)...)...)
}

// UpdateRegistrationSession implements store.Tx. The state is asked for in SQL too: single use hangs on this one statement.
func (t *tx) UpdateRegistrationSession(id authn.RegistrationID, fn func(authn.RegistrationSession) (authn.RegistrationSession, error)) error {
	get := func() (authn.RegistrationSession, error) { return t.RegistrationSession(id) }
	return update(get, fn, func(old, next authn.RegistrationSession) error {
		return t.changeOne(qUpdateSession, append(sessionValues(next), string(id), string(old.State))...)
	})
}

// DeleteRegistrationSession implements store.Tx.
func (t *tx) DeleteRegistrationSession(id authn.RegistrationID) error {
	return t.deleteOne(qDeleteSession, string(id))
}
