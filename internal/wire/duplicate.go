package wire

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// The optical secret of a D code goes from screen to camera and nowhere else. What it keys is what the server between two phones cannot make.

func opticalMAC(optical key.Secret, label, text string) [32]byte {
	digest := sha256.Sum256([]byte(text))
	h := hmac.New(sha256.New, optical)
	h.Write([]byte(label))
	h.Write(digest[:])
	return [32]byte(h.Sum(nil))
}

// DuplicateClaimMAC proves to the old phone that these keys are those of the phone that has seen its screen.
func DuplicateClaimMAC(optical key.Secret, statement string) authn.Hash {
	return opticalMAC(optical, "avow dup claim v1", statement)
}

// DuplicateHandoverMAC proves to the new phone that the file is from the phone whose screen it has seen.
func DuplicateHandoverMAC(optical key.Secret, file []byte) authn.Hash {
	return opticalMAC(optical, "avow dup handover v1", string(file))
}

// DuplicateWords are two words that both phones show. The server cannot know them.
func DuplicateWords(optical key.Secret, statement string) [2]string {
	h := opticalMAC(optical, "avow dup words v1", statement)
	return [2]string{words[h[0]], words[h[1]]}
}

// DuplicateOffer is the old phone's word that its user wants to connect another one, signed by its approval key.
type DuplicateOffer struct {
	Audience string                 `json:"aud"`
	Issuer   authn.DeviceID         `json:"iss"`
	Hash     authn.Hash             `json:"id_hash"` // SHA-256 of the id in the code
	IssuedAt int64                  `json:"iat"`
	UV       authn.UserVerification `json:"uv"`
}

// DuplicateOfferCommand carries a DuplicateOffer (POST /v1/duplicate).
type DuplicateOfferCommand struct {
	ID        SessionSecret `json:"id"`
	Statement string        `json:"statement"` // JWS
}

// DuplicateOffered answers it.
type DuplicateOffered struct {
	DuplicateID authn.DuplicateID `json:"duplicate_id"`
	ExpiresAt   int64             `json:"expires_at"`
	ServerTime  int64             `json:"server_time"`
}

// SignDuplicateOffer signs with the approval key.
func SignDuplicateOffer(s crypto.Signer, o DuplicateOffer) (string, error) {
	return sign(s, TypeDuplicateOffer, "", nil, o)
}

// VerifyDuplicateOffer checks that the offer is of this device, for this server and this id, and that its user was verified.
func VerifyDuplicateOffer(raw string, approval key.Public, issuer string, device authn.DeviceID, id key.Secret) (DuplicateOffer, error) {
	t, err := open(raw, TypeDuplicateOffer)
	if err != nil {
		return DuplicateOffer{}, err
	}
	var o DuplicateOffer
	if err := t.verify(approval, true, &o); err != nil {
		return DuplicateOffer{}, err
	}
	switch {
	case o.Audience != issuer, o.Issuer != device:
		return DuplicateOffer{}, fmt.Errorf("%s: iss or aud is someone else", TypeDuplicateOffer)
	case o.Hash != authn.HashOf(id):
		return DuplicateOffer{}, fmt.Errorf("%s: is about another code", TypeDuplicateOffer)
	case !o.UV.Happened():
		return DuplicateOffer{}, fmt.Errorf("%s: the user was not verified", TypeDuplicateOffer)
	}
	return o, nil
}

// DuplicateClaim binds the keys of the new phone to a D code; it is signed by the new approval key, as a Registration is.
type DuplicateClaim struct {
	Audience    string                 `json:"aud"`
	Hash        authn.Hash             `json:"id_hash"`
	DeviceJWK   key.Public             `json:"device_jwk"`
	ApprovalJWK key.Public             `json:"approval_jwk"`
	ExchangeJWK key.Public             `json:"exchange_jwk"`
	Device      authn.DeviceInfo       `json:"device"`
	Class       key.Class              `json:"key"` // a claim, which decides nothing
	UV          authn.UserVerification `json:"uv"`
	Verifies    authn.UVPolicy         `json:"uv_policy,omitempty"` // what the approval key demands; "" is each_approval
}

