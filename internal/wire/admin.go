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
	Status    authn.UserStatus `json:"status"`
	Devices   int              `json:"devices"` // active and pending
	CreatedAt time.Time        `json:"created_at"`
}

// AddUser creates a user (POST /v1/admin/users).
type AddUser struct {
	UserName string `json:"user_name"`
	Name     string `json:"name"`
	Mail     string `json:"mail"`
	Reason   string `json:"reason"`
}

// UserList answers GET /v1/admin/users.
type UserList struct {
	Users []AdminUser `json:"users"`
}

// SetUserStatus disables or enables a user (POST /v1/admin/users/{user_name}/status).
type SetUserStatus struct {
	Status authn.UserStatus `json:"status"`
	Reason string           `json:"reason"`
}

// AddSession makes a registration session (POST /v1/admin/sessions).
type AddSession struct {
	UserName string            `json:"user_name"`
	Mode     authn.BindingMode `json:"mode"`  // first, additional, replace
	Force    bool              `json:"force"` // ends the user's open session
	Reason   string            `json:"reason"`
}

// AddedSession carries the session's secrets, this once.
type AddedSession struct {
	AdminSession
	Link string `json:"link"` // for the QR
	Page string `json:"page"` // the page that shows the QR and asks "is this your phone?"
}

// AdminSession is a registration session as administrators see it.
type AdminSession struct {
	ID                authn.RegistrationID `json:"id"`
	UserName          string               `json:"user_name"`
	CreatedByUserName string               `json:"created_by_user_name"`
	CreatedAt         time.Time            `json:"created_at"`
	ExpiresAt         time.Time            `json:"expires_at"`
	Status            string               `json:"status"` // active, claimed, waiting, done, refused, used, revoked, expired
	Device            *AdminDevice         `json:"device,omitempty"`
}

// SessionList answers GET /v1/admin/sessions.
type SessionList struct {
	Sessions []AdminSession `json:"sessions"`
}

// ConfirmSession says in place of the page that the waiting device is the user's: the words are those on the phone in front
// of the administrator (POST /v1/admin/sessions/{id}/confirm).
type ConfirmSession struct {
	CheckWords [2]string `json:"check_words"`
	Reason     string    `json:"reason"`
}

// RevokeSession ends a session that is still open (POST /v1/admin/sessions/{id}/revoke).
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
	ConnectedAt time.Time         `json:"connected_at"`
	LastSeenAt  time.Time         `json:"last_seen_at"`
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
