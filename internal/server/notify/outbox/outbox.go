// Package outbox sends the messages that people wait for, invitations to connect a phone and codes, by mail and as text messages. Who wants
// one sent writes it into the store (site.Send), without its secret; the outbox works out link or code when its turn comes, fills in the
// template of the organisation and writes down what became of it before it turns to the next.
//
// A message is marked as sending, on disk, before it is handed over. What still is marked so when the server starts was interrupted by its
// death: it may have gone out or not. It becomes unclear and is not sent again by itself, so nobody gets a message twice. The same
// holds where mail server or gateway took everything and then gave no answer. Notices of security events are not here but in package notify:
// of them it is better to get two than none.
package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/notify"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

const (
	pause       = 2 * time.Second  // between two looks into the store, for what a wake-up did not tell
	afterDown   = 30 * time.Second // before a mail server that could not be reached is asked again
	batchSize   = 100
	textsAtOnce = 4
	firstWait   = 30 * time.Second // doubled with each try
	longest     = 30 * time.Minute
	giveUp      = 72 * time.Hour // longer than any session that is sent
	maxProblem  = 300
)

// Links works out what messages hold and the database does not. registration.Service is one.
type Links interface {
	// SentLink is the link of a session; false when no phone could use it any more.
	SentLink(authn.RegistrationSession) (wire.RegistrationLink, bool)
	// ProofDigits are the code that is a session's second proof.
	ProofDigits(authn.RegistrationID) string
}

// Config is what the outbox needs beside its site.
type Config struct {
	SMTP         *notify.SMTP    // nil: no mail
	Gateway      *notify.Gateway // nil: no text messages
	Links        Links
	CallerDigits func(authn.CallerCheckID) string // the code of a check of who calls

	RestoreDigits func(authn.Restore) string // the one-time code of a restore
}

// Service empties the outbox. Its functions for administrators are safe for concurrent use.
type Service struct {
	site    *site.Site
	links   Links
	digits  func(authn.CallerCheckID) string
	restore func(authn.Restore) string
	mail    carrier
	text    carrier
	written *cache
}

// carrier takes what was written. Only one letter at a time is given to that of mails.
type carrier interface {
	// Ready reports whether there is somebody to hand messages to, before one is marked as sending.
	Ready(context.Context) error
	Send(context.Context, authn.Message, written) notify.Result
	// Rest is called when there is nothing to send.
	Rest()
}

// New makes the service. An error says what is wrong with the settings.
func New(s *site.Site, cfg Config) (*Service, error) {
	if cfg.Links == nil {
		return nil, errors.New("outbox: nobody works out links")
	}
	o := &Service{site: s, links: cfg.Links, digits: cfg.CallerDigits, restore: cfg.RestoreDigits, mail: nobody{"mail server"}, text: nobody{"gateway for text messages"}, written: newCache()}
	if cfg.SMTP != nil {
		m, err := notify.NewMailer(*cfg.SMTP)
		if err != nil {
			return nil, err
		}
		o.mail = letters{m}
	}
	if cfg.Gateway != nil {
		t, err := notify.NewTexter(*cfg.Gateway)
		if err != nil {
			return nil, err
		}
		o.text = texts{t}
	}
	return o, nil
}

// Run first settles what the last run left (Recover), then sends what is due until ctx ends. What is being sent then is
// finished and written down.
func (s *Service) Run(ctx context.Context) {
	for {
		err := s.Recover(ctx)
		if err == nil {
			break
		}
		s.site.Log.ErrorContext(ctx, "outbox", "err", err) // nothing is sent before that is done
		if !rest(ctx, nil, pause) {
			return
		}
	}
	var both sync.WaitGroup
	both.Go(func() { s.run(ctx, s.Mails) })
	both.Go(func() { s.run(ctx, s.Texts) })
	both.Wait()
}

func (s *Service) run(ctx context.Context, drain func(context.Context) error) {
	w := s.site.Live.Wait(live.Outbox)
	defer w.Close()
	for ctx.Err() == nil {
		wait := pause
		if err := drain(ctx); err != nil && ctx.Err() == nil {
			s.site.Log.WarnContext(ctx, "outbox", "err", err)
			wait = afterDown
		}
		if !rest(ctx, w.C(), wait) {
			return
		}
	}
}

// rest waits for a time or a wake-up; after a fault it is no shorter for the latter. It reports whether to go on.
func rest(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	if d > pause {
		wake = nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-t.C:
	}
	return true
}

// Mails sends the mails that are due, one after the other, until there are none or the mail server cannot be reached, which is the error.
func (s *Service) Mails(ctx context.Context) error {
	defer s.mail.Rest()
	last := turn{} // sent, and not written down yet
	for {
		due, err := s.due(ctx, authn.ChannelMail, s.mail)
		if err != nil || len(due) == 0 {
			return err
		}
		drafts, stop := s.ahead(ctx, due)
		for d := range drafts {
			// The end of one and the beginning of the next are one transaction: one wait for the disk a mail, and never more
			// than one mail that is unclear.
			next, err := s.turn(ctx, last, &d.message)
			if err != nil {
				stop()
				return err
			}
			if last = (turn{}); next.ready {
				s.carry(ctx, &next, d, s.mail)
				last = next
			}
			if ctx.Err() != nil || last.result.Outcome == notify.Again && last.ready {
				break // look again whether the mail server is there, lest each of a hundred waits for it
			}
		}
		stop()
		if _, err = s.turn(context.WithoutCancel(ctx), last, nil); err != nil {
			return err
		}
		if last = (turn{}); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Texts sends the text messages that are due, four at a time.
func (s *Service) Texts(ctx context.Context) error {
	for {
		due, err := s.due(ctx, authn.ChannelText, s.text)
		if err != nil || len(due) == 0 {
			return err
		}
		todo := make(chan authn.Message, len(due))
		for _, m := range due {
			todo <- m
		}
		close(todo)
		errs := make([]error, textsAtOnce)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				for m := range todo {
					if ctx.Err() != nil {
						return
					}
					if errs[i] = s.one(ctx, m, s.text); errs[i] != nil {
						return
					}
				}
			})
		}
		all.Wait()
		if err := errors.Join(append(errs, ctx.Err())...); err != nil {
			return err
		}
	}
}

func (s *Service) one(ctx context.Context, m authn.Message, c carrier) error {
	t, err := s.turn(ctx, turn{}, &m)
	if err != nil || !t.ready {
		return err
	}
	s.carry(ctx, &t, draft{}, c)
	_, err = s.turn(context.WithoutCancel(ctx), t, nil)
	return err
}

// due looks for work. Where nobody is there to take it, it is put off, and that is the error.
func (s *Service) due(ctx context.Context, ch authn.Channel, c carrier) (due []authn.Message, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		due, err = r.MessagesDue(ch, s.site.Now(), batchSize)
		return err
	})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	if down := c.Ready(ctx); down != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errors.Join(down, s.putOff(ctx, due, down))
	}
	return due, nil
}
