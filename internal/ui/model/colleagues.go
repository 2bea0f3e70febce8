package model

import (
	"context"
	"errors"
	"slices"
	"strings"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// colleaguesState is the list of colleagues while its page is open, and what was changed in it.
type colleaguesState struct {
	account phone.AccountID
	list    *phone.ColleagueList // nil until it came
	logins  []string
	needed  int
	wrong   string // below the field
}

// ColleaguesView is the page of who may bring the account back together when phone and code are lost.
type ColleaguesView struct {
	Title, Text string
	Loading     bool
	Head, Words string
	Rows        []ColleagueRow
	Needed      string // "2 of 3 have to say yes"
	Fewer, More bool   // it can be changed
	Hold        string
	Wrong       string
	Save        string // "" while nothing was changed
}

// ColleagueRow is one of them.
type ColleagueRow struct {
	Login, Name string
	Tone        Tone
	Sign        string
	Status      string
}

// OpenColleagues opens the page and asks for the list.
func (a *App) OpenColleagues() {
	var id phone.AccountID
	a.change(func() {
		acc, ok := a.restoreAccount(a.cfg.Core.State())
		if !ok {
			return
		}
		id = acc.ID
		a.colleagues = colleaguesState{account: id}
		a.stack, a.fault = append(a.stack, PageColleagues), nil
	})
	var list phone.ColleagueList
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		list, err = a.cfg.Core.Colleagues(ctx, id)
		return err
	}, func(err error) { a.colleaguesCame(id, list, err) })
}

func (a *App) colleaguesCame(id phone.AccountID, list phone.ColleagueList, err error) {
	a.change(func() {
		switch {
		case a.colleagues.account != id || errors.Is(err, platform.ErrCanceled):
		case err == nil:
			a.colleagues = colleaguesState{account: id, list: &list, needed: list.Needed}
			for _, c := range list.Colleagues {
				a.colleagues.logins = append(a.colleagues.logins, c.Login)
			}
		default:
			f := a.faultOf(err)
			a.fault = &f
		}
	})
}

// Colleagues is the view of PageColleagues.
func (a *App) Colleagues() ColleaguesView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, c := a.print, a.colleagues
	v := ColleaguesView{Title: t.T("app.colleagues.title"), Text: t.T("app.colleagues.text"), Wrong: c.wrong, Loading: c.list == nil && a.fault == nil}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	if c.list == nil {
		return v
	}
	for _, login := range c.logins {
		row := ColleagueRow{Login: login, Name: login, Tone: Wait, Sign: "clock-fill", Status: t.T("app.colleagues.new")}
		for _, known := range c.list.Colleagues {
			if known.Login == login {
				row.Name, row.Tone, row.Sign, row.Status = known.Name, Good, "check-circle-fill", t.T("app.colleagues.ready")
				if !known.Ready {
					row.Tone, row.Sign, row.Status = Wait, "warning-fill", t.T("app.colleagues.not_ready")
				}
			}
		}
		v.Rows = append(v.Rows, row)
	}
	if n := len(c.logins); n > 0 {
		v.Needed = t.T("app.colleagues.needed", "Number", c.needed, "Total", n)
		v.Fewer, v.More = c.needed > max(1, c.list.Least), c.needed < n
		v.Hold = t.T("app.colleagues.hold", "Wait", t.Wait(c.list.Hold))
	}
	if a.colleaguesChanged() {
		v.Save = t.T("app.colleagues.save")
	}
	return v
}

// colleaguesChanged reports whether there is something to be saved; mu must be held.
func (a *App) colleaguesChanged() bool {
	c := a.colleagues
	if c.list == nil {
		return false
	}
	var was []string
	for _, x := range c.list.Colleagues {
		was = append(was, x.Login)
	}
	return !slices.Equal(was, c.logins) || c.needed != c.list.Needed
}

// AddColleague puts somebody on the list; nothing is said to anybody yet.
func (a *App) AddColleague(login string) {
	login = strings.TrimSpace(login)
	a.change(func() {
		c := &a.colleagues
		switch {
		case c.list == nil || a.busy[laneOther] != "":
		case login == "":
			c.wrong = a.print.T("app.colleagues.empty")
		case slices.Contains(c.logins, login):
			c.wrong = a.print.T("app.colleagues.twice")
		default:
			c.wrong = ""
			c.logins = append(slices.Clone(c.logins), login)
			c.needed = max(c.needed, 1, min(c.list.Least, len(c.logins)))
		}
	})
}

// DropColleague takes somebody off the list.
func (a *App) DropColleague(login string) {
	a.change(func() {
		c := &a.colleagues
		c.logins = slices.DeleteFunc(slices.Clone(c.logins), func(l string) bool { return l == login })
		c.needed = min(c.needed, len(c.logins))
	})
}

// NeedColleagues changes how many have to say Yes.
func (a *App) NeedColleagues(by int) {
	a.change(func() {
		c := &a.colleagues
		if c.list != nil {
			c.needed = max(1, min(c.needed+by, len(c.logins)))
		}
	})
}

// SaveColleagues verifies the user and tells the server, which tells those who were named.
func (a *App) SaveColleagues() {
	a.mu.Lock()
	c := a.colleagues
	a.mu.Unlock()
	title := a.T("app.prompt.colleagues")
	p := platform.Prompt{Title: title, Reason: a.T("app.prompt.restore_reason")}
	var list phone.ColleagueList
	a.verified(&question{title: title, lane: laneOther}, a.T("app.busy.saving"), func(ctx context.Context) error {
		var err error
		list, err = a.cfg.Core.NameColleagues(ctx, c.account, c.logins, c.needed, p)
		return err
	}, func(err error) {
		if authn.CodeOf(err) == "colleague_unknown" {
			a.change(func() { a.colleagues.wrong = a.faultOf(err).Sentence })
			return
		}
		a.colleaguesCame(c.account, list, err)
	})
}
