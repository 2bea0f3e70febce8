// Package testenv runs the whole of Avow in one process, with real parts: a server over HTTPS on loopback with SQLite, a mail sink that speaks
// SMTP, administrators, computers and phones with their vaults in folders. Only what this machine lacks is simulated: a
// fingerprint reader and a camera. Tests and the simulator use it; no product code does.
package testenv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/admin"
	"avow/internal/server/live"
	"avow/internal/server/notify"
	"avow/internal/server/oidc"
	"avow/internal/server/site"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

// Options say how an Env is made.
type Options struct {
	Dir          string           // everything lies here; "" makes a folder that Close removes
	Organisation string           // "" is Lund Energy
	Now          func() time.Time // nil: time.Now
	Log          *slog.Logger     // nil: nothing is logged
	LongPoll     time.Duration    // for how long the token endpoint waits; 0 is 20 s
	Texts        notify.Texts     // nil: no mails
	Brand        wire.Brand       // of the organisation
}

// Env is a running server with everything around it.
type Env struct {
	Dir    string
	Issuer string
	Host   string
	Site   *site.Site
	Server *server.Server
	Mail   *MailSink
	Admin  *client.Admin
	Log    *slog.Logger

	Passwords *Passwords // of the users that MakeDirectoryUser has made

	opt      Options
	identity key.Private
	secret   key.Secret
	cert     tls.Certificate
	spki     wire.TLSKey
	remove   bool

	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan error
}

// Start brings up mail sink and server and makes the first administrator.
func Start(ctx context.Context, opt Options) (*Env, error) {
	if opt.Organisation == "" {
		opt.Organisation = "Lund Energy"
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.LongPoll == 0 {
		opt.LongPoll = 20 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	e := &Env{opt: opt, Dir: opt.Dir, Log: opt.Log, secret: key.NewSecret(32), Passwords: &Passwords{}}
	if e.Dir == "" {
		dir, err := os.MkdirTemp("", "avow-")
		if err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		e.Dir, e.remove = dir, true
	}
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Env) start(ctx context.Context) (err error) {
	if e.identity, err = key.Generate(); err != nil {
		return err
	}
	if e.cert, err = selfSigned(); err != nil {
		return err
	}
	e.spki = client.SPKI(e.cert.Leaf)
	if e.Mail, err = StartMailSink(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	e.Host = l.Addr().String()
	e.Issuer = "https://" + e.Host
	if err := e.serve(ctx, l); err != nil {
		return err
	}
	return e.makeAdmin(ctx)
}

// serve opens the database and answers on l.
func (e *Env) serve(ctx context.Context, l net.Listener) error {
	db, err := sqlitetest.Open(ctx, filepath.Join(e.Dir, "avow.db"))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	e.Site = &site.Site{
		Issuer: e.Issuer, Host: e.Host, Organisation: e.opt.Organisation, Support: "046-555 01 00", Brand: e.opt.Brand,
		Identity: e.identity, Secret: e.secret, TLSKeys: func() []string { return []string{string(e.spki)} },
		Match: authn.MatchNumber, Store: db, Live: live.NewHub(), Now: e.opt.Now, Log: e.Log, CanMail: true, CanText: true,
	}
	cfg := server.Config{Tombstones: filepath.Join(e.Dir, "used-sessions"), Texts: e.opt.Texts, Passwords: e.Passwords}
	if e.opt.Texts != nil {
		cfg.SMTP = e.Mail.SMTP()
	}
	if e.Server, err = server.New(e.Site, cfg); err != nil {
		return errors.Join(err, db.Close(), l.Close())
	}
	if err := e.Server.MountPages(ctx); err != nil {
		return errors.Join(err, e.Server.Close(), l.Close())
	}
	e.Server.Mount(
		oidc.New(e.Site, e.Server.Approval, e.Server.Offline, e.opt.LongPoll),
		admin.New(e.Site, e.Server.Proof, e.Server.Registration, e.Server.Device, e.Server.Offline, e.Server.Restore),
	)
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	srv := e.Server
	go func() {
		err := srv.Serve(runCtx, l, server.TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &e.cert, nil }))
		done <- errors.Join(err, srv.Close())
	}()
	e.mu.Lock()
	e.cancel, e.done = cancel, done
	e.mu.Unlock()
	return nil
}

// Stop ends the server gracefully; phones and computers find nobody.
func (e *Env) Stop() error {
	e.mu.Lock()
	cancel, done := e.cancel, e.done
	e.cancel, e.done = nil, nil
	e.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Resume starts the server again on the same address and database.
func (e *Env) Resume(ctx context.Context) error {
	l, err := net.Listen("tcp", e.Host)
	if err != nil {
		return fmt.Errorf("listen again: %w", err)
	}
	return e.serve(ctx, l)
}

// Close ends everything and removes the folder if Start made it.
func (e *Env) Close() error {
	err := e.Stop()
	if e.Mail != nil {
		err = errors.Join(err, e.Mail.Close())
	}
	if e.remove {
		err = errors.Join(err, os.RemoveAll(e.Dir))
	}
	return err
}

// ClientServer is what a client that was configured by hand knows of the server.
func (e *Env) ClientServer() client.Server {
	return client.Server{
		Issuer: e.Issuer, Organisation: e.opt.Organisation, Identity: e.identity.Key(), TLSKeys: []wire.TLSKey{e.spki},
	}
}

// ClientOptions are those of every client here.
func (e *Env) ClientOptions() client.Options { return client.Options{Now: e.opt.Now} }
