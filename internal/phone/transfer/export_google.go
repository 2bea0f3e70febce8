package transfer

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net/url"

	"avow/internal/otp"
)

// The size of a part: Google puts ten codes into one QR code, and a phone reads what has fewer bytes from further away.
const (
	googleCodes = 10
	googleBytes = 500 // of the message; with base64 and its escapes some 700 characters
)

// googleCarries: the form has no periods, no other digits and no other kinds.
func googleCarries(item Item) error {
	c := item.Code
	switch {
	case c.Kind != otp.TOTP && c.Kind != otp.HOTP, c.Kind == otp.TOTP && c.Period != otp.DefaultPeriod, c.Digits != 6 && c.Digits != 8:
		return errNotCarried
	case len(c.Issuer) > 0 && len([]rune(c.Issuer)) > otp.MaxLabel/2-1, len([]rune(c.Account)) > otp.MaxLabel/2:
		return errNameLong
	}
	return nil
}

// writeGoogle writes the texts of the QR codes that Google Authenticator shows for a transfer, as its parts; see migration.
func writeGoogle(_ context.Context, x *Export, items []Item, _ ExportOptions) (func(context.Context) (Found, error), error) {
	var parts [][]byte // messages without the end that numbers them
	count := 0
	for _, item := range items {
		p := googleParameters(item.Code)
		last := len(parts) - 1
		if last < 0 || count == googleCodes || len(parts[last])+len(p) > googleBytes {
			parts, count, last = append(parts, nil), 0, last+1
		}
		parts[last] = appendBytes(parts[last], 1, p)
		count++
		clear(p)
	}
	if len(parts) > maxParts {
		return nil, ErrTooMany
	}
	var random [4]byte
	rand.Read(random[:])
	id := uint64(binary.BigEndian.Uint32(random[:]) >> 1)
	for index, message := range parts {
		message = appendNumber(message, 2, 1) // version
		message = appendNumber(message, 3, uint64(len(parts)))
		message = appendNumber(message, 4, uint64(index))
		message = appendNumber(message, 5, id)
		x.texts = append(x.texts, otp.Secret("otpauth-migration://offline?data="+url.QueryEscape(base64.StdEncoding.EncodeToString(message))))
		clear(message)
	}
	x.file = joinLines(x.texts)
	return func(context.Context) (Found, error) {
		texts := make([]string, len(x.texts))
		for i, text := range x.texts {
			texts[i] = string(text)
		}
		return ReadParts(texts)
	}, nil
}

func googleParameters(c otp.Code) []byte {
	out := appendBytes(nil, 1, c.Secret)
	name := c.Account
	if issuer, account := splitLabel(c.Issuer, name); issuer != c.Issuer || account != name {
		name = c.Issuer + ":" + name // so that nobody takes the front of the account for the issuer
	}
	out = appendBytes(out, 2, []byte(name))
	out = appendBytes(out, 3, []byte(c.Issuer))
	out = appendNumber(out, 4, map[otp.Algorithm]uint64{otp.SHA1: 1, otp.SHA256: 2, otp.SHA512: 3}[c.Algorithm])
	out = appendNumber(out, 5, map[otp.Digits]uint64{6: 1, 8: 2}[c.Digits])
	if c.Kind == otp.HOTP {
		return appendNumber(appendNumber(out, 6, 1), 7, uint64(c.Counter))
	}
	return appendNumber(out, 6, 2)
}

// appendBytes and appendNumber write one field of a protobuf message.
func appendBytes(b []byte, number uint64, content []byte) []byte {
	b = binary.AppendUvarint(b, number<<3|uint64(wireBytes))
	return append(binary.AppendUvarint(b, uint64(len(content))), content...)
}

func appendNumber(b []byte, number, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, number<<3|uint64(wireVarint)), value)
}
