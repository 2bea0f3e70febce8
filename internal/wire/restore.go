package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Restore of an account on a new phone (docs/protocol.md, section 8). The proofs of the requests carry the new device key.

// RestoreStart asks for an account by login, or by id as a restore sheet has it (POST /v1/restore/start). Exactly one is set.
type RestoreStart struct {
	Login   string       `json:"login,omitempty"`
	Account authn.UserID `json:"account,omitempty"`
}

// RestoreStarted answers it, in the same shape for an account that nobody has.
type RestoreStarted struct {
	RestoreID  authn.RestoreID    `json:"restore_id"`
	Account    authn.UserID       `json:"account"`
	Challenge  string             `json:"challenge"`
	Vouch      authn.Hash         `json:"vouch"` // made with the restore code: compare it before anything is proved
	ServerTime int64              `json:"server_time"`
	Policy     RegistrationPolicy `json:"policy"`
}

// Restoration binds the three keys of a new phone to an account that is restored. It is signed by the new approval key.
type Restoration struct {
	Audience    string                 `json:"aud"` // the server's issuer
	RestoreID   authn.RestoreID        `json:"restore_id"`
	Account     authn.UserID           `json:"account"`
	Challenge   string                 `json:"challenge"`
	DeviceJWK   key.Public             `json:"device_jwk"`
	ApprovalJWK key.Public             `json:"approval_jwk"`
	ExchangeJWK key.Public             `json:"exchange_jwk"`
	Device      authn.DeviceInfo       `json:"device"`
	Class       key.Class              `json:"key"` // a claim, which decides nothing
	UV          authn.UserVerification `json:"uv"`
	Verifies    authn.UVPolicy         `json:"uv_policy,omitempty"` // what the approval key demands; "" is each_approval
}

// SignRestoration signs with the new approval key.
func SignRestoration(s crypto.Signer, r Restoration) (string, error) {
	return sign(s, TypeRestore, "", nil, r)
}

// VerifyRestoration checks the signature by the approval key that the statement itself names, and that the user was verified unless the key's policy is
// never to do so. The caller compares audience, id, account, challenge and device key.
func VerifyRestoration(raw string) (Restoration, error) {
	t, err := open(raw, TypeRestore)
	if err != nil {
		return Restoration{}, err
	}
	var peeked Restoration
	if err := t.peek(&peeked); err != nil {
		return Restoration{}, fmt.Errorf("%s: %w", TypeRestore, err)
	}
	var r Restoration
	if err := t.verify(peeked.ApprovalJWK, true, &r); err != nil {
		return Restoration{}, err
	}
	n := newKeys{
		device: r.DeviceJWK, approval: r.ApprovalJWK, exchange: r.ExchangeJWK, class: r.Class, uv: r.UV, verifies: r.Verifies,
	}
	if r.Verifies, err = n.check(TypeRestore, peeked.ApprovalJWK); err != nil {
		return Restoration{}, err
	}
	if !authn.ValidID("x_", string(r.RestoreID)) || !authn.ValidID("u_", string(r.Account)) {
		return Restoration{}, fmt.Errorf("%s: restore or account id is missing", TypeRestore)
	}
	return r, nil
}

// CodeProof says that who holds the restore code wants this restoration; it is signed by the key that follows from the code.
type CodeProof struct {
	Audience      string       `json:"aud"`
	Account       authn.UserID `json:"account"`
	StatementHash string       `json:"statement_hash"` // base64url SHA-256 of the restoration's JWS
}

// SignCodeProof signs with the proof key of a restore code.
func SignCodeProof(s crypto.Signer, p CodeProof) (string, error) {
	return sign(s, TypeCodeProof, "", nil, p)
}

// VerifyCodeProof checks that a restore code with this public half was used for exactly this restoration.
func VerifyCodeProof(raw string, proof key.Public, issuer string, account authn.UserID, statement string) error {
	t, err := open(raw, TypeCodeProof)
	if err != nil {
		return err
	}
	var p CodeProof
	if err := t.verify(proof, true, &p); err != nil {
		return err
	}
	if p.Audience != issuer || p.Account != account || p.StatementHash != HashText(statement) {
		return fmt.Errorf("%s: is for another restore", TypeCodeProof)
	}
	return nil
}

// RestoreProve carries both (POST /v1/restore/prove).
type RestoreProve struct {
	Statement string `json:"statement"`  // JWS
	CodeProof string `json:"code_proof"` // JWS
}

// RestoreProved answers it.
type RestoreProved struct {
	State      authn.RestoreState    `json:"state"`
	Delivery   authn.RestoreDelivery `json:"delivery"` // of the one-time code
	MailMasked string                `json:"mail_masked,omitempty"`
	ExpiresAt  int64                 `json:"expires_at"` // of the one-time code, or, while the service desk has none given out, of the restore; unix seconds
	ServerTime int64                 `json:"server_time"`
}

// RestoreCode carries the one-time code (POST /v1/restore/code).
type RestoreCode struct {
	RestoreID authn.RestoreID `json:"restore_id"`
	Code      ProofText       `json:"code"` // eight digits
}

// RestoreName names a restore (POST /v1/restore/resend, state, finish, block).
type RestoreName struct {
	RestoreID authn.RestoreID `json:"restore_id"`
}

// RestoreStatus says how a restore stands.
type RestoreStatus struct {
	State      authn.RestoreState `json:"state"`
	Kind       authn.RestoreKind  `json:"kind"`
	HeldUntil  int64              `json:"held_until,omitempty"`
	ExpiresAt  int64              `json:"expires_at,omitempty"` // of the one-time code while it is awaited, else of the restore
	Needed     int                `json:"needed,omitempty"`     // of colleagues
	Approved   int                `json:"approved,omitempty"`
	Number     string             `json:"number,omitempty"` // six digits, to be read out to colleagues who are asked
	Reason     string             `json:"reason,omitempty"` // code of the error that ended it
	ServerTime int64              `json:"server_time"`
}

// OldDevice is a device that the user had before a restore.
type OldDevice struct {
	ID         authn.DeviceID `json:"id"`
	Name       string         `json:"name"`
	LastSeenAt int64          `json:"last_seen,omitempty"`
}

// RestoreFinished hands the account over to the new phone.
type RestoreFinished struct {
	Bound           string                `json:"bound"` // JWS
	Escrow          *EscrowCopy           `json:"escrow"`
	OldDevices      []OldDevice           `json:"old_devices"`
	OldDevicePolicy authn.OldDevicePolicy `json:"old_device_policy"`
}

// VerifyBoundTo is VerifyBound for a statement that makes no check words: a Restoration, or the claim of a duplicate.
func VerifyBoundTo(raw string, identity key.Public, statement string) (Bound, error) {
	b, err := verifyBound(raw, identity, statement)
	if err == nil && b.CheckWords != [2]string{} {
		err = fmt.Errorf("%s: has check words for a statement without", TypeBound)
	}
	return b, err
}
