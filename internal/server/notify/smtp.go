package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

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
	CA       *x509.CertPool // nil: the authorities that the machine knows
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

// Letter is one mail.
type Letter struct {
	ID      string // what the Message-ID is made from: the same letter has the same for ever (RFC 5322, section 3.6.4)
	To      string
	Subject string
	Text    string
	HTML    string // "" for a mail of plain text
	Picture Picture
	At      time.Time
}

// Picture is a PNG that the HTML shows as cid:ID (RFC 2392).
type Picture struct {
	ID, Name string
	PNG      []byte // nil for none
}

// Mailer sends letters one after the other over one connection, which it opens when there is something to send. It is for one goroutine.
type Mailer struct {
	settings SMTP
	dialer   *mail.Client
	conn     *smtp.Client // nil: not connected
}

// NewMailer makes a mailer. An error says what is wrong with the settings.
func NewMailer(c SMTP) (*Mailer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	dialer, err := mail.NewClient(c.Host, c.options()...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &Mailer{settings: c, dialer: dialer}, nil
}

// Connect opens the connection unless there is one.
func (m *Mailer) Connect(ctx context.Context) error {
	if m.conn != nil {
		return nil
	}
	conn, err := m.dialer.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	m.conn = conn
	return nil
}

// Close ends the connection; the next letter opens another.
func (m *Mailer) Close() {
	if m.conn != nil {
		_ = m.dialer.CloseWithSMTPClient(m.conn)
		m.conn = nil
	}
}

// Send hands a letter over and says what became of it.
func (m *Mailer) Send(ctx context.Context, l Letter) Result {
	msg, err := m.settings.message(l)
	if err != nil {
		return failed(err)
	}
	used := m.conn != nil
	if err := m.Connect(ctx); err != nil {
		return again(err)
	}
	err = m.dialer.SendWithSMTPClient(m.conn, msg)
	if used && stale(msg, err) { // the server hung up while there was nothing to send, and has seen nothing of this letter
		m.drop()
		if err := m.Connect(ctx); err != nil {
			return again(err)
		}
		if msg, err = m.settings.message(l); err != nil {
			return failed(err)
		}
		err = m.dialer.SendWithSMTPClient(m.conn, msg)
	}
	r := judge(msg, err)
	if err != nil && code(err) == 0 || code(err) == 421 {
		m.drop()
	}
	return r
}

// drop closes the connection without a word: it is not known what the server would take it for.
func (m *Mailer) drop() {
	_ = m.conn.Close()
	m.conn = nil
}

// judge reads what a try to send says (RFC 5321, section 4.2.1).
func judge(msg *mail.Msg, err error) Result {
	var e *mail.SendError
	switch {
	case msg.IsDelivered():
		return Result{Outcome: Sent}
	case err == nil:
		return again(errors.New("mail server took nothing"))
	case code(err) >= 500:
		return failed(err)
	case code(err) == 0 && errors.As(err, &e) && e.Reason == mail.ErrSMTPDataClose:
		return Result{Outcome: Unclear, Err: err} // all was said, and there came no answer
	}
	return again(err)
}

func stale(msg *mail.Msg, err error) bool {
	var e *mail.SendError
	return err != nil && !msg.IsDelivered() && (code(err) == 0 || code(err) == 421) && errors.As(err, &e) && (e.Reason == mail.ErrSMTPMailFrom || e.Reason == mail.ErrConnCheck)
}

// code is the mail server's answer; 0 when it gave none.
func code(err error) int {
	var e *mail.SendError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return 0
}

// send hands the letters of notices to the mail server and writes into each what became of it. The error is of the connection.
func (c SMTP) send(ctx context.Context, letters []letter) error {
	m, err := NewMailer(c)
	if err != nil {
		return failAll(letters, err)
	}
	defer m.Close()
	if err := m.Connect(ctx); err != nil {
		return failAll(letters, err)
	}
	for i := range letters {
		l := &letters[i]
		r := m.Send(ctx, Letter{ID: string(l.notice.ID), To: l.notice.MailTo, Subject: l.subject, Text: l.body, At: l.notice.At})
		l.err, l.final = r.Err, r.Outcome == Failed
	}
	return nil
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
	if c.CA != nil {
		opts = append(opts, mail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: c.CA, MinVersion: tls.VersionTLS12}))
	}
	if c.Helo != "" {
		opts = append(opts, mail.WithHELO(c.Helo))
	}
	if c.Username != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.Username), mail.WithPassword(string(c.Password)))
	}
	return opts
}

func (c SMTP) message(l Letter) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(c.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(l.To); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	m.Subject(authn.CleanText(l.Subject, 200))
	m.SetDateWithValue(l.At)
	m.SetMessageIDWithValue(l.ID + "@" + c.domain())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, section 5: no vacation answers
	m.SetBodyString(mail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	}
	if l.Picture.PNG != nil {
		err := m.EmbedReader(l.Picture.Name, bytes.NewReader(l.Picture.PNG), mail.WithFileContentID(l.Picture.ID), mail.WithFileContentType("image/png"))
		if err != nil {
			return nil, fmt.Errorf("picture: %w", err)
		}
	}
	return m, nil
}

// domain is the right half of the sender's address.
func (c SMTP) domain() string {
	if a, err := netmail.ParseAddress(c.From); err == nil {
		if _, d, ok := strings.Cut(a.Address, "@"); ok {
			return d
		}
	}
	return "localhost"
}
