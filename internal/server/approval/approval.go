// Package approval asks a user "is it you?" and takes the answer of one of her devices (docs/protocol.md, section 6): the back channel of
// OpenID CIBA Core 1.0, without its HTTP, which is package oidc's. Routes: GET /v1/requests, POST /v1/requests/unmute,
// POST /v1/requests/{id}/decision.
// When a request may be opened or answered is decided in package authn.
package approval

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Service is the flow of approvals. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	pepper key.Secret // of match numbers

	watchers map[authn.ClientID]Watcher
}

// Watcher is told of a decision in the transaction that writes it, so that what follows from it happens once or not at all. An error takes the decision back, and
// its phone is told. What it returns is called when the transaction is written; nil for nothing.
type Watcher func(tx store.Tx, decided authn.ApprovalRequest, now time.Time) (after func(), err error)

// Watch has fn told of what is decided about a client's requests. Call it before the first request.
func (s *Service) Watch(client authn.ClientID, fn Watcher) { s.watchers[client] = fn }

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	return &Service{site: s, proof: c, pepper: s.Derive("match number v1"), watchers: map[authn.ClientID]Watcher{}}
}

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /v1/requests", api.Handle(s.site.Log, s.list))
	mux.Handle("POST /v1/requests/unmute", api.Handle(s.site.Log, s.unmute))
	mux.Handle("POST /v1/requests/{id}/decision", api.Handle(s.site.Log, s.decide))
}

// AuthReqID is the client's secret for one request (CIBA Core 1.0, section 7.3): 192 random bits. It redacts itself; Text reveals it.
type AuthReqID struct{ secret key.Secret }

// Text is what the client gets.
func (a AuthReqID) Text() string { return string(a.secret) }

// String keeps it out of logs.
func (a AuthReqID) String() string { return a.secret.String() }

// HashAuthReqID is how Await, Redeem and Cancel know a request: the hash of the text that a client sent.
func HashAuthReqID(text string) authn.Hash { return authn.HashOf(key.Secret(text)) }

// Await returns the request of a client, at once when it is decided, else when it is or when wait is over; wait 0 only looks. State is as of now:
// a request past its time is authn.RequestExpired. authn.ErrRequestUnknown when the client has no such request.
func (s *Service) Await(ctx context.Context, authReq authn.Hash, client authn.ClientID, wait time.Duration) (authn.ApprovalRequest, error) {
	if wait <= 0 {
		return s.look(ctx, authReq, client)
	}
	waiter := s.site.Live.Wait(live.AuthReq(authReq.String()))
	defer waiter.Close()
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		r, err := s.look(ctx, authReq, client)
		if err != nil || r.State != authn.RequestOpen {
			return r, err
		}
		select {
		case <-waiter.C():
		case <-over.C:
			return s.look(ctx, authReq, client)
		case <-s.site.Live.Stopped():
			return r, nil
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

func (s *Service) look(ctx context.Context, authReq authn.Hash, client authn.ClientID) (r authn.ApprovalRequest, err error) {
	err = s.site.Store.View(ctx, func(rd store.Reader) error {
		r, err = of(rd, authReq, client)
		return err
	})
	r.State = r.StateAt(s.site.Now())
	return r, err
}

// of finds a client's own request.
func of(rd store.Reader, authReq authn.Hash, client authn.ClientID) (authn.ApprovalRequest, error) {
	r, err := rd.ApprovalRequestByAuthReq(authReq)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Client != client {
		return authn.ApprovalRequest{}, authn.ErrRequestUnknown
	}
	return r, err
}

// Redeem gives an approved request to its client, once. Errors: authn.ErrRequestUnknown for one that is another client's or not
// approved, authn.ErrDecided when it was redeemed, authn.ErrRequestExpired, "user_disabled", authn.ErrDeviceRevoked when the
// device that approved was removed since. also, if given, runs in the same transaction, with the device that approved; an error of it undoes
// all and is returned.
func (s *Service) Redeem(ctx context.Context, authReq authn.Hash, client authn.ClientID, also ...func(store.Tx, authn.Device, authn.User) error) (
	r authn.ApprovalRequest, u authn.User, err error,
) {
	now := s.site.Now()
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		old, err := of(tx, authReq, client)
		if err != nil {
			return err
		}
		if r, err = old.Redeem(now); err != nil {
			return err
		}
		if u, err = tx.User(r.User); err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		d, err := tx.Device(r.DecidedBy)
		if err != nil {
			return err
		}
		if err := d.MayApprove(); err != nil {
			return err
		}
		if err := replace(tx, r); err != nil {
			return err
		}
		for _, fn := range also {
			if err := fn(tx, d, u); err != nil {
				return err
			}
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "client:" + string(client), Action: "request.redeem", Subject: string(r.ID), IP: api.ClientIP(ctx),
		})
	})
	if err != nil {
		return authn.ApprovalRequest{}, authn.User{}, err
	}
	return r, u, nil
}

// Cancel takes an open request back. authn.ErrRequestUnknown, or authn.ErrDecided when it is open no more.
func (s *Service) Cancel(ctx context.Context, authReq authn.Hash, client authn.ClientID) error {
	find := func(rd store.Reader) (authn.ApprovalRequest, error) { return of(rd, authReq, client) }
	return s.cancel(ctx, find, "client:"+string(client), "")
}

// Stop takes an open request back in the name of an administrator. Errors as for Cancel.
func (s *Service) Stop(ctx context.Context, id authn.RequestID, actor, reason string) error {
	find := func(rd store.Reader) (authn.ApprovalRequest, error) {
		r, err := rd.ApprovalRequest(id)
		if errors.Is(err, store.ErrNotFound) {
			err = authn.ErrRequestUnknown
		}
		return r, err
	}
	return s.cancel(ctx, find, actor, reason)
}

func (s *Service) cancel(ctx context.Context, find func(store.Reader) (authn.ApprovalRequest, error), actor, reason string) error {
	var r authn.ApprovalRequest
	now := s.site.Now()
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		old, err := find(tx)
		if err != nil {
			return err
		}
		if r, err = old.Cancel(now); err != nil {
			return err
		}
		if err := replace(tx, r); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: actor, Action: "request.cancel", Subject: string(r.ID), IP: api.ClientIP(ctx), Reason: reason,
		})
	})
	if err == nil {
		s.wake(r)
	}
	return err
}

// replace writes a request that was read in the same transaction.
func replace(tx store.Tx, r authn.ApprovalRequest) error {
	return tx.UpdateApprovalRequest(r.ID, func(authn.ApprovalRequest) (authn.ApprovalRequest, error) { return r, nil })
}

// wake wakes the phones and whoever waits for the request.
func (s *Service) wake(r authn.ApprovalRequest) {
	s.site.Live.Wake(live.User(string(r.User)))
	s.site.Live.Wake(live.Request(string(r.ID)))
	s.site.Live.Wake(live.AuthReq(r.AuthReq.String()))
}
