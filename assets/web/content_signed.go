package web

import (
	"time"

	"avow/assets/translations"
)

// Role is what a signed-in person may do; the words are those of authn.AdminRole. Nobody's role is "": she sees her own page only.
type Role string

// The roles.
const (
	NoRole      Role = ""
	Owner       Role = "owner"
	Admin       Role = "admin"
	ServiceDesk Role = "service_desk"
	Auditor     Role = "auditor"
)

// Roles are those that an owner can give, in the order of the choice; NoRole is "none of these".
func Roles() []Role { return []Role{NoRole, Auditor, ServiceDesk, Admin, Owner} }

// Text is the role's name.
func (r Role) Text() translations.Message {
	switch r {
	case Owner:
		return "portal.role.owner"
	case Admin:
		return "portal.role.admin"
	case ServiceDesk:
		return "portal.role.service_desk"
	case Auditor:
		return "portal.role.auditor"
	}
	return "portal.role.none"
}

// Administers says whether the role opens the administration.
func (r Role) Administers() bool { return r == Owner || r == Admin || r == Auditor }

// Changes says whether the role may change things there: an auditor only looks. Pages hide what she may not; the server refuses it.
func (r Role) Changes() bool { return r == Owner || r == Admin }

// Desks says whether the role opens the service desk.
func (r Role) Desks() bool { return r == Owner || r == Admin || r == ServiceDesk }

// Signed is the person who looks at the page. Her name is Frame.Person.
type Signed struct {
	Role    Role
	Section Section // of the administration; "" outside of it, then there is no rail
	Form    string  // ties every form of the page to the cookie: the hidden field "form"
}

// Section is a part of the administration. Its address is "/admin/" and its name; Overview is "/admin".
type Section string

// The sections, as the rail shows them.
const (
	OverviewSection      Section = "overview"
	UsersSection         Section = "users"
	RegistrationsSection Section = "registrations"
	RequestsSection      Section = "requests"
	DevicesSection       Section = "devices"
	PoliciesSection      Section = "policies"
	MessagesSection      Section = "messages"
	LogSection           Section = "log"
)

// railItem is a line of the rail.
type railItem struct {
	Section Section
	Path    string
	Icon    string
	Current bool
	Text    translations.Message
}

// Rail is the list of sections with the current one marked.
func (s Signed) Rail() []railItem {
	if s.Section == "" {
		return nil
	}
	items := []railItem{
		{Section: OverviewSection, Path: "/admin", Icon: "pulse", Text: "administration.rail.overview"},
		{Section: UsersSection, Path: "/admin/users", Icon: "users", Text: "administration.rail.users"},
		{Section: RegistrationsSection, Path: "/admin/registrations", Icon: "send", Text: "administration.rail.registrations"},
		{Section: RequestsSection, Path: "/admin/requests", Icon: "bell", Text: "administration.rail.requests"},
		{Section: DevicesSection, Path: "/admin/devices", Icon: "phone", Text: "administration.rail.devices"},
		{Section: PoliciesSection, Path: "/admin/policies", Icon: "shield-check", Text: "administration.rail.policies"},
		{Section: MessagesSection, Path: "/admin/messages", Icon: "mail", Text: "administration.rail.messages"},
		{Section: LogSection, Path: "/admin/log", Icon: "log", Text: "administration.rail.audit"},
	}
	for i := range items {
		items[i].Current = items[i].Section == s.Section
	}
	return items
}

// Notice is a line above the content that says what has just been done, after the redirect that follows a form.
type Notice struct {
	Kind NoticeKind
	Name string // of the person or thing; some kinds have none
	Undo *Undo  // nil where it can't be taken back
}

// Undo is a form with one button that takes back what was just done.
type Undo struct {
	Post   string
	Fields []HiddenField
}

// HiddenField is a hidden field of a form.
type HiddenField struct{ Name, Value string }

// NoticeKind is what a Notice says.
type NoticeKind string

// The notices.
const (
	Saved               NoticeKind = "saved"
	UserAdded           NoticeKind = "user_added"           // Name: of the user
	DeviceRemoved       NoticeKind = "device_removed"       // Name: of the device
	RegistrationRemoved NoticeKind = "registration_removed" // Name: of the user
	RegistrationSent    NoticeKind = "registration_sent"    // Name: of the user; sent again
	MessageAgain        NoticeKind = "message_again"        // Name: the recipient; queued again
	UserBlocked         NoticeKind = "user_blocked"         // Name: of the user
	UserUnblocked       NoticeKind = "user_unblocked"       // Name: of the user
	TestSent            NoticeKind = "test_sent"            // Name: the recipient
	TemplateReset       NoticeKind = "template_reset"
	OneSignInEnded      NoticeKind = "sign_in_ended"
	AllSignInsEnded     NoticeKind = "sign_ins_ended" // all others
	CheckStopped        NoticeKind = "check_stopped"
	RequestStopped      NoticeKind = "request_stopped"
	WipeAsked           NoticeKind = "wipe_asked"        // Name: of the device
	RestoreWasAllowed   NoticeKind = "restore_allowed"   // Name: of the user
	RestoreWasBlocked   NoticeKind = "restore_blocked"   // Name: of the user
	RestoreWasUnblocked NoticeKind = "restore_unblocked" // Name: of the user
	OwnRestoreBlocked   NoticeKind = "own_restore_blocked"
	BackupNoted         NoticeKind = "backup_noted"
)

