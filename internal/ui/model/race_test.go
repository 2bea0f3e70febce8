package model_test

import (
	"fmt"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// The UI's thread, background work and events of the core meet in the model. With -race this finds what is not guarded; without it, what
// waits for each other for ever.
func TestManyThreads(t *testing.T) {
	var work sync.WaitGroup
	g := newStage(t, computers(), func(c *model.Config) { c.Go = func(f func()) { work.Go(f) } })
	const rounds = 60
	var callers sync.WaitGroup
	callers.Go(func() { // the core
		for i := range rounds {
			id := authn.RequestID(fmt.Sprintf("r_%d", i))
			g.core.Tell(phone.Event{Kind: phone.RequestArrived, Request: id}, func(s *phone.State) {
				s.Requests = append(s.Requests[:len(s.Requests):len(s.Requests)], modeltest.Request(id, authn.MatchNumber))
			})
			g.core.Tell(phone.Event{Kind: phone.AccountsChanged}, func(*phone.State) {})
			g.core.Tell(phone.Event{Kind: phone.ComputersChanged}, func(*phone.State) {})
			g.core.Lock()
			g.core.CloseRequest(id, authn.RequestExpired)
		}
	})
	callers.Go(func() { // the shell
		for range rounds {
			for _, p := range []model.Page{g.Page(), model.PageHome, model.PageRequest, model.PageScan, model.PageLock, model.PageError, model.PageSettings, model.PageComputers, model.PageOfflineCode} {
				_ = g.Signature(p)
			}
			g.Busy()
		}
	})
	for _, act := range []func(){
		func() { g.No(); g.Done() },
		func() { g.Yes("482913"); g.Back() },
		func() { g.OpenScan(); g.Text(modeltest.RegistrationLink()); g.Back() },
		func() { g.digits("482913"); g.CheckNow() },
		func() { g.scanOffline(); g.ShowCode(); g.Hide(); g.Back() },
		func() { g.ShowComputer(authn.GrantID{1}); g.NextCode(); g.GoTo(model.PageComputers) },
		func() { g.Choose(func(c *model.Choices) { c.Language = "de" }); g.GoTo(model.PageHome) },
	} {
		callers.Go(func() {
			for range rounds {
				act()
			}
		})
	}
	callers.Wait()
	work.Wait()
}
