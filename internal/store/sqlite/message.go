package sqlite

import (
	"time"

	"avow/internal/authn"
)

const messageColumns = `id, created_at, ` + messageChanges

const messageChanges columns = `kind, channel, user_id, session_id, check_id, receiver, language, created_by, state, tries, next_try, sent_at, problem, restore_id`

func messageDest(m *authn.Message) []any {
	return []any{
		(*string)(&m.ID), (*nanos)(&m.CreatedAt),
		(*string)(&m.Kind), (*string)(&m.Channel), (*string)(&m.User), (*string)(&m.Session), (*string)(&m.Check), &m.To, &m.Language, &m.CreatedBy,
		(*string)(&m.State), &m.Tries, (*nanos)(&m.NextTry), (*nanos)(&m.SentAt), &m.Problem, (*string)(&m.Restore),
	}
}

func messageValues(m authn.Message) []any {
	return []any{
		string(m.Kind), string(m.Channel), string(m.User), string(m.Session), string(m.Check), m.To, m.Language, m.CreatedBy,
		string(m.State), int64(m.Tries), at(m.NextTry), at(m.SentAt), m.Problem, string(m.Restore),
	}
}

var (
	qMessage       = prepared(messageColumns.read(`messages WHERE id = ?`))
	qMessagesDue   = prepared(messageColumns.read(`messages WHERE state = 'queued' AND channel = ? AND next_try <= ? ORDER BY next_try, seq LIMIT ?`))
	qMessagesIn    = prepared(messageColumns.read(`messages WHERE state = ? ORDER BY created_at, seq LIMIT ?`))
	qMessagesOf    = prepared(messageColumns.read(`messages WHERE session_id = ? AND session_id <> '' ORDER BY created_at DESC, seq DESC`))
	qMessages      = prepared(messageColumns.read(`messages ORDER BY created_at DESC, seq DESC LIMIT ?`))
	qCreateMessage = prepared(messageColumns.insert(`messages`))
	qUpdateMessage = prepared(messageChanges.update(`messages`, `id = ? AND state = ?`))
	qDeleteMessage = prepared(`DELETE FROM messages WHERE seq IN
		(SELECT seq FROM messages WHERE created_at < ? AND state NOT IN ('queued', 'sending') ORDER BY created_at, seq LIMIT ?)`)
)

// Message implements store.Reader.
func (r reader) Message(id authn.MessageID) (authn.Message, error) {
	return one(r.turn, qMessage, messageDest, string(id))
}

// MessagesDue implements store.Reader.
func (r reader) MessagesDue(ch authn.Channel, now time.Time, limit int) ([]authn.Message, error) {
	return many(r.turn, qMessagesDue, messageDest, string(ch), at(now), int64(max(0, limit)))
}

// MessagesIn implements store.Reader.
func (r reader) MessagesIn(state authn.MessageState, limit int) ([]authn.Message, error) {
	return many(r.turn, qMessagesIn, messageDest, string(state), int64(max(0, limit)))
}

// MessagesOf implements store.Reader.
func (r reader) MessagesOf(session authn.RegistrationID) ([]authn.Message, error) {
	return many(r.turn, qMessagesOf, messageDest, string(session))
}

// Messages implements store.Reader.
func (r reader) Messages(limit int) ([]authn.Message, error) {
	return many(r.turn, qMessages, messageDest, int64(max(0, limit)))
}

// CreateMessage implements store.Tx.
func (t *tx) CreateMessage(m authn.Message) error {
	return t.changeOne(qCreateMessage, append([]any{string(m.ID), at(m.CreatedAt)}, messageValues(m)...)...)
}

// UpdateMessage implements store.Tx. The state is asked for in SQL too: that a message is sent once hangs on this one statement.
func (t *tx) UpdateMessage(id authn.MessageID, fn func(authn.Message) (authn.Message, error)) error {
	return update(func() (authn.Message, error) { return t.Message(id) }, fn, func(old, next authn.Message) error {
		return t.changeOne(qUpdateMessage, append(messageValues(next), string(id), string(old.State))...)
	})
}

// DeleteMessages implements store.Tx.
func (t *tx) DeleteMessages(before time.Time, limit int) (int, error) {
	n, err := t.change(qDeleteMessage, at(before), int64(max(0, limit)))
	return int(n), err
}

const templateColumns columns = `channel, language, subject, body, updated_at, updated_by`

func templateDest(t *authn.Template) []any {
	return []any{(*string)(&t.Channel), &t.Language, &t.Subject, &t.Body, (*nanos)(&t.UpdatedAt), &t.UpdatedBy}
}

var (
	qTemplate    = prepared(templateColumns.read(`templates WHERE channel = ? AND language = ?`))
	qTemplates   = prepared(templateColumns.read(`templates ORDER BY channel, language`))
	qPutTemplate = prepared(templateColumns.insert(`templates`) + ` ON CONFLICT (channel, language) DO UPDATE SET subject = excluded.subject,
		body = excluded.body, updated_at = excluded.updated_at, updated_by = excluded.updated_by`)
	qDeleteTemplate = prepared(`DELETE FROM templates WHERE channel = ? AND language = ?`)
)

// Template implements store.Reader.
func (r reader) Template(ch authn.Channel, language string) (authn.Template, error) {
	return one(r.turn, qTemplate, templateDest, string(ch), language)
}

// Templates implements store.Reader.
func (r reader) Templates() ([]authn.Template, error) { return many(r.turn, qTemplates, templateDest) }

// PutTemplate implements store.Tx.
func (t *tx) PutTemplate(v authn.Template) error {
	return t.changeOne(qPutTemplate, string(v.Channel), v.Language, v.Subject, v.Body, at(v.UpdatedAt), v.UpdatedBy)
}

// DeleteTemplate implements store.Tx.
func (t *tx) DeleteTemplate(ch authn.Channel, language string) error {
	return t.deleteOne(qDeleteTemplate, string(ch), language)
}

const settingColumns columns = `name, value, updated_at, updated_by`

func settingDest(s *authn.Setting) []any {
	return []any{&s.Name, &s.Value, (*nanos)(&s.UpdatedAt), &s.UpdatedBy}
}

var (
	qSetting    = prepared(settingColumns.read(`settings WHERE name = ?`))
	qPutSetting = prepared(settingColumns.insert(`settings`) + ` ON CONFLICT (name) DO UPDATE SET value = excluded.value,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by`)
)

// Setting implements store.Reader.
func (r reader) Setting(name string) (authn.Setting, error) {
	return one(r.turn, qSetting, settingDest, name)
}

// PutSetting implements store.Tx.
func (t *tx) PutSetting(s authn.Setting) error {
	return t.changeOne(qPutSetting, s.Name, s.Value, at(s.UpdatedAt), s.UpdatedBy)
}
