package authn

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"avow/internal/key"
)

// GrantID names the permission to sign in to one computer with one device while there is no network. 64 random bits; the QR
// of an offline challenge carries them.
type GrantID [8]byte

// BatchID names a list of offline codes. 128 random bits.
type BatchID [16]byte

// NewGrantID draws 64 random bits.
func NewGrantID() (id GrantID) {
	rand.Read(id[:])
	return id
}

// NewBatchID draws 128 random bits.
func NewBatchID() (id BatchID) {
	rand.Read(id[:])
	return id
}

// String returns unpadded base64url.
func (id GrantID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// String returns unpadded base64url.
func (id BatchID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText writes base64url.
func (id GrantID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText writes base64url.
func (id BatchID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads base64url of exactly 8 bytes.
func (id *GrantID) UnmarshalText(b []byte) error { return exactly(id[:], b) }

// UnmarshalText reads base64url of exactly 16 bytes.
func (id *BatchID) UnmarshalText(b []byte) error { return exactly(id[:], b) }

// exactly fills into from its one spelling in base64url.
func exactly(into, text []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(raw) != len(into) || len(text) != base64.RawURLEncoding.EncodedLen(len(into)) { // the decoder skips line breaks
		return errors.New("id is not base64url of its length")
	}
	copy(into, raw)
	return nil
}

// GrantState is stored and sent: append, never rename.
type GrantState string

// The states of a grant. Whatever is not active gives no code, on the phone and on the computer.
const (
	GrantActive  GrantState = "active"
	GrantRevoked GrantState = "revoked" // device, user or computer was taken away
	GrantStolen  GrantState = "stolen"  // the computer was reported stolen
)

// Valid reports whether s is one of the states.
func (s GrantState) Valid() bool { return s == GrantActive || s == GrantRevoked || s == GrantStolen }

// OfflinePolicy says when a computer takes offline codes. Stored and sent: append, never rename.
type OfflinePolicy string

// The policies, widest first.
const (
	OfflineAllow    OfflinePolicy = "allow"             // also while the server answers, if the person asks for it
	OfflineFallback OfflinePolicy = "only-when-offline" // while the server does not answer
	OfflineDeny     OfflinePolicy = "deny"
)

// Valid reports whether p is one of the policies.
func (p OfflinePolicy) Valid() bool {
	return p == OfflineAllow || p == OfflineFallback || p == OfflineDeny
}

// Stricter is the narrower of two policies; one that is not known counts as deny.
func (p OfflinePolicy) Stricter(other OfflinePolicy) OfflinePolicy {
	for _, narrow := range []OfflinePolicy{OfflineDeny, OfflineFallback, OfflineAllow} {
		if p == narrow || other == narrow {
			if !p.Valid() || !other.Valid() {
				return OfflineDeny
			}
			return narrow
		}
	}
	return OfflineDeny
}

// OfflineMethod says by what somebody signs in without a network. Stored and sent: append, never rename.
type OfflineMethod string

// The methods.
const (
	OfflineQR   OfflineMethod = "qr"   // a code for the QR on the computer's screen
	OfflineList OfflineMethod = "list" // the next code of the phone's list
	OfflineDesk OfflineMethod = "desk" // a code that the service desk reads out
)

// Valid reports whether m is one of the methods.
func (m OfflineMethod) Valid() bool { return m == OfflineQR || m == OfflineList || m == OfflineDesk }

// Limits of offline sign-in (docs/protocol.md, section 7).
const (
	GrantLifetime     = 14 * 24 * time.Hour // since the last online sign-in; policy
	GrantUses         = 20                  // policy
	MaxGrantUses      = 1000
	MaxGrants         = 128 // that are not over, of one device, and of one computer
	ChallengeLifetime = 3 * time.Minute
	ChallengeTries    = 3
	ListCount         = 50 // codes in a batch for a phone
	DeskCount         = 10 // codes in a batch for the service desk
	ListWindow        = 5  // codes ahead of the next one that are accepted
	ListRefill        = 25 // with fewer left a new batch is made
	DeskLifetime      = 2 * time.Minute
	EnrollLifetime    = 24 * time.Hour // of the token that enrolls a computer
	MaxComputerID     = 48
)

// ComputerState is stored and sent: append, never rename.
type ComputerState string

// The states of a computer: invited -> enrolled -> stolen or removed; each of them -> invited again by a new token.
const (
	ComputerInvited  ComputerState = "invited"  // there is a token that nobody has used
	ComputerEnrolled ComputerState = "enrolled" // its key is known
	ComputerStolen   ComputerState = "stolen"   // reported; its phones give no codes for it
	ComputerRemoved  ComputerState = "removed"
)

// Computer is a machine that people sign in to with avow-login. Once enrolled it is also a Client of the same id, by which it asks
// for approvals.
type Computer struct {
	ID           ClientID
	Name         string // what people read: LAPTOP-42
	Match        MatchMode
	Offline      OfflinePolicy
	State        ComputerState
	Token        Hash // of the 128 bits that enroll it; zero when there is none
	TokenExpires time.Time
	Key          key.Public // that used the token; the same key may come again
	OS           string     // as it says
	App          string
	CreatedBy    string
	CreatedAt    time.Time
	EnrolledAt   time.Time
	LastSeenAt   time.Time
	EndedAt      time.Time // stolen or removed
	JournalSeq   uint64    // of the last entry of its journal that was uploaded
	JournalSum   Hash      // of that entry
}

// Errors of computers and of offline sign-in.
var (
	ErrTokenUnknown   = Fail(NotFound, "enroll_token_unknown", "This enrollment link is not known here. Make a new one with avow-admin computer add.")
	ErrTokenExpired   = Fail(Gone, "enroll_token_expired", "This enrollment link is too old. Make a new one with avow-admin computer add --replace.")
	ErrTokenUsed      = Fail(Gone, "enroll_token_used", "This enrollment link was used already. Make a new one with avow-admin computer add --replace.")
	ErrComputerStolen = Fail(Forbidden, "computer_stolen", "This computer was reported stolen. Tell the service desk.")
	ErrComputerGone   = Fail(Forbidden, "computer_removed", "This computer is not enrolled any more. Tell the service desk.")
	ErrGrantUnknown   = Fail(NotFound, "grant_unknown", "This phone has no codes for this computer. Sign in to it once with a network.")
	ErrGrantOver      = Fail(Gone, "grant_over", "Too old. Sign in to this computer once with a network.")
	ErrGrantRevoked   = Fail(Forbidden, "grant_revoked", "Your organisation has ended offline sign-in to this computer.")
	ErrGrantStolen    = Fail(Forbidden, "computer_reported_stolen", "This computer was reported stolen. There are no codes for it. If you have it, tell the service desk.")
)

// Validate checks the computer's own fields.
func (c Computer) Validate() error {
	if err := c.ID.Validate(); err != nil || len(c.ID) > MaxComputerID {
		return Fail(Invalid, "bad_computer_id", "A computer's id has lower-case letters, digits, dots, dashes and underscores, 48 at most.").Because(err)
	}
	if CleanText(c.Name, 32) != c.Name || c.Name == "" {
		return Fail(Invalid, "bad_computer_name", "A computer's name has 1 to 32 visible characters.")
	}
	if !c.Match.Valid() {
		return Fail(Invalid, "bad_match", "The match is number, qr or tap.")
	}
	if !c.Offline.Valid() {
		return Fail(Invalid, "bad_offline", "Offline is allow, only-when-offline or deny.")
	}
	return nil
}

// Usable says whether the computer may be heard. One that is to be replaced goes on with its key until the new link is used.
func (c Computer) Usable() error {
	switch {
	case c.State == ComputerEnrolled, c.State == ComputerInvited && !c.Key.IsZero() && c.EndedAt.IsZero():
		return nil
	case c.State == ComputerStolen:
		return ErrComputerStolen
	}
	return ErrComputerGone
}

// Invite gives the computer a new link, also one that was stolen or removed. What is to hold of it from now on is set by the caller.
func (c Computer) Invite(token Hash, now time.Time) Computer {
	c.State, c.Token, c.TokenExpires = ComputerInvited, token, now.Add(EnrollLifetime)
	return c
}

// End takes the computer out of use: stolen or removed. Its link, if it has one, is of no use any more. Ending it again changes nothing,
// but a removed one may still turn out to be stolen.
func (c Computer) End(state ComputerState, now time.Time) (Computer, error) {
	if state != ComputerStolen && state != ComputerRemoved {
		return c, Fail(Invalid, "bad_computer_state", "A computer is reported stolen, or removed.")
	}
	switch {
	case c.State == ComputerStolen && state == ComputerRemoved:
		return c, Fail(Conflict, "computer_stays_stolen", "This computer was reported stolen and stays so. If it is back, make a new link for it.")
	case c.State == state:
		return c, nil
	}
	c.State, c.EndedAt, c.Token, c.TokenExpires = state, now, Hash{}, time.Time{}
	return c, nil
}

// Enroll uses the token for a key, once; the same key may come again with it while it is good, and gets the same answer.
func (c Computer) Enroll(k key.Public, now time.Time) (Computer, error) {
	switch {
	case k.IsZero():
		return c, Fail(Invalid, "computer_key_missing", "The computer sent no key. Update avow-login and try again.")
	case c.Token.IsZero():
		return c, ErrTokenUnknown
	case !now.Before(c.TokenExpires):
		return c, ErrTokenExpired
	case c.State == ComputerEnrolled && c.Key == k:
		return c, nil
	case c.State != ComputerInvited:
		return c, ErrTokenUsed
	}
	c.State, c.Key, c.EnrolledAt, c.EndedAt = ComputerEnrolled, k, now, time.Time{}
	c.JournalSeq, c.JournalSum = 0, Hash{}
	return c, nil
}

// Grant lets one user sign in to one computer without a network, with the device that approved the last online sign-in. Every
// change raises Seq: phone and computer believe the highest they have seen.
type Grant struct {
	ID         GrantID
	Computer   ClientID
	Device     DeviceID
	User       UserID
	Seq        uint64
	State      GrantState
	MaxUses    int
	CreatedAt  time.Time
	SignedInAt time.Time
	Expires    time.Time
}

// Renew is what an online sign-in does: the grant begins anew. A revoked one stays revoked.
func (g Grant) Renew(now time.Time, lifetime time.Duration, uses int) (Grant, error) {
	switch g.State {
	case GrantActive:
	case GrantStolen:
		return g, ErrGrantStolen
	default:
		return g, ErrGrantRevoked
	}
	g.Seq++
	g.SignedInAt, g.Expires, g.MaxUses = now, now.Add(lifetime), uses
	return g, nil
}

// Over says whether its time is over.
func (g Grant) Over(now time.Time) bool { return !now.Before(g.Expires) }

// End takes the grant away for good; ending it again changes nothing, but a computer may still turn out to be stolen.
func (g Grant) End(state GrantState) Grant {
	if g.State == GrantActive || g.State == GrantRevoked && state == GrantStolen {
		g.State = state
		g.Seq++
	}
	return g
}
