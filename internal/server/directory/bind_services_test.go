package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/directory"
)

// ask binds as somebody and returns the code of the answer, "" for yes.
func (w *world) ask(login, password string) string {
	w.t.Helper()
	return authn.CodeOf(w.Bind(w.t.Context(), w.user(login), key.Secret(password)))
}

// old is a person whose password is older than the policy allows.
const old = `dn: uid=old,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: old
cn: Old
sn: Old
userPassword: old-password
pwdChangedTime: 20200101000000Z

`

// R5: the password of the directory as a second proof.
func TestServicesBind(t *testing.T) {
	s := startSlapd(t, old, true)
	w := newWorld(t, s.config())
	for _, login := range []string{"cia", "new"} {
		s.add(personDN(login), map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {login}, "cn": {login}, "sn": {login}, "userPassword": {login + "-password"}})
	}
	s.set("cn=default,ou=policies,dc=example,dc=com", "pwdMustChange", "TRUE")
	s.set(personDN("new"), "pwdReset", "TRUE")
	w.sync(directory.Order{})
	local, err := authn.NewUser("anna2", "", "", time.Now())
	if err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct{ name, login, password, code string }{
		{"right", "anna", "anna-password", ""},
		{"wrong", "anna", "bo-password", "wrong_password"},
		{"empty: the directory would say yes", "anna", "", "wrong_password"},
		{"with a zero byte behind", "anna", "anna-password\x00", "wrong_password"},
		{"locked for ever", "bo", "bo-password", "account_locked"},
		{"expired", "old", "old-password", "password_expired"},
		{"to be changed first", "new", "new-password", "password_expired"},
	} {
		if got := w.ask(tt.login, tt.password); got != tt.code {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.code)
		}
	}
	if got := authn.CodeOf(w.Bind(t.Context(), local, key.Secret("x"))); got != "wrong_password" {
		t.Errorf("a local user: %q", got)
	}

	// Five wrong ones in a quarter of an hour, and then not even the right one.
	for i := range 5 {
		if got := w.ask("cia", "wrong"); got != "wrong_password" {
			t.Errorf("wrong, try %d: %q", i+1, got)
		}
	}
	if got := w.ask("cia", "cia-password"); got != "too_many_tries" {
		t.Errorf("after five wrong ones: %q", got)
	}
	w.advance(15 * time.Minute)
	if got := w.ask("cia", "cia-password"); got != "" {
		t.Errorf("a quarter of an hour later: %q", got)
	}

	// Whom the directory has moved is found by her id; who is gone has no password.
	cia := w.user("cia")
	if err := s.root("dc=example,dc=com").ModifyDN(ldap.NewModifyDNRequest(personDN("cia"), "uid=moved", true, "")); err != nil {
		t.Fatal(err)
	}
	if got := w.ask("cia", "cia-password"); got != "" {
		t.Errorf("moved: %q", got)
	}
	s.remove(personDN("moved"))
	if got := authn.CodeOf(w.Bind(t.Context(), cia, key.Secret("cia-password"))); got != "account_locked" {
		t.Errorf("gone: %q", got)
	}
	s.stop()
	for range 6 { // nobody has looked at it, so no try is lost
		if got := w.ask("anna", "anna-password"); got != "directory_unreachable" {
			t.Errorf("the directory is away: %q", got)
		}
	}
	s.start()
	if got := w.ask("anna", "anna-password"); got != "" {
		t.Errorf("it is back: %q", got)
	}
	if strings.Contains(w.log.String(), "-password") {
		t.Errorf("a password is in the log:\n%s", w.log.String())
	}
}

func TestServicesBindActiveDirectory(t *testing.T) {
	s := startSlapd(t, "", true)
	w := newWorld(t, s.adConfig())
	w.sync(directory.Order{})
	if yes, no := w.ask("cleo", "cleo-password"), w.ask("cleo", "dan-password"); yes != "" || no != "wrong_password" {
		t.Errorf("right %q, wrong %q", yes, no)
	}
}
