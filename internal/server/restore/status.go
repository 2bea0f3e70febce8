package restore

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// state tells the phone how its restore stands.
func (s *Service) state(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreName
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	var x authn.Restore
	err = s.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
		x, err = of(rd, q.RestoreID, pub)
		return err
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, s.status(x))
}

func (s *Service) status(x authn.Restore) wire.RestoreStatus {
	now := s.site.Now()
	out := wire.RestoreStatus{
		State: x.StateAt(now), Kind: x.Kind, ExpiresAt: expires(x), Needed: x.Needed, Approved: x.Approved(), ServerTime: now.Unix(),
	}
	if !x.HeldUntil.IsZero() {
		out.HeldUntil = x.HeldUntil.Unix()
	}
	if err := x.Ended(now); err != nil && x.State != authn.RestoreReleased {
		out.Reason = authn.CodeOf(err)
	}
	return out
}

// expires is when the phone has to have done its next step.
func expires(x authn.Restore) int64 {
	switch {
	case x.State == authn.RestoreProved && !x.OTPExpires.IsZero():
		return x.OTPExpires.Unix()
	case x.State.Open():
		return x.Deadline().Unix()
	}
	return 0
}

// Status says how restore stands for a user, as her devices are told: what is set up, and what is under way.
func Status(r store.Reader, s *site.Site, u authn.User) (*wire.DeviceRestore, []wire.RestoreEntry, error) {
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
	return d, entries(open, now), nil
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

func entries(open []authn.Restore, now time.Time) (list []wire.RestoreEntry) {
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

// List returns a user's restores, newest first.
func (s *Service) List(ctx context.Context, user authn.UserID) (list []authn.Restore, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) (err error) {
		list, err = r.RestoresOf(user)
		return err
	})
	return list, err
}

// Forget deletes restores whose time to be remembered is over. The server calls it now and then.
func (s *Service) Forget(ctx context.Context) error {
	for {
		n := 0
		err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
			n, err = tx.DeleteRestores(s.site.Now().Add(-authn.RestoreMemory), 1000)
			return err
		})
		if err != nil || n < 1000 {
			return err
		}
	}
}
