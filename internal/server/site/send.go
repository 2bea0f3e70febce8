package site

import (
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// Errors of Send.
var (
	ErrNoMail  = authn.Fail(authn.Conflict, "no_mail", "This user has no mail address, or the server has no mail server. Use a text message, or show the code.")
	ErrNoPhone = authn.Fail(authn.Conflict, "no_phone", "This user has no phone number, or the server sends no text messages. Use a mail, or show the code.")
)

// Reach says by which channels a user can be written to.
func (s *Site) Reach(u authn.User) (mail, text bool) {
	return s.CanMail && u.Mail != "", s.CanText && u.Phone != ""
}

// Send queues a message to a user within a transaction. The caller sets kind, channel, session or check, and who made it. ErrNoMail, ErrNoPhone.
func (s *Site) Send(tx store.Tx, u authn.User, m authn.Message, now time.Time) error {
	mail, text := s.Reach(u)
	switch {
	case m.Channel == authn.ChannelMail && mail:
		m.To = u.Mail
	case m.Channel == authn.ChannelText && text:
		m.To = u.Phone
	case m.Channel == authn.ChannelText:
		return ErrNoPhone
	default:
		return ErrNoMail
	}
	m.ID, m.User, m.Language = authn.NewMessageID(), u.ID, u.Language
	m.CreatedAt, m.NextTry, m.State = now, now, authn.MessageQueued
	return tx.CreateMessage(m)
}

// RestoreDelivery says how the one-time code of a restore reaches a user: as the policy says, and by the service desk where she cannot be written to.
func (s *Site) RestoreDelivery(u authn.User) authn.RestoreDelivery {
	if mail, _ := s.Reach(u); !mail {
		return authn.RestoreByDesk
	}
	return s.Policy().RestoreDelivery
}