// Keys are the three keys of the claim.
func (c DuplicateClaim) Keys() authn.DeviceKeys {
	return authn.DeviceKeys{Device: c.DeviceJWK, Approval: c.ApprovalJWK, Exchange: c.ExchangeJWK}
}

// DuplicateClaimCommand carries a DuplicateClaim (POST /v1/duplicate/claim), proved by the new device key.
type DuplicateClaimCommand struct {
	ID        SessionSecret `json:"id"`
	Statement string        `json:"statement"` // JWS
	MAC       authn.Hash    `json:"mac"`       // DuplicateClaimMAC
}

// DuplicateClaimed answers it.
type DuplicateClaimed struct {
	ExpiresAt  int64 `json:"expires_at"`
	ServerTime int64 `json:"server_time"`
}

// SignDuplicateClaim signs with the new approval key.
func SignDuplicateClaim(s crypto.Signer, c DuplicateClaim) (string, error) {
	return sign(s, TypeDuplicateClaim, "", nil, c)
}

// VerifyDuplicateClaim checks the signature by the approval key that the claim itself names, and that it is for this server and this code. Nothing says yet whose
// keys they are: the old phone compares the MAC.
func VerifyDuplicateClaim(raw, issuer string, idHash authn.Hash) (DuplicateClaim, error) {
	t, err := open(raw, TypeDuplicateClaim)
	if err != nil {
		return DuplicateClaim{}, err
	}
	var peeked DuplicateClaim
	if err := t.peek(&peeked); err != nil {
		return DuplicateClaim{}, fmt.Errorf("%s: %w", TypeDuplicateClaim, err)
	}
	var c DuplicateClaim
	if err := t.verify(peeked.ApprovalJWK, true, &c); err != nil {
		return DuplicateClaim{}, err
	}
	n := newKeys{
		device: c.DeviceJWK, approval: c.ApprovalJWK, exchange: c.ExchangeJWK, class: c.Class, uv: c.UV, verifies: c.Verifies,
	}
	if c.Verifies, err = n.check(TypeDuplicateClaim, peeked.ApprovalJWK); err != nil {
		return DuplicateClaim{}, err
	}
	switch {
	case c.Audience != issuer, c.Hash != idHash:
		return DuplicateClaim{}, fmt.Errorf("%s: is for another server or code", TypeDuplicateClaim)
	case !c.UV.Happened():
		return DuplicateClaim{}, fmt.Errorf("%s: the user was not verified", TypeDuplicateClaim)
	}
	c.Device = c.Device.Clean()
	return c, nil
}

// DuplicateView answers GET /v1/duplicate/{duplicate_id}, for the old phone.
type DuplicateView struct {
	State     authn.DuplicateState `json:"state"`
	Statement string               `json:"statement,omitempty"` // JWS: a DuplicateClaim
	MAC       authn.Hash           `json:"mac,omitzero"`
	IP        string               `json:"ip,omitempty"` // where the claim came from
	ExpiresAt int64                `json:"expires_at"`
	Raced     bool                 `json:"raced,omitempty"` // another phone has tried the code, too
}

// DuplicateAnswer is what the user says on the old phone: Yes signed by its approval key, No by its device key.
type DuplicateAnswer struct {
	Audience    string                 `json:"aud"`
	Issuer      authn.DeviceID         `json:"iss"`
	DuplicateID authn.DuplicateID      `json:"duplicate_id"`
	ClaimHash   string                 `json:"claim_hash,omitempty"` // HashText of the exact claim; "" where there was none yet
	Answer      DuplicateDecision      `json:"answer"`
	UV          authn.UserVerification `json:"uv"`
	IssuedAt    int64                  `json:"iat"`
}

// DuplicateDecision is Yes or No. Signed and sent: append, never rename.
type DuplicateDecision string

