package authn

import "time"

// NoticeKind is stored and sent: append, never rename.
type NoticeKind string

// What a user, or the administrators, are told of.
const (
	NoticeDeviceRegistered NoticeKind = "device_registered"
	NoticeDeviceRevoked    NoticeKind = "device_revoked"
	NoticeClaimRefused     NoticeKind = "claim_refused" // a second phone tried the same code
	NoticeTooManyRequests  NoticeKind = "too_many_requests"
	NoticeMuted            NoticeKind = "muted"
	NoticeNotMe            NoticeKind = "not_me"          // to the administrators
	NoticeDeviceRefused    NoticeKind = "device_refused"  // to the administrators: the page said "No, this is not my phone"
	NoticeOfflineUnknown   NoticeKind = "offline_unknown" // to user and administrators: a sign-in without a network that the phone knows nothing of
	NoticeOfflineLocked    NoticeKind = "offline_locked"  // to user and administrators: too many wrong codes at a computer
	NoticeDeskUnknown      NoticeKind = "desk_unknown"    // to user and administrators: a service desk's code that was not given out, or not for then
	NoticeDeskCode         NoticeKind = "desk_code"       // to the user: the service desk has given out a code for her
	NoticeProofFailed      NoticeKind = "proof_failed"    // to the administrators: too many wrong second proofs for a session that was sent
	NoticeJournalBroken    NoticeKind = "journal_broken"  // to the administrators: a computer's journal has a gap or a fork
	NoticeCheckpoint       NoticeKind = "checkpoint"      // to those who keep them: a signed checkpoint of the audit log
	NoticeLedgerBroken     NoticeKind = "ledger_broken"   // to the administrators: the audit log is not the one that was signed
	NoticeOneAdmin         NoticeKind = "one_admin"       // to the administrators: something was done without a second one, since there is none

	NoticeRestoreStarted   NoticeKind = "restore_started"    // somebody has proved the restore code
	NoticeRestoreCodeWrong NoticeKind = "restore_code_wrong" // too many restore codes that were none
	NoticeRestoreHeld      NoticeKind = "restore_held"       // both proofs are there; what is left is to wait. To the administrators too when colleagues have said Yes
	NoticeRestoreFinished  NoticeKind = "restore_finished"   // the account is on a new device, which is the cause
	NoticeRestoreBlocked   NoticeKind = "restore_blocked"    // and restore with it, until somebody unblocks it. To the administrators too when it was not they
	NoticeRestoreCodeNew   NoticeKind = "restore_code_new"   // the cause has set up restore, or made a new code; the old one is dead
	NoticeDeviceDuplicated NoticeKind = "device_duplicated"  // the cause was connected by another device of the user
	NoticeDuplicateRaced   NoticeKind = "duplicate_raced"    // a second phone tried the same QR code
	NoticeDeviceWiped      NoticeKind = "device_wiped"       // a wipe was asked for; the cause is to be wiped
	NoticeColleaguesAsked  NoticeKind = "colleagues_asked"   // to user and administrators: somebody without a code asks the colleagues
	NoticeColleaguesNamed  NoticeKind = "colleagues_named"   // the cause has named who may bring the account back
	NoticeBackupNew        NoticeKind = "backup_new"         // backup codes were made; whatever codes were there before are dead
	NoticeBackupUsed       NoticeKind = "backup_used"        // somebody signed in to the pages with a backup code
	NoticeNamedColleague   NoticeKind = "named_colleague"    // to a colleague: somebody has named her
)

// Reaction is what who gets a notice can do about it, from its mail or in the app. Sent: append, never rename.
type Reaction string

// The reactions.
const (
	ReactionNone         Reaction = ""
	ReactionBlockRestore Reaction = "block_restore" // ends what restores the account now, and lets nobody restore it until somebody unblocks it
	ReactionBlockDevice  Reaction = "block_device"  // removes the device that is the notice's cause, and blocks restore too
)

