package authn

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"avow/internal/key"
)

func TestNewIDs_R001(t *testing.T) {
	makers := map[string]func() string{
		"u_": func() string { return string(NewUserID()) },
		"d_": func() string { return string(NewDeviceID()) },
		"r_": func() string { return string(NewRequestID()) },
		"s_": func() string { return string(NewRegistrationID()) },
		"a_": func() string { return string(NewAdminID()) },
		"n_": func() string { return string(NewNoticeID()) },
	}
	seen := map[string]bool{}
	for prefix, make := range makers {
		for range 200 {
			id := make()
			if !ValidID(prefix, id) {
				t.Fatalf("%q is not a valid id with prefix %q", id, prefix)
			}
			if seen[id[2:]] {
				t.Fatalf("%q was drawn twice", id)
			}
			seen[id[2:]] = true
			for other := range makers {
				if other != prefix && ValidID(other, id) {
					t.Errorf("%q passes as %q", id, other)
				}
			}
		}
	}
}

func TestValidIDRefuses(t *testing.T) {
	good := "d_AAAAAAAAAAAAAAAAAAAAAA"
	if !ValidID("d_", good) {
		t.Fatalf("%q is refused", good)
	}
	for name, id := range map[string]string{
		"empty": "", "prefix only": "d_", "short": good[:23], "long": good + "A", "padded": good + "==",
		"trailing bits": good[:23] + "B", "line break": good[:23] + "\n", "standard alphabet": good[:23] + "+", "capital prefix": "D" + good[1:],
		"space": " " + good, "no prefix": good[2:], "line break inside": good[:10] + "\n" + good[10:],
	} {
		if ValidID("d_", id) {
			t.Errorf("%s: %q is accepted", name, id)
		}
	}
}

