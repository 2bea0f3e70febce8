package model_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

// forAdministrators are the errors of registration that no phone gets: they are about making a session.
var forAdministrators = map[string]bool{"bad_proof": true, "bad_hours": true}

// registrationCodes are the codes of package authn's errors of registration, and those that a server adds when a phone claims or finishes.
func registrationCodes(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../authn/registration.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(x ast.Node) bool {
		if code, ok := failCode(x); ok && !forAdministrators[code] {
			codes = append(codes, code)
		}
		return true
	})
	if len(codes) < 9 {
		t.Fatalf("only %q were found", codes)
	}
	return append(codes, "device_exists", "too_many_devices", "user_disabled", "key_mismatch", "bad_registration", // package server/registration
		"wrong_password", "password_expired", "account_locked", "too_many_tries", "directory_unreachable") // package server/directory
}

// Every way in which a code can end has its own title and sentence, in both languages; only three that an update of the app mends share theirs.
func TestRegistrationFaults(t *testing.T) {
	update := map[string]bool{"key_mismatch": true, "bad_registration": true, "device_key_missing": true}
	english := map[string]model.Fault{}
	for _, language := range []string{"en", "de"} {
		titles, sentences := map[string]string{}, map[string]string{}
		for _, code := range registrationCodes(t) {
			settings, err := modeltest.Settings(t.TempDir(), model.Choices{Appearance: model.Light, Language: language})
			if err != nil {
				t.Fatal(err)
			}
			g := newStage(t, phone.State{}, func(c *model.Config) { c.Settings = settings })
			g.core.OnInvite = func(wire.RegistrationLink) (*phone.Invitation, error) {
				return nil, authn.Fail(authn.Gone, code, "words of the server")
			}
			g.Text(modeltest.RegistrationLink())
			g.on(model.PageError)
			f := g.Failure()
			if f.Title == "" || f.Title == g.T("app.fault.title") || f.Sentence == "" || f.Sentence == "words of the server" || f.Code == "" {
				t.Errorf("%s: %s is said as %+v", language, code, f)
			}
			if !update[code] {
				for seen, text := range map[*map[string]string]string{&titles: f.Title, &sentences: f.Sentence} {
					if other := (*seen)[text]; other != "" {
						t.Errorf("%s: %s and %s both say %q", language, code, other, text)
					}
					(*seen)[text] = code
				}
			}
			if language == "en" {
				english[code] = f
			} else if en := english[code]; en.Title == f.Title || en.Sentence == f.Sentence || en.Code != f.Code || en.Hard != f.Hard {
				t.Errorf("%s: %+v and %+v", code, en, f)
			}
		}
	}
	for code, hard := range map[string]bool{"session_claimed": true, "proof_tries": true, "session_used": false, "session_expired": false} {
		if english[code].Hard != hard {
			t.Errorf("%s: a stop for safety is %v", code, english[code].Hard)
		}
	}
}
