package web

import (
	"html/template"
	"time"

	"avow/assets/translations"
)

// OverviewPage is the numbers that matter, each a link to the list that shows what it counts.
type OverviewPage struct {
	Users, NoPhone, Waiting, Blocked int
	OpenRegistrations                int
	OpenRequests                     int
	MessagesFailed                   int // and unclear
	Devices                          int
	Restore                          RestoreCoverage
	Directory                        Directory
}

// Directory is where users are read from.
type Directory struct {
	Name    string // "" when no directory is configured
	ReadAt  time.Time
	Problem string // of the last reading: a sentence; "" when it went well
}

// UserFilter is a chip above the users.
type UserFilter string

// The filters; the address is ?show=.
const (
	AllUsers     UserFilter = ""
	NoPhoneUsers UserFilter = "no-phone"
	WaitingUsers UserFilter = "waiting"
	BlockedUsers UserFilter = "blocked"
)

// UsersPage is the list of users. GET /admin/users?q=&show=&page=.
type UsersPage struct {
	Query                          string
	Filter                         UserFilter
	All, NoPhone, Waiting, Blocked int // for Query
	Rows                           []UserRow
	Paging                         Paging
	Directory                      Directory
}

// UserRow is a user in the list.
type UserRow struct {
	ID, Login, Name string
	Devices         int
	LastSeen        time.Time // of any device; zero: never
	State           RegistrationState
	MadeBy          string    // login of who made the registration
	Ends            time.Time // of the registration; zero: none
	Message         Sent
	MakeNew         bool // offers "Make new" in place of "Open": no phone, and nothing that could still connect one
}

// NewUserPage is the form of a local user. POST /admin/users: login, name, mail, phone, language (a tag or ""). With an ID it changes one who is there:
// GET /admin/users/ID/edit; POST: name, mail, phone, language, reason.
type NewUserPage struct {
	ID                                     string
	Login, Name, Mail, Phone, UserLanguage string
	Reason                                 string // with an ID
	Wrong                                  Wrong  // login, name, mail, phone, language, reason
}

// Person names a user in a row or a heading.
type Person struct{ ID, Login, Name string }

// UserPage is all about one user. GET /admin/users/ID.
//
//	GET  /admin/users/ID/block    Confirm BlockUser; POST: reason
//	GET  /admin/users/ID/unblock  Confirm UnblockUser; POST: reason
//	POST /admin/users/ID/role     role ("" or a Role); answered with Confirm ChangeRole, which posts the same with reason
//	GET  /admin/users/ID/restore/allow    Confirm AllowRestore; POST: reason
//	GET  /admin/users/ID/restore/block    Confirm BlockRestore; POST: reason
//	GET  /admin/users/ID/restore/unblock  Confirm UnblockRestore; POST: reason
type UserPage struct {
	Person        Person
	State         UserState
	Mail, Phone   string
	Language      string // name of the language in itself: "Deutsch"; "" when not known
	Groups        []string
	Directory     string // name of the directory; "" for a local user
	PasswordAt    time.Time
	PasswordEnds  time.Time // zero: never, or not known
	BlockedAt     time.Time
	BlockedBy     string
	BlockedReason string
	Devices       []DeviceRow
	Restore       Restore
	Registrations []RegistrationRow
	New           NewRegistration
	Role          Role
	MayChangeRole bool // whoever looks is an owner, and it is not herself
	NotBlockable  bool // the last owner, or herself
}

// DeviceRow is a device in a list.
//
//	GET /admin/devices/ID/remove  Confirm RemoveDevice; POST: reason
//	GET /admin/devices/ID/wipe    Confirm WipeDevice; POST: reason
type DeviceRow struct {
	ID          string
	Person      Person // in the list of all devices
	Name        string // "Pixel 8"
	Facts       string // model, system, app: "Google Pixel 8 · Android 16 · Avow 1.4"
	Protection  string // how its keys are kept, finished text; may be empty
	Laptop      bool   // a computer, not a phone
	State       DeviceState
	Wipe        WipeState
	WipeAt      time.Time            // when it reached that state
	Origin      translations.Message // how it came to the account; "": by a registration
	Probation   time.Time            // until then it may only sign in; zero: it is over
	ConnectedAt time.Time
	SeenAt      time.Time // zero: never
	This        bool      // on her own page: the one she signed in with
}

// RegistrationRow is a registration in a list.
//
//	GET  /admin/registrations/ID/remove  Confirm RemoveRegistration; POST: reason
//	POST /admin/registrations/ID/send    sends the message again
type RegistrationRow struct {
	ID        string
	Person    Person // in the list of all
	State     RegistrationState
	MadeBy    string
	MadeAt    time.Time
	Ends      time.Time
	Message   Sent
	Proof     SecondProof
	MayRemove bool
	MayResend bool // sent by mail or text, and still open
}

// How says how a registration reaches its user.
type How string

// The ways.
const (
	ShowHere How = "show" // a QR for someone who stands there, good for 10 minutes
	ByMail   How = "mail"
	ByText   How = "text"
)

// Mode says what becomes of the devices that are there.
type Mode string

