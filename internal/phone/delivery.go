package phone

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// What a test of delivery says instead of how long it took. Compare with errors.Is.
var (
	ErrNotListening = authn.Fail(authn.Unavailable, "delivery_not_connected", "The server answers, but the connection on which requests arrive is not open. Wait a moment and try again.")
	ErrNotDelivered = authn.Fail(authn.Unavailable, "delivery_lost", "The server answers, but what it sends does not get through. Something between it and this device may be holding it back.")
)

// TestDelivery asks an account's server for a test over the connection on which requests arrive, and returns how long that took. Once giveUp fires it is not
// waited for any more. Errors: those of the server and of the way to it; ErrNotListening, ErrNotDelivered; ErrNoAccount.
func (c *Core) TestDelivery(ctx context.Context, id AccountID, giveUp <-chan time.Time) (took time.Duration, err error) {
	test, came := key.RandomID(16), make(chan time.Time, 1)
	c.mu.Lock()
	a, err := c.find(id)
	if err == nil {
		c.tests[test] = came
	}
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.tests, test)
	}()
	began := c.cfg.Now()
	if err := a.device.TestDelivery(ctx, test); err != nil {
		return 0, err
	}
	select {
	case at := <-came:
		return max(0, at.Sub(began)), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-giveUp:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !a.listens {
		return 0, ErrNotListening
	}
	return 0, ErrNotDelivered
}

// testArrived takes a test that came over a stream.
func (c *Core) testArrived(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if came := c.tests[id]; came != nil {
		select {
		case came <- c.cfg.Now():
		default: // came by another stream already
		}
	}
}

// listens notes whether an account's stream is open.
func (c *Core) listens(a *account, open bool) {
	c.mu.Lock()
	a.listens = open
	c.mu.Unlock()
}
