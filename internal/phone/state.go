package phone

import (
	"log/slog"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// State is a snapshot of what the app knows. It is a value: nobody changes it after it was handed out.
type State struct {
	Locked   bool
	HasPIN   bool // false until the first PIN is chosen
	Accounts []Account
	Requests []Request // open ones, the one that ends first on top
	Trouble  *Trouble  // something with the vault that a person has to decide
	Joining  []Joining // accounts that this phone has asked another one for
	Lock     LockState // how and after what the app locks
	Erased   bool      // everything was deleted, by the user or by a wipe: the app has to start anew

	// Computers that can be signed in to without a network, or could be: the one that was signed in to last on top.
	Computers []Computer

	Restores []Restoring // under way on this phone, oldest first
}

// Account returns the account with an id.
func (s State) Account(id AccountID) (Account, bool) {
	for _, a := range s.Accounts {
		if a.ID == id {
			return a, true
		}
	}
	return Account{}, false
}

// Computer returns the computer that a grant is for.
func (s State) Computer(id authn.GrantID) (Computer, bool) {
	for _, c := range s.Computers {
		if c.Grant == id {
			return c, true
		}
	}
	return Computer{}, false
}

// Request returns the open request with an id.
func (s State) Request(id authn.RequestID) (Request, bool) {
	for _, r := range s.Requests {
		if r.ID == id {
			return r, true
		}
	}
	return Request{}, false
}

// AccountID names an account on this device: its device id at the server.
type AccountID = authn.DeviceID

// AccountStatus says how an account stands. It is printed by the simulator: append, never rename.
type AccountStatus string

// The states of an account.
const (
	Connected   AccountStatus = "connected"
	Waiting     AccountStatus = "waiting"     // for "yes, this is my phone" on the page
	Blocked     AccountStatus = "blocked"     // by the organisation
	Removed     AccountStatus = "removed"     // this device was removed from the account
	Unreachable AccountStatus = "unreachable" // the server cannot be reached; see Since
)

// Account is one person's identity at one server.
type Account struct {
	ID                AccountID
	Issuer            string
	Host              string
	Organisation      string
	Support           string
	Brand             wire.Brand // of the organisation, signed by its server
	Login             string
	Name              string
	Status            AccountStatus
	Since             time.Time // of the status
	CheckedAt         time.Time // last answer of the server
	Trouble           error     // why it cannot be reached
	PasswordChangedAt time.Time // zero: the organisation does not tell
	PasswordExpiresAt time.Time // zero: never, or the organisation does not tell
	CheckWords        [2]string // while Waiting
	MutedUntil        time.Time
	ProbationUntil    time.Time // until then this device changes nothing about the account; zero: it may
	Notices           []wire.Notice
	Last              *LastAnswer
	Restore           RestoreView
	Restores          []wire.RestoreEntry // of this account, under way on another phone: BlockRestore
}

// LastAnswer is what was said last, for the quiet home screen and the result screen.
type LastAnswer struct {
	Request authn.RequestID
	Client  string
	Kind    authn.DecisionKind
	At      time.Time
}

// Request is an open request of one of the accounts. Its texts come from the signed request only.
type Request struct {
	wire.ApprovalRequest
	Account  AccountID
	Deadline time.Time // by this device's clock, corrected by the server's
	Number   string    // of practice: what a screen would show; "" for all else
	Unasked  bool      // a Yes asks for no fingerprint and no PIN: the organisation wants none, and the account's key needs none

	jws string // the exact bytes that a decision refers to
}

// Trouble is a fault of the stored data that must not be passed over in silence.
type Trouble struct {
	Code   string // vault_damaged, vault_old
	Backup bool   // the generation before can be opened instead
	Err    error
}

// Event says what changed; the listener takes a fresh State. Events are few and small, so a slow listener loses none that matters.
type Event struct {
	Kind    EventKind
	Account AccountID
	Request authn.RequestID
	State   authn.RequestState // of a request that closed
	Answer  authn.DeviceID     // which device has answered it; "" when that is not known
	By      string             // the name of that device
}

// EventKind names an event.
type EventKind string

// LogValue implements slog.LogValuer: the names are ours.
func (k EventKind) LogValue() slog.Value { return slog.StringValue(string(k)) }

// The events.
const (
	AccountsChanged EventKind = "accounts_changed"
	RequestArrived  EventKind = "request_arrived"
	RequestClosed   EventKind = "request_closed"
	LockChanged     EventKind = "lock_changed"
	NoticeArrived   EventKind = "notice_arrived"
	TroubleFound    EventKind = "trouble_found"

	ComputersChanged EventKind = "computers_changed" // grants, lists, or how far a list is shown
	CodesChanged     EventKind = "codes_changed"     // codes of other services, or how they are ordered
	DevicesChanged   EventKind = "devices_changed"   // of the account's user, or what becomes of an offer
	Wiped            EventKind = "wiped"             // an account, or with State.Erased everything, was deleted because its user or organisation wanted that
)
