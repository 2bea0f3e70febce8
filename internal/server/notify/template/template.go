// Package template holds the messages that invite a person to connect a phone, as an administrator wrote them: one for mail, a subject
// and HTML, and one for text messages. It parses them strictly, fills them in and says what is wrong with them in sentences. It
// sends nothing and keeps nothing.
//
// A template is no program: it has placeholders, {{.Name}} or %Name%, and nothing else. HTML is an allow-list of what mail programs show (WHATWG
// HTML, tokenization, by golang.org/x/net/html): no script, no form, no picture from elsewhere. What is sent is
// written anew from the tokens that were looked at, so nothing else can be in it.
package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/qr"
	"avow/internal/wire"
)

// Placeholder is the name of a value. It stands in stored templates: append, never rename.
type Placeholder string

// The placeholders.
const (
	EnrollQRCode Placeholder = "EnrollQRCode" // the picture, in the body of a mail only
	EnrollURL    Placeholder = "EnrollUrl"    // the link as text
	UserName     Placeholder = "UserName"     // anna.lind
	Name         Placeholder = "Name"         // Anna Lind
	Organisation Placeholder = "Organisation"
	ExpiresAt    Placeholder = "ExpiresAt" // 2 March 2026, 17:30 CET
	Support      Placeholder = "Support"
)

// Placeholders lists all, in the order in which a manual has them.
func Placeholders() []Placeholder {
	return []Placeholder{EnrollQRCode, EnrollURL, UserName, Name, Organisation, ExpiresAt, Support}
}

// Limits of a template.
const (
	MaxSubject = 200      // characters
	MaxMail    = 64 << 10 // bytes
	MaxText    = 918      // characters: six parts of a text message
)

const maxValue = 256

// Values are what the placeholders stand for.
type Values struct {
	Link         wire.RegistrationLink
	UserName     string
	Name         string // "" means UserName
	Organisation string
	Support      string    // "" means "your service desk"
	Expires      time.Time // written out in its own zone
	Language     string    // of the template, a tag of translations.Languages
}

// Rendered is a message that can be sent. It holds the secret of the link: it is neither logged nor kept.
type Rendered struct {
	Subject string // "" for a text message
	HTML    string // "" for a text message
	Text    string // the same without markup
	QR      []byte // PNG, shown where HTML has QRSource; nil when the template has no picture
}

// QRContentID names the picture within a mail (RFC 2392).
const QRContentID = "connect@avow"

// QRSource is the address of the picture in the HTML.
const QRSource = "cid:" + QRContentID

// URL is the link as people see and tap it: scheme and host in lower case, since some programs make a link of nothing else.
func (v Values) URL() string {
	host, rest, _ := strings.Cut(strings.TrimPrefix(v.Link.Encode(), "HTTPS://"), "/")
	return "https://" + strings.ToLower(host) + "/" + rest
}

// value writes out all but the picture, in one line.
func (v Values) value(p Placeholder) string {
	printer := translations.New(v.Language)
	switch p {
	case EnrollURL:
		return v.URL()
	case UserName:
		return authn.CleanText(v.UserName, maxValue)
	case Name:
		if name := authn.CleanText(v.Name, maxValue); name != "" {
			return name
		}
		return authn.CleanText(v.UserName, maxValue)
	case Organisation:
		return authn.CleanText(v.Organisation, maxValue)
	case ExpiresAt:
		return printer.Day(v.Expires) + ", " + printer.Clock(v.Expires) + " " + v.Expires.Format("MST")
	case Support:
		if s := authn.CleanText(v.Support, maxValue); s != "" {
			return s
		}
		return printer.T("message.support")
	}
	return ""
}

// picture draws the QR at about 260 pixels a side, a whole number of them a module.
func (v Values) picture() (png []byte, side int, err error) {
	code, err := qr.Encode(v.Link.Encode(), qr.LevelM)
	if err != nil {
		return nil, 0, err
	}
	modules := code.Size() + 2*qr.QuietZone
	scale := max((260+modules/2)/modules, 4)
	png, err = code.PNG(scale)
	return png, modules * scale, err
}

// piece is fixed text, or a placeholder where name is set.
type piece struct {
	text string
	name Placeholder
}

// percent is the old spelling. Three letters at least, so that %20 and %C3 stay what they are.
var percent = regexp.MustCompile(`%([A-Z][A-Za-z]{2,})%`)

// opening is the old spelling, or where the new one begins.
var opening = regexp.MustCompile(`\{\{|` + percent.String())

var braces = regexp.MustCompile(`^\{\{\.([A-Za-z][A-Za-z0-9_]{0,63})\}\}`)

// split finds the placeholders in s.
func split(s string) ([]piece, error) {
	var out []piece
	for s != "" {
		at := opening.FindStringSubmatchIndex(s)
		if at == nil {
			return append(out, piece{text: s}), nil
		}
		from, to := at[0], at[1]
		var name string
		if at[2] >= 0 {
			name = s[at[2]:at[3]]
		} else if m := braces.FindStringSubmatch(s[from:]); m != nil {
			name, to = m[1], from+len(m[0])
		} else {
			return nil, authn.Fail(authn.Invalid, "template_placeholder",
				fmt.Sprintf("%s is no placeholder. Write one as {{.Name}}, without spaces; there are %s.", quote(s[from:min(from+200, len(s))]), list()))
		}
		p := Placeholder(name)
		if !slices.Contains(Placeholders(), p) {
			return nil, authn.Fail(authn.Invalid, "template_placeholder", fmt.Sprintf("There is no placeholder %s. There are %s.", quote(name), list()))
		}
		if from > 0 {
			out = append(out, piece{text: s[:from]})
		}
		out = append(out, piece{name: p})
		s = s[to:]
	}
	return out, nil
}

func list() string {
	names := make([]string, 0, len(Placeholders()))
	for _, p := range Placeholders() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// quote shows a piece of a template in a sentence.
func quote(s string) string { return "“" + authn.CleanText(s, 40) + "”" }

// modern writes every placeholder in the spelling {{.Name}}.
func modern(s string) string {
	return percent.ReplaceAllStringFunc(s, func(m string) string {
		if name := strings.Trim(m, "%"); slices.Contains(Placeholders(), Placeholder(name)) {
			return "{{." + name + "}}"
		}
		return m
	})
}

func has(ps []piece, name Placeholder) bool {
	return slices.ContainsFunc(ps, func(p piece) bool { return p.name == name })
}

func join(ps []piece, v Values) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.text)
		if p.name != "" {
			b.WriteString(v.value(p.name))
		}
	}
	return b.String()
}
