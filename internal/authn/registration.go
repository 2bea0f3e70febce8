package authn

import (
	"time"

	"avow/internal/key"
)

// SessionState is stored and sent: append, never rename.
type SessionState string

// The states of a registration session: active -> claimed -> consumed, or ended early.
const (
	SessionActive   SessionState = "active"
	SessionClaimed  SessionState = "claimed"  // one phone holds it
	SessionConsumed SessionState = "consumed" // that phone is registered; for ever
	SessionRevoked  SessionState = "revoked"  // an administrator, force or "No" on the page ended it; for ever
)

// Lifetimes of registration sessions.
const (
	InteractiveLifetime = 10 * time.Minute
	SentLifetime        = 24 * time.Hour // unless somebody says otherwise
	MaxSentLifetime     = 72 * time.Hour
	TombstoneLifetime   = 30 * 24 * time.Hour // how long a used id is kept after its expiry
)

// BindingMode says what becomes of the devices that the user already has.
type BindingMode string

// The modes.
const (
	BindFirst      BindingMode = "first"      // only for users without a device
	BindAdditional BindingMode = "additional" // beside the others
	BindReplace    BindingMode = "replace"    // the others are revoked when this one becomes active
)

// SessionDelivery says how a session's code reaches the user. Stored: append, never rename.
type SessionDelivery string

// The ways.
const (
	DeliveryShown SessionDelivery = "shown" // in a browser, in front of her; the page asks "is this your phone?"
	DeliverySent  SessionDelivery = "sent"  // by mail or text; needs a second proof, so that a mailbox alone registers nobody
)

// SecondProof is what a phone is asked for beside the code of its session. Stored and sent: append, never rename.
type SecondProof string

// The proofs.
const (
	ProofNone     SecondProof = "none"
	ProofPassword SecondProof = "password" // that of the directory
	ProofPIN      SecondProof = "pin"      // eight digits that whoever made the session told her
	ProofCode     SecondProof = "code"     // eight digits, by the channel that did not carry the session's code
)

// Valid reports whether p is one of the known proofs.
func (p SecondProof) Valid() bool {
	return p == ProofNone || p == ProofPassword || p == ProofPIN || p == ProofCode
}

// ProofTries is how many wrong second proofs end a session.
const ProofTries = 5

// RegistrationSession is one single-use invitation to connect a phone. The secrets, session and page, are known to those
// who were given them; only their hashes are kept.
type RegistrationSession struct {
	ID        RegistrationID
	Secret    Hash // of the 128 bits in the QR
	Page      Hash // of the 128 bits that open the connect page; zero when there is none
	User      UserID
	Mode      BindingMode
	State     SessionState
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // consumed or revoked

	Delivery     SessionDelivery
	Proof        SecondProof
	ProofTries   int          // wrong ones
	Notification MessageState // of the message that carries the code; "" when none was sent
	NotifiedAt   time.Time    // when it was taken by the mail server or the gateway
	Probation    bool         // the device begins on probation (Policy.ProbationHours): it was let in by less than a phone

	ClaimedAt time.Time
	ClaimIP   string
	ClaimKey  key.Public // the device key of the phone that holds it
	Challenge string     // 128 bits, base64url, given to that phone
	Verifies  UVPolicy   // the policy that held at the claim: the phone's approval key may demand no less; "" is UVEachApproval

	// Set when consumed.
	Device       DeviceID
	CheckWords   [2]string // what page and phone show
	Registration string    // hash of the registration JWS, as wire.HashText gives it
	Bound        string    // the answer, a JWS: the phone that lost it gets the same again
	Answered     bool      // the page said Yes or No
}

// Errors of registration.
var (
	ErrSessionUnknown = Fail(NotFound, "session_unknown", "This code is not known here. Make a new one on the page.")
	ErrSessionExpired = Fail(Gone, "session_expired", "This code is too old. Make a new one on the page.")
	ErrSessionUsed    = Fail(Gone, "session_used", "This code was used already. Make a new one on the page.")
	ErrSessionRevoked = Fail(Gone, "session_revoked", "This code was withdrawn. Make a new one on the page.")
	ErrSentProof      = Fail(Invalid, "bad_proof", "A code that is sent needs a second proof: password, pin or code.")
	ErrHours          = Fail(Invalid, "bad_hours", "A code that is sent is good for 1 to 72 hours.")
	ErrProofMissing   = Fail(Invalid, "proof_missing", "Something more is needed to connect this phone. Type what the page or the mail asks for.")
	ErrProofWrong     = Fail(Invalid, "proof_wrong", "This is not right. Compare it and type it again.")
	ErrProofTries     = Fail(Gone, "proof_tries", "Too many wrong tries. This code is worth nothing now. Ask the service desk for a new one.")
	ErrSessionClaimed = Fail(Conflict, "session_claimed", "Another phone has used this code. If it was not yours, tell the service desk now.")
)

