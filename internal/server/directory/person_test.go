package directory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
)

const guid = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

// adEntry is an entry of Active Directory, with changes: "name=value", or "name=" without it.
func adEntry(changes ...string) *ldap.Entry {
	return changed(map[string][]string{
		"objectGUID": {guid}, "sAMAccountName": {"cleo"}, "displayName": {"Cleo Falk"}, "userAccountControl": {"512"},
		"pwdLastSet": {"134064288000000000"}, "whenChanged": {"20261101080000.0Z"},
	}, changes)
}

func ldapEntry(changes ...string) *ldap.Entry {
	return changed(map[string][]string{
		"entryUUID": {"597ae2f6-16a6-1027-98f4-d28b5365dc14"}, "uid": {"anna"}, "cn": {"Anna Lind"}, "modifyTimestamp": {"20261101080000Z"},
		"pwdChangedTime": {"20251101000000Z"},
	}, changes)
}

func changed(a map[string][]string, changes []string) *ldap.Entry {
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		if a[name] = []string{value}; value == "" {
			delete(a, name)
		}
	}
	return ldap.NewEntry("cn=x,dc=example,dc=com", a)
}

func TestPersonActiveDirectory(t *testing.T) {
	set := time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC)
	due := set.Add(42 * 24 * time.Hour)
	never := time.Time{}
	for name, tt := range map[string]struct {
		entry            *ldap.Entry
		disabled         bool
		changed, expires time.Time
	}{
		"usual":                               {adEntry(), false, set, due},
		"disabled":                            {adEntry("userAccountControl=514"), true, set, due},
		"password never expires":              {adEntry("userAccountControl=66048"), false, set, never},
		"both":                                {adEntry("userAccountControl=66050"), true, set, never},
		"a bit that is not ours":              {adEntry("userAccountControl=544"), false, set, due},
		"must be changed at the next sign-in": {adEntry("pwdLastSet=0"), false, never, never},
		"no pwdLastSet":                       {adEntry("pwdLastSet="), false, never, never},
		"the directory's own account":         {adEntry(computedExpiry + "=134064288000000000"), false, set, set},
		"never, by its own account":           {adEntry(computedExpiry + "=9223372036854775807"), false, set, never},
	} {
		r := reader{schema: ActiveDirectory, ages: ages{usual: 42 * 24 * time.Hour}}
		p, err := r.person(tt.entry)
		if err != nil || p.Disabled != tt.disabled || !p.PasswordChangedAt.Equal(tt.changed) || !p.PasswordExpiresAt.Equal(tt.expires) {
			t.Errorf("%s: %v, changed %s, expires %s, %v", name, p.Disabled, p.PasswordChangedAt, p.PasswordExpiresAt, err)
		}
	}
}

func TestPersonLDAP(t *testing.T) {
	a := ages{usual: 90 * 24 * time.Hour, policy: map[string]time.Duration{"cn=strict,dc=example,dc=com": time.Hour}}
	set := time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		entry    *ldap.Entry
		disabled bool
		expires  time.Time
	}{
		"usual":                   {ldapEntry(), false, set.Add(90 * 24 * time.Hour)},
		"locked for ever":         {ldapEntry("pwdAccountLockedTime=000001010000Z"), true, set.Add(90 * 24 * time.Hour)},
		"locked for a time":       {ldapEntry("pwdAccountLockedTime=20261101080000Z"), false, set.Add(90 * 24 * time.Hour)},
		"389 DS: locked":          {ldapEntry("nsAccountLock=TRUE"), true, set.Add(90 * 24 * time.Hour)},
		"389 DS: not locked":      {ldapEntry("nsAccountLock=false"), false, set.Add(90 * 24 * time.Hour)},
		"a policy of her own":     {ldapEntry("pwdPolicySubentry=CN=Strict, dc=example,dc=com"), false, set.Add(time.Hour)},
		"a policy that is hidden": {ldapEntry("pwdPolicySubentry=cn=hidden,dc=example,dc=com"), false, time.Time{}},
		"no pwdChangedTime":       {ldapEntry("pwdChangedTime="), false, time.Time{}},
	} {
		p, err := reader{schema: LDAP, ages: a}.person(tt.entry)
		if err != nil || p.Disabled != tt.disabled || !p.PasswordExpiresAt.Equal(tt.expires) {
			t.Errorf("%s: %v, expires %s, %v", name, p.Disabled, p.PasswordExpiresAt, err)
		}
	}
}

