// Package attestation finds out in what hardware a new approval key lies, from what the makers of the hardware have signed: Android key attestation
// (https://source.android.com/docs/security/features/keystore/attestation) and Apple App Attest. It believes roots that it was given, the server's clock and
// a list of revoked certificates; nothing that a phone says about itself. It fetches nothing and stores nothing; package registration decides whether an
// attestation is needed.
//
// Android attests the approval key itself. Apple attests no key of the app's choice: App Attest says that the app is the organization's and unmodified, and what
// that app says is then believed, namely that its approval key lies in the Secure Enclave.
package attestation

import (
	"crypto/x509"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// Errors of Android and Apple.
var (
	ErrFailed = authn.Fail(authn.Invalid, "attestation_failed",
		"This phone could not prove that its keys are safe. Use a phone with a locked, unmodified system, or ask the service desk.")
	ErrUnavailable = authn.Fail(authn.Unavailable, "attestation_unchecked",
		"The server cannot check phones of this kind at the moment. Try again later, or ask the service desk.")
)

// Options say whom to believe.
type Options struct {
	GoogleRoots []byte   // PEM; nil means those that Google publishes
	AppleRoots  []byte   // PEM; nil means the one that Apple publishes
	StatusFile  string   // Google's list of revoked certificates; without one no Android attestation is believed
	AppleApps   []string // ids of the app, TEAMID.bundle.id; without one no App Attest is believed
	Now         func() time.Time
}

// Verifier checks attestations. It is safe for concurrent use.
type Verifier struct {
	google, apple []*x509.Certificate
	status        *statusList
	apps          []string
	now           func() time.Time
}

// New makes a verifier. The error says what is wrong with the roots.
func New(o Options) (*Verifier, error) {
	v := &Verifier{status: &statusList{path: o.StatusFile}, apps: o.AppleApps, now: o.Now}
	if o.GoogleRoots == nil {
		o.GoogleRoots = googleRoots
	}
	if o.AppleRoots == nil {
		o.AppleRoots = appleRoots
	}
	var err error
	if v.google, err = ParseRoots(o.GoogleRoots); err != nil {
		return nil, fmt.Errorf("google roots: %w", err)
	}
	if v.apple, err = ParseRoots(o.AppleRoots); err != nil {
		return nil, fmt.Errorf("apple roots: %w", err)
	}
	return v, nil
}

// Expect is what an attestation must be about.
type Expect struct {
	Challenge [32]byte               // of Android: what the key was made for
	Client    [32]byte               // of Apple: everything that the app says
	Key       key.Public             // the approval key
	Class     key.Class              // as the phone claims
	UV        authn.UserVerification // as the phone claims
}

// Limits of what is looked at.
const (
	maxChain = 8        // certificates
	maxBytes = 16 << 10 // of all of them, or of an App Attest object
)
