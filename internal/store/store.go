// Package store is the contract of the server's database: what can be read, and how state changes. Implementations are
// store/sqlite (and later store/postgres); storetest is the one conformance suite for all. The package holds no SQL and no rule of
// the domain: when a change is allowed is decided in authn, inside the function given to an Update method.
//
// What is kept comes back as it was, with these exceptions: times come back in UTC, exact to the nanosecond and without the
// monotonic reading (years 1678 to 2261; others are refused), empty lists and maps come back nil. A database that cannot do its
// work answers with errors of kind authn.Unavailable; nothing of the transaction is kept then, and reading goes on where it can.
package store

import (
	"context"
	"time"

	"avow/internal/authn"
)

// ErrNotFound is returned when nothing has the id that was asked for.
var ErrNotFound = authn.Fail(authn.NotFound, "not_found", "There is nothing with this name here.")

// ErrExists is returned by Create when the id, or another unique field, is taken, and by Update when the new value of one is. Unique
// are, beside ids: the login of a user by LoginKey, and her DirectoryID where it is not ""; User, where it is not "", and StartToken of an
// administrator; Token of a web session; Secret of a duplicate; Secret and Page of a registration session, AuthReq of an approval request and Token
// of a computer, where they are not zero; Computer and Use of an offline use together; Computer, Device and User of a grant in state active.
var ErrExists = authn.Fail(authn.Conflict, "exists", "There is one with this name already.")

// Store is a database. All methods are safe for concurrent use.
type Store interface {
	// View runs fn on a consistent snapshot, which holds every update acknowledged before. fn must not keep the Reader, nor call
	// View. ctx bounds the wait for the database.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in one transaction: all of it or nothing. It returns after the transaction is on disk. fn may run more than once
	// and must have no other effect. An error from fn rolls its changes back and is returned as it is; a panic does the same and
	// comes back as an error. Other callers' updates are serialized: within fn nothing changes but by fn. fn may run in another
	// goroutine, holds everybody up while it runs, and must neither keep the Tx nor call Update. A ctx that ends before fn has
	// started drops it and is returned, wrapped; after that the outcome is awaited and returned.
	Update(ctx context.Context, fn func(Tx) error) error
	// Check reports whether the database can be read and written, for health checks.
	Check(ctx context.Context) error
	Close() error
}

