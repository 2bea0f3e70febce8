package modeltest

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// DevicesScript answers the calls about devices and a new phone; what is not set does what it should.
type DevicesScript struct {
	OnDevices   func() (phone.DeviceList, error)
	OnCommand   func(ctx context.Context, act wire.DeviceAct, id authn.DeviceID, scope authn.WipeScope) error
	OnOffer     func(context.Context) (*phone.Offer, error)
	OnAwait     func(context.Context) (phone.Joiner, error)
	OnAnswer    func(ctx context.Context, yes bool) error
	OnClaim     func(context.Context) (*phone.Joining, error)
	OnAwaitJoin func(context.Context) (phone.Account, error)
	OnReset     func(pin string) error
	OnErase     func() error
}

// Devices are those of the pictures: this phone, a laptop, and one that was not seen for a while.
func Devices() []wire.DeviceEntry {
	at := func(month time.Month, day, hour, minute int) int64 {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.Local).Unix()
	}
	return []wire.DeviceEntry{
		{
			ID: "d_1", Name: "Pixel 8", Model: "Google Pixel 8", OS: "Android 16", State: authn.DeviceActive, This: true, Origin: authn.OriginRegistration,
			ConnectedAt: time.Date(2025, time.November, 14, 9, 0, 0, 0, time.Local).Unix(), LastSeenAt: Now.Unix(),
		},
		{ID: "d_2", Name: "Anna’s ThinkPad", OS: "Linux", State: authn.DeviceActive, Origin: authn.OriginRegistration, ConnectedAt: at(time.January, 20, 9, 0), LastSeenAt: at(time.March, 3, 8, 12)},
		{ID: "d_3", Name: "Old iPhone", Model: "iPhone 13", State: authn.DeviceActive, Origin: authn.OriginRegistration, ConnectedAt: at(time.January, 2, 9, 0), LastSeenAt: at(time.February, 9, 12, 0)},
	}
}

// NewDevice was added yesterday evening and is on probation.
func NewDevice() wire.DeviceEntry {
	at := time.Date(2026, time.March, 2, 18, 20, 0, 0, time.Local)
	return wire.DeviceEntry{
		ID: "d_4", Name: "Pixel 9", Model: "Google Pixel 9", OS: "Android 16", State: authn.DeviceActive, Origin: authn.OriginDuplicate, ConnectedAt: at.Unix(),
		LastSeenAt: at.Unix(), ProbationUntil: at.Add(24 * time.Hour).Unix(),
	}
}

// WipedDevices are removed devices whose wipe has come differently far.
func WipedDevices() (out []wire.DeviceEntry) {
	asked := Now.AddDate(0, 0, -1)
	for i, w := range []wire.WipeEntry{
		{State: authn.WipeRequested, RequestedAt: asked.Unix()},
		{State: authn.WipeDelivered, RequestedAt: asked.Unix(), DeliveredAt: asked.Add(time.Minute).Unix()},
		{State: authn.WipeConfirmed, RequestedAt: asked.Unix(), ConfirmedAt: asked.Add(time.Minute).Unix()},
		{State: authn.WipeConfirmed, Left: authn.LeftSealed, RequestedAt: asked.Unix(), ConfirmedAt: asked.Add(time.Minute).Unix()},
		{State: authn.WipeNeverSeen, RequestedAt: Now.AddDate(0, 0, -31).Unix()},
	} {
		w.Scope = authn.WipeAccount
		out = append(out, wire.DeviceEntry{
			ID: authn.DeviceID("d_w" + string(rune('1'+i))), Name: []string{"Galaxy A54", "Pixel 6", "iPhone 12", "Nokia X30", "Xperia 5"}[i], State: authn.DeviceRevoked,
			RemovedAt: asked.Unix(), Wipe: &w,
		})
	}
	return out
}

// Devices implements model.Core.
func (c *Core) Devices(context.Context, phone.AccountID) (phone.DeviceList, error) {
	c.called("Devices")
	if c.OnDevices != nil {
		return c.OnDevices()
	}
	return phone.DeviceList{Devices: Devices(), At: Now}, nil
}

func (c *Core) command(ctx context.Context, act wire.DeviceAct, id authn.DeviceID, scope authn.WipeScope) (phone.DeviceList, error) {
	if c.OnCommand != nil {
		if err := c.OnCommand(ctx, act, id, scope); err != nil {
			return phone.DeviceList{}, err
		}
	}
	list, err := phone.DeviceList{Devices: Devices(), At: Now}, error(nil)
	if c.OnDevices != nil {
		list, err = c.OnDevices()
	}
	for i := range list.Devices {
		d := &list.Devices[i]
		if d.ID != id {
			continue
		}
		d.State, d.RemovedAt = authn.DeviceRevoked, Now.Unix()
		if act == wire.ActWipe {
			d.Wipe = &wire.WipeEntry{State: authn.WipeRequested, Scope: scope, RequestedAt: Now.Unix()}
		}
	}
	return list, err
}

