package otp

import (
	"net/url"
	"strconv"
	"strings"
)

// maxURI is the longest that Encode writes, and more than any QR code holds.
const maxURI = 8192

// Parse reads what services print in their QR codes: otpauth://totp|hotp|steam/ISSUER:ACCOUNT?secret=…&issuer=…, by the Key
// URI Format of Google Authenticator, and steam://SECRET. Missing are taken as SHA1, 6 digits, 30 seconds, counter 0. It also
// reads otpauth://yaotp/…, as Yandex prints it, and motp://ISSUER:ACCOUNT?secret=HEX, as servers of mOTP do; either may have
// no PIN, which the person then types.
//
// Services differ, so this takes: the issuer before the account, as parameter, or both, of which the parameter counts (if
// they differ, the label stays whole as the account, as with Microsoft); spaces after the colon; a secret with spaces,
// hyphens, padding, in lower case; names of parameters in any case. A secret under 80 bits is taken too and found by [Code.Warnings]. It refuses a parameter
// that is given twice and everything that [Code.Validate] refuses. Parameters that it does not know, such as a picture of
// the service, are left out. No error holds any part of the URI, for the secret is in it.
func Parse(uri string) (Code, error) {
	if len(uri) > maxURI {
		return Code{}, errNotOTPAuth
	}
	uri = strings.TrimSpace(uri)
	if hasPrefixFold(uri, motpScheme) {
		return parseMOTP(uri[len(motpScheme):])
	}
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return Code{}, errNotOTPAuth
	}
	switch u.Scheme { // url.Parse has made it lower case
	case "otpauth":
		return parseOTPAuth(u)
	case "steam":
		return parseSteam(u)
	}
	return Code{}, errNotOTPAuth
}

func parseSteam(u *url.URL) (Code, error) {
	if u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return Code{}, errNotOTPAuth
	}
	c := Code{Kind: Steam, Issuer: "Steam", Algorithm: SHA1, Digits: SteamDigits, Period: DefaultPeriod}
	var err error
	if c.Secret, err = parseSecret(u.Host); err != nil {
		return Code{}, err
	}
	return c, c.check()
}

func parseOTPAuth(u *url.URL) (Code, error) {
	values, err := parameters(u.RawQuery)
	if err != nil {
		return Code{}, err
	}
	if strings.EqualFold(u.Host, yandexHost) {
		return parseYandex(u, values)
	}
	c := Code{Kind: Kind(strings.ToLower(u.Host)), Algorithm: SHA1, Digits: MinDigits}
	if c.Kind == TOTP && strings.EqualFold(values.Get("encoder"), "steam") {
		c.Kind = Steam
	}
	if c.Issuer, c.Account, err = parseLabel(strings.TrimPrefix(u.Path, "/"), values.Get("issuer")); err != nil {
		return Code{}, err
	}
	if c.Secret, err = parseSecret(values.Get("secret")); err != nil {
		return Code{}, err
	}
	if c.Algorithm, err = parseAlgorithm(values.Get("algorithm")); err != nil {
		return Code{}, err
	}
	if err := c.parseNumbers(values); err != nil {
		return Code{}, err
	}
	return c, c.check()
}

// parameters reads a query. Names are lower case then; one that is given twice is refused, since two readers could take different ones.
func parameters(query string) (url.Values, error) {
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, errNotOTPAuth
	}
	values := make(url.Values, len(given))
	for name, list := range given {
		name = strings.ToLower(name)
		if len(list) > 1 || values.Has(name) {
			return nil, errTwice
		}
		values[name] = list
	}
	return values, nil
}

// check is Validate with the secret wiped if c is refused.
func (c *Code) check() error {
	err := c.Validate()
	if err != nil {
		c.Secret.Wipe()
		c.PIN.Wipe()
		*c = Code{}
	}
	return err
}

// parseNumbers reads what the kind has: a parameter of another kind (a period for HOTP, a counter for TOTP) is common and
// means nothing.
func (c *Code) parseNumbers(values url.Values) error {
	digits, err := number(values.Get("digits"), uint64(c.defaultDigits()), 3)
	if err != nil {
		return errDigits
	}
	c.Digits = Digits(digits)
	if c.Kind == HOTP {
		counter, err := number(values.Get("counter"), 0, 19)
		if err != nil {
			return errCounter
		}
		c.Counter = Counter(counter)
		return nil
	}
	period, err := number(values.Get("period"), DefaultPeriod, 9)
	if err != nil {
		return errPeriod
	}
	c.Period = Period(period)
	return nil
}

func (c *Code) defaultDigits() Digits {
	if c.Kind == Steam {
		return SteamDigits
	}
	return MinDigits
}

