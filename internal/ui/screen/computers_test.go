package screen_test

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func scanCode(g *stage) { g.model.Text(modeltest.OfflineLink(authn.GrantID{1})) }

// off has the first computer's clock off by a while.
func off(by time.Duration) func(*stage) {
	return func(g *stage) {
		g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) {
			return modeltest.Challenge(modeltest.Computers()[0], by), nil
		}
		scanCode(g)
	}
}

// fresh has codes that are good for a minute from the stage's time on.
func fresh(g *stage) {
	until := func(c phone.OfflineCode) (phone.OfflineCode, error) {
		c.Until = g.now.Add(phone.ShowCodeFor)
		return c, nil
	}
	first := modeltest.Computers()[0]
	g.core.OnCode = func(context.Context, phone.Challenge) (phone.OfflineCode, error) {
		return until(modeltest.OfflineCode(first))
	}
	g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return until(modeltest.ListCode(first, 13))
	}
	g.core.OnNext = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return until(modeltest.ListCode(first, 14))
	}
}

// computers are the tab of the computers and the pages of their codes.
func computers() []scene {
	tab := func(g *stage) { fresh(g); g.model.GoTo(model.PageComputers); g.settle() }
	all := modeltest.WithComputers(modeltest.Computers()...)
	four := modeltest.WithComputers(modeltest.Computers()[:4]...)
	two := modeltest.WithComputers(modeltest.Computers()...)
	two.Accounts = append(two.Accounts, modeltest.SecondAccount())
	long := modeltest.WithComputers(modeltest.Computers()[:2]...)
	long.Computers[0].Name, long.Computers[0].Login = "ACCOUNTING-AND-PAYROLL-TERMINAL2", "maximiliane-alexandra.von.hohenlohe"
	away := modeltest.WithComputers(modeltest.Computers()...)
	away.Accounts[0].Status, away.Accounts[0].Since, away.Accounts[0].Trouble = phone.Unreachable, modeltest.Now.Add(-34*time.Minute), client.ErrUnreachable
	question := func(g *stage) { fresh(g); scanCode(g); g.settle() }
	shown := func(g *stage) { question(g); g.tap("show"); g.now = g.now.Add(17 * time.Second) }
	list := func(g *stage) { tab(g); g.tap("computer-1"); g.now = g.now.Add(17 * time.Second) }
	fails := func(err error) func(*stage) {
		return func(g *stage) {
			g.core.OnChallenge = func(wire.OfflineLink) (phone.Challenge, error) { return phone.Challenge{}, err }
			g.model.OpenScan()
			scanCode(g)
		}
	}
	return []scene{
		{name: "10-computers", state: four, act: tab},
		{name: "10-computers-all", state: all, act: tab},
		{name: "10-computers-two-accounts", state: two, act: tab},
		{name: "10-computers-empty", state: modeltest.Open(), act: tab},
		{name: "10-computers-info", state: four, act: func(g *stage) { tab(g); g.tap("info") }},
		{name: "11-offline-question", state: four, act: question},
		{name: "11-offline-code", state: four, act: shown},
		{name: "11-offline-late", state: four, act: func(g *stage) { shown(g); g.now = g.now.Add(34 * time.Second) }},
		{name: "11-offline-over", state: four, act: func(g *stage) { shown(g); g.now = g.now.Add(time.Minute) }},
		{name: "11-offline-near", state: four, act: off(-3 * time.Minute)},
		{name: "11-offline-warning", state: four, act: off(-15 * time.Minute)},
		{name: "11-offline-warning-day", state: four, act: off(-24 * time.Hour)},
		{name: "11-offline-two-accounts", state: two, act: question},
		{name: "11-offline-long", state: long, act: func(g *stage) { question(g); g.tap("show") }},
		{name: "11-list-code", state: four, act: list},
		{name: "11-list-long", state: long, act: list},
		{name: "11-list-over", state: four, act: func(g *stage) { list(g); g.now = g.now.Add(time.Minute) }},
		{name: "05-home-computers", state: away},
		{name: "03-scan-computer", state: four, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(modeltest.ComputerLink()) }},
		{name: "18-error-no-grant", state: four, act: fails(authn.ErrGrantUnknown)},
		{name: "18-error-too-old", state: four, act: fails(authn.ErrGrantOver)},
		{name: "18-error-ended", state: four, act: fails(authn.ErrGrantRevoked)},
		{name: "18-error-stolen", state: four, act: fails(authn.ErrGrantStolen)},
		{name: "18-error-no-codes", state: four, act: func(g *stage) {
			g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
				return phone.OfflineCode{}, phone.ErrListEmpty
			}
			g.model.GoTo(model.PageComputers)
			g.settle()
			g.tap("computer-1")
		}},
	}
}
