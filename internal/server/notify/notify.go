// Package notify sends the mails that wait in the outbox: each notice was written in the transaction of what it tells of, so none is lost and none is
// sent of what did not happen. A mail may be sent twice when the server dies right after sending it. The texts are not its
// own; the package knows SMTP (RFC 5321) by way of go-mail.
package notify

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
)

const (
	pause     = 2 * time.Second // between two looks into the outbox
	batchSize = 20
	firstWait = time.Minute // doubled with each try
	longest   = time.Hour
	giveUp    = 48 * time.Hour // a security notice that is older helps nobody
)

// Texts writes the mail of a notice in plain text. org is the organisation's name, language what the reader understands and "" where nobody knows, link
// what she can open to do something about it and "" where there is nothing to do.
type Texts interface {
	Mail(n authn.Notice, org, language, link string) (subject, body string, err error)
}

// Links makes the link of a notice that its reader can do something about, and "" for others.
type Links interface {
	Link(n authn.Notice) string
}

// Service empties the outbox.
type Service struct {
	site  *site.Site
	send  func(context.Context, []letter) error // sets err and final of each letter
	texts Texts
	links Links
}

// letter is one mail on its way.
type letter struct {
	notice        authn.Notice
	subject, body string
	err           error
	final         bool // trying again does not help
}

// New makes the service. smtp may be nil: then mails wait and are given up after two days. An error says what is wrong with the
// settings.
func New(s *site.Site, smtp *SMTP, texts Texts, links Links) (*Service, error) {
	n := &Service{site: s, texts: texts, links: links}
	if smtp == nil {
		return n, nil
	}
	if texts == nil {
		return nil, errors.New("mail: no texts")
	}
	if err := smtp.Validate(); err != nil {
		return nil, err
	}
	n.send = smtp.send
	return n, nil
}

// Run sends what is due until ctx ends. A mail that is being sent then is finished or tried again at the next start.
func (s *Service) Run(ctx context.Context) {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		more, err := s.Once(ctx)
		if err != nil && ctx.Err() == nil {
			s.site.Log.ErrorContext(ctx, "outbox", "err", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Once sends the mails that are due now, up to twenty; more reports that there may be others.
func (s *Service) Once(ctx context.Context) (more bool, err error) {
	now := s.site.Now()
	var due []authn.Notice
	languages := map[authn.UserID]string{}
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if due, err = r.MailDue(now, batchSize); err != nil {
			return err
		}
		for _, n := range due {
			u, err := r.User(n.User)
			if err != nil && !errors.Is(err, store.ErrNotFound) { // the notices of administrators are no user's
				return err
			}
			languages[n.User] = u.Language
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	letters := s.write(due, languages, now)
	s.deliver(ctx, letters)
	if ctx.Err() != nil { // whatever was not sent was interrupted, not refused
		ctx = context.WithoutCancel(ctx)
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		for _, l := range letters {
			err := tx.UpdateNotice(l.notice.ID, func(n authn.Notice) (authn.Notice, error) { return l.outcome(n, now), nil })
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(due) == batchSize, err
}

// write makes the letters; those that cannot be written, or are too old, are final.
func (s *Service) write(due []authn.Notice, languages map[authn.UserID]string, now time.Time) []letter {
	letters := make([]letter, len(due))
	for i, n := range due {
		l := letter{notice: n}
		switch {
		case now.Sub(n.At) > giveUp:
			l.err, l.final = errors.New("too old"), true
		case s.send == nil:
			l.err = errors.New("no mail server is configured")
		default:
			l.subject, l.body, l.err = s.texts.Mail(n, s.site.Organisation, languages[n.User], s.links.Link(n))
			l.final = l.err != nil
		}
		letters[i] = l
	}
	return letters
}

func (s *Service) deliver(ctx context.Context, letters []letter) {
	var ready []letter
	var index []int
	for i, l := range letters {
		if l.err == nil {
			ready, index = append(ready, l), append(index, i)
		}
	}
	if len(ready) > 0 {
		if err := s.send(ctx, ready); err != nil {
			s.site.Log.WarnContext(ctx, "mail server", "err", err)
		}
	}
	for i, l := range ready {
		letters[index[i]] = l
	}
	for _, l := range letters {
		if l.final {
			s.site.Log.WarnContext(ctx, "mail given up", "notice", string(l.notice.ID), "kind", string(l.notice.Kind), "err", l.err)
		}
	}
}

// outcome is the notice after this try.
func (l letter) outcome(n authn.Notice, now time.Time) authn.Notice {
	n.Tries++
	switch {
	case l.err == nil:
		n.Mail = authn.MailSent
	case l.final:
		n.Mail = authn.MailFailed
	default:
		n.NextTry = now.Add(min(firstWait<<min(n.Tries-1, 10), longest))
	}
	return n
}