// number reads at most the given number of digits, no sign.
func number(text string, missing uint64, length int) (uint64, error) {
	if text == "" {
		return missing, nil
	}
	if len(text) > length {
		return 0, strconv.ErrRange
	}
	return strconv.ParseUint(text, 10, 64)
}

// parseLabel parts "ISSUER:ACCOUNT" by the rules that [Parse] states.
func parseLabel(label, parameter string) (issuer, account string, err error) {
	if len(label) > 4*MaxLabel {
		return "", "", errLabel
	}
	issuer, label = strings.TrimSpace(parameter), strings.TrimSpace(label)
	prefix, rest, parted := strings.Cut(label, ":")
	prefix, rest = strings.TrimSpace(prefix), strings.TrimSpace(rest)
	switch {
	case issuer == "" && parted:
		issuer, account = prefix, rest
	case parted && strings.EqualFold(prefix, issuer):
		account = rest
	case hasPrefixFold(label, issuer+":"): // an issuer that has a colon itself
		account = strings.TrimSpace(label[len(issuer)+1:])
	default:
		account = label
	}
	if !validLabel(issuer, account) {
		return "", "", errLabel
	}
	return issuer, account, nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// parseSecret reads base32 (RFC 4648, section 6) as people copy it. Bits beyond the last whole byte are dropped, since
// other authenticators do so, and services hand out secrets of such lengths.
func parseSecret(text string) (Secret, error) {
	text = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text))
	text = strings.TrimRight(text, "=")
	if text == "" {
		return nil, errNoSecret
	}
	if len(text) > (MaxSecret*8+4)/5 {
		return nil, errSecret
	}
	secret := make(Secret, 0, len(text)*5/8)
	buffer, bits := uint32(0), 0
	for i := range len(text) {
		c := text[i]
		switch {
		case 'A' <= c && c <= 'Z':
			buffer = buffer<<5 | uint32(c-'A')
		case '2' <= c && c <= '7':
			buffer = buffer<<5 | uint32(c-'2'+26)
		default:
			secret.Wipe()
			return nil, errSecret
		}
		if bits += 5; bits >= 8 {
			bits -= 8
			secret = append(secret, byte(buffer>>bits))
			buffer &= 1<<bits - 1
		}
	}
	if len(secret) == 0 {
		return nil, errNoSecret
	}
	return secret, nil
}

// parseAlgorithm also takes the names HMACSHA1 and SHA-1 that some services print.
func parseAlgorithm(text string) (Algorithm, error) {
	text = strings.TrimPrefix(strings.ReplaceAll(strings.ToUpper(text), "-", ""), "HMAC")
	if text == "" {
		return SHA1, nil
	}
	if _, known := algorithms[Algorithm(text)]; !known {
		return "", errAlgorithm
	}
	return Algorithm(text), nil
}

// Encode writes the one URI that this package has for a code, with every parameter: Parse(Encode(c)) is c. It is a Secret
// because the code's secret is in it. Steam is written as TOTP with encoder=steam, which KeePassXC and others read.
//
// It fails as [Code.Validate] does.
func (c Code) Encode() (Secret, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	switch c.Kind {
	case MOTP:
		return c.encodeMOTP(), nil
	case Yandex:
		return c.encodeYandex(), nil
	}
	var out strings.Builder
	kind := c.Kind
	if kind == Steam {
		kind = TOTP
	}
	out.WriteString("otpauth://" + string(kind) + "/" + c.label())
	out.WriteString("?secret=" + base32NoPadding.EncodeToString(c.Secret) + c.issuerParameter())
	out.WriteString("&algorithm=" + string(c.Algorithm) + "&digits=" + strconv.Itoa(int(c.Digits)))
	if c.Kind == HOTP {
		out.WriteString("&counter=" + strconv.FormatUint(uint64(c.Counter), 10))
	} else {
		out.WriteString("&period=" + strconv.Itoa(int(c.Period)))
	}
	if c.Kind == Steam {
		out.WriteString("&encoder=steam")
	}
	return Secret(out.String()), nil
}

// label is "ISSUER:ACCOUNT" for a URI.
func (c Code) label() string {
	label := c.Account
	switch {
	case c.Issuer != "":
		label = c.Issuer + ":" + c.Account
	case strings.Contains(c.Account, ":"):
		label = ":" + c.Account // so that nobody takes the first half for the issuer
	}
	return url.PathEscape(label)
}

func (c Code) issuerParameter() string {
	if c.Issuer == "" {
		return ""
	}
	return "&issuer=" + strings.ReplaceAll(url.QueryEscape(c.Issuer), "+", "%20") // some readers keep a plus
}
