package sqlite

import (
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/store"
)

// ofUser is the condition that the user of a row fits; it has one argument twice.
const ofUser = `(? = '' OR EXISTS (SELECT 1 FROM users u WHERE u.id = user_id AND instr(u.search_key, ?) > 0))`

// The conditions of store.SessionFilter; that of the open ones has the time as its argument. device_id is '' where there is no device.
const (
	sessionDone = `EXISTS (SELECT 1 FROM devices d WHERE d.id = device_id AND (d.confirmed_at > -9223372036854775808 OR d.state = 'active'))`
	sessionOpen = `(state IN ('active', 'claimed') AND expires_at > ? OR EXISTS (SELECT 1 FROM devices d WHERE d.id = device_id AND d.state = 'pending'))`
)

var sessionConditions = map[store.SessionFilter]string{
	store.AllSessions:   `? IS NOT NULL`,
	store.OpenSessions:  sessionOpen,
	store.DoneSessions:  `? IS NOT NULL AND ` + sessionDone,
	store.EndedSessions: `NOT ` + sessionOpen + ` AND NOT ` + sessionDone,
}

var qCountSessions = prepared(`SELECT count(*), count(*) FILTER (WHERE ` + sessionOpen + `), count(*) FILTER (WHERE ` + sessionDone + `)
	FROM registration_sessions WHERE ` + ofUser)

var messageConditions = map[store.MessageFilter]string{
	store.AllMessages:     `TRUE`,
	store.WaitingMessages: `state IN ('queued', 'sending')`,
	store.FailedMessages:  `state IN ('failed', 'unclear')`,
}

var qCountMessages = prepared(`SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM messages WHERE ` + messageConditions[store.WaitingMessages] + `),
	(SELECT count(*) FROM messages WHERE ` + messageConditions[store.FailedMessages] + `)`)

const fittingDevices = `devices WHERE (? = '' OR instr(lower(name || ' ' || model), ?) > 0 OR ` + ofUser + `)`

var (
	qFindDevices  = prepared(deviceColumns.read(fittingDevices + ` ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`))
	qFoundDevices = prepared(`SELECT count(*) FROM ` + fittingDevices)
)

var (
	qFindSessions = map[store.SessionFilter]query{}
	qFindMessages = map[store.MessageFilter]query{}
)

func init() {
	for f, condition := range sessionConditions {
		qFindSessions[f] = prepared(sessionColumns.read(`registration_sessions WHERE ` + ofUser + ` AND ` + condition + ` ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`))
	}
	for f, condition := range messageConditions {
		qFindMessages[f] = prepared(messageColumns.read(`messages WHERE ` + condition + ` ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`))
	}
}

// FindRegistrationSessions implements store.Reader.
func (r reader) FindRegistrationSessions(q store.SessionQuery) (page []authn.RegistrationSession, counts store.SessionCounts, err error) {
	find, ok := qFindSessions[q.Filter]
	if !ok {
		return nil, counts, fmt.Errorf("there is no filter of sessions %q", string(q.Filter))
	}
	text, now := store.LoginKey(strings.TrimSpace(q.Text)), at(q.Now)
	counts, err = one(r.turn, qCountSessions, func(c *store.SessionCounts) []any { return []any{&c.All, &c.Open, &c.Done} }, now, text, text)
	if err != nil {
		return nil, counts, err
	}
	counts.Ended = counts.All - counts.Open - counts.Done
	page, err = many(r.turn, find, sessionDest, text, text, now, int64(max(0, q.Limit)), int64(max(0, q.Offset)))
	return page, counts, err
}

// FindDevices implements store.Reader.
func (r reader) FindDevices(q store.DeviceQuery) (page []authn.Device, total int, err error) {
	text := store.LoginKey(strings.TrimSpace(q.Text))
	total, err = one(r.turn, qFoundDevices, func(n *int) []any { return []any{n} }, text, text, text, text)
	if err != nil {
		return nil, 0, err
	}
	page, err = many(r.turn, qFindDevices, deviceDest, text, text, text, text, int64(max(0, q.Limit)), int64(max(0, q.Offset)))
	return page, total, err
}

// FindMessages implements store.Reader.
func (r reader) FindMessages(q store.MessageQuery) (page []authn.Message, counts store.MessageCounts, err error) {
	find, ok := qFindMessages[q.Filter]
	if !ok {
		return nil, counts, fmt.Errorf("there is no filter of messages %q", string(q.Filter))
	}
	counts, err = one(r.turn, qCountMessages, func(c *store.MessageCounts) []any { return []any{&c.All, &c.Waiting, &c.Failed} })
	if err != nil {
		return nil, counts, err
	}
	page, err = many(r.turn, find, messageDest, int64(max(0, q.Limit)), int64(max(0, q.Offset)))
	return page, counts, err
}
