// Package standing reads how restore stands for a user: what is set up, and what is under way. It stands below the flows of devices and of restores, which both tell
// it, and changes nothing.
package standing

import (
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Restore says how restore stands for a user, as her devices are told: what is set up, and what is under way.
func Restore(r store.Reader, s *site.Site, u authn.User) (*wire.DeviceRestore, []wire.RestoreEntry, error) {
	now := s.Now()
	g, err := r.RestoreGuard(u.ID)
	if err != nil {
		return nil, nil, err
	}
	d := &wire.DeviceRestore{Policy: s.Policy().RestoreFor(u.Groups), State: wire.RestoreOff}
	e, err := r.EscrowState(u.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, err
	}
	d.Generation = e.Generation
	if e.Active() {
		d.State, d.CodeAt, d.ProofJWK = wire.RestoreOn, e.CodeAt.Unix(), e.Proof
		if !e.ProvenAt.IsZero() {
			d.ProvenAt = e.ProvenAt.Unix()
		}
		if d.Renew, err = lostHolder(r, e); err != nil {
			return nil, nil, err
		}
	}
	if !g.BlockedAt.IsZero() {
		d.State = wire.RestoreBlocked
	}
	open, err := r.OpenRestores(u.ID)
	if err != nil {
		return nil, nil, err
	}
	return d, Restores(open, now), nil
}

// lostHolder reports whether a device that knows the restore code was removed since: whoever has it may have the code.
func lostHolder(r store.Reader, e authn.Escrow) (bool, error) {
	for _, id := range e.Holders {
		d, err := r.Device(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil || d.State == authn.DeviceRevoked {
			return err == nil, err
		}
	}
	return false, nil
}

// Restores are those that are under way, as devices show them.
func Restores(open []authn.Restore, now time.Time) (list []wire.RestoreEntry) {
	for _, x := range open {
		if !x.StateAt(now).Open() {
			continue
		}
		entry := wire.RestoreEntry{ID: x.ID, Kind: x.Kind, State: x.State, Device: x.Info.Name, IP: x.IP, At: x.CreatedAt.Unix()}
		if !x.HeldUntil.IsZero() {
			entry.HeldUntil = x.HeldUntil.Unix()
		}
		list = append(list, entry)
	}
	return list
}
