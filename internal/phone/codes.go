package phone

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/escrow"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

// Codes of other services live once in the vault, whatever accounts there are. Each method here wants the app unlocked, else it fails with ErrLocked,
// and what it changes is on disk before it returns. Deleting what has lain in the trash for too long happens by the way.

// Codes are all codes without their secrets, in the order by hand, with those in the trash. None while locked.
func (c *Core) Codes() []codes.View {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return nil
	}
	return c.codes.Views()
}

// CodeView is one code without its secret. Errors: ErrLocked, codes.ErrNotFound.
func (c *Core) CodeView(id codes.ID) (codes.View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return codes.View{}, ErrLocked
	}
	return c.codes.View(id)
}

// FindCodes lists what a query wants. None while locked.
func (c *Core) FindCodes(q codes.Query) []codes.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return nil
	}
	return c.codes.Search(q)
}

// CodeGroups are the names of all groups, by name. None while locked.
func (c *Core) CodeGroups() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return nil
	}
	return c.codes.Groups()
}

// SameCode finds a code with the same secret, kind and form, also in the trash.
func (c *Core) SameCode(code otp.Code) (codes.ID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return "", false
	}
	return c.codes.Same(code)
}

// Code is the code at now, and the one that follows. An HOTP code is shown as AdvanceCode gave it last, until the app locks; it is empty if there was
// none. Errors: ErrLocked, codes.ErrNotFound, codes.ErrInTrash, otp.ErrNoPIN.
func (c *Core) Code(_ context.Context, id codes.ID, now time.Time) (codes.Shown, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return codes.Shown{}, ErrLocked
	}
	return c.codes.Show(id, now)
}

// AddCode adds a code. codes.ErrSame with the id of the one that is there already; one that lies in the trash is put back as it is given now.
func (c *Core) AddCode(ctx context.Context, e codes.Entry) (codes.ID, error) {
	if id, ok := c.SameCode(e.Code); ok {
		if v, err := c.CodeView(id); err == nil && v.Trashed.IsZero() {
			return id, codes.ErrSame
		}
	}
	ids, err := c.AddCodes(ctx, []codes.Entry{e})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// AddCodes adds what is imported, all of it or nothing, in one save. The ids are in the order of the entries; of one that is there already it is the
// id of that one.
func (c *Core) AddCodes(ctx context.Context, list []codes.Entry) (ids []codes.ID, err error) {
	err = c.changeCodes(ctx, func(all *codes.Collection, now time.Time) (out []codes.Stored, err error) {
		ids, out, err = all.Add(list, now)
		return out, err
	})
	return ids, err
}

// EditCode changes what a person can change of a code.
func (c *Core) EditCode(ctx context.Context, id codes.ID, d codes.Draft) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Edit(id, d, now) })
}

// PinCode puts a code above the others, or back.
func (c *Core) PinCode(ctx context.Context, id codes.ID, pinned bool) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Pin(id, pinned, now) })
}

// MoveCode places a code before another one in the order by hand; "" is the end.
func (c *Core) MoveCode(ctx context.Context, id, before codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Move(id, before, now) })
}

// RenameCodeGroup renames a group in every code; "" takes the codes out of it.
func (c *Core) RenameCodeGroup(ctx context.Context, group, name string) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) {
		return all.RenameGroup(group, name, now)
	})
}

// TrashCode puts a code into the trash, where it stays for codes.TrashFor.
func (c *Core) TrashCode(ctx context.Context, id codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Trash(id, now) })
}

// UntrashCode takes a code out of the trash.
func (c *Core) UntrashCode(ctx context.Context, id codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Untrash(id, now) })
}

// DeleteCode deletes a code for good, here and, with the escrow, on the person's other phones.
func (c *Core) DeleteCode(ctx context.Context, id codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Delete(id, now) })
}

// UsedCode counts a use: the code was copied or revealed.
func (c *Core) UsedCode(ctx context.Context, id codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Used(id, now) })
}

// AdvanceCode is the next code of an HOTP code. The counter has moved on, on disk, before the code is shown, so that none is given twice.
func (c *Core) AdvanceCode(ctx context.Context, id codes.ID) (shown codes.Shown, err error) {
	err = c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Advance(id, now) },
		func(all *codes.Collection) error {
			all.Stepped(id, false)
			shown, err = all.Show(id, c.cfg.Now())
			return err
		})
	return shown, err
}

// CanUndoAdvance reports whether UndoAdvance works.
func (c *Core) CanUndoAdvance(id codes.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.codes != nil && c.codes.CanUndo(id)
}

// UndoAdvance takes the last AdvanceCode of a code back, until the app locks. codes.ErrNoUndo if there is none.
func (c *Core) UndoAdvance(ctx context.Context, id codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.UndoAdvance(id, now) },
		func(all *codes.Collection) error {
			all.Stepped(id, true)
			return nil
		})
}

