package client

import (
	"context"
	"crypto"
	"net/http"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Computer is the way of a machine with avow-login to its server, beside that of a RelyingParty, by which it asks for approvals. It
// is safe for concurrent use.
type Computer struct{ prover }

// NewComputer makes the client of a computer. signer is the computer's key. Before it is enrolled its id is empty, and only
// Enroll works.
func NewComputer(s Server, id authn.ClientID, signer crypto.Signer, o Options) *Computer {
	return &Computer{prover{conn: newConn(s, o), signer: signer, kid: wire.ComputerKid(id), limit: wire.MaxOfflineAnswer}}
}

// DiscoverComputer asks the server of an enrollment link who it is, as Discover does for a phone.
func DiscoverComputer(ctx context.Context, link wire.ComputerLink, o Options) (Server, error) {
	return Discover(ctx, wire.RegistrationLink{Host: link.Host, Pin: link.Pin}, o)
}

// Enroll binds this computer's key by a one-time token (POST /v1/computer/enroll). The same key may try again after a broken
// connection.
func (c *Computer) Enroll(ctx context.Context, e wire.EnrollComputer) (wire.ComputerSettings, error) {
	var out wire.ComputerSettings
	if err := c.introduce(ctx, "/v1/computer/enroll", e, &out); err != nil {
		return wire.ComputerSettings{}, err
	}
	return out, checkSettings(out)
}

// Sync tells the server what is new and fetches the grants (POST /v1/computer/sync). authn.ErrComputerStolen and
// authn.ErrComputerGone mean that nothing may be signed in to here any more.
func (c *Computer) Sync(ctx context.Context, s wire.SyncComputer) (wire.SyncedComputer, error) {
	var out wire.SyncedComputer
	if err := c.call(ctx, http.MethodPost, "/v1/computer/sync", s, &out); err != nil {
		return wire.SyncedComputer{}, err
	}
	return out, checkSettings(out.ComputerSettings)
}

// UseDeskCode asks whether a code of the service desk was given out for now, and uses it (POST /v1/computer/desk-code).
func (c *Computer) UseDeskCode(ctx context.Context, u wire.UseDeskCode) error {
	return c.call(ctx, http.MethodPost, "/v1/computer/desk-code", u, nil)
}

func checkSettings(s wire.ComputerSettings) error {
	if s.ID.Validate() != nil || s.ServerTime <= 0 || s.DeskJWK.IsZero() || !s.Offline.Valid() {
		return nonsense("computer's settings are not complete")
	}
	return nil
}
