package sqlite

import (
	"fmt"
	"math"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// these are the conditions of store.UserFilter.
const (
	isWithout = `status <> 'disabled' AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.user_id = users.id AND d.state <> 'revoked')`
	isWaiting = `EXISTS (SELECT 1 FROM registration_sessions s WHERE s.user_id = users.id AND s.state IN ('active', 'claimed') AND s.expires_at > ?)`
	isBlocked = `status = 'disabled'`
)

// fitting is what follows FROM for the users who fit; each has the same two arguments, what is looked for and the time.
func fitting(filter string) string {
	return `users WHERE instr(search_key, ?) > 0 AND ` + filter
}

// conditions are the filters with the time as their argument.
var conditions = map[store.UserFilter]string{
	store.AllUsers:       `? IS NOT NULL`,
	store.WithoutDevice:  `? IS NOT NULL AND ` + isWithout,
	store.WaitingSession: isWaiting,
	store.BlockedUsers:   `? IS NOT NULL AND ` + isBlocked,
}

var qFindUsers, qFoundUsers = map[store.UserFilter]query{}, map[store.UserFilter]query{}

func init() {
	for f, condition := range conditions {
		qFindUsers[f] = prepared(userColumns.read(fitting(condition) + ` ORDER BY login_key LIMIT ? OFFSET ?`))
		qFoundUsers[f] = prepared(`SELECT count(*) FROM ` + fitting(condition))
	}
}

var qCountUsers = prepared(`SELECT count(*), count(*) FILTER (WHERE ` + isWithout + `), count(*) FILTER (WHERE ` + isWaiting + `), count(*) FILTER (WHERE ` + isBlocked + `) FROM users`)

// FindUsers implements store.Reader.
func (r reader) FindUsers(q store.UserQuery) (page []authn.User, total int, err error) {
	find, ok := qFindUsers[q.Filter]
	if !ok {
		return nil, 0, fmt.Errorf("there is no filter of users %q", string(q.Filter))
	}
	text, now := store.LoginKey(strings.TrimSpace(q.Text)), at(q.Now)
	total, err = one(r.turn, qFoundUsers[q.Filter], func(n *int) []any { return []any{n} }, text, now)
	if err != nil {
		return nil, 0, err
	}
	page, err = many(r.turn, find, userDest, text, now, int64(max(0, q.Limit)), int64(max(0, q.Offset)))
	return page, total, err
}

// CountUsers implements store.Reader.
func (r reader) CountUsers(now time.Time) (store.UserCounts, error) {
	return one(r.turn, qCountUsers, func(c *store.UserCounts) []any { return []any{&c.All, &c.WithoutDevice, &c.Waiting, &c.Blocked} }, at(now))
}

// The text is looked for as it was written, and in lower case, which SQLite knows for A to Z.
var qFindAudit = prepared((`seq, ` + auditColumns).read(`audit WHERE seq < ? AND at >= ? AND at < ? AND substr(action, 1, ?) = ?
	AND (? = '' OR instr(lower(actor), lower(?)) > 0)
	AND (instr(lower(actor || ' ' || subject || ' ' || ip || ' ' || reason || ' ' || facts), lower(?)) > 0) ORDER BY seq DESC LIMIT ?`))

// FindAudit implements store.Reader.
func (r reader) FindAudit(q store.AuditQuery) (page []store.AuditEntry, next int64, err error) {
	before, from, to := q.Before, at(q.From), any(int64(math.MaxInt64))
	if before <= 0 {
		before = math.MaxInt64
	}
	if !q.To.IsZero() {
		to = at(q.To)
	}
	limit, actor := max(0, q.Limit), strings.TrimSpace(q.Actor)
	page, err = many(r.turn, qFindAudit, func(e *store.AuditEntry) []any { return append([]any{&e.Number}, auditDest(&e.AuditRecord)...) },
		before, from, to, int64(len([]rune(q.Action))), q.Action, actor, actor, strings.TrimSpace(q.Text), int64(limit)+1)
	if len(page) <= limit {
		return page, 0, err
	}
	return page[:limit], page[max(0, limit-1)].Number, err
}
