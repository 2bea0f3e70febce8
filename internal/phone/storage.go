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
		}
	}
	return nil
}

// saveIndex writes what may be known while locked. saving must be held, mu must not.
func (c *Core) saveIndex(ctx context.Context) error {
	c.mu.Lock()
	var entries []indexEntry
	unlocked := c.doc != nil
	idx := vault.Index{}
	if unlocked {
		idx.Generation = c.doc.Generation
	}
	for _, a := range c.accounts {
		s := a.stored
		if unlocked {
			s.Receipts = nil // they are in the vault
		}
		entries = append(entries, indexEntry{Account: &s})
	}
	for _, p := range c.pending {
		entries = append(entries, indexEntry{Pending: &p})
	}
	for _, q := range c.queued {
		entries = append(entries, indexEntry{Removal: &q})
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

// save writes the vault if it is open, and the index always. Receipts that came while it was closed stay in the index
// until then.
func (c *Core) save(ctx context.Context) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if err := c.saveVault(ctx); err != nil {
		return err
	}
	return c.saveIndex(ctx)
}

func (c *Core) saveVault(ctx context.Context) error {
	c.mu.Lock()
	doc := c.doc
	if doc == nil {
		c.mu.Unlock()
		return nil
	}
	next := vault.Document{Codes: doc.Codes}
	for _, a := range c.accounts {
		raw, err := json.Marshal(a.stored)
		if err != nil {
			c.mu.Unlock()
			return fmt.Errorf("encode account: %w", err)
		}
		next.Accounts = append(next.Accounts, raw)
	}
	c.mu.Unlock()
	if err := c.files.Save(ctx, &next); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doc != nil { // not locked meanwhile
		c.doc = &next
	}
	return nil
}

// opener is one of the ways to open the vault.
type opener func(context.Context, platform.Prompt) (vault.Document, error)

// load opens the vault and takes its accounts, with the receipts that wait in the index. Accounts that only the index knows stay: after a
// backup was opened it knows more than the vault. heal writes the vault anew in any case.
func (c *Core) load(ctx context.Context, open opener, p platform.Prompt, heal bool) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	doc, err := open(ctx, p)
	if err != nil {
		return err
	}
	var stored []storedAccount
	for _, raw := range doc.Accounts {
		var s storedAccount
		if err := json.Unmarshal(raw, &s); err != nil {
			return vault.ErrDamaged.Because(fmt.Errorf("account: %w", err))
		}
		stored = append(stored, s)
	}
	c.mu.Lock()
	c.doc, c.trouble = &doc, nil
	for _, s := range stored {
		a, err := c.find(s.ID)
		if err != nil {
			a = c.addAccount(ctx, s)
			if a != nil && c.streams != nil {
				c.follow(a)
			}
			continue
		}
		heal = heal || len(a.stored.Receipts) > 0
		a.stored.Receipts = append(s.Receipts, a.stored.Receipts...)
	}
	heal = heal || len(stored) != len(c.accounts)
	c.mu.Unlock()
	if heal {
		if err := c.saveVault(ctx); err != nil {
			return err
		}
	}
	return c.saveIndex(ctx)
}

func randomKeyBase() string {
	b := make([]byte, 10)
	rand.Read(b)
	return "k" + strings.ToLower(base32.StdEncoding.EncodeToString(b))
}
