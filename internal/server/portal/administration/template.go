package administration

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/notify/template"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

// errUnsaved is answered when what was typed is not what a test would send.
var errUnsaved = authn.Fail(authn.Conflict, "test_unsaved", "A test has the text that is saved. Save this one first.")

// editor is a template that somebody looks at.
type editor struct {
	authn.Template
	own  bool
	name string // of the language
}

func (e editor) path() string { return "/admin/messages/" + string(e.Channel) + "/" + e.Language }

// editor is the template in the address as it is saved. store.ErrNotFound where there is no such channel or language.
func (s *Service) editor(v signin.Visitor) (e editor, err error) {
	ch, tag := authn.Channel(v.R.PathValue("channel")), v.R.PathValue("tag")
	if ch != authn.ChannelMail && ch != authn.ChannelText || languageName(tag) == "" {
		return e, store.ErrNotFound
	}
	e.name = languageName(tag)
	e.Template, e.own, err = s.Messages.Template(v.Context(), ch, tag)
	e.Channel, e.Language = ch, tag
	return e, err
}

// typedTemplate puts what was typed in place of what is saved. Browsers send line ends as CRLF.
func (e editor) typedTemplate(v signin.Visitor) authn.Template {
	t := e.Template
	t.Body = strings.ReplaceAll(v.R.PostFormValue("body"), "\r\n", "\n")
	if t.Channel == authn.ChannelMail {
		t.Subject = strings.TrimSpace(v.R.PostFormValue("subject"))
	}
	return t
}

func (s *Service) template(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	return s.templatePage(v, http.StatusOK, e, e.Template, nil)
}

func (s *Service) templatePage(v signin.Visitor, status int, e editor, t authn.Template, said web.Wrong) error {
	c := web.TemplatePage{
		Channel: web.Channel(e.Channel), Tag: e.Language, Language: e.name, Subject: t.Subject, Body: t.Body, Own: e.own,
		UpdatedAt: page.Local(e.UpdatedAt), UpdatedBy: who(e.UpdatedBy), TestTo: s.testTo(v, e.Channel), Wrong: said,
	}
	for _, p := range template.Placeholders() {
		if p == template.EnrollQRCode && e.Channel == authn.ChannelText {
			continue
		}
		c.Placeholders = append(c.Placeholders, web.Placeholder(p))
	}
	v.Frames()
	id := translations.Message("administration.messages.mail")
	if e.Channel == authn.ChannelText {
		id = "administration.messages.text"
	}
	return s.show(v, status, web.Template, web.MessagesSection, e.path(), v.T(id, "Language", e.name), c)
}

// testTo is where a test to the visitor herself goes, "" where none can.
func (s *Service) testTo(v signin.Visitor, ch authn.Channel) string {
	mail, text := s.Site.Reach(v.User)
	switch {
	case ch == authn.ChannelMail && mail:
		return v.User.Mail
	case ch == authn.ChannelText && text:
		return v.User.Phone
	}
	return ""
}

func (s *Service) saveTemplate(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	t := e.typedTemplate(v)
	if err := s.Messages.SaveTemplate(v.Context(), t, outboxBy(v, "edited on the pages")); err != nil {
		return s.wrongTemplate(v, e, t, err)
	}
	return v.Done(e.path(), web.Saved, "")
}

func (s *Service) wrongTemplate(v signin.Visitor, e editor, t authn.Template, err error) error {
	said, err := wrong(v, err, "subject", "body")
	if err != nil {
		return err
	}
	return s.templatePage(v, http.StatusUnprocessableEntity, e, t, said)
}

// preview shows a template with made-up values, in a frame of the editor.
func (s *Service) preview(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	t := e.Template
	if v.R.Method == http.MethodPost {
		t = e.typedTemplate(v)
	}
	r, parts, err := s.Messages.Preview(t)
	c := web.TextPreviewPage{Sender: s.Site.Organisation}
	if err != nil {
		said, err := wrong(v, err)
		if err != nil {
			return err
		}
		c.Wrong = said[""]
	}
	if err == nil && t.Channel == authn.ChannelMail {
		return mailPreview(v, r)
	}
	v.Framed()
	c.Body, c.Signs, c.Segments, c.Unicode = r.Text, utf8.RuneCountInString(r.Text), parts.Count, parts.Unicode
	return s.show(v, http.StatusOK, web.TextPreview, "", e.path(), v.T("administration.template.preview"), c)
}

// mailPreview is the mail itself. Its picture, which a mail brings along, stands in the page.
func mailPreview(v signin.Visitor, r template.Rendered) error {
	picture := "data:image/png;base64," + base64.StdEncoding.EncodeToString(r.QR)
	v.FramedMail()
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = v.W.Write([]byte(strings.ReplaceAll(r.HTML, template.QRSource, picture))) // the browser went away: nobody to tell
	return nil
}

func (s *Service) testTemplate(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	t, to := e.typedTemplate(v), s.testTo(v, e.Channel)
	same := func(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }
	if !same(t.Subject, e.Subject) || !same(t.Body, e.Body) {
		return s.wrongTemplate(v, e, t, errUnsaved)
	}
	if _, err := s.Messages.Test(v.Context(), e.Channel, to, e.Language, outboxBy(v, "a test to herself")); err != nil {
		return s.wrongTemplate(v, e, t, err)
	}
	return v.Done(e.path(), web.TestSent, to)
}

func (s *Service) askReset(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	return s.ask(v, web.MessagesSection, web.Confirm{Kind: web.ResetTemplate, Name: e.name, Post: e.path() + "/reset", Back: e.path()}, nil)
}

func (s *Service) resetTemplate(v signin.Visitor) error {
	e, err := s.editor(v)
	if err != nil {
		return err
	}
	if !e.own { // done already
		v.Redirect(e.path())
		return nil
	}
	if err := s.Messages.ResetTemplate(v.Context(), e.Channel, e.Language, outboxBy(v, "reset on the pages")); err != nil {
		return err
	}
	return v.Done(e.path(), web.TemplateReset, "")
}
