package transfer

import (
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// The limits of what is kept of the words in a file; see [Item].
const (
	maxName      = codes.MaxName // characters
	maxNote      = codes.MaxNote
	maxGroups    = codes.MaxGroups
	maxGroupName = codes.MaxGroup
)

// entry is a code as files have it, before it is checked. Numbers of which a file has none are absent.
type entry struct {
	kind      otp.Kind
	issuer    string
	account   string
	secret    otp.Secret // the bytes; see parseSecret
	algorithm otp.Algorithm
	digits    number
	period    number
	counter   number
	pin       otp.Secret // of mOTP and Yandex; empty if the file has none

	name   string
	note   string
	groups []string
	pinned bool
}

// number is one that may be absent: absent, and for digits and period also 0, is what the kind has usually.
type number struct {
	value int64
	given bool
}

func given(n int64) number { return number{n, true} }

// pointer is the number that a JSON member has; null is absent.
func pointer(n *int64) number {
	if n == nil {
		return number{}
	}
	return given(*n)
}

// usual is the form that codes of a kind have if a file does not say: for TOTP and HOTP what otpauth has, for Steam and Yandex
// the only one there is.
func usual(kind otp.Kind) otp.Code {
	c := otp.Code{Kind: kind, Algorithm: otp.SHA1, Digits: otp.MinDigits, Period: otp.DefaultPeriod}
	switch kind {
	case otp.HOTP:
		c.Period = 0
	case otp.Steam:
		c.Digits = otp.SteamDigits
	case otp.MOTP:
		c.Algorithm, c.Period = otp.MD5, otp.MOTPPeriod
	case otp.Yandex:
		c.Algorithm, c.Digits = otp.SHA256, otp.YandexDigits
	}
	return c
}

// item checks the entry. Words are cleaned instead of refused: a code must not be lost for its name, nor for a PIN that a
// person can type again.
func (e entry) item() (Item, error) {
	c := usual(e.kind)
	c.Issuer, c.Account, c.Secret = clean(e.issuer, otp.MaxLabel/2-1), clean(e.account, otp.MaxLabel/2), e.secret
	switch e.kind {
	case otp.Steam: // apps write here what they like
	case otp.Yandex:
		c.Secret = c.Secret[:min(len(c.Secret), otp.YandexSecret)] // a checksum follows, which some apps keep
	case otp.MOTP:
		e.setNumbers(&c)
	default:
		if e.algorithm != "" {
			c.Algorithm = e.algorithm
		}
		e.setNumbers(&c)
	}
	if e.kind.NeedsPIN() && len(e.pin) > 0 {
		c.PIN = e.pin
	}
	err := c.Validate()
	if err != nil && c.PIN != nil {
		c.PIN.Wipe()
		c.PIN = nil
		err = c.Validate()
	}
	if err != nil {
		return Item{}, err
	}
	return Item{Code: c, Name: e.ownName(c), Note: cleanNote(e.note), Groups: cleanGroups(e.groups), Pinned: e.pinned}, nil
}

// setNumbers takes over what the entry says of digits and, of what the kind has of them, period and counter.
func (e entry) setNumbers(c *otp.Code) {
	if e.digits.given && e.digits.value != 0 {
		c.Digits = otp.Digits(bounded(e.digits.value))
	}
	if e.kind == otp.HOTP {
		c.Counter = otp.Counter(e.counter.value) // a negative one is over every limit
		return
	}
	if e.period.given && e.period.value != 0 {
		c.Period = otp.Period(bounded(e.period.value))
	}
}

// bounded keeps a number that is out of every range within an int of 32 bits, where it is still out of range.
func bounded(n int64) int {
	return int(min(max(n, -1), 1<<30))
}

// ownName is the name that the person gave, "" if it says no more than the issuer does.
func (e entry) ownName(c otp.Code) string {
	name := clean(e.name, maxName)
	if strings.EqualFold(name, c.Issuer) {
		return ""
	}
	return name
}

// where names an entry that cannot be read, the n-th from 0.
func where(n int, issuer, account string) string {
	issuer, account = clean(issuer, maxName), clean(account, maxName)
	switch {
	case issuer != "" && account != "":
		return issuer + ": " + account
	case issuer != "" || account != "":
		return issuer + account
	}
	return "#" + strconv.Itoa(n+1)
}

// add checks the n-th entry, from 0, and appends it to what was found or to what is unreadable. err is why it could not
// even be parsed, or nil.
func (f *Found) add(n int, e entry, err error) {
	var item Item
	if err == nil {
		item, err = e.item()
	}
	if err != nil {
		e.secret.Wipe()
		e.pin.Wipe()
		f.Unreadable = append(f.Unreadable, Unreadable{where(n, e.issuer, e.account), asAuthn(err)})
		return
	}
	f.Items = append(f.Items, item)
}

// asAuthn makes sure that a person can read the error.
func asAuthn(err error) error {
	if known := authn.AsError(err); known.Kind != authn.Internal {
		return known
	}
	return errEntry
}

// parseSecret reads base32 as leniently as otpauth links are read.
func parseSecret(base32 string) (otp.Secret, error) {
	code, err := otp.Parse("otpauth://totp/?secret=" + url.QueryEscape(base32))
	return code.Secret, err
}

// parseMOTPSecret reads the secret of an mOTP as its apps show it: lower-case hexadecimal digits, which are hashed as they stand.
// Some take any other text, too, which Code cannot hold.
func parseMOTPSecret(digits string) (otp.Secret, error) {
	secret, err := hex.DecodeString(digits)
	if err != nil || digits != strings.ToLower(digits) {
		return nil, errKind
	}
	return secret, nil
}

// parseAlgorithm reads the names by which apps know the algorithms; "" is SHA1.
func parseAlgorithm(name string) otp.Algorithm {
	name = strings.ToUpper(name)
	for _, cut := range []string{"-", "_"} {
		name = strings.ReplaceAll(name, cut, "")
	}
	if name = strings.TrimPrefix(name, "HMAC"); name == "" {
		return otp.SHA1
	}
	return otp.Algorithm(name)
}

// clean takes away what a label must not have (control characters, those that turn the direction of writing, broken UTF-8,
// white space around) and what is over the limit, in characters.
func clean(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return cut(strings.TrimSpace(text), limit)
}

// cleanNote keeps the lines.
func cleanNote(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.Split(cut(text, maxNote), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(clean(line, maxNote), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// cleanGroups takes each once and no more than fit.
func cleanGroups(groups []string) []string {
	var out []string
	for _, group := range groups {
		group = clean(group, maxGroupName)
		if group != "" && len(out) < maxGroups && !contains(out, group) {
			out = append(out, group)
		}
	}
	return out
}

func contains(list []string, text string) bool {
	for _, other := range list {
		if other == text {
			return true
		}
	}
	return false
}

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:limit]))
}
