package template

import (
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"avow/internal/authn"
)

// qrAddress is EnrollQRCode as the address of an img of the template's own. It is no name that a template can write.
const qrAddress Placeholder = "cid"

// elements that a mail may have.
var elements = set(`html head title meta style body header footer main section article div p span br hr h1 h2 h3 h4 h5 h6 ul ol li table caption
	colgroup col thead tbody tfoot tr td th b strong i em u s small big sub sup blockquote pre code abbr center font a img`)

// attributes that every element may have. None makes a program fetch or run something.
var attributes = set(`style class id title lang dir align valign width height bgcolor border cellpadding cellspacing colspan rowspan role
	color face size alt charset name content xmlns span scope`)

func set(names string) map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(names) {
		out[n] = true
	}
	return out
}

// compiler turns a body into HTML that can be sent and text without markup, each with its placeholders.
type compiler struct {
	html    []piece
	buf     strings.Builder // HTML that is not in html yet
	plain   plain
	invites bool   // the QR or the link is where people see it
	raw     string // the element whose text is no text for readers: style, title
}

func (c *compiler) read(body string) error {
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return refuse("cannot be read as HTML. Look at its last lines")
			}
			c.flush()
			return nil
		}
		if err := c.token(z.Token()); err != nil {
			return err
		}
	}
}

func (c *compiler) token(t html.Token) error {
	switch t.Type {
	case html.DoctypeToken:
		c.fixed("<!DOCTYPE html>")
		return nil
	case html.CommentToken:
		return refuse("has a comment, " + quote(t.Data) + ". Some mail programs run what stands in comments; take it out")
	case html.TextToken:
		return c.text(t.Data)
	case html.EndTagToken:
		if !elements[t.Data] {
			return refuse("has the element </" + quote(t.Data) + ">, which mail programs do not show or must not run. Take it out")
		}
		c.raw = ""
		c.fixed("</" + t.Data + ">")
		c.plain.end(t.Data)
		return nil
	}
	return c.start(t)
}

func (c *compiler) start(t html.Token) error {
	switch {
	case t.Data == "script" || t.Data == "form" || t.Data == "input" || t.Data == "button":
		return refuse("has the element <" + t.Data + ">. Programs and forms do not belong into a mail; take it out")
	case !elements[t.Data]:
		return refuse("has the element <" + quote(t.Data) + ">, which mail programs do not show or must not run. Take it out")
	case t.Data == "img":
		if n := count(t.Attr, "src"); n != 1 {
			return refuse("has a picture without an address. Write <img src=\"{{.EnrollQRCode}}\">, or just {{.EnrollQRCode}}")
		}
	}
	c.fixed("<" + t.Data)
	var href []piece
	for _, a := range t.Attr {
		ps, err := c.attribute(t.Data, a)
		if err != nil {
			return err
		}
		if a.Key == "href" {
			href = ps
		}
		c.fixed(" " + a.Key + `="`)
		c.pieces(ps)
		c.fixed(`"`)
	}
	c.fixed(">")
	if t.Data == "style" || t.Data == "title" {
		c.raw = t.Data
	}
	c.plain.start(t.Data, href)
	return nil
}

func count(attrs []html.Attribute, key string) (n int) {
	for _, a := range attrs {
		if a.Key == key {
			n++
		}
	}
	return n
}

