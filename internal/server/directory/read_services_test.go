package directory_test

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"avow/internal/authn"
	"avow/internal/server/directory"
)

// readAll reads and returns the persons by login, and how many pages there were.
func readAll(t *testing.T, c directory.Config, since time.Time) (people map[string]directory.Person, broken []directory.Broken, pages int) {
	t.Helper()
	people = map[string]directory.Person{}
	err := c.Read(t.Context(), since, func(p directory.Page) error {
		pages++
		for _, one := range p.People {
			people[one.Login] = one
		}
		broken = append(broken, p.Broken...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return people, broken, pages
}

func TestServicesReadLDAP(t *testing.T) {
	s := startSlapd(t, many(1200), true)
	s.add("cn=staff,ou=groups,dc=example,dc=com", map[string][]string{"objectClass": {"groupOfNames"}, "cn": {"staff"}, "member": {personDN("anna"), personDN("bo")}})
	s.add("cn=Wheel\\, big,ou=people,dc=example,dc=com", map[string][]string{"objectClass": {"groupOfNames"}, "cn": {"Wheel, big"}, "member": {personDN("anna")}})
	c := s.config()
	people, broken, pages := readAll(t, c, time.Time{})
	if len(people) != 1202 || pages != 3 || len(broken) != 0 {
		t.Errorf("%d people on %d pages, broken %v", len(people), pages, broken)
	}
	changed := time.Date(2026, time.November, 1, 8, 0, 0, 0, time.UTC)
	want := directory.Person{
		DN: personDN("anna"), Login: "anna", Name: "Anna Lind", Mail: "anna.lind@example.com", Phone: "+46701234567", Language: "de",
		Groups: []string{"Wheel, big", "staff"}, PasswordChangedAt: changed, PasswordExpiresAt: changed.Add(90 * 24 * time.Hour),
	}
	ignore := cmpopts.IgnoreFields(directory.Person{}, "ID", "ChangedAt")
	if d := cmp.Diff(want, people["anna"], ignore); d != "" {
		t.Error(d)
	}
	if len(people["anna"].ID) != 36 || time.Since(people["anna"].ChangedAt).Abs() > 5*time.Minute {
		t.Errorf("id %q, changed at %s", people["anna"].ID, people["anna"].ChangedAt)
	}
	bo := directory.Person{DN: personDN("bo"), Login: "bo", Name: "Bo Ek", Groups: []string{"staff"}, Disabled: true}
	if d := cmp.Diff(bo, people["bo"], ignore); d != "" {
		t.Error(d)
	}

	c.GroupBase = "OU=groups, dc=example,dc=com"
	c.Filter = "(&(objectClass=inetOrgPerson)(uid=anna))"
	if people, _, _ := readAll(t, c, time.Time{}); len(people) != 1 || cmp.Diff([]string{"staff"}, people["anna"].Groups) != "" {
		t.Errorf("with a filter and a base of groups: %+v", people)
	}
	c.Filter = ""
	if people, _, _ := readAll(t, c, time.Now().Add(time.Hour)); len(people) != 0 {
		t.Errorf("changed in an hour: %+v", people)
	}
	s.set(personDN("u00007"), "pwdPolicySubentry", "cn=machines,ou=policies,dc=example,dc=com")
	if people, _, _ := readAll(t, c, time.Time{}); !people["u00007"].PasswordExpiresAt.IsZero() || people["u00008"].PasswordExpiresAt.IsZero() {
		t.Errorf("a policy of his own: expires at %s, another at %s", people["u00007"].PasswordExpiresAt, people["u00008"].PasswordExpiresAt)
	}
}

func TestServicesReadActiveDirectory(t *testing.T) {
	s := startSlapd(t, "", true)
	s.add("cn=Staff,dc=ad,dc=test", map[string][]string{"objectClass": {"groupOfNames"}, "cn": {"Staff"}, "member": {"cn=Cleo Falk,dc=ad,dc=test"}})
	people, broken, pages := readAll(t, s.adConfig(), time.Time{})
	changed := time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC)
	entry := time.Date(2026, time.November, 1, 8, 0, 0, 0, time.UTC)
	want := map[string]directory.Person{
		"cleo": {
			ID: "00112233-4455-6677-8899-aabbccddeeff", DN: "cn=Cleo Falk,dc=ad,dc=test", Login: "cleo", Name: "Cleo Falk", Mail: "cleo@ad.test", Groups: []string{"Staff"},
			PasswordChangedAt: changed, PasswordExpiresAt: changed.Add(42 * 24 * time.Hour), ChangedAt: entry,
		},
		"dan": {
			ID: "04030201-0605-0807-090a-0b0c0d0e0f10", DN: "cn=Dan Holm,dc=ad,dc=test", Login: "dan", Name: "Dan Holm", Disabled: true,
			PasswordChangedAt: changed, ChangedAt: entry,
		},
		"eva": {ID: "f4f3f2f1-f6f5-f8f7-f9fa-fbfcfdfeff00", DN: "cn=Eva Berg,dc=ad,dc=test", Login: "eva", Name: "Eva Berg", ChangedAt: entry},
	}
	if d := cmp.Diff(want, people, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	if pages != 2 || len(broken) != 1 || broken[0].DN != "cn=broken,dc=ad,dc=test" || !strings.Contains(broken[0].Why, "userAccountControl") || broken[0].ID == "" {
		t.Errorf("%d pages, broken %+v", pages, broken)
	}
	if people, _, _ := readAll(t, s.adConfig(), entry.Add(time.Second)); len(people) != 0 {
		t.Errorf("changed later: %+v", people)
	}
	s.set("cn=Cleo Falk,dc=ad,dc=test", "msDS-UserPasswordExpiryTimeComputed", "9223372036854775807")
	if people, _, _ := readAll(t, s.adConfig(), time.Time{}); !people["cleo"].PasswordExpiresAt.IsZero() {
		t.Errorf("never, by the directory's own account: %s", people["cleo"].PasswordExpiresAt)
	}
	s.set("dc=ad,dc=test", "maxPwdAge", "0")
	s.set("cn=Cleo Falk,dc=ad,dc=test", "msDS-UserPasswordExpiryTimeComputed")
	if people, _, _ := readAll(t, s.adConfig(), time.Time{}); !people["cleo"].PasswordExpiresAt.IsZero() {
		t.Errorf("passwords do not expire in this domain: %s", people["cleo"].PasswordExpiresAt)
	}
}

// Passwords do not travel in the clear unless somebody has said so, and not to a stranger.
func TestServicesEncryption(t *testing.T) {
	with, without := startSlapd(t, "", true), startSlapd(t, "", false)
	other, _ := selfSigned(t)
	stranger := x509.NewCertPool()
	stranger.AddCert(other)
	cases := map[string]struct {
		config directory.Config
		change func(*directory.Config)
		code   string
	}{
		"StartTLS":                                  {with.config(), func(*directory.Config) {}, ""},
		"LDAPS":                                     {with.adConfig(), func(*directory.Config) {}, ""},
		"StartTLS, not offered":                     {without.config(), func(*directory.Config) {}, "directory_no_tls"},
		"in the clear, said so":                     {without.config(), func(c *directory.Config) { c.TLS = directory.NoEncryption }, ""},
		"StartTLS, another authority":               {with.config(), func(c *directory.Config) { c.CA = stranger }, "directory_untrusted"},
		"LDAPS, another authority":                  {with.adConfig(), func(c *directory.Config) { c.CA = stranger }, "directory_untrusted"},
		"StartTLS, another name":                    {with.config(), func(c *directory.Config) { c.URL = "ldap://localhost:" + with.plain }, "directory_untrusted"},
		"nobody listens":                            {with.config(), func(c *directory.Config) { c.URL = "ldap://127.0.0.1:" + freePort(t) }, "directory_unreachable"},
		"LDAPS where plain is spoken":               {with.config(), func(c *directory.Config) { c.URL = "ldaps://127.0.0.1:" + with.plain }, "directory_unreachable"},
		"the reader's password is wrong":            {with.config(), func(c *directory.Config) { c.Password = []byte("wrong") }, "directory_refused"},
		"nobody reads":                              {with.config(), func(c *directory.Config) { c.BindDN, c.Password = "", nil }, "directory_base"},
		"nothing at the base":                       {with.config(), func(c *directory.Config) { c.BaseDN = "ou=nowhere,dc=example,dc=com" }, "directory_base"},
		"a base of another directory":               {with.config(), func(c *directory.Config) { c.BaseDN = "ou=people,dc=elsewhere" }, "directory_base"},
		"StartTLS, not offered to Active Directory": {without.adConfig(), func(c *directory.Config) { c.URL = "ldap://127.0.0.1:" + without.plain }, "directory_no_tls"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			c := tt.config
			tt.change(&c)
			err := c.Read(t.Context(), time.Time{}, func(directory.Page) error { return nil })
			if got := authn.CodeOf(err); got != tt.code {
				t.Errorf("got %q (%v), want %q", got, err, tt.code)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := with.config().Read(ended, time.Time{}, func(directory.Page) error { return nil }); err == nil {
		t.Error("a read goes on after its end")
	}
}
