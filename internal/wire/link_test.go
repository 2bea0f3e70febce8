package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

func registrationLink(host string) RegistrationLink {
	return RegistrationLink{Host: host, Session: session, Pin: keys["identity"].Key().Thumbprint().Pin()}
}

func sameLink(a, b Link) bool {
	switch a := a.(type) {
	case RegistrationLink:
		b, ok := b.(RegistrationLink)
		return ok && a.Host == b.Host && a.Session.Equal(b.Session) && a.Pin == b.Pin
	case ApprovalLink:
		b, ok := b.(ApprovalLink)
		return ok && a.Host == b.Host && a.Handle.Equal(b.Handle)
	case ComputerLink:
		b, ok := b.(ComputerLink)
		return ok && a.Host == b.Host && a.Token.Equal(b.Token) && a.Pin == b.Pin
	case OfflineLink:
		return a == b
	case DuplicateLink:
		b, ok := b.(DuplicateLink)
		return ok && a.Host == b.Host && a.ID.Equal(b.ID) && a.Optical.Equal(b.Optical) && a.Pin == b.Pin
	case RestoreLink:
		b, ok := b.(RestoreLink)
		return ok && a.Host == b.Host && a.User == b.User && a.Pin == b.Pin && a.Code.Equal(b.Code)
	}
	return false
}

func TestLinkRoundTrip(t *testing.T) {
	hosts := []string{
		"id.example.com", "localhost", "a", "192.0.2.1", "192.0.2.1:8443", "id.example.com:8443", "id.example.com:1", "id.example.com:65535",
		"xn--mnchen-3ya.example", "a-b.c--d.example", "1.2.example", strings.Repeat("a", 63) + ".example", strings.Repeat("a.", 126) + "a",
	}
	for _, host := range hosts {
		links := []Link{registrationLink(host), ApprovalLink{Host: host, Handle: handle}, computerLink(host), duplicateLink(host), restoreLink(host)}
		if len(host) <= maxOfflineHost {
			links = append(links, offlineLink(host))
		}
		for _, l := range links {
			for _, text := range []string{
				l.Encode(), l.App(), strings.Replace(l.Encode(), "HTTPS", "https", 1), strings.Replace(l.App(), host, strings.ToUpper(host), 1),
				strings.Replace(l.App(), "avow", "AVOW", 1),
			} {
				got, err := ParseLink(text)
				if err != nil || !sameLink(l, got) {
					t.Errorf("%s: %v", text, err)
					continue
				}
				if got.Encode() != l.Encode() || got.App() != l.App() {
					t.Errorf("%s comes back as %s and %s", text, got.Encode(), got.App())
				}
			}
		}
	}
}

// TestLinkFitsQR holds the lengths that the protocol promises: upper case throughout, so that the QR is of digits and capitals.
func TestLinkFitsQR(t *testing.T) {
	r := registrationLink("id.example.com").Encode()
	if len(r) != 78 {
		t.Errorf("R for ID.EXAMPLE.COM has %d characters, want 78: %s", len(r), r)
	}
	a := ApprovalLink{Host: "id.example.com", Handle: handle}.Encode()
	if len(a) != 53 {
		t.Errorf("A for ID.EXAMPLE.COM has %d characters, want 53: %s", len(a), a)
	}
	for _, text := range []string{r, a} {
		for _, c := range strings.Replace(text, "#", "", 1) {
			if !strings.ContainsRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", c) {
				t.Errorf("%s has %q, which is not in QR's alphanumeric mode", text, c)
			}
		}
	}
}

