package phone

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// askComputers tells an account's server of the codes that were made, and takes what it knows of computers. What could not be asked now is
// asked again by runErrands.
func (c *Core) askComputers(ctx context.Context, a *account) error {
	a.asking.Lock()
	defer a.asking.Unlock()
	exchange, err := c.cfg.Keys.Public(a.stored.Keys.Exchange)
	if err != nil {
		return err
	}
	for {
		c.mu.Lock()
		a.stale = true
		records, last := a.stored.Offline.untold()
		c.mu.Unlock()
		answer, err := a.device.Offline(ctx, wire.OfflineSync{Records: records})
		if errors.Is(err, errNoOffline) { // a server from before there were computers
			c.mu.Lock()
			a.stale = false
			c.mu.Unlock()
			return nil
		}
		if err != nil {
			return err
		}
		more, err := c.takeComputers(ctx, a, exchange, answer, last)
		if err != nil || !more {
			return err
		}
	}
}

var errNoOffline = authn.Fail(authn.NotFound, "not_found", "")

// takeComputers believes what is signed and for this account, and reports whether there is more to tell.
func (c *Core) takeComputers(ctx context.Context, a *account, exchange key.Public, answer wire.OfflineAnswer, last uint64) (more bool, err error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	o := a.stored.Offline.clone()
	changed := false
	for _, raw := range answer.Grants {
		g, err := wire.VerifyGrant(raw, a.stored.Server.Identity, a.stored.Server.Issuer)
		if err == nil && (g.Device != a.stored.ID || g.User != a.stored.User || g.ExchangeJWK != exchange) {
			err = errors.New("grant is for another device, user or key")
		}
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a grant was not accepted", "account", a.stored.ID, "err", err)
			continue
		}
		changed = o.takeGrant(g) || changed
	}
	changed = c.takeLists(ctx, a, &o, answer.Batches) || changed
	for _, p := range answer.Used {
		for i := range o.Grants {
			changed = o.Grants[i].used(p) || changed
		}
	}
	told := o.acknowledge(last)
	more = len(o.Records) > 0
	a.stale = more
	if server := time.Unix(answer.ServerTime, 0); answer.ServerTime > 0 && a.stored.Clock.note(c.cfg.Now(), server) {
		told = true
	}
	if changed || told {
		a.stored.Offline = o
	}
	c.mu.Unlock()
	if changed || told {
		err = c.saveBoth(ctx)
	}
	if changed {
		c.emit(Event{Kind: ComputersChanged, Account: a.stored.ID})
	}
	return more, err
}

// takeLists takes the lists of codes that computers have announced; mu must be held.
func (c *Core) takeLists(ctx context.Context, a *account, o *storedOffline, statements []string) (changed bool) {
	lists := map[authn.GrantID][]wire.Batch{}
	for _, raw := range statements {
		id, _, err := wire.PeekBatch(raw)
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a list of codes was not accepted", "account", a.stored.ID, "err", err)
			continue
		}
		g := o.grant(id)
		if g == nil {
			continue // its grant was not accepted
		}
		b, err := wire.VerifyBatch(raw, g.Grant.ComputerJWK, g.Grant.Computer.ID, string(a.stored.ID))
		if err == nil && b.Grant != id {
			err = errors.New("list names another grant under the signature")
		}
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a list of codes was not accepted", "account", a.stored.ID, "err", err)
			continue
		}
		lists[id] = append(lists[id], b)
	}
	for id, list := range lists {
		changed = o.grant(id).takeBatches(list) || changed
	}
	return changed
}

// tellCodes asks for the accounts that have something to tell or to hear, and reports whether nothing is left.
func (c *Core) tellCodes(ctx context.Context) (done bool) {
	c.mu.Lock()
	var waiting []*account
	for _, a := range c.accounts {
		if a.stored.Status.Status != Removed && !a.lost && (a.stale || len(a.stored.Offline.Records) > 0) {
			waiting = append(waiting, a)
		}
	}
	c.mu.Unlock()
	done = true
	for _, a := range waiting {
		switch err := c.askComputers(ctx, a); {
		case gone(err):
			c.removedByServer(ctx, a)
		case err != nil:
			c.cfg.Log.DebugContext(ctx, "computers could not be asked about", "account", a.stored.ID, "err", err)
			done = false
		}
	}
	return done
}
