package mailtext

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
)

var at = time.Date(2026, 1, 12, 10, 33, 0, 0, time.Local)

const link = "https://id.lundenergy.example/act#0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJK"

func notice(kind authn.NoticeKind) authn.Notice {
	return authn.Notice{Kind: kind, At: at, Facts: map[string]string{
		"name": "Anna Lind", "login": "anna.lind", "device": "Pixel 8", "model": "Google Pixel 8", "client": "LAPTOP-42",
		"place": "Lund, SE", "ip": "203.0.113.7", "session": "s_secret",
		"until": "2026-01-13T10:33:00+01:00", "colleagues": "Bo Ek, Eva Ru",
	}}
}

// TestMail writes every kind of notice in every language.
func TestMail(t *testing.T) {
	for _, kind := range allKinds(t) {
		for _, l := range translations.Languages() {
			subject, body, err := New("046-555 01 00").Mail(notice(kind), "Lund Energy", l.Tag, link)
			if err != nil {
				t.Errorf("%s %s: %v", kind, l.Tag, err)
				continue
			}
			for _, want := range []string{"Pixel 8", "LAPTOP-42", "203.0.113.7", translations.New(l.Tag).Clock(at), "2026", "046-555 01 00", "Lund Energy"} {
				if !strings.Contains(subject+body, want) {
					t.Errorf("%s %s: %q is missing in\n%s", kind, l.Tag, want, body)
				}
			}
			for _, bad := range []string{"notice.", "s_secret", "<", "no value", "\r", "———"} {
				if strings.Contains(subject+body, bad) {
					t.Errorf("%s %s: %q stands in\n%s", kind, l.Tag, bad, body)
				}
			}
			links := 0
			if kind.Reaction() != authn.ReactionNone {
				links = 1
			}
			if strings.Count(body, "\n"+link+"\n") != links || strings.Count(subject+body, "://") != links {
				t.Errorf("%s %s: not %d links in\n%s", kind, l.Tag, links, body)
			}
			if subject == "" || strings.Contains(subject, "\n") {
				t.Errorf("%s %s: subject is %q", kind, l.Tag, subject)
			}
		}
	}
}

// allKinds reads the constants of authn, so that a new kind without a text fails here and not in somebody's outbox.
func allKinds(t *testing.T) (kinds []authn.NoticeKind) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "internal", "authn", "notice.go"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "notice.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "NoticeKind" {
			kinds = append(kinds, authn.NoticeKind(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)))
		}
		return true
	})
	if len(kinds) < 7 {
		t.Fatalf("found only %v", kinds)
	}
	return kinds
}

func TestAllLanguages(t *testing.T) {
	subject, body, err := New("").Mail(notice(authn.NoticeDeviceRegistered), "Lund Energy", "", link)
	if err != nil {
		t.Fatal(err)
	}
	english, german, ok := strings.Cut(body, "———")
	if !ok || !strings.Contains(english, "12 January 2026") || !strings.Contains(german, "12. Januar 2026") || !strings.Contains(subject, "phone") {
		t.Errorf("%s\n%s", subject, body)
	}
	if strings.Contains(body, "046") {
		t.Error("a phone number from nowhere")
	}
}

// TestHostileFacts: what a phone says of itself makes no lines and no headers of its own.
func TestHostileFacts(t *testing.T) {
	n := notice(authn.NoticeNotMe)
	n.Facts["device"] = "Pixel\r\nBcc: everyone@example.com\r\n\r\n<a href=x>Click\u202e" + strings.Repeat("x", 5000)
	n.Facts["login"] = "anna\nSubject: hello"
	subject, body, err := New("ring\n4711").Mail(n, "Lund\r\nEnergy", "en", "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(subject, "\r\n") || strings.Contains(body, "\nBcc:") || strings.ContainsAny(body, "\r<>\u202e") || len(body) > 2000 {
		t.Errorf("%q\n%q", subject, body)
	}
}

// TestUnknownLanguage: who wants a language that is not there gets the fallback, not all.
func TestUnknownLanguage(t *testing.T) {
	for want, lang := range map[string]string{"Wann": "de-AT", "When": "ja"} {
		if _, body, err := New("").Mail(notice(authn.NoticeMuted), "Lund Energy", lang, ""); err != nil || !strings.Contains(body, want+": ") || strings.Contains(body, "———") {
			t.Errorf("%s: %v\n%s", lang, err, body)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, _, err := New("").Mail(authn.Notice{Kind: "new_kind", At: at}, "Lund Energy", "", ""); err == nil {
		t.Error("want an error for a kind without a text")
	}
	if _, body, err := New("").Mail(authn.Notice{Kind: authn.NoticeMuted, At: at}, "Lund Energy", "en", ""); err != nil || strings.Contains(body, "Phone:") {
		t.Errorf("without facts: %v\n%s", err, body)
	}
}
