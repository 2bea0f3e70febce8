package wire

import (
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// Messages of the administrator's interface, /v1/admin/. Every command carries a reason, which goes to the audit log
// with the administrator's name.

// AdminUser is a user as administrators see it.
type AdminUser struct {
	ID        authn.UserID     `json:"id"`
	UserName  string           `json:"user_name"`
	Name      string           `json:"name"`
	Mail      string           `json:"mail"`
	Phone     string           `json:"phone"`
	Language  string           `json:"language"`
	Groups    []string         `json:"groups,omitempty"`
	Source    authn.UserSource `json:"source"`
	Status    authn.UserStatus `json:"status"`
	Devices   int              `json:"devices"` // active and pending
	CreatedAt time.Time        `json:"created_at"`

	PasswordChangedAt time.Time `json:"password_changed_at,omitzero"`
	PasswordExpiresAt time.Time `json:"password_expires_at,omitzero"`
}

// AddUser creates a user (POST /v1/admin/users).
type AddUser struct {
	UserName string `json:"user_name"`
	Name     string `json:"name"`
	Mail     string `json:"mail"`
	Phone    string `json:"phone"`    // +46465550100
	Language string `json:"language"` // de
	Reason   string `json:"reason"`
}

// UserList answers GET /v1/admin/users: a page of MaxPage users by login. Where there are more, After is what ?after= asks for next.
type UserList struct {
	Users []AdminUser `json:"users"`
	After string      `json:"after,omitempty"`
}

// MaxPage is how many users, or sessions, one answer has.
const MaxPage = 500

// SetUserStatus disables or enables a user (POST /v1/admin/users/{user_name}/status).
type SetUserStatus struct {
	Status authn.UserStatus `json:"status"`
	Reason string           `json:"reason"`
}

// AddSession makes a registration session (POST /v1/admin/sessions).
type AddSession struct {
	UserName    string            `json:"user_name"`
	Mode        authn.BindingMode `json:"mode"`          // first, additional, replace
	Force       bool              `json:"force"`         // ends the user's open session
	Sent        bool              `json:"sent"`          // goes out by mail or text, now or later; otherwise it is shown, for ten minutes
	HoursToLive int               `json:"hours_to_live"` // of a sent one, 1 to 72; 0 is what the policy says
	SecondProof authn.SecondProof `json:"second_proof"`  // of a sent one: password, pin, code; "" is the best that the user has
	Notify      bool              `json:"notify"`        // sends it at once
	Channel     authn.Channel     `json:"channel"`       // mail or text; "" is mail where there is an address
	SecondAdmin string            `json:"second_admin"`  // login of who agrees where that is needed: her phone is asked, and the answer waits for her
	Reason      string            `json:"reason"`
}

// AddedSession carries the session's secrets, this once. A session that is sent has neither link nor page here: whoever makes it does not see the code.
type AddedSession struct {
	AdminSession
	Link string `json:"link,omitempty"` // for the QR
	Page string `json:"page,omitempty"` // the page that shows the QR and asks "is this your phone?"
	PIN  string `json:"pin,omitempty"`  // to be told to the user, by voice, when it is the second proof
}

// AdminSession is a registration session as administrators see it.
type AdminSession struct {
	ID                authn.RegistrationID `json:"id"`
	UserName          string               `json:"user_name"`
	CreatedByUserName string               `json:"created_by_user_name"`
	CreatedAt         time.Time            `json:"created_at"`
	ExpiresAt         time.Time            `json:"expires_at"`
	Status            string               `json:"status"` // active, claimed, waiting, done, refused, used, revoked, expired
	Sent              bool                 `json:"sent"`
	SecondProof       authn.SecondProof    `json:"second_proof"`
	Notification      authn.MessageState   `json:"notification,omitempty"` // queued, sending, sent, failed, unclear
	NotifiedAt        time.Time            `json:"notified_at,omitzero"`
	Device            *AdminDevice         `json:"device,omitempty"`
}

// SessionList answers GET /v1/admin/sessions: those of ?user_name=, or a page of MaxPage of all, newest first. Where there are more, After is what ?after= asks
// for next.
type SessionList struct {
	Sessions []AdminSession       `json:"sessions"`
	After    authn.RegistrationID `json:"after,omitempty"`
}

// NotifySession sends the code of the user's open session (POST /v1/admin/users/{user_name}/session/notify).
type NotifySession struct {
	Channel authn.Channel `json:"channel"` // mail or text; "" is mail where there is an address
	Reason  string        `json:"reason"`
}

// ConfirmSession says in place of the page that the waiting device is the user's: the words are those on the phone in front
// of the administrator (POST /v1/admin/users/{user_name}/session/confirm).
type ConfirmSession struct {
	CheckWords [2]string `json:"check_words"`
	Reason     string    `json:"reason"`
}

// RevokeSession ends the user's session that is still open, and the phone that waits (POST /v1/admin/users/{user_name}/session/revoke).
type RevokeSession struct {
	Reason string `json:"reason"`
}

// AdminDevice is a device as administrators see it.
type AdminDevice struct {
	ID          authn.DeviceID    `json:"id"`
	UserName    string            `json:"user_name"`
	Name        string            `json:"name"`
	Model       string            `json:"model"`
	OS          string            `json:"os"`
	State       authn.DeviceState `json:"state"`
	KeyClass    key.Class         `json:"key_class"`
	Verifies    authn.UVPolicy    `json:"user_verification"` // what its approval key demands
	ConnectedAt time.Time         `json:"connected_at"`
	LastSeenAt  time.Time         `json:"last_seen_at"`

	Origin          authn.DeviceOrigin `json:"origin"`
	ProbationUntil  time.Time          `json:"probation_until,omitzero"`
	Wipe            authn.WipeState    `json:"wipe,omitempty"`
	WipeLeft        authn.WipeLeft     `json:"wipe_left,omitempty"` // what the device could not delete yet
	WipeRequestedAt time.Time          `json:"wipe_requested_at,omitzero"`
	WipeConfirmedAt time.Time          `json:"wipe_confirmed_at,omitzero"`
}

// DeviceList answers GET /v1/admin/devices.
type DeviceList struct {
	Devices []AdminDevice `json:"devices"`
}

// RevokeDevice ends a device (POST /v1/admin/devices/{id}/revoke).
type RevokeDevice struct {
	Reason string `json:"reason"`
}

// AddClient registers a relying party (POST /v1/admin/clients).
type AddClient struct {
	ID     authn.ClientID   `json:"id"`
	Name   string           `json:"name"`
	Kind   authn.ClientKind `json:"kind"`
	Key    key.Public       `json:"key"`
	Match  authn.MatchMode  `json:"match"`
	Known  bool             `json:"known"`
	Reason string           `json:"reason"`
}

// AdminClient is a relying party as administrators see it.
type AdminClient struct {
	ID        authn.ClientID   `json:"id"`
	Name      string           `json:"name"`
	Kind      authn.ClientKind `json:"kind"`
	Match     authn.MatchMode  `json:"match"`
	Known     bool             `json:"known"`
	Disabled  bool             `json:"disabled"`
	CreatedAt time.Time        `json:"created_at"`
}

// ClientList answers GET /v1/admin/clients.
type ClientList struct {
	Clients []AdminClient `json:"clients"`
}

// AddComputer invites a computer: the link that comes back enrolls it (POST /v1/admin/computers).
type AddComputer struct {
	ID      authn.ClientID      `json:"id"`
	Name    string              `json:"name"`
	Match   authn.MatchMode     `json:"match"`
	Offline authn.OfflinePolicy `json:"offline"`
	Replace bool                `json:"replace"` // a new link for one that is there; its key and grants end when the link is used
	Reason  string              `json:"reason"`
}

// AddedComputer carries the enrollment link, this once.
type AddedComputer struct {
	AdminComputer
	Link        string    `json:"link"` // a ComputerLink
	LinkExpires time.Time `json:"link_expires_at"`
}

// AdminComputer is a computer as administrators see it.
type AdminComputer struct {
	ID         authn.ClientID      `json:"id"`
	Name       string              `json:"name"`
	State      authn.ComputerState `json:"state"`
	Match      authn.MatchMode     `json:"match"`
	Offline    authn.OfflinePolicy `json:"offline"`
	OS         string              `json:"os"`
	Grants     int                 `json:"grants"` // active ones
	CreatedAt  time.Time           `json:"created_at"`
	EnrolledAt time.Time           `json:"enrolled_at,omitzero"`
	LastSeenAt time.Time           `json:"last_seen_at,omitzero"`
	EndedAt    time.Time           `json:"ended_at,omitzero"`
}

// ComputerList answers GET /v1/admin/computers.
type ComputerList struct {
	Computers []AdminComputer `json:"computers"`
}

// EndComputer takes a computer out of use (POST /v1/admin/computers/{id}/end): stolen, or removed.
type EndComputer struct {
	State  authn.ComputerState `json:"state"`
	Reason string              `json:"reason"`
}

// AddDeskCode asks for one code of the service desk's list for a user at a computer (POST /v1/admin/computers/{id}/code).
type AddDeskCode struct {
	UserName string `json:"user_name"`
	Reason   string `json:"reason"`
}

// DeskCode is a code to be read out, this once.
type DeskCode struct {
	Code      string    `json:"code"` // 7K QM2X RD4T
	Number    int       `json:"number"`
	Left      int       `json:"left"` // codes after this one
	ExpiresAt time.Time `json:"expires_at"`
	Computer  string    `json:"computer"`
	UserName  string    `json:"user_name"`
}

// OfflineUse is one offline sign-in, or one code, as administrators see it (GET /v1/admin/computers/{id}/uses).
type OfflineUse struct {
	UserName   string              `json:"user_name"`
	Method     authn.OfflineMethod `json:"method"`
	Kind       JournalKind         `json:"kind,omitempty"`       // what the computer says; empty while only the phone has told
	ComputerAt time.Time           `json:"computer_at,omitzero"` // by the computer's clock
	PhoneAt    time.Time           `json:"phone_at,omitzero"`    // by the phone's clock
	State      string              `json:"state"`                // waiting, matched, shown, unknown, refused, released
}

// OfflineUseList answers it, newest first.
type OfflineUseList struct {
	Uses []OfflineUse `json:"uses"`
}
