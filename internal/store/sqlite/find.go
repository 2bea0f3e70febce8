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

// conditions are the filters with the time as their argument.
var conditions = map[store.UserFilter]string{
	store.AllUsers:       `? IS NOT NULL`,
	store.WithoutDevice:  `? IS NOT NULL AND ` + isWithout,
	store.WaitingSession: isWaiting,
	store.BlockedUsers:   `? IS NOT NULL AND ` + isBlocked,
}

// finding is the queries of one filter, without a text and with one as their first argument.
type finding struct{ page, count, textPage, textCount query }

var qFindUsers = map[store.UserFilter]finding{}

func init() {
	for f, condition := range conditions {
		with := `users WHERE instr(search_key, ?) > 0 AND ` + condition
		qFindUsers[f] = finding{
			page: prepared(userColumns.read(`users WHERE ` + condition + ` ORDER BY login_key LIMIT ? OFFSET ?`)), count: prepared(`SELECT count(*) FROM users WHERE ` + condition),
			textPage: prepared(userColumns.read(with + ` ORDER BY login_key LIMIT ? OFFSET ?`)), textCount: prepared(`SELECT count(*) FROM ` + with),
		}
	}
}

// FindUsers implements store.Reader.
func (r reader) FindUsers(q store.UserQuery) (page []authn.User, total int, err error) {
	find, ok := qFindUsers[q.Filter]
	if !ok {
		return nil, 0, fmt.Errorf("there is no filter of users %q", string(q.Filter))
	}
	text, args := store.LoginKey(strings.TrimSpace(q.Text)), []any{at(q.Now)}
	if text != "" {
		find.page, find.count, args = find.textPage, find.textCount, []any{text, at(q.Now)}
	}
	total, err = one(r.turn, find.count, func(n *int) []any { return []any{n} }, args...)
	if err != nil || q.Limit <= 0 {
		return nil, total, err
	}
	page, err = many(r.turn, find.page, userDest, append(args, int64(q.Limit), int64(max(0, q.Offset)))...)
	return page, total, err
}

// Counting goes by indexes alone: with a device are those who have one that lives, less those of them who are blocked.
var (
	qCountAll     = prepared(`SELECT count(*), (SELECT count(*) FROM users WHERE ` + isBlocked + `), (SELECT count(DISTINCT user_id) FROM devices WHERE state <> 'revoked') FROM users`)
	qCountAble    = prepared(`SELECT count(*) FROM users WHERE ` + isBlocked + ` AND EXISTS (SELECT 1 FROM devices d WHERE d.user_id = users.id AND d.state <> 'revoked')`)
	qCountWaiting = prepared(`SELECT count(DISTINCT user_id) FROM registration_sessions WHERE state IN ('active', 'claimed') AND expires_at > ?`)
)

var qCountFitting = prepared(`SELECT count(*), count(*) FILTER (WHERE ` + isWithout + `), count(*) FILTER (WHERE ` + isWaiting + `), count(*) FILTER (WHERE ` + isBlocked + `)
	FROM users WHERE instr(search_key, ?) > 0`)

// CountUsers implements store.Reader.
func (r reader) CountUsers(text string, now time.Time) (c store.UserCounts, err error) {
	if text = store.LoginKey(strings.TrimSpace(text)); text != "" {
		return one(r.turn, qCountFitting, func(c *store.UserCounts) []any { return []any{&c.All, &c.WithoutDevice, &c.Waiting, &c.Blocked} }, at(now), text)
	}
	number := func(n *int) []any { return []any{n} }
	n, err := one(r.turn, qCountAll, func(n *[3]int) []any { return []any{&n[0], &n[1], &n[2]} })
	if err != nil {
		return c, err
	}
	blocked, err := one(r.turn, qCountAble, number)
	if err != nil {
		return c, err
	}
	c = store.UserCounts{All: n[0], Blocked: n[1], WithoutDevice: n[0] - n[1] - (n[2] - blocked)}
	c.Waiting, err = one(r.turn, qCountWaiting, number, at(now))
	return c, err
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
