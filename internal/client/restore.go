package client

import (
	"context"
	"net/http"
	"strconv"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// StartRestore asks for an account (POST /v1/restore/start). The answer has the same shape for an account that nobody has: compare its vouch.
func (d *Device) StartRestore(ctx context.Context, s wire.RestoreStart) (wire.RestoreStarted, error) {
	var out wire.RestoreStarted
	if err := d.introduce(ctx, "/v1/restore/start", s, &out); err != nil {
		return wire.RestoreStarted{}, err
	}
	if !authn.ValidID("x_", string(out.RestoreID)) || !authn.ValidID("u_", string(out.Account)) || out.Challenge == "" {
		return wire.RestoreStarted{}, nonsense("restore was begun without id, account or challenge")
	}
	return out, nil
}

// ProveRestore proves the restore code for the new phone's keys (POST /v1/restore/prove). The same statement again gets the same answer.
// authn.ErrRestoreRefused says no more than its text.
func (d *Device) ProveRestore(ctx context.Context, p wire.RestoreProve) (wire.RestoreProved, error) {
	var out wire.RestoreProved
	err := d.introduce(ctx, "/v1/restore/prove", p, &out)
	return out, err
}

// ConfirmRestore sends the one-time code (POST /v1/restore/code). Errors: authn.ErrOTPWrong with the tries that are left, authn.ErrOTPExpired and those of
// RestoreStatus.
func (d *Device) ConfirmRestore(ctx context.Context, id authn.RestoreID, digits key.Secret) (wire.RestoreStatus, error) {
	return d.restoreStep(ctx, "/v1/restore/code", wire.RestoreCode{RestoreID: id, Code: wire.ProofText{Secret: digits}})
}

// ResendRestore has a new one-time code made, which ends the one before (POST /v1/restore/resend). authn.ErrOTPResends when there are no more.
func (d *Device) ResendRestore(ctx context.Context, id authn.RestoreID) (wire.RestoreStatus, error) {
	return d.restoreStep(ctx, "/v1/restore/resend", wire.RestoreName{RestoreID: id})
}

// RestoreStatus says how a restore stands (POST /v1/restore/state). authn.ErrRestoreUnknown for one that is not of this key.
func (d *Device) RestoreStatus(ctx context.Context, id authn.RestoreID) (wire.RestoreStatus, error) {
	return d.restoreStep(ctx, "/v1/restore/state", wire.RestoreName{RestoreID: id})
}

func (d *Device) restoreStep(ctx context.Context, path string, in any) (wire.RestoreStatus, error) {
	var out wire.RestoreStatus
	err := d.introduce(ctx, path, in, &out)
	return out, err
}

// FinishRestore takes the account over once the hold is past (POST /v1/restore/finish): statement is the JWS that was proved. What comes back was signed by
// the server's identity key for exactly that statement. It can be repeated until the account's own client has been used.
func (d *Device) FinishRestore(ctx context.Context, id authn.RestoreID, statement string) (wire.RestoreFinished, wire.Bound, error) {
	p := d.prover
	p.limit = wire.MaxEscrowAnswer
	var out wire.RestoreFinished
	if err := p.introduce(ctx, "/v1/restore/finish", wire.RestoreName{RestoreID: id}, &out); err != nil {
		return wire.RestoreFinished{}, wire.Bound{}, err
	}
	s := d.Server()
	b, err := wire.VerifyBoundTo(out.Bound, s.Identity, statement)
	if err != nil {
		return wire.RestoreFinished{}, wire.Bound{}, ErrNonsense.Because(err)
	}
	if b.Issuer != s.Issuer {
		return wire.RestoreFinished{}, wire.Bound{}, nonsense("device was bound by %.200q", b.Issuer)
	}
	for i := range out.OldDevices {
		out.OldDevices[i].Name = authn.CleanText(out.OldDevices[i].Name, 64)
	}
	return out, b, nil
}

// BlockRestore ends a restore of this device's account, and refuses every other, until somebody allows it again or a new code is made (POST
// /v1/restore/block).
func (d *Device) BlockRestore(ctx context.Context, id authn.RestoreID) error {
	return d.call(ctx, http.MethodPost, "/v1/restore/block", wire.RestoreName{RestoreID: id}, nil)
}

// Escrow fetches what is kept for a restore (GET /v1/escrow). authn.ErrNoEscrow where restore is off; the error carries nothing else.
func (d *Device) Escrow(ctx context.Context) (wire.EscrowAnswer, error) {
	p := d.prover
	p.limit = wire.MaxEscrowAnswer
	var out wire.EscrowAnswer
	err := p.call(ctx, http.MethodGet, "/v1/escrow", nil, &out)
	return out, err
}

// PutEscrow stores a file, under a new code or the same, in place of the generation that is named, 0 for none (PUT /v1/escrow). authn.ErrEscrowChanged when
// that is no longer the one.
func (d *Device) PutEscrow(ctx context.Context, p wire.EscrowPut, replaces uint64) (wire.EscrowStored, error) {
	out := wire.EscrowStored{}
	c := d.prover
	c.header = http.Header{"If-Match": {`"` + strconv.FormatUint(replaces, 10) + `"`}}
	err := c.call(ctx, http.MethodPut, "/v1/escrow", p, &out)
	return out, err
}

// ProvenEscrow says that the restore code opens a generation (POST /v1/escrow/proven).
func (d *Device) ProvenEscrow(ctx context.Context, generation uint64) error {
	return d.call(ctx, http.MethodPost, "/v1/escrow/proven", wire.EscrowProven{Generation: generation}, nil)
}

// DeleteEscrow switches restore off (POST /v1/escrow/delete): statement is the JWS of wire.SignEscrowOff.
func (d *Device) DeleteEscrow(ctx context.Context, statement string) error {
	return d.call(ctx, http.MethodPost, "/v1/escrow/delete", wire.EscrowDelete{Statement: statement}, nil)
}
