package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ages says how long passwords are good: Active Directory's maxPwdAge, or pwdMaxAge of the policies of an LDAP directory.
type ages struct {
	usual  time.Duration            // of those without a policy of their own; 0: they do not expire, or nobody tells
	policy map[string]time.Duration // by the DN of the policy, as dnKey has it
}

// of is the age by the policy of this DN; of the usual one for "".
func (a ages) of(dn string) time.Duration {
	if dn == "" {
		return a.usual
	}
	return a.policy[dnKey(dn)] // a policy that cannot be read tells nothing
}

func dnKey(text string) string {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return text
	}
	return strings.ToLower(dn.String())
}

// readAges asks the domain's object, or the policies. A directory that does not show them is none the worse: then the app warns of no
// expiry. A value that cannot be read is a fault.
func (c Config) readAges(conn *ldap.Conn) (ages, error) {
	root, err := conn.Search(baseSearch("", "(objectClass=*)", "defaultNamingContext", "namingContexts"))
	if err != nil {
		return ages{}, fault(err)
	}
	var dse entry
	if len(root.Entries) == 1 {
		dse = entry{root.Entries[0]}
	} else {
		dse = entry{&ldap.Entry{}}
	}
	if c.Schema == ActiveDirectory {
		return c.domainAge(conn, string(dse.raw("defaultNamingContext")))
	}
	return c.policyAges(conn, c.contextOf(dse.all("namingContexts")))
}

func baseSearch(dn, filter string, attributes ...string) *ldap.SearchRequest {
	return &ldap.SearchRequest{
		BaseDN: dn, Scope: ldap.ScopeBaseObject, DerefAliases: ldap.NeverDerefAliases, SizeLimit: 1, TimeLimit: int(requestTime / time.Second),
		Filter: filter, Attributes: attributes, EnforceSizeLimit: true,
	}
}

// contextOf is the naming context that holds the users, where the policies are too.
func (c Config) contextOf(contexts []string) string {
	base, err := ldap.ParseDN(c.BaseDN)
	if err != nil {
		return c.BaseDN
	}
	for _, text := range contexts {
		if dn, err := ldap.ParseDN(text); err == nil && len(dn.RDNs) > 0 && (dn.EqualFold(base) || dn.AncestorOfFold(base)) {
			return text
		}
	}
	return c.BaseDN
}

func (c Config) domainAge(conn *ldap.Conn, domain string) (ages, error) {
	if domain == "" {
		domain = c.BaseDN
	}
	found, err := conn.Search(baseSearch(domain, "(objectClass=*)", "maxPwdAge"))
	if silent(err) || err == nil && len(found.Entries) == 0 {
		return ages{}, nil
	}
	if err != nil {
		return ages{}, fault(err)
	}
	value := entry{found.Entries[0]}.raw("maxPwdAge")
	if value == nil {
		return ages{}, nil
	}
	age, err := parseMaxPwdAge(string(value))
	return ages{usual: age}, err
}

// mostPolicies is the number of policies that are read.
const mostPolicies = 100

// policyAges reads all policies. Which of them is the default stands in the directory's configuration, which nobody may read: it is the
// only one, or the one that is called "default".
func (c Config) policyAges(conn *ldap.Conn, below string) (ages, error) {
	found, err := conn.Search(&ldap.SearchRequest{
		BaseDN: below, Scope: ldap.ScopeWholeSubtree, DerefAliases: ldap.NeverDerefAliases,
		SizeLimit: mostPolicies, TimeLimit: int(requestTime / time.Second), EnforceSizeLimit: true,
		Filter: "(objectClass=pwdPolicy)", Attributes: []string{"cn", "pwdMaxAge"},
	})
	if silent(err) {
		return ages{}, nil
	}
	if err != nil {
		return ages{}, fault(err)
	}
	a := ages{policy: map[string]time.Duration{}}
	for _, raw := range found.Entries {
		e := entry{raw}
		var age time.Duration
		if value := e.raw("pwdMaxAge"); value != nil {
			if age, err = parseSeconds(string(value)); err != nil {
				return ages{}, fmt.Errorf("%.200s: %w", raw.DN, err)
			}
		}
		a.policy[dnKey(raw.DN)] = age
		if len(found.Entries) == 1 || strings.EqualFold(string(e.raw("cn")), "default") {
			a.usual = age
		}
	}
	return a, nil
}

// silent reports whether the directory does not show something, which is its right.
func silent(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUndefinedAttributeType,
		ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultReferral)
}
