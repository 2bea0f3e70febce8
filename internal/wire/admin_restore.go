package wire

import (
	"time"

	"avow/internal/authn"
)

// AdminRestore is how restore stands for a user, as administrators see it. There is no code in it: the server has none.
type AdminRestore struct {
	UserName     string                 `json:"user_name"`
	State        RestoreSwitch          `json:"state"`
	Policy       authn.RestorePolicy    `json:"policy"` // for this user
	CodeAt       time.Time              `json:"code_at,omitzero"`
	ProvenAt     time.Time              `json:"proven_at,omitzero"` // when a device last had the code typed, and it was right
	BlockedAt    time.Time              `json:"blocked_at,omitzero"`
	BlockedBy    string                 `json:"blocked_by,omitempty"`
	AllowedUntil time.Time              `json:"allowed_until,omitzero"`
	Locked       bool                   `json:"locked,omitempty"` // too many wrong codes in the last day
	Open         []AdminRestoreUnderWay `json:"open,omitempty"`
}

// AdminRestoreUnderWay is a restore that is under way. What the new phone says of itself is shown to people and trusted by nobody.
type AdminRestoreUnderWay struct {
	ID        authn.RestoreID    `json:"id"`
	Kind      authn.RestoreKind  `json:"kind"`
	State     authn.RestoreState `json:"state"`
	Device    string             `json:"device"`
	IP        string             `json:"ip"`
	CreatedAt time.Time          `json:"created_at"`
	HeldUntil time.Time          `json:"held_until,omitzero"`
}

// RestoreCoverage is for how many users restore is set up, and for how many of them its code was proven within a year.
type RestoreCoverage struct {
	Users   int `json:"users"`
	On      int `json:"on"`
	Proven  int `json:"proven"`
	Blocked int `json:"blocked"`
	Open    int `json:"open"` // restores that are under way
}

// AdminRestoreList answers GET /v1/admin/restore: that of ?user_name=, or a page of MaxPage of all, by login. Where there are more, After is what ?after= asks for next.
type AdminRestoreList struct {
	Restores []AdminRestore   `json:"restores"`
	Coverage *RestoreCoverage `json:"coverage,omitempty"` // of all users, whatever the page
	After    string           `json:"after,omitempty"`
}

// ChangeRestore allows a user one restore, blocks them, or takes what blocks them away (POST /v1/admin/users/{user_name}/restore/allow, block, unblock).
type ChangeRestore struct {
	Reason string `json:"reason"`
}

// WipeDevice removes a device and asks it to delete the work account (POST /v1/admin/devices/{id}/wipe).
type WipeDevice struct {
	Reason string `json:"reason"`
}
