package web

import (
	"time"

	"avow/assets/translations"
)

// BackupState is whether a user has backup codes.
type BackupState string

// The states.
const (
	BackupNone    BackupState = "none"
	BackupUnnoted BackupState = "unnoted" // made, and not good yet
	BackupLeft    BackupState = "left"    // some can be used
	BackupOver    BackupState = "over"    // all were used
)

// Look implements Stated.
func (s BackupState) Look() Look {
	return lookOf(map[BackupState]Look{
		BackupNone:    {Calm, "minus-circle-fill", "me.backup.none"},
		BackupUnnoted: {Warn, "warning-fill", "me.backup.unnoted"},
		BackupLeft:    {Good, "check-circle-fill", "me.backup.on"},
		BackupOver:    {Warn, "warning-fill", "me.backup.over"},
	}, s)
}

// Backup is how a user's backup codes stand. Never a code.
type Backup struct {
	State  BackupState
	Left   int
	MadeAt time.Time
}

// Text says how they stand, in a sentence.
func (b Backup) Text() translations.Message {
	switch b.State {
	case BackupUnnoted:
		return "me.backup.unnoted_more"
	case BackupLeft:
		return "me.backup.left_more"
	case BackupOver:
		return "me.backup.over_more"
	}
	return "me.backup.none_more"
}

// BackupCodesPage shows new backup codes, this once, to be printed or written down: the answer to POST /me/backup, which GET /me/backup asks for (Confirm with
// FirstBackupCodes or NewBackupCodes). What follows is GET /me/backup/noted.
type BackupCodesPage struct {
	Login  string
	MadeAt time.Time
	Codes  []string // 0-XXXX-XXXX-XXXXX
}

// CodePurpose is what a page asks a backup code for.
type CodePurpose string

// The purposes.
const (
	CodeToSignIn  CodePurpose = "sign_in" // GET and POST /sign-in/backup: form, login, code, next
	CodeToNote    CodePurpose = "note"    // GET and POST /me/backup/noted: form, code. It is not used up
	CodeToConnect CodePurpose = "connect" // GET and POST /me/backup/connect: form, code. The second one (Policy.BackupEnrolls)
)

// BackupCodeForm asks for one backup code.
type BackupCodeForm struct {
	For         CodePurpose
	Login, Next string // of CodeToSignIn
	Form        string
	Wrong       Wrong // "", login, code
}

type codeText struct {
	title, lead, button translations.Message
	post, back          string
}

var codeTexts = map[CodePurpose]codeText{
	CodeToSignIn:  {title: "signin.backup.title", lead: "signin.backup.lead", button: "signin.backup.button", post: "/sign-in/backup", back: "/sign-in"},
	CodeToNote:    {title: "me.backup.note_title", lead: "me.backup.note_lead", button: "me.backup.note_button", post: "/me/backup/noted", back: "/me"},
	CodeToConnect: {title: "me.backup.connect_title", lead: "me.backup.connect_lead", button: "me.backup.connect_button", post: "/me/backup/connect", back: "/me"},
}

// Title is the id of the page's title.
func (p CodePurpose) Title() translations.Message { return codeTexts[p].title }

// Lead says what for.
func (p CodePurpose) Lead() translations.Message { return codeTexts[p].lead }

// Button is on the button.
func (p CodePurpose) Button() translations.Message { return codeTexts[p].button }

// Post is where the form goes.
func (p CodePurpose) Post() string { return codeTexts[p].post }

// Back is where No leads.
func (p CodePurpose) Back() string { return codeTexts[p].back }
