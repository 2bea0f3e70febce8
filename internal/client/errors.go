package client

import (
	"context"
	"errors"
	"fmt"
	"net"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Errors of a connection. Compare with errors.Is; what is returned carries the cause and often a sentence with the host.
var (
	// ErrPinMismatch means that the server is not the one that made the code: a hard stop, nothing secret was sent
	// . errors.Is finds wire.ErrPinMismatch in it too.
	ErrPinMismatch = authn.Fail(authn.Forbidden, "pin_mismatch",
		"This is not the server that made the code. Someone may be in between. Stop here and tell the service desk.").Because(wire.ErrPinMismatch)
	// ErrUntrusted means that neither the WebPKI nor the server's signed metadata vouches for the TLS key.
	ErrUntrusted = authn.Fail(authn.Forbidden, "tls_untrusted",
		"The connection is not safe: its certificate is not the server's. Use another network; if it stays, tell the service desk.")
	// ErrUnreachable means that there was no answer in time.
	ErrUnreachable = authn.Fail(authn.Unavailable, "server_unreachable",
		"The server does not answer. Check the network connection and try again.")
	// ErrNotReady means that something in front of the server answered that the server cannot.
	ErrNotReady = authn.Fail(authn.Unavailable, "server_not_ready", "The server is not ready. Try again in a minute.")
	// ErrNonsense means that what answered does not talk like an Avow server: a sign-in page of a public network, a proxy.
	ErrNonsense = authn.Fail(authn.Unavailable, "server_nonsense",
		"Something else answered in place of the server. In a public network sign in to it with a browser first, then try again.")
	// ErrPlainHTTP means that an address is not https.
	ErrPlainHTTP = authn.Fail(authn.Invalid, "plain_http", "The server's address must begin with https://.")
	// ErrCancelled means that the caller's context ended.
	ErrCancelled = authn.Fail(authn.Unavailable, "cancelled", "Stopped before the server answered.")
)

// errTLSKey travels from the handshake to the call, which may then fetch new metadata.
var errTLSKey = errors.New("TLS key is neither of the WebPKI nor listed by the server")

func nonsense(format string, a ...any) error { return ErrNonsense.Because(fmt.Errorf(format, a...)) }

// networkError says what a failed round trip means. parent is the caller's context, without our own deadline.
func networkError(parent context.Context, host string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errTLSKey):
		return ErrUntrusted.Because(fmt.Errorf("%s: %w", host, err))
	case errors.Is(parent.Err(), context.Canceled):
		return ErrCancelled.Because(errors.Join(parent.Err(), err))
	case errors.As(err, &dns) && dns.IsNotFound:
		e := *ErrUnreachable
		e.Message = fmt.Sprintf("The name %s is not known in this network. Check the network connection, or connect to your organisation's network first.", host)
		return e.Because(err)
	}
	e := *ErrUnreachable
	e.Message = fmt.Sprintf("The server %s does not answer. Check the network connection and try again.", host)
	return e.Because(err)
}
