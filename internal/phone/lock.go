package phone

import (
	"context"
	"errors"

	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// SetPIN chooses the first PIN and makes the vault. Errors: keystore.ErrPINWeak, keystore.ErrPINSet.
func (c *Core) SetPIN(ctx context.Context, pin key.Secret) error {
	c.unlocking.Lock()
	defer c.unlocking.Unlock()
	if err := c.cfg.Keys.SetPIN(ctx, pin); err != nil {
		return err
	}
	if err := c.makeVault(ctx); err != nil {
		return err
	}
	c.emit(Event{Kind: LockChanged})
	return nil
}

// makeVault makes key and first generation. A crash in between is healed by Unlock. vault.ErrExists if there is one already: it is never
// passed over for an empty one.
func (c *Core) makeVault(ctx context.Context) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if err := c.makeVaultKey(ctx); err != nil {
		return err
	}
	doc := &vault.Document{}
	if err := c.files.Create(ctx, doc); err != nil {
		return err
	}
	c.mu.Lock()
	c.doc = doc
	err := c.readCodes()
	c.mu.Unlock()
	return errors.Join(err, c.purgeWiped(ctx))
}

func (c *Core) makeVaultKey(ctx context.Context) error {
	_, err := c.cfg.Keys.Create(ctx, vaultKey, keystore.Vault)
	if errors.Is(err, keystore.ErrKeyExists) {
		return nil
	}
	return err
}

// Unlock verifies the user and opens the vault. A damaged vault, or one that is older than it should be, is also told in State.Trouble, since it
// needs a decision: UnlockBackup or UnlockOld. ErrLocked if Lock was called while the user was asked.
func (c *Core) Unlock(ctx context.Context, p platform.Prompt) error {
	return c.unlock(ctx, c.files.Open, p, false)
}

// UnlockBackup opens the generation before the newest, for a person who was told that the newest is damaged.
func (c *Core) UnlockBackup(ctx context.Context, p platform.Prompt) error {
	return c.unlock(ctx, c.files.OpenBackup, p, true)
}

// UnlockOld opens a vault that is older than it should be, for a person who was told so.
func (c *Core) UnlockOld(ctx context.Context, p platform.Prompt) error {
	return c.unlock(ctx, c.files.OpenRolledBack, p, true)
}

func (c *Core) unlock(ctx context.Context, open opener, p platform.Prompt, heal bool) error {
	c.unlocking.Lock()
	defer c.unlocking.Unlock()
	err := c.load(ctx, open, p, heal)
	switch {
	case errors.Is(err, vault.ErrNoVault):
		// A crash between the first PIN and the first vault: the PIN is proved before one is made.
		if err = c.prove(ctx, p); err == nil {
			err = c.makeVault(ctx)
		}
	case errors.Is(err, vault.ErrDamaged), errors.Is(err, vault.ErrRolledBack):
		c.setTrouble(err)
	}
	if err == nil {
		c.emit(Event{Kind: LockChanged})
		c.emit(Event{Kind: AccountsChanged})
		c.changed()
	}
	return err
}

// prove verifies the user by a use of the vault key, which is made if the crash came before it.
func (c *Core) prove(ctx context.Context, p platform.Prompt) error {
	if err := c.makeVaultKey(ctx); err != nil {
		return err
	}
	use, err := c.cfg.Keys.Use(ctx, vaultKey, p)
	if err != nil {
		return err
	}
	use.Close()
	return nil
}

func (c *Core) setTrouble(err error) {
	t := &Trouble{Code: "vault_old", Err: err}
	var damaged *vault.DamagedError
	if errors.As(err, &damaged) {
		t.Code, t.Backup = "vault_damaged", damaged.Backup > 0
	}
	c.mu.Lock()
	c.trouble = t
	c.mu.Unlock()
	c.emit(Event{Kind: TroubleFound})
}

// Lock wipes what was decrypted and forgets the user verification; an Unlock that still asks the user comes to nothing. Requests still
// arrive. Receipts that could not be stored yet stay until they are.
func (c *Core) Lock() {
	c.saving.Lock()
	c.mu.Lock()
	was := c.doc
	c.doc = nil
	c.locks++
	if was != nil {
		c.forgetCodes()
		for _, a := range c.accounts {
			a.stored.Receipts, a.kept = append([]Receipt(nil), a.stored.Receipts[a.kept:]...), 0
			a.stored.History, a.told = append([]happening(nil), a.stored.History[a.told:]...), 0
			a.stored.Sealed.forget()
		}
	}
	c.mu.Unlock()
	if was != nil {
		c.files.Forget()
		was.Wipe()
	}
	c.saving.Unlock()
	c.cfg.Keys.Lock()
	if was != nil {
		c.emit(Event{Kind: LockChanged})
	}
}

// ChangePIN replaces the PIN.
func (c *Core) ChangePIN(ctx context.Context, old, pin key.Secret) error {
	return c.cfg.Keys.ChangePIN(ctx, old, pin)
}

// ResetPIN replaces a PIN that was forgotten where the user's fingerprint or face opens the keys; it asks for that. keystore.ErrPINRequired where it does not: then what
// is left is EraseApp, and the restore code or another device.
func (c *Core) ResetPIN(ctx context.Context, pin key.Secret, p platform.Prompt) error {
	return c.cfg.Keys.ResetPIN(ctx, pin, p)
}
