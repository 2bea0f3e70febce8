package template

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	mailtext "avow/assets/mail"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/wire"
)

var until = time.Date(2026, 3, 2, 17, 30, 0, 0, time.FixedZone("CET", 3600))

func values(lang string) Values {
	return Values{
		Link:     wire.RegistrationLink{Host: "id.example.com", Session: key.Secret("0123456789abcdef")},
		UserName: "anna.lind", Name: "Anna Lind", Organisation: "Lund & Söhne", Support: "+46 46 555 01 00", Expires: until, Language: lang,
	}
}

// TestDefaults renders what people get when no administrator wrote anything, in every language.
func TestDefaults(t *testing.T) {
	for _, l := range translations.Languages() {
		m, err := ParseMail(mailtext.Registration(l.Tag))
		if err != nil {
			t.Fatalf("%s: %v", l.Tag, err)
		}
		v := values(l.Tag)
		r, err := m.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		when := map[string]string{"en": "2 March 2026, 17:30 CET", "de": "2. März 2026, 17:30 CET"}[l.Tag]
		for _, want := range []string{`src="` + QRSource + `"`, `href="` + v.URL() + `"`, "Anna Lind", "anna.lind", "Lund &amp; Söhne", when, "+46 46 555 01 00"} {
			if !strings.Contains(r.HTML, want) {
				t.Errorf("%s: %q is missing in the HTML", l.Tag, want)
			}
		}
		for _, want := range []string{": " + v.URL() + "\n", "\n1. ", "\n3. ", "Anna Lind", "Lund & Söhne", when, "+46 46 555 01 00"} {
			if !strings.Contains(r.Text, want) {
				t.Errorf("%s: %q is missing in the text\n%s", l.Tag, want, r.Text)
			}
		}
		if strings.Contains(r.Subject, v.Link.Encode()) || strings.Contains(r.HTML+r.Text, "{{") || strings.ContainsAny(r.Text, "<>") || strings.Contains(r.Text, "\n\n\n") || strings.Contains(r.Text, "max-width") {
			t.Errorf("%s: %q\n%s", l.Tag, r.Subject, r.Text)
		}
		if strings.Contains(r.Page(), "cid:") || !strings.Contains(r.Page(), `src="data:image/png;base64,iVBOR`) {
			t.Errorf("%s: the page has no picture", l.Tag)
		}
		if got := decode(t, r.QR); got != v.Link.Encode() {
			t.Errorf("%s: the picture says %q, want %q", l.Tag, got, v.Link.Encode())
		}
		s, err := ParseText(mailtext.RegistrationText(l.Tag))
		if err != nil {
			t.Fatal(err)
		}
		text := s.Render(v).Text
		most, other := 2, strings.Contains("fr es pt pl cs uk tr el", l.Tag) // letters that no text message has in its short alphabet
		if other {
			most = 4
		}
		if n := Segments(text); n.Count > most || n.Unicode && !other || !strings.Contains(text, v.URL()) {
			t.Errorf("%s: %q has %+v", l.Tag, text, n)
		}
	}
}

func decode(t *testing.T, b []byte) string {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if side := img.Bounds().Dx(); side < 230 || side > 290 {
		t.Errorf("the picture is %d pixels wide", side)
	}
	found, err := qr.Decode(t.Context(), img, qr.Options{})
	if err != nil || len(found) != 1 {
		t.Fatalf("the picture cannot be read: %v, %d codes", err, len(found))
	}
	return found[0].Text
}

func TestLinkIsOurs(t *testing.T) {
	v := values("en")
	if v.URL() != "https://id.example.com/R#"+v.Link.Encode()[len("HTTPS://ID.EXAMPLE.COM/R#"):] {
		t.Errorf("URL is %q", v.URL())
	}
	got, err := wire.ParseLink(v.URL())
	if err != nil || got.Encode() != v.Link.Encode() {
		t.Errorf("the URL reads as %v, %v", got, err)
	}
}