// Reader reads. Get methods return ErrNotFound, also for a zero hash. Lists without anything in them are nil. Where a list is
// ordered by a time, the order of creation decides between equal times.
type Reader interface {
	User(authn.UserID) (authn.User, error)
	UserByLogin(login string) (authn.User, error) // without regard to case, by LoginKey
	UserByDirectoryID(id string) (authn.User, error)
	Users() ([]authn.User, error) // by LoginKey
	// FindUsers returns one page of the users that fit, by LoginKey, and how many fit in all.
	FindUsers(UserQuery) (page []authn.User, total int, err error)
	// CountUsers counts, at a time, the users that fit a text as in UserQuery, and those of each filter among them.
	CountUsers(text string, now time.Time) (UserCounts, error)

	Admin(authn.AdminID) (authn.Admin, error)
	AdminByUser(authn.UserID) (authn.Admin, error)
	AdminByStart(authn.Hash) (authn.Admin, error)
	Admins() ([]authn.Admin, error) // oldest first

	Client(authn.ClientID) (authn.Client, error)
	Clients() ([]authn.Client, error) // by id

	Device(authn.DeviceID) (authn.Device, error)
	DevicesOf(authn.UserID) ([]authn.Device, error) // oldest first, revoked ones too
	Devices() ([]authn.Device, error)               // oldest first
	// FindDevices returns one page of the devices that fit, newest first, and how many fit in all.
	FindDevices(DeviceQuery) (page []authn.Device, total int, err error)

	Duplicate(authn.DuplicateID) (authn.Duplicate, error)
	DuplicateBySecret(authn.Hash) (authn.Duplicate, error)
	// DuplicatesFrom returns what a device has offered at a time and later, newest first, without Handover.
	DuplicatesFrom(d authn.DeviceID, since time.Time) ([]authn.Duplicate, error)

	RegistrationSession(authn.RegistrationID) (authn.RegistrationSession, error)
	RegistrationSessionBySecret(authn.Hash) (authn.RegistrationSession, error)
	RegistrationSessionByPage(authn.Hash) (authn.RegistrationSession, error)
	RegistrationSessionsOf(authn.UserID) ([]authn.RegistrationSession, error) // newest first
	RegistrationSessions() ([]authn.RegistrationSession, error)               // newest first
	// RegistrationSessionsAfter returns up to max sessions, newest first, that come after the named one; from the newest for "".
	RegistrationSessionsAfter(id authn.RegistrationID, max int) ([]authn.RegistrationSession, error)

	// FindRegistrationSessions returns one page of the sessions that fit, newest first, and how many of each kind there are for its text. Which
	// session a device came of is what its Registration says.
	FindRegistrationSessions(SessionQuery) (page []authn.RegistrationSession, counts SessionCounts, err error)

	ApprovalRequest(authn.RequestID) (authn.ApprovalRequest, error)
	ApprovalRequestByAuthReq(authn.Hash) (authn.ApprovalRequest, error)
	// OpenApprovalRequests returns the user's requests in state open, also those past their time, oldest first.
	OpenApprovalRequests(authn.UserID) ([]authn.ApprovalRequest, error)
	// LateApprovalRequests returns up to max requests of all users in state open whose Expires is at now or earlier, in no order.
	LateApprovalRequests(now time.Time, max int) ([]authn.ApprovalRequest, error)

	// RecentApprovalRequests returns the newest requests of all users first, up to max.
	RecentApprovalRequests(max int) ([]authn.ApprovalRequest, error)

	Message(authn.MessageID) (authn.Message, error)
	// MessagesDue returns up to max messages of a channel in state queued whose next try is at now or earlier, the longest due first.
	MessagesDue(ch authn.Channel, now time.Time, max int) ([]authn.Message, error)
	// MessagesIn returns up to max messages in a state, the oldest first.
	MessagesIn(state authn.MessageState, max int) ([]authn.Message, error)
	MessagesOf(authn.RegistrationID) ([]authn.Message, error) // of a session, newest first
	// Messages returns the newest messages first, up to max.
	Messages(max int) ([]authn.Message, error)
	// FindMessages returns one page of the messages that fit, newest first, and how many there are of each kind.
	FindMessages(MessageQuery) (page []authn.Message, counts MessageCounts, err error)

	Template(authn.Channel, string) (authn.Template, error)
	Templates() ([]authn.Template, error) // by channel, then language
	Setting(name string) (authn.Setting, error)

	WebSession(authn.WebSessionID) (authn.WebSession, error)
	WebSessionByToken(authn.Hash) (authn.WebSession, error)
	WebSessionsOf(authn.UserID) ([]authn.WebSession, error) // newest first

	CallerCheck(authn.CallerCheckID) (authn.CallerCheck, error)
	CallerChecksOf(user authn.UserID, since time.Time) ([]authn.CallerCheck, error) // newest first

	// Guard returns a guard with nothing but the user in it for a user who has none yet.
	Guard(authn.UserID) (authn.Guard, error)

	// Escrow returns what a user has left for a restore, with its file; also one that was switched off.
	Escrow(authn.UserID) (authn.Escrow, error)
	// EscrowState is Escrow without the file.
	EscrowState(authn.UserID) (authn.Escrow, error)
	EscrowStates() ([]authn.Escrow, error) // of all users, by id, without files
	// CountRestore counts users by their escrows and guards, and restores that are open at a time.
	CountRestore(now, provenSince time.Time) (RestoreCount, error)
	// RestoreGuard returns a guard with nothing but the user in it for a user who has none yet.
	RestoreGuard(authn.UserID) (authn.RestoreGuard, error)

	Restore(authn.RestoreID) (authn.Restore, error)
	RestoresOf(authn.UserID) ([]authn.Restore, error) // newest first
	// OpenRestores returns the user's restores in an open state, also those past their time, oldest first.
	OpenRestores(authn.UserID) ([]authn.Restore, error)
	RecentRestores(max int) ([]authn.Restore, error) // of all users, newest first

	BackupSet(authn.UserID) (authn.BackupSet, error)

	DebugLog(authn.DebugLogID) (authn.DebugLog, error)
	// DebugLogs returns the debug logs of a user, of all for "", the newest first, up to max, without Text.
	DebugLogs(user authn.UserID, max int) ([]authn.DebugLog, error)
	// DebugLogsOf returns those of a device in the same way.
	DebugLogsOf(d authn.DeviceID, max int) ([]authn.DebugLog, error)

	// TelemetrySums returns the sums of a week and later: the newest week first, then by version, family, counter and bucket.
	TelemetrySums(week string) ([]authn.TelemetrySum, error)

	Notice(authn.NoticeID) (authn.Notice, error)
	// NoticesOf returns the user's notices of since and later, oldest first.
	NoticesOf(user authn.UserID, since time.Time) ([]authn.Notice, error)
	// MailDue returns up to max notices in state queued whose next try is at now or earlier, the longest due first.
	MailDue(now time.Time, max int) ([]authn.Notice, error)

	Computer(authn.ClientID) (authn.Computer, error)
	ComputerByToken(authn.Hash) (authn.Computer, error)
	Computers() ([]authn.Computer, error) // by id

	Grant(authn.GrantID) (authn.Grant, error)
	// ActiveGrant returns the one grant of computer, device and user in state active, also past its time.
	ActiveGrant(authn.ClientID, authn.DeviceID, authn.UserID) (authn.Grant, error)
	// GrantsOfDevice returns the device's grants, in all states, whose Expires is after a time, the newest sign-in first.
	GrantsOfDevice(d authn.DeviceID, expiresAfter time.Time) ([]authn.Grant, error)
	// GrantsOfComputer returns the computer's in the same way.
	GrantsOfComputer(c authn.ClientID, expiresAfter time.Time) ([]authn.Grant, error)

	Batch(authn.BatchID) (authn.Batch, error)
	BatchesOf(authn.GrantID) ([]authn.Batch, error) // in the order in which they were created, those of the service desk too

	OfflineUse(authn.ClientID, authn.Hash) (authn.OfflineUse, error)
	// OfflineUseByLine finds a computer's use by the Sum of its line in the journal; the first created if there are more.
	OfflineUseByLine(authn.ClientID, authn.Hash) (authn.OfflineUse, error)
	// OfflineUsesOf returns the computer's uses, the newest first, up to max.
	OfflineUsesOf(c authn.ClientID, max int) ([]authn.OfflineUse, error)
	// UnknownUses returns the sign-ins with codes of a device (qr, list) of which there is no note of the phone and nobody was alerted, and
	// that were received before a time, the oldest first.
	UnknownUses(d authn.DeviceID, receivedBefore time.Time) ([]authn.OfflineUse, error)

	// Audit returns the newest records first, up to max, in the order in which they were appended.
	Audit(max int) ([]authn.AuditRecord, error)
	// FindAudit returns one page of the records that fit, in the same order, and the place after it: 0 when there are no more.
	FindAudit(AuditQuery) (page []AuditEntry, next int64, err error)

	// LedgerSize is how many records the audit log's tree has.
	LedgerSize() (int64, error)
	// LedgerEntries returns up to max records of the audit log whose number is from or higher, by number, as they stand in the database: also
	// records that have no leaf, and with gaps where some are missing.
	LedgerEntries(from int64, max int) ([]authn.LedgerEntry, error)
	// LedgerHashes returns up to max of the tree's stored hashes whose index is from or higher, by index.
	LedgerHashes(from int64, max int) ([]authn.LedgerHash, error)
	// Checkpoints returns up to max checkpoints of more than after records, the smallest first.
	Checkpoints(after int64, max int) ([]authn.Checkpoint, error)
	LastCheckpoint() (authn.Checkpoint, error) // of the most records
}

