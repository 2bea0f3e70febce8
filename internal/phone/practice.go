package phone

import (
	"context"
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/client"
)

// Practice has the account's server ask something that signs in to nothing, so that its user learns how to answer. The request arrives like any other,
// with Number set to what a screen would show; its receipt counts for nothing.
func (c *Core) Practice(ctx context.Context, id AccountID) (authn.RequestID, error) {
	c.mu.Lock()
	a, err := c.find(id)
	c.mu.Unlock()
	if err != nil {
		return "", err
	}
	answer, err := a.device.Practice(ctx)
	if err != nil {
		return "", c.heard(ctx, a, err)
	}
	if !sixDigits.MatchString(answer.Number) {
		return "", client.ErrNonsense.Because(errors.New("practice without a number"))
	}
	r := c.arrive(ctx, a, answer.Request)
	if r == "" || !c.draw(r, answer.Number) {
		return "", client.ErrNonsense.Because(fmt.Errorf("practice of %s", a.device.Server().Host()))
	}
	c.emit(Event{Kind: AccountsChanged, Account: id})
	return r, nil
}

// EndSilence has the account's server ask again, which it does not for a while after "it's not me" and after too many a No.
func (c *Core) EndSilence(ctx context.Context, id AccountID) error {
	c.mu.Lock()
	a, err := c.find(id)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := a.device.EndSilence(ctx); err != nil {
		return c.heard(ctx, a, err)
	}
	return c.heard(ctx, a, c.fetch(ctx, a))
}

// heard takes what an error of a server says about the account, and returns it.
func (c *Core) heard(ctx context.Context, a *account, err error) error {
	if gone(err) {
		c.removedByServer(ctx, a)
	}
	return err
}

// draw gives a practice request its number, and no other one: what a real one asks for stands on another screen only. The stream may have brought the
// request before.
func (c *Core) draw(id authn.RequestID, number string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.requests[id]
	if !ok || r.Action != authn.ActionPractice {
		return false
	}
	r.Number = number
	c.requests[id] = r
	return true
}
