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

// RemoveAccount takes an account off this device and tells the server. told is false when the server could not be told: the account is
// gone here, and the server is told as soon as it answers, unless the account's device key is missing. The app must be unlocked. After
// an error the account is still there.
func (c *Core) RemoveAccount(ctx context.Context, id AccountID) (told bool, err error) {
	a, q, err := c.takeOut(ctx, id)
	if err != nil {
		return false, err
	}
	for _, r := range c.State().Requests {
		if r.Account == id {
			c.closeRequest(r.ID, authn.RequestCancelled)
		}
	}
	keys := a.stored.Keys
	if q != nil {
		keys.Device = "" // still needed to tell the server
	}
	c.dropKeys(context.WithoutCancel(ctx), keys)
	a.device.Close()
	c.keepRule(context.WithoutCancel(ctx))
	c.forgetReports(a.stored.Server.Issuer)
	c.emit(Event{Kind: AccountsChanged, Account: id})
	c.emit(Event{Kind: ComputersChanged, Account: id})
	if q == nil {
		return !a.lost, nil
	}
	if told = c.tell(ctx, []queuedRemoval{*q}); !told {
		c.nudge()
	}
	return told, nil
}

// takeOut takes the account out of memory and files, and queues what its server has to be told, nil if nothing. It holds saving from the check
// on, so that a Lock in between does not leave the account in the vault.
func (c *Core) takeOut(ctx context.Context, id AccountID) (*account, *queuedRemoval, error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	a, err := c.find(id)
	if err == nil && c.doc == nil {
		err = ErrLocked
	}
	if err != nil {
		c.mu.Unlock()
		return nil, nil, err
	}
	before, queued := slices.Clone(c.accounts), slices.Clone(c.queued)
	c.accounts = slices.DeleteFunc(slices.Clone(c.accounts), func(b *account) bool { return b == a })
	var q *queuedRemoval
	if a.stored.Status.Status != Removed && !a.lost {
		q = &queuedRemoval{ID: id, Server: a.stored.Server, Key: a.stored.Keys.Device, At: c.cfg.Now()}
		c.queued = append(c.queued, *q)
	}
	c.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	err = c.saveVault(ctx)
	if err == nil { // not before: an index that tells the server belongs to a vault without the account
		err = c.saveIndex(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.accounts, c.queued = before, queued
		return nil, nil, err
	}
	if a.stop != nil {
		a.stop()
	}
	return a, q, nil
}

// ErrLocked means that the app has to be unlocked first.
var ErrLocked = authn.Fail(authn.Forbidden, "locked", "Unlock the app first.")

// tellRemovals tells servers of accounts that were removed here, and reports whether none is left to be told.
func (c *Core) tellRemovals(ctx context.Context) bool {
	c.mu.Lock()
	queued := slices.Clone(c.queued)
	c.mu.Unlock()
	return c.tell(ctx, queued)
}

// tell tells of these removals, and reports whether all are done.
func (c *Core) tell(ctx context.Context, queued []queuedRemoval) bool {
	done := map[AccountID]bool{}
	for _, q := range queued {
		if c.tellRemoval(ctx, q) || c.cfg.Now().Sub(q.At) > giveUpAfter {
			done[q.ID] = true
		}
	}
	if len(done) > 0 {
		ctx = context.WithoutCancel(ctx)
		c.saving.Lock()
		defer c.saving.Unlock()
		c.mu.Lock()
		c.queued = slices.DeleteFunc(slices.Clone(c.queued), func(q queuedRemoval) bool { return done[q.ID] })
		c.mu.Unlock()
		if err := c.saveIndex(ctx); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not store the index", "err", err)
		}
		for _, q := range queued {
			if done[q.ID] {
				c.dropKeys(ctx, keyIDs{Device: q.Key})
			}
		}
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
