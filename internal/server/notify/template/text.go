package template

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// Text is a template of a text message that was found good.
type Text struct {
	body  string
	parts []piece
}

// ParseText reads a template. An error is an *authn.Error of kind Invalid that says what to do.
func ParseText(body string) (*Text, error) {
	switch n := utf8.RuneCountInString(body); {
	case !utf8.ValidString(body) || strings.ContainsFunc(body, func(r rune) bool { return control(r) && r != '\n' && r != '\r' }):
		return nil, authn.Fail(authn.Invalid, "template_encoding", "The text message has characters that cannot be seen. Write it in plain words.")
	case n > MaxText:
		return nil, authn.Fail(authn.Invalid, "template_size", fmt.Sprintf("The text message has %d characters; up to %d are possible. Make it shorter.", n, MaxText))
	}
	ps, err := split(body)
	switch {
	case err != nil:
		return nil, err
	case has(ps, EnrollQRCode):
		return nil, authn.Fail(authn.Invalid, "template_place", "A text message cannot show {{.EnrollQRCode}}. Use {{.EnrollUrl}}.")
	case !has(ps, EnrollURL):
		return nil, authn.Fail(authn.Invalid, "template_link_missing", "The text message has no {{.EnrollUrl}}, so nobody could connect a phone with it. Put it in.")
	}
	t := &Text{body: body, parts: ps}
	if n := Segments(t.Render(Sample("en", time.Unix(1767225600, 0).UTC())).Text); n.Count > 6 {
		return nil, authn.Fail(authn.Invalid, "template_size", fmt.Sprintf(
			"The text message would be sent in %d parts; up to 6 are possible. Make it shorter; characters such as ’ or 😀 halve what fits into a part.", n.Count))
	}
	return t, nil
}

// Encode gives the template back in the spelling {{.Name}}.
func (t *Text) Encode() string { return modern(t.body) }

// Render fills the template in.
func (t *Text) Render(v Values) Rendered {
	return Rendered{Text: strings.TrimSpace(strings.ReplaceAll(join(t.parts, v), "\r", ""))}
}

// Sample are values to look at a template with. Their link leads nowhere: .invalid is no host for ever (RFC 2606).
func Sample(lang string, now time.Time) Values {
	v := Values{
		UserName: "anna.lind", Name: "Anna Lind", Organisation: "Example Ltd", Support: "+46 46 555 01 00",
		Expires: now.Add(24 * time.Hour), Language: lang,
	}
	v.Link = wire.RegistrationLink{Host: "sample.invalid", Session: make(key.Secret, 16)}
	return v
}

// Parts says how a text message travels.
type Parts struct {
	Count   int
	Unicode bool // UCS-2: half as much fits in
}

const gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const gsmExtended = "\f^{}\\[~]|€" // two septets each

// Segments counts the parts of a text message (3GPP TS 23.038, section 6.2.1, and 23.040, section 9.2.3.24.1).
func Segments(s string) Parts {
	septets := 0
	for _, r := range s {
		switch {
		case strings.ContainsRune(gsm, r):
			septets++
		case strings.ContainsRune(gsmExtended, r):
			septets += 2
		default:
			return Parts{parts(len(utf16.Encode([]rune(s))), 70, 67), true}
		}
	}
	return Parts{parts(septets, 160, 153), false}
}

func parts(n, one, each int) int {
	if n <= one {
		return 1
	}
	return (n + each - 1) / each
}
