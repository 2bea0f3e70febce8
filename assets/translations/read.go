package translations

import (
	"encoding/json"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// loaded are the files that were read, by part and language: *i18n.Localizer, which does not change. A phone that shows German never reads the
// server's pages, nor any Greek.
var loaded sync.Map

// file names one file of texts.
type file struct{ part, lang string }

// read returns the texts of a file, read once; nil when there is none. The files are part of the program and tested: one that is damaged counts as
// missing, and what it says comes in English.
func read(part, lang string) *i18n.Localizer {
	f := file{part, lang}
	if l, ok := loaded.Load(f); ok {
		return l.(*i18n.Localizer)
	}
	l, err := parse(f)
	if err != nil {
		l = nil
	}
	kept, _ := loaded.LoadOrStore(f, l) // who came second at the same time did the work for nothing
	return kept.(*i18n.Localizer)
}

// parse reads a file as it is.
func parse(f file) (*i18n.Localizer, error) {
	name := f.part + "." + f.lang + ".json"
	b := i18n.NewBundle(language.Make(f.lang))
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	if _, err := b.LoadMessageFileFS(files, name); err != nil {
		return nil, err
	}
	return i18n.NewLocalizer(b, f.lang), nil
}