// NewRegistrationSession makes an interactive session and its two secrets: the one in the QR follows from the page's, so
// that the page can show the QR again without the server keeping it.
func NewRegistrationSession(user UserID, mode BindingMode, createdBy string, now time.Time) (s RegistrationSession, page key.Secret) {
	page = key.NewSecret(16)
	return RegistrationSession{
		ID: NewRegistrationID(), Secret: HashOf(SessionSecret(page)), Page: HashOf(page),
		User: user, Mode: mode, State: SessionActive, Delivery: DeliveryShown, Proof: ProofNone,
		CreatedBy: createdBy, CreatedAt: now, ExpiresAt: now.Add(InteractiveLifetime),
	}, page
}

// NewSentSession makes a session whose code goes out by mail or text. secret gives the 128 bits in the code for the session's id, from what lies outside the
// database, so that the code can be written into a message at any later time and is kept nowhere. It has no connect page.
func NewSentSession(user UserID, mode BindingMode, proof SecondProof, lifetime time.Duration, createdBy string, now time.Time, secret func(RegistrationID) key.Secret) (RegistrationSession, error) {
	if !proof.Valid() || proof == ProofNone {
		return RegistrationSession{}, ErrSentProof
	}
	if lifetime < time.Hour || lifetime > MaxSentLifetime {
		return RegistrationSession{}, ErrHours
	}
	id := NewRegistrationID()
	return RegistrationSession{
		ID: id, Secret: HashOf(secret(id)), User: user, Mode: mode, State: SessionActive, Delivery: DeliverySent, Proof: proof,
		CreatedBy: createdBy, CreatedAt: now, ExpiresAt: now.Add(lifetime),
	}, nil
}

// TryProof takes one try of the second proof, before it is looked at, so that many at the same time get no more tries than one after the other. Once
// there is none left the session ends: keep it and tell ErrProofTries.
func (s RegistrationSession) TryProof(now time.Time) (RegistrationSession, error) {
	if s.ProofTries >= ProofTries {
		return s.Revoke(now), ErrProofTries
	}
	s.ProofTries++
	return s, nil
}

// ended reports why a session accepts nothing more; nil while it does.
func (s RegistrationSession) ended(now time.Time) error {
	switch {
	case s.State == SessionConsumed:
		return ErrSessionUsed
	case s.State == SessionRevoked:
		return ErrSessionRevoked
	case !now.Before(s.ExpiresAt):
		return ErrSessionExpired
	}
	return nil
}

// Open reports whether a phone could still claim or finish.
func (s RegistrationSession) Open(now time.Time) bool { return s.ended(now) == nil }

// Claim gives the session to the phone that holds deviceKey. The same phone may claim again and gets the same challenge;
// another one gets ErrSessionClaimed.
func (s RegistrationSession) Claim(deviceKey key.Public, ip string, now time.Time) (RegistrationSession, error) {
	if err := s.ended(now); err != nil {
		return s, err
	}
	if deviceKey.IsZero() {
		return s, Fail(Invalid, "device_key_missing", "The phone sent no key. Update the app and try again.")
	}
	if s.State == SessionClaimed {
		if s.ClaimKey != deviceKey {
			return s, ErrSessionClaimed
		}
		return s, nil
	}
	s.State, s.ClaimKey, s.ClaimedAt, s.ClaimIP = SessionClaimed, deviceKey, now, ip
	s.Challenge = key.RandomID(16)
	return s, nil
}

// Finish consumes the session for the phone that claimed it.
func (s RegistrationSession) Finish(deviceKey key.Public, device DeviceID, now time.Time) (RegistrationSession, error) {
	if err := s.ended(now); err != nil {
		return s, err
	}
	if s.State != SessionClaimed || s.ClaimKey != deviceKey {
		return s, ErrSessionClaimed
	}
	s.State, s.Device, s.EndedAt = SessionConsumed, device, now
	return s, nil
}

// Revoke ends a session that is still open; a consumed one stays consumed.
func (s RegistrationSession) Revoke(now time.Time) RegistrationSession {
	if s.State == SessionActive || s.State == SessionClaimed {
		s.State, s.EndedAt = SessionRevoked, now
	}
	return s
}

// Forgettable reports whether even the tombstone may go.
func (s RegistrationSession) Forgettable(now time.Time) bool {
	return now.After(s.ExpiresAt.Add(TombstoneLifetime))
}
