package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	mailtext "avow/assets/mail"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/server/notify"
	"avow/internal/server/notify/template"
	"avow/internal/store"
)

// written is a message as it goes out. It is in memory only.
type written struct {
	template.Rendered
	secrets []string // what must not come back by way of an error
}

// errEnded: what the message is about is over.
var errEnded = errors.New("ended")

// plan is what a message is made from. It is read in the transaction that marks the message as sending; the message is written after it,
// since a transaction holds everybody up.
type plan struct {
	kind     authn.MessageKind
	template authn.Template // of an invitation
	values   template.Values
	code     string
}

// plan reads what a message needs. errEnded, a fault of kind Invalid that stays, or trouble of the store.
func (s *Service) plan(r store.Reader, m authn.Message, now time.Time) (plan, error) {
	p := plan{kind: m.Kind}
	p.values = template.Values{Organisation: s.site.Organisation, Support: s.site.Support, Language: translations.Match(m.Language)}
	err := s.subject(r, m, &p, now)
	if errors.Is(err, store.ErrNotFound) {
		return p, errEnded
	}
	if err == nil && (m.Kind == authn.MessageRegistration || m.Kind == authn.MessageTest) {
		p.template, err = s.template(r, m.Channel, p.values.Language)
	}
	return p, err
}

// subject reads what the message is about.
func (s *Service) subject(r store.Reader, m authn.Message, p *plan, now time.Time) error {
	if m.Kind == authn.MessageTest {
		sample := template.Sample(p.values.Language, now.Local())
		sample.Organisation, sample.Support = p.values.Organisation, p.values.Support
		p.values = sample
		return nil
	}
	user, err := r.User(m.User)
	if err != nil {
		return err
	}
	if user.Active() != nil {
		return errEnded
	}
	if m.Kind == authn.MessageCallerCode {
		check, err := r.CallerCheck(m.Check)
		switch {
		case err != nil:
			return err
		case !check.Open(now):
			return errEnded
		case s.digits == nil:
			return authn.Fail(authn.Invalid, "no_caller_codes", "This server gives no codes to callers.")
		}
		p.code = s.digits(m.Check)
		return nil
	}
	if m.Kind == authn.MessageRestoreCode || m.Kind == authn.MessageColleagueCode {
		x, err := r.Restore(m.Restore)
		switch {
		case err != nil:
			return err
		case x.StateAt(now) != authn.RestoreProved || !now.Before(x.OTPExpires):
			return errEnded
		case s.restore == nil:
			return authn.Fail(authn.Invalid, "no_restore_codes", "This server gives no codes for restores.")
		}
		p.code = s.restore(x)
		return nil
	}
	session, err := r.RegistrationSession(m.Session)
	if err != nil {
		return err
	}
	link, ok := s.links.SentLink(session)
	switch {
	case !ok:
		return errEnded
	case m.Kind == authn.MessageProofCode:
		p.code = s.links.ProofDigits(m.Session)
	case m.Kind == authn.MessageRegistration:
		p.values.Link, p.values.UserName, p.values.Name, p.values.Expires = link, user.Login, user.Name, session.ExpiresAt.Local()
	default:
		return authn.Fail(authn.Invalid, "message_kind", fmt.Sprintf("There is no text for a message of kind %q.", m.Kind))
	}
	return nil
}

// render writes a message.
func (s *Service) render(p plan) (w written, err error) {
	v := p.values
	if p.code != "" {
		w.secrets = []string{p.code, p.code[:len(p.code)/2] + " " + p.code[len(p.code)/2:]}
		w.Subject, w.Text, err = mailtext.Message(p.kind, v.Language, v.Organisation, p.code)
		return w, err
	}
	link := v.URL()
	w.secrets = []string{link[len(link)-40:]}
	if w.Rendered, err = s.written.render(p.template, v); err == nil && p.kind == authn.MessageTest {
		var subject string
		subject, _, err = mailtext.Message(p.kind, v.Language, v.Organisation, "")
		w.Subject = authn.CleanText(subject+": "+w.Subject, template.MaxSubject)
	}
	return w, err
}