func TestPersonTexts(t *testing.T) {
	e := ldapEntry("displayName=Anna\u202e <b>Lind\x00", "mobile=070 123", "telephoneNumber=+46 46 555 01 00", "preferredLanguage=de-AT", "mail= anna@example.com ")
	e.Attributes = append(e.Attributes, ldap.NewEntryAttribute("memberof;range=0-1", []string{
		"cn=Staff,ou=groups,dc=example,dc=com", "CN=Staff,OU=Groups,DC=example,DC=com", "ou=no name,ou=groups,dc=example,dc=com", "not a DN", "cn=Else,dc=example,dc=com", "cn=A\\, B \\3Ci\\3E,ou=groups,dc=example,dc=com",
	}))
	base, err := ldap.ParseDN("ou=groups,dc=example,dc=com")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reader{schema: LDAP, groupBase: base}.person(e)
	if err != nil || p.Name != "Anna bLind" || p.Phone != "+46465550100" || p.Language != "de" || p.Mail != "anna@example.com" {
		t.Errorf("%+v, %v", p, err)
	}
	if d := cmp.Diff([]string{"A, B i", "Staff"}, p.Groups); d != "" {
		t.Error(d)
	}
	if p, err := (reader{schema: LDAP}).person(ldapEntry("cn=")); err != nil || p.Name != "anna" {
		t.Errorf("without a name %+v, %v", p, err)
	}
}

// A broken entry says what is wrong with it; its id is known all the same if it can be read.
func TestPersonBroken(t *testing.T) {
	for name, tt := range map[string]struct {
		schema Schema
		entry  *ldap.Entry
		why    string
		id     bool
	}{
		"no entryUUID":              {LDAP, ldapEntry("entryUUID="), "entryUUID", false},
		"no objectGUID":             {ActiveDirectory, adEntry("objectGUID="), "16 bytes", false},
		"no login":                  {LDAP, ldapEntry("uid="), "login", true},
		"a login with a space":      {LDAP, ldapEntry("uid=anna lind"), "login", true},
		"a login with a filter":     {LDAP, ldapEntry("uid=*)(uid=*"), "login", true},
		"a mail address without @":  {LDAP, ldapEntry("mail=anna"), "mail address", true},
		"two mails in one":          {LDAP, ldapEntry("mail=a@example.com\r\nBcc: b@example.com"), "mail address", true},
		"pwdChangedTime":            {LDAP, ldapEntry("pwdChangedTime=yesterday"), "pwdChangedTime", true},
		"modifyTimestamp":           {LDAP, ldapEntry("modifyTimestamp=1"), "modifyTimestamp", true},
		"no userAccountControl":     {ActiveDirectory, adEntry("userAccountControl="), "userAccountControl", true},
		"userAccountControl in hex": {ActiveDirectory, adEntry("userAccountControl=0x200"), "userAccountControl", true},
		"pwdLastSet":                {ActiveDirectory, adEntry("pwdLastSet=-1"), "pwdLastSet", true},
		"the computed expiry":       {ActiveDirectory, adEntry(computedExpiry + "=soon"), computedExpiry, true},
	} {
		p, err := reader{schema: tt.schema}.person(tt.entry)
		if err == nil || !strings.Contains(err.Error(), tt.why) || (p.ID != "") != tt.id {
			t.Errorf("%s: %q, %v", name, p.ID, err)
		}
	}
}

// Whatever a directory says, what becomes of it can be shown and stored, and another read of it says the same.
func FuzzPerson(f *testing.F) {
	f.Add("anna", "Anna Lind", "anna@example.com", "+46701234567", "de", "cn=staff", "512", "134064288000000000", "20261101080000Z")
	f.Add("a\u3164", "<b>", "a@b@c", "00", "*", "cn=\\00", "-1", "0", "000001010000Z")
	f.Fuzz(func(t *testing.T, login, name, mail, phone, lang, group, control, set, at string) {
		values := map[string][]string{
			"objectGUID": {guid}, "sAMAccountName": {login}, "displayName": {name}, "mail": {mail}, "mobile": {phone}, "preferredLanguage": {lang}, "memberOf": {group},
			"userAccountControl": {control}, "pwdLastSet": {set}, "whenChanged": {at}, "modifyTimestamp": {at}, "pwdChangedTime": {at}, "uid": {login},
			"entryUUID": {"597ae2f6-16a6-1027-98f4-d28b5365dc14"}, "pwdAccountLockedTime": {at}, computedExpiry: {set},
		}
		for _, s := range []Schema{LDAP, ActiveDirectory} {
			r := reader{schema: s, ages: ages{usual: time.Hour}}
			p, err := r.person(ldap.NewEntry("cn=x", values))
			if err != nil {
				continue
			}
			u := p.over(authn.User{})
			if err := u.Validate(); err != nil {
				t.Fatalf("%+v: %v", u, err)
			}
			for _, at := range []time.Time{u.PasswordChangedAt, u.PasswordExpiresAt} {
				if !at.IsZero() && !storable(at) {
					t.Fatalf("%s cannot be stored", at)
				}
			}
			again, err := r.person(ldap.NewEntry("cn=x", values))
			if d := cmp.Diff(fmt.Sprint(p), fmt.Sprint(again)); d != "" || err != nil {
				t.Fatal(d, err)
			}
		}
	})
}