// badLinks are texts that are no link of ours, or a damaged one; they seed the fuzzer too. True means ErrNotOurs.
func badLinks() map[string]struct {
	text   string
	notOur bool
} {
	type bad = struct {
		text   string
		notOur bool
	}
	good := registrationLink("id.example.com").Encode()
	code := good[strings.IndexByte(good, '#')+1:]
	at := func(host string) bad { return bad{"HTTPS://" + host + "/R#" + code, false} }
	payload := func(b []byte, kind string) bad {
		return bad{"HTTPS://ID.EXAMPLE.COM/" + kind + "#" + authn.Crockford.EncodeToString(b), false}
	}
	approval := ApprovalLink{Host: "id.example.com", Handle: handle}.Encode()
	acode := approval[strings.IndexByte(approval, '#')+1:]
	return map[string]bad{
		"empty":                  {"", true},
		"text":                   {"hello", true},
		"other scheme":           {"http://id.example.com/R#" + code, true},
		"scheme relative":        {"//id.example.com/R#" + code, true},
		"javascript":             {"javascript://id.example.com/R#" + code, true},
		"otpauth":                {"otpauth://totp/Example:anna?secret=JBSWY3DPEHPK3PXP", true},
		"a web page":             {"https://id.example.com/connect", true},
		"a web page's part":      {"https://id.example.com/connect#" + code, true},
		"wallet":                 {"bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true},
		"no path":                {"HTTPS://ID.EXAMPLE.COM#" + code, true},
		"no fragment":            {"HTTPS://ID.EXAMPLE.COM/R", true},
		"query instead":          {"HTTPS://ID.EXAMPLE.COM/R?" + code, true},
		"query before":           {"HTTPS://ID.EXAMPLE.COM/R?x=1#" + code, true},
		"longer path":            {"HTTPS://ID.EXAMPLE.COM/X/R#" + code, true},
		"path in small letters":  {"https://id.example.com/r#" + code, true},
		"path of a digit":        {"https://id.example.com/1#" + code, true},
		"escaped path":           {"https://id.example.com/%52#" + code, true},
		"space before":           {" " + good, true},
		"huge":                   {good + strings.Repeat("0", 1<<20), true},
		"space behind":           {good + " ", false},
		"line end":               {good + "\n", false},
		"fragment in small":      {"https://id.example.com/R#" + strings.ToLower(code), false},
		"second fragment":        {good + "#" + code, false},
		"escaped fragment":       {"https://id.example.com/R#%30" + code[1:], false},
		"letter U":               {strings.Replace(good, "#0", "#U", 1), false},
		"letter O for 0":         {strings.Replace(good, "#0", "#O", 1), false},
		"letter I for 1":         {good[:len(good)-1] + "I", false},
		"cut":                    {good[:len(good)-1], false},
		"one character more":     {good + "0", false},
		"trailing bits":          {good[:len(good)-1] + string(next(good[len(good)-1])), false},
		"padded":                 {good + "=", false},
		"empty fragment":         {"HTTPS://ID.EXAMPLE.COM/R#", false},
		"R with an A payload":    {"HTTPS://ID.EXAMPLE.COM/R#" + acode, false},
		"A with an R payload":    {"HTTPS://ID.EXAMPLE.COM/A#" + code, false},
		"R tagged as A":          payload(append([]byte{4}, make([]byte, 32)...), "R"),
		"A tagged as R":          payload(append([]byte{1}, make([]byte, 16)...), "A"),
		"R of version 2":         payload(append([]byte{0x11}, make([]byte, 32)...), "R"),
		"R a byte short":         payload(append([]byte{1}, make([]byte, 31)...), "R"),
		"R a byte long":          payload(append([]byte{1}, make([]byte, 33)...), "R"),
		"D a byte short":         payload(append([]byte{2}, make([]byte, 47)...), "D"),
		"D a byte long":          payload(append([]byte{2}, make([]byte, 49)...), "D"),
		"D tagged as K":          payload(append([]byte{6}, make([]byte, 48)...), "D"),
		"K a byte short":         payload(append([]byte{6}, make([]byte, 47)...), "K"),
		"K a byte long":          payload(append([]byte{6}, make([]byte, 49)...), "K"),
		"K tagged as D":          payload(append([]byte{2}, make([]byte, 48)...), "K"),
		"O off the curve":        payload(append([]byte{3}, make([]byte, 46)...), "O"),
		"no host":                at(""),
		"user before the host":   at("ID.EXAMPLE.COM@EVIL.EXAMPLE"),
		"user and password":      at("ID.EXAMPLE.COM:443@EVIL.EXAMPLE"),
		"trailing dot":           at("ID.EXAMPLE.COM."),
		"leading dot":            at(".EXAMPLE.COM"),
		"empty label":            at("ID..COM"),
		"backslash":              at(`EVIL.EXAMPLE\.ID.EXAMPLE.COM`),
		"escaped":                at("ID%2EEXAMPLE.COM"),
		"space":                  at("ID EXAMPLE.COM"),
		"tab":                    at("ID.EXAMPLE\t.COM"),
		"NUL":                    at("ID.EXAMPLE.COM\x00.EVIL"),
		"underscore":             at("ID_EXAMPLE.COM"),
		"wildcard":               at("*.EXAMPLE.COM"),
		"dash first":             at("-ID.EXAMPLE.COM"),
		"dash last":              at("ID-.EXAMPLE.COM"),
		"label of 64":            at(strings.Repeat("A", 64) + ".COM"),
		"name of 254":            at(strings.Repeat("A.", 126) + "AB"),
		"umlaut":                 at("MÜNCHEN.EXAMPLE"),
		"Cyrillic a":             at("ID.EX\u0430MPLE.COM"),
		"Kelvin sign":            at("ID.BAN\u212a.COM"),
		"full width":             at("\uff29\uff24.EXAMPLE.COM"),
		"ideographic full stop":  at("ID\u3002EXAMPLE.COM"),
		"fraction slash":         at("ID.EXAMPLE.COM\u2044R"),
		"bidi override":          at("\u202eMOC.ELPMAXE.DI"),
		"soft hyphen":            at("ID.EXAM\u00adPLE.COM"),
		"zero width joiner":      at("ID.EXAM\u200dPLE.COM"),
		"invalid UTF-8":          at("ID.EXAMPLE\xff.COM"),
		"IPv6":                   at("[2001:DB8::1]"),
		"IPv6 with a port":       at("[::1]:8443"),
		"IPv6 bare":              at("2001:DB8::1"),
		"address of one number":  at("3405803777"),
		"address in hex":         at("0XCB007101"),
		"address of two numbers": at("203.7"),
		"address in octal":       at("0313.0.0161.7"),
		"address of five":        at("1.2.3.4.5"),
		"address out of range":   at("192.0.2.256"),
		"last label a number":    at("EXAMPLE.1"),
		"port 443 spelled out":   at("ID.EXAMPLE.COM:443"),
		"port 0":                 at("ID.EXAMPLE.COM:0"),
		"port with a zero":       at("ID.EXAMPLE.COM:08443"),
		"port too large":         at("ID.EXAMPLE.COM:65536"),
		"port of letters":        at("ID.EXAMPLE.COM:HTTPS"),
		"port missing":           at("ID.EXAMPLE.COM:"),
		"port signed":            at("ID.EXAMPLE.COM:+8443"),
		"two ports":              at("ID.EXAMPLE.COM:8443:8444"),
		"port only":              at(":8443"),
	}
}

// next is another character whose first bits are the same, so that only the bits that carry nothing differ.
func next(c byte) byte {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	return digits[strings.IndexByte(digits, c)^1]
}

func TestParseLinkRefuses(t *testing.T) {
	for name, bad := range badLinks() {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLink(bad.text)
			if err == nil {
				t.Fatalf("%.120q is accepted as %v", bad.text, got)
			}
			if errors.Is(err, ErrNotOurs) != bad.notOur {
				t.Errorf("%.120q: %v", bad.text, err)
			}
			if code := registrationLink("a").Encode()[12:]; strings.Contains(err.Error(), code) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func TestLinkSecrecy_R124(t *testing.T) {
	for _, l := range []Link{registrationLink("id.example.com"), ApprovalLink{Host: "id.example.com", Handle: handle}} {
		secret := l.Encode()[strings.IndexByte(l.Encode(), '#')+1:]
		for _, v := range []any{l, &l, []Link{l}, map[string]Link{"a": l}, struct{ L Link }{l}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				text := fmt.Sprintf(verb, v)
				for _, bad := range []string{secret, string(session), string(handle), fmt.Sprintf("%x", []byte(session)), fmt.Sprintf("%x", []byte(handle))} {
					if strings.Contains(strings.ToLower(text), strings.ToLower(bad)) {
						t.Errorf("%s of %T shows the secret: %s", verb, v, text)
					}
				}
			}
		}
	}
}

func TestLinkKeepsItsBytesApart(t *testing.T) {
	l, err := ParseLink(registrationLink("id.example.com").Encode())
	if err != nil {
		t.Fatal(err)
	}
	r, ok := l.(RegistrationLink)
	if !ok {
		t.Fatalf("got %T", l)
	}
	pin := r.Pin
	_ = append(r.Session, key.Secret("overwrite what lies behind")...)
	if r.Pin != pin {
		t.Error("appending to the session writes over the pin")
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(registrationLink("id.example.com").Encode())
	f.Add(ApprovalLink{Host: "192.0.2.1:8443", Handle: handle}.App())
	f.Add(duplicateLink("id.example.com").Encode())
	f.Add(restoreLink("192.0.2.1:8443").App())
	for _, bad := range badLinks() {
		if len(bad.text) < 1024 {
			f.Add(bad.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			return
		}
		// Scheme and host come in either case; the rest is exact.
		head, fragment, _ := strings.Cut(text, "#")
		again, code, _ := strings.Cut(l.Encode(), "#")
		app, appCode, _ := strings.Cut(l.App(), "#")
		if code != fragment || appCode != fragment || !strings.EqualFold(head, again) && !strings.EqualFold(head, app) {
			t.Errorf("%q comes back as %q and %q", text, l.Encode(), l.App())
		}
		for _, c := range head {
			if c > 126 || c < 33 {
				t.Errorf("%q has %U in its host", text, c)
			}
		}
		for _, out := range []string{l.Encode(), l.App()} {
			if back, err := ParseLink(out); err != nil || !sameLink(l, back) {
				t.Errorf("%q does not come back: %v", out, err)
			}
		}
	})
}