// RemoveDevice implements model.Core.
func (c *Core) RemoveDevice(ctx context.Context, _ phone.AccountID, id authn.DeviceID, _ platform.Prompt) (phone.DeviceList, error) {
	c.called("RemoveDevice")
	return c.command(ctx, wire.ActRemove, id, "")
}

// WipeDevice implements model.Core.
func (c *Core) WipeDevice(ctx context.Context, _ phone.AccountID, id authn.DeviceID, scope authn.WipeScope, _ platform.Prompt) (phone.DeviceList, error) {
	c.called("WipeDevice")
	return c.command(ctx, wire.ActWipe, id, scope)
}

// BlockDevice implements model.Core.
func (c *Core) BlockDevice(ctx context.Context, _ phone.AccountID, id authn.DeviceID, _ platform.Prompt) (phone.DeviceList, error) {
	c.called("BlockDevice")
	return c.command(ctx, wire.ActBlock, id, "")
}

// DuplicateLink is the code that an old phone shows.
func DuplicateLink() wire.DuplicateLink {
	return wire.DuplicateLink{Host: "id.lundenergy.example", ID: key.Secret("0123456789abcdef"), Optical: key.Secret("fedcba9876543210")}
}

// Offer is that code with 1:43 left.
func Offer() *phone.Offer {
	return &phone.Offer{Account: "d_1", Link: DuplicateLink(), Expires: Now.Add(104 * time.Second)}
}

// Joiner is the phone that has scanned it.
func Joiner() phone.Joiner {
	return phone.Joiner{Name: "Pixel 9", Model: "Google Pixel 9", OS: "Android 16", IP: "203.0.113.7", Words: [2]string{"amber", "canal"}, Expires: Now.Add(5 * time.Minute)}
}

// OfferDuplicate implements model.Core.
func (c *Core) OfferDuplicate(ctx context.Context, _ phone.AccountID, _ platform.Prompt) (*phone.Offer, error) {
	c.called("OfferDuplicate")
	if c.OnOffer != nil {
		return c.OnOffer(ctx)
	}
	return Offer(), nil
}

// AwaitDuplicate implements model.Core. Without a script nobody ever scans.
func (c *Core) AwaitDuplicate(ctx context.Context, _ *phone.Offer) (phone.Joiner, error) {
	c.called("AwaitDuplicate")
	if c.OnAwait != nil {
		return c.OnAwait(ctx)
	}
	return phone.Joiner{}, context.Canceled
}

// AnswerDuplicate implements model.Core.
func (c *Core) AnswerDuplicate(ctx context.Context, _ *phone.Offer, _ phone.Joiner, yes bool, _ platform.Prompt) error {
	c.called("AnswerDuplicate")
	if c.OnAnswer != nil {
		return c.OnAnswer(ctx, yes)
	}
	return nil
}

// CancelDuplicate implements model.Core.
func (c *Core) CancelDuplicate(context.Context, *phone.Offer) error {
	c.called("CancelDuplicate")
	return nil
}

// ClaimDuplicate implements model.Core.
func (c *Core) ClaimDuplicate(ctx context.Context, _ wire.DuplicateLink, _ platform.Prompt) (*phone.Joining, error) {
	c.called("ClaimDuplicate")
	if c.OnClaim != nil {
		return c.OnClaim(ctx)
	}
	return &phone.Joining{Organisation: "Lund Energy", Host: "id.lundenergy.example", Words: [2]string{"amber", "canal"}, Expires: Now.Add(5 * time.Minute)}, nil
}

// AwaitJoin implements model.Core. Without a script the other phone never answers.
func (c *Core) AwaitJoin(ctx context.Context, _ *phone.Joining, _ platform.Prompt) (phone.Account, error) {
	c.called("AwaitJoin")
	if c.OnAwaitJoin == nil {
		return phone.Account{}, context.Canceled
	}
	a, err := c.OnAwaitJoin(ctx)
	if err == nil {
		c.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Accounts = append(s.Accounts, a) })
	}
	return a, err
}

// CancelJoin implements model.Core.
func (c *Core) CancelJoin(context.Context, *phone.Joining) error {
	c.called("CancelJoin")
	return nil
}

// ResetPIN implements model.Core.
func (c *Core) ResetPIN(_ context.Context, pin key.Secret, _ platform.Prompt) error {
	c.called("ResetPIN")
	if c.OnReset != nil {
		return c.OnReset(string(pin))
	}
	return nil
}

// EraseApp implements model.Core.
func (c *Core) EraseApp(context.Context) error {
	c.called("EraseApp")
	if c.OnErase != nil {
		if err := c.OnErase(); err != nil {
			return err
		}
	}
	c.Tell(phone.Event{Kind: phone.Wiped}, func(s *phone.State) { *s = phone.State{Erased: true} })
	return nil
}
