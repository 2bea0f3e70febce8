package administration

import (
	"net/http"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

func (s *Service) messages(v signin.Visitor) error {
	c := web.MessagesPage{State: v.R.URL.Query().Get("state")}
	if f := store.MessageFilter(c.State); f != store.WaitingMessages && f != store.FailedMessages {
		c.State = ""
	}
	var err error
	if c.Templates, err = s.templateRows(v); err != nil {
		return err
	}
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		messages, n, err := r.FindMessages(store.MessageQuery{Filter: store.MessageFilter(c.State), Offset: offset(v), Limit: perPage})
		if err != nil {
			return err
		}
		for _, m := range messages {
			row, err := messageRow(r, m)
			if err != nil {
				return err
			}
			c.Rows = append(c.Rows, row)
		}
		c.All, c.WaitingCount, c.FailedCount = n.All, n.Waiting, n.Failed
		c.Paging = paging(v, len(c.Rows), map[string]int{"": n.All, "waiting": n.Waiting, "failed": n.Failed}[c.State])
		return nil
	})
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Messages, web.MessagesSection, "", v.T("administration.rail.messages"), c)
}

func (s *Service) templateRows(v signin.Visitor) (rows []web.TemplateRow, err error) {
	for _, ch := range []authn.Channel{authn.ChannelMail, authn.ChannelText} {
		for _, l := range translations.Languages() {
			t, own, err := s.Messages.Template(v.Context(), ch, l.Tag)
			if err != nil {
				return nil, err
			}
			row := web.TemplateRow{
				Channel: web.Channel(ch), Tag: l.Tag, Language: l.Name, Subject: t.Subject, Own: own, UpdatedAt: page.Local(t.UpdatedAt), UpdatedBy: who(t.UpdatedBy),
			}
			if ch == authn.ChannelText {
				row.Subject = authn.CleanText(t.Body, 60)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func messageRow(r store.Reader, m authn.Message) (web.MessageRow, error) {
	row := web.MessageRow{
		ID: string(m.ID), To: authn.CleanText(m.To, 254), Kind: string(m.Kind), CreatedAt: page.Local(m.CreatedAt), Tries: m.Tries,
		Sent: web.Sent{Channel: web.Channel(m.Channel), State: web.MessageState(m.State), At: page.Local(m.SentAt), Problem: m.Problem},
	}
	row.MayRepeat = row.Sent.State.MayRepeat()
	if m.State == authn.MessageQueued {
		row.NextTry = page.Local(m.NextTry)
	}
	if m.User == "" { // a test
		row.Person.Name = who(m.CreatedBy)
		return row, nil
	}
	u, err := r.User(m.User)
	row.Person = person(u)
	return row, err
}

// sendMessage sends a message of the outbox again.
func (s *Service) sendMessage(v signin.Visitor) error {
	id := authn.MessageID(v.R.PathValue("id"))
	var m authn.Message
	err := s.Site.Store.View(v.Context(), func(r store.Reader) (err error) {
		m, err = r.Message(id)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.People.MayTouch(v.Context(), v.Admin, m.User); err != nil {
		return err
	}
	if err := s.Messages.SendAgain(v.Context(), id, outboxBy(v, "sent again on the pages")); err != nil {
		return s.stopped(v, err, "/admin/messages")
	}
	return v.Done("/admin/messages", web.MessageAgain, m.To)
}
