package client

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Devices lists the devices of this one's user (GET /v1/devices), signed by the server.
func (d *Device) Devices(ctx context.Context) (wire.UserDevices, error) {
	var out wire.DevicesAnswer
	if err := d.call(ctx, http.MethodGet, "/v1/devices", nil, &out); err != nil {
		return wire.UserDevices{}, err
	}
	return d.verifyDevices(out)
}

// Command removes, wipes or blocks another device of the user (POST /v1/devices/command): statement is the JWS of wire.SignDeviceCommand. It returns the devices as
// they are then.
func (d *Device) Command(ctx context.Context, statement string) (wire.UserDevices, error) {
	var out wire.DevicesAnswer
	if err := d.call(ctx, http.MethodPost, "/v1/devices/command", wire.DeviceCommandCommand{Statement: statement}, &out); err != nil {
		return wire.UserDevices{}, err
	}
	return d.verifyDevices(out)
}

func (d *Device) verifyDevices(a wire.DevicesAnswer) (wire.UserDevices, error) {
	s := d.Server()
	l, err := wire.VerifyUserDevices(a.Devices, s.Identity, s.Issuer, d.id)
	if err != nil {
		return wire.UserDevices{}, ErrNonsense.Because(err)
	}
	return l, nil
}

// OfferDuplicate offers the account to another phone (POST /v1/duplicate).
func (d *Device) OfferDuplicate(ctx context.Context, c wire.DuplicateOfferCommand) (wire.DuplicateOffered, error) {
	var out wire.DuplicateOffered
	if err := d.call(ctx, http.MethodPost, "/v1/duplicate", c, &out); err != nil {
		return wire.DuplicateOffered{}, err
	}
	if !authn.ValidID("p_", string(out.DuplicateID)) {
		return wire.DuplicateOffered{}, nonsense("offer was answered without an id")
	}
	return out, nil
}

// Duplicate says, to the phone that offers, whether another one has claimed it (GET /v1/duplicate/{duplicate_id}). Check what is in it with
// wire.VerifyDuplicateClaim and wire.DuplicateClaimMAC before any of it is shown.
func (d *Device) Duplicate(ctx context.Context, id authn.DuplicateID) (wire.DuplicateView, error) {
	if !authn.ValidID("p_", string(id)) {
		return wire.DuplicateView{}, authn.ErrDuplicateUnknown
	}
	var out wire.DuplicateView
	err := d.call(ctx, http.MethodGet, "/v1/duplicate/"+string(id), nil, &out)
	return out, err
}

// AnswerDuplicate says Yes or No (POST /v1/duplicate/answer).
func (d *Device) AnswerDuplicate(ctx context.Context, c wire.DuplicateAnswerCommand) (wire.DuplicateAnswered, error) {
	var out wire.DuplicateAnswered
	err := d.call(ctx, http.MethodPost, "/v1/duplicate/answer", c, &out)
	return out, err
}

// ClaimDuplicate asks, as a phone that the server does not know yet, for the account that another one offers (POST /v1/duplicate/claim). The same claim may be sent
// again; if another phone was first, the answer is authn.ErrDuplicateClaimed.
func (d *Device) ClaimDuplicate(ctx context.Context, c wire.DuplicateClaimCommand) (wire.DuplicateClaimed, error) {
	var out wire.DuplicateClaimed
	err := d.introduce(ctx, "/v1/duplicate/claim", c, &out)
	return out, err
}

// DuplicateOutcome asks, as the phone that has claimed, what has become of it (POST /v1/duplicate/state). Check Bound with wire.VerifyBoundTo and the MAC before
// the file is opened.
func (d *Device) DuplicateOutcome(ctx context.Context, c wire.DuplicateStateCommand) (wire.DuplicateOutcome, error) {
	p := d.prover
	p.limit = wire.MaxLargeBody
	var out wire.DuplicateOutcome
	err := p.introduce(ctx, "/v1/duplicate/state", c, &out)
	return out, err
}
