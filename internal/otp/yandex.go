package otp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// yandex is a code of Yandex.Key: HMAC-SHA256 of the period's number, keyed by the SHA-256 of PIN and secret, truncated as in RFC 4226 but to
// 63 bits, as eight letters. Yandex publishes nothing; this is what the free authenticators that read its codes agree on. c has a PIN.
func (c Code) yandex(step Counter) string {
	h := sha256.New()
	h.Write(c.PIN)
	h.Write(c.Secret)
	key := h.Sum(nil)
	defer clear(key)
	if key[0] == 0 { // the original keeps the key as a number, so a leading zero goes
		key = key[1:]
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint64(sum[at:]) & (1<<63 - 1)
	var out [YandexDigits]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = 'a' + byte(n%26)
		n /= 26
	}
	return string(out[:])
}