func TestClientID(t *testing.T) {
	for _, id := range []ClientID{"laptop-42", "a", "0", "a.b_c-d", ClientID(strings.Repeat("a", 64))} {
		if err := id.Validate(); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []ClientID{"", "-a", ".a", "_a", "A", "a b", "a\n", "a/b", "ä", ClientID(strings.Repeat("a", 65))} {
		if err := id.Validate(); err == nil {
			t.Errorf("%q is accepted", id)
		}
	}
}

func TestHash(t *testing.T) {
	h := HashOf(key.Secret("secret"))
	// SHA-256("secret"), as any other program works it out.
	if want := "K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols"; h.String() != want {
		t.Errorf("hash is %s, want %s", h, want)
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var back Hash
	if err := json.Unmarshal(b, &back); err != nil || back != h {
		t.Errorf("%s does not come back: %v", b, err)
	}
	if h.IsZero() || !(Hash{}).IsZero() {
		t.Error("IsZero is wrong")
	}
	text := h.String()
	for name, bad := range map[string]string{
		"empty": "", "short": text[:42], "long": text + "A", "trailing bits": text[:42] + "t",
		"line break": text[:42] + "\n", "line break more": text + "\n", "padded": text + "=",
	} {
		if err := back.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestSessionSecretVector pins the derivation, so that no update makes the pages of today show another QR than their sessions know.
func TestSessionSecretVector(t *testing.T) {
	page := key.Secret("0123456789abcdef")
	got := SessionSecret(page)
	if want := sessionSecretVector; len(got) != 16 || HashOf(got).String() != want {
		t.Errorf("SHA-256 of the derived secret is %s (%d bytes), want %s", HashOf(got), len(got), want)
	}
	if SessionSecret(key.Secret("0123456789abcdeg")).Equal(got) {
		t.Error("another page gives the same session")
	}
	if strings.Contains(string(got), string(page[:8])) {
		t.Error("the session shows the page's secret")
	}
}

func TestNumberMAC_R126(t *testing.T) {
	pepper, request := key.Secret(strings.Repeat("p", 32)), RequestID("r_a")
	h := NumberMAC(pepper, request, "482913")
	switch {
	case h.IsZero():
		t.Error("is zero")
	case h == NumberMAC(pepper, request, "482914"):
		t.Error("does not cover the number")
	case h == NumberMAC(pepper, "r_b", "482913"):
		t.Error("does not cover the request")
	case h == NumberMAC(key.Secret(strings.Repeat("q", 32)), request, "482913"):
		t.Error("does not depend on the pepper")
	}
}

func TestUserValidate(t *testing.T) {
	good := []string{"anna", "anna.lind", "Anna_Lind+test@example.com", "0815", "jürgen", "анна", strings.Repeat("a", 128)}
	bad := []string{
		"", ".anna", "-anna", "@anna", "anna lind", "anna\n", "anna\x00", "anna/..", `anna\x`, "anna'--", "anna<b>", "anna\u202e",
		"\u3164", "anna\u115f", "anna\u0301", strings.Repeat("a", 129), "anna:x", "anna%",
	}
	for _, login := range good {
		if _, err := NewUser(login, "Anna Lind", "anna.lind@example.com", t0); err != nil {
			t.Errorf("login %q: %v", login, err)
		}
	}
	for _, login := range bad {
		if _, err := NewUser(login, "Anna Lind", "", t0); CodeOf(err) != "bad_login" {
			t.Errorf("login %q: %v", login, err)
		}
	}
	for _, mail := range []string{"", "a@b", "anna.lind@example.com", "anna+x@sub.example.com"} {
		if _, err := NewUser("anna", "", mail, t0); err != nil {
			t.Errorf("mail %q: %v", mail, err)
		}
	}
	for _, mail := range []string{
		"anna", "@example.com", "Anna <anna@example.com>", "anna@example.com, eve@example.com", "anna@example.com\r\nBcc: eve@example.com",
		"<anna@example.com>", " anna@example.com", "anna@example.com\n",
	} {
		if _, err := NewUser("anna", "", mail, t0); CodeOf(err) != "bad_mail" {
			t.Errorf("mail %q: %v", mail, err)
		}
	}
	u, err := NewUser("anna", "\u202e<i>\n", "", t0)
	if err != nil || u.Name != "i" || u.Status != UserActive || !ValidID("u_", string(u.ID)) {
		t.Errorf("got %+v, %v", u, err)
	}
	if u, _ = NewUser("anna", " ", "", t0); u.Name != "anna" {
		t.Errorf("a user without a name is called %q, want her login", u.Name)
	}
	u.Status = UserDisabled
	if CodeOf(u.Active()) != "user_disabled" {
		t.Errorf("a disabled user: %v", u.Active())
	}
	u.Status = "no such status"
	if u.Active() == nil {
		t.Error("a user of unknown status is active")
	}
}

func TestClientValidate(t *testing.T) {
	good := Client{ID: "laptop-42", Name: "LAPTOP-42", Kind: ClientComputer, Match: MatchNumber, Key: someKey(t)}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	nameless := good
	nameless.Name = ""
	if CodeOf(nameless.Validate()) != "bad_client_name" {
		t.Errorf("no name: %v", nameless.Validate())
	}
	for code, change := range map[string]func(*Client){
		"bad_client_id":      func(c *Client) { c.ID = "LAPTOP 42" },
		"bad_client_kind":    func(c *Client) { c.Kind = "printer" },
		"bad_match":          func(c *Client) { c.Match = "" },
		"client_key_missing": func(c *Client) { c.Key = key.Public{} },
		"bad_client_name":    func(c *Client) { c.Name = "LAPTOP\u202e42" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

// codeForm is what programs may count on.
var codeForm = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func TestErrorsSpeak(t *testing.T) {
	for _, e := range []*Error{
		ErrSessionUnknown, ErrSessionExpired, ErrSessionUsed, ErrSessionRevoked, ErrSessionClaimed, ErrDeviceRevoked,
		ErrRequestUnknown, ErrRequestExpired, ErrDecided, ErrWrongNumber, ErrRequestFailed, ErrUVMissing, AsError(nil),
	} {
		if !codeForm.MatchString(e.Code) {
			t.Errorf("code %q is not snake_case", e.Code)
		}
		if e.Message == "" || !strings.HasSuffix(e.Message, ".") || e.Message != CleanText(e.Message, 300) {
			t.Errorf("%s: message %q is no sentence", e.Code, e.Message)
		}
	}
}
