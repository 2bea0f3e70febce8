package translations

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// formOf says which plural form a language takes for a number, by the rules of CLDR that go-i18n has.
func formOf(t *testing.T, lang string) func(n int) string {
	t.Helper()
	b := i18n.NewBundle(language.Make(lang))
	if err := b.AddMessages(language.Make(lang), &i18n.Message{ID: "x", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"}); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	l := i18n.NewLocalizer(b, lang)
	return func(n int) string {
		t.Helper()
		form, err := l.Localize(&i18n.LocalizeConfig{MessageID: "x", PluralCount: n, TemplateData: map[string]any{}})
		if err != nil {
			t.Fatalf("%s: %d: %v", lang, n, err)
		}
		return form
	}
}

// wholeForms are the forms that whole numbers up to 1,000 take, in order of CLDR's names; "many" of French, Spanish, Italian and Portuguese begins at a
// million, that of Czech is for parts.
var wholeForms = map[string]string{
	"en": "one other", "de": "one other", "fr": "one other", "es": "one other", "it": "one other", "pt": "one other", "nl": "one other", "sv": "one other",
	"nb": "one other", "da": "one other", "fi": "one other", "pl": "few many one", "cs": "few one other", "uk": "few many one", "tr": "one other", "el": "one other",
}

// alsoForms may stand there too.
var alsoForms = map[string]string{"fr": "many", "es": "many", "it": "many", "pt": "many", "pl": "other", "cs": "many", "uk": "other"}

func TestPluralRules(t *testing.T) {
	for _, l := range planned {
		form, found := formOf(t, l.Tag), map[string]bool{}
		for n := range 1001 {
			found[form(n)] = true
		}
		var got []string
		for f := range found {
			got = append(got, f)
		}
		slices.Sort(got)
		if diff := cmp.Diff(wholeForms[l.Tag], strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: forms of 0..1000:\n%s", l.Tag, diff)
		}
	}
	for _, tt := range []struct {
		lang string
		n    int
		want string
	}{
		{"fr", 0, "one"},
		{"pt", 0, "one"},
		{"en", 0, "other"},
		{"es", 0, "other"},
		{"pl", 22, "few"},
		{"pl", 12, "many"},
		{"pl", 21, "many"},
		{"uk", 21, "one"},
		{"uk", 11, "many"},
		{"uk", 24, "few"},
		{"cs", 4, "few"},
		{"cs", 5, "other"},
		{"tr", 1, "one"},
		{"fr", 1_000_000, "many"},
	} {
		if got := formOf(t, tt.lang)(tt.n); got != tt.want {
			t.Errorf("%s: %d takes %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
}

// TestEveryNumberFindsItsForm goes through every text that counts, in every language: no whole number up to 1,000 may fall back to a form of another
// number, and each form says everything that the others say.
func TestEveryNumberFindsItsForm(t *testing.T) {
	for _, l := range languages {
		form := formOf(t, l.Tag)
		byNumber := make([]string, 1001)
		for n := range byNumber {
			byNumber[n] = form(n)
		}
		may := strings.Fields(wholeForms[l.Tag] + " " + alsoForms[l.Tag] + " other description")
		for _, part := range parts(t) {
			for id, f := range texts(t, part, l.Tag) {
				for name, text := range f {
					if !slices.Contains(may, name) {
						t.Errorf("%s (%s): form %q does not exist in this language", id, l.Tag, name)
					}
					if name == "description" {
						continue
					}
					for _, p := range placeholders(f) {
						if p != "{{.Count}}" && !strings.Contains(text, p) {
							t.Errorf("%s (%s): form %q lacks %s", id, l.Tag, name, p)
						}
					}
				}
				if !counts(f) {
					continue
				}
				for n, name := range byNumber {
					if f[name] == "" {
						t.Errorf("%s (%s): no form %q for %d", id, l.Tag, name, n)
						break
					}
					// "one" without its number is for languages where it is 1 alone, or for what is never 0.
					if name == "one" && n > 1 && !strings.Contains(f[name], "{{.Count}}") && strings.Contains(f["other"], "{{.Count}}") {
						t.Errorf("%s (%s): %q is for %d too and does not say so", id, l.Tag, f[name], n)
						break
					}
				}
			}
		}
	}
}

// Every text prints, in every language, with its values and for numbers of every form.
func TestEveryTextPrints(t *testing.T) {
	for _, l := range languages {
		p := New(l.Tag)
		for _, part := range parts(t) {
			for id, f := range texts(t, part, l.Tag) {
				var args []any
				for _, ph := range placeholders(f) {
					if name := strings.TrimSuffix(strings.TrimPrefix(ph, "{{."), "}}"); name != "Count" {
						args = append(args, name, "<"+name+">")
					}
				}
				for _, n := range []int{0, 1, 2, 5, 11, 21, 22, 1_000_000} {
					if text := p.T(Message(id), append(args, "Count", n)...); text == id || strings.Contains(text, "{{") || strings.Contains(text, "no value") {
						t.Errorf("%s (%s) with %d prints %q", id, l.Tag, n, text)
					}
					if !counts(f) {
						break
					}
				}
			}
		}
	}
}
