package authn

import (
	"time"

	"avow/internal/key"
)

// DuplicateState is stored and sent: append, never rename.
type DuplicateState string

// The states: open -> claimed -> approved or refused; expired is what an open or claimed one becomes by time, and is not stored.
const (
	DuplicateOpen     DuplicateState = "open"
	DuplicateClaimed  DuplicateState = "claimed"  // one phone holds it, and the old one asks its user
	DuplicateApproved DuplicateState = "approved" // for ever
	DuplicateRefused  DuplicateState = "refused"  // for ever
	DuplicateExpired  DuplicateState = "expired"
)

// Lifetimes of a duplicate.
const (
	DuplicateLifetime   = 2 * time.Minute // of the code on the old phone's screen
	DuplicateAnswerTime = 5 * time.Minute // to compare words and say Yes, once a phone has claimed it
	DuplicateKept       = 24 * time.Hour  // for a new phone that lost the answer
)

// Duplicate is an account on its way from one phone to another. The secret that ties the two together was never here: what the server keeps says who may ask, and
// no word of what is handed over.
type Duplicate struct {
	ID        DuplicateID
	Secret    Hash // of the 128 bits in the QR that the new phone shows to the server
	User      UserID
	From      DeviceID
	State     DuplicateState
	CreatedAt time.Time
	Expires   time.Time

	// Set by the claim.
	ClaimKey  key.Public // the new phone's device key
	ClaimIP   string
	Statement string // the new phone's keys, JWS by its approval key
	MAC       Hash   // over it, by the optical secret: for the old phone to check
	Raced     bool   // another phone has tried the same code; the user was told

	// Set by the answer.
	EndedAt     time.Time
	Device      DeviceID
	Bound       string // JWS: the new phone that lost it gets the same again
	Handover    []byte // age file to the new exchange key
	HandoverMAC Hash   // over it, by the optical secret: for the new phone to check
}

// Errors of duplicates.
var (
	ErrDuplicateUnknown = Fail(NotFound, "duplicate_unknown", "This code is not known here. Make a new one on the other phone.")
	ErrDuplicateExpired = Fail(Gone, "duplicate_expired", "This code is too old. Make a new one on the other phone.")
	ErrDuplicateClaimed = Fail(Conflict, "duplicate_claimed", "Another phone has used this code. Say No on the phone that shows it, and make a new one.")
	ErrDuplicateRefused = Fail(Gone, "duplicate_refused", "The other phone said No. Make a new code there.")
	ErrDuplicateUsed    = Fail(Gone, "duplicate_used", "This code was used already. Make a new one on the other phone.")
	ErrDuplicateWaits   = Fail(Conflict, "duplicate_open", "No phone has scanned the code yet.")
)

// NewDuplicate offers an account to whoever knows a secret, of which this is the hash.
func NewDuplicate(user UserID, from DeviceID, secret Hash, now time.Time) Duplicate {
	return Duplicate{
		ID: NewDuplicateID(), Secret: secret, User: user, From: from, State: DuplicateOpen, CreatedAt: now, Expires: now.Add(DuplicateLifetime),
	}
}

// StateAt is the state with time taken into account.
func (d Duplicate) StateAt(now time.Time) DuplicateState {
	if (d.State == DuplicateOpen || d.State == DuplicateClaimed) && !now.Before(d.Expires) {
		return DuplicateExpired
	}
	return d.State
}

// Claim gives the duplicate to the first phone that asks (R-099, D12). The same phone with the same statement may ask again. Errors: ErrDuplicateClaimed, and those
// of the ends.
func (d Duplicate) Claim(pub key.Public, statement string, mac Hash, ip string, now time.Time) (Duplicate, error) {
	if d.State != DuplicateOpen && d.ClaimKey != pub && !d.ClaimKey.IsZero() {
		return d, ErrDuplicateClaimed
	}
	switch d.StateAt(now) {
	case DuplicateOpen:
		d.State, d.Expires = DuplicateClaimed, now.Add(DuplicateAnswerTime)
		d.ClaimKey, d.ClaimIP, d.Statement, d.MAC = pub, ip, statement, mac
		return d, nil
	case DuplicateClaimed, DuplicateApproved:
		if d.Statement != statement || d.MAC != mac {
			return d, ErrDuplicateUsed
		}
		return d, nil
	case DuplicateRefused:
		return d, ErrDuplicateRefused
	}
	return d, ErrDuplicateExpired
}

// Approve ends the duplicate with a new device. Only a claimed one can be approved, and only once.
func (d Duplicate) Approve(device DeviceID, bound string, handover []byte, mac Hash, now time.Time) (Duplicate, error) {
	switch d.StateAt(now) {
	case DuplicateClaimed:
		d.State, d.EndedAt, d.Device, d.Bound, d.Handover, d.HandoverMAC = DuplicateApproved, now, device, bound, handover, mac
		return d, nil
	case DuplicateOpen:
		return d, ErrDuplicateWaits
	case DuplicateRefused:
		return d, ErrDuplicateRefused
	case DuplicateApproved:
		return d, ErrDuplicateUsed
	}
	return d, ErrDuplicateExpired
}

// Refuse ends the duplicate without a device. Refusing twice is the same as once; one that was approved stays so.
func (d Duplicate) Refuse(now time.Time) (Duplicate, error) {
	switch d.StateAt(now) {
	case DuplicateApproved:
		return d, ErrDuplicateUsed
	case DuplicateRefused:
		return d, nil
	}
	d.State, d.EndedAt = DuplicateRefused, now
	return d, nil
}