// Tx reads and writes, and reads what it has written. An Update method reads the old value, calls fn and writes what it returns; an
// error of fn leaves the value as it was and is returned as it is, ErrNotFound when there is no value. Ids, creation times (CreatedAt,
// OpenedAt, At) and owners (User; Client of a request; By of a web session; From of a duplicate; Computer and Device of a grant; Grant and Holder of a batch; Computer, Use, Grant and
// Device of an offline use) cannot be changed by an Update: what fn puts there is passed over. fn must
// not change the value that it was called for in another way: Update then fails.
//
// A duplicate, a statement or a debug log whose device does not exist, a device, session, request, grant, web session, caller check, guard, escrow, restore, restore guard or backup set whose user does not exist, a request whose client does not, a grant whose computer or device does not,
// a batch whose grant or an offline use whose computer does not, gets ErrNotFound. After any error
// but ErrNotFound, ErrExists and those of fn the transaction fails as a whole.
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

	CreateDuplicate(authn.Duplicate) error
	UpdateDuplicate(authn.DuplicateID, func(authn.Duplicate) (authn.Duplicate, error)) error
	// DeleteDuplicates forgets duplicates created before a time, at most max of them, the oldest first, and says how many.
	DeleteDuplicates(before time.Time, max int) (int, error)

	// UseStatement notes that a device's signed statement was used, by its jti; ErrExists if it was used before.
	UseStatement(d authn.DeviceID, jti string, at time.Time) error

	CreateRegistrationSession(authn.RegistrationSession) error
	UpdateRegistrationSession(authn.RegistrationID, func(authn.RegistrationSession) (authn.RegistrationSession, error)) error
	// DeleteRegistrationSession forgets a session whose tombstone time is over.
	DeleteRegistrationSession(authn.RegistrationID) error

	CreateApprovalRequest(authn.ApprovalRequest) error
	UpdateApprovalRequest(authn.RequestID, func(authn.ApprovalRequest) (authn.ApprovalRequest, error)) error
	// DeleteApprovalRequests forgets requests opened before a time, at most max of them, the oldest first, and says how many.
	DeleteApprovalRequests(before time.Time, max int) (int, error)

	CreateComputer(authn.Computer) error
	UpdateComputer(authn.ClientID, func(authn.Computer) (authn.Computer, error)) error

	CreateGrant(authn.Grant) error
	UpdateGrant(authn.GrantID, func(authn.Grant) (authn.Grant, error)) error

	CreateBatch(authn.Batch) error
	UpdateBatch(authn.BatchID, func(authn.Batch) (authn.Batch, error)) error
	DeleteBatch(authn.BatchID) error

	CreateOfflineUse(authn.OfflineUse) error
	UpdateOfflineUse(authn.ClientID, authn.Hash, func(authn.OfflineUse) (authn.OfflineUse, error)) error
	// DeleteOfflineUses forgets uses created before a time, at most max of them, the oldest first, and says how many.
	DeleteOfflineUses(before time.Time, max int) (int, error)

	CreateMessage(authn.Message) error
	UpdateMessage(authn.MessageID, func(authn.Message) (authn.Message, error)) error
	// DeleteMessages forgets messages created before a time that wait for nothing, at most max of them, the oldest first, and says how many.
	DeleteMessages(before time.Time, max int) (int, error)

	PutTemplate(authn.Template) error // new, or in place of the one of its channel and language
	DeleteTemplate(authn.Channel, string) error
	PutSetting(authn.Setting) error

	CreateWebSession(authn.WebSession) error
	UpdateWebSession(authn.WebSessionID, func(authn.WebSession) (authn.WebSession, error)) error
	// DeleteWebSessions forgets sessions created before a time, at most max of them, the oldest first, and says how many.
	DeleteWebSessions(before time.Time, max int) (int, error)

	CreateCallerCheck(authn.CallerCheck) error
	UpdateCallerCheck(authn.CallerCheckID, func(authn.CallerCheck) (authn.CallerCheck, error)) error

	UpdateGuard(authn.UserID, func(authn.Guard) (authn.Guard, error)) error

	// UpdateEscrow gives fn an escrow with nothing but the user in it for a user who has none yet.
	UpdateEscrow(authn.UserID, func(authn.Escrow) (authn.Escrow, error)) error
	UpdateRestoreGuard(authn.UserID, func(authn.RestoreGuard) (authn.RestoreGuard, error)) error

	CreateRestore(authn.Restore) error
	UpdateRestore(authn.RestoreID, func(authn.Restore) (authn.Restore, error)) error
	// DeleteRestores forgets restores created before a time, at most max of them, the oldest first, and says how many.
	DeleteRestores(before time.Time, max int) (int, error)

	// UpdateBackupSet gives fn a set with nothing but the user in it for a user who has none yet.
	UpdateBackupSet(authn.UserID, func(authn.BackupSet) (authn.BackupSet, error)) error

	// CreateDebugLog stores a log; its Size is passed over.
	CreateDebugLog(authn.DebugLog) error
	DeleteDebugLog(authn.DebugLogID) error
	// DeleteDebugLogs forgets logs that arrived before a time, at most max of them, the oldest first, and says how many.
	DeleteDebugLogs(before time.Time, max int) (int, error)

	// AddTelemetry adds Reports to the sum that has everything else in common.
	AddTelemetry(authn.TelemetrySum) error
	// DeleteTelemetry forgets the sums of weeks before one, and says how many.
	DeleteTelemetry(week string) (int, error)

	CreateNotice(authn.Notice) error
	UpdateNotice(authn.NoticeID, func(authn.Notice) (authn.Notice, error)) error

	// AppendAudit writes a record with the next number, and its leaf and hashes into the tree. Bytes that are not UTF-8 become U+FFFD. It fails, and the
	// transaction with it, when the tree is not as AppendAudit left it: there is no change without its record.
	AppendAudit(authn.AuditRecord) error
	PutCheckpoint(authn.Checkpoint) error // new, or in place of the one of its size
}
