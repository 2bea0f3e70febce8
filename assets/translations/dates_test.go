package translations

import (
	"testing"
	"time"
)

// Dates as each language writes them (CLDR, long and medium without weekday): the month stands in the case that a date takes.
func TestDatesOfAllLanguages(t *testing.T) {
	day, now := time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC), time.Date(2026, 3, 12, 18, 30, 0, 0, time.UTC)
	for lang, want := range map[string]struct{ day, ofYear, short, clock, today string }{
		"en": {"1 March 2026", "1 March", "1 Mar", "18:30", "today 18:30"},
		"de": {"1. März 2026", "1. März", "1. März", "18:30", "heute 18:30"},
		"fr": {"1 mars 2026", "1 mars", "1 mars", "18:30", "aujourd’hui à 18:30"},
		"es": {"1 de marzo de 2026", "1 de marzo", "1 mar", "18:30", "hoy a las 18:30"},
		"it": {"1 marzo 2026", "1 marzo", "1 mar", "18:30", "oggi alle 18:30"},
		"pt": {"1 de março de 2026", "1 de março", "1 mar.", "18:30", "hoje às 18:30"},
		"nl": {"1 maart 2026", "1 maart", "1 mrt", "18:30", "vandaag om 18:30"},
		"sv": {"1 mars 2026", "1 mars", "1 mars", "18:30", "i dag 18:30"},
		"nb": {"1. mars 2026", "1. mars", "1. mars", "18:30", "i dag 18:30"},
		"da": {"1. marts 2026", "1. marts", "1. mar.", "18.30", "i dag 18.30"},
		"fi": {"1. maaliskuuta 2026", "1. maaliskuuta", "1.3.", "18.30", "tänään klo 18.30"},
		"pl": {"1 marca 2026", "1 marca", "1 mar", "18:30", "dziś 18:30"},
		"cs": {"1. března 2026", "1. března", "1. bře", "18:30", "dnes 18:30"},
		"uk": {"1 березня 2026", "1 березня", "1 бер.", "18:30", "сьогодні 18:30"},
		"tr": {"1 Mart 2026", "1 Mart", "1 Mar", "18:30", "bugün 18:30"},
		"el": {"1 Μαρτίου 2026", "1 Μαρτίου", "1 Μαρ", "18:30", "σήμερα 18:30"},
	} {
		p := New(lang)
		if p.Language() != lang {
			t.Errorf("%s is not one of the languages", lang)
			continue
		}
		for _, tt := range []struct{ what, got, want string }{
			{"day", p.Day(day), want.day},
			{"day of the year", p.DayOfYear(day), want.ofYear},
			{"brief", p.Brief(day, now), want.short},
			{"clock", p.Clock(now), want.clock},
			{"when", p.When(now, now), want.today},
		} {
			if tt.got != tt.want {
				t.Errorf("%s: %s is %q, want %q", lang, tt.what, tt.got, tt.want)
			}
		}
	}
}