// The modes; the words are those of authn.BindingMode.
const (
	First      Mode = "first"
	Additional Mode = "additional"
	Replace    Mode = "replace"
)

// SecondProof is what a sent registration asks for besides its link; the words are those of authn.SecondProof.
type SecondProof string

// The proofs. AutoProof is a choice only: password where the user is of the directory, code by the other way where there is one, else PIN.
const (
	AutoProof     SecondProof = "auto"
	NoProof       SecondProof = "none"
	PasswordProof SecondProof = "password"
	PINProof      SecondProof = "pin"
	CodeProof     SecondProof = "code"
)

// NewRegistration is the form that makes a registration, on the user's page and alone. GET /admin/registrations/new?user=ID;
// POST /admin/registrations:
//
//	user    ID, hidden; or login, a text field, where Person is not known yet
//	how     show | mail | text
//	hours   1 to 72, for mail and text
//	mode    first | additional | replace
//	proof   auto | password | pin | code, for mail and text
//	force   "yes": ends the one that is open
//	reason
type NewRegistration struct {
	Person     Person // ID "": asks for the login
	Login      string // as it was typed
	Mail       string // where mail would go; "": there is no address, and the choice is not offered
	Phone      string // the same for a text
	HasDevices bool   // offers additional or replace; otherwise the mode is first
	HasOpen    bool   // offers force
	How        How    // chosen, as are the rest
	Hours      int
	Mode       Mode
	Proof      SecondProof
	Proofs     []SecondProof // that can be chosen; AutoProof first
	Force      bool
	Second     string // login of an administrator who agrees, where one is needed: the field is there once "second" is wrong
	Reason     string
	Wrong      Wrong // login, how, hours, mode, proof, force, second, reason
}

// MadeRegistration says what has been made. It is the answer to the form and shown once.
type MadeRegistration struct {
	Person Person
	How    How
	Ends   time.Time
	// Shown: the address of the page that shows the QR, "/connect#CODE", and the code for another screen. The service desk never gets these.
	Open template.URL
	Code string // as groups that can be read out
	// Sent.
	To      string // address or number, shortened as far as the one who looks may see it
	Proof   SecondProof
	PIN     string // shown this once, when Proof is PINProof
	Back    string // "/admin/users/ID"
	Another string // "/admin/registrations/new"; "" on the service desk
}

// RegistrationsPage is the list of all registrations. GET /admin/registrations?q=&state=&page=. State is "" (all), "open", "done", "ended".
type RegistrationsPage struct {
	Query                  string
	State                  string
	All, Open, Done, Ended int
	Rows                   []RegistrationRow
	Paging                 Paging
}

// RequestsPage is the questions to phones: what is open, and what was lately. GET /admin/requests?q=&page=.
type RequestsPage struct {
	Query  string
	Open   []RequestRow
	Recent []RequestRow
	Paging Paging // of Recent
}

// RequestRow is one question to a phone. GET /admin/requests/ID/stop: Confirm StopRequest; POST: reason.
type RequestRow struct {
	ID      string
	Person  Person
	What    string // the computer or application
	Kind    string // "computer" or "web": its icon
	Place   string // address and place
	At      time.Time
	State   RequestState
	Device  string // that answered
	Left    time.Duration
	Of      time.Duration
	MayStop bool
}

// DevicesPage is the list of all devices. GET /admin/devices?q=&page=.
type DevicesPage struct {
	Query  string
	Rows   []DeviceRow
	Paging Paging
}

// PoliciesPage is the form of the policy. POST /admin/policies:
//
//	match         number | qr | tap  (tap is answered with Confirm AllowTap, which posts all fields again)
//	verification  each_approval | registration | off
//	session_hours 1 to 72
//	grant_days    1 to 365
//	grant_uses    1 to 1000
//	proof         auto | password | pin | code; auto stands for "" of authn.Policy
//	restore       forbidden | limited | allowed | automatic
//	group_name    one a group, with the group_policy beside it: as restore, or "" for the policy of everybody
//	old_device    removed | asked | kept
//	restore_delivery   mail | desk
//	restore_hold       0 to 72
//	probation_hours    0 to 72
//	colleagues_needed  1 to 5
//	colleagues_hold    1 to 72
//	backup_enrolls     yes, or nothing
//	telemetry_off      yes, or nothing
//	lock_seconds       0 | 30 | 60 | 300
//	wrong_pins         wait | restore
//	reason
type PoliciesPage struct {
	Match            string
	Verification     string
	SessionHours     int
	GrantDays        int
	GrantUses        int
	Proof            SecondProof
	Restore          RestorePolicy
	Groups           []GroupPolicy // with a policy of their own
	OldDevice        string
	RestoreDelivery  string
	RestoreHold      int
	ProbationHours   int
	ColleaguesNeeded int
	ColleaguesHold   int
	BackupEnrolls    bool
	TelemetryOff     bool
	LockSeconds      int
	WrongPINs        string
	Reason           string
	ChangedAt        time.Time // zero: never
	ChangedBy        string
	Wrong            Wrong
}

