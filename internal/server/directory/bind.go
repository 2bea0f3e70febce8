package directory

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
	"avow/internal/key"
)

const (
	bindTime    = 5 * time.Second // for all of it
	bindsAtOnce = 2
)

// What Bind answers, beside too_many_tries and ErrUnreachable.
var (
	ErrWrongPassword   = authn.Fail(authn.Forbidden, "wrong_password", "This is not the password of your computer account. Check that capital letters are not locked, and try again.")
	ErrPasswordExpired = authn.Fail(authn.Forbidden, "password_expired", "Your password has expired. Change it on your computer, then try again.")
	ErrAccountLocked   = authn.Fail(authn.Forbidden, "account_locked", "Your account is locked in your organisation's directory. Ask the service desk to unlock it.")
)

// Bind reports whether this is the user's password in the directory, by a bind on a connection of its own. The password goes nowhere else. An
// empty one is refused before anything is asked: the directory would take it for a bind as nobody and say yes (RFC 4513, section 5.1.2). After
// five wrong ones the user waits. Nobody waits for an answer longer than five seconds.
func (s *Service) Bind(ctx context.Context, user authn.User, password key.Secret) error {
	if len(password) == 0 {
		return ErrWrongPassword
	}
	if user.Source != authn.UserDirectory || user.DirectoryID == "" {
		return ErrWrongPassword.Because(errors.New("the user is not one of the directory"))
	}
	back, err := s.guesses.take(user.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bindTime)
	defer cancel()
	select {
	case s.binding <- struct{}{}:
		defer func() { <-s.binding }()
	case <-ctx.Done():
		back()
		return ErrUnreachable.Because(ctx.Err())
	}
	err = s.bind(ctx, user, string(password))
	switch {
	case err == nil:
		s.guesses.right(user.ID)
	case authn.AsError(err).Kind == authn.Unavailable:
		back() // nobody has looked at it
		err = ErrUnreachable.Because(err)
	}
	return err
}

func (s *Service) bind(ctx context.Context, user authn.User, password string) error {
	dn, err := s.find(ctx, user.DirectoryID)
	if err != nil {
		return err
	}
	conn, done, err := s.cfg.dial(ctx)
	if err != nil {
		return err
	}
	defer done()
	answer, err := conn.SimpleBind(ldap.NewSimpleBindRequest(dn, password, []ldap.Control{ldap.NewControlBeheraPasswordPolicy()}))
	var controls []ldap.Control
	if answer != nil {
		controls = answer.Controls
	}
	return verdict(err, controls)
}

// find looks up where the entry is now. Whom the filter no longer takes is not found, and nobody's password is right.
func (s *Service) find(ctx context.Context, id string) (dn string, err error) {
	filter, err := s.cfg.Schema.idFilter(id)
	if err != nil {
		return "", err
	}
	conn, done, err := s.cfg.service(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	found, err := conn.Search(&ldap.SearchRequest{
		BaseDN: s.cfg.BaseDN, Scope: ldap.ScopeWholeSubtree, DerefAliases: ldap.NeverDerefAliases, SizeLimit: 2, TimeLimit: int(bindTime / time.Second),
		Filter: "(&" + s.cfg.filter() + filter + ")", Attributes: []string{s.cfg.Schema.id()}, EnforceSizeLimit: true,
	})
	if err != nil {
		return "", fault(err)
	}
	if len(found.Entries) != 1 || found.Entries[0].DN == "" { // a bind without a name is one as nobody
		return "", ErrAccountLocked.Because(errors.New("the directory does not have the user"))
	}
	return found.Entries[0].DN, nil
}

// Errors of the password policy control (draft-behera-ldap-password-policy-10, section 6.2).
const (
	policyExpired          = 0
	policyLocked           = 1
	policyChangeAfterReset = 2
)

// verdict says what the answer to a bind means.
func verdict(err error, controls []ldap.Control) error {
	policy := int8(-1)
	if c, ok := ldap.FindControl(controls, ldap.ControlTypeBeheraPasswordPolicy).(*ldap.ControlBeheraPasswordPolicy); ok {
		policy = c.Error
	}
	if err == nil {
		if policy == policyChangeAfterReset {
			return ErrPasswordExpired
		}
		return nil
	}
	switch code := ldapCode(err); {
	case code >= ldap.ErrorNetwork:
		return errNoAnswer.Because(err)
	case code == ldap.LDAPResultInvalidCredentials:
		return refusal(err, policy)
	case code == ldap.LDAPResultUnwillingToPerform, code == ldap.LDAPResultInappropriateAuthentication, code == ldap.LDAPResultNoSuchObject:
		return ErrAccountLocked.Because(err) // 389 Directory Server says so of an inactive account; an entry without a password is no better
	case code == ldap.LDAPResultConstraintViolation:
		return ErrAccountLocked.Because(err) // too many wrong ones, there
	}
	return errNoAnswer.Because(err) // busy, unavailable, a referral: nobody has looked at the password
}

// refusal tells a wrong password from an account that may not sign in.
func refusal(err error, policy int8) error {
	switch policy {
	case policyExpired, policyChangeAfterReset:
		return ErrPasswordExpired.Because(err)
	case policyLocked:
		return ErrAccountLocked.Because(err)
	}
	switch activeDirectoryCode(err.Error()) {
	case "532", "773": // ERROR_PASSWORD_EXPIRED, ERROR_PASSWORD_MUST_CHANGE
		return ErrPasswordExpired.Because(err)
	case "533", "701", "775", "530", "531": // disabled, account expired, locked out; not at this hour, not from here
		return ErrAccountLocked.Because(err)
	}
	return ErrWrongPassword.Because(err)
}

// activeDirectoryCode takes the code, in hexadecimal, out of the words of Active Directory: "80090308: LdapErr: DSID-0C090439, comment:
// AcceptSecurityContext error, data 52e, v4563".
func activeDirectoryCode(text string) string {
	_, rest, ok := strings.Cut(text, "AcceptSecurityContext error, data ")
	if !ok {
		return ""
	}
	code, _, ok := strings.Cut(rest, ",")
	if !ok || len(code) > 8 {
		return ""
	}
	return strings.ToLower(code)
}
