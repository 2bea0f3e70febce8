package testenv

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
)

// Network is the cable of one machine. While it is down nothing goes through, also not by connections that were open.
type Network struct {
	mu   sync.Mutex
	down bool
	open map[net.Conn]struct{}
}

var errUnplugged = errors.New("the network is unplugged")

// Down reports whether the cable is unplugged.
func (n *Network) Down() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.down
}

// SetDown unplugs the cable, or plugs it in again.
func (n *Network) SetDown(down bool) {
	n.mu.Lock()
	n.down = down
	var cut []net.Conn
	if down {
		cut = slices.Collect(maps.Keys(n.open))
	}
	n.mu.Unlock()
	for _, c := range cut {
		_ = c.Close() // whoever uses it hears of it
	}
}

// Dial makes a connection by this cable; it is the Dial of client.Options.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if n.Down() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errUnplugged}
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		_ = c.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: errUnplugged}
	}
	w := &plugged{Conn: c, network: n}
	if n.open == nil {
		n.open = map[net.Conn]struct{}{}
	}
	n.open[w] = struct{}{}
	return w, nil
}

// plugged is a connection that ends with its cable.
type plugged struct {
	net.Conn
	network *Network
}

// Close ends the connection.
func (p *plugged) Close() error {
	p.network.mu.Lock()
	delete(p.network.open, p)
	p.network.mu.Unlock()
	return p.Conn.Close()
}
