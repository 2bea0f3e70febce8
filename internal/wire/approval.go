package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// ApprovalRequest is the question, signed by the server for one device. What the phone shows comes from here only.
type ApprovalRequest struct {
	Issuer   string              `json:"iss"`
	Device   authn.DeviceID      `json:"aud"`
	ID       authn.RequestID     `json:"jti"`
	IssuedAt int64               `json:"iat"` // unix seconds, server clock
	Expires  int64               `json:"exp"`
	User     authn.UserID        `json:"sub"`
	Login    string              `json:"login"`
	Client   RequestClient       `json:"client"`
	Action   authn.RequestAction `json:"action"` // sign_in, verify_caller, vouch, practice
	Message  string              `json:"message,omitempty"`
	Origin   authn.Origin        `json:"origin"`
	Match    authn.MatchMode     `json:"match"`
	Handle   authn.Hash          `json:"handle_hash"` // SHA-256 of the A code's handle: finds the request for a scanned code
	UV       authn.UVDemand      `json:"uv"`          // required, preferred, none
}

// RequestClient is the relying party as the phone shows it.
type RequestClient struct {
	ID    authn.ClientID   `json:"id"`
	Name  string           `json:"name"`
	Kind  authn.ClientKind `json:"kind"`
	Known bool             `json:"known"`
}

// SignApprovalRequest signs with the identity key.
func SignApprovalRequest(s crypto.Signer, r ApprovalRequest) (string, error) {
	return sign(s, TypeRequest, "", nil, r)
}

// VerifyApprovalRequest checks that the request comes from the pinned server and is for this device and user, and cleans its
// texts. Whether it is still open is the server's to say: the phone's clock is not trusted.
func VerifyApprovalRequest(raw string, identity key.Public, issuer string, device authn.DeviceID, user authn.UserID) (ApprovalRequest, error) {
	t, err := open(raw, TypeRequest)
	if err != nil {
		return ApprovalRequest{}, err
	}
	var r ApprovalRequest
	if err := t.verify(identity, false, &r); err != nil {
		return ApprovalRequest{}, err
	}
	switch {
	case r.Issuer != issuer, r.Device != device, r.User != user:
		return ApprovalRequest{}, fmt.Errorf("%s: is for someone else", TypeRequest)
	case !authn.ValidID("r_", string(r.ID)):
		return ApprovalRequest{}, fmt.Errorf("%s: id %.40q", TypeRequest, r.ID)
	case !r.Match.Valid():
		return ApprovalRequest{}, fmt.Errorf("%s: match %.40q is not one that this program knows", TypeRequest, r.Match)
	case !r.Action.Valid():
		return ApprovalRequest{}, fmt.Errorf("%s: action %.40q is not one that this program knows", TypeRequest, r.Action)
	case !r.UV.Valid():
		return ApprovalRequest{}, fmt.Errorf("%s: uv %.40q is not one that this program knows", TypeRequest, r.UV)
	case r.Client.ID.Validate() != nil:
		return ApprovalRequest{}, fmt.Errorf("%s: client id %.64q", TypeRequest, r.Client.ID)
	case r.IssuedAt <= 0 || r.Expires <= r.IssuedAt || r.Expires-r.IssuedAt > int64(authn.MaxRequestLifetime.Seconds()):
		return ApprovalRequest{}, fmt.Errorf("%s: lifetime of %d s", TypeRequest, r.Expires-r.IssuedAt)
	}
	if r.Client.Name = authn.CleanText(r.Client.Name, 64); r.Client.Name == "" {
		r.Client.Name = string(r.Client.ID)
	}
	r.Message = authn.CleanText(r.Message, 128)
	r.Login = authn.CleanText(r.Login, 128)
	r.Origin = authn.Origin{
		IP: authn.CleanText(r.Origin.IP, 64), Place: authn.CleanText(r.Origin.Place, 64), Agent: authn.CleanText(r.Origin.Agent, 64),
	}
	return r, nil
}

// Decision is the answer. Approve is signed by the approval key, deny and not_me by the device key.
type Decision struct {
	Device      authn.DeviceID         `json:"iss"`
	Audience    string                 `json:"aud"`
	ID          string                 `json:"jti"`
	IssuedAt    int64                  `json:"iat"`
	Request     authn.RequestID        `json:"req"`
	RequestHash string                 `json:"rh"` // HashText of the exact request JWS
	Kind        authn.DecisionKind     `json:"decision"`
	Number      string                 `json:"number,omitempty"`
	Handle      *SessionSecret         `json:"handle,omitempty"` // of a scanned A code
	UV          authn.UserVerification `json:"uv"`
	Class       key.Class              `json:"key"` // a claim: what is known is authn.Device.Class
}

