// Package server assembles the identity server: the flows, each in a package of its own, one mux, the middleware around it and the work in the
// background. It holds no rule of the domain and no SQL.
package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"

	"avow/internal/server/approval"
	"avow/internal/server/device"
	"avow/internal/server/events"
	"avow/internal/server/notify"
	"avow/internal/server/proof"
	"avow/internal/server/registration"
	"avow/internal/server/site"
)

// Config is what the server needs beside its site.
type Config struct {
	Tombstones     string         // path of the file of used sessions, beside the database and not in its backup
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	SMTP           *notify.SMTP   // nil: no mail
	Texts          notify.Texts   // for mails
}

// Flow is a part of the server with routes of its own.
type Flow interface {
	Routes(mux *http.ServeMux)
}

// Server is the assembled server. The flows are exported so that others (oidc, admin, portal) can be built on them and added
// by Mount.
type Server struct {
	Site         *site.Site
	Proof        *proof.Checker
	Registration *registration.Service
	Approval     *approval.Service
	Device       *device.Service
	mux          *http.ServeMux
}

// New assembles the flows of the phone and loads the used sessions.
func New(s *site.Site, cfg Config) (*Server, error) {
	used, err := registration.OpenTombstones(cfg.Tombstones)
	if err != nil {
		return nil, err
	}
	c := proof.New(s)
	srv := &Server{
		Site: s, Proof: c, mux: http.NewServeMux(),
		Registration: registration.New(s, c, used), Approval: approval.New(s, c), Device: device.New(s, c),
	}
	srv.Mount(srv.Registration, srv.Approval, srv.Device, events.New(s, c, srv.Device))
	return srv, nil
}

// Mount adds flows. Call it before Handler.
func (s *Server) Mount(flows ...Flow) {
	for _, f := range flows {
		f.Routes(s.mux)
	}
}

// Handler is the whole server as one handler, middleware included.
func (s *Server) Handler() http.Handler { return s.mux }

// Run does the work in the background (expiry, outbox, forgetting) until ctx ends.
func (s *Server) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Serve answers on the listener, and runs the work in the background, until ctx ends; then it ends the streams, lets open requests
// finish, and returns. A nil conf serves plain HTTP, which is for loopback only.
func (s *Server) Serve(ctx context.Context, l net.Listener, conf *tls.Config) error {
	<-ctx.Done()
	return nil
}

// Close closes what New opened and the store. Call it after Serve.
func (s *Server) Close() error { return s.Site.Store.Close() }

// TLSConfig is the configuration of TLS for the server: 1.2 or newer.
func TLSConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate, NextProtos: []string{"h2", "http/1.1"}}
}
