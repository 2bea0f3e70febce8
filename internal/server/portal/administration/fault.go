package administration

import (
	"net/http"
	"slices"
	"strings"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/signin"
)

// fault is where an error of a service is shown and what is said there. Without a text the service's own sentence is shown.
type fault struct {
	field string
	text  translations.Message
}

// faults are by the code of the error. What is not here is a page of its own.
var faults = map[string]fault{
	"reason_missing": {"reason", "administration.wrong.reason"},

	"bad_login":        {"login", "administration.wrong.login"},
	"user_exists":      {"login", "administration.wrong.login_taken"},
	"user_unknown":     {"login", "administration.wrong.login_unknown"},
	"bad_mail":         {"mail", "administration.wrong.mail"},
	"bad_phone_number": {"phone", "administration.wrong.phone"},
	"bad_language":     {"language", "administration.wrong.language"},

	"own_account":       {"", "administration.wrong.own_account"},
	"last_owner":        {"", "administration.wrong.last_owner"},
	"bad_role":          {"", "administration.wrong.role"},
	"user_of_directory": {"", "administration.wrong.directory"},
	"user_disabled":     {"", "administration.wrong.blocked"},

	"no_mail":          {"how", "administration.wrong.no_mail"},
	"no_phone":         {"how", "administration.wrong.no_phone"},
	"bad_hours":        {"hours", "administration.wrong.hours"},
	"bad_mode":         {"mode", "administration.wrong.mode"},
	"device_exists":    {"mode", "administration.wrong.device_exists"},
	"too_many_devices": {"mode", "administration.wrong.too_many_devices"},
	"session_open":     {"force", "administration.wrong.session_open"},
	"bad_proof":        {"proof", "administration.wrong.proof"},
	"no_password":      {"proof", "administration.wrong.no_password"},
	"no_other_channel": {"proof", "administration.wrong.no_other_channel"},
	"not_sent":         {"", "administration.wrong.not_sent"},
	"no_session":       {"", "administration.wrong.over"},
	"session_unknown":  {"", "administration.wrong.over"},
	"not_waiting":      {"", "administration.wrong.over"},
	"already_decided":  {"", "administration.wrong.decided"},

	"second_admin_needed":   {"second", "administration.wrong.second_needed"},
	"second_admin_unknown":  {"second", "administration.wrong.second_unknown"},
	"second_admin_self":     {"second", "administration.wrong.second_self"},
	"second_admin_refused":  {"second", "administration.wrong.second_refused"},
	"second_admin_silent":   {"second", "administration.wrong.second_silent"},
	"bad_match":             {"match", "administration.wrong.choose"},
	"bad_user_verification": {"verification", "administration.wrong.choose"},
	"bad_lock":              {"lock_seconds", "administration.wrong.choose"},
	"bad_wrong_pins":        {"wrong_pins", "administration.wrong.choose"},
	"bad_grant_days":        {"grant_days", "administration.wrong.days"},
	"bad_grant_uses":        {"grant_uses", "administration.wrong.uses"},

	"bad_restore":           {"restore", "administration.wrong.choose"},
	"bad_old_device":        {"old_device", "administration.wrong.choose"},
	"bad_restore_delivery":  {"restore_delivery", "administration.wrong.choose"},
	"bad_restore_hold":      {"restore_hold", "administration.wrong.restore_hours"},
	"bad_probation":         {"probation_hours", "administration.wrong.restore_hours"},
	"bad_colleagues_needed": {"colleagues_needed", "administration.wrong.colleagues"},
	"bad_colleagues_hold":   {"colleagues_hold", "administration.wrong.colleague_hours"},
	"bad_group":             {"groups", "administration.wrong.groups"},
	"too_many_groups":       {"groups", "administration.wrong.groups"},

	"message_under_way":     {"", "administration.wrong.under_way"},
	"no_channel":            {"", "administration.wrong.no_channel"},
	"test_unsaved":          {"", "administration.wrong.unsaved"},
	"template_subject":      {"subject", ""},
	"template_size":         {"body", ""},
	"template_encoding":     {"body", ""},
	"template_html":         {"body", ""},
	"template_place":        {"body", ""},
	"template_placeholder":  {"body", ""},
	"template_link_missing": {"body", ""},
}

// wrong turns an error into a sentence at one of the form's fields, at the whole form where it has no such field. "session_hours=hours" names a field in another way than
// the table. An error that is not for people comes back.
func wrong(v signin.Visitor, err error, fields ...string) (web.Wrong, error) {
	f, ok := faults[authn.CodeOf(err)]
	if !ok {
		return nil, err
	}
	at := ""
	for _, name := range fields {
		own, theirs, renamed := strings.Cut(name, "=")
		if !renamed {
			theirs = own
		}
		if theirs == f.field {
			at = own
		}
	}
	return web.Wrong{at: sentence(v, f, err)}, nil
}

func sentence(v signin.Visitor, f fault, err error) string {
	if f.text == "" {
		return authn.AsError(err).Message
	}
	return v.T(f.text)
}

// stopped says on a page of its own why nothing was done, for a button without a form around it.
func (s *Service) stopped(v signin.Visitor, err error, back string) error {
	f, ok := faults[authn.CodeOf(err)]
	if !ok {
		return err
	}
	m := web.OneMessage{Tone: web.Warn, Icon: "warning", Text: sentence(v, f, err), Action: v.T("administration.wrong.back"), Link: back}
	return s.Message(v.Request, http.StatusConflict, v.T("administration.wrong.nothing"), m)
}

// ask is a question with a button for Yes. After a wrong answer err is what was wrong with it.
func (s *Service) ask(v signin.Visitor, section web.Section, c web.Confirm, err error) error {
	status := http.StatusOK
	if err != nil {
		var unknown error
		if c.Wrong, unknown = wrong(v, err, "reason"); unknown != nil {
			return unknown
		}
		status = http.StatusUnprocessableEntity
		c.Reason = authn.CleanText(v.R.PostFormValue("reason"), maxReason)
	}
	path := c.Post
	if c.Kind == web.ChangeRole || c.Kind == web.AllowTap { // these follow a form; their own address takes no GET, or is that of the form
		path = c.Back
	}
	return s.show(v, status, web.Question, section, path, v.T(c.Kind.Title(), "Name", c.Name, "Person", c.Person), c)
}

// typed is a field of a form without what nobody can see.
func typed(v signin.Visitor, name string, longest int) string {
	return authn.CleanText(v.R.PostFormValue(name), longest)
}

// oneOf is a field of a form that must be one of some words; otherwise it is the first of them.
func oneOf[T ~string](v signin.Visitor, name string, words ...T) T {
	if got := T(v.R.PostFormValue(name)); slices.Contains(words, got) {
		return got
	}
	return words[0]
}
