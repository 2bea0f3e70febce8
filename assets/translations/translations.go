// Package translations holds every word that people read, in each language, for the app, the server's pages and its mail: one JSON
// file a part and language (app.en.json, web.de.json), in the format of go-i18n with CLDR plural forms, and the forms of times and
// dates. It knows no toolkit and no template; who prints chooses the language, at any time.
//
// An id is written as a literal where it is used, so that a search finds it; the tests of this package compare the literals of the
// whole tree with the files. Texts follow the words of the look: short, present, no exclamation mark, nothing that only a
// specialist understands.
package translations

import (
	"embed"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// Message is the id of a text: the part, which is also the file, then the screen, then what it is, as "time.minutes".
type Message string

// Language is one that can be chosen.
type Language struct {
	Tag  string // BCP 47: en
	Name string // in the language itself: English
}

// languages in the order in which a choice shows them; the first is the fallback. One stands here once all its files are there: a test compares.
var languages = []Language{
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

// Languages returns the languages that can be chosen, the fallback first.
func Languages() []Language { return append([]Language(nil), languages...) }

// Known tells whether a tag is one of Languages.
func Known(tag string) bool { return Name(tag) != "" }

// Name is the name of a language in itself; "" for one that is not ours.
func Name(tag string) string {
	for _, l := range languages {
		if l.Tag == tag {
			return l.Name
		}
	}
	return ""
}

var (
	matcher = language.NewMatcher(tags())
	// A text that lacks one of its values is a mistake that must be seen: it prints as its id, not with a gap.
	parser = &template.TextParser{Option: "missingkey=error"}
)

func tags() []language.Tag {
	out := make([]language.Tag, 0, len(languages))
	for _, l := range languages {
		out = append(out, language.MustParse(l.Tag))
	}
	return out
}

// Match returns the tag of the language that suits best: what the user chose first, then what the system or the browser says. Each
// wish is a BCP 47 tag, a POSIX locale (de_DE.UTF-8) or a list of them (el:tr), or an Accept-Language header (RFC 9110, section 12.5.4); one
// that cannot be read is skipped. Nothing that suits is the fallback, "en".
func Match(wishes ...string) string {
	for _, w := range wishes {
		w, _, _ = strings.Cut(w, "@")       // de_DE.UTF-8@euro
		w = strings.ReplaceAll(w, ":", ",") // LANGUAGE=el_GR:tr
		if name, _, posix := strings.Cut(w, "."); posix && !strings.Contains(w, ";") {
			w = name
		}
		wanted, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(w, "_", "-"))
		if err != nil || len(wanted) == 0 {
			continue
		}
		if _, i, c := matcher.Match(wanted...); c != language.No {
			return languages[i].Tag
		}
	}
	return languages[0].Tag
}

// Printer prints texts in one language. It is safe for concurrent use; to change the language make another.
type Printer struct {
	lang string
	app  string // what the app is called in place of Avow; "" for that
}

// Named is a printer of an app that has another name: wherever a text of ours speaks of Avow, it speaks of that. What a placeholder brings stays as it is.
func (p *Printer) Named(app string) *Printer {
	if app == "Avow" {
		app = ""
	}
	return &Printer{lang: p.lang, app: app}
}

// hidden stands for our name in values from outside while ours is replaced; no text has it.
const hidden = "\uE000"

// New returns a printer for the language that suits best; see Match. It is cheap: a file is read when its first text is printed.
func New(wishes ...string) *Printer { return &Printer{lang: Match(wishes...)} }

// Language returns the tag of the printer's language: "en".
func (p *Printer) Language() string { return p.lang }

// T returns the text with this id. args are the names and values of its placeholders, one after the other, as with slog:
//
//	p.T("time.minutes", "Count", 3)
//
// A whole number named Count chooses the plural form. A text that is missing in the language comes in English; one that does
// not exist, or misses a value, comes as its id.
func (p *Printer) T(id Message, args ...any) string {
	values := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = p.hide(args[i+1])
	}
	cfg := &i18n.LocalizeConfig{MessageID: string(id), TemplateParser: parser, TemplateData: values}
	if n, ok := values["Count"]; ok {
		cfg.PluralCount = n
		if n, whole := n.(int); whole {
			values["Count"] = p.Number(n)
		}
	}
	part, _, _ := strings.Cut(string(id), ".")
	for _, lang := range []string{p.lang, languages[0].Tag} {
		l := read(part, lang)
		if l == nil {
			continue
		}
		if text, _ := l.Localize(cfg); text != "" { // the error only says that another form was used
			return p.name(text)
		}
	}
	return string(id)
}

// name puts the app's name in the place of ours.
func (p *Printer) name(text string) string {
	if p.app == "" {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "Avow", p.app), hidden, "Avow")
}

func (p *Printer) hide(value any) any {
	if s, ok := value.(string); ok && p.app != "" {
		return strings.ReplaceAll(strings.ReplaceAll(s, hidden, ""), "Avow", hidden)
	}
	return value
}
