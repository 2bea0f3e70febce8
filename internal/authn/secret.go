package authn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"avow/internal/key"
)

// SessionSecret derives the 128 bits in the QR of a registration session from the secret of its page.
func SessionSecret(page key.Secret) key.Secret {
	return mac(page, "avow registration session v1")[:16]
}

// SentSecret derives the 128 bits in the code of a session that is sent, from its id and a key from outside the database: so the code can be written into a
// message at any time and is kept nowhere.
func SentSecret(k key.Secret, id RegistrationID) key.Secret {
	return mac(k, "avow sent session v1\x00"+string(id))[:16]
}

// ProofDigits derives the eight digits of a session's second proof in the same way: a pin, or a code.
func ProofDigits(k key.Secret, id RegistrationID) string {
	return digits(mac(k, "avow proof digits v1\x00"+string(id)), 8)
}

// CallerDigits derives the six digits that a caller reads out to the service desk.
func CallerDigits(k key.Secret, id CallerCheckID) string {
	return digits(mac(k, "avow caller digits v1\x00"+string(id)), 6)
}

// RestoreDigits derives the eight digits of a restore's one-time code: the nth that was made for it.
func RestoreDigits(k key.Secret, id RestoreID, n int) string {
	return digits(mac(k, fmt.Sprintf("avow restore digits v1\x00%s\x00%d", id, n)), 8)
}

// digits takes n digits, at most 9, from a MAC. Of 64 bits the remainder is even enough: one part in 10^10.
func digits(m key.Secret, n int) string {
	limit := uint64(1)
	for range n {
		limit *= 10
	}
	return fmt.Sprintf("%0*d", n, binary.BigEndian.Uint64(m)%limit)
}

// NumberMAC is what the database keeps of a match number: six digits could be guessed from a plain hash, so it is keyed with a
// pepper from outside the database and bound to its request.
func NumberMAC(pepper key.Secret, request RequestID, number string) Hash {
	return Hash(mac(pepper, "avow match number v1\x00"+string(request)+"\x00"+number))
}

func mac(secret key.Secret, text string) key.Secret {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}
