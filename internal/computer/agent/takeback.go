package agent

import (
	"context"
	"maps"
)

// takeBack cancels a question in the background. If the server cannot be reached it is remembered: one that is open still would keep the
// same person from being asked again.
func (a *Agent) takeBack(login, authReqID string) {
	a.mu.Lock()
	if a.open == nil {
		a.open = map[string]string{}
	}
	a.open[authReqID] = login
	a.mu.Unlock()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), silence)
		defer cancel()
		a.cancel(ctx, authReqID)
	}()
}

// clear cancels what is left open of a login.
func (a *Agent) clear(ctx context.Context, login string) {
	a.mu.Lock()
	left := maps.Clone(a.open)
	a.mu.Unlock()
	for id, of := range left {
		if of == login {
			a.cancel(ctx, id)
		}
	}
}

// cancel tells the server and forgets the question, unless there was no answer.
func (a *Agent) cancel(ctx context.Context, authReqID string) {
	if err := a.client.Cancel(ctx, authReqID); err != nil && away(err) {
		a.cfg.Log.DebugContext(ctx, "a question was not taken back", "err", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, authReqID)
}
