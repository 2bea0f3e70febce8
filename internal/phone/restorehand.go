package phone

import (
	"context"
	"encoding/json"
	"errors"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
)

// handedRestore is what another phone of the user gets of restore: with it, it takes part as if the code had been typed.
type handedRestore struct {
	Code    keptCode        `json:"code"`
	Members []escrow.Member `json:"members,omitempty"`
}

// restoreForHandover is what another phone of the user gets of restore, nil if this one has none; mu must be held and the vault be open.
func (c *Core) restoreForHandover(a *account) json.RawMessage {
	if a.stored.Sealed.Code.IsZero() || !a.stored.Restore.ours() {
		return nil
	}
	own, err := c.cfg.Keys.Public(a.stored.Keys.Exchange)
	if err != nil {
		return nil
	}
	doc := escrow.Document{Devices: a.stored.Sealed.Members}
	doc.Admit(a.stored.ID, own)
	raw, err := json.Marshal(handedRestore{Code: a.stored.Sealed.Code, Members: doc.Devices})
	if err != nil {
		return nil
	}
	return raw
}

// takeRestore keeps what another phone has handed over of restore. What the server has comes with the first exchange.
func takeRestore(s *storedAccount, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var h handedRestore
	if err := json.Unmarshal(raw, &h); err != nil || h.Code.IsZero() {
		return errHandover.Because(errors.New("what was handed over of restore is not that")) // the cause could quote it
	}
	s.Sealed.Code, s.Sealed.Members = h.Code, h.Members
	s.Restore.Proof = proofOf(h.Code.RestoreCode, s.User)
	return nil
}

// deviceJoined has a phone that was connected by this one read the escrow from now on: its exchange key was verified by the optical secret.
func (c *Core) deviceJoined(ctx context.Context, a *account, id authn.DeviceID, exchange key.Public) {
	c.changeMembers(ctx, a, func(doc *escrow.Document) { doc.Admit(id, exchange) })
}

// deviceEnded has a device that was removed read the escrow no more.
func (c *Core) deviceEnded(ctx context.Context, a *account, id authn.DeviceID) {
	c.changeMembers(ctx, a, func(doc *escrow.Document) { doc.Expel(id) })
}

func (c *Core) changeMembers(ctx context.Context, a *account, fn func(*escrow.Document)) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	if c.doc == nil || a.stored.Sealed.Code.IsZero() { // the server's list takes it away all the same
		c.mu.Unlock()
		return
	}
	doc := escrow.Document{Devices: a.stored.Sealed.Members}
	fn(&doc)
	a.stored.Sealed.Members = doc.Devices
	c.mu.Unlock()
	if err := c.saveBoth(ctx); err != nil {
		c.cfg.Log.WarnContext(ctx, "could not store who reads the escrow", "err", err)
	}
}