// Each template that is refused says why; the second text is part of the sentence.
var refused = []struct{ name, subject, body, says string }{
	{"no subject", " ", "{{.EnrollUrl}}", "no subject"},
	{"long subject", strings.Repeat("x", 201), "{{.EnrollUrl}}", "201"},
	{"subject of two lines", "a\r\nBcc: b@example.com", "{{.EnrollUrl}}", "one line"},
	{"link in the subject", "{{.EnrollUrl}}", "{{.EnrollUrl}}", "locked screens"},
	{"old link in the subject", "%EnrollUrl%", "{{.EnrollUrl}}", "locked screens"},
	{"QR in the subject", "{{.EnrollQRCode}}", "{{.EnrollUrl}}", "locked screens"},
	{"neither QR nor link", "s", "<p>Hello {{.Name}}", "neither"},
	{"link in the title only", "s", "<title>{{.EnrollUrl}}</title>", "neither"},
	{"unknown", "s", "{{.EnrollUrl}} {{.Password}}", "“Password”. There are EnrollQRCode, EnrollUrl, UserName, Name, Organisation, ExpiresAt, Support"},
	{"unknown, old spelling", "s", "{{.EnrollUrl}} %Passwort%", "“Passwort”"},
	{"unknown in an attribute", "s", `{{.EnrollUrl}}<p title="{{.X}}">`, "“X”"},
	{"a program", "s", "{{.EnrollUrl}} {{range .}}", "no placeholder"},
	{"a call", "s", "{{.EnrollUrl}} {{.Name | html}}", "no placeholder"},
	{"half", "s", "{{.EnrollUrl}} {{.Name", "no placeholder"},
	{"hidden by entities", "s", "{{.EnrollUrl}} &#123;&#123;.Secret}}", "“Secret”"},
	{"too big", "s", "{{.EnrollUrl}}" + strings.Repeat("x", MaxMail), "KiB"},
	{"no UTF-8", "s", "{{.EnrollUrl}}\xff", "UTF-8"},
	{"script", "s", "{{.EnrollUrl}}<script>alert(1)</script>", "<script>"},
	{"SCRIPT", "s", "{{.EnrollUrl}}<SCRIPT >", "<script>"},
	{"form", "s", "{{.EnrollUrl}}<form action=x>", "<form>"},
	{"input", "s", "{{.EnrollUrl}}<input>", "<input>"},
	{"svg", "s", "{{.EnrollUrl}}<svg/onload=x>", "svg"},
	{"iframe", "s", "{{.EnrollUrl}}<iframe>", "iframe"},
	{"base", "s", "{{.EnrollUrl}}<base href=https://evil.example>", "base"},
	{"link element", "s", "{{.EnrollUrl}}<link rel=stylesheet href=x>", "link"},
	{"plaintext", "s", "{{.EnrollUrl}}<plaintext>", "plaintext"},
	{"onclick", "s", "{{.EnrollUrl}}<p OnClick=x>", "onclick"},
	{"javascript link", "s", "{{.EnrollUrl}}<a href=' javascript:x'>", "javascript"},
	{"javascript link with entities", "s", "{{.EnrollUrl}}<a href='java&#x0a;script:x'>", "link to"},
	{"data link", "s", "{{.EnrollUrl}}<a href='data:text/html,x'>", "link to"},
	{"http link", "s", "{{.EnrollUrl}}<a href='http://example.com'>", "link to"},
	{"link of a value", "s", "{{.EnrollUrl}}<a href='{{.Name}}'>", "link to"},
	{"link around the link", "s", "<a href='https://evil.example/?{{.EnrollUrl}}'>", "link to"},
	{"picture from elsewhere", "s", "{{.EnrollUrl}}<img src=https://evil.example/a.png>", "from elsewhere"},
	{"picture as data", "s", "{{.EnrollUrl}}<img src=data:image/png;base64,AA>", "from elsewhere"},
	{"no address", "s", "{{.EnrollUrl}}<img alt=x>", "without an address"},
	{"srcset", "s", "{{.EnrollUrl}}<img src={{.EnrollQRCode}} srcset=https://evil.example>", "srcset"},
	{"background attribute", "s", "{{.EnrollUrl}}<td background=https://evil.example>", "background"},
	{"background style", "s", "{{.EnrollUrl}}<p style='background:URL(https://evil.example)'>", "url("},
	{"escaped style", "s", `{{.EnrollUrl}}<p style='background:u\72l(https://evil.example)'>`, "styles"},
	{"import", "s", "{{.EnrollUrl}}<style>@import 'https://evil.example'</style>", "@import"},
	{"value in a style", "s", "{{.EnrollUrl}}<p style='color:{{.Name}}'>", "placeholder"},
	{"value in a style sheet", "s", "{{.EnrollUrl}}<style>{{.Name}}</style>", "placeholder"},
	{"refresh", "s", "{{.EnrollUrl}}<meta http-equiv=refresh content='0;url=https://evil.example'>", "http-equiv"},
	{"comment", "s", "{{.EnrollUrl}}<!--[if mso]><script><![endif]-->", "comment"},
	{"QR in an attribute", "s", "{{.EnrollUrl}}<p title='{{.EnrollQRCode}}'>", "between"},
	{"QR in the title", "s", "{{.EnrollUrl}}<title>{{.EnrollQRCode}}</title>", "title"},
}

