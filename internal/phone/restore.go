package phone

import (
	"context"
	"errors"
	"strconv"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Errors of restore.
var (
	ErrNoRestoreCode = authn.Fail(authn.NotFound, "restore_code_unknown", "This device does not know the restore code. Use the device that set it up, or make a new one here.")
	ErrOtherCode     = authn.Fail(authn.Invalid, "restore_code_other", "This is a restore code, and not the one of this account. Compare it with your sheet; an older one is worth nothing.")
	ErrNoRestore     = authn.Fail(authn.NotFound, "no_escrow", "Restore is not set up for this account. Set it up first.")
)

// open returns an account that can be worked with: the app is unlocked and its server knows this device.
func (c *Core) open(id AccountID) (*account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.find(id)
	switch {
	case err != nil:
		return nil, err
	case c.doc == nil:
		return nil, ErrLocked
	case a.stored.Status.Status == Removed:
		return nil, authn.ErrDeviceRevoked
	}
	return a, nil
}

// ActivateRestore sets restore up with a code that the person has noted, or replaces the code. The user is verified by the approval key. A crash leaves either the
// old code or the new one good, and this phone finds out which.
func (c *Core) ActivateRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) error {
	a, err := c.open(id)
	if err != nil {
		return err
	}
	return c.putCode(ctx, a, code, false, p)
}

// putCode makes a code the one that the server knows. It is in the vault before it is sent.
func (c *Core) putCode(ctx context.Context, a *account, code key.RestoreCode, unnoted bool, p platform.Prompt) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	if err := c.askRestore(ctx, a); err != nil {
		return err
	}
	if d, ok, err := c.due(a); err == nil && ok && d.state.ServerGeneration > d.state.Known { // nothing that another phone has stored is lost with the old code
		if err := c.pullEscrow(ctx, a, d); err != nil {
			return err
		}
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return err
	}
	defer use.Close()
	doc, digest, replaces, err := c.keepNext(ctx, a, code, unnoted)
	if err != nil {
		return err
	}
	sealed, err := c.sealEscrow(ctx, a, doc, code)
	if err != nil {
		return err
	}
	server, user := a.device.Server(), string(a.stored.User)
	proof, exchange := code.Keys(user)
	statement, err := wire.SignEscrowCode(use, wire.EscrowCode{
		Audience: server.Issuer, Device: a.stored.ID, ID: key.RandomID(16), IssuedAt: c.cfg.Now().Unix(), ProofJWK: proof.Key(), ExchangeJWK: exchange.Key(),
		Vouch: code.Vouch(user, server.Issuer, server.Identity.Thumbprint()), Generation: sealed.Generation, FileHash: wire.HashFile(sealed.File),
		Tag: sealed.Tag, UV: uv,
	})
	if err != nil {
		return err
	}
	if _, err := a.device.PutEscrow(ctx, wire.EscrowPut{Statement: statement, File: sealed.File}, replaces); err != nil {
		return err
	}
	c.mu.Lock()
	r := &a.stored.Restore
	r.ServerProof, r.ServerGeneration, r.Known = proof.Key(), sealed.Generation, sealed.Generation
	if c.doc != nil { // else the vault has it as the next one, and the next unlocking finds out
		a.promote(code, unnoted)
	}
	r.CodeAt, r.ProvenAt = c.cfg.Now(), time.Time{}
	if r.Server != wire.RestoreBlocked || !unnoted {
		r.Server = wire.RestoreOn
	}
	c.mu.Unlock()
	return c.storedEscrow(ctx, a, sealed.Generation, digest)
}

// askRestore asks the server how restore stands.
func (c *Core) askRestore(ctx context.Context, a *account) error {
	st, err := a.device.Status(ctx)
	if err != nil {
		return err
	}
	c.setStatus(ctx, a, st)
	return nil
}

// keepNext writes a code into the vault that the server is about to get, and says what goes with it.
func (c *Core) keepNext(ctx context.Context, a *account, code key.RestoreCode, unnoted bool) (doc escrow.Document, digest authn.Hash, replaces uint64, err error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	if c.doc == nil {
		c.mu.Unlock()
		return doc, digest, 0, ErrLocked
	}
	a.stored.Sealed.Next, a.stored.Sealed.NextUnnoted = keptCode{code.Clone()}, unnoted
	if c.noCodesElsewhere(a) {
		a.stored.Restore.Codes = true
	}
	doc, digest, err = c.content(a)
	replaces = a.stored.Restore.ServerGeneration
	doc.Generation = replaces + 1
	c.mu.Unlock()
	if err == nil {
		err = c.saveBoth(ctx)
	}
	return doc, digest, replaces, err
}

