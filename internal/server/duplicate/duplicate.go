// Package duplicate brings an account from one phone of a user to another one (docs/protocol.md, section 8, "Duplicate"). The server carries statements and an encrypted file
// between the two; what ties them together is a secret that went from screen to camera and never came here, so the server can stop a duplicate and cannot take
// part in it. Routes: POST /v1/duplicate, POST /v1/duplicate/claim, GET /v1/duplicate/{duplicate_id}, POST /v1/duplicate/answer, POST /v1/duplicate/state.
package duplicate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/registration"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// Service is the flow of duplicates. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	limits *tries.Limiter
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	return &Service{site: s, proof: c, limits: tries.New(tries.Limit{})}
}

// SetLimit changes how often one address may claim. Call it before Routes.
func (s *Service) SetLimit(l tries.Limit) { s.limits = tries.New(l) }

// Routes registers the phones' routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/duplicate", api.Handle(s.site.Log, s.offer))
	mux.Handle("POST /v1/duplicate/claim", api.Handle(s.site.Log, s.claim))
	mux.Handle("GET /v1/duplicate/{duplicate_id}", api.Handle(s.site.Log, s.view))
	mux.Handle("POST /v1/duplicate/answer", api.Handle(s.site.Log, s.answer))
	mux.Handle("POST /v1/duplicate/state", api.Handle(s.site.Log, s.state))
}

var (
	errOffer  = authn.Fail(authn.Invalid, "bad_offer", "The offer cannot be verified. Update the app and try again.")
	errAnswer = authn.Fail(authn.Invalid, "bad_answer", "The answer cannot be verified. Update the app and try again.")
	errUsed   = authn.Fail(authn.Conflict, "statement_used", "This code was offered already. Make a new one.")
)

// offer answers POST /v1/duplicate. A new offer ends an older one of the same phone.
func (s *Service) offer(w http.ResponseWriter, r *http.Request) error {
	me, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var c wire.DuplicateOfferCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	now := s.site.Now()
	if err := me.MayManage(now); err != nil {
		return err
	}
	o, err := wire.VerifyDuplicateOffer(c.Statement, me.Keys.Approval, s.site.Issuer, me.ID, c.ID.Secret)
	if err != nil {
		return errOffer.Because(err)
	}
	if s.site.Policy().Attestation == authn.AttestationRequired { // a duplicate proves nothing of its keys
		return authn.ErrAttestationRequired
	}
	d := authn.NewDuplicate(me.User, me.ID, o.Hash, now)
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		if _, err := mayManage(tx, me.ID, now); err != nil {
			return err
		}
		if err := registration.Room(tx, me.User); err != nil {
			return err
		}
		if err := endOlder(tx, me.ID, now); err != nil {
			return err
		}
		if err := tx.CreateDuplicate(d); err != nil {
			if errors.Is(err, store.ErrExists) {
				return errUsed
			}
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "device:" + string(me.ID), Action: "duplicate.offer", Subject: string(d.ID), IP: api.ClientIP(r.Context()),
			Facts: map[string]string{"user": string(me.User), "user_verification": string(o.UV)},
		})
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.DuplicateOffered{DuplicateID: d.ID, ExpiresAt: d.Expires.Unix(), ServerTime: now.Unix()})
}

// mayManage reads a device again, as of now, and its user: both may have changed while a transaction waited.
func mayManage(r store.Reader, id authn.DeviceID, now time.Time) (authn.User, error) {
	d, err := r.Device(id)
	if err != nil {
		return authn.User{}, err
	}
	if err := d.MayManage(now); err != nil {
		return authn.User{}, err
	}
	u, err := r.User(d.User)
	if err != nil {
		return u, err
	}
	return u, u.Active()
}

func endOlder(tx store.Tx, from authn.DeviceID, now time.Time) error {
	open, err := tx.DuplicatesFrom(from, now.Add(-authn.DuplicateLifetime-authn.DuplicateAnswerTime))
	if err != nil {
		return err
	}
	for _, d := range open {
		if state := d.StateAt(now); state != authn.DuplicateOpen && state != authn.DuplicateClaimed {
			continue
		}
		if err := tx.UpdateDuplicate(d.ID, func(d authn.Duplicate) (authn.Duplicate, error) { return d.Refuse(now) }); err != nil {
			return err
		}
	}
	return nil
}

// view answers GET /v1/duplicate/{duplicate_id} for the phone that offers. To every other it does not exist.
func (s *Service) view(w http.ResponseWriter, r *http.Request) error {
	me, _, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	d, err := s.offered(r.Context(), authn.DuplicateID(r.PathValue("duplicate_id")), me.ID)
	if err != nil {
		return err
	}
	v := wire.DuplicateView{State: d.StateAt(s.site.Now()), ExpiresAt: d.Expires.Unix(), Raced: d.Raced}
	if v.State == authn.DuplicateClaimed {
		v.Statement, v.MAC, v.IP = d.Statement, d.MAC, d.ClaimIP
	}
	return api.Write(w, http.StatusOK, v)
}

func (s *Service) offered(ctx context.Context, id authn.DuplicateID, from authn.DeviceID) (d authn.Duplicate, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		d, err = of(r, id, from)
		return err
	})
	return d, err
}

func of(r store.Reader, id authn.DuplicateID, from authn.DeviceID) (authn.Duplicate, error) {
	d, err := r.Duplicate(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.From != from {
		return authn.Duplicate{}, authn.ErrDuplicateUnknown
	}
	return d, err
}

func (s *Service) wake(user authn.UserID) { s.site.Live.Wake(live.User(string(user))) }

// forgetAtOnce bounds one transaction of Forget.
const forgetAtOnce = 500

// Forget deletes duplicates whose time is over, and with them what was handed over.
func (s *Service) Forget(ctx context.Context) error {
	before := s.site.Now().Add(-authn.DuplicateKept)
	for {
		var n int
		err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
			n, err = tx.DeleteDuplicates(before, forgetAtOnce)
			return err
		})
		if err != nil || n < forgetAtOnce {
			return err
		}
	}
}
