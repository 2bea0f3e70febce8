package store

import "time"

// UserFilter is which users a page shows.
type UserFilter string

// The filters.
const (
	AllUsers       UserFilter = ""
	WithoutDevice  UserFilter = "no_device" // not blocked, without a device that is not revoked
	WaitingSession UserFilter = "waiting"   // with a session that a phone could still use
	BlockedUsers   UserFilter = "blocked"
)

// UserQuery asks for a page of users.
type UserQuery struct {
	Text   string // part of the login, name or mail, without regard to case; "" for all
	Filter UserFilter
	Now    time.Time // for WaitingSession
	Offset int
	Limit  int
}

// UserCounts is how many users there are of each kind.
type UserCounts struct{ All, WithoutDevice, Waiting, Blocked int }

// AuditQuery asks for a page of the audit log, the newest first.
type AuditQuery struct {
	Text     string // part of the actor, subject, reason, address or facts, without regard to case
	Action   string // begins so: "session." or "session.add"
	From, To time.Time
	Before   int64 // the place after the page before; 0 for the newest
	Limit    int
}
