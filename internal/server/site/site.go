// Package site holds what every flow of one server shares: the store, the identity key, the clock, the log, who the organisation is. It
// decides nothing; the flows (registration, approval, oidc, admin, portal) do.
package site

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/store"
	"avow/internal/wire"
)

// Site is one server. All exported fields are set once, before the first request.
type Site struct {
	Issuer       string // https://id.example.com, no slash at the end; "iss" and "aud" of everything signed
	Host         string // id.example.com or id.example.com:8443, lower case: what QR links carry
	Organisation string
	Support      string // what people do when nothing helps: a phone number
	Brand        wire.Brand
	Identity     key.Private
	Secret       key.Secret // 32 bytes from a file outside the database; use Derive
	TLSKeys      func() []string
	Match        authn.MatchMode // for clients without a policy of their own
	Defaults     authn.Policy    // of the configuration
	CanMail      bool            // there is a mail server
	CanText      bool            // there is a gateway for text messages
	AdminMail    []string        // who is told of security events
	Store        store.Store
	Live         *live.Hub
	Now          func() time.Time
	Log          *slog.Logger

	policy atomic.Pointer[authn.Policy]
}

// Derive returns 32 bytes for one purpose from the server's secret (HKDF-SHA256, RFC 5869). Purposes never share a key.
func (s *Site) Derive(purpose string) key.Secret {
	b, err := hkdf.Key(sha256.New, s.Secret, nil, "avow server "+purpose, 32)
	if err != nil {
		panic("hkdf with SHA-256 and 32 bytes cannot fail: " + err.Error())
	}
	return b
}

// Notify queues a notice within a transaction: the mail goes out by the outbox, the user's other devices see it with their status. cause is the device that
// it is about and that is not told. A kind that no user is told of (authn.NoticeRule) is an error.
func Notify(tx store.Tx, user authn.User, kind authn.NoticeKind, cause authn.DeviceID, facts map[string]string, now time.Time) error {
	if !kind.Rule().User {
		return fmt.Errorf("notice %q is not for users", kind)
	}
	n := authn.Notice{
		ID: authn.NewNoticeID(), User: user.ID, Kind: kind, At: now, Cause: cause, Facts: facts,
		Mail: authn.MailNone, MailTo: user.Mail,
	}
	if user.Mail != "" {
		n.Mail, n.NextTry = authn.MailQueued, now
	}
	return tx.CreateNotice(n)
}

// NotifyAdmins queues one mail of a security event to each address of AdminMail. The notices belong to no user, so no device
// shows them. A kind that they are not told of (authn.NoticeRule) is an error.
func (s *Site) NotifyAdmins(tx store.Tx, kind authn.NoticeKind, cause authn.DeviceID, facts map[string]string, now time.Time) error {
	if !kind.Rule().Admins {
		return fmt.Errorf("notice %q is not for administrators", kind)
	}
	for _, address := range s.AdminMail {
		n := authn.Notice{
			ID: authn.NewNoticeID(), Kind: kind, At: now, Cause: cause, Facts: facts,
			Mail: authn.MailQueued, MailTo: address, NextTry: now,
		}
		if err := tx.CreateNotice(n); err != nil {
			return err
		}
	}
	return nil
}
