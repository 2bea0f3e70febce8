package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
)

// MaxEntries is the number of entries that a read takes; a filter that finds more is taken for a mistake.
const MaxEntries = 200_000

// What an administrator can put right.
var (
	errBase    = authn.Fail(authn.Unavailable, "directory_base", "The directory shows nothing at directory.base_dn. Correct it, or let directory.bind_dn read there.")
	errRights  = authn.Fail(authn.Unavailable, "directory_rights", "The directory does not let directory.bind_dn read the users. Give it the right, or set bind_dn.")
	errLimit   = authn.Fail(authn.Unavailable, "directory_limit", "The directory gives fewer entries than were asked for. Raise its limit for directory.bind_dn, or lower directory.page_size.")
	errTooMany = authn.Fail(authn.Unavailable, "directory_too_many", "The filter finds more than 200000 entries. Correct directory.filter or directory.base_dn.")
	errStrange = authn.Fail(authn.Unavailable, "directory_fault", "The directory answered with a fault; the server's log has its words.")
)

// Broken is an entry that was passed over.
type Broken struct {
	DN  string
	Why string
	ID  string // "" when not even that could be read
}

// Page is what one answer of the directory held.
type Page struct {
	People []Person
	Broken []Broken
}

// Read reads all whom the filter takes, page by page, or with since only those whose entries were changed then or later. take is called for each page
// before the next is asked for; its error ends the read and is returned as it is.
func (c Config) Read(ctx context.Context, since time.Time, take func(Page) error) error {
	conn, done, err := c.service(ctx)
	if err != nil {
		return err
	}
	defer done()
	r := reader{schema: c.Schema}
	if r.ages, err = c.readAges(conn); err != nil {
		return err
	}
	if c.GroupBase != "" {
		if r.groupBase, err = ldap.ParseDN(c.GroupBase); err != nil {
			return fmt.Errorf("directory: the base DN of groups: %w", err)
		}
	}
	filter := c.filter()
	if !since.IsZero() {
		filter = "(&" + filter + "(" + c.Schema.changed() + ">=" + ldap.EscapeFilter(formatGeneralizedTime(since)) + "))"
	}
	return c.pages(ctx, conn, filter, func(entries []*ldap.Entry) error { return take(r.page(entries)) })
}

func (r reader) page(entries []*ldap.Entry) (p Page) {
	for _, e := range entries {
		person, err := r.person(e)
		if err != nil {
			p.Broken = append(p.Broken, Broken{DN: authn.CleanText(e.DN, 256), Why: authn.CleanText(err.Error(), 256), ID: person.ID})
			continue
		}
		p.People = append(p.People, person)
	}
	return p
}

// pages asks for one page after the other (RFC 2696). References to other directories are passed over.
func (c Config) pages(ctx context.Context, conn *ldap.Conn, filter string, take func([]*ldap.Entry) error) error {
	paging := ldap.NewControlPaging(uint32(c.PageSize))
	ask := &ldap.SearchRequest{
		BaseDN: c.BaseDN, Scope: ldap.ScopeWholeSubtree, DerefAliases: ldap.NeverDerefAliases, TimeLimit: int(requestTime / time.Second),
		Filter: filter, Attributes: c.Schema.attributes(), Controls: []ldap.Control{paging},
	}
	for n := 0; ; {
		answer, err := conn.Search(ask)
		if err != nil {
			return errors.Join(ctx.Err(), fault(err))
		}
		if n += len(answer.Entries); n > MaxEntries {
			return errTooMany
		}
		if err := take(answer.Entries); err != nil {
			return err
		}
		more, ok := ldap.FindControl(answer.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(more.Cookie) == 0 {
			return nil
		}
		paging.SetCookie(more.Cookie)
	}
}

// fault says what an error of a search means to an administrator.
func fault(err error) error {
	switch code := ldapCode(err); code {
	case ldap.LDAPResultNoSuchObject, ldap.LDAPResultReferral, ldap.LDAPResultInvalidDNSyntax:
		return errBase.Because(err)
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultOperationsError, ldap.LDAPResultStrongAuthRequired:
		return errRights.Because(err) // operationsError is what Active Directory says to nobody in particular
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultTimeLimitExceeded:
		return errLimit.Because(err)
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return errNoAnswer.Because(err)
	default:
		if code >= ldap.ErrorNetwork {
			return errNoAnswer.Because(err)
		}
		return errStrange.Because(err)
	}
}
