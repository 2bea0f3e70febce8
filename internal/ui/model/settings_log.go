package model

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/wire"
)

// maxLogLines is how many lines the screen shows, and the service desk gets: the newest.
const maxLogLines = 300

// logState is what was done on the debug log's page.
type logState struct {
	undo    func() // brings back what was cleared; nil when nothing was
	page    Page   // that was shown last, for the trail
	filter  string
	level   LogLevel
	sending string // what PageSendLog shows, and sends
	sent    string // that it arrived
	note    string // her own line
}

// LogLevel is which lines are shown.
type LogLevel string

// The levels, in the order of the chips.
const (
	LogAll      LogLevel = ""
	LogWarnings LogLevel = "warnings"
	LogErrors   LogLevel = "errors"
)

// LogLevels are all of them.
var LogLevels = []LogLevel{LogAll, LogWarnings, LogErrors}

var logLevels = map[LogLevel]slog.Level{LogAll: slog.LevelDebug, LogWarnings: slog.LevelWarn, LogErrors: slog.LevelError}

// LogView is the view of PageDebugLog.
type LogView struct {
	Text     string // the newest lines that fit, or a sentence when there are none
	Count    string // how many fit, and how many of them are shown
	Empty    bool
	Filter   string
	Level    LogLevel
	Detailed bool
	Until    string // when details end; "" while they are off
	Undo     bool   // what was cleared can come back
	Send     bool   // there is a service desk to send it to
}

// FilterLog says which lines are shown: those that contain a text and are of the level or worse.
func (a *App) FilterLog(text string, level LogLevel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log.filter, a.log.level = text, level
}

// logFrame is what is around the lines, without reading them; mu must be held.
func (a *App) logFrame() LogView {
	t, now := a.print, a.cfg.Now()
	v := LogView{Text: t.T("app.log.empty"), Empty: true, Undo: a.log.undo != nil, Filter: a.log.filter, Level: a.log.level}
	_, v.Send = a.deskAccount(a.cfg.Core.State())
	if until := a.cfg.Settings.Get().detailedUntil(); now.Before(until) {
		v.Detailed, v.Until = true, t.T("app.log.detailed_until", "When", t.Soon(until, now))
	}
	return v
}

// LogView is the view of PageDebugLog.
func (a *App) LogView() LogView {
	a.mu.Lock()
	v, t := a.logFrame(), a.print
	a.mu.Unlock()
	if a.cfg.Log == nil {
		return v
	}
	lines, total := a.cfg.Log.Lines(debuglog.Query{Text: v.Filter, Level: logLevels[v.Level], Max: maxLogLines})
	switch {
	case total == 0:
		return v
	case total > len(lines):
		v.Count = t.T("app.log.newest", "Count", len(lines), "All", total)
	default:
		v.Count = t.T("app.log.lines", "Count", total)
	}
	v.Text, v.Empty = strings.TrimSpace(debuglog.Join(lines, 0)), false
	return v
}

// LogText is everything that fits, for copying and saving.
func (a *App) LogText() string {
	if a.cfg.Log == nil {
		return ""
	}
	a.mu.Lock()
	q := debuglog.Query{Text: a.log.filter, Level: logLevels[a.log.level]}
	a.mu.Unlock()
	lines, _ := a.cfg.Log.Lines(q)
	return debuglog.Join(lines, 0)
}

// ClearLog forgets the debug log; UnclearLog brings it back.
func (a *App) ClearLog() {
	if a.cfg.Log == nil {
		return
	}
	undo := a.cfg.Log.Clear()
	a.change(func() { a.log.undo = undo })
}

// UnclearLog takes ClearLog back.
func (a *App) UnclearLog() {
	a.mu.Lock()
	undo := a.log.undo
	a.log.undo = nil
	a.mu.Unlock()
	if undo != nil {
		undo()
	}
	a.cfg.Changed()
}

// SetDetailed has details logged for a day, or no more.
func (a *App) SetDetailed(on bool) {
	until := int64(0)
	if on {
		until = a.cfg.Now().Add(debuglog.Detailed).Unix()
	}
	a.Choose(func(c *Choices) { c.DetailedUntil = until })
	a.applyDetailed()
}

