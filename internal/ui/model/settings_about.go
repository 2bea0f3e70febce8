package model

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"avow/assets/licences"
)

// Build is how the program was made.
type Build struct {
	Commit string    // of the source; "" when the build does not say
	At     time.Time // of the commit
	Dirty  bool      // there were changes that no commit has
	Go     string    // go1.26.0
	System string    // linux/amd64
}

// ThisBuild is how the running program was made.
func ThisBuild() Build {
	b := Build{Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.At, _ = time.Parse(time.RFC3339, s.Value)
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
}

// AboutView is the view of PageAbout.
type AboutView struct {
	Title, Version string
	Facts          []Fact
	Keys           string // where the keys of this device are kept; ""
	Licence, Parts string
	Show           string // leads to the licences
}

// About is the view of PageAbout.
func (a *App) About() AboutView {
	s := a.SettingsView()
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := AboutView{
		Title: t.T("app.settings.about"), Version: s.Version, Keys: s.Keys, Licence: t.T("app.about.licence"), Parts: t.T("app.about.parts"), Show: t.T("app.licences.title"),
	}
	fact := func(label, value string) {
		if value != "" {
			v.Facts = append(v.Facts, Fact{Label: label, Value: value})
		}
	}
	commit := s.Build.Commit
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if s.Build.Dirty && commit != "" {
		commit += "+"
	}
	fact(t.T("app.about.commit"), commit)
	if !s.Build.At.IsZero() {
		fact(t.T("app.about.date"), t.Day(s.Build.At))
	}
	fact(t.T("app.about.toolchain"), strings.TrimPrefix(s.Build.Go, "go"))
	fact(t.T("app.about.system"), s.Build.System)
	return v
}

// pseudo is what Go puts into the version of a module that has none there: only the commit says something to people.
var pseudo = regexp.MustCompile(`-(0\.)?[0-9]{14}-([0-9a-f]{7})[0-9a-f]{5}$`)

// LicenceRow is a module in the list.
type LicenceRow struct {
	Path, Version, Licence string
}

// Licences are the modules whose path or licence contains a text, without regard to case.
func (a *App) Licences(text string) (rows []LicenceRow) {
	want := strings.ToLower(strings.TrimSpace(text))
	for _, m := range licences.All().Modules {
		if strings.Contains(strings.ToLower(m.Path+" "+m.Licence), want) {
			rows = append(rows, LicenceRow{m.Path, pseudo.ReplaceAllString(m.Version, "+$2"), m.Licence})
		}
	}
	return rows
}

// OpenLicence opens the text of a module's licence.
func (a *App) OpenLicence(path string) {
	a.Open(PageLicence)
	a.change(func() { a.licence = path })
}

// LicenceView is the view of PageLicence.
type LicenceView struct{ Title, Sub, Text string }

// Licence is the view of PageLicence.
func (a *App) Licence() LicenceView {
	a.mu.Lock()
	path := a.licence
	a.mu.Unlock()
	l := licences.All()
	for _, m := range l.Modules {
		if m.Path == path {
			return LicenceView{Title: m.Path, Sub: strings.TrimSpace(m.Version + "  " + m.Licence), Text: flowing(l.Text(m))}
		}
	}
	return LicenceView{Title: path}
}

// flowing takes the breaks out of lines that were broken for a terminal, so that they can be broken for a phone. Words, paragraphs and lists stay as they are.
func flowing(text string) string {
	const full = 50 // a line that is shorter ends for a reason
	var b strings.Builder
	before := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n")
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case b.Len() == 0:
		case before >= full && trimmed != "" && !strings.ContainsRune("*-•(", rune(trimmed[0])) && (trimmed[0] < '0' || trimmed[0] > '9'):
			b.WriteByte(' ')
			before = len(line)
			b.WriteString(trimmed)
			continue
		default:
			b.WriteByte('\n')
		}
		b.WriteString(line)
		before = len(line)
	}
	return b.String()
}
