package phone

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// vaultKey is the one vault key of an app.
const vaultKey keystore.ID = "vault"

// indexEntry is one line of the index: exactly one field is set.
type indexEntry struct {
	Account *storedAccount       `json:"account,omitempty"`
	Pending *pendingRegistration `json:"pending,omitempty"` // begun and not finished
	Removal *queuedRemoval       `json:"removal,omitempty"` // to be told to a server
	Restore *pendingRestore      `json:"restore,omitempty"` // begun and not finished
	Joining *pendingJoin         `json:"joining,omitempty"` // asked of another phone
}

// readIndex fills accounts from the index. A missing index is no error: unlocking makes it anew from the vault.
func (c *Core) readIndex(ctx context.Context) error {
	idx, err := c.files.LoadIndex(ctx)
	if errors.Is(err, vault.ErrNoIndex) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	for _, raw := range idx.Accounts {
		var e indexEntry
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("read index: %w", err)
		}
		switch {
		case e.Account != nil:
			c.addAccount(ctx, *e.Account)
		case e.Pending != nil:
			c.pending = append(c.pending, *e.Pending)
		case e.Removal != nil:
			c.queued = append(c.queued, *e.Removal)
		case e.Restore != nil:
			c.restores = append(c.restores, *e.Restore)
		case e.Joining != nil:
			c.joins = append(c.joins, *e.Joining)
		}
	}
	return nil
}

// saveIndex writes what may be known while locked. saving must be held, mu must not.
func (c *Core) saveIndex(ctx context.Context) error {
	c.mu.Lock()
	if c.erased {
		c.mu.Unlock()
		return nil
	}
	var entries []indexEntry
	idx := vault.Index{}
	if c.doc != nil {
		idx.Generation = c.doc.Generation
	}
	for _, a := range c.accounts {
		s := a.stored
		s.Receipts = s.Receipts[a.kept:] // the others are in the vault
		s.Sealed = sealedRestore{}
		s.History = s.History[a.told:]
		entries = append(entries, indexEntry{Account: &s})
	}
	for _, p := range c.pending {
		entries = append(entries, indexEntry{Pending: &p})
	}
	for _, q := range c.queued {
		entries = append(entries, indexEntry{Removal: &q})
	}
	for _, x := range c.restores {
		entries = append(entries, indexEntry{Restore: &x})
	}
	for _, j := range c.joins {
		entries = append(entries, indexEntry{Joining: &j})
	}
	c.mu.Unlock()
	for _, e := range entries {
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode index: %w", err)
		}
		idx.Accounts = append(idx.Accounts, raw)
	}
	return c.files.SaveIndex(ctx, idx)
}

// save writes the vault if it is open, and the index always: it keeps the receipts that the vault does not have.
func (c *Core) save(ctx context.Context) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	return c.saveBoth(ctx)
}

// saveBoth is save for who holds saving. The call that is stored has happened, so its end does not stop the writing.
func (c *Core) saveBoth(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(c.saveVault(ctx), c.saveIndex(ctx))
}

func (c *Core) saveVault(ctx context.Context) error { return c.storeVault(ctx, c.files.Save) }

// storeVault is saveVault by one of the two ways to save.
func (c *Core) storeVault(ctx context.Context, store func(context.Context, *vault.Document) error) error {
	c.mu.Lock()
	doc := c.doc
	if doc == nil {
		c.mu.Unlock()
		return nil
	}
	next := vault.Document{Codes: doc.Codes}
	type held struct{ receipts, history int }
	kept := map[*account]held{}
	for _, a := range c.accounts {
		kept[a] = held{len(a.stored.Receipts), len(a.stored.History)}
		c.noteWaits(a)
		raw, err := json.Marshal(a.stored)
		if err != nil {
			c.mu.Unlock()
			return fmt.Errorf("encode account: %w", err)
		}
		next.Accounts = append(next.Accounts, raw)
	}
	c.mu.Unlock()
	if err := store(ctx, &next); err != nil {
		wipe(next.Accounts)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doc = &next // Lock waits for saving: it was open all the while
	wipe(doc.Accounts)
	for a, n := range kept {
		a.kept, a.told = n.receipts, n.history
	}
	c.changed()
	return nil
}

func wipe(entries []json.RawMessage) {
	for _, e := range entries {
		clear(e)
	}
}

// opener is one of the ways to open the vault.
type opener func(context.Context, platform.Prompt) (vault.Document, error)

// load opens the vault and takes its accounts, with the receipts that wait in the index. Accounts that only the index knows stay: after a
// backup was opened it knows more than the vault. heal writes the vault anew in any case. What cannot be written now, as on a full disk, is
// written with the next change. ErrLocked if Lock was called while the user was asked.
func (c *Core) load(ctx context.Context, open opener, p platform.Prompt, heal bool) error {
	c.mu.Lock()
	locks := c.locks
	c.mu.Unlock()
	doc, err := open(ctx, p) // may wait for the user, so it holds up nothing else
	if err != nil {
		return err
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	stored, err := decodeAccounts(doc)
	if err != nil {
		doc.Wipe()
		return err
	}
	c.mu.Lock()
	if c.locks != locks {
		c.mu.Unlock()
		c.files.Forget()
		doc.Wipe()
		c.cfg.Keys.Lock()
		return ErrLocked
	}
	stored = c.withoutWiped(stored)
	c.trouble = nil
	if c.doc != nil { // it was open: what is in memory is the newest
		doc.Wipe()
	} else {
		c.doc = &doc
		if err := c.readCodes(); err != nil {
			c.doc = nil
			c.mu.Unlock()
			c.files.Forget()
			doc.Wipe()
			return err
		}
		heal = c.takeAccounts(ctx, stored) || heal
	}
	c.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	if heal {
		err = c.saveVault(ctx)
	}
	if err := errors.Join(err, c.saveIndex(ctx), c.purgeWiped(ctx), c.purgeCodes(ctx)); err != nil {
		c.cfg.Log.WarnContext(ctx, "could not store the accounts after unlocking", "err", err)
	}
	return nil
}

// takeAccounts adds what the vault knows, and reports whether more is known than the vault has; mu must be held.
func (c *Core) takeAccounts(ctx context.Context, stored []storedAccount) (more bool) {
	for _, s := range stored {
		a, err := c.find(s.ID)
		if err != nil {
			a = c.addAccount(ctx, s)
			if c.streams != nil {
				c.follow(a)
			}
		}
		a.kept = len(s.Receipts)
		a.stored.Sealed = s.Sealed
		if s.Restore.Proof != a.stored.Restore.Proof { // the index was not written after the code was changed
			a.stored.Restore = s.Restore
		}
		a.settleNext()
		a.stored.Receipts = mergeReceipts(s.Receipts, a.stored.Receipts)
		a.takeHistory(s.History)
		if err == nil {
			a.stored.Offline = mergeOffline(a.stored.Offline, s.Offline)
		}
		more = more || len(a.stored.Receipts) > a.kept || len(a.stored.History) > a.told || a.stored.Offline.Noted > s.Offline.Noted
	}
	return more || len(stored) != len(c.accounts)
}

func decodeAccounts(doc vault.Document) (stored []storedAccount, err error) {
	for _, raw := range doc.Accounts {
		var s storedAccount
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, vault.ErrDamaged.Because(fmt.Errorf("account: %w", err))
		}
		stored = append(stored, s)
	}
	return stored, nil
}

func randomKeyBase() string {
	b := make([]byte, 10)
	rand.Read(b)
	return "k" + strings.ToLower(base32.StdEncoding.EncodeToString(b))
}
