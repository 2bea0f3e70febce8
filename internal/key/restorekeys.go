package key

import (
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"filippo.io/keygen"
)

// Labels of what is derived from a restore code. What is written on paper is read for years: they are never changed.
const (
	restoreSalt      = "avow rc v1" // followed by the user's id
	proofLabel       = "proof key v1"
	exchangeLabel    = "exchange key v1"
	escrowMACLabel   = "vault mac v1"
	serverVouchLabel = "server vouch v1"
)

// derive is HKDF (RFC 5869) with SHA-256: 32 bytes for one use of the code by one user, so that the same code drawn twice is two.
func (c RestoreCode) derive(user, label string) Secret {
	prk, err := hkdf.Extract(sha256.New, c.bytes(), []byte(restoreSalt+user))
	if err != nil {
		panic("key: HKDF-Extract of a restore code: " + err.Error())
	}
	out, err := hkdf.Expand(sha256.New, prk, label, 32)
	if err != nil {
		panic("key: HKDF-Expand of a restore code: " + err.Error())
	}
	return out
}

// Keys returns the two keys that a user's code stands for: proof signs a restore, exchange opens the escrow. They are made by C2SP det-keygen
// (https://c2sp.org/det-keygen, FIPS 186-5, A.2.2) from 32 bytes each. Server and database get their public halves only.
func (c RestoreCode) Keys(user string) (proof, exchange Private) {
	return c.privateKey(user, proofLabel), c.privateKey(user, exchangeLabel)
}

func (c RestoreCode) privateKey(user, label string) Private {
	seed := c.derive(user, label)
	defer seed.Wipe()
	k, err := keygen.ECDSA(elliptic.P256(), seed)
	if err != nil {
		panic("key: key of a restore code: " + err.Error())
	}
	return Private{k}
}

// EscrowMAC authenticates an escrow file as the one of its generation: whoever has not the code can neither forge one nor give an old one a new number.
func (c RestoreCode) EscrowMAC(user string, generation uint64, file []byte) [32]byte {
	h := hmac.New(sha256.New, c.derive(user, escrowMACLabel))
	h.Write(binary.BigEndian.AppendUint64(nil, generation))
	h.Write(file)
	return [32]byte(h.Sum(nil))
}

// Vouch says that the server issuer had this identity key when the code was made. The server keeps it and gives it to whoever asks, so that a new phone
// which was told host, login and code by hand can tell the right server before it trusts or proves anything.
func (c RestoreCode) Vouch(user, issuer string, identity Thumbprint) [32]byte {
	h := hmac.New(sha256.New, c.derive(user, serverVouchLabel))
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(issuer))))
	h.Write([]byte(issuer))
	h.Write(identity[:])
	return [32]byte(h.Sum(nil))
}
