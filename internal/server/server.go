// Package server assembles the identity server: the flows, each in a package of its own, one mux, the middleware around it and the work in the
// background. It holds no rule of the domain and no SQL.
//
// Routes of its own: GET /.well-known/avow (the signed metadata), GET /healthz (the process lives), GET /readyz (it can read and write its
// database), and /v1/ for what nobody else answers there.
package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/attestation"
	"avow/internal/server/backup"
	"avow/internal/server/debuglog"
	"avow/internal/server/desk"
	"avow/internal/server/device"
	"avow/internal/server/directory"
	"avow/internal/server/duplicate"
	"avow/internal/server/events"
	"avow/internal/server/ledger"
	"avow/internal/server/notify"
	"avow/internal/server/notify/outbox"
	"avow/internal/server/offline"
	"avow/internal/server/practice"
	"avow/internal/server/proof"
	"avow/internal/server/reaction"
	"avow/internal/server/registration"
	"avow/internal/server/restore"
	"avow/internal/server/secondadmin"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/server/telemetry"
	"avow/internal/server/tries"
)

// Config is what the server needs beside its site.
type Config struct {
	Tombstones     string                 // path of the file of used sessions, beside the database and not in its backup
	TrustedProxies []netip.Prefix         // whose X-Forwarded-For is believed
	SMTP           *notify.SMTP           // nil: no mail
	Gateway        *notify.Gateway        // nil: no text messages
	Texts          notify.Texts           // for mails
	ClaimLimit     tries.Limit            // how often one address may try to register a phone
	Grants         offline.Policy         // how far sign-ins without a network reach
	Passwords      registration.Passwords // of the directory's users; nil: those of Directory
	Directory      *directory.Service     // where users come from; nil: they are all local
	Ledger         ledger.Options         // where checkpoints of the audit log go
	Attestation    *attestation.Verifier  // of phones; nil: none is checked
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
	Duplicate    *duplicate.Service
	Offline      *offline.Service
	Messages     *outbox.Service  // invitations and codes
	Sessions     *session.Service // from MountPages on
	Desk         *desk.Service
	Directory    *directory.Service // nil: all users are local
	Ledger       *ledger.Service
	Reaction     *reaction.Service
	Notices      *notify.Service // their mails
	Restore      *restore.Service
	Backup       *backup.Service
	Telemetry    *telemetry.Service
	DebugLogs    *debuglog.Service

	used    *registration.Tombstones
	proxies []netip.Prefix
	mux     *http.ServeMux
}

// New assembles the flows of phones and computers and loads the used sessions. An error says what is wrong with the settings or the disk.
func New(s *site.Site, cfg Config) (*Server, error) {
	codes := reaction.NewCodes(s)
	notices, err := notify.New(s, cfg.SMTP, cfg.Texts, codes)
	if err != nil {
		return nil, err
	}
	used, err := registration.OpenTombstones(cfg.Tombstones)
	if err != nil {
		return nil, err
	}
	c := proof.New(s)
	srv := &Server{
		Site: s, Proof: c, Registration: registration.New(s, c, used), Approval: approval.New(s, c), Device: device.New(s, c), Duplicate: duplicate.New(s, c),
		Offline: offline.New(s, c, cfg.Grants), Directory: cfg.Directory, Ledger: ledger.New(s, c, cfg.Ledger),
		used: used, Notices: notices, proxies: cfg.TrustedProxies, mux: http.NewServeMux(),
	}
	srv.Backup, srv.Telemetry, srv.DebugLogs = backup.New(s), telemetry.New(s, c), debuglog.New(s, c)
	srv.Restore = restore.New(s, c)
	srv.Restore.Approvals(srv.Approval)
	srv.Device.SetBlocker(restore.BlockIn)
	srv.Reaction = reaction.New(s, codes, c, srv.Device, srv.Restore)
	srv.Registration.SetLimit(cfg.ClaimLimit)
	srv.Duplicate.SetLimit(cfg.ClaimLimit)
	if cfg.Passwords == nil && cfg.Directory != nil { // or an interface that holds nil
		cfg.Passwords = cfg.Directory
	}
	srv.Registration.SetPasswords(cfg.Passwords)
	srv.Registration.SetAttestation(cfg.Attestation)
	srv.Registration.SetSecond(secondadmin.New(s, srv.Approval))
	srv.Desk = desk.New(s, srv.Approval, srv.Registration, srv.Device, srv.Offline, srv.Restore)
	srv.Messages, err = outbox.New(s, outbox.Config{
		SMTP: cfg.SMTP, Gateway: cfg.Gateway, Links: srv.Registration,
		CallerDigits: srv.Desk.Digits, RestoreDigits: srv.Restore.Digits,
	})
	if err != nil {
		return nil, errors.Join(err, used.Close())
	}
	if err := s.LoadPolicy(context.Background()); err != nil {
		return nil, errors.Join(err, used.Close())
	}
	if err := srv.Registration.LoadUsed(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("load used sessions: %w", err), used.Close())
	}
	srv.Mount(srv.Registration, srv.Approval, practice.New(s, c, srv.Approval), srv.Device, srv.Duplicate, srv.Restore, srv.Reaction, srv.Offline, srv.Ledger, srv.Telemetry, srv.DebugLogs, events.New(s, c, srv.Device), newMetadata(s), newHealth(s))
	missing := api.Handle(s.Log, func(http.ResponseWriter, *http.Request) error { return errNoRoute })
	srv.mux.Handle("/v1/", missing)
	srv.mux.Handle("/v1", missing) // or the mux redirects to /v1/
	return srv, nil
}

var errNoRoute = authn.Fail(authn.NotFound, "not_found", "The server does not know this request. Update the app, or ask the service desk whether the server is up to date.")

// Mount adds flows. Call it before the first request.
func (s *Server) Mount(flows ...Flow) {
	for _, f := range flows {
		f.Routes(s.mux)
	}
}

// Handler is the whole server as one handler, middleware included.
func (s *Server) Handler() http.Handler { return s.around(s.mux) }

// Close closes what New opened, and the store. Call it when nothing is answered any more.
func (s *Server) Close() error { return errors.Join(s.used.Close(), s.Site.Store.Close()) }
