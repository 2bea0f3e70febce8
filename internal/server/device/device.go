// Package device tells a device how it stands and ends devices (docs/protocol.md, section 8, "Devices"). Routes: GET /v1/device, POST
// /v1/device/remove.
package device

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/proof"
	"avow/internal/server/site"
)

// Service is the flow of devices. It is safe for concurrent use.
type Service struct {
	site *site.Site
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service { return &Service{site: s} }

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {}

// Revoke ends a device for ever, in the name of actor. Doing it again does nothing. store.ErrNotFound for an unknown one.
func (s *Service) Revoke(ctx context.Context, id authn.DeviceID, actor, reason string) error {
	return nil
}

// Owned is a device with its user.
type Owned struct {
	Device authn.Device
	User   authn.User
}

// List returns a user's devices, oldest first, revoked ones too; those of all users for "".
func (s *Service) List(ctx context.Context, user authn.UserID) ([]Owned, error) { return nil, nil }
