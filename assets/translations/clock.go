package translations

import (
	"fmt"
	"strings"
	"time"
)

var months = [...]Message{
	"time.january", "time.february", "time.march", "time.april", "time.may", "time.june",
	"time.july", "time.august", "time.september", "time.october", "time.november", "time.december",
}

var shortMonths = [...]Message{
	"time.jan", "time.feb", "time.mar", "time.apr", "time.may_short", "time.jun",
	"time.jul", "time.aug", "time.sep", "time.oct", "time.nov", "time.dec",
}

// Clock is the time of day, 24 hours: 10:32, in Finnish and Danish 10.32. The zone is that of t, here and in all that follows.
func (p *Printer) Clock(t time.Time) string { return p.clock(t, "15:04") }

// ClockSeconds is the time of day to the second: 10:32:05.
func (p *Printer) ClockSeconds(t time.Time) string { return p.clock(t, "15:04:05") }

func (p *Printer) clock(t time.Time, form string) string {
	s := t.Format(form)
	if signs[p.lang].dotted {
		s = strings.ReplaceAll(s, ":", ".")
	}
	return s
}

// Day is the date in full: 12 January 2026, 12. Januar 2026.
func (p *Printer) Day(t time.Time) string {
	return p.T("time.day", "Day", t.Day(), "Month", p.T(months[t.Month()-1]), "Year", t.Year())
}

// DayOfYear is the date without its year, for dates of this year: 9 February, 9. Februar.
func (p *Printer) DayOfYear(t time.Time) string {
	return p.T("time.day_of_year", "Day", t.Day(), "Month", p.T(months[t.Month()-1]))
}

// When says when something was, within a sentence: "today 10:32", "yesterday 18:20", then the date, with its year if that
// is not the year of now. Both times count in the zone of now.
func (p *Printer) When(t, now time.Time) string {
	t = t.In(now.Location())
	switch DaysBetween(t, now) {
	case 0:
		return p.T("time.today_at", "Clock", p.Clock(t))
	case 1:
		return p.T("time.yesterday_at", "Clock", p.Clock(t))
	}
	return p.date(t, now)
}

// Soon says when something will be, within a sentence: "today 18:20", "tomorrow 09:00", "5 March 12:00". Both times count in the zone of now.
func (p *Printer) Soon(t, now time.Time) string {
	t = t.In(now.Location())
	switch DaysBetween(t, now) {
	case 0:
		return p.T("time.today_at", "Clock", p.Clock(t))
	case -1:
		return p.T("time.tomorrow_at", "Clock", p.Clock(t))
	}
	return p.T("time.short_clock", "Day", p.date(t, now), "Clock", p.Clock(t))
}

// Short says when something is, as it stands alone in a table: "Today 18:00", "Tomorrow 09:00", "1 Mar 12:00", "14 Nov 2025".
// Both times count in the zone of now.
func (p *Printer) Short(t, now time.Time) string {
	t = t.In(now.Location())
	switch DaysBetween(t, now) {
	case 0:
		return p.T("time.short_today", "Clock", p.Clock(t))
	case 1:
		return p.T("time.short_yesterday", "Clock", p.Clock(t))
	case -1:
		return p.T("time.short_tomorrow", "Clock", p.Clock(t))
	}
	if t.Year() == now.Year() {
		return p.T("time.short_clock", "Day", p.shortDay(t), "Clock", p.Clock(t))
	}
	return p.T("time.short_year", "Day", p.shortDay(t), "Year", t.Year())
}

// Brief is shorter: the time of day for today, else the day: "10:31", "14 Nov", "14 Nov 2024" more than half a year away.
func (p *Printer) Brief(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case DaysBetween(t, now) == 0:
		return p.Clock(t)
	case now.Sub(t).Abs() < 183*24*time.Hour:
		return p.shortDay(t)
	}
	return p.T("time.short_year", "Day", p.shortDay(t), "Year", t.Year())
}

func (p *Printer) shortDay(t time.Time) string {
	return p.T("time.short_day", "Day", t.Day(), "Month", p.T(shortMonths[t.Month()-1]))
}

// Heading is a day above a list: "Today, 3 March", "Yesterday, 2 March", "1 March".
func (p *Printer) Heading(t, now time.Time) string {
	t = t.In(now.Location())
	switch DaysBetween(t, now) {
	case 0:
		return p.T("time.today", "Day", p.DayOfYear(t))
	case 1:
		return p.T("time.yesterday", "Day", p.DayOfYear(t))
	}
	return p.date(t, now)
}

func (p *Printer) date(t, now time.Time) string {
	if t.Year() == now.Year() {
		return p.DayOfYear(t)
	}
	return p.Day(t)
}

// DaysBetween counts the midnights from t to now, not spans of 24 hours: yesterday can be an hour ago, and a day can have 23 hours. It is negative when t comes later.
func DaysBetween(t, now time.Time) int {
	a := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	b := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return int(b.Sub(a).Hours() / 24)
}

// Left is the time left as a ring shows it: 9:24, 0:08. Nothing left is 0:00; part of a second counts as one, so that
// 0:00 is never shown while time is left.
func (p *Printer) Left(d time.Duration) string {
	s := max(0, (d+time.Second-1)/time.Second)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Wait is a span in words, rounded up, as it stands after "in" (German: dative): "24 seconds", "1 minute", "3 hours", "2 days".
func (p *Printer) Wait(d time.Duration) string {
	count := func(unit time.Duration) int { return int((max(d, 1) + unit - 1) / unit) }
	switch {
	case d <= 90*time.Second:
		return p.T("time.seconds", "Count", count(time.Second))
	case d <= 90*time.Minute:
		return p.T("time.minutes", "Count", count(time.Minute))
	case d <= 36*time.Hour:
		return p.T("time.hours", "Count", count(time.Hour))
	}
	return p.T("time.days", "Count", count(24*time.Hour))
}
