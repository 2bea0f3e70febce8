package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// Socket is where the daemon listens.
const Socket = "/run/avow-login/socket"

// answerTime is how long the daemon may take for an answer beside a wait that was asked for: it bounds its own calls of the server
// to less, and a code of a list takes two argon2id.
const answerTime = 15 * time.Second

// ErrDaemon means that the daemon does not answer, or not as it should.
var ErrDaemon = authn.Fail(authn.Unavailable, "login_daemon",
	"The sign-in service of this computer does not answer. Restart avow-login, or tell the service desk.")

// Client is a sign-in at the daemon. Whatever goes wrong on the way is a Refused; after one the connection is closed.
type Client struct {
	conn net.Conn
	ask  agent.Ask
	once sync.Once
}

var _ agent.SignIn = (*Client)(nil)

// Dial connects to the daemon.
func Dial(ctx context.Context, socket string, a agent.Ask) (*Client, error) {
	c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, ErrDaemon.Because(err)
	}
	return &Client{conn: c, ask: a}, nil
}

// Start begins the sign-in.
func (c *Client) Start(ctx context.Context) agent.Step {
	a := c.ask
	return c.step(ctx, request{Begin: &begin{
		Version: version, Login: a.Login, Service: a.Service, TTY: a.TTY, RHost: a.RHost, Offline: a.Offline, Timeout: int(a.Timeout / time.Second),
	}}, 0)
}

// Check waits for a decision.
func (c *Client) Check(ctx context.Context, wait time.Duration) agent.Step {
	wait = min(max(wait, 0), longestWait)
	return c.step(ctx, request{Do: doCheck, Wait: int(wait / time.Millisecond)}, wait)
}

// GoOffline goes over to codes.
func (c *Client) GoOffline(ctx context.Context) agent.Step {
	return c.step(ctx, request{Do: doOffline}, 0)
}

// Code tries a code.
func (c *Client) Code(ctx context.Context, typed string) agent.Step {
	return c.step(ctx, request{Do: doCode, Code: typed}, 0)
}

// Cancel closes the connection, by which the daemon takes an open question back.
func (c *Client) Cancel() { c.once.Do(func() { _ = c.conn.Close() }) }

func (c *Client) step(ctx context.Context, r request, wait time.Duration) agent.Step {
	var a answer
	err := c.exchange(ctx, r, &a, wait)
	if err == nil {
		var s agent.Step
		if s, err = a.step(); err == nil {
			return s
		}
	}
	c.Cancel()
	return agent.RefusedFor(ErrDaemon.Because(err))
}

// exchange sends a request and reads its answer.
func (c *Client) exchange(ctx context.Context, r request, a *answer, wait time.Duration) error {
	if err := r.Valid(); err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerTime + wait)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.Cancel)
	defer stop()
	if err := writeMessage(c.conn, r); err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	if err := readMessage(c.conn, a); err != nil {
		return fmt.Errorf("hear the daemon: %w", err)
	}
	return nil
}

// Status asks the daemon how it stands; the caller knows the form of the JSON.
func Status(ctx context.Context, socket string, into any) error {
	c, err := Dial(ctx, socket, agent.Ask{})
	if err != nil {
		return err
	}
	defer c.Cancel()
	var a answer
	if err := c.exchange(ctx, request{Do: doStatus}, &a, 0); err != nil {
		return ErrDaemon.Because(err)
	}
	if a.Refused != nil {
		return authn.Fail(a.Refused.Kind, a.Refused.Code, a.Refused.Text)
	}
	if a.Status == nil {
		return ErrDaemon.Because(errors.New("answer has no status"))
	}
	return json.Unmarshal(a.Status, into)
}
