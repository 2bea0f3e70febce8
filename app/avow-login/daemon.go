package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/computer/agent"
	"avow/internal/computer/local"
)

func (a *app) daemon() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use: "daemon", Short: "Decide who is signed in; run it as root, by systemd", Args: cobra.NoArgs,
		Long: `daemon holds the computer's key and answers helpers on its socket until it gets SIGTERM or SIGINT. Its log goes to standard error, and has
no secret in it.
` + exitCodes,
		RunE: func(cmd *cobra.Command, _ []string) error {
			level := slog.LevelInfo
			if verbose {
				level = slog.LevelDebug
			}
			return a.serve(cmd.Context(), slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level})))
		},
	}
	cmd.Flags().BoolVar(&verbose, "verbose", false, "log more")
	return cmd
}

// serve is the daemon.
func (a *app) serve(ctx context.Context, log *slog.Logger) error {
	s, err := a.loadSettings()
	if err != nil {
		return err
	}
	k, err := a.loadKey(keyFile)
	if err != nil {
		return err
	}
	if err := agent.Protect(); err != nil {
		log.Warn("memory is not fully protected", "err", err)
	}
	m, err := a.openMachine(computer.Config{Dir: a.dir, ID: s.ID, Host: s.Server.Host(), Uptime: agent.Uptime, Log: log}, log)
	if err != nil {
		return err
	}
	var saving sync.Mutex
	ag := agent.New(agent.Config{
		Machine: m, Server: s.Server, ID: s.ID, Name: s.Name, Key: k, Client: client.Options{Agent: program()}, App: program(), Log: log,
		OnServer: func(server client.Server) {
			saving.Lock()
			defer saving.Unlock()
			s.Server = server
			if err := a.saveSettings(s); err != nil {
				log.Warn("could not keep what is new about the server", "err", err)
			}
		},
	})
	l, trusted, err := a.listen(log)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wait.Go(func() { ag.Run(ctx) })
	log.Info("started", "version", program(), "computer", s.ID, "server", s.Server.Issuer, "socket", a.socket)
	server := local.Server{
		Begin: ag.Begin, Status: func() any { return ag.Status() }, Trusted: trusted, UID: local.UIDOf, Log: log,
	}
	err = server.Serve(ctx, l)
	log.Info("stopped")
	return err
}

// openMachine opens what is remembered. A damaged file is put aside, not thrown away: sign-in without a network is off until the server has
// spoken.
func (a *app) openMachine(cfg computer.Config, log *slog.Logger) (*computer.Machine, error) {
	m, err := computer.Open(cfg)
	if !errors.Is(err, computer.ErrStateDamaged) {
		return m, err
	}
	aside := a.path("state.json.damaged-" + strconv.FormatInt(time.Now().Unix(), 10))
	log.Error("what is remembered is damaged; it is kept beside, and begun anew", "err", err, "file", aside)
	if err := os.Rename(a.path("state.json"), aside); err != nil {
		return nil, fmt.Errorf("put the damaged file aside: %w", err)
	}
	if err := atomicfile.OS.SyncDir(a.dir); err != nil {
		return nil, fmt.Errorf("put the damaged file aside: %w", err)
	}
	return computer.Open(cfg)
}

// listen opens the socket for root and for the user as whom helpers run, and says who may ask for anybody.
func (a *app) listen(log *slog.Logger) (*net.UnixListener, func(uint32) bool, error) {
	if c, err := net.Dial("unix", a.socket); err == nil {
		_ = c.Close()
		return nil, nil, fmt.Errorf("another daemon listens on %s", a.socket)
	}
	if err := os.Remove(a.socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("remove an old socket: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(a.socket), 0o755); err != nil {
		return nil, nil, fmt.Errorf("make the socket's folder: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: a.socket, Net: "unix"})
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	// Whoever is at the other end is told by the kernel, so others may connect: a screen locker runs as the user that it asks for.
	if err := os.Chmod(a.socket, 0o666); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the socket to helpers: %w", err), l.Close())
	}
	helper, ok := helperUID()
	if !ok {
		log.Warn("there is no user avow-login: helpers of root run as nobody, and whatever else does may ask for anybody", "hint", "systemd-sysusers")
	}
	own := uint32(os.Getuid())
	return l, func(uid uint32) bool { return uid == 0 || uid == helper || uid == own }, nil
}

// helperUID is as whom the PAM module runs the helper; the module chooses alike. ok is false for nobody.
func helperUID() (uid uint32, ok bool) {
	for _, name := range []string{"avow-login", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			if n, err := strconv.ParseUint(u.Uid, 10, 32); err == nil && n != 0 {
				return uint32(n), name == "avow-login"
			}
		}
	}
	return 0, false
}
