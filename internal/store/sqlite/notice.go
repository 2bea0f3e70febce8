package sqlite

import (
	"time"

	"avow/internal/authn"
)

const noticeColumns = `id, at, user_id, ` + noticeChanges

const noticeChanges columns = `kind, cause, facts, mail_state, mail_to, tries, next_try`

func noticeDest(n *authn.Notice) []any {
	return []any{
		(*string)(&n.ID), (*nanos)(&n.At), (*string)(&n.User),
		(*string)(&n.Kind), (*string)(&n.Cause),
		document[map[string]string]{&n.Facts},
		(*string)(&n.Mail), &n.MailTo, &n.Tries, (*nanos)(&n.NextTry),
	}
}

func noticeValues(n authn.Notice) []any {
	return []any{string(n.Kind), string(n.Cause), factsOf(n.Facts), string(n.Mail), n.MailTo, int64(n.Tries), at(n.NextTry)}
}

var (
	qNotice       = prepared(noticeColumns.read(`notices WHERE id = ?`))
	qNoticesOf    = prepared(noticeColumns.read(`notices WHERE user_id = ? AND at >= ? ORDER BY at, seq`))
	qMailDue      = prepared(noticeColumns.read(`notices WHERE mail_state = 'queued' AND next_try <= ? ORDER BY next_try, seq LIMIT ?`))
	qCreateNotice = prepared(noticeColumns.insert(`notices`))
	qUpdateNotice = prepared(noticeChanges.update(`notices`, `id = ?`))
)

// Notice implements store.Reader.
func (r reader) Notice(id authn.NoticeID) (authn.Notice, error) {
	return one(r.turn, qNotice, noticeDest, string(id))
}

// NoticesOf implements store.Reader.
func (r reader) NoticesOf(user authn.UserID, since time.Time) ([]authn.Notice, error) {
	return many(r.turn, qNoticesOf, noticeDest, string(user), at(since))
}

// MailDue implements store.Reader.
func (r reader) MailDue(now time.Time, limit int) ([]authn.Notice, error) {
	return many(r.turn, qMailDue, noticeDest, at(now), int64(max(0, limit)))
}

// CreateNotice implements store.Tx.
func (t *tx) CreateNotice(n authn.Notice) error {
	return t.changeOne(qCreateNotice, append([]any{string(n.ID), at(n.At), string(n.User)}, noticeValues(n)...)...)
}

// UpdateNotice implements store.Tx.
func (t *tx) UpdateNotice(id authn.NoticeID, fn func(authn.Notice) (authn.Notice, error)) error {
	old, err := one(t.turn, qNotice, noticeDest, string(id))
	if err != nil {
		return err
	}
	next, err := fn(old)
	if err != nil {
		return err
	}
	return t.changeOne(qUpdateNotice, append(noticeValues(next), string(id))...)
}
