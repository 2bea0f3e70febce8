package duplicate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

var (
	errKeys  = authn.Fail(authn.Invalid, "key_mismatch", "The phone's keys do not belong together. Update the app and try again.")
	errClaim = authn.Fail(authn.Invalid, "bad_claim", "The phone's keys cannot be verified. Update the app and try again with a new code.")
)

// claim gives an offer to the first phone that asks. Whether its keys are those of a phone that has seen the screen is the old phone's to find out.
func (s *Service) claim(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.site.Now()
	if err := s.limits.Take(api.ClientIP(ctx), now); err != nil {
		return err
	}
	pub, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return err
	}
	var c wire.DuplicateClaimCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	hash := authn.HashOf(c.ID.Secret)
	keys, err := wire.VerifyDuplicateClaim(c.Statement, s.site.Issuer, hash)
	if err != nil {
		return errClaim.Because(err)
	}
	if keys.DeviceJWK != pub {
		return errKeys
	}
	if !keys.Verifies.NoLaxerThan(s.site.Policy().UserVerification) {
		return errClaim
	}
	d, err := s.claimed(ctx, hash, pub, c, now)
	if errors.Is(err, authn.ErrDuplicateClaimed) {
		s.secondPhone(ctx, d, now)
	}
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.DuplicateClaimed{ExpiresAt: d.Expires.Unix(), ServerTime: now.Unix()})
}

// claimed looks first and writes only if there is something to write: a thousand phones that come too late cost no transaction.
func (s *Service) claimed(ctx context.Context, hash authn.Hash, pub key.Public, c wire.DuplicateClaimCommand, now time.Time) (d authn.Duplicate, err error) {
	ip := api.ClientIP(ctx)
	try := func(r store.Reader) (next authn.Duplicate, err error) {
		d, err = r.DuplicateBySecret(hash)
		if errors.Is(err, store.ErrNotFound) {
			return next, authn.ErrDuplicateUnknown
		}
		if err != nil {
			return next, err
		}
		if next, err = d.Claim(pub, c.Statement, c.MAC, ip, now); err != nil {
			return next, err
		}
		_, err = mayManage(r, d.From, now)
		return next, err
	}
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		_, err := try(r)
		return err
	})
	if err != nil || d.State != authn.DuplicateOpen { // the same phone again
		return d, err
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		next, err := try(tx)
		if err != nil || d.State != authn.DuplicateOpen {
			return err
		}
		d = next
		if err := tx.UpdateDuplicate(d.ID, func(authn.Duplicate) (authn.Duplicate, error) { return next, nil }); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "duplicate.claim", Subject: string(d.ID), IP: ip,
			Facts: map[string]string{"user": string(d.User), "device_key": pub.Thumbprint().String()},
		})
	})
	if err == nil {
		s.wake(d.User)
	}
	return d, err
}

// secondPhone tells the user, once a duplicate, that another phone tried her code. The old phone shows it, too.
func (s *Service) secondPhone(ctx context.Context, d authn.Duplicate, now time.Time) {
	if d.Raced {
		return
	}
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		is, err := tx.Duplicate(d.ID)
		if err != nil || is.Raced {
			return err
		}
		u, err := tx.User(is.User)
		if err != nil {
			return err
		}
		err = tx.UpdateDuplicate(d.ID, func(d authn.Duplicate) (authn.Duplicate, error) {
			d.Raced = true
			return d, nil
		})
		if err != nil {
			return err
		}
		if err := site.Notify(tx, u, authn.NoticeDuplicateRaced, "", map[string]string{"ip": api.ClientIP(ctx)}, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "duplicate.claim_refused", Subject: string(d.ID), IP: api.ClientIP(ctx), Facts: map[string]string{"user": string(u.ID)},
		})
	})
	if err != nil { // the phone is refused all the same
		s.site.Log.ErrorContext(ctx, "notice of a second phone", "err", err)
		return
	}
	s.wake(d.User)
}

// waitTime is how long the new phone's question waits for an answer; well below what a phone waits for a call.
const waitTime = 5 * time.Second

// state answers POST /v1/duplicate/state for the phone that has claimed. To every other the code is not known.
func (s *Service) state(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	pub, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return err
	}
	var c wire.DuplicateStateCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	hash := authn.HashOf(c.ID.Secret)
	d, err := s.mine(ctx, hash, pub)
	if err == nil && c.Wait {
		d, err = s.await(ctx, d, hash, pub)
	}
	if err != nil {
		return err
	}
	o := wire.DuplicateOutcome{State: d.StateAt(s.site.Now()), ExpiresAt: d.Expires.Unix()}
	if o.State == authn.DuplicateApproved {
		o.Bound, o.Handover, o.MAC = d.Bound, d.Handover, d.HandoverMAC
	}
	return api.Write(w, http.StatusOK, o)
}

// mine is the duplicate that a key has claimed. One whose device was removed since hands nothing over.
func (s *Service) mine(ctx context.Context, hash authn.Hash, pub key.Public) (d authn.Duplicate, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		d, err = r.DuplicateBySecret(hash)
		if errors.Is(err, store.ErrNotFound) || err == nil && d.ClaimKey != pub {
			return authn.ErrDuplicateUnknown
		}
		if err != nil || d.Device == "" {
			return err
		}
		made, err := r.Device(d.Device)
		if err != nil {
			return err
		}
		return made.Usable()
	})
	return d, err
}

func (s *Service) await(ctx context.Context, d authn.Duplicate, hash authn.Hash, pub key.Public) (authn.Duplicate, error) {
	waiter := s.site.Live.Wait(live.User(string(d.User)))
	defer waiter.Close()
	over := time.NewTimer(waitTime)
	defer over.Stop()
	for {
		d, err := s.mine(ctx, hash, pub)
		if err != nil || d.StateAt(s.site.Now()) != authn.DuplicateClaimed {
			return d, err
		}
		select {
		case <-waiter.C():
		case <-over.C:
			return d, nil
		case <-s.site.Live.Stopped():
			return d, nil
		case <-ctx.Done():
			return d, ctx.Err()
		}
	}
}
