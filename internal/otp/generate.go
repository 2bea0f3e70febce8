package otp

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

var algorithms = map[Algorithm]otp.Algorithm{
	SHA1:   otp.AlgorithmSHA1,
	SHA256: otp.AlgorithmSHA256,
	SHA512: otp.AlgorithmSHA512,
}

var base32NoPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Generate is the code to type: the one at now, for HOTP that of c.Counter, after which the caller keeps Counter+1. It fails if
// c is not valid or now is before 1970, and with ErrNoPIN where the PIN is missing.
func (c Code) Generate(now time.Time) (string, error) {
	if err := c.ready(); err != nil {
		return "", err
	}
	moving := c.Counter
	if c.Kind != HOTP {
		step, err := c.Step(now)
		if err != nil {
			return "", err
		}
		moving = Counter(step)
	}
	return c.at(moving)
}

// ready is Validate and asks for the PIN, too.
func (c Code) ready() error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.Kind.NeedsPIN() && c.PIN == nil {
		return ErrNoPIN
	}
	return nil
}

// Step is the number of the period that now is in (RFC 6238, section 4.2: T with T0 = 0). c is valid and not HOTP.
func (c Code) Step(now time.Time) (Step, error) {
	if c.Kind == HOTP || c.Period <= 0 {
		return 0, errPeriod
	}
	if now.Unix() < 0 {
		return 0, errTime
	}
	return Step(now.Unix() / int64(c.Period)), nil
}

// Until is when the code at now gives way to the next. c is valid and not HOTP.
func (c Code) Until(now time.Time) (time.Time, error) {
	step, err := c.Step(now)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(step+1)*int64(c.Period), 0), nil
}

// VerifyTime checks a typed code of any kind but HOTP against now and skew steps to either side, and gives the step that it
// belongs to. A code works once: the caller refuses a step not after the last one used, in the same update that keeps the
// new one (RFC 6238, section 5.2). All steps are compared, in constant time. Of several that match, the oldest counts,
// so that the newer ones stay usable.
//
// Errors: ErrWrongCode, or those of [Code.Validate] and [Code.Step].
func (c Code) VerifyTime(typed string, now time.Time, skew Skew) (Step, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	if skew < 0 || skew > maxSkew {
		return 0, errWindow
	}
	present, err := c.Step(now)
	if err != nil {
		return 0, err
	}
	oldest := max(present-Step(skew), 0)
	offset, err := c.match(typed, Counter(oldest), int(present+Step(skew)-oldest)+1)
	return oldest + Step(offset), err
}

// VerifyCounter checks a typed HOTP code against c.Counter and lookAhead counters beyond it (RFC 4226, section 7.4), and
// gives the counter to keep from now on: the one after the match. All are compared, in constant time.
//
// Errors: ErrWrongCode, or those of [Code.Validate].
func (c Code) VerifyCounter(typed string, lookAhead LookAhead) (Counter, error) {
	if err := c.Validate(); err != nil {
		return 0, err
	}
	if c.Kind != HOTP {
		return 0, errCounter
	}
	if lookAhead < 0 || lookAhead > maxLookAhead {
		return 0, errWindow
	}
	left := MaxCounter - c.Counter // the last counter is never used: none would follow it
	offset, err := c.match(typed, c.Counter, int(min(Counter(lookAhead)+1, left)))
	if err != nil {
		return 0, err
	}
	return c.Counter + Counter(offset) + 1, nil
}

// match is the first of count moving factors from first on whose code is the typed one. It always makes and compares all
// of them, so that the time tells nothing of which one it was.
func (c Code) match(typed string, first Counter, count int) (offset int, err error) {
	if typed = clean(typed); c.Kind.NeedsPIN() { // their codes have small letters
		typed = strings.ToLower(typed)
	}
	found := 0
	for i := range count {
		want, err := c.at(first + Counter(i))
		if err != nil {
			return 0, err
		}
		same := subtle.ConstantTimeCompare([]byte(typed), []byte(want))
		offset = subtle.ConstantTimeSelect(same&^found, i, offset)
		found |= same
	}
	if found == 0 {
		return 0, ErrWrongCode
	}
	return offset, nil
}

// clean takes away the gaps with which codes are shown and read out.
func clean(typed string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "-", "").Replace(strings.TrimSpace(typed)))
}

// at is the code for a moving factor. c is valid.
func (c Code) at(moving Counter) (string, error) {
	switch c.Kind {
	case MOTP:
		return c.motp(moving), nil
	case Yandex:
		return c.yandex(moving), nil
	}
	options := hotp.ValidateOpts{Digits: otp.Digits(c.Digits), Algorithm: algorithms[c.Algorithm]}
	if c.Kind == Steam {
		options.Encoder = otp.EncoderSteam
	}
	code, err := hotp.GenerateCodeCustom(base32NoPadding.EncodeToString(c.Secret), uint64(moving), options)
	if err != nil {
		return "", fmt.Errorf("generate one-time code: %w", err)
	}
	return code, nil
}
