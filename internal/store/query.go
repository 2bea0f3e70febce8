package store

import (
	"time"

	"avow/internal/authn"
)

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

// RestoreCount is for how many users restore is set up, for how many of them it was proven since a time, and for how many it is blocked; and how many restores are under way.
type RestoreCount struct{ On, Proven, Blocked, Open int }

// SessionFilter is which registration sessions a page shows.
type SessionFilter string

// The filters: each session is in one of the three.
const (
	AllSessions   SessionFilter = ""
	OpenSessions  SessionFilter = "open"  // a phone could still use it, or its device is pending
	DoneSessions  SessionFilter = "done"  // its device was confirmed
	EndedSessions SessionFilter = "ended" // neither
)

// SessionQuery asks for a page of registration sessions.
type SessionQuery struct {
	Text   string // part of the user's login, name or mail, without regard to case; "" for all
	Filter SessionFilter
	Now    time.Time
	Offset int
	Limit  int
}

// SessionCounts is how many sessions there are of each kind.
type SessionCounts struct{ All, Open, Done, Ended int }

// DeviceQuery asks for a page of devices.
type DeviceQuery struct {
	Text   string // part of its name or model, or of the user's login, name or mail, without regard to case; "" for all
	Offset int
	Limit  int
}

// MessageFilter is which messages a page shows.
type MessageFilter string

// The filters.
const (
	AllMessages     MessageFilter = ""
	WaitingMessages MessageFilter = "waiting" // queued or sending
	FailedMessages  MessageFilter = "failed"  // failed or unclear
)

// MessageQuery asks for a page of messages.
type MessageQuery struct {
	Filter MessageFilter
	Offset int
	Limit  int
}

// MessageCounts is how many messages there are of each kind.
type MessageCounts struct{ All, Waiting, Failed int }

// AuditQuery asks for a page of the audit log, the newest first.
type AuditQuery struct {
	Text     string // part of the actor, subject, reason, address or facts, without regard to case
	Actor    string // part of the actor, without regard to case
	Action   string // begins so: "session." or "session.add"
	From, To time.Time
	Before   int64 // the place after the page before; 0 for the newest
	Limit    int
}

// AuditEntry is a record and its place in the log, which never changes.
type AuditEntry struct {
	authn.AuditRecord
	Number int64
}
