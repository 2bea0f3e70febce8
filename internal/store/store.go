// Package store is the contract of the server's database: what can be read, and how state changes. Implementations are
// store/sqlite (and later store/postgres); storetest is the one conformance suite for all. The package holds no SQL and no rule of
// the domain: when a change is allowed is decided in authn, inside the function given to an Update method.
package store

import (
	"context"
	"time"

	"avow/internal/authn"
)

// ErrNotFound is returned when nothing has the id that was asked for.
var ErrNotFound = authn.Fail(authn.NotFound, "not_found", "There is nothing with this name here.")

// ErrExists is returned by Create when the id, or another unique field, is taken.
var ErrExists = authn.Fail(authn.Conflict, "exists", "There is one with this name already.")

// Store is a database. All methods are safe for concurrent use.
type Store interface {
	// View runs fn on a consistent snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in one transaction: all of it or nothing. It returns after the transaction is on disk. fn may run more than once
	// and must have no other effect. An error from fn rolls its changes back and is returned as it is. Other callers' updates
	// are serialized: within fn nothing changes but by fn.
	Update(ctx context.Context, fn func(Tx) error) error
	// Check reports whether the database can be read and written, for health checks.
	Check(ctx context.Context) error
	Close() error
}

// Reader reads. Get methods return ErrNotFound.
type Reader interface {
	User(authn.UserID) (authn.User, error)
	UserByLogin(login string) (authn.User, error) // without regard to case
	Users() ([]authn.User, error)                 // by login

	Admin(authn.AdminID) (authn.Admin, error)
	Admins() ([]authn.Admin, error)

	Client(authn.ClientID) (authn.Client, error)
	Clients() ([]authn.Client, error)

	Device(authn.DeviceID) (authn.Device, error)
	DevicesOf(authn.UserID) ([]authn.Device, error) // oldest first, revoked ones too
	Devices() ([]authn.Device, error)

	RegistrationSession(authn.RegistrationID) (authn.RegistrationSession, error)
	RegistrationSessionBySecret(authn.Hash) (authn.RegistrationSession, error)
	RegistrationSessionByPage(authn.Hash) (authn.RegistrationSession, error)
	RegistrationSessionsOf(authn.UserID) ([]authn.RegistrationSession, error) // newest first
	RegistrationSessions() ([]authn.RegistrationSession, error)               // newest first

	ApprovalRequest(authn.RequestID) (authn.ApprovalRequest, error)
	ApprovalRequestByAuthReq(authn.Hash) (authn.ApprovalRequest, error)
	// OpenApprovalRequests returns the user's requests in state open, also those past their time.
	OpenApprovalRequests(authn.UserID) ([]authn.ApprovalRequest, error)

	// Guard returns the zero guard of a user who has none yet.
	Guard(authn.UserID) (authn.Guard, error)

	// NoticesOf returns the notices for the user's devices since a time, oldest first.
	NoticesOf(user authn.UserID, since time.Time) ([]authn.Notice, error)
	// MailDue returns up to max notices in state queued whose next try has come.
	MailDue(now time.Time, max int) ([]authn.Notice, error)

	// Audit returns the newest records first, up to max.
	Audit(max int) ([]authn.AuditRecord, error)
}

// Tx reads and writes. An Update method reads the old value, calls fn and writes what it returns; an error of fn leaves
// everything as it was. Ids and creation times cannot be changed by an Update.
type Tx interface {
	Reader

	CreateUser(authn.User) error
	UpdateUser(authn.UserID, func(authn.User) (authn.User, error)) error

	CreateAdmin(authn.Admin) error
	UpdateAdmin(authn.AdminID, func(authn.Admin) (authn.Admin, error)) error

	CreateClient(authn.Client) error
	UpdateClient(authn.ClientID, func(authn.Client) (authn.Client, error)) error

	CreateDevice(authn.Device) error
	UpdateDevice(authn.DeviceID, func(authn.Device) (authn.Device, error)) error

	CreateRegistrationSession(authn.RegistrationSession) error
	UpdateRegistrationSession(authn.RegistrationID, func(authn.RegistrationSession) (authn.RegistrationSession, error)) error
	// DeleteRegistrationSession forgets a session whose tombstone time is over.
	DeleteRegistrationSession(authn.RegistrationID) error

	CreateApprovalRequest(authn.ApprovalRequest) error
	UpdateApprovalRequest(authn.RequestID, func(authn.ApprovalRequest) (authn.ApprovalRequest, error)) error
	// DeleteApprovalRequests forgets requests opened before a time, at most max of them, and says how many.
	DeleteApprovalRequests(before time.Time, max int) (int, error)

	UpdateGuard(authn.UserID, func(authn.Guard) (authn.Guard, error)) error

	CreateNotice(authn.Notice) error
	UpdateNotice(authn.NoticeID, func(authn.Notice) (authn.Notice, error)) error

	AppendAudit(authn.AuditRecord) error
}
