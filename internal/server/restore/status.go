package restore

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/api"
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
	if x, ok := s.decoys.of(q.RestoreID, pub); ok {
		return api.Write(w, http.StatusOK, s.unproved(x.at))
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
	if x.Unproved() {
		return s.unproved(x.CreatedAt)
	}
	now := s.site.Now()
	out := wire.RestoreStatus{
		State: x.StateAt(now), Kind: x.Kind, ExpiresAt: expires(x), Needed: x.Needed, Approved: x.Approved(), ServerTime: now.Unix(),
	}
	if out.State == authn.RestoreAsking {
		out.Number = s.number(x.ID)
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
