package session

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/store"
	"avow/internal/wire"
)

// Question is a sign-in that waits for the phone. The browser keeps it; Auth is its secret.
type Question struct {
	Auth     authn.Hash // of the request
	Login    string
	Number   string // six digits
	QR       wire.ApprovalLink
	OpenedAt time.Time
}

// Errors of Begin.
var ErrLater = authn.Fail(authn.TooMany, "sign_in_later", "Too many sign-ins were asked for. Wait a few minutes and try again.")

// Begin asks a person. Whether the login exists, has a phone or is blocked is told to nobody: where nobody can be asked, the page waits like any other.
// ErrLater, for a login or an address that asks too often.
func (s *Service) Begin(ctx context.Context, login, agent string) (Question, error) {
	now, ip := s.site.Now(), api.ClientIP(ctx)
	login = authn.CleanText(login, 128)
	if err := s.limits.take(store.LoginKey(login), ip, now); err != nil {
		return Question{}, err
	}
	o, err := s.approval.Open(ctx, approval.Question{
		Client: s.client, Login: login, Message: s.site.Organisation, Origin: authn.Origin{IP: ip, Agent: agent},
		Verify: true, // the pages remove phones and, for some, decide about everybody's
	})
	q := Question{Auth: o.Request.AuthReq, Login: login, Number: o.Number, QR: o.QR, OpenedAt: now}
	switch {
	case err == nil:
		return q, nil
	case authn.AsError(err).Kind == authn.TooMany:
		return Question{}, ErrLater
	case errors.Is(err, store.ErrNotFound), errors.Is(err, approval.ErrNoDevice), authn.CodeOf(err) == "user_disabled":
		return s.nobody(login, now), nil
	}
	return Question{}, err
}

// nobody is a question that nobody is asked. It looks like any other, for as long.
func (s *Service) nobody(login string, now time.Time) Question {
	handle := key.NewSecret(16)
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return Question{
		Auth: authn.HashOf(handle), Login: login, Number: fmt.Sprintf("%06d", binary.BigEndian.Uint64(b[:])%1_000_000),
		QR: wire.ApprovalLink{Host: s.site.Host, Handle: handle}, OpenedAt: now,
	}
}

// State is how a question stands.
func (s *Service) State(ctx context.Context, q Question) (authn.RequestState, error) {
	r, err := s.approval.Await(ctx, q.Auth, ClientID, 0)
	if errors.Is(err, authn.ErrRequestUnknown) {
		if s.site.Now().Before(q.OpenedAt.Add(authn.RequestLifetime)) {
			return authn.RequestOpen, nil
		}
		return authn.RequestExpired, nil
	}
	return r.State, err
}

// Stop takes a question back.
func (s *Service) Stop(ctx context.Context, q Question) error {
	err := s.approval.Cancel(ctx, q.Auth, ClientID)
	if errors.Is(err, authn.ErrRequestUnknown) || errors.Is(err, authn.ErrDecided) {
		return nil
	}
	return err
}

// Finish signs in, once, when the person has said Yes, and gives the token for the browser. Errors are those of approval.Redeem.
func (s *Service) Finish(ctx context.Context, q Question, agent string) (token key.Secret, p Person, err error) {
	now := s.site.Now()
	token = key.NewSecret(32)
	ip := api.ClientIP(ctx)
	_, _, err = s.approval.Redeem(ctx, q.Auth, ClientID, func(tx store.Tx, _ authn.Device, u authn.User) error {
		w := authn.WebSession{
			ID: authn.NewWebSessionID(), Token: authn.HashOf(token), User: u.ID, By: authn.ByPhone, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(authn.WebSessionLifetime),
			IP: ip, Agent: authn.CleanText(agent, 64),
		}
		if err := tx.CreateWebSession(w); err != nil {
			return err
		}
		if p, err = who(tx, w.Token, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: p.Actor(), Action: "pages.sign_in", Subject: string(u.ID), IP: ip, Facts: map[string]string{"session": string(w.ID), "role": string(p.Admin.Role)},
		})
	})
	return token, p, err
}
