// Package otp makes and verifies one-time passwords: HOTP (RFC 4226), TOTP (RFC 6238), Steam's variant of it, mOTP and
// Yandex, and reads and writes the otpauth URIs in which services hand out their secrets (the Key URI Format of Google
// Authenticator, for which there is no RFC).
//
// It keeps no state and has no clock: the caller hands in the time, remembers the step or counter that was used, and
// refuses it the next time.
package otp

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
)

// Secret is the shared secret K of RFC 4226 as bytes, not base32. It redacts itself.
type Secret = key.Secret

// Kind says how a code moves on. It is stored: append, never rename.
type Kind string

// The kinds.
const (
	HOTP   Kind = "hotp"   // by a counter, RFC 4226
	TOTP   Kind = "totp"   // by the time, RFC 6238
	Steam  Kind = "steam"  // by the time, five characters of Steam's alphabet
	MOTP   Kind = "motp"   // by the time and a PIN, hex digits of an MD5
	Yandex Kind = "yandex" // by the time and a PIN, eight letters
)

// NeedsPIN reports whether codes of the kind are made of a PIN, too, which the QR code of the service does not hold.
func (k Kind) NeedsPIN() bool { return k == MOTP || k == Yandex }

// Algorithm is the hash of the HMAC, as otpauth URIs spell it. It is stored: append, never rename.
type Algorithm string

// The algorithms of RFC 6238, section 1.2, and the one of mOTP, which no other kind may have.
const (
	SHA1   Algorithm = "SHA1"
	SHA256 Algorithm = "SHA256"
	SHA512 Algorithm = "SHA512"
	MD5    Algorithm = "MD5"
)

type (
	// Digits is the length of a code: 6 to 10, for Steam 5, for Yandex 8 letters.
	Digits int
	// Period is the time step X of RFC 6238 in seconds: 5 to 3600, most often 30.
	Period int
	// Counter is the moving factor C of RFC 4226, at most [MaxCounter].
	Counter uint64
	// Step is the number of periods since 1970, T of RFC 6238.
	Step int64
	// LookAhead is the window s of RFC 4226, section 7.4: how many counters beyond the next are tried. At most 100.
	LookAhead int
	// Skew is how many steps before and after the present one are tried (RFC 6238, section 5.2). At most 10.
	Skew int
)

// The limits of what is accepted.
const (
	MinDigits, MaxDigits = 6, 10
	SteamDigits          = 5
	YandexDigits         = 8
	MinPeriod, MaxPeriod = 5, 3600
	DefaultPeriod        = 30
	MOTPPeriod           = 10
	YandexSecret         = 16 // bytes
	MinPIN, MaxPIN       = 4, 16
	MaxLabel             = 256 // characters of issuer, colon and account together
	MaxSecret            = 256 // bytes
	MaxCounter           = Counter(1<<63 - 1)
	weakBits             = 80
	maxLookAhead         = 100
	maxSkew              = 10
)

// Code is the credential of another service. Validate says whether it can be used.
type Code struct {
	Kind      Kind
	Issuer    string // the service; may be empty
	Account   string // the person's name there; may be empty
	Secret    Secret
	Algorithm Algorithm
	Digits    Digits
	Period    Period  // 0 for HOTP
	Counter   Counter // HOTP: the next one to use; 0 for the others
	PIN       Secret  // mOTP and Yandex: what the person chose at the service; nil for the others. Without it [Code.Generate] fails
}

// Warning is something a person should know about a code that works.
type Warning string

// WeakSecret warns of a secret under 80 bits; RFC 4226, section 4 (R6), demands 128.
const WeakSecret Warning = "weak_secret"

// Warnings are what is wrong with a valid code without keeping it from working.
func (c Code) Warnings() []Warning {
	if len(c.Secret)*8 < weakBits {
		return []Warning{WeakSecret}
	}
	return nil
}