// noCodesElsewhere reports whether codes of other services are kept with no other account; mu must be held.
func (c *Core) noCodesElsewhere(a *account) bool {
	for _, b := range c.accounts {
		if b != a && b.stored.Restore.Codes && b.stored.Restore.ours() {
			return false
		}
	}
	return true
}

// NoteRestoreCode says that the person has noted the code that this phone has drawn after a restore.
func (c *Core) NoteRestoreCode(ctx context.Context, id AccountID) error {
	return c.changeRestore(ctx, id, func(r *storedRestore) { r.Unnoted = false })
}

// SkipRestore is "not now": the prompt comes back at the fourth Yes from now.
func (c *Core) SkipRestore(ctx context.Context, id AccountID) error {
	return c.changeRestore(ctx, id, func(r *storedRestore) { r.Yes, r.Skipped = 0, true })
}

func (c *Core) changeRestore(ctx context.Context, id AccountID, fn func(*storedRestore)) error {
	c.saving.Lock()
	c.mu.Lock()
	a, err := c.find(id)
	if err == nil {
		fn(&a.stored.Restore)
	}
	c.mu.Unlock()
	if err == nil {
		err = c.saveBoth(ctx)
	}
	c.saving.Unlock()
	if err == nil {
		c.emit(Event{Kind: AccountsChanged, Account: id})
	}
	return err
}

