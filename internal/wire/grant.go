package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Grant says that a user may sign in to a computer with codes of one device while there is no network. Phone and computer hold the same
// bytes; each believes the highest seq that it has seen, so that a revoked grant does not come back.
type Grant struct {
	Issuer      string           `json:"iss"`
	Device      authn.DeviceID   `json:"aud"`
	IssuedAt    int64            `json:"iat"` // unix seconds, server clock
	Expires     int64            `json:"exp"`
	ID          authn.GrantID    `json:"grant_id"`
	Seq         uint64           `json:"seq"`
	State       authn.GrantState `json:"state"`
	Computer    ComputerName     `json:"computer"`
	ComputerJWK key.Public       `json:"computer_jwk"` // signs the computer's batches
	User        authn.UserID     `json:"sub"`
	Login       string           `json:"login"`
	ExchangeJWK key.Public       `json:"exchange_jwk"` // of the device
	MaxUses     int              `json:"max_uses"`
	SignedInAt  int64            `json:"signed_in_at"` // last online sign-in
}

// ComputerName is a computer as people see it.
type ComputerName struct {
	ID   authn.ClientID `json:"id"`
	Name string         `json:"name"`
}

// SignGrant signs with the identity key.
func SignGrant(s crypto.Signer, g Grant) (string, error) { return sign(s, TypeGrant, "", nil, g) }

// VerifyGrant checks that the grant comes from the pinned server and is complete, and cleans its texts. For whom it is, and whether
// its time is over, the caller compares.
func VerifyGrant(raw string, identity key.Public, issuer string) (Grant, error) {
	t, err := open(raw, TypeGrant)
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	if err := t.verify(identity, false, &g); err != nil {
		return Grant{}, err
	}
	switch {
	case g.Issuer != issuer:
		return Grant{}, fmt.Errorf("%s: is of another server", TypeGrant)
	case !authn.ValidID("d_", string(g.Device)), !authn.ValidID("u_", string(g.User)), g.Computer.ID.Validate() != nil:
		return Grant{}, fmt.Errorf("%s: device, user or computer is missing", TypeGrant)
	case !g.State.Valid():
		return Grant{}, fmt.Errorf("%s: state %.20q is not one that this program knows", TypeGrant, g.State)
	case g.ID == authn.GrantID{}, g.Seq == 0, g.Seq > maxSeq:
		return Grant{}, fmt.Errorf("%s: grant id or seq is missing", TypeGrant)
	case g.ComputerJWK.IsZero(), g.ExchangeJWK.IsZero():
		return Grant{}, fmt.Errorf("%s: a key is missing", TypeGrant)
	case g.IssuedAt <= 0, g.SignedInAt <= 0, g.Expires < g.SignedInAt, g.Expires-g.SignedInAt > maxGrant, g.MaxUses < 0, g.MaxUses > authn.MaxGrantUses:
		return Grant{}, fmt.Errorf("%s: lifetime or uses are out of bounds", TypeGrant)
	}
	if g.Computer.Name = authn.CleanText(g.Computer.Name, 64); g.Computer.Name == "" {
		g.Computer.Name = string(g.Computer.ID)
	}
	g.Login = authn.CleanText(g.Login, 128)
	return g, nil
}

const (
	maxSeq   = 1 << 53             // what every JSON reader keeps exact
	maxGrant = 366 * 24 * 3600     // seconds
	maxCount = 2 * authn.ListCount // codes in a batch
)

// Batch says to the holder of an exchange key from which key of the computer its next list of codes comes. Nothing in it is secret.
type Batch struct {
	Computer authn.ClientID `json:"iss"`
	Holder   string         `json:"aud"` // the device id; the server's issuer for the service desk's list
	IssuedAt int64          `json:"iat"` // by the computer's clock; not trusted
	Grant    authn.GrantID  `json:"grant_id"`
	ID       authn.BatchID  `json:"batch_id"`
	JWK      key.Public     `json:"batch_jwk"` // C; its private half was erased when this was signed
	Count    int            `json:"count"`
}

// SignBatch signs with the computer's key.
func SignBatch(s crypto.Signer, b Batch) (string, error) { return sign(s, TypeBatch, "", nil, b) }

// VerifyBatch checks a batch against the computer's key and for whom it must be.
func VerifyBatch(raw string, computerKey key.Public, computer authn.ClientID, holder string) (Batch, error) {
	t, err := open(raw, TypeBatch)
	if err != nil {
		return Batch{}, err
	}
	var b Batch
	if err := t.verify(computerKey, true, &b); err != nil {
		return Batch{}, err
	}
	switch {
	case b.Computer != computer, b.Holder != holder:
		return Batch{}, fmt.Errorf("%s: is of another computer, or for someone else", TypeBatch)
	case b.Grant == authn.GrantID{}, b.ID == authn.BatchID{}, b.JWK.IsZero():
		return Batch{}, fmt.Errorf("%s: grant, batch or key is missing", TypeBatch)
	case b.Count < 1, b.Count > maxCount:
		return Batch{}, fmt.Errorf("%s: %d codes", TypeBatch, b.Count)
	}
	return b, nil
}

// PeekBatch reads of a batch for which grant and for whom it says it is, without a check, to find out what to check it against. The result must not be
// acted on.
func PeekBatch(raw string) (grant authn.GrantID, holder string, err error) {
	t, err := open(raw, TypeBatch)
	if err != nil {
		return grant, "", err
	}
	var b Batch
	err = t.peek(&b)
	return b.Grant, b.Holder, err
}