// The decisions.
const (
	DuplicateApprove DuplicateDecision = "approve"
	DuplicateRefuse  DuplicateDecision = "refuse"
)

// DuplicateAnswerCommand carries a DuplicateAnswer (POST /v1/duplicate/answer), and what is handed over with a Yes.
type DuplicateAnswerCommand struct {
	DuplicateID authn.DuplicateID `json:"duplicate_id"`
	Statement   string            `json:"statement"`          // JWS
	Handover    Blob              `json:"handover,omitempty"` // age file to the new exchange key
	MAC         authn.Hash        `json:"mac,omitzero"`       // DuplicateHandoverMAC
}

// DuplicateAnswered answers it.
type DuplicateAnswered struct {
	State  authn.DuplicateState `json:"state"`
	Device authn.DeviceID       `json:"device_id,omitempty"` // the new one, after a Yes
}

// SignDuplicateAnswer signs; the signer decides by Answer which key that must be.
func SignDuplicateAnswer(s crypto.Signer, a DuplicateAnswer) (string, error) {
	return sign(s, TypeDuplicateAnswer, "", nil, a)
}

// VerifyDuplicateAnswer checks that the answer is of this device, for this server, about exactly this claim, and that the user was verified for a Yes.
func VerifyDuplicateAnswer(raw string, keys authn.DeviceKeys, issuer string, device authn.DeviceID, id authn.DuplicateID, claim string) (DuplicateAnswer, error) {
	t, err := open(raw, TypeDuplicateAnswer)
	if err != nil {
		return DuplicateAnswer{}, err
	}
	var peeked DuplicateAnswer
	if err := t.peek(&peeked); err != nil {
		return DuplicateAnswer{}, fmt.Errorf("%s: %w", TypeDuplicateAnswer, err)
	}
	pub := keys.Device
	if peeked.Answer == DuplicateApprove {
		pub = keys.Approval
	}
	var a DuplicateAnswer
	if err := t.verify(pub, true, &a); err != nil {
		return DuplicateAnswer{}, err
	}
	switch {
	case a.Answer != peeked.Answer:
		return DuplicateAnswer{}, fmt.Errorf("%s: answer changed under the signature", TypeDuplicateAnswer)
	case a.Answer != DuplicateApprove && a.Answer != DuplicateRefuse:
		return DuplicateAnswer{}, fmt.Errorf("%s: answer is %.20q", TypeDuplicateAnswer, a.Answer)
	case a.Issuer != device, a.Audience != issuer:
		return DuplicateAnswer{}, fmt.Errorf("%s: iss or aud is someone else", TypeDuplicateAnswer)
	case a.DuplicateID != id:
		return DuplicateAnswer{}, fmt.Errorf("%s: is about another duplicate", TypeDuplicateAnswer)
	case a.Answer == DuplicateApprove && (claim == "" || a.ClaimHash != HashText(claim) || !a.UV.Happened()):
		return DuplicateAnswer{}, fmt.Errorf("%s: is about another claim, or the user was not verified", TypeDuplicateAnswer)
	case !a.UV.Valid():
		return DuplicateAnswer{}, fmt.Errorf("%s: uv is not known", TypeDuplicateAnswer)
	}
	return a, nil
}

// DuplicateStateCommand asks, as the new phone, what has become of its claim (POST /v1/duplicate/state), proved by the new device key.
type DuplicateStateCommand struct {
	ID   SessionSecret `json:"id"`
	Wait bool          `json:"wait,omitempty"` // for a short while, if there is nothing new
}

// DuplicateOutcome answers it.
type DuplicateOutcome struct {
	State     authn.DuplicateState `json:"state"`
	ExpiresAt int64                `json:"expires_at"`
	Bound     string               `json:"bound,omitempty"` // JWS: a Bound over the claim
	Handover  Blob                 `json:"handover,omitempty"`
	MAC       authn.Hash           `json:"mac,omitzero"`
}
