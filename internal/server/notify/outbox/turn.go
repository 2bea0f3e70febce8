package outbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/notify"
	"avow/internal/store"
)

// turn is one message from "sending" to what became of it.
type turn struct {
	message authn.Message
	plan    plan
	written written
	ready   bool // it is marked as sending
	result  notify.Result
}

// errNotQueued: somebody was first, or took it back.
var errNotQueued = authn.Fail(authn.Conflict, "not_queued", "This message is not waiting to be sent.")

// turn writes down what became of one message and marks the next as sending, in one transaction. Both may be missing.
func (s *Service) turn(ctx context.Context, last turn, next *authn.Message) (turn, error) {
	if !last.ready && next == nil {
		return turn{}, nil
	}
	var t turn
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		t = turn{}
		now := s.site.Now()
		if last.ready {
			if err := s.settle(tx, last, now); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		err := s.begin(tx, next.ID, &t, now)
		if errors.Is(err, errNotQueued) || errors.Is(err, store.ErrNotFound) {
			t = turn{}
			return nil
		}
		return err
	})
	if err != nil {
		return turn{}, err
	}
	s.tell(last, t)
	return t, nil
}

// begin marks a message as sending. One whose session is over, or that nobody can write, fails instead.
func (s *Service) begin(tx store.Tx, id authn.MessageID, t *turn, now time.Time) error {
	m, err := tx.Message(id)
	if err != nil {
		return err
	}
	p, err := s.plan(tx, m, now)
	problem := ""
	switch {
	case errors.Is(err, errEnded):
		problem = "ended"
	case err != nil && authn.AsError(err).Kind != authn.Invalid:
		return err // the store's trouble, not the message's
	case err != nil:
		problem = authn.AsError(err).Message
	case now.Sub(m.CreatedAt) > giveUp:
		problem = "too old: " + m.Problem
	}
	err = tx.UpdateMessage(id, func(m authn.Message) (authn.Message, error) {
		if m.State != authn.MessageQueued {
			return m, errNotQueued
		}
		if problem != "" {
			m.State, m.Problem = authn.MessageFailed, authn.CleanText(problem, maxProblem)
		} else {
			m.State = authn.MessageSending
			m.Tries++
		}
		t.message = m
		return m, nil
	})
	if err != nil {
		return err
	}
	t.plan, t.ready = p, problem == ""
	return s.session(tx, t.message, now)
}

// carry writes a message that is marked as sending and hands it over. It is finished also when ctx ends.
func (s *Service) carry(ctx context.Context, t *turn, c carrier) {
	var err error
	if t.written, err = s.render(t.plan); err != nil {
		t.result = notify.Result{Outcome: notify.Failed, Err: err}
		return
	}
	t.result = c.Send(context.WithoutCancel(ctx), t.message, t.written)
}

// settle writes down what became of a message.
func (s *Service) settle(tx store.Tx, t turn, now time.Time) error {
	var after authn.Message
	err := tx.UpdateMessage(t.message.ID, func(m authn.Message) (authn.Message, error) {
		if m.State != authn.MessageSending {
			return m, errNotQueued
		}
		m.Problem = problemOf(t)
		switch t.result.Outcome {
		case notify.Sent:
			m.State, m.SentAt = authn.MessageSent, now
		case notify.Failed:
			m.State = authn.MessageFailed
		case notify.Unclear:
			m.State = authn.MessageUnclear
		default:
			m.State, m.NextTry = authn.MessageQueued, now.Add(max(backOff(m.Tries), t.result.After))
		}
		after = m
		return m, nil
	})
	if errors.Is(err, errNotQueued) || errors.Is(err, store.ErrNotFound) {
		return nil // taken away while it was sent
	}
	if err != nil {
		return err
	}
	if after.State == authn.MessageUnclear {
		if err := tx.AppendAudit(unclear(after, now)); err != nil {
			return err
		}
	}
	return s.session(tx, after, now)
}

func backOff(tries int) time.Duration { return min(firstWait<<min(max(tries-1, 0), 10), longest) }

// problemOf is what administrators read. A server that repeats what it was given must not bring the secret into the database.
func problemOf(t turn) string {
	if t.result.Err == nil {
		return ""
	}
	p := t.result.Err.Error()
	for _, secret := range t.written.secrets {
		if strings.Contains(strings.ToUpper(p), strings.ToUpper(secret)) {
			return "the answer repeats the message"
		}
	}
	return authn.CleanText(p, maxProblem)
}

// session keeps the session in step with the message that carries its code.
func (s *Service) session(tx store.Tx, m authn.Message, now time.Time) error {
	if m.Kind != authn.MessageRegistration {
		return nil
	}
	err := tx.UpdateRegistrationSession(m.Session, func(r authn.RegistrationSession) (authn.RegistrationSession, error) {
		if r.Notification = m.State; m.State == authn.MessageSent {
			r.NotifiedAt = now
		}
		return r, nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// tell logs what an operator should know and wakes who looks at the sessions.
func (s *Service) tell(turns ...turn) {
	for _, t := range turns {
		m := t.message
		switch {
		case m.ID == "":
			continue
		case !t.ready:
			s.site.Log.Warn("message given up", "message", string(m.ID), "kind", string(m.Kind), "problem", m.Problem)
		case t.result.Err != nil:
			s.site.Log.Warn("message not sent", "message", string(m.ID), "kind", string(m.Kind), "try", m.Tries, "problem", problemOf(t))
		}
		if m.Session != "" {
			s.site.Live.Wake(live.Session(string(m.Session)))
		}
	}
}

// putOff gives messages another time when nobody is there to take them.
func (s *Service) putOff(ctx context.Context, due []authn.Message, down error) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		now := s.site.Now()
		for _, m := range due {
			err := tx.UpdateMessage(m.ID, func(m authn.Message) (authn.Message, error) {
				if m.State != authn.MessageQueued {
					return m, errNotQueued
				}
				m.Tries++
				m.NextTry, m.Problem = now.Add(backOff(m.Tries)), authn.CleanText(down.Error(), maxProblem)
				if now.Sub(m.CreatedAt) > giveUp {
					m.State = authn.MessageFailed
				}
				return m, nil
			})
			if err != nil && !errors.Is(err, errNotQueued) && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// Recover makes unclear whatever was being sent when the server died. Call it before anything is sent; Run does.
func (s *Service) Recover(ctx context.Context) error {
	for {
		n := 0
		err := s.site.Store.Update(ctx, func(tx store.Tx) error {
			n = 0
			now := s.site.Now()
			left, err := tx.MessagesIn(authn.MessageSending, batchSize)
			if err != nil {
				return err
			}
			for _, m := range left {
				err := tx.UpdateMessage(m.ID, func(old authn.Message) (authn.Message, error) {
					old.State, old.Problem = authn.MessageUnclear, "the server ended while it was sent"
					m = old
					return old, nil
				})
				if err == nil {
					err = errors.Join(s.session(tx, m, now), tx.AppendAudit(unclear(m, now)))
				}
				if err != nil {
					return err
				}
			}
			n = len(left)
			return nil
		})
		if err != nil || n < batchSize {
			return err
		}
	}
}

func unclear(m authn.Message, now time.Time) authn.AuditRecord {
	return authn.AuditRecord{
		At: now, Actor: "server", Action: "message.unclear", Subject: string(m.ID), Reason: m.Problem,
		Facts: map[string]string{"kind": string(m.Kind), "channel": string(m.Channel), "user": string(m.User), "session": string(m.Session)},
	}
}
