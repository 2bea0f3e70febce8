package client

import (
	"context"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Restore says how restore stands for a user; for all, by login, with an empty one. coverage is nil for a single user.
func (a *Admin) Restore(ctx context.Context, login string) (all []wire.AdminRestore, coverage *wire.RestoreCoverage, err error) {
	if login != "" {
		var out wire.AdminRestoreList
		err := a.list(ctx, "restore", login, &out)
		return out.Restores, nil, err
	}
	for after := ""; ; {
		var page wire.AdminRestoreList
		if err := a.page(ctx, "restore", after, &page); err != nil {
			return nil, nil, err
		}
		coverage = page.Coverage
		if all = append(all, page.Restores...); page.After == "" || page.After == after {
			return all, coverage, nil
		}
		after = page.After
	}
}

// AllowRestore lets a user restore once, within a day, where the policy asks for that; it takes a block away.
func (a *Admin) AllowRestore(ctx context.Context, login, reason string) (wire.AdminRestore, error) {
	return a.changeRestore(ctx, login, "allow", reason)
}

// BlockRestore ends what restores a user's account, and lets nobody begin another.
func (a *Admin) BlockRestore(ctx context.Context, login, reason string) (wire.AdminRestore, error) {
	return a.changeRestore(ctx, login, "block", reason)
}

// UnblockRestore takes away what blocks a user's restores.
func (a *Admin) UnblockRestore(ctx context.Context, login, reason string) (wire.AdminRestore, error) {
	return a.changeRestore(ctx, login, "unblock", reason)
}

func (a *Admin) changeRestore(ctx context.Context, login, act, reason string) (wire.AdminRestore, error) {
	var out wire.AdminRestore
	err := a.post(ctx, "users/"+login+"/restore/"+act, wire.ChangeRestore{Reason: reason}, &out)
	return out, err
}

// WipeDevice removes a device and asks it to delete the work account.
func (a *Admin) WipeDevice(ctx context.Context, id authn.DeviceID, reason string) (wire.AdminDevice, error) {
	var out wire.AdminDevice
	err := a.post(ctx, "devices/"+string(id)+"/wipe", wire.WipeDevice{Reason: reason}, &out)
	return out, err
}
