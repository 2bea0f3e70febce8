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
	c.mu.Lock()
	a.waiting = false
	c.mu.Unlock()
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
	c.saving.Lock() // nobody else writes Offline and Clock, so signatures are checked without mu
	defer c.saving.Unlock()
	c.mu.Lock()
	s := a.stored
	c.mu.Unlock()
	o := s.Offline.clone()
	changed := c.takeGrants(ctx, s, exchange, &o, answer.Grants)
	changed = c.takeLists(ctx, s.ID, &o, answer.Batches) || changed
	for _, p := range answer.Used {
		for i := range o.Grants {
			changed = o.Grants[i].used(p) || changed
		}
	}
	news := o.acknowledge(last) || changed
	if answer.ServerTime > 0 {
		news = s.Clock.note(c.cfg.Now(), time.Unix(answer.ServerTime, 0)) || news
	}
	more = len(o.Records) > 0
	c.mu.Lock()
	a.stored.Offline, a.stored.Clock, a.stale = o, s.Clock, more
	c.mu.Unlock()
	if news {
		err = c.saveBoth(ctx)
	}
	if changed {
		c.emit(Event{Kind: ComputersChanged, Account: s.ID})
	}
	return more, err
}

// takeGrants takes the grants that the account's server has signed for this device, user and exchange key.
func (c *Core) takeGrants(ctx context.Context, s storedAccount, exchange key.Public, o *storedOffline, statements []string) (changed bool) {
	for _, raw := range statements {
		g, err := wire.VerifyGrant(raw, s.Server.Identity, s.Server.Issuer)
		if err == nil && (g.Device != s.ID || g.User != s.User || g.ExchangeJWK != exchange) {
			err = errors.New("grant is for another device, user or key")
		}
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a grant was not accepted", "account", s.ID, "err", err)
			continue
		}
		changed = o.takeGrant(g) || changed
	}
	return changed
}

// takeLists takes the lists of codes that computers have announced to a device.
func (c *Core) takeLists(ctx context.Context, device authn.DeviceID, o *storedOffline, statements []string) (changed bool) {
	lists := map[authn.GrantID][]wire.Batch{}
	for _, raw := range statements {
		id, _, err := wire.PeekBatch(raw)
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a list of codes was not accepted", "account", device, "err", err)
			continue
		}
		g := o.grant(id)
		if g == nil {
			continue // its grant was not accepted
		}
		b, err := wire.VerifyBatch(raw, g.Grant.ComputerJWK, g.Grant.Computer.ID, string(device))
		if err == nil && b.Grant != id {
			err = errors.New("list names another grant under the signature")
		}
		if err != nil {
			c.cfg.Log.WarnContext(ctx, "a list of codes was not accepted", "account", device, "err", err)
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
