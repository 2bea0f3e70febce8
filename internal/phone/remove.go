package phone

import (
	"context"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
)

// queuedRemoval is an account that was removed here while its server could not be told. Its device key is kept for that.
type queuedRemoval struct {
	ID     AccountID     `json:"id"`
	Server client.Server `json:"server"`
	Key    keystore.ID   `json:"key"`
	At     time.Time     `json:"at"`
}

// giveUpAfter is how long a removal is tried to be told.
const giveUpAfter = 90 * 24 * time.Hour

// RemoveAccount takes an account off this device and tells the server. told is false when the server could not be reached:
// the account is gone here, and the server is told as soon as it answers. The app must be unlocked.
func (c *Core) RemoveAccount(ctx context.Context, id AccountID) (told bool, err error) {
	c.mu.Lock()
	a, err := c.find(id)
	if err == nil && c.doc == nil {
		err = ErrLocked
	}
	if err != nil {
		c.mu.Unlock()
		return false, err
	}
	removed := a.stored.Status.Status == Removed
	s := a.stored
	if a.stop != nil {
		a.stop()
	}
	c.accounts = slices.DeleteFunc(c.accounts, func(b *account) bool { return b == a })
	if !removed {
		c.queued = append(c.queued, queuedRemoval{ID: s.ID, Server: s.Server, Key: s.Keys.Device, At: c.cfg.Now()})
	}
	c.mu.Unlock()
	for _, r := range c.State().Requests {
		if r.Account == id {
			c.closeRequest(r.ID, authn.RequestCancelled)
		}
	}
	if err := c.save(ctx); err != nil {
		c.mu.Lock()
		c.accounts = append(c.accounts, a)
		c.queued = slices.DeleteFunc(c.queued, func(q queuedRemoval) bool { return q.ID == id })
		a.stop = nil
		if c.streams != nil {
			c.follow(a)
		}
		c.mu.Unlock()
		return false, err
	}
	keys := s.Keys
	if !removed {
		keys.Device = "" // still needed to tell the server
	}
	for _, k := range keys.all() {
		if k == "" {
			continue
		}
		if err := c.cfg.Keys.Delete(ctx, k); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not delete a key", "err", err)
		}
	}
	a.device.Close()
	c.emit(Event{Kind: AccountsChanged, Account: id})
	return c.tellRemovals(ctx), nil
}

// ErrLocked means that the app has to be unlocked first.
var ErrLocked = authn.Fail(authn.Forbidden, "locked", "Unlock the app first.")

// tellRemovals tells servers of accounts that were removed here, and reports whether none is left to be told.
func (c *Core) tellRemovals(ctx context.Context) bool {
	c.mu.Lock()
	queued := slices.Clone(c.queued)
	c.mu.Unlock()
	done := map[AccountID]bool{}
	for _, q := range queued {
		if c.tellRemoval(ctx, q) || c.cfg.Now().Sub(q.At) > giveUpAfter {
			done[q.ID] = true
			if err := c.cfg.Keys.Delete(ctx, q.Key); err != nil {
				c.cfg.Log.WarnContext(ctx, "could not delete a key", "err", err)
			}
		}
	}
	if len(done) > 0 {
		c.mu.Lock()
		c.queued = slices.DeleteFunc(c.queued, func(q queuedRemoval) bool { return done[q.ID] })
		c.mu.Unlock()
		c.saving.Lock()
		if err := c.saveIndex(ctx); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not store the index", "err", err)
		}
		c.saving.Unlock()
	}
	return len(done) == len(queued)
}

func (c *Core) tellRemoval(ctx context.Context, q queuedRemoval) bool {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, q.Key)
	if err != nil {
		return true // without the key nobody can be told any more
	}
	d := client.NewDevice(q.Server, q.ID, signer, c.cfg.Client)
	defer d.Close()
	err = d.Remove(ctx)
	return err == nil || gone(err)
}
