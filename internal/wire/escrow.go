package wire

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Limits of an escrow's messages; nothing else may be that large.
const (
	MaxEscrowBody   = 4 << 20
	MaxEscrowAnswer = MaxEscrowBody
)

// EscrowCopy is the file as the server keeps it.
type EscrowCopy struct {
	Generation uint64     `json:"generation"`
	File       Blob       `json:"file"`
	Tag        authn.Hash `json:"tag"`
}

// EscrowAnswer answers GET /v1/escrow.
type EscrowAnswer struct {
	EscrowCopy
	ProofJWK    key.Public     `json:"proof_jwk"`
	ExchangeJWK key.Public     `json:"exchange_jwk"`
	By          authn.DeviceID `json:"by"`
	CodeAt      int64          `json:"code_at"`
	UpdatedAt   int64          `json:"updated_at"`
	ProvenAt    int64          `json:"proven_at,omitempty"`
	ProvenBy    authn.DeviceID `json:"proven_by,omitempty"`
}

// EscrowCode is a new restore code's public side, with the first file under it. It is signed by the device's approval key, so that nobody changes the code
// who cannot approve.
type EscrowCode struct {
	Audience    string                 `json:"aud"` // the server's issuer
	Device      authn.DeviceID         `json:"iss"`
	ID          string                 `json:"jti"`
	IssuedAt    int64                  `json:"iat"`
	ProofJWK    key.Public             `json:"proof_jwk"`
	ExchangeJWK key.Public             `json:"exchange_jwk"`
	Vouch       authn.Hash             `json:"vouch"`
	Generation  uint64                 `json:"generation"`
	FileHash    string                 `json:"file_hash"` // base64url SHA-256
	Tag         authn.Hash             `json:"tag"`
	UV          authn.UserVerification `json:"uv"`
}

// EscrowOff ends restore for an account; it is signed by the device's approval key.
type EscrowOff struct {
	Audience   string                 `json:"aud"`
	Device     authn.DeviceID         `json:"iss"`
	ID         string                 `json:"jti"`
	IssuedAt   int64                  `json:"iat"`
	Generation uint64                 `json:"generation"` // that it ends
	UV         authn.UserVerification `json:"uv"`
}

// EscrowPut stores a file (PUT /v1/escrow, with If-Match: the generation that it replaces). With Statement it is the first under a new code; else
// Generation and Tag are set, and the code stays.
type EscrowPut struct {
	Statement  string      `json:"statement,omitempty"` // JWS of EscrowCode
	Generation uint64      `json:"generation,omitempty"`
	Tag        *authn.Hash `json:"tag,omitempty"`
	File       Blob        `json:"file"`
}

// EscrowStored answers it.
type EscrowStored struct {
	Generation uint64 `json:"generation"`
	UpdatedAt  int64  `json:"updated_at"`
}

// EscrowProven says that the code opens the file of a generation (POST /v1/escrow/proven).
type EscrowProven struct {
	Generation uint64 `json:"generation"`
}

// EscrowDelete carries an EscrowOff (POST /v1/escrow/delete).
type EscrowDelete struct {
	Statement string `json:"statement"` // JWS
}

// HashFile is the file_hash of an EscrowCode.
func HashFile(file []byte) string {
	h := sha256.Sum256(file)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// SignEscrowCode signs with the approval key.
func SignEscrowCode(s crypto.Signer, c EscrowCode) (string, error) {
	return sign(s, TypeEscrow, "", nil, c)
}

// VerifyEscrowCode checks that the device's approval key has signed for this server and file.
func VerifyEscrowCode(raw string, approval key.Public, issuer string, device authn.DeviceID, file []byte) (EscrowCode, error) {
	t, err := open(raw, TypeEscrow)
	if err != nil {
		return EscrowCode{}, err
	}
	var c EscrowCode
	if err := t.verify(approval, true, &c); err != nil {
		return EscrowCode{}, err
	}
	switch {
	case c.Audience != issuer || c.Device != device:
		return EscrowCode{}, fmt.Errorf("%s: is for someone else", TypeEscrow)
	case c.FileHash != HashFile(file):
		return EscrowCode{}, fmt.Errorf("%s: is for another file", TypeEscrow)
	case !c.UV.Happened():
		return EscrowCode{}, fmt.Errorf("%s: the user was not verified", TypeEscrow)
	case !jtiForm.MatchString(c.ID):
		return EscrowCode{}, fmt.Errorf("%s: jti %.64q", TypeEscrow, c.ID)
	}
	return c, nil
}

// SignEscrowOff signs with the approval key.
func SignEscrowOff(s crypto.Signer, o EscrowOff) (string, error) {
	return sign(s, TypeEscrowOff, "", nil, o)
}

// VerifyEscrowOff checks that the device's approval key has signed for this server.
func VerifyEscrowOff(raw string, approval key.Public, issuer string, device authn.DeviceID) (EscrowOff, error) {
	t, err := open(raw, TypeEscrowOff)
	if err != nil {
		return EscrowOff{}, err
	}
	var o EscrowOff
	if err := t.verify(approval, true, &o); err != nil {
		return EscrowOff{}, err
	}
	switch {
	case o.Audience != issuer || o.Device != device:
		return EscrowOff{}, fmt.Errorf("%s: is for someone else", TypeEscrowOff)
	case !o.UV.Happened():
		return EscrowOff{}, fmt.Errorf("%s: the user was not verified", TypeEscrowOff)
	case !jtiForm.MatchString(o.ID):
		return EscrowOff{}, fmt.Errorf("%s: jti %.64q", TypeEscrowOff, o.ID)
	}
	return o, nil
}

// DeviceRestore is how restore stands for a device's account, within a Status.
type DeviceRestore struct {
	Policy     authn.RestorePolicy `json:"policy"`
	State      RestoreSwitch       `json:"state"`
	CodeAt     int64               `json:"code_at,omitempty"`
	ProvenAt   int64               `json:"proven_at,omitempty"`
	ProofJWK   key.Public          `json:"proof_jwk,omitzero"`
	Generation uint64              `json:"generation,omitempty"`
	Renew      bool                `json:"renew,omitempty"` // a device that knew the code was removed since it was made
}

// RestoreSwitch is sent: append, never rename.
type RestoreSwitch string

// The states.
const (
	RestoreOff     RestoreSwitch = "off"
	RestoreOn      RestoreSwitch = "on"
	RestoreBlocked RestoreSwitch = "blocked"
)

// RestoreEntry is a restore of the device's account that is under way, within a Status.
type RestoreEntry struct {
	ID        authn.RestoreID    `json:"id"`
	Kind      authn.RestoreKind  `json:"kind"`
	State     authn.RestoreState `json:"state"`
	Device    string             `json:"device"`
	IP        string             `json:"ip"`
	At        int64              `json:"at"`
	HeldUntil int64              `json:"held_until,omitempty"`
}
