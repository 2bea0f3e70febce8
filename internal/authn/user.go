package authn

import (
	"net/mail"
	"regexp"
	"time"
)

// UserStatus is stored and sent: append, never rename.
type UserStatus string

// The states of a user.
const (
	UserActive   UserStatus = "active"
	UserDisabled UserStatus = "disabled" // blocked by the organisation: no sign-in, no registration
)

// UserSource is where a user is looked after. Stored and sent: append, never rename.
type UserSource string

// The sources.
const (
	UserLocal     UserSource = "local"     // here, by administrators
	UserDirectory UserSource = "directory" // in LDAP or Active Directory; what it says overwrites what is here
)

// User is one person known to the server; the app shows the same as an Account.
type User struct {
	ID                UserID
	Login             string // what she types on a computer: anna.lind; unique without regard to case
	Name              string // Anna Lind
	Mail              string // where security notices go
	Phone             string // for text messages: +46465550100 (E.164); "" when there is none
	Language          string // in which she is written to: a tag of BCP 47, de; "" when nobody said
	Groups            []string
	Source            UserSource
	DirectoryID       string // entryUUID or objectGUID; unique; "" for local users
	Status            UserStatus
	PasswordChangedAt time.Time // zero when the directory does not tell
	PasswordExpiresAt time.Time // zero when it does not, or never does
	ReachChangedAt    time.Time // when mail or phone were last changed; zero when never
	CreatedAt         time.Time
}

var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// NewUser checks what an administrator typed and gives the user an id.
func NewUser(login, name, address string, now time.Time) (User, error) {
	u := User{ID: NewUserID(), Login: login, Name: CleanText(name, 128), Mail: address, Source: UserLocal, Status: UserActive, CreatedAt: now}
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
	if u.Phone != "" && !phoneForm.MatchString(u.Phone) {
		return Fail(Invalid, "bad_phone_number", "The phone number cannot be read. Write it with its country and without spaces, like +46465550100.")
	}
	return nil
}

// Reach changes how a user is written to, and notes when: what is sent to a new address needs more care.
func (u User) Reach(address, phone string, now time.Time) User {
	if u.Mail != address || u.Phone != phone {
		u.Mail, u.Phone, u.ReachChangedAt = address, phone, now
	}
	return u
}

// Active says whether the user may do anything at all.
func (u User) Active() error {
	if u.Status != UserActive {
		return Fail(Forbidden, "user_disabled", "Your organisation has blocked this account. Only the service desk can change that.")
	}
	return nil
}
