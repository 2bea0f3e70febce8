package phone

import (
	"context"
	"errors"
	"slices"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/keystore"
	"avow/internal/phone/telemetry"
	"avow/internal/phone/vault"
)

// EraseApp deletes everything in the app on this phone: accounts, keys, files. It needs no PIN, since it is the way out for who has forgotten it: ask the person twice. Servers are
// told now, or as soon as they answer, by what the keys have signed before they went. Afterwards this Core shows nothing and does nothing but tell them: State.Erased is true, and
// the app has to start anew.
func (c *Core) EraseApp(ctx context.Context) error {
	err := c.erase(context.WithoutCancel(ctx))
	c.emit(Event{Kind: Wiped})
	c.emit(Event{Kind: LockChanged})
	c.emit(Event{Kind: AccountsChanged})
	if err != nil {
		return err
	}
	if !c.tellWipes(ctx) {
		c.nudge()
	}
	return nil
}

func (c *Core) erase(ctx context.Context) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if err := c.saveMarker(c.everything(c.marker())); err != nil {
		return err // nothing was begun
	}
	return c.carryOut(ctx)
}

// everything has all accounts go, and with them keystore and vault. Their servers, and those that still had to be told of an earlier removal, are told that the app was erased.
func (c *Core) everything(m wipeMarker) wipeMarker {
	now := c.cfg.Now()
	add := func(i wipeItem) {
		if !slices.ContainsFunc(m.Items, func(j wipeItem) bool { return j.Account == i.Account }) {
			i.Scope, i.At = authn.WipeEverything, now
			m.Items = append(m.Items, i)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.accounts {
		if !a.lost && a.stored.Status.Status != Removed {
			add(wipeItem{Account: a.stored.ID, Server: a.stored.Server, Keys: a.stored.Keys})
		}
	}
	for _, q := range c.queued {
		add(wipeItem{Account: q.ID, Server: q.Server, Keys: keyIDs{Device: q.Key}})
	}
	m.Everything = true
	return m
}

// destroy deletes keystore and files. m is on disk and has all receipts; saving must be held.
func (c *Core) destroy(ctx context.Context, m wipeMarker) error {
	c.mu.Lock()
	c.erased = true
	for _, a := range c.accounts {
		if a.stop != nil {
			a.stop()
		}
	}
	if c.doc != nil {
		c.doc.Wipe()
	}
	c.doc, c.accounts, c.queued, c.pending, c.joins, c.restores, c.trouble = nil, nil, nil, nil, nil, nil, nil
	for id, t := range c.timers {
		t.Stop()
		delete(c.timers, id)
	}
	clear(c.requests)
	c.mu.Unlock()
	if err := errors.Join(c.cfg.Keys.Destroy(ctx), c.files.Remove(), c.cfg.Telemetry.Erase()); err != nil {
		return err // goOn tries again, and so does the next start
	}
	return c.saveMarker(m.erasedNow())
}

// erasedNow says that nothing is left but to tell servers. What is made in the same folder afterwards is another app.
func (m wipeMarker) erasedNow() wipeMarker {
	m.Items = slices.DeleteFunc(slices.Clone(m.Items), func(i wipeItem) bool { return i.Receipt == "" })
	for n := range m.Items {
		m.Items[n].Gone, m.Items[n].Purged = true, true
	}
	m.Everything, m.Signed = false, false
	return m
}

// FinishErase ends an erasure that a crash has cut short. Call it before the keystore in opt.Dir is opened: one that is half destroyed can't be.
func FinishErase(ctx context.Context, opt keystore.Options) error {
	fsys := opt.FS
	if fsys == nil {
		fsys = atomicfile.OS
	}
	m, err := readMarker(fsys, opt.Dir)
	if err != nil || !m.Everything || !m.Signed {
		return err
	}
	if err := errors.Join(keystore.Remove(ctx, opt), vault.Remove(fsys, opt.Dir), telemetry.Remove(opt.Dir), debuglog.Remove(opt.Dir)); err != nil {
		return err
	}
	return m.erasedNow().write(fsys, opt.Dir)
}
