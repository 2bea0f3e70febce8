package authn

import (
	"fmt"
	"time"
)

// Limits against people who have a password and try to wear a user out (threat T1).
const (
	MaxOpenPerUser  = 3
	MaxNewRequests  = 5
	newWindow       = 10 * time.Minute
	MaxWrongNumbers = 3
	MaxRefusals     = 3
	refusalWindow   = time.Hour
	MuteTime        = 30 * time.Minute
)

// Guard is what the server remembers of a user's requests to hold the limits. Its lists never grow past the limits.
type Guard struct {
	User         UserID
	Opened       []time.Time // since the last success, newest last
	Refusals     []time.Time // No and "it's not me"
	WrongNumbers int         // since the last success; a new request does not reset it
	MutedUntil   time.Time
}

// Admit counts a new request, or says why there may be none now. open are the user's open requests.
func (g Guard) Admit(open []ApprovalRequest, client ClientID, now time.Time) (Guard, error) {
	n := 0
	for _, r := range open {
		if r.StateAt(now) != RequestOpen {
			continue
		}
		n++
		if r.Client == client {
			return g, Fail(TooMany, "request_open", "There is an open request for this user already. Answer or cancel it first.").After(r.Expires.Sub(now))
		}
	}
	if n >= MaxOpenPerUser {
		return g, Fail(TooMany, "too_many_open", "Too many open requests for this user. Answer them first.").After(RequestLifetime)
	}
	g.Opened = since(g.Opened, now.Add(-newWindow))
	if len(g.Opened) >= MaxNewRequests {
		wait := g.Opened[0].Add(newWindow).Sub(now)
		return g, Fail(TooMany, "too_many_requests", fmt.Sprintf("Too many requests for this user. Wait %d minutes.", int(wait.Minutes())+1)).After(wait)
	}
	g.Opened = append(g.Opened, now)
	return g, nil
}

// Approved resets what a success resets.
func (g Guard) Approved() Guard {
	g.Opened, g.Refusals, g.WrongNumbers = nil, nil, 0
	return g
}

// Refused counts a No; after three within an hour, or at once for "it's not me", push is muted.
func (g Guard) Refused(kind DecisionKind, now time.Time) (next Guard, muted bool) {
	g.Refusals = append(since(g.Refusals, now.Add(-refusalWindow)), now)
	if kind == NotMe || len(g.Refusals) >= MaxRefusals {
		g.MutedUntil, g.Refusals = now.Add(MuteTime), nil
		return g, true
	}
	return g, false
}

// Unmuted ends the silence before its time: the user says that she wants to be asked again.
func (g Guard) Unmuted() Guard {
	g.MutedUntil = time.Time{}
	return g
}

// WrongNumber counts one and reports how many tries are left; with none left the request ends.
func (g Guard) WrongNumber() (next Guard, left int) {
	g.WrongNumbers++
	return g, max(0, MaxWrongNumbers-g.WrongNumbers)
}

// Muted reports whether requests may not be pushed to the user's devices; they can still be fetched.
func (g Guard) Muted(now time.Time) bool { return now.Before(g.MutedUntil) }

func since(times []time.Time, from time.Time) []time.Time {
	kept := make([]time.Time, 0, len(times)+1)
	for _, t := range times {
		if t.After(from) {
			kept = append(kept, t)
		}
	}
	return kept
}
