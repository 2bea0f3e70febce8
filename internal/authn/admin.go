package authn

import (
	"slices"
	"time"

	"avow/internal/key"
)

// AdminRole is stored and sent: append, never rename.
type AdminRole string

// The roles. What each may do is the table of May.
const (
	RoleOwner       AdminRole = "owner"
	RoleAdmin       AdminRole = "admin"
	RoleServiceDesk AdminRole = "service_desk"
	RoleAuditor     AdminRole = "auditor"
)

// Roles are all, the mightiest first.
var Roles = []AdminRole{RoleOwner, RoleAdmin, RoleServiceDesk, RoleAuditor}

// Valid reports whether r is a role.
func (r AdminRole) Valid() bool { return slices.Contains(Roles, r) }

// Permission is something that a role may do.
type Permission string

// The permissions.
const (
	MaySee       Permission = "see"       // users, devices, sessions, requests, computers
	MayAudit     Permission = "audit"     // read and export the audit log
	MayHelp      Permission = "help"      // what the service desk does for a caller whom it has verified; block an account
	MayManage    Permission = "manage"    // users, sessions with their QR, devices, clients, computers, templates, messages
	MayConfigure Permission = "configure" // policies
	MayAppoint   Permission = "appoint"   // who has which role
)

var permissions = map[AdminRole][]Permission{
	RoleOwner:       {MaySee, MayAudit, MayHelp, MayManage, MayConfigure, MayAppoint},
	RoleAdmin:       {MaySee, MayAudit, MayHelp, MayManage, MayConfigure},
	RoleServiceDesk: {MaySee, MayHelp},
	RoleAuditor:     {MaySee, MayAudit},
}

// Admin is an identity that may use the administrator's interface; there is no default one. It proves itself by its key (the command line), or by
// signing in as its user (the pages), or in both ways.
type Admin struct {
	ID           AdminID
	Name         string
	Role         AdminRole
	Key          key.Public // zero: no command line
	User         UserID     // who may sign in on the pages with this role; "" for nobody
	StartToken   Hash       // of the one-time link that connects the first owner's phone; zero when there is none
	StartExpires time.Time
	Disabled     bool
	CreatedAt    time.Time
}

// StartLifetime is how long the one-time link of the first owner is good.
const StartLifetime = 24 * time.Hour

// Errors of administrators.
var (
	ErrNotAllowed   = Fail(Forbidden, "not_allowed", "Your role does not allow this. Ask an owner of this server.")
	ErrStartUnknown = Fail(NotFound, "start_unknown", "This link was used, or is too old. Make a new one with avow-server start-link, or ask an owner.")
)

// May says whether the administrator may do something: nil, ErrNotAllowed.
func (a Admin) May(p Permission) error {
	if a.Disabled || !slices.Contains(permissions[a.Role], p) {
		return ErrNotAllowed
	}
	return nil
}

// Start uses up the one-time link for a user, who from then on may sign in on the pages. ErrStartUnknown when it is over.
func (a Admin) Start(user UserID, now time.Time) (Admin, error) {
	if a.Disabled || a.StartToken.IsZero() || !now.Before(a.StartExpires) {
		return a, ErrStartUnknown
	}
	a.StartToken, a.StartExpires, a.User = Hash{}, time.Time{}, user
	return a, nil
}
