package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	mailtext "avow/assets/mail"
	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/server"
	"avow/internal/server/admin"
	"avow/internal/server/attestation"
	"avow/internal/server/config"
	"avow/internal/server/ledger"
	"avow/internal/server/live"
	"avow/internal/server/oidc"
	"avow/internal/server/site"
	"avow/internal/store/sqlite"
)

func checkCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "check", Short: "List every fault of the configuration",
		Long: "check reads the configuration and the files that it names, lists every fault at once, one a line, and changes nothing.\n" + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, _, err := load(path); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "No faults in", path)
			return err
		},
	}
	cmd.Flags().StringVar(&path, "config", configFile, "the configuration")
	return cmd
}

func runCommand(stderr io.Writer) *cobra.Command {
	var path, addressFile string
	cmd := &cobra.Command{
		Use: "run", Short: "Start the server",
		Long: `run answers until it gets SIGTERM or SIGINT; then it lets open requests finish for ten seconds and exits with 0. Its log goes to
standard error.
` + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), path, addressFile, cmd.OutOrStdout(), stderr)
		},
	}
	cmd.Flags().StringVar(&path, "config", configFile, "the configuration")
	cmd.Flags().StringVar(&addressFile, "address-file", "", "write the address that is listened on to this file, once it is")
	return cmd
}

// serve runs the server until ctx ends. One process at a time serves a data folder: limits, nonces and
// who waits are in its memory, and of two processes each would know half.
func serve(ctx context.Context, path, addressFile string, stdout, stderr io.Writer) (err error) {
	cfg, sec, err := load(path)
	if err != nil {
		return err
	}
	lock, err := sqlite.TakeLock(ctx, cfg.Data(config.LockFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	log := logger(cfg, stderr)
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	cert, err := openCertificate(cfg, log, time.Now())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	srv, err := assemble(ctx, cfg, sec, cert, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	log.Info("started", "version", version(), "issuer", cfg.Issuer, "listen", l.Addr().String(), "identity", sec.identity.Key().Thumbprint().String())
	if addressFile != "" {
		if err := atomicfile.Write(addressFile, []byte(l.Addr().String()+"\n")); err != nil {
			return errors.Join(err, l.Close(), srv.Close())
		}
	}
	_, _ = fmt.Fprintf(stdout, "avow-server listens on %s for %s\n", l.Addr(), cfg.Issuer)
	err = srv.Serve(ctx, l, server.TLSConfig(cert.forTLS))
	log.Info("stopped")
	return errors.Join(err, srv.Close())
}

// defaults are what the configuration decides, until administrators do.
func defaults(cfg config.Config) authn.Policy {
	return cfg.Restore.Decided(authn.Policy{
		Match: authn.MatchMode(cfg.Match), GrantDays: cfg.GrantDays, GrantUses: cfg.GrantUses, Attestation: authn.AttestationPolicy(cfg.Attestation.Policy),
		Telemetry: authn.TelemetryPolicy(cfg.Telemetry),
	})
}

// assemble puts the server together.
func assemble(ctx context.Context, cfg config.Config, sec secrets, cert *certificate, log *slog.Logger) (*server.Server, error) {
	db, err := sqlite.Open(ctx, cfg.Data(config.DatabaseFile), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	s := &site.Site{
		Issuer: cfg.Issuer, Host: strings.TrimPrefix(cfg.Issuer, "https://"), Organisation: cfg.Organisation, Support: cfg.Support, Brand: cfg.Brand.Wire(),
		Identity: sec.identity, Secret: sec.secret, TLSKeys: cert.listed, Defaults: defaults(cfg),
		AdminMail: cfg.AdminMail, CanMail: cfg.Mail.Host != "", CanText: cfg.Text.Preset != "",
		Store: db, Live: live.NewHub(), Now: time.Now, Log: log,
	}
	proxies := make([]netip.Prefix, 0, len(cfg.TrustedProxies))
	for _, p := range cfg.TrustedProxies {
		prefix, err := config.ParseProxy(p)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		proxies = append(proxies, prefix)
	}
	users, err := openDirectory(ctx, s, cfg, sec)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	phones, err := attestations(cfg)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	srv, err := server.New(s, server.Config{
		Tombstones: cfg.Data(config.UsedFile), TrustedProxies: proxies, SMTP: smtp(cfg, sec), Gateway: gateway(cfg, sec),
		Texts:       mailtext.New(cfg.Support),
		Directory:   users,
		Ledger:      ledger.Options{File: cfg.Path(cfg.Ledger.CheckpointFile), Mail: cfg.Ledger.CheckpointMail},
		Attestation: phones,
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := srv.MountPages(ctx); err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	commands := admin.New(s, srv.Proof, srv.Registration, srv.Device, srv.Offline, srv.Restore)
	commands.SetDirectory(users)
	srv.Mount(oidc.New(s, srv.Approval, srv.Offline, cfg.LongPoll), commands)
	return srv, nil
}

// attestations makes what checks the proofs of phones.
func attestations(cfg config.Config) (*attestation.Verifier, error) {
	o := attestation.Options{StatusFile: cfg.Path(cfg.Attestation.GoogleStatusFile), AppleApps: cfg.Attestation.AppleApps, Now: time.Now}
	for _, roots := range []struct {
		name string
		into *[]byte
	}{{cfg.Attestation.GoogleRootsFile, &o.GoogleRoots}, {cfg.Attestation.AppleRootsFile, &o.AppleRoots}} {
		if roots.name == "" {
			continue
		}
		file, err := os.ReadFile(cfg.Path(roots.name))
		if err != nil {
			return nil, fmt.Errorf("read the roots of phones: %w", err)
		}
		*roots.into = file
	}
	return attestation.New(o)
}

func logger(cfg config.Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: logLevel(cfg)}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