// ShowRestoreCode returns the code after the user was verified. ErrNoRestoreCode where this device does not know it.
func (c *Core) ShowRestoreCode(ctx context.Context, id AccountID, p platform.Prompt) (key.RestoreCode, error) {
	a, err := c.open(id)
	if err != nil {
		return key.RestoreCode{}, err
	}
	if _, err := c.verify(ctx, a.stored.Keys.Exchange, p); err != nil {
		return key.RestoreCode{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.stored.Sealed.Code.IsZero() || !a.stored.Restore.ours() {
		return key.RestoreCode{}, ErrNoRestoreCode
	}
	return a.stored.Sealed.Code.Clone(), nil
}

// fetchEscrow fetches what is kept and makes sure that a code is the one that it was made with.
func (c *Core) fetchEscrow(ctx context.Context, a *account, code key.RestoreCode) (escrow.Document, wire.EscrowAnswer, error) {
	kept, err := a.device.Escrow(ctx)
	if errors.Is(err, authn.ErrNoEscrow) {
		err = ErrNoRestore
	}
	if err != nil {
		return escrow.Document{}, kept, err
	}
	if kept.ProofJWK != proofOf(code, a.stored.User) {
		return escrow.Document{}, kept, ErrOtherCode
	}
	c.mu.Lock()
	known := uint64(0)
	if a.stored.Restore.Proof == kept.ProofJWK {
		known = a.stored.Restore.Known
	}
	c.mu.Unlock()
	doc, err := escrow.Open(code, a.stored.User, escrow.Sealed{Generation: kept.Generation, File: kept.File, Tag: kept.Tag}, known)
	return doc, kept, err
}

// JoinRestore has this device take part in a restore that another one has set up: with its code. What is kept comes into the vault.
func (c *Core) JoinRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) error {
	a, err := c.open(id)
	if err != nil {
		return err
	}
	if _, err := c.verify(ctx, a.stored.Keys.Exchange, p); err != nil {
		return err
	}
	if err := c.joinEscrow(ctx, a, code); err != nil {
		return err
	}
	// The server has to learn that this device reads along; if it cannot be told now it is told later.
	if err := c.saveEscrow(ctx, a); err != nil {
		c.cfg.Log.InfoContext(ctx, "what is kept for a restore could not be stored yet", "account", id, "err", err)
		c.changed()
	}
	return nil
}

func (c *Core) joinEscrow(ctx context.Context, a *account, code key.RestoreCode) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	doc, kept, err := c.fetchEscrow(ctx, a, code)
	if err != nil {
		return err
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	if c.doc == nil {
		c.mu.Unlock()
		return ErrLocked
	}
	if err = c.take(a, doc); err == nil {
		a.promote(code, false)
		r := &a.stored.Restore
		r.ServerProof, r.ServerGeneration, r.Known = kept.ProofJWK, kept.Generation, kept.Generation
		if r.Server == "" || r.Server == wire.RestoreOff {
			r.Server = wire.RestoreOn
		}
		r.Saved, r.SavedAt = digestOf(doc), c.cfg.Now()
		c.noteWaits(a)
	}
	c.mu.Unlock()
	if err == nil {
		err = c.saveBoth(ctx)
	}
	c.emit(Event{Kind: RestoreChanged, Account: a.stored.ID})
	c.emit(Event{Kind: CodesChanged})
	return err
}

// DeactivateRestore switches restore off, here and at the server. The user is verified by the approval key.
func (c *Core) DeactivateRestore(ctx context.Context, id AccountID, p platform.Prompt) error {
	a, err := c.open(id)
	if err != nil {
		return err
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	if err := c.askRestore(ctx, a); err != nil {
		return err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return err
	}
	defer use.Close()
	c.mu.Lock()
	generation := a.stored.Restore.ServerGeneration
	c.mu.Unlock()
	statement, err := wire.SignEscrowOff(use, wire.EscrowOff{
		Audience: a.device.Server().Issuer, Device: id, ID: key.RandomID(16), IssuedAt: c.cfg.Now().Unix(), Generation: generation, UV: uv,
	})
	if err != nil {
		return err
	}
	if err := a.device.DeleteEscrow(ctx, statement); err != nil && !errors.Is(err, authn.ErrNoEscrow) {
		return err
	}
	return c.changeRestore(ctx, id, func(r *storedRestore) {
		a.stored.Sealed = sealedRestore{}
		*r = storedRestore{Policy: r.Policy, Server: wire.RestoreOff, ServerGeneration: generation + 1, Skipped: true}
	})
}

// DrillRestore proves that a code opens what the server keeps, in memory, compares that with what is here, and tells the server. What waits is stored before.
// Errors: ErrOtherCode, ErrNoRestore, those of escrow.Open.
func (c *Core) DrillRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) (Drill, error) {
	if c.State().Locked {
		if err := c.Unlock(ctx, p); err != nil {
			return Drill{}, err
		}
	}
	a, err := c.open(id)
	if err != nil {
		return Drill{}, err
	}
	if err := c.saveEscrow(ctx, a); err != nil && !errors.Is(err, errNotJoined) {
		return Drill{}, err
	}
	doc, kept, err := c.fetchEscrow(ctx, a, code)
	if err != nil {
		return Drill{}, err
	}
	defer doc.Wipe()
	d := Drill{At: c.cfg.Now(), Accounts: 1, Codes: live(doc.Codes)}
	if k, err := decodeKept(doc); err == nil {
		d.Computers = len(k.Computers)
	}
	c.mu.Lock()
	if c.doc != nil {
		_, digest, err := c.outline(a)
		d.Same = err == nil && digest == digestOf(doc)
	}
	c.mu.Unlock()
	if err := a.device.ProvenEscrow(ctx, kept.Generation); err != nil {
		return Drill{}, err
	}
	c.mu.Lock()
	a.happened(happening{ID: "drill " + strconv.FormatInt(d.At.Unix(), 10), At: d.At, What: whatDrill})
	c.mu.Unlock()
	return d, c.changeRestore(ctx, id, func(r *storedRestore) { r.ProvenAt = d.At })
}

// RestoreSheet is what is printed of a code.
func (c *Core) RestoreSheet(id AccountID, code key.RestoreCode) (Sheet, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.find(id)
	if err != nil {
		return Sheet{}, err
	}
	s := a.stored
	return Sheet{
		Organisation: s.Server.Organisation, Host: s.Server.Host(), Login: s.Login, Support: s.Server.Support, Code: code, At: c.cfg.Now(),
		Link: wire.RestoreLink{Host: s.Server.Host(), User: s.User, Pin: s.Server.Identity.Thumbprint().Pin(), Code: code},
	}, nil
}

// BlockRestore ends a restore of the account that is under way on some other phone, and has the server refuse every other until that is allowed again. It asks
// nobody and works while the app is locked.
func (c *Core) BlockRestore(ctx context.Context, id AccountID, restore authn.RestoreID) error {
	c.mu.Lock()
	a, err := c.find(id)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := a.device.BlockRestore(ctx, restore); err != nil {
		return err
	}
	return c.askRestore(ctx, a)
}
