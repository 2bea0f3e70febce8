package signin

import (
	"net/http"
	"net/url"
	"strings"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
)

const noticeCookie = "__Host-avow_notice"

// maxNotice bounds the cookie of what is said after a redirect.
const maxNotice = 256

// Done leads to a page that says what was done. What is said goes along in a cookie that is read once; it names people and things and no secret.
func (v Visitor) Done(path string, kind web.NoticeKind, name string) error {
	text := string(kind) + "\n" + authn.CleanText(name, 64)
	http.SetCookie(v.W, &http.Cookie{
		Name: noticeCookie, Value: url.QueryEscape(text), Path: "/", MaxAge: 60, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	v.Redirect(path)
	return nil
}

// said reads what Done left, and takes it away.
func (s *Service) said(v Visitor) *web.Notice {
	c, err := v.R.Cookie(noticeCookie)
	if err != nil || len(c.Value) > maxNotice*3 {
		return nil
	}
	page.SetCookie(v.W, noticeCookie, nil, 0)
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return nil
	}
	kind, name, _ := strings.Cut(text, "\n")
	n := &web.Notice{Kind: web.NoticeKind(kind), Name: authn.CleanText(name, 64)}
	if n.Kind.Text() == "" {
		return nil
	}
	return n
}
