package sqlite

import (
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/store"
)

// ofUsers is the condition that the user of a row fits a text.
const ofUsers = `user_id IN (SELECT id FROM users WHERE instr(search_key, ?) > 0)`

// The conditions of store.SessionFilter; that of the open ones has the time as its argument. A device tells of which session it came.
const (
	sessionDone    = `id IN (SELECT registration_id FROM devices WHERE confirmed_at > -9223372036854775808)`
	sessionPending = `id IN (SELECT registration_id FROM devices WHERE state = 'pending')`
	sessionUsable  = `state IN ('active', 'claimed') AND expires_at > ?`
	sessionOpen    = `(` + sessionUsable + ` OR ` + sessionPending + `)`
)

var sessionConditions = map[store.SessionFilter]string{
	store.AllSessions:   `? IS NOT NULL`,
	store.OpenSessions:  sessionOpen,
	store.DoneSessions:  `? IS NOT NULL AND ` + sessionDone,
	store.EndedSessions: `NOT ` + sessionOpen + ` AND NOT ` + sessionDone,
}

// countSessions counts by indexes alone. fits is "" or a condition with one argument, which then comes four times, the time third.
func countSessions(fits string) query {
	there := ` AND EXISTS (SELECT 1 FROM registration_sessions s WHERE s.id = registration_id)`
	where := fits
	if fits != "" {
		where, fits = ` WHERE `+fits, ` AND `+fits
	}
	return prepared(`SELECT (SELECT count(*) FROM registration_sessions` + where + `),
		(SELECT count(*) FROM devices WHERE confirmed_at > -9223372036854775808` + there + fits + `),
		(SELECT count(*) FROM registration_sessions WHERE ` + sessionUsable + fits + `) + (SELECT count(*) FROM devices WHERE state = 'pending'` + there + fits + `)`)
}

var (
	qCountSessions     = countSessions("")
	qCountSessionsText = countSessions(ofUsers)
)

var messageConditions = map[store.MessageFilter]string{
	store.AllMessages:     `TRUE`,
	store.WaitingMessages: `state IN ('queued', 'sending')`,
	store.FailedMessages:  `state IN ('failed', 'unclear')`,
}

var qCountMessages = prepared(`SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM messages WHERE ` + messageConditions[store.WaitingMessages] + `),
	(SELECT count(*) FROM messages WHERE ` + messageConditions[store.FailedMessages] + `)`)

const (
	newestFirst    = ` ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`
	fittingDevices = `devices WHERE (instr(lower(name || ' ' || model), ?) > 0 OR ` + ofUsers + `)`
)

var (
	qFindDevices = finding{
		page: prepared(deviceColumns.read(`devices` + newestFirst)), count: prepared(`SELECT count(*) FROM devices`),
		textPage: prepared(deviceColumns.read(fittingDevices + newestFirst)), textCount: prepared(`SELECT count(*) FROM ` + fittingDevices),
	}
	qFindSessions = map[store.SessionFilter]finding{}
	qFindMessages = map[store.MessageFilter]query{}
)

func init() {
	for f, condition := range sessionConditions {
		qFindSessions[f] = finding{
			page:     prepared(sessionColumns.read(`registration_sessions WHERE ` + condition + newestFirst)),
			textPage: prepared(sessionColumns.read(`registration_sessions WHERE ` + ofUsers + ` AND ` + condition + newestFirst)),
		}
	}
	for f, condition := range messageConditions {
		qFindMessages[f] = prepared(messageColumns.read(`messages WHERE ` + condition + newestFirst))
	}
}

// FindRegistrationSessions implements store.Reader.
func (r reader) FindRegistrationSessions(q store.SessionQuery) (page []authn.RegistrationSession, counts store.SessionCounts, err error) {
	find, ok := qFindSessions[q.Filter]
	if !ok {
		return nil, counts, fmt.Errorf("there is no filter of sessions %q", string(q.Filter))
	}
	text, now := store.LoginKey(strings.TrimSpace(q.Text)), at(q.Now)
	count, countArgs, args := qCountSessions, []any{now}, []any{now}
	if text != "" {
		find.page, count, countArgs, args = find.textPage, qCountSessionsText, []any{text, text, now, text, text}, []any{text, now}
	}
	counts, err = one(r.turn, count, func(c *store.SessionCounts) []any { return []any{&c.All, &c.Done, &c.Open} }, countArgs...)
	if err != nil {
		return nil, counts, err
	}
	if counts.Ended = counts.All - counts.Open - counts.Done; q.Limit <= 0 {
		return nil, counts, nil
	}
	page, err = many(r.turn, find.page, sessionDest, append(args, int64(q.Limit), int64(max(0, q.Offset)))...)
	return page, counts, err
}

// FindDevices implements store.Reader.
func (r reader) FindDevices(q store.DeviceQuery) (page []authn.Device, total int, err error) {
	find, args := qFindDevices, []any(nil)
	if text := store.LoginKey(strings.TrimSpace(q.Text)); text != "" {
		find.page, find.count, args = find.textPage, find.textCount, []any{text, text}
	}
	total, err = one(r.turn, find.count, func(n *int) []any { return []any{n} }, args...)
	if err != nil || q.Limit <= 0 {
		return nil, total, err
	}
	page, err = many(r.turn, find.page, deviceDest, append(args, int64(q.Limit), int64(max(0, q.Offset)))...)
	return page, total, err
}

// FindMessages implements store.Reader.
func (r reader) FindMessages(q store.MessageQuery) (page []authn.Message, counts store.MessageCounts, err error) {
	find, ok := qFindMessages[q.Filter]
	if !ok {
		return nil, counts, fmt.Errorf("there is no filter of messages %q", string(q.Filter))
	}
	counts, err = one(r.turn, qCountMessages, func(c *store.MessageCounts) []any { return []any{&c.All, &c.Waiting, &c.Failed} })
	if err != nil || q.Limit <= 0 {
		return nil, counts, err
	}
	page, err = many(r.turn, find, messageDest, int64(q.Limit), int64(max(0, q.Offset)))
	return page, counts, err
}