// NoticeRule says who is told of a kind of notice. There is no setting that takes somebody away: security notices cannot be switched off.
type NoticeRule struct {
	User     bool // by mail, if she has an address, and on each of her devices but the one that caused it
	Admins   bool // by mail; of some kinds only sometimes, as the kind's comment says
	Reaction Reaction
}

// noticeRules is the whole of what is sent; docs/notices.md says the same in words, and a test compares them.
var noticeRules = map[NoticeKind]NoticeRule{
	NoticeDeviceRegistered: {User: true, Reaction: ReactionBlockDevice},
	NoticeDeviceRevoked:    {User: true},
	NoticeClaimRefused:     {User: true},
	NoticeTooManyRequests:  {User: true},
	NoticeMuted:            {User: true},
	NoticeNotMe:            {Admins: true},
	NoticeDeviceRefused:    {Admins: true},
	NoticeOfflineUnknown:   {User: true, Admins: true},
	NoticeOfflineLocked:    {User: true, Admins: true},
	NoticeDeskUnknown:      {User: true, Admins: true},
	NoticeDeskCode:         {User: true},
	NoticeProofFailed:      {Admins: true},
	NoticeJournalBroken:    {Admins: true},
	NoticeCheckpoint:       {Admins: true},
	NoticeLedgerBroken:     {Admins: true},
	NoticeOneAdmin:         {Admins: true},
	NoticeRestoreStarted:   {User: true, Reaction: ReactionBlockRestore},
	NoticeRestoreCodeWrong: {User: true, Reaction: ReactionBlockRestore},
	NoticeRestoreHeld:      {User: true, Admins: true, Reaction: ReactionBlockRestore},
	NoticeRestoreFinished:  {User: true, Reaction: ReactionBlockDevice},
	NoticeRestoreBlocked:   {User: true, Admins: true},
	NoticeRestoreCodeNew:   {User: true, Reaction: ReactionBlockDevice},
	NoticeDeviceDuplicated: {User: true, Reaction: ReactionBlockDevice},
	NoticeDuplicateRaced:   {User: true},
	NoticeDeviceWiped:      {User: true},
	NoticeColleaguesAsked:  {User: true, Admins: true, Reaction: ReactionBlockRestore},
	NoticeColleaguesNamed:  {User: true, Reaction: ReactionBlockDevice},
	NoticeBackupNew:        {User: true},
	NoticeBackupUsed:       {User: true},
	NoticeNamedColleague:   {User: true},
}

// Rule says who is told of a notice of this kind; nobody is of one that is not known.
func (k NoticeKind) Rule() NoticeRule { return noticeRules[k] }

// Reaction is what can be done about a notice of this kind.
func (k NoticeKind) Reaction() Reaction { return noticeRules[k].Reaction }

// ErrNoticeUnknown is answered to a device about a notice that it was not told of.
var ErrNoticeUnknown = Fail(NotFound, "notice_unknown", "This notice is not known here. Look at the account again.")

// MailState is stored: append, never rename.
type MailState string

// The states of a notice's mail.
const (
	MailNone   MailState = "none" // nobody to write to
	MailQueued MailState = "queued"
	MailSent   MailState = "sent"
	MailFailed MailState = "failed" // given up
)

// Notice is a security event that people are told of by mail and on every other device.
type Notice struct {
	ID      NoticeID
	User    UserID
	Kind    NoticeKind
	At      time.Time
	Cause   DeviceID          // the device that caused it; it is not told
	Facts   map[string]string // what the text needs: device, place, ip
	Mail    MailState
	MailTo  string
	Tries   int
	NextTry time.Time
}

// AuditRecord is one line of what was done, by whom and why.
type AuditRecord struct {
	At      time.Time
	Actor   string // admin:maja, device:d_…, client:laptop-42, server
	Action  string // user.add
	Subject string // the id that it is about
	IP      string
	Reason  string
	Facts   map[string]string
}
