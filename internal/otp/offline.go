package otp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
)

// The codes by which people sign in to a computer without a network (docs/protocol.md, section 7). Phone and computer work
// out the same from an ECDH secret that each gets from its own private key and the other's public one; nothing secret is kept on the
// computer.

// Parties are what an offline code is bound to.
type Parties struct {
	Exchange key.Public // the phone's exchange key P, or the server's for the service desk
	Computer authn.ClientID
	User     authn.UserID
}

// challengeSuite is the OCRA suite of a code for a QR: eight digits, keyed by K, over the hash of the QR's bytes.
var challengeSuite = must(ParseOCRA("OCRA-1:HOTP-SHA256-8:QH64"))

func must(s OCRA, err error) OCRA {
	if err != nil {
		panic("a fixed OCRA suite is wrong: " + err.Error())
	}
	return s
}

// ChallengeDigits is the length of a code for a QR.
const ChallengeDigits = 8

// ChallengeCode is the code of eight digits for an offline challenge. shared is the x coordinate that ECDH gives for
// the computer's ephemeral key and the phone's exchange key (32 bytes), challenge the exact bytes of the QR's payload.
func ChallengeCode(shared Secret, challenge []byte, p Parties) (string, error) {
	k, err := derive(shared, "avow otc v1", challenge, p.Exchange.Compressed(), []byte(p.Computer), []byte(p.User))
	if err != nil {
		return "", err
	}
	q := sha256.Sum256(challenge)
	return challengeSuite.Generate(k, OCRAInput{Question: hex.EncodeToString(q[:])})
}

// derive is HKDF-SHA256 (RFC 5869) without a salt; its info is label and the parts, each with its length in two bytes before it, so
// that no two lists of parts read the same.
func derive(shared Secret, label string, parts ...[]byte) (Secret, error) {
	if len(shared) != 32 {
		return nil, errors.New("shared secret is not 32 bytes")
	}
	info := []byte(label)
	for _, p := range parts {
		info = binary.BigEndian.AppendUint16(info, uint16(len(p)))
		info = append(info, p...)
	}
	return hkdf.Key(sha256.New, shared, nil, string(info), 32)
}

// ListKey makes the codes of one batch. It redacts itself.
type ListKey struct {
	secret   Secret
	computer authn.ClientID
}

// NewListKey derives a batch's key Kb. shared is the ECDH secret of the batch's key C and the exchange key.
func NewListKey(shared Secret, batch authn.BatchID, c key.Public, p Parties) (ListKey, error) {
	k, err := derive(shared, "avow list v1", batch[:], c.Compressed(), p.Exchange.Compressed(), []byte(p.Computer), []byte(p.User))
	return ListKey{k, p.Computer}, err
}

// String keeps the key out of prints.
func (k ListKey) String() string { return k.secret.String() }

// Code is the code with index i of the batch, counted from 0.
func (k ListKey) Code(i int) ListCode {
	h := hmac.New(sha256.New, k.secret)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(i)))
	return ListCode{Prefix: ComputerPrefix(k.computer), Secret: authn.Crockford.EncodeToString(h.Sum(nil)[:5])}
}

// Wipe overwrites the key.
func (k ListKey) Wipe() { clear(k.secret) }

// ListCode is a code of ten characters: which computer it is for, and the secret.
type ListCode struct {
	Prefix string // 2 characters of Crockford's base32
	Secret string // 8 of them, 40 bits
}

// ComputerPrefix tells computers apart: the first 10 bits of SHA-256 of a computer's id, as two characters.
func ComputerPrefix(id authn.ClientID) string {
	h := sha256.Sum256([]byte(id))
	return authn.Crockford.EncodeToString(h[:5])[:2]
}

// Text is the code as the phone shows it: 7K QM2X RD4T.
func (c ListCode) Text() string { return c.Prefix + " " + c.Secret[:4] + " " + c.Secret[4:] }

// String keeps the code out of logs.
func (ListCode) String() string { return "[redacted]" }

// Typed is what a person typed as an offline code: exactly one field is set.
type Typed struct {
	Digits string    // eight digits, for a challenge
	List   *ListCode // ten characters
}

// ErrTyped means that what was typed has the shape of no code.
var ErrTyped = authn.Fail(authn.Invalid, "bad_offline_code", "This is not a code of 8 digits, nor one of 10 letters and digits. Look at your phone again.")

// maxTyped bounds what is looked at.
const maxTyped = 64

// ParseTyped reads a code with spaces and dashes, in either case, with O for 0 and I and L for 1 as Crockford allows.
func ParseTyped(text string) (Typed, error) {
	if len(text) > maxTyped {
		return Typed{}, ErrTyped
	}
	code := authn.CleanCrockford(text)
	switch len(code) {
	case ChallengeDigits:
		if strings.Trim(code, "0123456789") == "" {
			return Typed{Digits: code}, nil
		}
	case 10:
		if strings.Trim(code, authn.CrockfordDigits) == "" {
			return Typed{List: &ListCode{Prefix: code[:2], Secret: code[2:]}}, nil
		}
	}
	return Typed{}, ErrTyped
}
