package transfer

import (
	"strings"

	"avow/internal/otp"
)

// login is an entry of a password manager that has a code beside its password. Its notes are left where they are: they belong to the
// password, and are where people keep recovery codes.
type login struct {
	title  string // the person's name for it
	user   string
	totp   string // an otpauth or steam link, or only the key in base32
	groups []string
	pinned bool
}

// entry reads the code. A link says itself what it is of; a key alone is of the login's title and user.
func (l login) entry() (entry, error) {
	e := entry{kind: otp.TOTP, issuer: l.title, account: l.user, name: l.title, groups: l.groups, pinned: l.pinned}
	text := strings.TrimSpace(l.totp)
	if !strings.Contains(text, "://") {
		var err error
		e.secret, err = parseSecret(text)
		return e, err
	}
	c, err := otp.Parse(text)
	if err != nil {
		return e, err
	}
	if c.Issuer != "" {
		e.issuer = c.Issuer
	}
	if c.Account != "" {
		e.account = c.Account
	}
	e.kind, e.secret, e.algorithm = c.Kind, c.Secret, c.Algorithm
	e.digits, e.period, e.counter = given(int64(c.Digits)), given(int64(c.Period)), given(int64(c.Counter))
	return e, nil
}

func (f *Found) addLogin(n int, l login) {
	e, err := l.entry()
	f.add(n, e, err)
}
