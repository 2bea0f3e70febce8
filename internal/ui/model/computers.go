package model

import (
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
)

// ComputersView is the tab of the computers that give a code without a network.
type ComputersView struct {
	Title, Text string
	Rows        []ComputerRow
	EmptyTitle  string // in place of rows: when a computer appears here
	EmptyText   string
	Scan        string // "Scan the code on the computer's screen"
}

// ComputerRow is one computer.
type ComputerRow struct {
	Grant  authn.GrantID
	Icon   string // what the machine looks like
	Name   string
	Second string // "Signed in today 10:32", and with several accounts whose it is
	Tone   Tone
	Sign   string // icon of the status
	Status string // "37 codes left"
	Rest   string // "to 17 March"
	Gives  bool   // there are codes for it
}

// Computers is the view of PageComputers.
func (a *App) Computers() ComputersView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, t := a.cfg.Core.State(), a.print
	v := ComputersView{
		Title: t.T("app.computers.title"), Text: t.T("app.computers.text"), Scan: t.T("app.computers.scan"),
		EmptyTitle: t.T("app.computers.none"), EmptyText: t.T("app.computers.none_text"),
	}
	for _, c := range s.Computers {
		v.Rows = append(v.Rows, a.computerRow(c, len(s.Accounts) > 1))
	}
	return v
}

func (a *App) computerRow(c phone.Computer, several bool) ComputerRow {
	t, now := a.print, a.cfg.Now()
	v := ComputerRow{Grant: c.Grant, Icon: machine(c.Name), Name: c.Name, Gives: c.Gives()}
	if !c.SignedInAt.IsZero() {
		v.Second = t.T("app.computers.signed_in", "When", t.When(c.SignedInAt, now))
	}
	if several {
		v.Second = strings.TrimSpace(v.Second + "\n" + t.T("app.request.account_at", "Login", c.Login, "Organisation", c.Organisation))
	}
	switch c.State {
	case phone.ComputerReady:
		v.Tone, v.Sign, v.Status = Good, "check-circle-fill", t.T("app.computers.left", "Count", c.CodesLeft)
		v.Rest = t.T("app.computers.until", "Day", a.dayOf(c.Until))
	case phone.ComputerFew:
		v.Tone, v.Sign, v.Status = Wait, "warning-fill", t.T("app.computers.few", "Count", c.CodesLeft)
	case phone.ComputerNoList:
		v.Tone, v.Sign, v.Status = Quiet, "qr", t.T("app.computers.no_list")
	case phone.ComputerOld:
		v.Tone, v.Sign, v.Status = Quiet, "history", t.T("app.computers.old")
	case phone.ComputerStolen:
		v.Tone, v.Sign, v.Status = Bad, "prohibit-fill", t.T("app.computers.stolen")
	default:
		v.Tone, v.Sign, v.Status = Bad, "prohibit-fill", t.T("app.computers.revoked")
	}
	return v
}

// dayOf is a day, with its year if that is not this year's; it does not break between two lines. mu must be held.
func (a *App) dayOf(at time.Time) string {
	now := a.cfg.Now()
	at = at.In(now.Location())
	day := a.print.DayOfYear(at)
	if at.Year() != now.Year() {
		day = a.print.Day(at)
	}
	return strings.ReplaceAll(day, " ", "\u00a0")
}

// machine guesses from a name what the computer looks like. Nobody says it, and nothing depends on it but the picture before the name.
func machine(name string) string {
	lower := strings.ToLower(name)
	for _, m := range []struct {
		icon  string
		parts []string
	}{
		{"laptop", []string{"laptop", "notebook", "book", "thinkpad"}},
		{"tower", []string{"warehouse", "lager", "server", "tower", "workstation"}},
		{"computers", []string{"pc", "desk", "office", "front"}},
	} {
		for _, p := range m.parts {
			if strings.Contains(lower, p) {
				return m.icon
			}
		}
	}
	return "laptop"
}

// ShowComputer is the tap on a computer: the next code of its list, or why there is none. One without a list is scanned.
func (a *App) ShowComputer(id authn.GrantID) {
	c, ok := computerOf(a.cfg.Core.State(), id)
	a.mu.Lock()
	busy := a.busy[laneOther] != "" // a second tap
	a.mu.Unlock()
	switch {
	case busy:
	case !ok:
		a.failFor(c, authn.ErrGrantUnknown)
	case c.State == phone.ComputerNoList:
		a.OpenScan()
	case !c.Gives():
		a.failFor(c, whyNone(c))
	default:
		o := &offlineState{page: PageListCode, computer: c}
		a.openOffline(o)
		a.showCode(o, a.cfg.Core.ListCode)
	}
}

func computerOf(s phone.State, id authn.GrantID) (phone.Computer, bool) {
	for _, c := range s.Computers {
		if c.Grant == id {
			return c, true
		}
	}
	return phone.Computer{}, false
}

// whyNone is why there are no codes for a computer; nil when there are.
func whyNone(c phone.Computer) error {
	switch {
	case c.Gives():
		return nil
	case c.State == phone.ComputerOld:
		return authn.ErrGrantOver
	case c.State == phone.ComputerStolen:
		return authn.ErrGrantStolen
	}
	return authn.ErrGrantRevoked
}

// failFor shows an error page, with the service desk of the computer's organization.
func (a *App) failFor(c phone.Computer, err error) {
	a.change(func() { a.failure = a.faultFor(c, err) })
}

// faultFor is faultOf for a computer; mu must be held.
func (a *App) faultFor(c phone.Computer, err error) *Fault {
	f := a.faultOf(err)
	if acc, ok := a.cfg.Core.State().Account(c.Account); ok {
		f.Support = acc.Support
	}
	return &f
}
