package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of connections (OWASP ASVS 5.0, 4.2). There is no ReadTimeout: it would end every stream. A body has its own limit, in the
// middleware; a stream moves its limit of writing on with each event.
const (
	headerTime  = 10 * time.Second
	bodyTime    = 30 * time.Second
	writeTime   = 60 * time.Second
	idleTime    = 2 * time.Minute
	headerBytes = 32 << 10
	stopTime    = 10 * time.Second // for open requests to finish
)

// How often the work in the background is done.
const (
	expireEvery = time.Second
	seenEvery   = 15 * time.Second
	forgetEvery = time.Hour
	signEvery   = time.Second // a checkpoint, when it is time for one
	checkEvery  = 24 * time.Hour
)

// Run does the work in the background until ctx ends: requests expire, mails go out, the directory is read, what is old is
// forgotten.
func (s *Server) Run(ctx context.Context) error {
	var work sync.WaitGroup
	work.Go(func() { s.Notices.Run(ctx) })
	work.Go(func() { s.Messages.Run(ctx) })
	if s.Directory != nil {
		work.Go(func() { s.Directory.Run(ctx) })
	}
	work.Go(func() { s.every(ctx, expireEvery, "expire requests", s.Approval.Expire) })
	work.Go(func() { s.every(ctx, seenEvery, "write when devices were seen", s.Proof.FlushSeen) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old requests", s.Approval.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old sessions", s.Registration.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old sign-ins to computers", s.Offline.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old duplicates", s.Duplicate.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old restores", s.Restore.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old messages", s.Messages.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old debug logs", s.DebugLogs.Forget) })
	work.Go(func() { s.every(ctx, forgetEvery, "forget old telemetry", s.Telemetry.Forget) })
	if s.Sessions != nil {
		work.Go(func() { s.every(ctx, forgetEvery, "forget old sign-ins to the pages", s.Sessions.Forget) })
	}
	work.Go(func() { s.every(ctx, signEvery, "sign a checkpoint of the audit log", s.Ledger.Step) })
	work.Go(func() { s.every(ctx, checkEvery, "verify the audit log", s.Ledger.Check) })
	work.Wait()
	return s.Proof.FlushSeen(context.WithoutCancel(ctx))
}

// every does the work now and then at each tick. One that fails is tried again at the next.
func (s *Server) every(ctx context.Context, d time.Duration, what string, work func(context.Context) error) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.Site.Log.ErrorContext(ctx, what, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Serve answers on the listener, and runs the work in the background, until ctx ends; then it ends the streams, lets open requests
// finish for ten seconds, and returns. A nil conf serves plain HTTP, which is refused on other addresses than loopback. The
// caller calls Close after it.
func (s *Server) Serve(ctx context.Context, l net.Listener, conf *tls.Config) error {
	if conf != nil {
		l = tls.NewListener(l, conf)
	} else if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return fmt.Errorf("plain HTTP is for loopback only, not for %s", l.Addr())
	}
	web := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(s.Site.Log.Handler(), slog.LevelDebug),
	}
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	done := make(chan error, 1)
	go func() { done <- s.Run(background) }()
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		err = s.stop(ctx, web)
	}
	s.Site.Live.Stop()
	end()
	return errors.Join(err, <-done)
}

func (s *Server) stop(ctx context.Context, web *http.Server) error {
	s.Site.Live.Stop()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := web.Shutdown(limit); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), web.Close())
	}
	return nil
}

// TLSConfig is the configuration of TLS for the server: 1.2 or newer.
func TLSConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate, NextProtos: []string{"h2", "http/1.1"}}
}