// CodeURI is the otpauth URI of a code, secret and all, for a QR or for copying by hand. The user is verified for it, whoever was there a moment ago.
func (c *Core) CodeURI(ctx context.Context, id codes.ID, p platform.Prompt) (otp.Secret, error) {
	if _, err := c.CodeView(id); err != nil {
		return nil, err
	}
	if _, err := c.verify(ctx, vaultKey, p); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return nil, ErrLocked
	}
	e, err := c.codes.Entry(id)
	if err != nil {
		return nil, err
	}
	defer e.Code.Secret.Wipe()
	return e.Code.Encode()
}

// ExportCodes are the codes that are not in the trash, with their secrets, in the order by hand. The user is verified for it, whoever was there a
// moment ago. The caller wipes what it was given.
func (c *Core) ExportCodes(ctx context.Context, p platform.Prompt) ([]codes.Entry, error) {
	c.mu.Lock()
	locked := c.codes == nil
	c.mu.Unlock()
	if locked {
		return nil, ErrLocked
	}
	if _, err := c.verify(ctx, vaultKey, p); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.codes == nil {
		return nil, ErrLocked
	}
	var list []codes.Entry
	for _, id := range c.codes.Search(codes.Query{}) {
		if e, err := c.codes.Entry(id); err == nil {
			list = append(list, e)
		}
	}
	return list, nil
}

// Drift is how far this phone's clock is ahead of the time that its server told last, exact to some two seconds; known is false if none has told
// since the app was started. Of several servers the one that told last counts.
func (c *Core) Drift() (d time.Duration, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var at time.Time
	for _, a := range c.accounts {
		if a.offsetAt.After(at) {
			at, d, known = a.offsetAt, -a.offset, true
		}
	}
	return d, known
}

// codeChange says what is to be stored.
type codeChange func(*codes.Collection, time.Time) ([]codes.Stored, error)

// changeCodes stores a change, and only then shows it. What comes after is done before anybody else sees it.
func (c *Core) changeCodes(ctx context.Context, change codeChange, after ...func(*codes.Collection) error) error {
	c.saving.Lock()
	changed, err := c.storeCodes(context.WithoutCancel(ctx), change, after...)
	c.saving.Unlock()
	if changed {
		c.emit(Event{Kind: CodesChanged})
	}
	return err
}

// storeCodes is changeCodes for who holds saving.
func (c *Core) storeCodes(ctx context.Context, change codeChange, after ...func(*codes.Collection) error) (changed bool, err error) {
	c.mu.Lock()
	if c.doc == nil {
		c.mu.Unlock()
		return false, ErrLocked
	}
	out, err := change(c.codes, c.cfg.Now())
	if err != nil || len(out) == 0 {
		c.mu.Unlock()
		return false, err
	}
	was := c.doc.Codes
	next, old, err := c.withCodes(out)
	if err != nil {
		c.mu.Unlock()
		return false, err
	}
	c.doc.Codes = next
	c.mu.Unlock()
	err = c.saveVault(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.doc.Codes = was
		return false, err
	}
	c.codes.Apply(out)
	wipe(old)
	for _, f := range after {
		err = errors.Join(err, f(c.codes))
	}
	return true, err
}

// purgeCodes deletes what has lain in the trash for too long; saving must be held.
func (c *Core) purgeCodes(ctx context.Context) error {
	_, err := c.storeCodes(ctx, func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Purge(now), nil })
	return err
}

// withCodes is doc.Codes with entries in their places, and those that they replace; mu must be held.
func (c *Core) withCodes(list []codes.Stored) (next, old []json.RawMessage, err error) {
	next = slices.Clone(c.doc.Codes)
	for _, s := range list {
		raw, err := s.Encode()
		if err != nil {
			return nil, nil, err
		}
		if at, ok := c.codes.Index(s.ID); ok {
			old, next[at] = append(old, next[at]), raw
		} else {
			next = append(next, raw)
		}
	}
	return next, old, nil
}

// joinCodes takes what was merged with another phone's into the open vault; the next save stores it. mu must be held.
func (c *Core) joinCodes(merged []escrow.Entry) error {
	out := c.codes.Join(merged)
	for i := range out {
		out[i].Body = slices.Clone(out[i].Body) // who opened an escrow wipes it
	}
	next, _, err := c.withCodes(out) // those that go are on disk, and the vault compares with them
	if err != nil {
		return err
	}
	c.doc.Codes = next
	c.codes.Apply(out)
	return nil
}

// readCodes makes the collection of the vault that was opened; mu must be held.
func (c *Core) readCodes() error {
	all, errs := codes.Read(c.doc.Codes)
	if all == nil {
		return vault.ErrDamaged.Because(errors.Join(errs...))
	}
	for _, err := range errs {
		c.cfg.Log.Warn("a code is not shown", "err", err)
	}
	c.codes = all
	return nil
}

// forgetCodes wipes the collection; mu must be held.
func (c *Core) forgetCodes() {
	if c.codes != nil {
		c.codes.Wipe()
	}
	c.codes = nil
}
