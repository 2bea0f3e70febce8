package servertest

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"avow/internal/authn"
	"avow/internal/store"
)

// Browser is somebody in front of the server's pages, with cookies and without script.
type Browser struct {
	env  *Env
	http *http.Client
}

// NewBrowser is one that nobody has signed in with.
func (e *Env) NewBrowser() *Browser {
	e.T.Helper()
	jar, err := cookiejar.New(nil)
	e.must(err)
	c := e.Browser()
	c.Jar, c.CheckRedirect = jar, nil
	return &Browser{env: e, http: c}
}

// Page is an answer that was read.
type Page struct {
	Status int
	Path   string // after redirects
	Head   http.Header
	Body   string
}

// Do sends a request; form nil is a GET's.
func (b *Browser) Do(method, path string, form url.Values, set map[string]string) Page {
	b.env.T.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, b.env.Site.Issuer+path, body)
	b.env.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en")
	for k, v := range set {
		r.Header.Set(k, v)
	}
	answer, err := b.http.Do(r)
	b.env.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	b.env.must(err)
	return Page{answer.StatusCode, answer.Request.URL.Path, answer.Header, string(text)}
}

// Get fetches a page.
func (b *Browser) Get(path string) Page {
	b.env.T.Helper()
	return b.Do(http.MethodGet, path, nil, nil)
}

// Post sends a form to path with the hidden fields of the page's first form that leads there; pairs are more fields, names and values.
func (b *Browser) Post(p Page, path string, pairs ...string) Page {
	b.env.T.Helper()
	form := p.Form(path)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.Do(http.MethodPost, path, form, nil)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// Form is the hidden fields of the page's first form that leads to path, or that has a button which does; those of the last form when none does.
func (p Page) Form(path string) url.Values {
	forms := strings.Split(p.Body, "<form")
	chosen := forms[len(forms)-1]
	for _, f := range forms[1:] {
		if strings.Contains(f, `action="`+path+`"`) {
			chosen = f
			break
		}
	}
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(chosen, -1) {
		out.Add(m[1], m[2])
	}
	return out
}

// Has reports whether all texts stand in the page as they are.
func (p Page) Has(texts ...string) bool {
	for _, t := range texts {
		if !strings.Contains(p.Body, t) {
			return false
		}
	}
	return true
}

// Find is the first group of a pattern in the page.
func (p Page) Find(pattern string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(p.Body); m != nil {
		return m[1]
	}
	return ""
}

// Title is the page's heading.
func (p Page) Title() string { return p.Find(`<h1[^>]*>([^<]*)</h1>`) }

// Number is the six digits that the page shows to be typed on a phone.
func (p Page) Number() string {
	digits := p.Find(`aria-label="([0-9 ]{6,})"`)
	return strings.ReplaceAll(digits, " ", "")
}

// Appoint gives a user a role on the pages.
func (e *Env) Appoint(login string, role authn.AdminRole) {
	e.T.Helper()
	e.must(e.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return err
		}
		return tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: login, Role: role, User: u.ID, CreatedAt: e.Now()})
	}))
}

// SignIn is a browser in which the phone's owner has signed in to the pages, and the page that came first.
func (e *Env) SignIn(p *Phone, login string) (*Browser, Page) {
	e.T.Helper()
	b := e.NewBrowser()
	wait := b.Post(b.Get("/sign-in"), "/sign-in", "login", login)
	e.must(p.Answer(authn.Approve, wait.Number()))
	return b, b.Get("/sign-in/wait")
}

// Colleague is a user with a phone and a role, signed in.
func (e *Env) Colleague(login string, role authn.AdminRole) (*Browser, *Phone) {
	e.T.Helper()
	e.User(login)
	p := e.Phone(login)
	if role != "" {
		e.Appoint(login, role)
	}
	b, _ := e.SignIn(p, login)
	return b, p
}
