package phone

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/wire"
)

const (
	escrowPause  = 3 * time.Second // for what changes right after a change
	escrowMerges = 4               // phones of one user that store at the same time
)

// keepEscrows stores what has changed with the servers, as long as the app is unlocked, until ctx ends.
func (c *Core) keepEscrows(ctx context.Context) {
	var pause <-chan time.Time
	for wait := firstWait; ; {
		select {
		case <-ctx.Done():
			return
		case <-c.changes:
			if pause == nil {
				pause = time.After(escrowPause)
			}
			continue
		case <-pause:
		}
		if pause = nil; c.saveEscrows(ctx) {
			wait = firstWait
			continue
		}
		pause = time.After(max(escrowPause, wait))
		wait = min(2*wait, lastErrandWait)
	}
}

// changed has the escrows looked at.
func (c *Core) changed() {
	select {
	case c.changes <- struct{}{}:
	default:
	}
}

// saveEscrows stores what the servers do not have yet, and takes what they have of other phones. It reports whether nothing is left to be done.
func (c *Core) saveEscrows(ctx context.Context) (done bool) {
	c.mu.Lock()
	accounts := slices.Clone(c.accounts)
	c.mu.Unlock()
	done = true
	for _, a := range accounts {
		if err := c.saveEscrow(ctx, a); err != nil && ctx.Err() == nil {
			c.cfg.Log.InfoContext(ctx, "what is kept for a restore could not be stored", "account", a.stored.ID, "err", err)
			switch e := authn.AsError(err); {
			case gone(err):
				c.removedByServer(ctx, a)
			case e.Kind == authn.Unavailable || e.Kind == authn.TooMany || e.Kind == authn.Conflict:
				done = false
			}
		}
	}
	return done
}

// due is what has to be stored of an account.
type due struct {
	doc    escrow.Document
	digest authn.Hash
	code   key.RestoreCode
	state  storedRestore
	locks  int
}

// due says what there is to do for an account; false for nothing.
func (c *Core) due(a *account) (d due, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &a.stored
	if c.doc == nil || a.lost || s.Status.Status != Connected || s.Sealed.Code.IsZero() || !s.Restore.ours() {
		return d, false, nil
	}
	doc, digest, err := c.outline(a)
	if err != nil {
		return d, false, err
	}
	if ok = digest != s.Restore.Saved || s.Restore.ServerGeneration > s.Restore.Known; ok && s.Restore.Codes {
		doc.Codes = c.codes.Escrow()
	}
	return due{doc: doc, digest: digest, code: s.Sealed.Code.Clone(), state: s.Restore, locks: c.locks}, ok, nil
}

// saveEscrow does it.
func (c *Core) saveEscrow(ctx context.Context, a *account) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	for range escrowMerges {
		d, ok, err := c.due(a)
		if err != nil || !ok {
			return err
		}
		if d.state.ServerGeneration > d.state.Known {
			if err := c.pullEscrow(ctx, a, d); err != nil {
				return err
			}
			continue
		}
		d.doc.Generation = d.state.Known + 1
		sealed, err := c.sealEscrow(ctx, a, d.doc, d.code)
		if err != nil {
			return err
		}
		_, err = a.device.PutEscrow(ctx, wire.EscrowPut{Generation: sealed.Generation, Tag: &sealed.Tag, File: sealed.File}, d.state.Known)
		if errors.Is(err, authn.ErrEscrowChanged) {
			if err := c.pullEscrow(ctx, a, d); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		return c.storedEscrow(ctx, a, sealed.Generation, d.digest)
	}
	return authn.ErrEscrowChanged
}

// sealEscrow encrypts to those devices of the document that the server still knows: its list only takes away.
func (c *Core) sealEscrow(ctx context.Context, a *account, doc escrow.Document, code key.RestoreCode) (escrow.Sealed, error) {
	list, err := a.device.Devices(ctx)
	if err != nil {
		return escrow.Sealed{}, err
	}
	var active []authn.DeviceID
	for _, d := range list.Devices {
		if d.State == authn.DeviceActive {
			active = append(active, d.ID)
		}
	}
	return escrow.Seal(doc, code, active)
}

// pullEscrow takes what another phone has stored.
func (c *Core) pullEscrow(ctx context.Context, a *account, d due) error {
	kept, err := a.device.Escrow(ctx)
	if err != nil {
		return err
	}
	if kept.ProofJWK != d.state.Proof { // another code: what this phone has is worth nothing there
		c.mu.Lock()
		a.stored.Restore.ServerProof, a.stored.Restore.ServerGeneration = kept.ProofJWK, kept.Generation
		c.mu.Unlock()
		c.emit(Event{Kind: RestoreChanged, Account: a.stored.ID})
		return errNotJoined
	}
	sealed := escrow.Sealed{Generation: kept.Generation, File: kept.File, Tag: kept.Tag}
	theirs, err := escrow.Open(d.code, a.stored.User, sealed, d.state.Known)
	if err != nil {
		return err
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	if c.doc == nil || c.locks != d.locks {
		c.mu.Unlock()
		return ErrLocked
	}
	err = c.take(a, theirs)
	r := &a.stored.Restore
	if err == nil {
		r.Known, r.ServerGeneration = theirs.Generation, theirs.Generation
		r.Saved, r.SavedAt = digestOf(theirs), c.cfg.Now()
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	err = c.saveBoth(ctx)
	c.emit(Event{Kind: RestoreChanged, Account: a.stored.ID})
	c.emit(Event{Kind: CodesChanged})
	return err
}

// errNotJoined means that the code was changed by another device.
var errNotJoined = authn.Fail(authn.Forbidden, "restore_elsewhere", "Another device has made a new restore code. Type it here, or make one of your own.")

// storedEscrow notes that the server has a content.
func (c *Core) storedEscrow(ctx context.Context, a *account, generation uint64, digest authn.Hash) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	r := &a.stored.Restore
	r.Known, r.ServerGeneration = max(r.Known, generation), max(r.ServerGeneration, generation)
	r.Saved, r.SavedAt = digest, c.cfg.Now()
	c.noteWaits(a)
	c.mu.Unlock()
	err := c.saveBoth(ctx)
	c.emit(Event{Kind: RestoreChanged, Account: a.stored.ID})
	return err
}

// noteWaits notes whether there is more than the server has; mu must be held. While locked it stays as it was.
func (c *Core) noteWaits(a *account) {
	if c.doc == nil || a.stored.Sealed.Code.IsZero() {
		return
	}
	_, digest, err := c.outline(a)
	a.stored.Restore.Waits = err != nil || digest != a.stored.Restore.Saved
}
