package mailtext

import (
	"strings"
	"testing"

	"avow/assets/translations"
	"avow/internal/authn"
)

func TestRegistrationIsATemplate(t *testing.T) {
	for _, l := range translations.Languages() {
		subject, body := Registration(l.Tag)
		for _, want := range []string{"{{.EnrollQRCode}}", `href="{{.EnrollUrl}}"`, "{{.Name}}", "{{.UserName}}", "{{.ExpiresAt}}", "{{.Support}}", "#0F5247", `lang="` + l.Tag + `"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", l.Tag, want)
			}
		}
		for _, bad := range []string{"[[", "letter.", "ZgotmplZ", "no value"} {
			if strings.Contains(subject+body+RegistrationText(l.Tag), bad) {
				t.Errorf("%s: %q stands in it", l.Tag, bad)
			}
		}
		if !strings.Contains(subject, "{{.Organisation}}") || strings.Contains(subject, "Enroll") || !strings.Contains(RegistrationText(l.Tag), "{{.EnrollUrl}}") {
			t.Errorf("%s: %q, %q", l.Tag, subject, RegistrationText(l.Tag))
		}
	}
}

// TestMessage: the code is in the body and never in the subject, which shows on a locked screen.
func TestMessage(t *testing.T) {
	for _, l := range translations.Languages() {
		for kind, code := range map[authn.MessageKind]string{authn.MessageProofCode: "48219930", authn.MessageCallerCode: "482199", authn.MessageTest: "", authn.MessageRestoreCode: "48219930", authn.MessageColleagueCode: "48219930"} {
			subject, body, err := Message(kind, l.Tag, "Lund\nEnergy", code)
			if err != nil || subject == "" || strings.Contains(subject+body, "letter.") || !strings.Contains(subject, "Lund Energy") {
				t.Errorf("%s %s: %q %q %v", kind, l.Tag, subject, body, err)
			}
			if code != "" && (!strings.Contains(body, grouped(code)) || strings.Contains(subject, code[:4])) {
				t.Errorf("%s %s: %q %q", kind, l.Tag, subject, body)
			}
		}
	}
	if _, body, _ := Message(authn.MessageProofCode, "en", "X", "48219930"); !strings.Contains(body, "4821 9930") {
		t.Errorf("the code is not in groups: %q", body)
	}
	if _, _, err := Message(authn.MessageRegistration, "en", "X", ""); err == nil {
		t.Error("a registration is not written here")
	}
}
