package wire

import (
	"encoding/hex"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

const (
	otherDeviceID = authn.DeviceID("d_CQkJCQkJCQkJCQkJCQkJCQ")
	duplicateID   = authn.DuplicateID("p_CgoKCgoKCgoKCgoKCgoKCg")
)

var (
	duplicateCode = key.Secret("id of a duplicat")
	optical       = key.Secret("seen by a camera")
)

func duplicateClaimClaims() DuplicateClaim {
	return DuplicateClaim{
		Audience: issuer, Hash: authn.HashOf(duplicateCode), DeviceJWK: keys["device"].Key(), ApprovalJWK: keys["approval"].Key(), ExchangeJWK: keys["exchange"].Key(),
		Device: authn.DeviceInfo{Name: "Anna's new phone", Model: "Google Pixel 9", OS: "Android 17", App: "1.0.0"}, Class: key.Software, UV: authn.UVPIN,
	}
}

// deviceStatements are those of devices, wipes and duplicates.
func deviceStatements(t testing.TB) []statement {
	t.Helper()
	identity := keys["identity"].Key()
	list := UserDevices{
		Issuer: issuer, Device: deviceID, IssuedAt: unix, Restores: []RestoreEntry{}, Devices: []DeviceEntry{{
			ID: deviceID, Name: "Anna's phone", Model: "Google Pixel 8", OS: "Android 16", App: "1.0.0", State: authn.DeviceActive, This: true,
			Origin: authn.OriginRegistration, ConnectedAt: unix - 10, LastSeenAt: unix - 5,
		}, {
			ID: otherDeviceID, Name: "Anna's tablet", Model: "Google Pixel Tablet", OS: "Android 16", App: "1.0.0", State: authn.DeviceRevoked,
			Origin: authn.OriginDuplicate, ConnectedAt: unix - 10, LastSeenAt: unix - 5, RemovedAt: unix - 4,
			Wipe: &WipeEntry{State: authn.WipeConfirmed, Scope: authn.WipeAccount, Left: authn.LeftSealed, RequestedAt: unix - 4, DeliveredAt: unix - 3, ConfirmedAt: unix - 2},
		}},
	}
	open := []string{"iat"}
	for _, n := range []string{"0", "1"} {
		for _, f := range []string{"name", "model", "os", "app", "state", "this", "origin", "connected_at", "last_seen_at"} {
			open = append(open, "devices."+n+"."+f)
		}
	}
	open = append(open, "devices.0.id", "devices.1.id", "devices.1.removed_at") // a device of her own that is well named: the server knows whose it is
	for _, f := range []string{"state", "scope", "left", "requested_at", "delivered_at", "confirmed_at"} {
		open = append(open, "devices.1.wipe."+f)
	}
	command := func(name string, act DeviceAct, scope authn.WipeScope) statement {
		return statement{
			name: name, typ: TypeDeviceCommand, signer: "approval", strict: true,
			claims: DeviceCommand{
				Audience: issuer, Issuer: deviceID, ID: jti, IssuedAt: unix, Device: otherDeviceID, Act: act, Scope: scope, UV: authn.UVBiometric,
			},
			verify: func(raw string) error {
				_, err := VerifyDeviceCommand(raw, deviceKeys.Approval, issuer, deviceID)
				return err
			},
			open: []string{"jti", "iat", "device"}, // whose device it is, and whether the jti was used, is the server's to find out
		}
	}
	wipe := WipeCommand{Issuer: issuer, Device: deviceID, Counter: 3, Scope: authn.WipeAccount, IssuedAt: unix}
	wipeJWS := must(SignWipeCommand(keys["identity"], wipe))
	receipt := func(name string, r WipeReceipt, open ...string) statement {
		return statement{
			name: name, typ: TypeWipeReceipt, signer: "device", strict: true, claims: r,
			verify: func(raw string) error {
				_, err := VerifyWipeReceipt(raw, deviceKeys.Device, issuer, deviceID)
				return err
			},
			open: append([]string{"at"}, open...),
		}
	}
	claim := duplicateClaimClaims()
	claimJWS := must(SignDuplicateClaim(keys["approval"], claim))
	answer := func(name, signer string, a DuplicateAnswer, open ...string) statement {
		a.Audience, a.Issuer, a.DuplicateID, a.IssuedAt = issuer, deviceID, duplicateID, unix
		return statement{
			name: name, typ: TypeDuplicateAnswer, signer: signer, strict: true, claims: a,
			verify: func(raw string) error {
				_, err := VerifyDuplicateAnswer(raw, deviceKeys, issuer, deviceID, duplicateID, claimJWS)
				return err
			},
			open: append([]string{"iat"}, open...),
		}
	}
	return []statement{
		{
			name: "devices", typ: TypeDevices, signer: "identity", claims: list, open: open,
			verify: func(raw string) error {
				_, err := VerifyUserDevices(raw, identity, issuer, deviceID)
				return err
			},
		},
		command("command: remove a device", ActRemove, ""),
		command("command: wipe a device", ActWipe, authn.WipeAccount),
		{
			name: "wipe", typ: TypeWipe, signer: "identity", claims: wipe,
			verify: func(raw string) error {
				_, err := VerifyWipeCommand(raw, identity, issuer, deviceID)
				return err
			},
			open: []string{"counter", "iat"},
		},
		receipt("wipe receipt", WipeReceipt{
			Device: deviceID, Audience: issuer, Counter: 3, CommandHash: HashText(wipeJWS), At: unix + 1, Left: authn.LeftSealed,
		}, "counter", "command_hash"),
		receipt("wipe receipt: erased by the user", WipeReceipt{Device: deviceID, Audience: issuer, At: unix + 1}),
		{
			name: "duplicate offer", typ: TypeDuplicateOffer, signer: "approval", strict: true,
			claims: DuplicateOffer{Audience: issuer, Issuer: deviceID, Hash: authn.HashOf(duplicateCode), IssuedAt: unix, UV: authn.UVPIN},
			verify: func(raw string) error {
				_, err := VerifyDuplicateOffer(raw, deviceKeys.Approval, issuer, deviceID, duplicateCode)
				return err
			},
			open: []string{"iat"},
		},
		{
			name: "duplicate claim", typ: TypeDuplicateClaim, signer: "approval", strict: true, claims: claim,
			verify: func(raw string) error {
				c, err := VerifyDuplicateClaim(raw, issuer, authn.HashOf(duplicateCode))
				if err == nil && c.ApprovalJWK != deviceKeys.Approval {
					err = errSignature
				}
				return err
			},
			open: []string{"device.name", "device.model", "device.os", "device.app"},
		},
		answer("duplicate answer: yes", "approval", DuplicateAnswer{ClaimHash: HashText(claimJWS), Answer: DuplicateApprove, UV: authn.UVPIN}),
		answer("duplicate answer: no", "device", DuplicateAnswer{ClaimHash: HashText(claimJWS), Answer: DuplicateRefuse, UV: authn.UVNone}, "claim_hash"),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type duplicateVector struct {
	ID          string    `json:"id"`      // hex, in the code
	Optical     string    `json:"optical"` // hex, in the code
	Claim       string    `json:"claim"`   // JWS
	MAC         string    `json:"mac"`
	Words       [2]string `json:"words"`
	Handover    string    `json:"handover"` // hex, stands for an age file
	HandoverMAC string    `json:"handover_mac"`
}

// duplicateVectors are what the optical secret of a D code keys.
func duplicateVectors() duplicateVector {
	claim, file := must(SignDuplicateClaim(keys["approval"], duplicateClaimClaims())), []byte("age-encryption.org/v1\n…")
	return duplicateVector{
		ID: hex.EncodeToString(duplicateCode), Optical: hex.EncodeToString(optical), Claim: claim, MAC: DuplicateClaimMAC(optical, claim).String(),
		Words: DuplicateWords(optical, claim), Handover: hex.EncodeToString(file), HandoverMAC: DuplicateHandoverMAC(optical, file).String(),
	}
}

// TestOpticalMACs: each is for its own end, for its own secret, and over every byte.
func TestOpticalMACs_R098(t *testing.T) {
	seen := map[authn.Hash]string{}
	for _, text := range []string{"", "a", "b"} {
		for name, secret := range map[string]key.Secret{"one": optical, "other": duplicateCode} {
			for end, mac := range map[string]authn.Hash{"claim": DuplicateClaimMAC(secret, text), "handover": DuplicateHandoverMAC(secret, []byte(text))} {
				what := end + " of " + text + " by " + name
				if was, ok := seen[mac]; ok {
					t.Errorf("%s has the MAC of %s", what, was)
				}
				seen[mac] = what
			}
		}
	}
	if DuplicateWords(optical, "a") == DuplicateWords(optical, "b") || DuplicateWords(optical, "a") == DuplicateWords(duplicateCode, "a") {
		t.Error("the words do not follow from claim and secret")
	}
}
