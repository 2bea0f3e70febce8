package authn

import (
	"crypto/hmac"
	"crypto/sha256"

	"avow/internal/key"
)

// SessionSecret derives the 128 bits in the QR of a registration session from the secret of its page.
func SessionSecret(page key.Secret) key.Secret {
	return mac(page, "avow registration session v1")[:16]
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
