package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// ReceiptFile is the proof of one answer as a phone saves it: all that somebody needs who wants to check it without asking anybody.
type ReceiptFile struct {
	Version  int        `json:"v"` // 1
	Issuer   string     `json:"issuer"`
	Identity key.Public `json:"identity"` // of the server, as the file says: compare it with what you know of the server
	Request  string     `json:"request"`  // JWS, signed by the server
	Decision string     `json:"decision"` // JWS, signed by the phone
	Receipt  string     `json:"receipt"`  // JWS, signed by the server
}

// Encode writes the file.
func (f ReceiptFile) Encode() ([]byte, error) {
	f.Version = 1
	out, err := json.MarshalIndent(f, "", "  ")
	return append(out, '\n'), err
}

// ParseReceiptFile reads a file strictly: what Encode would not have written is refused.
func ParseReceiptFile(data []byte) (ReceiptFile, error) {
	var f ReceiptFile
	if err := DecodeCommand(data, &f); err != nil {
		return ReceiptFile{}, err
	}
	if f.Version != 1 {
		return ReceiptFile{}, fmt.Errorf("receipt file: version %d is not one that this program knows", f.Version)
	}
	return f, nil
}

// ProvenAnswer is what a receipt proves.
type ProvenAnswer struct {
	Request  ApprovalRequest
	Decision Decision
	Receipt  Receipt
}

// Prove checks that a server with this identity key has asked, and has taken the answer; that the phone gave it the server had verified before it
// signed. Nobody is asked, and no clock.
func (f ReceiptFile) Prove(identity key.Public) (ProvenAnswer, error) {
	var p ProvenAnswer
	var err error
	if p.Receipt, err = VerifyReceipt(f.Receipt, identity, f.Request, f.Decision); err != nil {
		return ProvenAnswer{}, err
	}
	if p.Receipt.Issuer != f.Issuer {
		return ProvenAnswer{}, errors.New("receipt file: it names another server than the receipt")
	}
	user, err := requestUser(f.Request)
	if err != nil {
		return ProvenAnswer{}, err
	}
	if p.Request, err = VerifyApprovalRequest(f.Request, identity, f.Issuer, p.Receipt.Device, user); err != nil {
		return ProvenAnswer{}, err
	}
	p.Decision, err = ReadDecision(f.Decision)
	return p, err
}

// requestUser reads whom a request asks, before it is verified.
func requestUser(raw string) (authn.UserID, error) {
	t, err := open(raw, TypeRequest)
	if err != nil {
		return "", err
	}
	var r ApprovalRequest
	if err := t.peek(&r); err != nil {
		return "", fmt.Errorf("%s: %w", TypeRequest, err)
	}
	return r.User, nil
}
