package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// MaxTimeout is the longest that a call of a device or administrator may take, all its tries together (D16).
const MaxTimeout = 10 * time.Second

// Options are how a client reaches servers. The zero value is right for a real program.
type Options struct {
	Roots         *x509.CertPool                                                    // nil: the system's
	PlainLoopback bool                                                              // allow http://127.0.0.1 and http://[::1], in development only
	Timeout       time.Duration                                                     // of each call; 0 or more than MaxTimeout means MaxTimeout
	Now           func() time.Time                                                  // nil: time.Now; only for certificates and for stamps that nobody trusts
	Dial          func(ctx context.Context, network, addr string) (net.Conn, error) // nil: the network
	Agent         string                                                            // User-Agent; "" sends none
	Log           *slog.Logger                                                      // gets each call at debug level; nil: nothing is logged
}

func (o Options) timeout() time.Duration {
	if o.Timeout <= 0 || o.Timeout > MaxTimeout {
		return MaxTimeout
	}
	return o.Timeout
}

func (o Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// peer is the other end of a TLS connection.
type peer struct{ chain []*x509.Certificate }

// SPKI is the base64url SHA-256 of a certificate's SubjectPublicKeyInfo, the form in which metadata lists TLS keys.
func SPKI(c *x509.Certificate) wire.TLSKey {
	h := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return wire.TLSKey(base64.RawURLEncoding.EncodeToString(h[:]))
}

// trust judges a peer that has proved, in the handshake, that it holds the key of its first certificate. A listed key is good
// whatever its certificate says, so a phone with a wrong clock, a private authority and a self-made certificate work.
func (o Options) trust(p peer, host string, keys []wire.TLSKey) error {
	if len(p.chain) == 0 {
		return errTLSKey
	}
	if slices.Contains(keys, SPKI(p.chain[0])) {
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range p.chain[1:] {
		between.AddCert(c)
	}
	_, err := p.chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: o.Roots, Intermediates: between, CurrentTime: o.now()})
	if err != nil {
		return fmt.Errorf("%w: %w", errTLSKey, err)
	}
	return nil
}

// transport makes connections to one host and asks judge about each of them, before anything is sent on it.
func (o Options) transport(hostport string, judge func(peer) error) *http.Transport {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: MaxTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dial,
		TLSHandshakeTimeout: MaxTimeout,
		IdleConnTimeout:     60 * time.Second,
		MaxIdleConnsPerHost: 4,
		// HTTP/1.1 only: after a call that timed out its connection is closed, so that a half-open one never serves the next call.
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ServerName:         strings.Trim(host, "[]"),
			InsecureSkipVerify: true, // judge takes its place: it knows the keys that signed metadata lists
			VerifyConnection:   func(cs tls.ConnectionState) error { return judge(peer{cs.PeerCertificates}) },
		},
	}
}

// httpClient follows no redirect: an API path is never redirected, so one comes from something in between.
func httpClient(tr http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one round trip and reads at most limit bytes.
func send(parent context.Context, c *http.Client, req *http.Request, limit int64) (int, http.Header, []byte, error) {
	resp, err := c.Do(req)
	if err != nil {
		return 0, nil, nil, networkError(parent, req.URL.Host, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return 0, nil, nil, networkError(parent, req.URL.Host, fmt.Errorf("answer broke off: %w", err))
	}
	if errors.Is(parent.Err(), context.Canceled) { // what still came may be only what the server says to someone who has gone
		return 0, nil, nil, networkError(parent, req.URL.Host, parent.Err())
	}
	if int64(len(body)) > limit {
		return 0, nil, nil, nonsense("answer has more than %d bytes", limit)
	}
	return resp.StatusCode, resp.Header, body, nil
}

// withoutURL takes the address out of an error of http.Client: it may hold a query.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// answerError turns an answer that is no success into an error.
func answerError(status int, head http.Header, body []byte) error {
	if media(head) == wire.ProblemType {
		var p wire.Problem
		if err := wire.DecodeAnswer(body, &p); err == nil && p.Code != "" && p.Title != "" && status >= 400 {
			return p.Err()
		}
	}
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ErrNotReady.Because(fmt.Errorf("HTTP status %d", status))
	}
	return nonsense("HTTP status %d of type %.60q", status, head.Get("Content-Type"))
}

// decode reads a successful JSON answer.
func decode(status int, head http.Header, body []byte, into any) error {
	if status < 200 || status > 299 {
		return answerError(status, head, body)
	}
	if into == nil {
		return nil
	}
	if media(head) != "application/json" {
		return nonsense("answer of type %.60q", head.Get("Content-Type"))
	}
	if err := wire.DecodeAnswer(body, into); err != nil {
		return ErrNonsense.Because(err)
	}
	return nil
}

func media(head http.Header) string {
	m, _, _ := mime.ParseMediaType(head.Get("Content-Type"))
	return m
}

func newRequest(ctx context.Context, method, url string, body []byte, agent string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, authn.Fail(authn.Invalid, "bad_issuer", "The server's address cannot be used.").Because(err)
	}
	req.Header.Set("User-Agent", agent) // an empty one is left out
	return req, nil
}
