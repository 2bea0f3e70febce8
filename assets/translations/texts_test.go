package translations

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forms are the plural forms of one text; one without forms has "other" only.
type forms map[string]string

// texts reads all files of a part ("web") and language as they are, not through go-i18n, which would hide what is missing.
func texts(t *testing.T, part, lang string) map[string]forms {
	t.Helper()
	b, err := files.ReadFile(part + "." + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s.%s.json: %v", part, lang, err)
	}
	out := map[string]forms{}
	for id, v := range raw {
		var one string
		if json.Unmarshal(v, &one) == nil {
			out[id] = forms{"other": one}
			continue
		}
		f := forms{}
		if err := json.Unmarshal(v, &f); err != nil {
			t.Fatalf("%s.%s.json: %s is neither a text nor plural forms", part, lang, id)
		}
		out[id] = f
	}
	return out
}

// parts lists the first halves of the file names: app, notice, time, web.
func parts(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(files, "*.en.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".en.json")
	}
	return names
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

func placeholders(f forms) []string {
	found := placeholder.FindAllString(f["other"], -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// counts tells whether a text has plural forms.
func counts(f forms) bool { return len(f) > 1 }

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	for _, part := range parts(t) {
		english := texts(t, part, "en")
		for id := range english {
			if !strings.HasPrefix(id, part+".") {
				t.Errorf("%s.en.json: id %q does not begin with %q", part, id, part+".")
			}
		}
		for _, l := range languages[1:] {
			other := texts(t, part, l.Tag)
			if diff := cmp.Diff(ids(english), ids(other)); diff != "" {
				t.Errorf("%s: ids differ between en and %s:\n%s", part, l.Tag, diff)
			}
			for id, f := range english {
				if diff := cmp.Diff(placeholders(f), placeholders(other[id])); diff != "" {
					t.Errorf("%s: placeholders differ between en and %s:\n%s", id, l.Tag, diff)
				}
				if counts(f) != counts(other[id]) {
					t.Errorf("%s: has plural forms in one language and none in %s", id, l.Tag)
				}
			}
		}
	}
}

// planned are the languages that the app is to speak, with what a person calls them.
var planned = []Language{
	{"en", "English"},
	{"de", "Deutsch"},
	{"fr", "Français"},
	{"es", "Español"},
	{"it", "Italiano"},
	{"pt", "Português"},
	{"nl", "Nederlands"},
	{"sv", "Svenska"},
	{"nb", "Norsk bokmål"},
	{"da", "Dansk"},
	{"fi", "Suomi"},
	{"pl", "Polski"},
	{"cs", "Čeština"},
	{"uk", "Українська"},
	{"tr", "Türkçe"},
	{"el", "Ελληνικά"},
}

// TestLanguagesAreComplete: a language can be chosen when all its files are there, and not before; no file stands there that nobody reads.
func TestLanguagesAreComplete(t *testing.T) {
	var complete []Language
	expected := map[string]bool{}
	for _, l := range planned {
		have := 0
		for _, part := range parts(t) {
			name := part + "." + l.Tag + ".json"
			expected[name] = true
			if _, err := fs.Stat(files, name); err == nil {
				have++
			}
		}
		if have == len(parts(t)) {
			complete = append(complete, l)
		} else {
			t.Logf("%s (%s) has %d of %d files", l.Name, l.Tag, have, len(parts(t)))
		}
	}
	if diff := cmp.Diff(complete, Languages()); diff != "" {
		t.Errorf("the languages whose files are all there (-) are not those that can be chosen (+):\n%s", diff)
	}
	all, err := fs.Glob(files, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if !expected[name] {
			t.Errorf("%s: a file of no part or no language of ours", name)
		}
	}
}

func ids(m map[string]forms) []string {
	var out []string
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

var plain = regexp.MustCompile(`^\{\{\.[A-Z][A-Za-z]*\}\}$`)

// TestWords keeps the language of the look: nothing that only a specialist understands, nothing that begs or cheers.
func TestWords(t *testing.T) {
	banned := map[string]*regexp.Regexp{
		"en": regexp.MustCompile(`(?i)\b(tokens?|otp|totp|enrol\w*|invalid|please|oops|successful(ly)?|error|mfa|2fa|authenticat\w+|credentials?|session|challenge|!)\b|!`),
		"de": regexp.MustCompile(`(?i)\b(tokens?|otp|totp|enrol\w*|ungültig\w*|bitte|hoppla|ups|erfolgreich\w*|fehler|mfa|2fa|authentifizier\w+|session|challenge)\b|!`),
	}
	for _, part := range parts(t) {
		for _, l := range languages {
			for id, f := range texts(t, part, l.Tag) {
				for _, text := range f {
					if r := banned[l.Tag]; r != nil {
						if found := r.FindString(placeholder.ReplaceAllString(text, "")); found != "" {
							t.Errorf("%s (%s): %q says %q", id, l.Tag, text, found)
						}
					}
					if text == "" || text != strings.TrimSpace(text) || strings.Contains(text, "  ") {
						t.Errorf("%s (%s): %q is empty or has stray space", id, l.Tag, text)
					}
					if strings.Contains(text, "...") || strings.ContainsAny(text, "'\"`") {
						t.Errorf("%s (%s): %q: write … and ’ and the language's quotation marks", id, l.Tag, text)
					}
					for _, ph := range placeholder.FindAllString(text, -1) {
						if !plain.MatchString(ph) {
							t.Errorf("%s (%s): placeholder %q is not {{.Name}}", id, l.Tag, ph)
						}
					}
				}
			}
		}
	}
}

// TestIDsAreUsed compares the ids that stand in code and pages with the files, both ways.
func TestIDsAreUsed(t *testing.T) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Skip("the tree is not here: the test was built elsewhere")
	}
	names := parts(t)
	literal := regexp.MustCompile("[\"`]((?:" + strings.Join(names, "|") + `)(?:\.[a-z0-9_]+)+)["` + "`]")
	// A login in the samples looks the same.
	other := regexp.MustCompile(`^desk\.olsson$`)
	file := regexp.MustCompile(`\.(css|js|json|html|svg|png|go|db|age|log|toml|exe)$`)
	known, used := map[string]bool{}, map[string]string{}
	for _, part := range names {
		for id := range texts(t, part, "en") {
			known[id] = true
		}
	}
	for _, dir := range []string{"app", "assets", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // a folder that is not there yet has no ids
			}
			if ext := filepath.Ext(path); ext != ".go" && ext != ".html" || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
				if !file.MatchString(m[1]) && !other.MatchString(m[1]) {
					used[m[1]] = path
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for id := range known {
		if used[id] == "" {
			t.Errorf("%s: nothing uses this text", id)
		}
	}
	for id, path := range used {
		if !known[id] {
			t.Errorf("%s: %s uses this id, but there is no such text", id, path)
		}
	}
}
