package phone

import (
	"context"
	"time"

	"avow/internal/authn"
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
	return DeviceList{}, errNotBuilt
}

// RemoveDevice takes another device off the account; it verifies the user. It is a fact at once, whether that device is reached or not.
func (c *Core) RemoveDevice(ctx context.Context, id AccountID, other authn.DeviceID, p platform.Prompt) (DeviceList, error) {
	return DeviceList{}, errNotBuilt
}

// WipeDevice removes another device and asks it to delete what it has; it verifies the user. The list says how far that has come.
func (c *Core) WipeDevice(ctx context.Context, id AccountID, other authn.DeviceID, scope authn.WipeScope, p platform.Prompt) (DeviceList, error) {
	return DeviceList{}, errNotBuilt
}

// BlockDevice removes another device, and has nobody restore the account until that is allowed again; it verifies the user.
func (c *Core) BlockDevice(ctx context.Context, id AccountID, other authn.DeviceID, p platform.Prompt) (DeviceList, error) {
	return DeviceList{}, errNotBuilt
}

var errNotBuilt = authn.Fail(authn.Internal, "not_built", "This is not built yet.")
