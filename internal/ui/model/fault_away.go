package model

import (
	"errors"

	"avow/internal/client"
	"avow/internal/phone"
)

// Away is a server that does not answer: not an error of anybody's, and what can be done without it.
type Away struct {
	Checks    []Check
	Computers bool // some give a code without a network
}

// Check is something that was looked at, and what was found.
type Check struct {
	Text, Value string
	Tone        Tone
}

// away says more of a server that can't be reached, when it is that of an account which has been without it for a while; mu must be held.
func (a *App) away(f *Fault, err error) {
	if !errors.Is(err, client.ErrUnreachable) && !errors.Is(err, client.ErrNotReady) {
		return
	}
	s, t := a.cfg.Core.State(), a.print
	f.Away = &Away{}
	for _, c := range s.Computers {
		f.Away.Computers = f.Away.Computers || c.Gives()
	}
	acc, ok := a.shownAccount(s)
	if !ok || acc.Status != phone.Unreachable {
		return
	}
	f.Title, f.Sentence = t.T("app.away.title", "Organisation", acc.Organisation), t.T("app.away.text")
	f.Away.Checks = []Check{
		{Text: acc.Host, Value: t.T("app.away.no_answer"), Tone: Bad},
		{Text: t.T("app.away.since"), Value: t.When(acc.Since, a.cfg.Now()), Tone: Quiet},
	}
}

// OfflineInstead leaves the error for the computers, which need no server.
func (a *App) OfflineInstead() {
	a.Done()
	a.GoTo(PageComputers)
}
