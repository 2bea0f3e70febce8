package registration

import (
	"cmp"
	"context"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/server/secondadmin"
	"avow/internal/store"
	"avow/internal/wire"
)

// Errors of sessions that are sent.
var (
	ErrNoPassword     = authn.Fail(authn.Conflict, "no_password", "This server cannot check this user's password. Use a pin, or a code.")
	ErrNoOtherChannel = authn.Fail(authn.Conflict, "no_other_channel", "A code needs a mail address and a phone number: one for the session, one for the code. Use a pin.")
	ErrNotSent        = authn.Fail(authn.Conflict, "not_sent", "This session is shown on a page and cannot be sent. Make one that is sent.")
	ErrNoSession      = authn.Fail(authn.NotFound, "no_session", "This user has no open session. Make one first.")
)

// makeSent makes a session whose code goes out by mail or text.
func (s *Service) makeSent(q CreateRequest, user authn.User, now time.Time) (Created, error) {
	policy := s.site.Policy()
	proof, err := s.secondProof(cmp.Or(q.Proof, policy.SecondProof), user)
	if err != nil {
		return Created{}, err
	}
	lifetime := time.Duration(cmp.Or(q.Hours, policy.SessionHours)) * time.Hour
	session, err := authn.NewSentSession(q.User, q.Mode, proof, lifetime, q.Actor, now, s.sentSecret)
	if err != nil {
		return Created{}, err
	}
	made := Created{Session: session}
	if proof == authn.ProofPIN {
		made.PIN = s.ProofDigits(session.ID)
	}
	return made, nil
}

// Proofs are the second proofs that a user can give, the best first.
func (s *Service) Proofs(user authn.User) (can []authn.SecondProof) {
	if s.passwords != nil && user.Source == authn.UserDirectory {
		can = append(can, authn.ProofPassword)
	}
	if mail, text := s.site.Reach(user); mail && text {
		can = append(can, authn.ProofCode)
	}
	return append(can, authn.ProofPIN)
}

// secondProof is the proof that was asked for, if the user can give it; without one the best that she has.
func (s *Service) secondProof(asked authn.SecondProof, user authn.User) (authn.SecondProof, error) {
	can := s.Proofs(user)
	switch {
	case asked == "":
		return can[0], nil
	case slices.Contains(can, asked):
		return asked, nil
	case asked == authn.ProofPassword:
		return "", ErrNoPassword
	case asked == authn.ProofCode:
		return "", ErrNoOtherChannel
	}
	return asked, nil // none that is known: the session refuses it
}

func (s *Service) sentSecret(id authn.RegistrationID) key.Secret { return authn.SentSecret(s.sent, id) }

// ProofDigits are the eight digits of a session's second proof, for the message that carries them.
func (s *Service) ProofDigits(id authn.RegistrationID) string { return authn.ProofDigits(s.proofs, id) }

// SentLink is the link of a session that is sent, for the message that carries it, as long as a phone could use it: false otherwise.
func (s *Service) SentLink(session authn.RegistrationSession) (wire.RegistrationLink, bool) {
	if session.Delivery != authn.DeliverySent || !session.Open(s.site.Now()) {
		return wire.RegistrationLink{}, false
	}
	return wire.RegistrationLink{Host: s.site.Host, Session: s.sentSecret(session.ID), Pin: s.site.Identity.Key().Thumbprint().Pin()}, true
}

// Notify sends the code of a user's open session, again if it was sent before. Errors: ErrNoSession, ErrNotSent, site.ErrNoMail, site.ErrNoPhone, secondadmin.ErrNeeded.
func (s *Service) Notify(ctx context.Context, user authn.UserID, by authn.Channel, actor, reason, ip string) (authn.RegistrationSession, error) {
	var session authn.RegistrationSession
	c := change{actor: actor, ip: ip, reason: reason, now: s.site.Now()}
	err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if session, err = openSession(tx, user, c.now); err != nil {
			return err
		}
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		if secondadmin.Held(u, c.now) { // a second administrator agrees to a new session and its address, not to whatever is sent later
			return secondadmin.ErrNeeded
		}
		session, err = s.notify(tx, session, u, by, c)
		return err
	})
	if err == nil {
		s.site.Live.Wake(live.Outbox)
		s.wake(session.ID, user)
	}
	return session, err
}

// openSession is the session of a user that a phone could still use.
func openSession(r store.Reader, user authn.UserID, now time.Time) (authn.RegistrationSession, error) {
	sessions, err := r.RegistrationSessionsOf(user)
	if err != nil {
		return authn.RegistrationSession{}, err
	}
	for _, session := range sessions {
		if session.Open(now) {
			return session, nil
		}
	}
	return authn.RegistrationSession{}, ErrNoSession
}

// notify queues the message that carries the session's code. by "" takes mail where it can, else text.
func (s *Service) notify(tx store.Tx, session authn.RegistrationSession, u authn.User, by authn.Channel, c change) (authn.RegistrationSession, error) {
	if session.Delivery != authn.DeliverySent {
		return session, ErrNotSent
	}
	by = s.Channel(u, by)
	m := authn.Message{Kind: authn.MessageRegistration, Channel: by, Session: session.ID, CreatedBy: c.actor}
	if err := s.site.Send(tx, u, m, c.now); err != nil {
		return session, err
	}
	err := tx.UpdateRegistrationSession(session.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
		old.Notification = authn.MessageQueued
		session = old
		return old, nil
	})
	if err != nil {
		return session, err
	}
	return session, tx.AppendAudit(c.record("session.notify", string(session.ID), map[string]string{"user": string(u.ID), "channel": string(by)}))
}

// Channel is how a user is written to when nobody says how: by mail where there is an address, else by text.
func (s *Service) Channel(u authn.User, by authn.Channel) authn.Channel {
	if by != "" {
		return by
	}
	if mail, text := s.site.Reach(u); !mail && text {
		return authn.ChannelText
	}
	return authn.ChannelMail
}

// sendProof sends the code that is the second proof, by the channel that did not carry the session. It is done when a phone has claimed the session, once.
func (s *Service) sendProof(tx store.Tx, session authn.RegistrationSession, u authn.User, now time.Time) error {
	sent, err := tx.MessagesOf(session.ID)
	if err != nil {
		return err
	}
	other := authn.ChannelText
	for _, m := range sent {
		if m.Kind == authn.MessageRegistration && m.Channel == authn.ChannelText {
			other = authn.ChannelMail
		}
	}
	return s.site.Send(tx, u, authn.Message{Kind: authn.MessageProofCode, Channel: other, Session: session.ID, CreatedBy: "server"}, now)
}

// UserSession is the session of a user that is open, or whose phone waits for its Yes; where there is none, her newest. ErrNoSession when she never had one.
func (s *Service) UserSession(ctx context.Context, user authn.UserID) (View, error) {
	all, err := s.List(ctx, user)
	if err != nil {
		return View{}, err
	}
	for _, v := range all {
		if v.State == Active || v.State == Claimed || v.State == Waiting {
			return v, nil
		}
	}
	if len(all) == 0 {
		return View{}, ErrNoSession
	}
	return all[0], nil
}
