package phone

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// A wipe goes in this order, and each step is on disk before the next: marker, receipt, keys, files, word to the server. Whatever stops it, the next start goes on
// before it shows anything.

// errReplayed means that a command was obeyed before, or is older than one that was.
var errReplayed = authn.Fail(authn.Conflict, "wipe_replayed", "This command to delete was obeyed before.")

// askWipeEvery is how often a server is asked whether an account from which this device was removed is to be deleted, too: a wipe may be asked for later than the removal.
const askWipeEvery = time.Hour

func (c *Core) hasRemoved() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Status.Status == Removed && !a.lost })
}

// askWipes asks the servers of accounts from which this device was removed whether they are to be deleted, too, and reports whether all have answered.
func (c *Core) askWipes(ctx context.Context) bool {
	done := true
	if err := c.goOn(ctx); err != nil {
		c.cfg.Log.ErrorContext(ctx, "a wipe could not be finished; it is tried again", "err", err)
		done = false
	}
	c.mu.Lock()
	var removed []*account
	for _, a := range c.accounts {
		if a.stored.Status.Status == Removed && !a.lost {
			removed = append(removed, a)
		}
	}
	c.mu.Unlock()
	for _, a := range removed {
		raw, err := a.device.Wipe(ctx)
		if err == nil {
			err = c.obey(ctx, a, raw)
		}
		if err != nil && !errors.Is(err, authn.ErrWipeUnknown) {
			c.cfg.Log.InfoContext(ctx, "nothing was deleted", "account", a.stored.ID, "err", err)
		}
		if err != nil && authn.AsError(err).Kind == authn.Unavailable {
			done = false
		}
	}
	return done
}

// obey carries out a command of an account's server. One that is forged, for another device, or was obeyed before, is ignored.
func (c *Core) obey(ctx context.Context, a *account, raw string) error {
	c.mu.Lock()
	s := a.stored
	c.mu.Unlock()
	cmd, err := wire.VerifyWipeCommand(raw, s.Server.Identity, s.Server.Issuer, s.ID)
	if err != nil {
		return client.ErrNonsense.Because(err)
	}
	began, err := c.beginWipe(context.WithoutCancel(ctx), a, wipeItem{
		Account: s.ID, Server: a.device.Server(), Keys: s.Keys, Counter: cmd.Counter, Scope: cmd.Scope, Command: raw, At: c.cfg.Now(),
	})
	if !began {
		return err
	}
	c.keepRule(context.WithoutCancel(ctx))
	c.forgetReports(s.Server.Issuer)
	c.emit(Event{Kind: AccountsChanged, Account: s.ID})
	c.emit(Event{Kind: ComputersChanged, Account: s.ID})
	c.emit(Event{Kind: Wiped, Account: s.ID})
	c.nudge()
	return err
}

// beginWipe writes the marker and goes on as far as it gets; began is false if there is no marker, and so no wipe.
func (c *Core) beginWipe(ctx context.Context, a *account, item wipeItem) (began bool, err error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	high, err := c.cfg.Keys.Mark(ctx, item.mark())
	if err != nil {
		return false, err
	}
	before := c.marker()
	same := func(i wipeItem) bool { return i.Account == item.Account }
	if item.Counter <= high || slices.ContainsFunc(before.Items, same) {
		return false, errReplayed
	}
	if item.Scope == authn.WipeEverything && c.hasOthers(item.Server.Issuer) {
		item.Scope = authn.WipeAccount
	}
	next := before
	next.Items = append(next.Items, item)
	if item.Scope == authn.WipeEverything {
		next = c.everything(next)
	}
	if err := c.saveMarker(next); err != nil {
		return false, err
	}
	c.closeRequestsOf(item.Account)
	defer a.device.Close()
	return true, c.carryOut(ctx)
}

// hasOthers reports whether the app has accounts of other servers. Nobody's server may delete what is another's: the phone cannot see that it was the user who asked.
func (c *Core) hasOthers(issuer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Server.Issuer != issuer })
}

// closeRequestsOf closes what an account that goes was asked.
func (c *Core) closeRequestsOf(id AccountID) {
	for _, r := range c.State().Requests {
		if r.Account == id {
			c.closeRequest(r.ID, authn.RequestCancelled)
		}
	}
}

// marker is a copy of what is being deleted.
func (c *Core) marker() wipeMarker {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.wipes
	m.Items = slices.Clone(m.Items)
	return m
}

// saveMarker stores what is being deleted; saving must be held.
func (c *Core) saveMarker(m wipeMarker) error {
	if err := m.write(c.cfg.FS, c.cfg.Dir); err != nil {
		return err
	}
	c.mu.Lock()
	c.wipes = m
	c.mu.Unlock()
	return nil
}

// goOn does what is left of wipes that a full or a sick disk has stopped.
func (c *Core) goOn(ctx context.Context) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	return c.carryOut(context.WithoutCancel(ctx))
}

