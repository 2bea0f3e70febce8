package authn

import (
	"net/mail"
	"time"

	"avow/internal/key"
)

// UserStatus is stored and sent: append, never rename.
type UserStatus string

// The states of a user.
const (
	UserActive   UserStatus = "active"
	UserDisabled UserStatus = "disabled" // blocked by the organisation: no sign-in, no registration
)

// User is one person known to the server; the app shows the same as an Account.
type User struct {
	ID                UserID
	Login             string // what she types on a computer: anna.lind; unique without regard to case
	Name              string // Anna Lind
	Mail              string // where security notices go
	Status            UserStatus
	PasswordChangedAt time.Time // zero when the directory does not tell
	CreatedAt         time.Time
}

// NewUser checks what an administrator typed and gives the user an id.
func NewUser(login, name, address string, now time.Time) (User, error) {
	u := User{ID: NewUserID(), Login: login, Name: CleanText(name, 128), Mail: address, Status: UserActive, CreatedAt: now}
	if u.Name == "" {
		u.Name = login
	}
	return u, u.Validate()
}

// Validate checks the user's own fields.
func (u User) Validate() error {
	// Some letters are drawn as nothing (U+3164): CleanText knows them.
	if !loginForm.MatchString(u.Login) || CleanText(u.Login, 128) != u.Login {
		return Fail(Invalid, "bad_login", "A login has 1 to 128 letters, digits, dots, dashes, underscores, plus and at signs, and begins with a letter or digit.")
	}
	if u.Mail != "" {
		if a, err := mail.ParseAddress(u.Mail); err != nil || a.Address != u.Mail {
			return Fail(Invalid, "bad_mail", "The mail address cannot be read. Write it like anna.lind@example.com.")
		}
	}
	return nil
}

// Active says whether the user may do anything at all.
func (u User) Active() error {
	if u.Status != UserActive {
		return Fail(Forbidden, "user_disabled", "Your organisation has blocked this account. Only the service desk can change that.")
	}
	return nil
}

// AdminRole is stored: append, never rename.
type AdminRole string

// RoleOwner may do everything.
const RoleOwner AdminRole = "owner"

// Admin is an identity that may use the administrator's interface; there is no default one.
type Admin struct {
	ID        AdminID
	Name      string
	Role      AdminRole
	Key       key.Public
	Disabled  bool
	CreatedAt time.Time
}