// template is the organisation's own in a language, else the program's.
func (s *Service) template(r store.Reader, ch authn.Channel, lang string) (authn.Template, error) {
	t, err := r.Template(ch, lang)
	if errors.Is(err, store.ErrNotFound) {
		return s.written.fallback(ch, lang), nil
	}
	return t, err
}

// Default is the program's own template in the language that suits lang best.
func Default(ch authn.Channel, lang string) authn.Template {
	t := authn.Template{Channel: ch, Language: translations.Match(lang)}
	if ch == authn.ChannelText {
		t.Body = mailtext.RegistrationText(lang)
		return t
	}
	t.Subject, t.Body = mailtext.Registration(lang)
	return t
}

// cache keeps templates that were parsed: ten thousand mails of one morning have the same.
type cache struct {
	mu    sync.Mutex
	own   map[authn.Channel]map[string]authn.Template // the program's
	mails map[[2]string]*template.Mail
	texts map[string]*template.Text
}

func newCache() *cache {
	return &cache{own: map[authn.Channel]map[string]authn.Template{authn.ChannelMail: {}, authn.ChannelText: {}}, mails: map[[2]string]*template.Mail{}, texts: map[string]*template.Text{}}
}

func (c *cache) fallback(ch authn.Channel, lang string) authn.Template {
	c.mu.Lock()
	defer c.mu.Unlock()
	lang = translations.Match(lang)
	t, ok := c.own[ch][lang]
	if !ok {
		t = Default(ch, lang)
		c.own[ch][lang] = t
	}
	return t
}

const maxCached = 32 // more than there are languages; a preview is not kept

func (c *cache) render(t authn.Template, v template.Values) (template.Rendered, error) {
	if t.Channel == authn.ChannelText {
		p, err := c.text(t.Body)
		if err != nil {
			return template.Rendered{}, err
		}
		return p.Render(v), nil
	}
	p, err := c.mail(t.Subject, t.Body)
	if err != nil {
		return template.Rendered{}, err
	}
	return p.Render(v)
}

func (c *cache) mail(subject, body string) (*template.Mail, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := [2]string{subject, body}
	if p := c.mails[k]; p != nil {
		return p, nil
	}
	p, err := template.ParseMail(subject, body)
	if err == nil {
		if len(c.mails) >= maxCached {
			clear(c.mails)
		}
		c.mails[k] = p
	}
	return p, err
}

func (c *cache) text(body string) (*template.Text, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.texts[body]; p != nil {
		return p, nil
	}
	p, err := template.ParseText(body)
	if err == nil {
		if len(c.texts) >= maxCached {
			clear(c.texts)
		}
		c.texts[body] = p
	}
	return p, err
}

// letters is the carrier of mails.
type letters struct{ mailer *notify.Mailer }

func (l letters) Ready(ctx context.Context) error { return l.mailer.Connect(ctx) }

func (l letters) Rest() { l.mailer.Close() }

func (l letters) Send(ctx context.Context, m authn.Message, w written) notify.Result {
	return l.mailer.Send(ctx, notify.Letter{
		ID: string(m.ID), To: m.To, Subject: w.Subject, Text: w.Text, HTML: w.HTML, At: m.CreatedAt,
		Picture: notify.Picture{ID: template.QRContentID, Name: "connect.png", PNG: w.QR},
	})
}

// texts is the carrier of text messages.
type texts struct{ texter *notify.Texter }

func (texts) Ready(context.Context) error { return nil }
func (texts) Rest()                       {}

func (t texts) Send(ctx context.Context, m authn.Message, w written) notify.Result {
	return t.texter.Send(ctx, notify.Text{ID: string(m.ID), To: m.To, Body: w.Text})
}

// nobody takes messages where nothing is configured: they wait, in case that changes.
type nobody struct{ what string }

func (n nobody) Ready(context.Context) error { return errors.New("no " + n.what + " is configured") }
func (nobody) Rest()                         {}

func (n nobody) Send(ctx context.Context, _ authn.Message, _ written) notify.Result {
	return notify.Result{Err: n.Ready(ctx)}
}
