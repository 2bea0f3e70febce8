package offline

import (
	"cmp"
	"crypto/ecdh"
	"crypto/elliptic"
	"net/http"
	"time"

	"filippo.io/keygen"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/wire"
)

// Policy says how far a grant reaches.
type Policy struct {
	Lifetime time.Duration // since the last online sign-in; 0 is what the site's policy says
	Uses     int           // offline sign-ins in that time; 0 is what the site's policy says
}

// Service is the flow of computers. It is safe for concurrent use.
type Service struct {
	site    *site.Site
	proof   *proof.Checker
	policy  Policy
	desk    *ecdh.PrivateKey // the service desk's exchange key
	deskKey key.Public
}

// New makes the service.
func New(s *site.Site, c *proof.Checker, p Policy) *Service {
	desk, pub := deskKey(s.Derive("desk exchange key v1"))
	return &Service{site: s, proof: c, policy: p, desk: desk, deskKey: pub}
}

// deskKey makes the same key from the same 32 bytes for ever: computers have its public half (filippo.io/keygen, FIPS 186-5, A.2.2).
func deskKey(secret key.Secret) (*ecdh.PrivateKey, key.Public) {
	k, err := keygen.ECDSA(elliptic.P256(), secret)
	if err != nil {
		panic("a P-256 key from 32 bytes cannot fail: " + err.Error())
	}
	private, err := k.ECDH()
	if err != nil {
		panic("a P-256 key is one for key exchanges: " + err.Error())
	}
	pub, err := key.FromECDH(private.PublicKey())
	if err != nil {
		panic("a P-256 private key has a P-256 public key: " + err.Error())
	}
	return private, pub
}

// Routes registers the routes of computers and phones.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v1/computer/enroll", api.Handle(s.site.Log, s.enroll))
	mux.Handle("POST /v1/computer/sync", api.Handle(s.site.Log, s.sync))
	mux.Handle("POST /v1/computer/desk-code", api.Handle(s.site.Log, s.useDeskCode))
	mux.Handle("POST /v1/offline", api.Handle(s.site.Log, s.records))
}

// reach is how far a grant reaches now.
func (s *Service) reach() (lifetime time.Duration, uses int) {
	p := s.site.Policy()
	return cmp.Or(s.policy.Lifetime, time.Duration(p.GrantDays)*24*time.Hour), cmp.Or(s.policy.Uses, p.GrantUses)
}

// settings is what a computer has to know.
func (s *Service) settings(c authn.Computer) wire.ComputerSettings {
	return wire.ComputerSettings{ID: c.ID, Name: c.Name, Offline: c.Offline, DeskJWK: s.deskKey, ServerTime: s.site.Now().Unix()}
}

// wake tells phones that their grants or lists have changed.
func (s *Service) wake(devices map[authn.DeviceID]bool) {
	for d := range devices {
		s.site.Live.Wake(live.Computers(string(d)))
	}
}