// finishWipes reads the marker and does what is left.
func (c *Core) finishWipes(ctx context.Context) error {
	m, err := readMarker(c.cfg.FS, c.cfg.Dir)
	if err != nil {
		return err
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	c.wipes = m
	c.mu.Unlock()
	return c.carryOut(ctx)
}

// carryOut does what is left of all wipes but to tell the servers, and can be repeated at any point; saving must be held.
func (c *Core) carryOut(ctx context.Context) error {
	m := c.marker()
	if len(m.Items) == 0 && !m.Everything {
		return nil
	}
	c.hide(m.Items) // whatever becomes of the rest
	if err := c.signReceipts(ctx, &m); err != nil {
		return err
	}
	if m.Everything {
		return c.destroy(ctx, m)
	}
	changed := false
	for i := range m.Items {
		if !m.Items[i].Gone {
			if err := c.deleteAccount(ctx, m.Items[i]); err != nil {
				return err
			}
			m.Items[i].Gone, changed = true, true
		}
	}
	if changed {
		if err := c.saveMarker(m); err != nil {
			return err
		}
	}
	return c.purgeWiped(ctx)
}

// signReceipts has every item say that it is deleted, as long as there are keys to say it with, and stores that before any key goes.
func (c *Core) signReceipts(ctx context.Context, m *wipeMarker) error {
	changed := false
	for n := range m.Items {
		i := &m.Items[n]
		if i.Receipt != "" {
			continue
		}
		if i.Counter > 0 {
			if err := c.cfg.Keys.RaiseMark(ctx, i.mark(), i.Counter); err != nil {
				return err
			}
		}
		use, err := c.cfg.Keys.Use(ctx, i.Keys.Device, platform.Prompt{})
		if errors.Is(err, keystore.ErrKeyNotFound) {
			continue // nobody can be told; it is deleted all the same
		}
		if err != nil {
			return err
		}
		err = i.sign(use, c.cfg.Now())
		use.Close()
		if err != nil {
			return err
		}
		changed = true
	}
	if m.Everything && !m.Signed {
		m.Signed, changed = true, true
	}
	if !changed {
		return nil
	}
	return c.saveMarker(*m)
}

// deleteAccount deletes an account's keys and what of it may be known while the app is locked.
func (c *Core) deleteAccount(ctx context.Context, i wipeItem) error {
	for _, id := range i.Keys.all() {
		if id == "" {
			continue
		}
		if err := c.cfg.Keys.Delete(ctx, id); err != nil {
			return err
		}
	}
	return c.saveIndex(ctx)
}

// hide takes accounts out of what is shown, and ends their streams.
func (c *Core) hide(items []wipeItem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts = slices.DeleteFunc(slices.Clone(c.accounts), func(a *account) bool {
		goes := slices.ContainsFunc(items, func(i wipeItem) bool { return i.Account == a.stored.ID })
		if goes && a.stop != nil {
			a.stop()
		}
		return goes
	})
}

// withoutWiped takes accounts that are being deleted out of what the vault had; mu must be held.
func (c *Core) withoutWiped(stored []storedAccount) []storedAccount {
	return slices.DeleteFunc(stored, func(s storedAccount) bool {
		return slices.ContainsFunc(c.wipes.Items, func(i wipeItem) bool { return i.Account == s.ID })
	})
}

// purgeWiped writes the vault without the accounts that are being deleted, if it is open: twice, so that they are not in its backup either. saving must be held.
func (c *Core) purgeWiped(ctx context.Context) error {
	m := c.marker()
	c.mu.Lock()
	open := c.doc != nil
	c.mu.Unlock()
	left := slices.ContainsFunc(m.Items, func(i wipeItem) bool { return i.Gone && !i.Purged })
	if !left || !open {
		return nil
	}
	for range 2 {
		if err := c.storeVault(ctx, c.files.SaveWhole); err != nil {
			return err
		}
	}
	for n := range m.Items {
		m.Items[n].Purged = m.Items[n].Purged || m.Items[n].Gone
	}
	c.nudge()
	return c.saveMarker(m)
}

// tellWipes tells servers what was deleted, and reports whether nothing is left to be told now.
func (c *Core) tellWipes(ctx context.Context) bool {
	done := true
	for _, i := range c.marker().Items {
		if !i.Gone || i.Told && !i.Purged {
			continue
		}
		told := i.Receipt == "" || c.cfg.Now().Sub(i.At) > giveUpAfter || c.tellWipe(ctx, i)
		if !told {
			done = false
			continue
		}
		if err := c.wipeTold(i); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not store that a server was told", "err", err)
			done = false
		}
	}
	return done
}

func (c *Core) tellWipe(ctx context.Context, i wipeItem) bool {
	receipt := i.Receipt
	if !i.Purged {
		receipt = i.Sealed
	}
	d := client.NewDevice(i.Server, i.Account, noSigner{keystore.ErrKeyNotFound}, c.cfg.Client)
	defer d.Close()
	err := d.ConfirmWipe(ctx, receipt)
	if err == nil {
		return true
	}
	c.cfg.Log.InfoContext(ctx, "a server was not told what was deleted", "account", i.Account, "err", err)
	switch authn.AsError(err).Kind {
	case authn.NotFound, authn.Unauthorized, authn.Forbidden, authn.Invalid, authn.Gone:
		return true // it does not want to know
	}
	return false
}

// wipeTold notes that a server has the receipt; with the last one the item goes.
func (c *Core) wipeTold(told wipeItem) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	m := c.marker()
	m.Items = slices.DeleteFunc(m.Items, func(i wipeItem) bool { return i.Account == told.Account && i.Purged && told.Purged })
	for n := range m.Items {
		if m.Items[n].Account == told.Account {
			m.Items[n].Told = true
		}
	}
	return c.saveMarker(m)
}