func TestRefused(t *testing.T) {
	for _, tt := range refused {
		_, err := ParseMail(tt.subject, tt.body)
		if e := authn.AsError(err); err == nil || e.Kind != authn.Invalid || !strings.Contains(e.Message, tt.says) || !strings.HasSuffix(e.Message, ".") {
			t.Errorf("%s: %+v", tt.name, err)
		}
	}
	for name, body := range map[string]string{
		"no link": "Hello {{.Name}}", "QR": "{{.EnrollUrl}} {{.EnrollQRCode}}", "unknown": "{{.EnrollUrl}} {{.X}}", "too long": "{{.EnrollUrl}}" + strings.Repeat("x", 918),
		"too long in UCS-2": "{{.EnrollUrl}}" + strings.Repeat("’", 400), "escape": "{{.EnrollUrl}}\x1b[2J", "no UTF-8": "{{.EnrollUrl}}\xff",
	} {
		if _, err := ParseText(body); err == nil || authn.AsError(err).Kind != authn.Invalid {
			t.Errorf("text, %s: %v", name, err)
		}
	}
}

func TestAccepted(t *testing.T) {
	for name, body := range map[string]string{
		"as old templates write it": "<p style=\"width:100%\">100% %Name%, %EnrollUrl%</p>", "own picture": `<img alt="x" width=260 src="%EnrollQRCode%">`,
		"second address": "<img src={{.EnrollQRCode}} src=https://evil.example>", // browsers know the first only, and so do we
		"link":           "<a href={{.EnrollUrl}}>x</a>", "percent": "{{.EnrollUrl}} %20 %C3%A4 50%", "XHTML": `<html xmlns="http://www.w3.org/1999/xhtml"><meta http-equiv="Content-Type" content="text/html"/>{{.EnrollUrl}}<br/>`,
		"help": `{{.EnrollUrl}}<a href="https://help.example.com/x?y=1">help</a> <a href=tel:+4646>ring</a>`,
	} {
		m, err := ParseMail("s", body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, err := m.Render(values("en"))
		if err != nil || strings.Contains(r.HTML, "evil") {
			t.Errorf("%s: %v\n%s", name, err, r.HTML)
		}
		harmless(t, r.HTML)
	}
}

// TestHostileValues: what stands in a directory stays text.
func TestHostileValues(t *testing.T) {
	m, err := ParseMail("{{.Name}}", `<p title={{.Name}}>{{.Name}} {{.EnrollUrl}}</p>`)
	if err != nil {
		t.Fatal(err)
	}
	v := values("en")
	v.Name = "x onmouseover=alert(1) \"'><script>&\r\nBcc: a@example.com {{.EnrollUrl}}"
	r, err := m.Render(v)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(r.Subject, "\r\n") || strings.Contains(r.Subject, v.URL()) {
		t.Errorf("subject %q", r.Subject)
	}
	z := html.NewTokenizer(strings.NewReader(r.HTML))
	for z.Next() != html.ErrorToken {
		if tok := z.Token(); tok.Type == html.StartTagToken && (tok.Data != "p" || len(tok.Attr) != 1) {
			t.Errorf("a value made %s", tok)
		}
	}
	if strings.Count(r.HTML, v.URL()) != 1 {
		t.Errorf("a value was filled in twice: %s", r.HTML)
	}
}

func TestPlain(t *testing.T) {
	m, err := ParseMail("s", "<title>no</title><style>p{color:red}</style>\n<h1> A  <b>B</b>\nC </h1><p>one<br>two<ul><li>x<li>y</ul><hr>"+
		"<a href=\"{{.EnrollUrl}}\">Go</a> <a href='{{.EnrollUrl}}'>{{.EnrollUrl}}</a><table><tr><td>a<td>b</table>&lt;end")
	if err != nil {
		t.Fatal(err)
	}
	v := values("en")
	r, _ := m.Render(v)
	want := "A B C\n\none\ntwo\n\n- x\n- y\n\n———\n\nGo: " + v.URL() + " " + v.URL() + "\n\na b\n\n<end\n"
	if r.Text != want {
		t.Errorf("got\n%s\nwant\n%s", r.Text, want)
	}
}

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Parts
	}{
		{strings.Repeat("a", 160), Parts{1, false}},
		{strings.Repeat("a", 161), Parts{2, false}},
		{strings.Repeat("a", 306), Parts{2, false}},
		{strings.Repeat("€", 80), Parts{1, false}},
		{strings.Repeat("€", 81), Parts{2, false}},
		{"äöüßÄÖÜ", Parts{1, false}},
		{strings.Repeat("’", 70), Parts{1, true}},
		{strings.Repeat("’", 71), Parts{2, true}},
		{strings.Repeat("😀", 36), Parts{2, true}},
		{"", Parts{1, false}},
	} {
		if got := Segments(tt.text); got != tt.want {
			t.Errorf("%.10q of %d: %+v, want %+v", tt.text, len(tt.text), got, tt.want)
		}
	}
}