// attribute checks one and returns its value.
func (c *compiler) attribute(element string, a html.Attribute) ([]piece, error) {
	ps, err := split(a.Val)
	if err != nil {
		return nil, err
	}
	only := len(ps) == 1
	where := "<" + element + " " + authn.CleanText(a.Key, 40) + "=…>"
	switch {
	case a.Namespace != "" || strings.HasPrefix(a.Key, "on"):
		return nil, refuse("has " + where + ", which would run a program. Take it out")
	case element == "img" && a.Key == "src":
		if !only || ps[0].name != EnrollQRCode {
			return nil, refuse("has a picture from elsewhere, " + quote(a.Val) + ". It would tell who reads the mail, and when; the only picture is {{.EnrollQRCode}}")
		}
		c.invites = true
		return []piece{{name: qrAddress}}, nil
	case has(ps, EnrollQRCode):
		return nil, authn.Fail(authn.Invalid, "template_place", "The mail has {{.EnrollQRCode}} within "+where+". It is a picture: put it between the elements.")
	case element == "a" && a.Key == "href":
		if only && ps[0].name == EnrollURL {
			c.invites = true
			return ps, nil
		}
		if !only || ps[0].name != "" || !goodAddress(ps[0].text) {
			return nil, refuse("has a link to " + quote(a.Val) + ". A link is {{.EnrollUrl}} alone, or begins with https://, mailto: or tel: and has no placeholder")
		}
		return ps, nil
	case element == "a" && (a.Key == "target" || a.Key == "rel"):
	case element == "meta" && a.Key == "http-equiv":
		if !strings.EqualFold(a.Val, "content-type") {
			return nil, refuse("has " + where + " with " + quote(a.Val) + ". Only Content-Type is possible")
		}
	case a.Key == "style":
		if len(ps) > 1 || len(ps) == 1 && ps[0].name != "" {
			return nil, refuse("has a placeholder within " + where + ". Put it into the text")
		}
		return ps, checkCSS(a.Val)
	case !attributes[a.Key] && !strings.HasPrefix(a.Key, "aria-") || !plainName(a.Key):
		return nil, refuse("has " + where + ", which a mail does not need. Take it out")
	}
	return ps, nil
}

func plainName(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' })
}

func goodAddress(s string) bool {
	lower := strings.ToLower(s)
	ok := slices.ContainsFunc([]string{"https://", "mailto:", "tel:"}, func(p string) bool { return strings.HasPrefix(lower, p) && len(s) > len(p) })
	return ok && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || control(r) })
}

// checkCSS refuses what fetches from elsewhere or runs (CSS Values 4, section 4.5), and the escapes that could hide it.
func checkCSS(s string) error {
	lower := strings.ToLower(s)
	for _, bad := range []string{"url(", "@import", "expression", "image-set", "image(", "src(", "binding", "behavior", "javascript", "\\", "<"} {
		if strings.Contains(lower, bad) {
			return refuse("has " + quote(bad) + " in its styles, which could fetch something from elsewhere or run a program. Take it out")
		}
	}
	return nil
}

func (c *compiler) text(s string) error {
	ps, err := split(s)
	if err != nil {
		return err
	}
	switch c.raw {
	case "style":
		if len(ps) != 1 || ps[0].name != "" {
			return refuse("has a placeholder within <style>. Put it into the text")
		}
		if err := checkCSS(s); err != nil {
			return err
		}
		c.fixed(s) // raw text: browsers do not undo escapes here
		return nil
	case "title":
		if has(ps, EnrollQRCode) {
			return authn.Fail(authn.Invalid, "template_place", "The mail has {{.EnrollQRCode}} within <title>. It is a picture: put it into the body.")
		}
		c.pieces(ps)
		return nil
	}
	if has(ps, EnrollQRCode) || has(ps, EnrollURL) {
		c.invites = true
	}
	c.pieces(ps)
	c.plain.text(ps)
	return nil
}

// pieces adds text and values; both are escaped, the values when they are known.
func (c *compiler) pieces(ps []piece) {
	for _, p := range ps {
		if p.name == "" {
			c.fixed(html.EscapeString(p.text))
			continue
		}
		c.flush()
		c.html = append(c.html, p)
	}
}

// fixed adds HTML.
func (c *compiler) fixed(s string) { c.buf.WriteString(s) }

func (c *compiler) flush() {
	if c.buf.Len() > 0 {
		c.html = append(c.html, piece{text: c.buf.String()})
		c.buf.Reset()
	}
}

func refuse(what string) *authn.Error {
	return authn.Fail(authn.Invalid, "template_html", "The mail "+what+".")
}
