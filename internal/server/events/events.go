// Package events is the stream on which an open app hears of requests (docs/protocol.md, section 6): text/event-stream of the HTML
// standard, section 9.2. Route: GET /v1/events. The stream only repeats what GET /v1/requests and GET /v1/device say.
package events

import (
	"net/http"

	"avow/internal/server/device"
	"avow/internal/server/proof"
	"avow/internal/server/site"
)

// Service is the flow of events. It is safe for concurrent use.
type Service struct {
	site *site.Site
}

// New makes the service.
func New(s *site.Site, c *proof.Checker, d *device.Service) *Service { return &Service{site: s} }

// Routes registers the phone's route.
func (s *Service) Routes(mux *http.ServeMux) {}
