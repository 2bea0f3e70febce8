package wire

import (
	"fmt"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

const restoreID = authn.RestoreID("x_BwcHBwcHBwcHBwcHBwcHBw")

// fixedRestoreCode is the code of the vectors.
func fixedRestoreCode(t testing.TB) key.RestoreCode {
	t.Helper()
	c, err := key.RestoreCodeOf(key.Secret("a code of 16 byt"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func init() { // keys of the code sign by RFC 6979 as the others do
	c, err := key.RestoreCodeOf(key.Secret("a code of 16 byt"))
	if err != nil {
		panic(err)
	}
	proof, _ := c.Keys(string(userID))
	keys["restore code"] = testKey{Private: proof}
}

// restoreStatements are those of restore code, escrow and colleagues.
func restoreStatements(t testing.TB) []statement {
	t.Helper()
	code, file := fixedRestoreCode(t), []byte("an age file")
	proof, exchange := code.Keys(string(userID))
	restoration := statement{
		name: "restoration", typ: TypeRestore, signer: "approval", strict: true,
		claims: Restoration{
			Audience: issuer, RestoreID: restoreID, Account: userID, Challenge: challenge, DeviceJWK: deviceKeys.Device, ApprovalJWK: deviceKeys.Approval,
			ExchangeJWK: deviceKeys.Exchange, Device: registrationClaims().Device, Class: key.StrongBox, UV: authn.UVBiometric,
		},
		verify: func(raw string) error {
			r, err := VerifyRestoration(raw)
			if err == nil && r.ApprovalJWK != deviceKeys.Approval {
				err = fmt.Errorf("approval key is another")
			}
			return err
		},
		// Compared by the server with what it gave out, or only shown.
		open: []string{"aud", "restore_id", "account", "challenge", "device.name", "device.model", "device.os", "device.app"},
	}
	restorationJWS := restoration.sign(t)
	return []statement{
		restoration,
		{
			name: "code proof", typ: TypeCodeProof, signer: "restore code", strict: true,
			claims: CodeProof{Audience: issuer, Account: userID, StatementHash: HashText(restorationJWS)},
			verify: func(raw string) error { return VerifyCodeProof(raw, proof.Key(), issuer, userID, restorationJWS) },
		},
		{
			name: "escrow", typ: TypeEscrow, signer: "approval", strict: true,
			claims: EscrowCode{
				Audience: issuer, Device: deviceID, ID: jti, IssuedAt: unix, ProofJWK: proof.Key(), ExchangeJWK: exchange.Key(),
				Vouch: code.Vouch(string(userID), issuer, keys["identity"].Key().Thumbprint()), Generation: 3, FileHash: HashFile(file),
				Tag: code.EscrowMAC(string(userID), 3, file), UV: authn.UVBiometric,
			},
			verify: func(raw string) error {
				_, err := VerifyEscrowCode(raw, deviceKeys.Approval, issuer, deviceID, file)
				return err
			},
			// The server has no code to compare them with.
			open: []string{"jti", "iat", "vouch", "generation", "tag"},
		},
		{
			name: "escrow off", typ: TypeEscrowOff, signer: "approval", strict: true,
			claims: EscrowOff{Audience: issuer, Device: deviceID, ID: jti, IssuedAt: unix, Generation: 3, UV: authn.UVBiometric},
			verify: func(raw string) error {
				_, err := VerifyEscrowOff(raw, deviceKeys.Approval, issuer, deviceID)
				return err
			},
			open: []string{"jti", "iat", "generation"},
		},
		{
			name: "colleagues", typ: TypeColleagues, signer: "approval", strict: true,
			claims: Colleagues{Audience: issuer, Device: deviceID, ID: jti, IssuedAt: unix, Logins: []string{"bo.ek", "cem.kaya"}, Needed: 2, UV: authn.UVBiometric},
			verify: func(raw string) error {
				_, err := VerifyColleagues(raw, deviceKeys.Approval, issuer, deviceID)
				return err
			},
			open: []string{"jti", "iat", "logins.0", "logins.1", "needed"}, // judged by authn
		},
	}
}

func FuzzVerifyRestoration(f *testing.F) { fuzzVerify(f, TypeRestore, verifierOf(f, TypeRestore)) }

func FuzzVerifyCodeProof(f *testing.F) { fuzzVerify(f, TypeCodeProof, verifierOf(f, TypeCodeProof)) }

func FuzzVerifyEscrowCode(f *testing.F) { fuzzVerify(f, TypeEscrow, verifierOf(f, TypeEscrow)) }

func FuzzVerifyEscrowOff(f *testing.F) { fuzzVerify(f, TypeEscrowOff, verifierOf(f, TypeEscrowOff)) }

func FuzzVerifyColleagues(f *testing.F) { fuzzVerify(f, TypeColleagues, verifierOf(f, TypeColleagues)) }
