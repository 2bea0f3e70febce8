package server

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/wire"
)

// How long a signed statement of the server about itself is used, and believed.
const (
	metadataAge      = time.Hour
	metadataLifetime = 24 * time.Hour
)

// metadata answers GET /.well-known/avow.
type metadata struct {
	site *site.Site
	mu   sync.Mutex
	jws  string
	at   time.Time
	keys []string
}

func newMetadata(s *site.Site) *metadata { return &metadata{site: s} }

// Routes registers the route.
func (m *metadata) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+wire.MetadataPath, api.Handle(m.site.Log, func(w http.ResponseWriter, _ *http.Request) error {
		jws, err := m.current()
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", wire.MetadataMedia)
		w.Header().Set("Access-Control-Allow-Origin", "*") // public and signed
		_, _ = w.Write([]byte(jws))
		return nil
	}))
}

// current signs once an hour, and when the TLS keys change.
func (m *metadata) current() (string, error) {
	now := m.site.Now()
	var keys []string
	if m.site.TLSKeys != nil {
		keys = m.site.TLSKeys()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if age := now.Sub(m.at); m.jws != "" && age >= 0 && age < metadataAge && slices.Equal(keys, m.keys) {
		return m.jws, nil
	}
	match := m.site.Policy().Match
	listed := make([]wire.TLSKey, 0, len(keys))
	for _, k := range keys {
		listed = append(listed, wire.TLSKey(k))
	}
	jws, err := wire.SignMetadata(m.site.Identity, wire.Metadata{
		Version: wire.MetadataVersion, Issuer: m.site.Issuer, Organisation: m.site.Organisation, Support: m.site.Support,
		Identity: m.site.Identity.Key(), TLSKeys: listed, IssuedAt: now.Unix(), Expires: now.Add(metadataLifetime).Unix(), Match: string(match), Brand: m.site.Brand,
	})
	if err != nil {
		return "", err
	}
	m.jws, m.at, m.keys = jws, now, keys
	return jws, nil
}