// MessagesPage is the templates and what waits to be sent. GET /admin/messages?state=&page=. State is "" (all), "waiting", "failed".
type MessagesPage struct {
	Templates                      []TemplateRow
	State                          string
	All, WaitingCount, FailedCount int
	Rows                           []MessageRow
	Paging                         Paging
}

// TemplateRow is a template: one for each channel and language. Its editor is /admin/messages/CHANNEL/TAG.
type TemplateRow struct {
	Channel   Channel
	Tag       string // of the language
	Language  string // its name in itself
	Subject   string // of a mail; the first words of a text
	Own       bool   // differs from the one that comes with the server
	UpdatedAt time.Time
	UpdatedBy string
}

// MessageRow is a message of the outbox. POST /admin/messages/outbox/ID/send sends it again.
type MessageRow struct {
	ID        string
	Person    Person
	To        string
	Kind      string // registration | proof_code | caller_code | restore_code | test
	Sent      Sent   // At: of the last change
	CreatedAt time.Time
	Tries     int
	NextTry   time.Time // zero: none
	MayRepeat bool
}

// TemplatePage is the editor of a template. GET /admin/messages/CHANNEL/TAG; its forms:
//
//	POST /admin/messages/CHANNEL/TAG          subject (mail only), body
//	POST /admin/messages/CHANNEL/TAG/preview  the same fields; the answer goes into the iframe "preview", as does GET of that address.
//	                                          A mail is answered with the mail's own HTML under a policy of its own, a text with
//	                                          the page TextPreview. Both need frame-ancestors 'self' and X-Frame-Options SAMEORIGIN; this
//	                                          page needs frame-src 'self'. The iframe is sandboxed: nothing in it runs.
//	POST /admin/messages/CHANNEL/TAG/test     the same fields; sends what is typed to the person who looks
//	GET  /admin/messages/CHANNEL/TAG/reset    Confirm ResetTemplate; POST
type TemplatePage struct {
	Channel       Channel
	Tag, Language string
	Subject, Body string
	Own           bool
	UpdatedAt     time.Time
	UpdatedBy     string
	Placeholders  []Placeholder
	TestTo        string // "" when the person has no address or number: then there is no test
	Wrong         Wrong  // subject, body
}

// Placeholder is the name of a value that can stand in a template: EnrollUrl. The words are those of notify/template.
type Placeholder string

// Text is what is filled in.
func (p Placeholder) Text() translations.Message {
	switch p {
	case "EnrollQRCode":
		return "administration.template.value_qr"
	case "EnrollUrl":
		return "administration.template.value_link"
	case "UserName":
		return "administration.template.value_login"
	case "Name":
		return "administration.template.value_name"
	case "Organisation":
		return "administration.template.value_organisation"
	case "ExpiresAt":
		return "administration.template.value_ends"
	case "Support":
		return "administration.template.value_support"
	}
	return "administration.template.value_other"
}

// TextPreviewPage is a text message as a phone would show it, within the iframe.
type TextPreviewPage struct {
	Sender   string
	Body     string
	Segments int
	Signs    int
	Unicode  bool   // has signs that make each part shorter
	Wrong    string // a sentence, when the template can't be filled in
}

// LogPage is the audit log. GET /admin/log?q=&actor=&action=&from=&to=&page=; from and to are days (2026-01-12). CSV and JSON are addresses
// that hand out what the filter finds.
type LogPage struct {
	Query, Actor, Action, From, To string
	Actions                        []string // that occur, for the choice
	Rows                           []LogRow
	Paging                         Paging
	CSV, JSON                      string
	Wrong                          Wrong // from, to
}

// LogRow is an entry of the log. What stands in it is data, shown as it is.
type LogRow struct {
	Number  int64
	At      time.Time
	Actor   string
	Action  string
	Subject string
	IP      string
	Reason  string
	Facts   []Fact
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Text is what the proof is, in a choice.
func (p SecondProof) Text() translations.Message {
	switch p {
	case AutoProof:
		return "portal.proof.auto"
	case PasswordProof:
		return "portal.proof.password"
	case PINProof:
		return "portal.proof.pin"
	case CodeProof:
		return "portal.proof.code"
	}
	return "portal.proof.none"
}

// Asks says whether the proof is one.
func (p SecondProof) Asks() bool { return p == PasswordProof || p == PINProof || p == CodeProof }

// Short is what the proof is, in a table.
func (p SecondProof) Short() translations.Message {
	switch p {
	case PasswordProof:
		return "portal.proof.password_short"
	case PINProof:
		return "portal.proof.pin_short"
	case CodeProof:
		return "portal.proof.code_short"
	}
	return "portal.proof.none"
}

// messageKind is what a message of the outbox is about.
func messageKind(kind string) translations.Message {
	switch kind {
	case "registration":
		return "administration.messages.kind_registration"
	case "proof_code":
		return "administration.messages.kind_proof"
	case "caller_code":
		return "administration.messages.kind_caller"
	case "restore_code", "colleague_code":
		return "administration.messages.kind_restore"
	case "test":
		return "administration.messages.kind_test"
	}
	return "administration.messages.kind_other"
}
