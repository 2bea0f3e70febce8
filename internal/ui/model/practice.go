package model

import (
	"context"

	"avow/internal/authn"
	"avow/internal/phone"
)

// Practice has the shown account's server ask something that signs in to nothing.
func (a *App) Practice() {
	a.mu.Lock()
	acc, ok := a.practiceAccount()
	a.mu.Unlock()
	if !ok {
		return
	}
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error {
		_, err := a.cfg.Core.Practice(ctx, acc)
		return err
	}, func(err error) {
		if err != nil {
			a.fail(err)
		}
	})
}

// practiceAccount is the one that was connected just now, or the one that is shown; mu must be held.
func (a *App) practiceAccount() (phone.AccountID, bool) {
	if a.top() == PageConnected && a.connect.account.ID != "" {
		return a.connect.account.ID, true
	}
	acc, ok := a.shownAccount(a.cfg.Core.State())
	return acc.ID, ok
}

func isPractice(r phone.Request) bool { return r.Action == authn.ActionPractice }

// practiceNumber groups the number of a practice request as a screen would show it; "" for all other requests.
func practiceNumber(r phone.Request) string {
	if !isPractice(r) || len(r.Number) != 6 {
		return ""
	}
	return r.Number[:3] + " " + r.Number[3:]
}

// practiceResult is what a real answer would have done.
func (a *App) practiceResult(kind authn.DecisionKind) string {
	switch kind {
	case authn.Approve:
		return a.print.T("app.practice.yes")
	case authn.NotMe:
		return a.print.T("app.practice.not_me")
	}
	return a.print.T("app.practice.no")
}