// Text is the sentence.
func (n NoticeKind) Text() translations.Message {
	return map[NoticeKind]translations.Message{
		Saved: "portal.notice.saved", UserAdded: "portal.notice.user_added", DeviceRemoved: "portal.notice.device_removed",
		RegistrationRemoved: "portal.notice.registration_removed", RegistrationSent: "portal.notice.registration_sent",
		MessageAgain: "portal.notice.message_again", UserBlocked: "portal.notice.user_blocked", UserUnblocked: "portal.notice.user_unblocked",
		TestSent: "portal.notice.test_sent", TemplateReset: "portal.notice.template_reset", OneSignInEnded: "portal.notice.sign_in_ended",
		AllSignInsEnded: "portal.notice.sign_ins_ended", CheckStopped: "portal.notice.check_stopped", RequestStopped: "portal.notice.request_stopped",
		WipeAsked: "portal.notice.wipe_asked", RestoreWasAllowed: "portal.notice.restore_allowed", RestoreWasBlocked: "portal.notice.restore_blocked",
		RestoreWasUnblocked: "portal.notice.restore_unblocked", OwnRestoreBlocked: "portal.notice.own_restore_blocked", BackupNoted: "portal.notice.backup_noted",
	}[n]
}

// Wrong holds what is wrong with a form that was sent: a sentence by the name of the field; under "" what is wrong with the whole.
type Wrong map[string]string

// Paging says which part of a list is shown. From and To count from 1. Earlier and Later are addresses; empty: there is none.
type Paging struct {
	From, To, Total int
	Earlier, Later  string
}

// SignIns is the list of the person's own sign-ins in browsers, the current one first. Form fields, beside "form":
//
//	POST /sign-ins/ID/end  ends one
//	GET  /sign-ins/end     asks (Confirm with EndSignIns); POST ends all, this one too
type SignIns struct{ Rows []SignInRow }

// SignInRow is one browser that is signed in.
type SignInRow struct {
	ID      string
	Agent   string // browser and system, in few words: "Firefox, Windows"
	Place   string // place and address as far as known
	Since   time.Time
	SeenAt  time.Time
	Current bool
	ByCode  bool // with a backup code
}

// ConfirmKind is what a Confirm page asks.
type ConfirmKind string

// The questions. What Name and Person are is said at each.
const (
	RemoveDevice       ConfirmKind = "remove_device"       // Name: the device; Person: whose; reason
	RemoveOwnDevice    ConfirmKind = "remove_own_device"   // Name: the device, on her own page
	NotMyDevice        ConfirmKind = "not_my_device"       // Name: the device; blocks it and tells the service desk
	RemoveRegistration ConfirmKind = "remove_registration" // Person: whose; reason
	BlockUser          ConfirmKind = "block_user"          // Person: whom; reason
	UnblockUser        ConfirmKind = "unblock_user"        // Person: whom; reason
	ChangeRole         ConfirmKind = "change_role"         // Person: whose; Name: the new role's name; reason
	ResetTemplate      ConfirmKind = "reset_template"      // Name: the language's name
	EndSignIns         ConfirmKind = "end_sign_ins"
	AllowTap           ConfirmKind = "allow_tap" // the policy "just Yes"; reason
	StopRequest        ConfirmKind = "stop_request"
	WipeDevice         ConfirmKind = "wipe_device"       // Name: the device; Person: whose; reason
	WipeOwnDevice      ConfirmKind = "wipe_own_device"   // Name: the device, on her own page; Choices: what goes
	AllowRestore       ConfirmKind = "allow_restore"     // Person: whose; reason
	BlockRestore       ConfirmKind = "block_restore"     // Person: whose; reason
	UnblockRestore     ConfirmKind = "unblock_restore"   // Person: whose; reason
	BlockOwnRestore    ConfirmKind = "block_own_restore" // Name: the new phone, on her own page
	FirstBackupCodes   ConfirmKind = "first_backup_codes"
	NewBackupCodes     ConfirmKind = "new_backup_codes" // there are some, which die by it
)

type question struct {
	icon             string
	title, text, yes translations.Message
	reason, harmless bool
}

