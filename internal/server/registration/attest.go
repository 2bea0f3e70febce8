package registration

import (
	"errors"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/attestation"
	"avow/internal/wire"
)

// SetAttestation gives what checks the proofs of phones. Without it none can be checked. Call it before Routes.
func (s *Service) SetAttestation(v *attestation.Verifier) { s.attestation = v }

// What the audit log says of a phone's proof, where it names no format.
const (
	attestedNone    = "none"        // there was none
	attestedUnknown = "not_checked" // the server could not check it, and the policy does not need it
)

// attested says in what hardware the approval key lies, and by what proof. A phone that proves nothing has its keys in software, whatever it claims.
// Errors: authn.ErrAttestationRequired, attestation.ErrFailed, attestation.ErrUnavailable.
func (s *Service) attested(r wire.Registration) (class key.Class, how string, err error) {
	required := s.site.Policy().Attestation == authn.AttestationRequired
	if r.Attestation == nil {
		if required {
			return "", "", authn.ErrAttestationRequired
		}
		return key.Software, attestedNone, nil
	}
	class, err = s.check(r)
	if errors.Is(err, attestation.ErrUnavailable) && !required {
		return key.Software, attestedUnknown, nil
	}
	return class, r.Attestation.Format, err
}

func (s *Service) check(r wire.Registration) (key.Class, error) {
	if s.attestation == nil {
		return "", attestation.ErrUnavailable
	}
	e := attestation.Expect{
		Challenge: wire.AttestationChallenge(r), Client: wire.AppAttestHash(r), Key: r.ApprovalJWK, Class: r.Class, UV: r.UV,
	}
	switch r.Attestation.Format {
	case wire.FormatAndroid:
		chain := make([][]byte, 0, len(r.Attestation.Chain))
		for _, c := range r.Attestation.Chain {
			chain = append(chain, c)
		}
		return s.attestation.Android(chain, e)
	case wire.FormatApple:
		return s.attestation.Apple(r.Attestation.Statement, e)
	}
	return "", attestation.ErrFailed
}
