package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// Server is what a client has to remember of a server. All of it was signed by Identity, or pinned.
type Server struct {
	Issuer       string        `json:"issuer"` // https://id.example.com
	Organisation string        `json:"organisation,omitempty"`
	Support      string        `json:"support,omitempty"`
	Match        string        `json:"match,omitempty"`
	Identity     key.Public    `json:"identity"`
	TLSKeys      []wire.TLSKey `json:"tls_keys,omitempty"`
	Brand        wire.Brand    `json:"brand,omitzero"`
	MetadataAt   int64         `json:"metadata_at,omitempty"` // when the server signed what stands here, unix seconds
}

// Host is the server's name with its port if that is not 443, as people see it.
func (s Server) Host() string {
	_, host, _ := strings.Cut(s.Issuer, "://")
	return host
}

// Discover asks the server of a link who it is. Metadata that the link's pin does not vouch for gives ErrPinMismatch; a TLS
// key that neither the WebPKI nor the metadata vouches for gives ErrUntrusted. Nothing of the link is sent.
func Discover(ctx context.Context, link wire.RegistrationLink, o Options) (Server, error) {
	issuer := "https://" + link.Host
	if o.PlainLoopback && isLoopback(link.Host) {
		issuer = "http://" + link.Host
	}
	return DiscoverIssuer(ctx, issuer, link.Pin, o)
}

// DiscoverIssuer is Discover for those who know an address and a pin from somewhere else.
func DiscoverIssuer(ctx context.Context, issuer string, pin key.Pin, o Options) (Server, error) {
	return fetchMetadata(ctx, issuer, o, func(raw string) (wire.Metadata, error) { return wire.VerifyPinnedMetadata(raw, pin) })
}

// DiscoverHost asks a server who it is that only its name is known of: nothing vouches for the answer yet. Before the server is trusted with anything, its
// Identity has to be compared with what somebody who can be trusted said of it: a restore code's vouch. Until then
// nothing but the question for that vouch may be sent.
func DiscoverHost(ctx context.Context, host string, o Options) (Server, error) {
	issuer := "https://" + host
	if o.PlainLoopback && isLoopback(host) {
		issuer = "http://" + host
	}
	return fetchMetadata(ctx, issuer, o, wire.VerifyOwnMetadata)
}

// DiscoverPublic asks a server who it is that only its name is known of, and believes it because the WebPKI, or an authority that the device's owner has installed, vouches
// for the name: what its own metadata lists counts for nothing. ErrUntrusted otherwise.
func DiscoverPublic(ctx context.Context, host string, o Options) (Server, error) {
	issuer := "https://" + host
	if o.PlainLoopback && isLoopback(host) {
		issuer = "http://" + host
	}
	return fetch(ctx, issuer, o, wire.VerifyOwnMetadata, func(Server) []wire.TLSKey { return nil })
}

// Refresh fetches the metadata of a known server again. Metadata older than what s holds is refused, so that a stolen TLS key
// which the server no longer lists does not come back.
func (s Server) Refresh(ctx context.Context, o Options) (Server, error) {
	next, err := fetchMetadata(ctx, s.Issuer, o, func(raw string) (wire.Metadata, error) { return wire.VerifyMetadata(raw, s.Identity) })
	if err != nil {
		return s, err
	}
	if next.MetadataAt < s.MetadataAt {
		return s, nonsense("metadata of %d is older than that of %d", next.MetadataAt, s.MetadataAt)
	}
	return next, nil
}

// fetchMetadata accepts any TLS key for its one request, since the answer is public and signed, and then judges the key by it.
func fetchMetadata(ctx context.Context, issuer string, o Options, verify func(string) (wire.Metadata, error)) (Server, error) {
	return fetch(ctx, issuer, o, verify, func(s Server) []wire.TLSKey { return s.TLSKeys })
}

// fetch is fetchMetadata with the TLS keys that are trusted beside the WebPKI's.
func fetch(ctx context.Context, issuer string, o Options, verify func(string) (wire.Metadata, error), trusted func(Server) []wire.TLSKey) (Server, error) {
	u, err := checkIssuer(issuer, o)
	if err != nil {
		return Server{}, err
	}
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, o.timeout())
	defer cancel()
	var seen peer
	tr := o.transport(u.Host, func(p peer) error { seen = p; return nil })
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+wire.MetadataPath, nil)
	if err != nil {
		return Server{}, fmt.Errorf("metadata request: %w", err)
	}
	status, head, body, err := send(parent, httpClient(tr), req, wire.MaxBody)
	if err != nil {
		return Server{}, err
	}
	if status != http.StatusOK {
		return Server{}, answerError(status, head, body)
	}
	m, err := verify(strings.TrimSpace(string(body)))
	switch {
	case errors.Is(err, wire.ErrPinMismatch):
		return Server{}, ErrPinMismatch
	case err != nil:
		return Server{}, ErrNonsense.Because(err)
	case m.Issuer != issuer:
		return Server{}, nonsense("server at %s calls itself %.200q", issuer, m.Issuer)
	}
	s := Server{
		Issuer: m.Issuer, Organisation: authn.CleanText(m.Organisation, 128), Support: authn.CleanText(m.Support, 256),
		Match: m.Match, Identity: m.Identity, TLSKeys: m.TLSKeys, Brand: m.Brand, MetadataAt: m.IssuedAt,
	}
	if u.Scheme == "https" {
		if err := o.trust(seen, u.Hostname(), trusted(s)); err != nil {
			return Server{}, networkError(parent, u.Host, err)
		}
	}
	return s, nil
}

// checkIssuer refuses every address that is not https://host, or http://loopback where that is allowed.
func checkIssuer(issuer string, o Options) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(issuer, "#") {
		return nil, authn.Fail(authn.Invalid, "bad_issuer", fmt.Sprintf("The server's address %.100q is not of the form https://id.example.com.", issuer))
	}
	if u.Scheme == "https" || u.Scheme == "http" && o.PlainLoopback && isLoopback(u.Host) {
		return u, nil
	}
	return nil, ErrPlainHTTP.Because(fmt.Errorf("address %.100q", issuer))
}

func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}
