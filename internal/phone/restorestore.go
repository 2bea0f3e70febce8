package phone

import (
	"encoding/base64"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/wire"
)

// storedRestore is what is known of an account's restore, in index and vault alike: nothing of it is secret. Append fields, never rename.
type storedRestore struct {
	Policy           authn.RestorePolicy `json:"policy,omitempty"`
	Server           wire.RestoreSwitch  `json:"server,omitempty"` // as the server said last
	ServerProof      key.Public          `json:"server_proof,omitzero"`
	ServerGeneration uint64              `json:"server_generation,omitempty"`
	CodeAt           time.Time           `json:"code_at,omitzero"`
	ProvenAt         time.Time           `json:"proven_at,omitzero"`
	Renew            bool                `json:"renew,omitempty"` // a device that knew the code is gone

	Proof   key.Public `json:"proof,omitzero"`    // of the code that this phone knows
	Known   uint64     `json:"known,omitempty"`   // the newest generation that this phone has verified, or made
	Saved   authn.Hash `json:"saved,omitzero"`    // of the content that the server has
	SavedAt time.Time  `json:"saved_at,omitzero"` // when that was stored, or found
	Waits   bool       `json:"waits,omitempty"`   // there is more than the server has
	Codes   bool       `json:"codes,omitempty"`   // codes of other services are kept with this account
	Used    bool       `json:"used,omitempty"`    // the code has brought the account here: it is to be replaced
	Unnoted bool       `json:"unnoted,omitempty"` // this phone has drawn the code, and the person has not noted it
	Yes     int        `json:"yes,omitempty"`     // since she was asked last
	Skipped bool       `json:"skipped,omitempty"` // she has said "not now"
}

// sealedRestore is what only the vault has of an account's restore.
type sealedRestore struct {
	Code        keptCode        `json:"code,omitzero"`
	Next        keptCode        `json:"next,omitzero"` // one that the server may have: its answer is not known yet
	NextUnnoted bool            `json:"next_unnoted,omitempty"`
	Members     []escrow.Member `json:"members,omitempty"` // who may read the escrow: this phone has verified their keys
	Computers   []keptComputer  `json:"computers,omitempty"`
	Body        authn.Hash      `json:"body,omitzero"` // of the account's entry as it was at At
	At          int64           `json:"at,omitempty"`
}

// keptCode is a restore code in the vault. Unlike key.RestoreCode it does encode; in prints it is redacted.
type keptCode struct{ key.RestoreCode }

// MarshalText writes base64url.
func (k keptCode) MarshalText() ([]byte, error) {
	if k.IsZero() {
		return nil, errors.New("restore code that is none")
	}
	return []byte(base64.RawURLEncoding.EncodeToString(k.Bytes())), nil
}

// UnmarshalText reads what MarshalText wrote.
func (k *keptCode) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil {
		return errors.New("restore code is not base64url")
	}
	k.RestoreCode, err = key.RestoreCodeOf(raw)
	return err
}

// proofOf is the public half by which a server knows a code of a user.
func proofOf(code key.RestoreCode, user authn.UserID) key.Public {
	if code.IsZero() {
		return key.Public{}
	}
	proof, _ := code.Keys(string(user))
	return proof.Key()
}

// ours reports whether the code that the server knows is the one that this phone knows.
func (r storedRestore) ours() bool { return !r.Proof.IsZero() && r.Proof == r.ServerProof }

// offerAfter is at which Yes the person is asked to set restore up.
const offerAfter = 4

func (s storedAccount) restoreView() RestoreView {
	r := s.Restore
	v := RestoreView{
		Policy: r.Policy, State: RestoreOn, CodeAt: r.CodeAt, ProvenAt: r.ProvenAt, Unnoted: r.Unnoted && r.ours(), SavedAt: r.SavedAt, Pending: r.Waits && r.ours(),
	}
	switch {
	case r.Server == wire.RestoreBlocked:
		v.State = RestoreIsBlocked
	case r.Server != wire.RestoreOn:
		v.State = RestoreOff
	case !r.ours():
		v.State = RestoreElsewhere
	case r.Unnoted || r.Used || r.Renew:
		v.State = RestoreRenew
	}
	may := r.Policy.Valid() && r.Policy != authn.RestoreForbidden && s.Status.Status == Connected
	v.Offer = may && v.State == RestoreOff && (r.Yes >= offerAfter || r.Policy == authn.RestoreAutomatic && !r.Skipped)
	return v
}

// hear takes what the server says of restore; mu must be held. It reports whether anything is new.
func (a *account) hear(d *wire.DeviceRestore, under []wire.RestoreEntry) (changed bool) {
	before := a.stored.Restore
	r := &a.stored.Restore
	if d == nil { // a server from before restore
		d = &wire.DeviceRestore{}
	}
	r.Policy, r.Server, r.ServerProof, r.ServerGeneration, r.Renew = d.Policy, d.State, d.ProofJWK, d.Generation, d.Renew
	r.CodeAt, r.ProvenAt = unix(d.CodeAt), unix(d.ProvenAt)
	a.settleNext()
	changed = before != *r || len(under) != len(a.restores)
	for i := 0; !changed && i < len(under); i++ {
		changed = under[i] != a.restores[i]
	}
	a.restores = under
	return changed
}

// settleNext makes the next code the one that counts once the server is known to have it; mu must be held. While locked nothing is known of a next one.
func (a *account) settleNext() {
	s := &a.stored.Sealed
	if s.Next.IsZero() || a.stored.Restore.ServerProof != proofOf(s.Next.RestoreCode, a.stored.User) {
		return
	}
	a.promote(s.Next.RestoreCode, s.NextUnnoted)
}

// promote makes a code the one that this phone knows; mu must be held.
func (a *account) promote(code key.RestoreCode, unnoted bool) {
	s, r := &a.stored.Sealed, &a.stored.Restore
	s.Code, s.Next, s.NextUnnoted = keptCode{code.Clone()}, keptCode{}, false
	r.Proof, r.Unnoted, r.Used, r.Renew, r.Yes = proofOf(code, a.stored.User), unnoted, false, false, 0
}

// forget takes what only the vault has out of memory.
func (s *sealedRestore) forget() {
	s.Code.Wipe()
	s.Next.Wipe()
	*s = sealedRestore{}
}
