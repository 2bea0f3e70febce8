package otp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"strings"
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

const (
	yandexHost   = "yaotp"
	yandexIssuer = "Yandex"
	yandexLong   = 26 // bytes of a secret as Yandex prints it: the secret, the user's id, and a checksum in the last 12 bits
)

// parseYandex reads otpauth://yaotp/ACCOUNT?secret=…&pin=…. The PIN is there only in what other authenticators write, as digits or, as Aegis has it,
// in base32.
func parseYandex(u *url.URL, values url.Values) (Code, error) {
	c := Code{Kind: Yandex, Algorithm: SHA256, Digits: YandexDigits, Period: DefaultPeriod}
	var err error
	if c.Issuer, c.Account, err = parseLabel(strings.TrimPrefix(u.Path, "/"), values.Get("issuer")); err != nil {
		return Code{}, err
	}
	if c.Issuer == "" && !strings.Contains(u.Path, ":") {
		c.Issuer = yandexIssuer
	}
	if c.Secret, err = YandexKey(values.Get("secret")); err != nil {
		return Code{}, err
	}
	if pin := values.Get("pin"); pin != "" {
		if c.PIN = Secret(pin); !validPIN(c.PIN) {
			if c.PIN, err = parseSecret(pin); err != nil {
				return Code{}, errPIN
			}
		}
	}
	return c, c.check()
}

// YandexKey reads a secret as Yandex prints it, in base32: 16 bytes, or 26 with a checksum, of which the first 16 are the secret.
func YandexKey(text string) (Secret, error) {
	secret, err := parseSecret(text)
	if err != nil {
		return nil, err
	}
	switch {
	case len(secret) == YandexSecret:
		return secret, nil
	case len(secret) == yandexLong && yandexSum(secret):
		clear(secret[YandexSecret:])
		return secret[:YandexSecret:YandexSecret], nil
	}
	secret.Wipe()
	return nil, errSecret
}

// yandexSum checks the last 12 bits: what is left of all bits before them after division by x^12+x^11+x^7+x^6+x^5+x^4+x+1.
func yandexSum(secret Secret) bool {
	const divisor = 0x18f3
	var left uint16
	for i := range len(secret)*8 - 12 {
		left = left<<1 | uint16(secret[i/8]>>(7-i%8)&1)
		if left&0x1000 != 0 {
			left ^= divisor
		}
	}
	return left == uint16(secret[len(secret)-2]&0xf)<<8|uint16(secret[len(secret)-1])
}

// encodeYandex writes what parseYandex reads, with the PIN where there is one.
func (c Code) encodeYandex() Secret {
	label := c.label()
	if c.Issuer == "" && !strings.HasPrefix(label, ":") {
		label = ":" + label
	}
	text := "otpauth://" + yandexHost + "/" + label + "?secret=" + base32NoPadding.EncodeToString(c.Secret) + c.issuerParameter()
	if c.PIN != nil {
		text += "&pin=" + base32NoPadding.EncodeToString(c.PIN)
	}
	return Secret(text)
}
