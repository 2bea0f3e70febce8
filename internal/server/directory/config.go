package directory

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/key"
)

// Schema says what the directory's attributes are called and mean.
type Schema string

// The schemas. They are the values of directory.schema.
const (
	LDAP            Schema = "ldap"             // inetOrgPerson (RFC 2798), entryUUID (RFC 4530), ppolicy (draft-behera-ldap-password-policy)
	ActiveDirectory Schema = "active_directory" // MS-ADTS
)

// Encryption says how the connection to an ldap:// address is encrypted; ldaps:// is TLS from the first byte.
type Encryption string

// The ways. They are the values of directory.tls.
const (
	StartTLS     Encryption = "starttls" // the default; a directory without it is not used
	NoEncryption Encryption = "none"     // said explicitly only: passwords travel in the clear
)

// MaxPageSize is the greatest page; Active Directory gives no more than 1000 entries in one.
const MaxPageSize = 1000

// Config says where the directory is and whom to take from it.
type Config struct {
	URL       string         // ldaps://ldap.example.com or ldap://…
	TLS       Encryption     // "" is StartTLS
	CA        *x509.CertPool // who may sign the directory's certificate; nil: the system's authorities
	BindDN    string         // who reads; "": nobody, where the directory allows it
	Password  key.Secret     // of BindDN
	BaseDN    string         // where the users are
	Filter    string         // who of them; "": the schema's own
	Schema    Schema
	PageSize  int           // entries in one answer, 1 to MaxPageSize
	Every     time.Duration // between two reads
	GroupBase string        // only groups below this DN are kept; "": all
}

// Validate tells what is wrong with the settings.
func (c Config) Validate() error {
	u, err := ParseURL(c.URL)
	if err != nil {
		return err
	}
	if c.TLS != StartTLS && c.TLS != NoEncryption && (c.TLS != "" || u.Scheme == "") {
		return fmt.Errorf("directory: encryption %q is not known", c.TLS)
	}
	if c.Schema != LDAP && c.Schema != ActiveDirectory {
		return fmt.Errorf("directory: schema %q is not known", c.Schema)
	}
	if _, err := ldap.ParseDN(c.BaseDN); err != nil || c.BaseDN == "" {
		return errors.New("directory: the base DN is missing or cannot be read")
	}
	if _, err := ldap.ParseDN(c.GroupBase); err != nil {
		return errors.New("directory: the base DN of groups cannot be read")
	}
	if _, err := ldap.CompileFilter(c.filter()); err != nil {
		return fmt.Errorf("directory: the filter cannot be read: %w", err)
	}
	if (c.BindDN == "") != (len(c.Password) == 0) { // a DN without a password would bind as nobody (RFC 4513, section 5.1.2)
		return errors.New("directory: bind DN and password belong together")
	}
	if c.PageSize < 1 || c.PageSize > MaxPageSize || c.Every <= 0 {
		return errors.New("directory: page size or interval is out of range")
	}
	return nil
}

// ParseURL reads the address of a directory: ldap:// or ldaps://, a host, a port if it is not 389 or 636, and nothing else.
func ParseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("directory: %.200q is not an address such as ldaps://ldap.example.com", address)
	}
	return u, nil
}

func (c Config) filter() string {
	switch {
	case c.Filter != "":
		return c.Filter
	case c.Schema == ActiveDirectory:
		return "(&(objectCategory=person)(objectClass=user))"
	}
	return "(objectClass=inetOrgPerson)"
}

// attributes are those that a read asks for.
func (s Schema) attributes() []string {
	common := []string{"displayName", "cn", "mail", "mobile", "telephoneNumber", "preferredLanguage", "memberOf"}
	if s == ActiveDirectory {
		return append(common, "objectGUID", "sAMAccountName", "whenChanged", "userAccountControl", "pwdLastSet", computedExpiry)
	}
	return append(common, "entryUUID", "uid", "modifyTimestamp", "pwdChangedTime", "pwdAccountLockedTime", "pwdPolicySubentry", "nsAccountLock")
}

// computedExpiry is when a password expires as Active Directory itself works it out, with policies for groups of users in it. Windows
// Server 2008 and newer have it.
const computedExpiry = "msDS-UserPasswordExpiryTimeComputed"

// changed is the attribute that tells when an entry was changed last.
func (s Schema) changed() string {
	if s == ActiveDirectory {
		return "whenChanged"
	}
	return "modifyTimestamp"
}

func (s Schema) id() string {
	if s == ActiveDirectory {
		return "objectGUID"
	}
	return "entryUUID"
}
