// Package practice lets people learn how to answer: the phone asks to be asked (feature A10). What it gets is signed and answered as any other request
// and ends in a receipt, but it signs in to nothing, nobody can redeem it, and it counts neither as a success nor as a No (package approval). Route:
// POST /v1/requests/practice.
package practice

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/proof"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// Service is the flow. It is safe for concurrent use.
type Service struct {
	site     *site.Site
	proof    *proof.Checker
	approval *approval.Service
	limits   *tries.Limiter // by device: it may practice as often as a person can, and no more
}

// New makes the service.
func New(s *site.Site, c *proof.Checker, a *approval.Service) *Service {
	return &Service{site: s, proof: c, approval: a, limits: tries.New(tries.Limit{PerMinute: 6, Burst: 6})}
}

// Routes registers the phone's route.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/requests/practice", api.Handle(s.site.Log, s.ask))
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	if err := api.Decode(body, &struct{}{}); err != nil {
		return err
	}
	if err := d.MayApprove(); err != nil {
		return err
	}
	if err := s.limits.Take(string(d.ID), s.site.Now()); err != nil {
		return err
	}
	c, err := s.client(r.Context())
	if err != nil {
		return err
	}
	o, err := s.approval.Open(r.Context(), approval.Question{
		Client: c, User: d.User, Device: d.ID, Action: authn.ActionPractice, Match: authn.MatchNumber, Origin: authn.Origin{IP: api.ClientIP(r.Context())},
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.PracticeAnswer{Request: o.Request.Devices[0].JWS, Number: o.Number})
}

// client is the one as which the server asks; it is made when somebody practices for the first time.
func (s *Service) client(ctx context.Context) (c authn.Client, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		c, err = r.Client(session.PracticeID)
		return err
	})
	if err == nil {
		return c, nil
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		c, err = session.Client(tx, session.PracticeID, s.site.Organisation, s.site.Now())
		return err
	})
	return c, err
}
