package otp

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
)

// motp is a code of Mobile-OTP: the first digits, in hex, of the MD5 of the number of the period in decimal, the secret in hex, and the PIN
// (motp.sourceforge.net, section "Algorithm"). MD5 is broken for signatures; what this needs of it is not. c has a PIN.
func (c Code) motp(step Counter) string {
	text := strconv.AppendUint(nil, uint64(step), 10)
	text = hex.AppendEncode(text, c.Secret)
	text = append(text, c.PIN...)
	sum := md5.Sum(text)
	clear(text)
	return hex.EncodeToString(sum[:])[:c.Digits]
}
