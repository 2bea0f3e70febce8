package otp

import (
	"crypto/md5"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
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

const motpScheme = "motp://"

// parseMOTP reads what follows motp:// as servers print it: ISSUER:ACCOUNT?secret=HEX. It is no URL: what stands in the place of the host has a colon
// and may have blanks.
func parseMOTP(rest string) (Code, error) {
	label, query, _ := strings.Cut(rest, "?")
	label, err := url.PathUnescape(strings.TrimSuffix(label, "/"))
	if err != nil || strings.Contains(query, "#") {
		return Code{}, errNotOTPAuth
	}
	values, err := parameters(query)
	if err != nil {
		return Code{}, err
	}
	c := Code{Kind: MOTP, Algorithm: MD5, Digits: MinDigits, Period: MOTPPeriod}
	if c.Issuer, c.Account, err = parseLabel(label, values.Get("issuer")); err != nil {
		return Code{}, err
	}
	secret := strings.NewReplacer(" ", "", "-", "").Replace(values.Get("secret"))
	if secret == "" {
		return Code{}, errNoSecret
	}
	if c.Secret, err = hex.DecodeString(secret); err != nil {
		return Code{}, errSecretHex
	}
	if pin := values.Get("pin"); pin != "" {
		c.PIN = Secret(pin)
	}
	digits, err := number(values.Get("digits"), MinDigits, 3)
	if err != nil {
		return Code{}, errDigits
	}
	period, err := number(values.Get("period"), MOTPPeriod, 9)
	if err != nil {
		return Code{}, errPeriod
	}
	c.Digits, c.Period = Digits(digits), Period(period)
	return c, c.check()
}

// encodeMOTP writes what parseMOTP reads, with the PIN where there is one. Other readers know no digits and period, so they are left out where usual.
func (c Code) encodeMOTP() Secret {
	text := motpScheme + url.PathEscape(c.Issuer) + ":" + url.PathEscape(c.Account) + "?secret=" + hex.EncodeToString(c.Secret)
	if strings.Contains(c.Issuer, ":") {
		text += c.issuerParameter()
	}
	if c.Digits != MinDigits {
		text += "&digits=" + strconv.Itoa(int(c.Digits))
	}
	if c.Period != MOTPPeriod {
		text += "&period=" + strconv.Itoa(int(c.Period))
	}
	if c.PIN != nil {
		text += "&pin=" + string(c.PIN)
	}
	return Secret(text)
}
