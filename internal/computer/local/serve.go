package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/user"
	"strconv"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// Server answers helpers on the daemon's socket.
type Server struct {
	Begin   func(agent.Ask) agent.SignIn
	Status  func() any                          // for those who may sign anybody in
	Trusted func(uid uint32) bool               // may ask for any user: root, and the user of the helper
	UID     func(login string) (uint32, bool)   // of a local user, who may ask for herself
	Peer    func(*net.UnixConn) (uint32, error) // nil: the kernel's word
	Log     *slog.Logger
}

// Limits of the socket: a user of the computer can neither take all of it nor hold it for long.
const (
	maxConnections = 64
	maxOfOne       = 8                // of a user who is not trusted
	idle           = 11 * time.Minute // between two requests: a person looks for her phone meanwhile
	firstWord      = 5 * time.Second
)

// errPeer is for who may not ask for that user.
var errPeer = authn.Fail(authn.Forbidden, "not_for_you", "You can try a sign-in for yourself only, or as root.")

// UIDOf finds a local user's number by her name as it is written.
func UIDOf(login string) (uint32, bool) {
	u, err := user.Lookup(login)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	return uint32(n), err == nil
}

// Serve answers until ctx ends, and returns when every conversation has ended.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel() // before the wait
	var crowd crowd
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("listen to helpers: %w", err)
			}
			s.Log.Warn("a helper could not be heard", "err", err)
			select { // out of descriptors, most likely: those who are here will leave some
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		wait.Go(func() {
			defer func() { _ = c.Close() }()
			if err := s.serve(ctx, c, &crowd); err != nil {
				s.Log.Info("a conversation with a helper ended", "err", err)
			}
		})
	}
}

// crowd counts connections.
type crowd struct {
	mu  sync.Mutex
	all int
	of  map[uint32]int
}

func (c *crowd) enter(uid uint32, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[uint32]int{}
	}
	if c.all >= maxConnections || c.of[uid] >= most {
		return false
	}
	c.all++
	c.of[uid]++
	return true
}

func (c *crowd) leave(uid uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[uid]--; c.of[uid] == 0 {
		delete(c.of, uid)
	}
}

func (s *Server) serve(ctx context.Context, c *net.UnixConn, crowd *crowd) error {
	peer := s.Peer
	if peer == nil {
		peer = peerUID
	}
	uid, err := peer(c)
	if err != nil {
		return err
	}
	trusted, most := s.Trusted(uid), maxOfOne
	if trusted {
		most = maxConnections
	}
	if !crowd.enter(uid, most) {
		return fmt.Errorf("uid %d has too many conversations", uid)
	}
	defer crowd.leave(uid)

	r, err := next(c, firstWord)
	if err != nil {
		return err
	}
	if r.Do == doStatus {
		return s.status(c, trusted)
	}
	if r.Begin == nil {
		return errors.New("helper did not begin")
	}
	a := r.Begin.ask()
	if !trusted {
		if own, ok := s.UID(a.Login); !ok || own != uid {
			return errors.Join(fmt.Errorf("uid %d asked for another user", uid), say(c, agent.RefusedFor(errPeer)))
		}
	}
	return converse(ctx, c, s.Begin(a))
}

func (s *Server) status(c *net.UnixConn, trusted bool) error {
	if !trusted {
		return say(c, agent.RefusedFor(authn.Fail(authn.Forbidden, "not_for_you", "Ask as root.")))
	}
	b, err := json.Marshal(s.Status())
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	return writeMessage(c, answer{Status: b})
}

// converse carries one sign-in. It ends when there is nothing more to say, when the helper is gone, or with ctx; an open question is taken
// back then.
func converse(ctx context.Context, c *net.UnixConn, in agent.SignIn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer in.Cancel()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // whatever waits for the helper ends, also what begins to wait just now
	requests := hear(ctx, c, cancel)
	step := in.Start(ctx)
	for {
		if err := say(c, step); err != nil {
			return err
		}
		switch step.(type) {
		case agent.Done, agent.Refused:
			return nil
		}
		heard, ok := <-requests
		if !ok || heard.err != nil {
			return heard.err
		}
		step = act(ctx, in, heard.request)
	}
}

func act(ctx context.Context, in agent.SignIn, r request) agent.Step {
	switch r.Do {
	case doCheck:
		return in.Check(ctx, time.Duration(r.Wait)*time.Millisecond)
	case doOffline:
		return in.GoOffline(ctx)
	case doCode:
		return in.Code(ctx, r.Code)
	}
	return agent.RefusedFor(authn.Fail(authn.Invalid, "bad_request", "The helper of avow-login is of another version. Restart avow-login."))
}
