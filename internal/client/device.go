package client

import (
	"context"
	"crypto"
	"net/http"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// Device is a phone's way to its server. It is safe for concurrent use.
type Device struct {
	prover
	id authn.DeviceID
}

// NewDevice makes the client of one account. signer is the device key, the one without user verification. Before the device is
// registered its id is empty, and only Claim and Finish work.
func NewDevice(s Server, id authn.DeviceID, signer crypto.Signer, o Options) *Device {
	return &Device{prover{conn: newConn(s, o), signer: signer, kid: string(id), limit: wire.MaxBody}, id}
}

// Claim takes a registration session for this device key (POST /v1/registration/claim). The same key may claim again after a
// broken connection; a session of another phone gives authn.ErrSessionClaimed.
func (d *Device) Claim(ctx context.Context, c wire.Claim) (wire.Claimed, error) {
	var out wire.Claimed
	if err := d.introduce(ctx, "/v1/registration/claim", c, &out); err != nil {
		return wire.Claimed{}, err
	}
	if !authn.ValidID("s_", string(out.RegistrationID)) || out.Challenge == "" {
		return wire.Claimed{}, nonsense("claim was answered without id or challenge")
	}
	if !out.SecondProof.Valid() { // an older app does not know what a newer server asks for
		return wire.Claimed{}, nonsense("claim was answered with second proof %.32q", out.SecondProof)
	}
	return out, nil
}

// Finish registers the device (POST /v1/registration/finish): registration is the JWS of wire.SignRegistration. What comes back was
// signed by the server's identity key for exactly this registration; make the account's own client with its Device id.
func (d *Device) Finish(ctx context.Context, registration string) (wire.Bound, error) {
	return d.FinishProved(ctx, registration, nil)
}

// FinishProved is Finish with the second proof that the claim's answer asked for. Errors of it: authn.ErrProofMissing, authn.ErrProofWrong,
// authn.ErrProofTries, and those of the organisation's directory, of kind authn.Forbidden.
func (d *Device) FinishProved(ctx context.Context, registration string, proof key.Secret) (wire.Bound, error) {
	var out wire.Finished
	if err := d.introduce(ctx, "/v1/registration/finish", wire.Finish{Registration: registration, SecondProof: wire.ProofText{Secret: proof}}, &out); err != nil {
		return wire.Bound{}, err
	}
	s := d.Server()
	b, err := wire.VerifyBound(out.Bound, s.Identity, registration)
	if err != nil {
		return wire.Bound{}, ErrNonsense.Because(err)
	}
	if b.Issuer != s.Issuer {
		return wire.Bound{}, nonsense("device was bound by %.200q", b.Issuer)
	}
	return b, nil
}

// Status says how the device and its account stand (GET /v1/device), signed by the server. A device that was removed gets
// authn.ErrDeviceRevoked here and from every other call.
func (d *Device) Status(ctx context.Context) (wire.Status, error) {
	var out wire.StatusAnswer
	if err := d.call(ctx, http.MethodGet, "/v1/device", nil, &out); err != nil {
		return wire.Status{}, err
	}
	return d.verifyStatus(out)
}

func (d *Device) verifyStatus(a wire.StatusAnswer) (wire.Status, error) {
	s := d.Server()
	st, err := wire.VerifyStatus(a.Status, s.Identity, s.Issuer, d.id)
	if err != nil {
		return wire.Status{}, ErrNonsense.Because(err)
	}
	return st, nil
}

// Requests fetches the open requests (GET /v1/requests). Each is a JWS as it was received: the decision is about its exact bytes. Check it
// with wire.VerifyApprovalRequest before it is shown.
func (d *Device) Requests(ctx context.Context) (wire.RequestList, error) {
	var out wire.RequestList
	err := d.call(ctx, http.MethodGet, "/v1/requests", nil, &out)
	return out, err
}

// Decide answers a request (POST /v1/requests/{id}/decision): decision is the JWS of wire.SignDecision. Check the receipt with
// wire.VerifyReceipt.
func (d *Device) Decide(ctx context.Context, id authn.RequestID, decision string) (wire.DecisionAnswer, error) {
	if !authn.ValidID("r_", string(id)) {
		return wire.DecisionAnswer{}, authn.ErrRequestUnknown
	}
	var out wire.DecisionAnswer
	err := d.call(ctx, http.MethodPost, "/v1/requests/"+string(id)+"/decision", wire.DecisionCommand{Decision: decision}, &out)
	return out, err
}

// TestDelivery has the server send an event with this id, 22 characters of base64url, over the streams that are open (POST /v1/events/test).
func (d *Device) TestDelivery(ctx context.Context, id string) error {
	return d.call(ctx, http.MethodPost, "/v1/events/test", wire.DeliveryTest{ID: id}, nil)
}

// Practice has the server ask this device something that signs in to nothing (POST /v1/requests/practice). The request is as with Requests.
func (d *Device) Practice(ctx context.Context) (wire.PracticeAnswer, error) {
	var out wire.PracticeAnswer
	err := d.call(ctx, http.MethodPost, "/v1/requests/practice", struct{}{}, &out)
	return out, err
}

// EndSilence has requests pushed to all devices of the user again (POST /v1/requests/unmute).
func (d *Device) EndSilence(ctx context.Context) error {
	return d.call(ctx, http.MethodPost, "/v1/requests/unmute", struct{}{}, nil)
}

// Remove takes this device off the account (POST /v1/device/remove). From then on the server knows it only as revoked.
func (d *Device) Remove(ctx context.Context) error {
	return d.call(ctx, http.MethodPost, "/v1/device/remove", struct{}{}, nil)
}

// Offline tells the server of the codes that this phone has shown and fetches its grants and lists (POST /v1/offline). Grants and batches are
// JWS: check them with wire.VerifyGrant and wire.VerifyBatch.
func (d *Device) Offline(ctx context.Context, c wire.OfflineSync) (wire.OfflineAnswer, error) {
	p := d.prover
	p.limit = wire.MaxOfflineAnswer
	var out wire.OfflineAnswer
	err := p.call(ctx, http.MethodPost, "/v1/offline", c, &out)
	return out, err
}

// Wipe fetches the command to delete what this device has (GET /v1/wipe); it is answered to a device that was removed, too. It is a JWS as it was received: check it with
// wire.VerifyWipeCommand. authn.ErrWipeUnknown if nobody asked for that.
func (d *Device) Wipe(ctx context.Context) (string, error) {
	var out wire.WipeAnswer
	err := d.call(ctx, http.MethodGet, "/v1/wipe", nil, &out)
	return out.Command, err
}

// ConfirmWipe delivers a receipt (POST /v1/wipe/receipt): the JWS of wire.SignWipeReceipt. It needs no key: the device has none any more.
func (d *Device) ConfirmWipe(ctx context.Context, receipt string) error {
	return d.plain(ctx, "/v1/wipe/receipt", wire.WipeReceiptCommand{Receipt: receipt}, nil)
}

// SendDebugLog sends a debug log to the service desk (POST /v1/device/log).
func (d *Device) SendDebugLog(ctx context.Context, l wire.SendDebugLog) (wire.SentDebugLog, error) {
	var out wire.SentDebugLog
	err := d.call(ctx, http.MethodPost, wire.DebugLogPath, l, &out)
	return out, err
}