// The reasons for which a code is refused.
var (
	errNotOTPAuth = authn.Fail(authn.Invalid, "otp_not_a_link", "This is not a link for one-time codes. Scan the QR code that the service shows, or type its key.")
	errKind       = authn.Fail(authn.Invalid, "otp_kind_unknown", "The service wants a kind of code that this app does not know. Ask it for time-based codes (TOTP).")
	errTwice      = authn.Fail(authn.Invalid, "otp_parameter_twice", "Something is said twice in it, so nobody can tell what is meant. Ask the service to show a new QR code.")
	errNoSecret   = authn.Fail(authn.Invalid, "otp_secret_missing", "There is no key in it. Ask the service to show a new QR code.")
	errSecret     = authn.Fail(authn.Invalid, "otp_secret_invalid", "The key is damaged: only the letters A to Z and the digits 2 to 7 belong in it. Copy it again.")
	errSecretHex  = authn.Fail(authn.Invalid, "otp_secret_not_hex", "The key is damaged: only the digits 0 to 9 and the letters A to F belong in it. Copy it again.")
	errAlgorithm  = authn.Fail(authn.Invalid, "otp_algorithm_unknown", "The service wants a method that this app does not know. Ask it for codes with SHA-1, SHA-256 or SHA-512.")
	errDigits     = authn.Fail(authn.Invalid, "otp_digits_invalid", "The service wants codes of a length that is not allowed. Codes have 6 to 10 digits.")
	errPeriod     = authn.Fail(authn.Invalid, "otp_period_invalid", "The service wants codes that change too often or too seldom. They change every 5 seconds at most, and once an hour at least.")
	errCounter    = authn.Fail(authn.Invalid, "otp_counter_invalid", "The counter of the code is damaged or used up. Ask the service to show a new QR code.")
	errLabel      = authn.Fail(authn.Invalid, "otp_label_invalid", "The name of the service or account is too long or damaged. Type the key in and choose a shorter name.")
	errTime       = authn.Fail(authn.Invalid, "otp_time_invalid", "The clock is set to a time before 1970. Set it right and try again.")
	errWindow     = authn.Fail(authn.Internal, "otp_window_invalid", "Codes cannot be checked with these settings. Tell the service desk.")
	errPIN        = authn.Fail(authn.Invalid, "otp_pin_invalid", "A PIN of this service has 4 to 16 digits. Type the one that you chose there.")
	// ErrNoPIN is the answer where a code is valid and yet cannot be made: the person has to type its PIN first.
	ErrNoPIN = authn.Fail(authn.Invalid, "otp_pin_missing", "Codes of this service are made with the PIN that you chose there. Type it once.")
	// ErrWrongCode is the answer to a code that is not the expected one, or no code at all.
	ErrWrongCode = authn.Fail(authn.Unauthorized, "otp_wrong", "The code is wrong or too old. Type the one that is shown now.")
)

// Validate returns nil for a code that can be used, otherwise an authn.Error that says what is wrong.
func (c Code) Validate() error {
	if len(c.Secret) == 0 {
		return errNoSecret
	}
	if len(c.Secret) > MaxSecret {
		return errSecret
	}
	if !validLabel(c.Issuer, c.Account) {
		return errLabel
	}
	if c.PIN != nil && (!c.Kind.NeedsPIN() || !validPIN(c.PIN)) {
		return errPIN
	}
	switch c.Kind {
	case HOTP:
		return c.validateHOTP()
	case TOTP:
		return c.validateTOTP()
	case MOTP:
		return c.validateMOTP()
	case Yandex:
		return c.validateYandex()
	case Steam:
		if c.Algorithm != SHA1 || c.Digits != SteamDigits || c.Period != DefaultPeriod || c.Counter != 0 {
			return errKind
		}
		return nil
	}
	return errKind
}

func (c Code) validateHOTP() error {
	if c.Counter > MaxCounter || c.Period != 0 {
		return errCounter
	}
	return c.validateForm()
}

func (c Code) validateTOTP() error {
	if c.Period < MinPeriod || c.Period > MaxPeriod {
		return errPeriod
	}
	if c.Counter != 0 {
		return errCounter
	}
	return c.validateForm()
}

func (c Code) validateForm() error {
	if c.Digits < MinDigits || c.Digits > MaxDigits {
		return errDigits
	}
	if _, known := algorithms[c.Algorithm]; !known {
		return errAlgorithm
	}
	return nil
}

func (c Code) validateMOTP() error {
	if c.Algorithm != MD5 || c.Digits < MinDigits || c.Digits > MaxDigits || c.Counter != 0 {
		return errKind
	}
	if c.Period < MinPeriod || c.Period > MaxPeriod {
		return errPeriod
	}
	return nil
}

func (c Code) validateYandex() error {
	if c.Algorithm != SHA256 || c.Digits != YandexDigits || c.Period != DefaultPeriod || c.Counter != 0 {
		return errKind
	}
	if len(c.Secret) != YandexSecret {
		return errSecret
	}
	return nil
}

func validPIN(pin Secret) bool {
	if len(pin) < MinPIN || len(pin) > MaxPIN {
		return false
	}
	for _, b := range pin {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

// validLabel refuses what a label cannot carry there and back, and what would make a screen lie: control characters and
// those that turn the direction of writing.
func validLabel(issuer, account string) bool {
	if utf8.RuneCountInString(issuer)+1+utf8.RuneCountInString(account) > MaxLabel {
		return false
	}
	for _, part := range []string{issuer, account} {
		if !utf8.ValidString(part) || strings.TrimSpace(part) != part {
			return false
		}
		for _, r := range part {
			if unicode.IsControl(r) || r >= 0x80 && unicode.Is(unicode.Bidi_Control, r) {
				return false
			}
		}
	}
	return true
}
