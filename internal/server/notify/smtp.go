package notify

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"avow/internal/authn"
	"avow/internal/key"
)

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
func (c SMTP) Validate() error {
	switch {
	case c.Host == "":
		return errors.New("mail: the host of the mail server is missing")
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("mail: port %d is not one from 1 to 65535", c.Port)
	case c.TLS != StartTLS && c.TLS != ImplicitTLS && c.TLS != Plain:
		return fmt.Errorf("mail: tls is %q, not starttls, tls or plain", c.TLS)
	case c.TLS == Plain && !loopback(c.Host):
		return fmt.Errorf("mail: tls is plain, which is allowed only for a mail server on this machine, not %q", c.Host)
	}
	if _, err := netmail.ParseAddress(c.From); err != nil {
		return fmt.Errorf("mail: from %q is not an address", c.From)
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}

// send hands letters to the mail server over one connection and writes into each what became of it. The error is of the connection.
func (c SMTP) send(ctx context.Context, letters []letter) error {
	client, err := mail.NewClient(c.Host, c.options()...)
	if err != nil {
		return failAll(letters, err)
	}
	var messages []*mail.Msg
	var index []int
	for i := range letters {
		m, err := c.message(letters[i])
		if err != nil {
			letters[i].err, letters[i].final = err, true
			continue
		}
		messages, index = append(messages, m), append(index, i)
	}
	if len(messages) == 0 {
		return nil
	}
	err = client.DialAndSendWithContext(ctx, messages...)
	delivered := false
	for j, m := range messages {
		l := &letters[index[j]]
		switch {
		case m.IsDelivered():
			delivered = true
		case m.HasSendError():
			l.err, l.final = m.SendError(), !m.SendErrorIsTemp() && rejected(m)
		case err != nil:
			l.err = err
		default:
			l.err = errors.New("mail server took nothing")
		}
	}
	if delivered {
		return nil
	}
	return err
}

// rejected reports whether the mail server itself said no for good (RFC 5321, section 4.2.1: 5yz).
func rejected(m *mail.Msg) bool {
	var e *mail.SendError
	return errors.As(m.SendError(), &e) && e.ErrorCode() >= 500 && e.ErrorCode() < 600
}

func failAll(letters []letter, err error) error {
	for i := range letters {
		letters[i].err = err
	}
	return err
}

func (c SMTP) options() []mail.Option {
	opts := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(15 * time.Second), mail.WithoutNoop()}
	switch c.TLS {
	case ImplicitTLS:
		opts = append(opts, mail.WithSSL())
	case Plain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.Helo != "" {
		opts = append(opts, mail.WithHELO(c.Helo))
	}
	if c.Username != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.Username), mail.WithPassword(string(c.Password)))
	}
	return opts
}

func (c SMTP) message(l letter) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(c.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(l.notice.MailTo); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	m.Subject(authn.CleanText(l.subject, 200))
	m.SetDateWithValue(l.notice.At)
	m.SetMessageID()
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, section 5: no vacation answers
	m.SetBodyString(mail.TypeTextPlain, l.body)
	return m, nil
}
