package translations

import (
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		name   string
		wishes []string
		want   string
	}{
		{"nothing", nil, "en"},
		{"empty", []string{""}, "en"},
		{"tag", []string{"de"}, "de"},
		{"region", []string{"de-AT"}, "de"},
		{"POSIX locale", []string{"de_DE.UTF-8"}, "de"},
		{"POSIX locale with modifier", []string{"de_DE.UTF-8@euro"}, "de"},
		{"C locale", []string{"C.UTF-8"}, "en"},
		{"header", []string{"ja-JP, de;q=0.8, en;q=0.7"}, "de"},
		{"region of a language with another name", []string{"no-NO"}, "nb"},
		{"its sister", []string{"nn_NO.UTF-8"}, "nb"},
		{"Brazil", []string{"pt-BR"}, "pt"},
		{"script", []string{"uk-Cyrl-UA"}, "uk"},
		{"Swedish of Finland", []string{"sv-FI, fi;q=0.5"}, "sv"},
		{"list of locales", []string{"el_GR:tr"}, "el"},
		{"POSIX", []string{"POSIX", "cs"}, "cs"},
		{"Traditional Chinese", []string{"zh-Hant-TW"}, "en"},
		{"header with quality in order", []string{"en;q=0.5, de;q=0.9"}, "de"},
		{"choice before header", []string{"en", "de"}, "en"},
		{"no choice", []string{"", "de-CH"}, "de"},
		{"unknown choice", []string{"xx", "de"}, "de"},
		{"nonsense", []string{"\x00;;q=ä", "de"}, "de"},
		{"not one of ours", []string{"ja"}, "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Match(tt.wishes...); got != tt.want {
				t.Errorf("Match(%q) = %q, want %q", tt.wishes, got, tt.want)
			}
		})
	}
}

func TestPrinter(t *testing.T) {
	en, de := New("en"), New("de")
	if got := en.T("time.minutes", "Count", 1); got != "1 minute" {
		t.Errorf("one: got %q", got)
	}
	if got := de.T("time.minutes", "Count", 2); got != "2 Minuten" {
		t.Errorf("other: got %q", got)
	}
	if got := en.T("time.minutes"); got != "time.minutes" {
		t.Errorf("without its value: got %q, want the id", got)
	}
	if got := de.T("no.such.text"); got != "no.such.text" { // not an id of ours: the first part is none of the files
		t.Errorf("unknown: got %q, want the id", got)
	}
	if got := New("nonsense", "de").Language(); got != "de" {
		t.Errorf("language is %q", got)
	}
	if got := Languages()[0]; got.Tag != "en" || got.Name != "English" {
		t.Errorf("the fallback is %v", got)
	}
}

func TestClock(t *testing.T) {
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 3, 3, 0, 40, 5, 0, zone)
	en, de := New("en"), New("de")
	tests := []struct{ name, got, want string }{
		{"clock", en.Clock(now), "00:40"},
		{"seconds", en.ClockSeconds(now), "00:40:05"},
		{"day", en.Day(now), "3 March 2026"},
		{"day in German", de.Day(time.Date(2026, 1, 12, 9, 0, 0, 0, zone)), "12. Januar 2026"},
		{"today", en.When(now.Add(-30*time.Minute), now), "today 00:10"},
		{"yesterday an hour ago", de.When(now.Add(-time.Hour), now), "gestern 23:40"},
		{"yesterday by now's zone", en.When(now.Add(-time.Hour).UTC(), now), "yesterday 23:40"},
		{"this year", en.When(time.Date(2026, 2, 9, 8, 0, 0, 0, zone), now), "9 February"},
		{"last year", en.When(time.Date(2025, 11, 14, 8, 0, 0, 0, zone), now), "14 November 2025"},
		{"the future is a date", en.When(now.Add(30*time.Hour), now), "4 March"},
		{"heading", en.Heading(now, now), "Today, 3 March"},
		{"heading of yesterday", de.Heading(now.Add(-24*time.Hour), now), "Gestern, 2. März"},
		{"heading before", en.Heading(now.Add(-48*time.Hour), now), "1 March"},
		{"left", en.Left(9*time.Minute + 24*time.Second), "9:24"},
		{"left, part of a second", en.Left(7100 * time.Millisecond), "0:08"},
		{"nothing left", en.Left(-time.Second), "0:00"},
		{"wait", en.Wait(23500 * time.Millisecond), "24 seconds"},
		{"wait one", en.Wait(time.Millisecond), "1 second"},
		{"wait nothing", en.Wait(0), "1 second"},
		{"wait minutes", de.Wait(121 * time.Second), "3 Minuten"},
		{"wait hours", en.Wait(2 * time.Hour), "2 hours"},
		{"wait days", de.Wait(72 * time.Hour), "3 Tagen"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if strings.Contains(en.Clock(time.Date(2026, 1, 1, 15, 0, 0, 0, zone)), "PM") {
		t.Error("the clock has 24 hours")
	}
}

func TestShortTimes(t *testing.T) {
	now := time.Date(2026, 3, 3, 10, 33, 0, 0, time.UTC)
	for _, tt := range []struct {
		at                               time.Time
		short, brief, shortDE, briefInDE string
	}{
		{now.Add(7 * time.Hour), "Today 17:33", "17:33", "Heute 17:33", "17:33"},
		{now.Add(-11 * time.Hour), "Yesterday 23:33", "2 Mar", "Gestern 23:33", "2. März"},
		{now.Add(24 * time.Hour), "Tomorrow 10:33", "4 Mar", "Morgen 10:33", "4. März"},
		{time.Date(2026, 2, 9, 12, 0, 0, 0, time.UTC), "9 Feb 12:00", "9 Feb", "9. Feb. 12:00", "9. Feb."},
		{time.Date(2025, 11, 14, 9, 0, 0, 0, time.UTC), "14 Nov 2025", "14 Nov", "14. Nov. 2025", "14. Nov."},
		{time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC), "1 May 2024", "1 May 2024", "1. Mai 2024", "1. Mai 2024"},
		{time.Date(2026, 3, 3, 0, 30, 0, 0, time.FixedZone("", 3600)), "Yesterday 23:30", "2 Mar", "Gestern 23:30", "2. März"},
	} {
		en, de := New("en"), New("de")
		got := []string{en.Short(tt.at, now), en.Brief(tt.at, now), de.Short(tt.at, now), de.Brief(tt.at, now)}
		want := []string{tt.short, tt.brief, tt.shortDE, tt.briefInDE}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: got %q, want %q", tt.at, got[i], want[i])
			}
		}
	}
}
