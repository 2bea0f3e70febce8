package client

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"avow/internal/authn"
)

// conn is the way to one known server. It trusts the TLS keys that the server's metadata lists and fetches new metadata once when
// it meets a key that it does not know.
type conn struct {
	o      Options
	http   *http.Client
	bad    error
	mu     sync.Mutex
	server Server
	nonce  string
	date   time.Time // of the newest answer, by the server's clock
	report func(Server)
}

func newConn(s Server, o Options) *conn {
	c := &conn{o: o, server: s}
	u, err := checkIssuer(s.Issuer, o)
	if err != nil {
		c.bad = err
		return c
	}
	c.http = httpClient(o.transport(u.Host, func(p peer) error { return o.trust(p, u.Hostname(), c.Server().TLSKeys) }))
	return c
}

// Server is what is known of the server now; it changes when new metadata was fetched.
func (c *conn) Server() Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// OnServer has f called with what is known of the server, each time that it changes, so that it can be kept. Set it before the
// first call.
func (c *conn) OnServer(f func(Server)) { c.report = f }

// keepIdle sets how many idle connections are kept for the next calls. Call it before the first one.
func (c *conn) keepIdle(n int) {
	if c.http != nil {
		c.http.Transport.(*http.Transport).MaxIdleConnsPerHost = n
	}
}

// Close ends idle connections.
func (c *conn) Close() {
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
}

// roundTrip calls try, and once more with new metadata if the server's TLS key is not known. The handshake failed then, so
// nothing was sent in the first try.
func (c *conn) roundTrip(ctx context.Context, try func() error) error {
	if c.bad != nil {
		return c.bad
	}
	err := try()
	if !errors.Is(err, errTLSKey) {
		return err
	}
	if err := c.refresh(ctx); err != nil {
		return err
	}
	return try()
}

// Refresh fetches the server's metadata again: its name, its service desk, its look.
func (c *conn) Refresh(ctx context.Context) error {
	if c.bad != nil {
		return c.bad
	}
	return c.refresh(ctx)
}

func (c *conn) refresh(ctx context.Context) error {
	next, err := c.Server().Refresh(ctx, c.o)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.server = next
	c.mu.Unlock()
	if c.report != nil {
		c.report(next)
	}
	return nil
}

func (c *conn) lastNonce() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nonce
}

// keepDate remembers when the server says that it has answered.
func (c *conn) keepDate(header string) {
	t, err := http.ParseTime(header)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date = t
}

func (c *conn) lastDate() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.date
}

func (c *conn) keepNonce(n string) {
	if n == "" || len(n) > 1024 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nonce = n
}

// isUseNonce reports whether the server wants the call again with the nonce of its answer.
func isUseNonce(err error) bool {
	return errors.Is(err, authn.Fail(authn.Unauthorized, "use_nonce", ""))
}