var questions = map[ConfirmKind]question{
	RemoveDevice:       {"phone-slash", "portal.confirm.remove_device", "portal.confirm.remove_device_text", "portal.confirm.remove", true, false},
	RemoveOwnDevice:    {"phone-slash", "portal.confirm.remove_own_device", "portal.confirm.remove_own_device_text", "portal.confirm.remove", false, false},
	NotMyDevice:        {"flag", "portal.confirm.not_my_device", "portal.confirm.not_my_device_text", "portal.confirm.block", false, false},
	RemoveRegistration: {"trash", "portal.confirm.remove_registration", "portal.confirm.remove_registration_text", "portal.confirm.remove", true, false},
	BlockUser:          {"prohibit", "portal.confirm.block_user", "portal.confirm.block_user_text", "portal.confirm.block", true, false},
	UnblockUser:        {"seal-check", "portal.confirm.unblock_user", "portal.confirm.unblock_user_text", "portal.confirm.unblock", true, true},
	ChangeRole:         {"key", "portal.confirm.change_role", "portal.confirm.change_role_text", "portal.confirm.change", true, true},
	ResetTemplate:      {"undo", "portal.confirm.reset_template", "portal.confirm.reset_template_text", "portal.confirm.reset", false, false},
	EndSignIns:         {"lock", "portal.confirm.end_sign_ins", "portal.confirm.end_sign_ins_text", "portal.confirm.sign_out", false, false},
	AllowTap:           {"shield", "portal.confirm.allow_tap", "portal.confirm.allow_tap_text", "portal.confirm.allow", true, false},
	StopRequest:        {"bell", "portal.confirm.stop_request", "portal.confirm.stop_request_text", "portal.confirm.stop", true, false},
	WipeDevice:         {"eraser", "portal.confirm.wipe_device", "portal.confirm.wipe_device_text", "portal.confirm.wipe", true, false},
	WipeOwnDevice:      {"eraser", "portal.confirm.wipe_own_device", "portal.confirm.wipe_own_device_text", "portal.confirm.wipe", false, false},
	AllowRestore:       {"lifebuoy", "portal.confirm.allow_restore", "portal.confirm.allow_restore_text", "portal.confirm.allow", true, true},
	BlockRestore:       {"prohibit", "portal.confirm.block_restore", "portal.confirm.block_restore_text", "portal.confirm.block", true, false},
	UnblockRestore:     {"lifebuoy", "portal.confirm.unblock_restore", "portal.confirm.unblock_restore_text", "portal.confirm.unblock", true, true},
	BlockOwnRestore:    {"prohibit", "portal.confirm.block_own_restore", "portal.confirm.block_own_restore_text", "portal.confirm.block", false, false},
	FirstBackupCodes:   {"printer", "portal.confirm.first_backup_codes", "portal.confirm.first_backup_codes_text", "portal.confirm.make", false, true},
	NewBackupCodes:     {"printer", "portal.confirm.new_backup_codes", "portal.confirm.new_backup_codes_text", "portal.confirm.make", false, false},
}

// Confirm asks before something is taken away. No comes first and leads to Back; Yes sends Post with Fields, "form" and, where the
// kind asks for one, "reason". The title of the page is ConfirmKind.Title.
type Confirm struct {
	Kind   ConfirmKind
	Name   string
	Person string
	Post   string
	Back   string
	Fields []HiddenField
	// Choices are more to decide: radio buttons of one name. None: nothing is.
	Choices []ConfirmChoice
	Reason  string // as it was typed before
	Wrong   Wrong  // of "reason"
}

// WipeChoices are what a user can wipe of her own device: the field is "scope". The server's mildest is chosen.
func WipeChoices() []ConfirmChoice {
	return []ConfirmChoice{
		{Name: "scope", Value: "account", What: "portal.confirm.wipe_account", More: "portal.confirm.wipe_account_more", Chosen: true},
		{Name: "scope", Value: "everything", What: "portal.confirm.wipe_everything", More: "portal.confirm.wipe_everything_more"},
	}
}

// ConfirmChoice is one of the radio buttons of a question.
type ConfirmChoice struct {
	Name, Value string
	What, More  translations.Message
	Chosen      bool
}

// Title is the id of the question; its values are Name and Person.
func (k ConfirmKind) Title() translations.Message { return questions[k].title }

// Icon is the question's picture.
func (k ConfirmKind) Icon() string { return questions[k].icon }

// Text says what follows.
func (k ConfirmKind) Text() translations.Message { return questions[k].text }

// Yes is on the button.
func (k ConfirmKind) Yes() translations.Message { return questions[k].yes }

// AsksReason says whether the page has the field "reason".
func (k ConfirmKind) AsksReason() bool { return questions[k].reason }

// Harmless says that nothing is taken away.
func (k ConfirmKind) Harmless() bool { return questions[k].harmless }
