package mailtext

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"

	"avow/assets/look"
	"avow/assets/translations"
	"avow/internal/authn"
)

//go:embed registration.html
var registrationPage string

// Registration is the mail that invites a person to connect a phone, as long as an administrator wrote no other: a template of
// internal/server/notify/template in the language that suits lang best.
func Registration(lang string) (subject, body string) {
	p := translations.New(lang)
	colors := palette()
	page := template.Must(template.New("registration").Delims("[[", "]]").Funcs(template.FuncMap{
		"lang":  p.Language,
		"t":     func(id translations.Message) string { return p.T(id, placeholders...) },
		"light": func(name string) template.CSS { return template.CSS(colors[name].Light) }, //nolint:gosec // our own file
		"dark":  func(name string) template.CSS { return template.CSS(colors[name].Dark) },
	}).Parse(registrationPage))
	var b bytes.Buffer
	if err := page.Execute(&b, nil); err != nil {
		panic("mailtext: registration.html: " + err.Error()) // our own file, and tested
	}
	return p.T("letter.registration.subject", placeholders...), b.String()
}

// RegistrationText is the same as a text message.
func RegistrationText(lang string) string {
	return translations.New(lang).T("letter.registration.short", placeholders...)
}

// placeholders stay what they are until the message is written to somebody.
var placeholders = []any{
	"Organisation", "{{.Organisation}}", "Name", "{{.Name}}", "UserName", "{{.UserName}}", "EnrollUrl", "{{.EnrollUrl}}",
	"ExpiresAt", "{{.ExpiresAt}}", "Support", "{{.Support}}",
}

type color struct{ Light, Dark string }

func palette() map[string]color {
	var tokens struct{ Color map[string]color }
	if err := json.Unmarshal(look.Tokens, &tokens); err != nil {
		panic("mailtext: tokens.json: " + err.Error())
	}
	return tokens.Color
}

// words of a message that is the same for everybody: subject, what it says, and what to heed.
var words = map[authn.MessageKind]texts{
	authn.MessageProofCode:     {"letter.proof_code.subject", "letter.proof_code.text", "letter.proof_code.warning"},
	authn.MessageCallerCode:    {"letter.caller_code.subject", "letter.caller_code.text", "letter.caller_code.warning"},
	authn.MessageRestoreCode:   {"letter.restore_code.subject", "letter.restore_code.text", "letter.restore_code.warning"},
	authn.MessageColleagueCode: {"letter.colleague_code.subject", "letter.colleague_code.text", "letter.colleague_code.warning"},
	authn.MessageTest:          {"letter.test.subject", "letter.test.text", ""},
}

// Message writes a message of a kind other than registration, in one language: for mail with a subject and two paragraphs, for a text
// message, where the subject is passed over, in one line. A code comes in groups of four digits. The subject never has it, since
// subjects show on locked screens.
func Message(kind authn.MessageKind, lang, org, code string) (subject, body string, err error) {
	w, ok := words[kind]
	if !ok {
		return "", "", fmt.Errorf("mail: no text for a message of kind %q", kind)
	}
	p := translations.New(lang)
	args := []any{"Organisation", authn.CleanText(org, maxFact), "Code", grouped(code)}
	body = p.T(w.happened, args...)
	if w.do != "" {
		body += "\n\n" + p.T(w.do, args...)
	}
	return authn.CleanText(p.T(w.subject, args...), maxSubject), body, nil
}

// grouped writes 48219930 as 4821 9930.
func grouped(code string) string {
	if len(code) == 8 {
		return code[:4] + " " + code[4:]
	}
	return code
}
