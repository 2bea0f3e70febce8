package model

import (
	"avow/internal/authn"
	"avow/internal/phone"
)

// unsent is an answer that did not reach the server, to be sent once more.
type unsent struct {
	request phone.Request
	kind    authn.DecisionKind
	match   phone.Match
}

// errAnsweredBefore stands in for "answered already" after an answer that may have arrived: nobody knows whose it was.
var errAnsweredBefore = authn.Fail(authn.Conflict, "already_answered", "This request has an answer already: yours, or that of another device.")

// notSent says that an answer did not reach the server. The request is still open and keeps what was typed. mu must be held.
func (a *App) notSent(r phone.Request, kind authn.DecisionKind, match phone.Match, err error) {
	t, s := a.print, a.cfg.Core.State()
	f := a.faultOf(err)
	a.away(&f, err)
	f.Title = t.T("app.unsent.no")
	if kind == authn.Approve {
		f.Title = t.T("app.unsent.yes")
	}
	acc, _ := s.Account(r.Account)
	f.Support = acc.Support
	f.Sentence = t.T("app.unsent.text", "Organisation", acc.Organisation, "Client", a.clientName(r), "Clock", t.ClockSeconds(r.Deadline))
	f.Retry = true
	for _, c := range s.Computers {
		f.Offline = f.Offline || c.Account == r.Account && c.ID == r.Client.ID && c.Gives()
	}
	a.unsent = &unsent{r, kind, match}
	a.failure = &f
}

// SendAgain sends the answer that did not arrive. A Yes asks for the user again: it is a new one.
func (a *App) SendAgain() {
	var u *unsent
	a.change(func() {
		u = a.unsent
		a.failure = nil
	})
	switch {
	case u == nil:
	case u.kind == authn.Approve:
		a.approve(u.request, u.match)
	default:
		a.refuse(u.kind)
	}
}

// GetOfflineCode leaves the answer that could not be sent for a code of the computer that asks.
func (a *App) GetOfflineCode() {
	a.change(func() {
		if a.unsent != nil {
			a.later[a.unsent.request.ID] = true // it does not cover the code
		}
		a.failure, a.unsent, a.request = nil, nil, requestState{}
	})
	a.GoTo(PageComputers)
}

// LookAtDevices leaves the news that another device has answered for the list of devices.
func (a *App) LookAtDevices() {
	a.change(func() { a.failure = nil })
	a.OpenDevices()
}

// clientName is who asks, as the screen names it.
func (a *App) clientName(r phone.Request) string {
	if isPractice(r) {
		return a.print.T("app.practice.computer")
	}
	return r.Client.Name
}

// closedFault says why the request that was looked at went away: it was answered elsewhere, taken back, or its time is over. mu must be held.
func (a *App) closedFault(asked phone.Request, e phone.Event) Fault {
	t, client := a.print, a.clientName(asked)
	f := Fault{Title: t.T("app.closed.elsewhere"), Sentence: t.T("app.fault.decided")}
	own := e.Answer != "" && e.Answer == asked.Account
	if e.By != "" {
		f.Title = t.T("app.closed.by", "Device", e.By)
	}
	switch e.State {
	case authn.RequestExpired:
		f.Title, f.Sentence = t.T("app.closed.late"), t.T("app.closed.late_text", "Client", client)
		if isPractice(asked) {
			f.Sentence = t.T("app.practice.late")
		}
	case authn.RequestCancelled:
		f.Title, f.Sentence = t.T("app.closed.cancelled", "Client", client), t.T("app.fault.request_cancelled")
	case authn.RequestFailed:
		f = a.faultOf(authn.ErrRequestFailed)
	case authn.RequestApproved, authn.RequestRedeemed:
		f.Sentence, f.Devices = t.T("app.closed.yes", "Client", client), !own
	case authn.RequestDenied:
		f.Sentence = t.T("app.closed.no", "Client", client)
	case authn.RequestReported:
		f.Sentence = t.T("app.closed.not_me", "Client", client)
	}
	if own {
		f.Title, f.Sentence = t.T("app.closed.arrived"), t.T("app.closed.arrived_text", "Client", client)
	}
	f.Code, f.Calm = "", true
	return f
}
