package phone

import (
	"context"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// DeviceList is who has an account: its user's devices, as the server said at a time.
type DeviceList struct {
	Devices  []wire.DeviceEntry  // those in use, oldest first, then those that were removed, the last one first
	Restores []wire.RestoreEntry // under way
	At       time.Time
}

// Devices asks an account's server for the devices of its user.
func (c *Core) Devices(ctx context.Context, id AccountID) (DeviceList, error) {
	a, err := c.account(id)
	if err != nil {
		return DeviceList{}, err
	}
	l, err := a.device.Devices(ctx)
	return c.listed(ctx, a, l, err)
}

// RemoveDevice takes another device off the account; it verifies the user. It is a fact at once, whether that device is reached or not.
func (c *Core) RemoveDevice(ctx context.Context, id AccountID, other authn.DeviceID, p platform.Prompt) (DeviceList, error) {
	return c.commandDevice(ctx, id, wire.DeviceCommand{Device: other, Act: wire.ActRemove}, p)
}

// WipeDevice removes another device and asks it to delete what it has; it verifies the user. The list says how far that has come.
func (c *Core) WipeDevice(ctx context.Context, id AccountID, other authn.DeviceID, scope authn.WipeScope, p platform.Prompt) (DeviceList, error) {
	return c.commandDevice(ctx, id, wire.DeviceCommand{Device: other, Act: wire.ActWipe, Scope: scope}, p)
}

// BlockDevice removes another device, and has nobody restore the account until that is allowed again; it verifies the user.
func (c *Core) BlockDevice(ctx context.Context, id AccountID, other authn.DeviceID, p platform.Prompt) (DeviceList, error) {
	return c.commandDevice(ctx, id, wire.DeviceCommand{Device: other, Act: wire.ActBlock}, p)
}

func (c *Core) commandDevice(ctx context.Context, id AccountID, cmd wire.DeviceCommand, p platform.Prompt) (DeviceList, error) {
	a, err := c.account(id)
	if err != nil {
		return DeviceList{}, err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return DeviceList{}, err
	}
	defer use.Close()
	cmd.Audience, cmd.Issuer, cmd.ID, cmd.IssuedAt, cmd.UV = a.device.Server().Issuer, id, key.RandomID(16), c.cfg.Now().Unix(), uv
	raw, err := wire.SignDeviceCommand(use, cmd)
	if err != nil {
		return DeviceList{}, fmt.Errorf("sign command: %w", err)
	}
	l, err := a.device.Command(ctx, raw)
	if err == nil {
		c.deviceEnded(ctx, a, cmd.Device)
		c.emit(Event{Kind: DevicesChanged, Account: id})
	}
	return c.listed(ctx, a, l, err)
}

// listed turns the server's list, or its refusal, into what the app shows.
func (c *Core) listed(ctx context.Context, a *account, l wire.UserDevices, err error) (DeviceList, error) {
	if err != nil {
		if gone(err) {
			c.removedByServer(ctx, a)
		}
		return DeviceList{}, err
	}
	return DeviceList{Devices: l.Devices, Restores: l.Restores, At: c.cfg.Now()}, nil
}

// account finds an account that its server can be asked about.
func (c *Core) account(id AccountID) (*account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.find(id)
	if err == nil && a.stored.Status.Status == Removed {
		err = authn.ErrDeviceRevoked
	}
	return a, err
}