// applyDetailed hands the choice to the log.
func (a *App) applyDetailed() {
	if a.cfg.Log != nil {
		a.cfg.Log.Detail(a.cfg.Settings.Get().detailedUntil())
	}
}

// trail writes, where details are wanted, which page is shown; mu must be held.
func (a *App) trail(p Page) {
	if p == a.log.page || a.cfg.Log == nil {
		return
	}
	a.log.page = p
	slog.New(a.cfg.Log).Debug("page", "page", p)
}

// leftLog forgets what belongs to the debug log's pages; mu must be held.
func (a *App) leftLog(open func(...Page) bool) {
	if !open(PageDebugLog) {
		a.log.undo, a.log.filter, a.log.level = nil, "", LogAll
	}
	if !open(PageSendLog) {
		a.log.sending, a.log.sent, a.log.note = "", "", ""
	}
}

// deskAccount is the account whose service desk a log is sent to: the one that is shown, if its server knows this device; mu must be held.
func (a *App) deskAccount(s phone.State) (phone.Account, bool) {
	acc, ok := a.shownAccount(s)
	return acc, ok && acc.Status != phone.Removed
}

// SendLogView is the view of PageSendLog.
type SendLogView struct {
	Title, Text string
	Label, Hint string // of the field for a line of her own
	Head        string // above Preview
	Preview     string // exactly what goes, but for the note
	Send        string
	Sent        string // it arrived; there is nothing to send then
	Busy        string
	Note        string // what she has written
	Wrong, Help string // what went wrong
}

// OpenSendLog takes what is in the log now, so that what is sent is what was shown.
func (a *App) OpenSendLog() {
	if a.cfg.Log == nil {
		return
	}
	lines, _ := a.cfg.Log.Lines(debuglog.Query{Level: slog.LevelDebug, Max: maxLogLines})
	a.Open(PageSendLog)
	a.change(func() { a.log.sending, a.log.sent = debuglog.Join(lines, authn.MaxDebugLog), "" })
}

// SendLogView is the view of PageSendLog.
func (a *App) SendLogView() SendLogView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	acc, _ := a.deskAccount(a.cfg.Core.State())
	v := SendLogView{
		Title: t.T("app.sendlog.title"), Text: t.T("app.sendlog.text", "Organisation", acc.Organisation, "Host", acc.Host, "Days", int(authn.DebugLogKept.Hours()/24)),
		Label: t.T("app.sendlog.note"), Hint: t.T("app.sendlog.hint"), Head: t.T("app.sendlog.head"), Preview: a.log.sending, Send: t.T("app.sendlog.send"),
		Sent: a.log.sent, Busy: a.busy[laneOther], Note: a.log.note,
	}
	if a.fault != nil {
		v.Wrong, v.Help = a.fault.Title, a.fault.Sentence
	}
	return v
}

// SendLog sends what was shown, with a line of the person's own.
func (a *App) SendLog(note string) {
	a.mu.Lock()
	acc, ok := a.deskAccount(a.cfg.Core.State())
	text := a.log.sending
	a.log.note = note
	a.mu.Unlock()
	if !ok || text == "" {
		return
	}
	var sent wire.SentDebugLog
	a.do(laneOther, a.T("app.sendlog.busy"), func(ctx context.Context) (err error) {
		sent, err = a.cfg.Core.SendDebugLog(ctx, acc.ID, note, text)
		return err
	}, func(err error) {
		a.change(func() {
			if err != nil {
				f := a.faultOf(err)
				a.fault = &f
				return
			}
			a.log.sent = a.print.T("app.sendlog.sent", "Organisation", acc.Organisation, "Day", a.print.Day(time.Unix(sent.Until, 0)))
		})
	})
}

// logStructure is structure for the debug log's pages: not the lines, which Update shows.
func (a *App) logStructure(p Page) any {
	if p == PageSendLog {
		v := a.SendLogView()
		v.Busy, v.Note = "", ""
		return v
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	v := a.logFrame()
	v.Filter, v.Level = "", LogAll
	return v
}