// SignDecision signs; the signer decides by Kind which key that must be.
func SignDecision(s crypto.Signer, d Decision) (string, error) {
	return sign(s, TypeDecision, "", nil, d)
}

// VerifyDecision checks a decision about the exact request JWS that was given to the device.
func VerifyDecision(raw string, keys authn.DeviceKeys, issuer string, device authn.DeviceID, request authn.RequestID, requestJWS string) (Decision, error) {
	t, err := open(raw, TypeDecision)
	if err != nil {
		return Decision{}, err
	}
	var peeked Decision
	if err := t.peek(&peeked); err != nil {
		return Decision{}, fmt.Errorf("%s: %w", TypeDecision, err)
	}
	pub := keys.Device
	if peeked.Kind == authn.Approve {
		pub = keys.Approval
	}
	var d Decision
	if err := t.verify(pub, true, &d); err != nil {
		return Decision{}, err
	}
	switch {
	case d.Kind != peeked.Kind:
		return Decision{}, fmt.Errorf("%s: kind changed under the signature", TypeDecision)
	case d.Kind != authn.Approve && d.Kind != authn.Deny && d.Kind != authn.NotMe:
		return Decision{}, fmt.Errorf("%s: decision is %.20q", TypeDecision, d.Kind)
	case d.Device != device, d.Audience != issuer:
		return Decision{}, fmt.Errorf("%s: iss or aud is someone else", TypeDecision)
	case d.Request != request, d.RequestHash != HashText(requestJWS):
		return Decision{}, fmt.Errorf("%s: is about another request", TypeDecision)
	case !d.UV.Valid(), !d.Class.Valid():
		return Decision{}, fmt.Errorf("%s: uv or key class is not known", TypeDecision)
	case !jtiForm.MatchString(d.ID):
		return Decision{}, fmt.Errorf("%s: jti %.64q", TypeDecision, d.ID)
	}
	return d, nil
}

// ReadDecision reads a decision without asking whose signature it bears. Call it only for one that VerifyReceipt has vouched for: the server had verified it then.
func ReadDecision(raw string) (Decision, error) {
	t, err := open(raw, TypeDecision)
	if err != nil {
		return Decision{}, err
	}
	var d Decision
	if err := t.peek(&d); err != nil {
		return Decision{}, fmt.Errorf("%s: %w", TypeDecision, err)
	}
	return d, nil
}

// Receipt is the server's countersignature of a decision.
type Receipt struct {
	Issuer       string             `json:"iss"`
	Device       authn.DeviceID     `json:"aud"`
	Request      authn.RequestID    `json:"req"`
	RequestHash  string             `json:"rh"`
	DecisionHash string             `json:"dh"`
	Kind         authn.DecisionKind `json:"decision"`
	At           int64              `json:"iat"`
}

// SignReceipt signs with the identity key.
func SignReceipt(s crypto.Signer, r Receipt) (string, error) { return sign(s, TypeReceipt, "", nil, r) }

// VerifyReceipt checks a receipt against the request and decision that it is about. It needs no network. The decision's own signature is
// VerifyDecision's to check, by who has the device's keys.
func VerifyReceipt(raw string, identity key.Public, request, decision string) (Receipt, error) {
	t, err := open(raw, TypeReceipt)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if err := t.verify(identity, false, &r); err != nil {
		return Receipt{}, err
	}
	if r.RequestHash != HashText(request) || r.DecisionHash != HashText(decision) {
		return Receipt{}, fmt.Errorf("%s: is about something else", TypeReceipt)
	}
	taken, err := open(decision, TypeDecision)
	if err != nil {
		return Receipt{}, err
	}
	var d Decision
	if err := taken.peek(&d); err != nil {
		return Receipt{}, fmt.Errorf("%s: %w", TypeDecision, err)
	}
	if r.Kind != d.Kind || r.Device != d.Device || r.Request != d.Request {
		return Receipt{}, fmt.Errorf("%s: tells another story than its decision", TypeReceipt)
	}
	return r, nil
}
