package template

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"avow/assets/translations"
	"avow/internal/authn"
)

// Mail is a template of a mail that was found good.
type Mail struct {
	subject, body string // as written
	subjectParts  []piece
	html          []piece // fixed text is HTML that can be sent as it is
	plain         []piece
}

// ParseMail reads a template. An error is an *authn.Error of kind Invalid that says what to do.
func ParseMail(subject, body string) (*Mail, error) {
	m := &Mail{subject: subject, body: body}
	var err error
	if m.subjectParts, err = parseSubject(subject); err != nil {
		return nil, err
	}
	switch {
	case len(body) > MaxMail:
		return nil, authn.Fail(authn.Invalid, "template_size", fmt.Sprintf("The mail has %d KiB; up to %d are possible. Take something out.", (len(body)+1023)>>10, MaxMail>>10))
	case !utf8.ValidString(body) || strings.ContainsRune(body, 0):
		return nil, authn.Fail(authn.Invalid, "template_encoding", "The mail is not UTF-8 text. Save it as UTF-8.")
	}
	c := compiler{}
	if err := c.read(body); err != nil {
		return nil, err
	}
	if !c.invites {
		return nil, authn.Fail(authn.Invalid, "template_link_missing",
			"The mail has neither {{.EnrollQRCode}} nor {{.EnrollUrl}}, so nobody could connect a phone with it. Put one of them where people see it.")
	}
	m.html, m.plain = c.html, c.plain.pieces()
	return m, nil
}

func parseSubject(s string) ([]piece, error) {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		return nil, authn.Fail(authn.Invalid, "template_subject", "The mail has no subject. Write one.")
	case n > MaxSubject:
		return nil, authn.Fail(authn.Invalid, "template_size", fmt.Sprintf("The subject has %d characters; up to %d are possible. Make it shorter.", n, MaxSubject))
	case !utf8.ValidString(s) || strings.ContainsFunc(s, control):
		return nil, authn.Fail(authn.Invalid, "template_subject", "The subject has line breaks or other characters that cannot be seen. Write it in one line.")
	}
	ps, err := split(s)
	if err != nil {
		return nil, err
	}
	if has(ps, EnrollQRCode) || has(ps, EnrollURL) {
		return nil, authn.Fail(authn.Invalid, "template_place",
			"The subject has {{.EnrollQRCode}} or {{.EnrollUrl}}. Subjects show on locked screens and in the logs of mail servers; put it into the mail.")
	}
	return ps, nil
}

func control(r rune) bool { return r < 0x20 || r == 0x7f || 0x80 <= r && r <= 0x9f }

// Encode gives the template back in the spelling {{.Name}}; ParseMail reads it as the same template.
func (m *Mail) Encode() (subject, body string) { return modern(m.subject), modern(m.body) }

// Render fills the template in.
func (m *Mail) Render(v Values) (Rendered, error) {
	r := Rendered{Subject: authn.CleanText(join(m.subjectParts, v), MaxSubject)}
	side := 0
	if has(m.html, EnrollQRCode) || has(m.html, qrAddress) {
		var err error
		if r.QR, side, err = v.picture(); err != nil {
			return Rendered{}, fmt.Errorf("draw the QR of a mail: %w", err)
		}
	}
	var b strings.Builder
	for _, p := range m.html {
		switch p.name {
		case "":
			b.WriteString(p.text)
		case qrAddress:
			b.WriteString(QRSource)
		case EnrollQRCode:
			n := strconv.Itoa(side)
			b.WriteString(`<img src="` + QRSource + `" alt="` + html.EscapeString(translations.New(v.Language).T("message.picture")) +
				`" width="` + n + `" height="` + n + `" style="display:block;border:0;background:#ffffff">`)
		default:
			b.WriteString(html.EscapeString(v.value(p.name)))
		}
	}
	r.HTML, r.Text = b.String(), strings.TrimSpace(join(m.plain, v))+"\n"
	return r, nil
}