// TestSampleIsNoLink: what is sent as a test connects nothing.
func TestSampleIsNoLink(t *testing.T) {
	v := Sample("en", until)
	if !strings.HasPrefix(v.URL(), "https://sample.invalid/R#") || !strings.HasPrefix(v.Link.Encode(), "HTTPS://SAMPLE.INVALID/") {
		t.Errorf("the sample leads to %s", v.URL())
	}
}

func FuzzParseMail(f *testing.F) {
	for _, tt := range refused {
		f.Add(tt.subject, tt.body)
	}
	subject, body := mailtext.Registration("de")
	f.Add(subject, body)
	v := values("de")
	v.Name = `"><script>`
	f.Fuzz(func(t *testing.T, subject, body string) {
		m, err := ParseMail(subject, body)
		if err != nil {
			if e := authn.AsError(err); e.Kind != authn.Invalid || !strings.HasSuffix(e.Message, ".") {
				t.Fatalf("not a sentence: %v", err)
			}
			return
		}
		again, err := ParseMail(m.Encode())
		if err != nil {
			t.Fatalf("written out it is refused: %v", err)
		}
		s1, b1 := m.Encode()
		if s2, b2 := again.Encode(); s1 != s2 || b1 != b2 {
			t.Fatalf("Encode is not stable: %q %q, %q %q", s1, b1, s2, b2)
		}
		r, err := m.Render(v)
		if err != nil {
			t.Fatal(err)
		}
		r2, _ := again.Render(v)
		if r.HTML != r2.HTML || r.Text != r2.Text || r.Subject != r2.Subject {
			t.Fatalf("written out it is another template: %q, %q", r.HTML, r2.HTML)
		}
		if strings.ContainsAny(r.Subject, "\r\n") || strings.Contains(r.Subject, v.URL()) {
			t.Fatalf("subject %q", r.Subject)
		}
		harmless(t, r.HTML)
	})
}

// harmless reads what is sent as a mail program does, with a tree and not with tokens, so that it is no repetition of the check.
func harmless(t *testing.T, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("a comment in %q", page)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !elements[n.Data] || n.Namespace != "" {
			t.Fatalf("<%s> in %q", n.Data, page)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src" && a.Val != QRSource, a.Key == "href" && !goodAddress(a.Val),
				strings.Contains(strings.ToLower(a.Val), "url(") && a.Key == "style":
				t.Fatalf("%s=%q in %q", a.Key, a.Val, page)
			}
		}
	}
}

// TestLargest: what an administrator may save takes no time to read, whatever is in it.
func TestLargest(t *testing.T) {
	for _, unit := range []string{"{{.Name}}", "%Name%", "a ", "<b>", "<a href={{.EnrollUrl}}>x</a>", "{ ", "%A", "&amp;", "<li>"} {
		body := "{{.EnrollUrl}}" + strings.Repeat(unit, (MaxMail-100)/len(unit))
		began := time.Now()
		m, err := ParseMail("s", body)
		if err != nil {
			t.Fatalf("%q: %v", unit, err)
		}
		if _, err := m.Render(values("en")); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("%q: %v", unit, d)
		}
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{mailtext.RegistrationText("de"), "%EnrollUrl%", "{{.EnrollUrl}} {{.X}}", "{{.EnrollUrl}}’\r\n", "%EnrollQRCode%"} {
		f.Add(s)
	}
	v := values("de")
	f.Fuzz(func(t *testing.T, body string) {
		x, err := ParseText(body)
		if err != nil {
			if e := authn.AsError(err); e.Kind != authn.Invalid || !strings.HasSuffix(e.Message, ".") {
				t.Fatalf("not a sentence: %v", err)
			}
			return
		}
		again, err := ParseText(x.Encode())
		if err != nil || again.Encode() != x.Encode() || again.Render(v).Text != x.Render(v).Text {
			t.Fatalf("written out it is another: %q, %v", x.Encode(), err)
		}
		if text := x.Render(v).Text; !strings.Contains(text, v.URL()) || strings.ContainsAny(text, "\x00\x1b\r") {
			t.Fatalf("%q", text)
		}
	})
}
