package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
)

// Person is a user as the directory has her.
type Person struct {
	ID                string // entryUUID or objectGUID
	DN                string
	Login             string
	Name              string
	Mail              string
	Phone             string // E.164; "" when there is none that can be called from everywhere
	Language          string // "de"; "" when the directory does not tell
	Groups            []string
	Disabled          bool
	PasswordChangedAt time.Time // zero: unknown
	PasswordExpiresAt time.Time // zero: never, or unknown
	ChangedAt         time.Time // of the entry, by the directory's clock; zero: unknown
}

// Bits of userAccountControl (MS-ADTS 2.2.16).
const (
	accountDisabled     = 0x2
	passwordNeverExpire = 0x10000
)

// lockedForEver is the pwdAccountLockedTime of an account that only an administrator unlocks (draft-behera-ldap-password-policy-10,
// section 5.3.3). Any other value is a lock after wrong passwords, which ends by itself and is the bind's affair.
const lockedForEver = "000001010000Z"

// entry reads attributes without regard to the case of their names, and with options ("memberOf;range=0-1499") as without.
type entry struct{ *ldap.Entry }

func (e entry) raw(name string) []byte {
	for _, a := range e.Attributes {
		base, _, _ := strings.Cut(a.Name, ";")
		if strings.EqualFold(base, name) && len(a.ByteValues) > 0 {
			return a.ByteValues[0]
		}
	}
	return nil
}

func (e entry) text(name string, most int) string { return authn.CleanText(string(e.raw(name)), most) }

func (e entry) all(name string) (values []string) {
	for _, a := range e.Attributes {
		if base, _, _ := strings.Cut(a.Name, ";"); strings.EqualFold(base, name) {
			values = append(values, a.Values...)
		}
	}
	return values
}

// entryID reads the id alone.
func (s Schema) entryID(e entry) (string, error) {
	if s == ActiveDirectory {
		return parseGUID(e.raw("objectGUID"))
	}
	return parseUUID(string(e.raw("entryUUID")))
}

// reader turns entries into persons.
type reader struct {
	schema    Schema
	groupBase *ldap.DN // nil: groups from everywhere
	ages      ages
}

// person reads an entry strictly. Its error says what is wrong and names no value that could be a secret. When the id could be read it is in the person
// all the same.
func (r reader) person(from *ldap.Entry) (Person, error) {
	e := entry{from}
	p := Person{DN: from.DN}
	var err error
	if p.ID, err = r.schema.entryID(e); err != nil {
		return p, err
	}
	login := "uid"
	if r.schema == ActiveDirectory {
		login = "sAMAccountName"
	}
	p.Login = string(e.raw(login))
	p.Name = e.text("displayName", 128)
	if p.Name == "" {
		p.Name = e.text("cn", 128)
	}
	if p.Name == "" {
		p.Name = p.Login
	}
	p.Mail = strings.TrimSpace(string(e.raw("mail")))
	if p.Phone = parsePhone(string(e.raw("mobile"))); p.Phone == "" {
		p.Phone = parsePhone(string(e.raw("telephoneNumber")))
	}
	p.Language = parseLanguage(string(e.raw("preferredLanguage")))
	p.Groups = r.groups(e.all("memberOf"))
	if err := (authn.User{Login: p.Login, Mail: p.Mail}).Validate(); err != nil {
		return p, errors.New(authn.AsError(err).Message)
	}
	if at := string(e.raw(r.schema.changed())); at != "" {
		if p.ChangedAt, err = parseGeneralizedTime(at); err != nil {
			return p, fmt.Errorf("%s: %w", r.schema.changed(), err)
		}
	}
	if r.schema == ActiveDirectory {
		return p, r.activeDirectory(e, &p)
	}
	return p, r.ldap(e, &p)
}

// activeDirectory reads what stands in userAccountControl and pwdLastSet.
func (r reader) activeDirectory(e entry, p *Person) error {
	control, err := parseInteger(string(e.raw("userAccountControl")))
	if err != nil {
		return fmt.Errorf("userAccountControl: %w", err)
	}
	p.Disabled = control&accountDisabled != 0
	if set := string(e.raw("pwdLastSet")); set != "" {
		if p.PasswordChangedAt, err = parseFiletime(set); err != nil {
			return fmt.Errorf("pwdLastSet: %w", err)
		}
	}
	if control&passwordNeverExpire != 0 {
		return nil
	}
	if at := string(e.raw(computedExpiry)); at != "" {
		if p.PasswordExpiresAt, err = parseFiletime(at); err != nil {
			return fmt.Errorf("%s: %w", computedExpiry, err)
		}
		return nil
	}
	p.PasswordExpiresAt = expiry(p.PasswordChangedAt, r.ages.usual)
	return nil
}

// ldap reads what ppolicy and 389 Directory Server keep.
func (r reader) ldap(e entry, p *Person) (err error) {
	p.Disabled = string(e.raw("pwdAccountLockedTime")) == lockedForEver || strings.EqualFold(string(e.raw("nsAccountLock")), "true")
	if at := string(e.raw("pwdChangedTime")); at != "" {
		if p.PasswordChangedAt, err = parseGeneralizedTime(at); err != nil {
			return fmt.Errorf("pwdChangedTime: %w", err)
		}
	}
	p.PasswordExpiresAt = expiry(p.PasswordChangedAt, r.ages.of(string(e.raw("pwdPolicySubentry"))))
	return nil
}

func expiry(changed time.Time, age time.Duration) time.Time {
	if changed.IsZero() || age == 0 {
		return time.Time{}
	}
	if at := changed.Add(age); storable(at) {
		return at
	}
	return time.Time{}
}

// groups are the names of groups, sorted, each once.
func (r reader) groups(dns []string) []string {
	var names []string
	for _, text := range dns {
		dn, err := ldap.ParseDN(text)
		if err != nil || r.groupBase != nil && !r.groupBase.AncestorOfFold(dn) {
			continue
		}
		if name := groupName(dn); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxGroups)]
}
