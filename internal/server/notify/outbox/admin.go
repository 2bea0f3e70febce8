package outbox

import (
	"context"
	"net/mail"
	"regexp"
	"slices"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/notify/template"
	"avow/internal/store"
)

// By says who asks, why and from where, for the audit log.
type By struct{ Actor, Reason, IP string }

func (b By) record(s *Service, action, subject string, facts map[string]string) authn.AuditRecord {
	return authn.AuditRecord{At: s.site.Now(), Actor: b.Actor, Action: action, Subject: subject, IP: b.IP, Reason: b.Reason, Facts: facts}
}

// Errors for administrators.
var (
	ErrUnderWay  = authn.Fail(authn.Conflict, "message_under_way", "This message is on its way already. Wait until it is sent or given up.")
	ErrReceiver  = authn.Fail(authn.Invalid, "bad_receiver", "The receiver is no mail address or phone number. Write anna.lind@example.com or +46465550100.")
	ErrLanguage  = authn.Fail(authn.Invalid, "bad_language", "There is no such language here. Use en or de.")
	ErrChannel   = authn.Fail(authn.Invalid, "bad_channel", "A template is for mail or text.")
	ErrNoChannel = authn.Fail(authn.Conflict, "no_channel", "This server does not send such messages. Configure mail or text first.")
)

// SendAgain queues a message that was sent, failed or is unclear once more. It keeps its id, so a mail program that has it already may
// show it once. Errors: ErrUnderWay, store.ErrNotFound.
func (s *Service) SendAgain(ctx context.Context, id authn.MessageID, by By) error {
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		now := s.site.Now()
		var after authn.Message
		err := tx.UpdateMessage(id, func(m authn.Message) (authn.Message, error) {
			if m.State == authn.MessageQueued || m.State == authn.MessageSending {
				return m, ErrUnderWay
			}
			m.State, m.NextTry, m.Tries, m.Problem = authn.MessageQueued, now, 0, ""
			after = m
			return m, nil
		})
		if err != nil {
			return err
		}
		if err := s.session(tx, after, now); err != nil {
			return err
		}
		return tx.AppendAudit(by.record(s, "message.send_again", string(id), map[string]string{"kind": string(after.Kind), "user": string(after.User)}))
	})
	if err == nil {
		s.site.Live.Wake(live.Outbox)
	}
	return err
}

var phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Test queues the invitation of a made-up person, as the saved template has it, with a link that leads nowhere. Errors: ErrReceiver,
// ErrLanguage, ErrChannel, ErrNoChannel.
func (s *Service) Test(ctx context.Context, ch authn.Channel, to, lang string, by By) (authn.Message, error) {
	if err := check(ch, lang); err != nil {
		return authn.Message{}, err
	}
	a, err := mail.ParseAddress(to)
	if ch == authn.ChannelMail && (err != nil || a.Address != to) || ch == authn.ChannelText && !phone.MatchString(to) {
		return authn.Message{}, ErrReceiver
	}
	c := s.mail
	if ch == authn.ChannelText {
		c = s.text
	}
	if _, none := c.(nobody); none {
		return authn.Message{}, ErrNoChannel
	}
	now := s.site.Now()
	m := authn.Message{
		ID: authn.NewMessageID(), Kind: authn.MessageTest, Channel: ch, To: to, Language: lang, CreatedAt: now, CreatedBy: by.Actor,
		State: authn.MessageQueued, NextTry: now,
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.CreateMessage(m); err != nil {
			return err
		}
		return tx.AppendAudit(by.record(s, "message.test", string(m.ID), map[string]string{"channel": string(ch), "to": to}))
	})
	if err == nil {
		s.site.Live.Wake(live.Outbox)
	}
	return m, err
}

func check(ch authn.Channel, lang string) error {
	switch {
	case ch != authn.ChannelMail && ch != authn.ChannelText:
		return ErrChannel
	case !slices.ContainsFunc(translations.Languages(), func(l translations.Language) bool { return l.Tag == lang }):
		return ErrLanguage
	}
	return nil
}

// Preview shows a template, saved or not, with made-up values. For a text message it says how many parts it has. An error says
// what is wrong with the template.
func (s *Service) Preview(t authn.Template) (template.Rendered, template.Parts, error) {
	if err := check(t.Channel, t.Language); err != nil {
		return template.Rendered{}, template.Parts{}, err
	}
	v := template.Sample(t.Language, s.site.Now().Local())
	v.Organisation, v.Support = s.site.Organisation, s.site.Support
	r, err := newCache().render(t, v)
	if err != nil || t.Channel == authn.ChannelMail {
		return r, template.Parts{}, err
	}
	return r, template.Segments(r.Text), nil
}

// Template is what is used for a channel and language now, and whether it is the organisation's own.
func (s *Service) Template(ctx context.Context, ch authn.Channel, lang string) (t authn.Template, own bool, err error) {
	if err := check(ch, lang); err != nil {
		return t, false, err
	}
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		t, err = s.template(r, ch, lang)
		return err
	})
	return t, !t.UpdatedAt.IsZero(), err
}

// SaveTemplate checks a template and uses it from now on. An error says what is wrong with it.
func (s *Service) SaveTemplate(ctx context.Context, t authn.Template, by By) error {
	if _, _, err := s.Preview(t); err != nil {
		return err
	}
	if t.Channel == authn.ChannelMail {
		m, err := template.ParseMail(t.Subject, t.Body)
		if err != nil {
			return err
		}
		t.Subject, t.Body = m.Encode()
	} else {
		x, err := template.ParseText(t.Body)
		if err != nil {
			return err
		}
		t.Subject, t.Body = "", x.Encode()
	}
	t.UpdatedAt, t.UpdatedBy = s.site.Now(), by.Actor
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutTemplate(t); err != nil {
			return err
		}
		return tx.AppendAudit(by.record(s, "template.save", string(t.Channel)+"."+t.Language, nil))
	})
}

// ResetTemplate goes back to the program's own.
func (s *Service) ResetTemplate(ctx context.Context, ch authn.Channel, lang string, by By) error {
	if err := check(ch, lang); err != nil {
		return err
	}
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.DeleteTemplate(ch, lang); err != nil {
			return err
		}
		return tx.AppendAudit(by.record(s, "template.reset", string(ch)+"."+lang, nil))
	})
}
