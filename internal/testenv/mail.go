package testenv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"avow/internal/server/notify"
)

// MailSink takes every mail and keeps it in memory.
type MailSink struct {
	server *smtp.Server
	port   int

	mu    sync.Mutex
	mails []Mail
	news  chan struct{} // closed and replaced at each mail
}

// Mail is a mail as it arrived.
type Mail struct {
	From, To string
	Subject  string
	Raw      []byte
}

// Digits returns the eight digits of a one-time code that the mail has, or "".
func (m Mail) Digits() string {
	whole := strings.NewReplacer("=\r\n", "", "=\n", "").Replace(string(m.Raw)) // RFC 2045, section 6.7: lines that were broken
	if found := grouped.FindStringSubmatch(whole); found != nil {
		return found[1] + found[2]
	}
	return ""
}

// grouped is how a mail writes such a code.
var grouped = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// StartMailSink listens on a free port of loopback.
func StartMailSink() (*MailSink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mail sink: %w", err)
	}
	m := &MailSink{port: l.Addr().(*net.TCPAddr).Port, news: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{sink: m}, nil }))
	m.server.Domain = "localhost"
	m.server.ReadTimeout, m.server.WriteTimeout = 10*time.Second, 10*time.Second
	go func() { _ = m.server.Serve(l) }() // ends with Close
	return m, nil
}

// SMTP are the settings with which a server sends here.
func (m *MailSink) SMTP() *notify.SMTP {
	return &notify.SMTP{Host: "127.0.0.1", Port: m.port, TLS: notify.Plain, From: "Avow <avow@example.com>", Helo: "localhost"}
}

// Close ends the sink.
func (m *MailSink) Close() error { return m.server.Close() }

// Mails returns what arrived so far, oldest first.
func (m *MailSink) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Mail(nil), m.mails...)
}

// Wait returns once n mails have arrived.
func (m *MailSink) Wait(ctx context.Context, n int) ([]Mail, error) {
	for {
		m.mu.Lock()
		mails, news := append([]Mail(nil), m.mails...), m.news
		m.mu.Unlock()
		if len(mails) >= n {
			return mails, nil
		}
		select {
		case <-ctx.Done():
			return mails, fmt.Errorf("%d of %d mails arrived: %w", len(mails), n, ctx.Err())
		case <-news:
		}
	}
}

type mailSession struct {
	sink *MailSink
	mail Mail
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error { s.mail.From = from; return nil }
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error   { s.mail.To = to; return nil }
func (s *mailSession) Reset()                                      { s.mail = Mail{} }
func (s *mailSession) Logout() error                               { return nil }

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return err
	}
	s.mail.Raw = raw
	if msg, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		s.mail.Subject = msg.Header.Get("Subject")
		if plain, err := new(mime.WordDecoder).DecodeHeader(s.mail.Subject); err == nil {
			s.mail.Subject = plain
		}
	}
	m := s.sink
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, s.mail)
	close(m.news)
	m.news = make(chan struct{})
	return nil
}
