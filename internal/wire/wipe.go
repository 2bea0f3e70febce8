package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// WipeCommand tells a device that was removed to delete what it has (GET /v1/wipe). It is bound to the device and to a counter, so that nobody else can say it and
// it can't be said again.
type WipeCommand struct {
	Issuer   string          `json:"iss"`
	Device   authn.DeviceID  `json:"aud"`
	Counter  uint64          `json:"counter"`
	Scope    authn.WipeScope `json:"scope"`
	IssuedAt int64           `json:"iat"`
}

// WipeAnswer carries a WipeCommand.
type WipeAnswer struct {
	Command string `json:"command"` // JWS
}

// SignWipeCommand signs with the identity key.
func SignWipeCommand(s crypto.Signer, c WipeCommand) (string, error) {
	return sign(s, TypeWipe, "", nil, c)
}

// VerifyWipeCommand checks that the command comes from the pinned server and is for this device. The caller compares the counter with the one that it has obeyed.
func VerifyWipeCommand(raw string, identity key.Public, issuer string, device authn.DeviceID) (WipeCommand, error) {
	t, err := open(raw, TypeWipe)
	if err != nil {
		return WipeCommand{}, err
	}
	var c WipeCommand
	if err := t.verify(identity, false, &c); err != nil {
		return WipeCommand{}, err
	}
	switch {
	case c.Issuer != issuer, c.Device != device:
		return WipeCommand{}, fmt.Errorf("%s: is for someone else", TypeWipe)
	case !c.Scope.Valid():
		return WipeCommand{}, fmt.Errorf("%s: scope %.20q is not one that this program knows", TypeWipe, c.Scope)
	case c.Counter == 0:
		return WipeCommand{}, fmt.Errorf("%s: counter is 0", TypeWipe)
	}
	return c, nil
}

// WipeReceipt is a device's word that its keys are gone, signed by its device key before that went too (POST /v1/wipe/receipt). Counter 0 without a command says that
// the user has erased the app by herself.
type WipeReceipt struct {
	Device      authn.DeviceID  `json:"iss"`
	Audience    string          `json:"aud"`
	Counter     uint64          `json:"counter"`
	CommandHash string          `json:"command_hash,omitempty"` // HashText of the exact command
	At          int64           `json:"at"`
	Scope       authn.WipeScope `json:"scope,omitempty"` // what was deleted, where that is not what was asked for
	Left        authn.WipeLeft  `json:"left,omitempty"`
}

// WipeReceiptCommand carries a WipeReceipt.
type WipeReceiptCommand struct {
	Receipt string `json:"receipt"` // JWS
}

// SignWipeReceipt signs with the device key.
func SignWipeReceipt(s crypto.Signer, r WipeReceipt) (string, error) {
	return sign(s, TypeWipeReceipt, "", nil, r)
}

// PeekWipeReceipt says whose receipt this claims to be, to find the key that it is verified with.
func PeekWipeReceipt(raw string) (authn.DeviceID, error) {
	t, err := open(raw, TypeWipeReceipt)
	if err != nil {
		return "", err
	}
	var r WipeReceipt
	if err := t.peek(&r); err != nil {
		return "", fmt.Errorf("%s: %w", TypeWipeReceipt, err)
	}
	return r.Device, nil
}

// VerifyWipeReceipt checks that the receipt is of this device, for this server. The caller compares counter and command_hash.
func VerifyWipeReceipt(raw string, deviceKey key.Public, issuer string, device authn.DeviceID) (WipeReceipt, error) {
	t, err := open(raw, TypeWipeReceipt)
	if err != nil {
		return WipeReceipt{}, err
	}
	var r WipeReceipt
	if err := t.verify(deviceKey, true, &r); err != nil {
		return WipeReceipt{}, err
	}
	switch {
	case r.Audience != issuer, r.Device != device:
		return WipeReceipt{}, fmt.Errorf("%s: iss or aud is someone else", TypeWipeReceipt)
	case r.Scope != "" && !r.Scope.Valid():
		return WipeReceipt{}, fmt.Errorf("%s: scope %.20q is not one that this program knows", TypeWipeReceipt, r.Scope)
	case !r.Left.Valid():
		return WipeReceipt{}, fmt.Errorf("%s: left %.20q is not one that this program knows", TypeWipeReceipt, r.Left)
	case (r.Counter == 0) != (r.CommandHash == ""):
		return WipeReceipt{}, fmt.Errorf("%s: counter %d with command %.50q", TypeWipeReceipt, r.Counter, r.CommandHash)
	}
	return r, nil
}
