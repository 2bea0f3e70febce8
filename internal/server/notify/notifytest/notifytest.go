// Package notifytest is a mail server on loopback for tests (RFC 5321, without TLS). It hands each mail that it takes to a function, refuses whom a test wants
// refused, and can hang up. It keeps nothing.
package notifytest

import (
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Mail is one that was taken.
type Mail struct {
	From, To string
	Header   mail.Header
	Body     string // as it was sent: quoted-printable and the like stay
}

// Server is a mail server. It is safe for concurrent use.
type Server struct {
	Port int

	server *smtp.Server
	take   func(Mail)

	mu     sync.Mutex
	refuse func(to string) error
	conns  []*smtp.Conn
}

// Start runs a server until the end of the test. take gets each mail before it is acknowledged, and may be nil.
func Start(t testing.TB, take func(Mail)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Port: l.Addr().(*net.TCPAddr).Port, take: take}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns = append(s.conns, c)
		return &visit{server: s}, nil
	}))
	s.server.Domain, s.server.ErrorLog = "localhost", quiet{}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

// Refuse decides from now on who gets no mail, and why; nil takes everybody.
func (s *Server) Refuse(why func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = why
}

// Visits is how many connections there were.
func (s *Server) Visits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// HangUp ends the connection with a number, the first is 0.
func (s *Server) HangUp(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conns[n].Close()
}

// Close ends the server at once, also in the middle of a mail.
func (s *Server) Close() { _ = s.server.Close() }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type visit struct {
	server   *Server
	from, to string
}

func (v *visit) Reset()                                      { v.from, v.to = "", "" }
func (v *visit) Logout() error                               { return nil }
func (v *visit) Mail(from string, _ *smtp.MailOptions) error { v.from = from; return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = to
	v.server.mu.Lock()
	refuse := v.server.refuse
	v.server.mu.Unlock()
	if refuse != nil {
		return refuse(to)
	}
	return nil
}

func (v *visit) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	if v.server.take != nil {
		v.server.take(Mail{From: v.from, To: v.to, Header: m.Header, Body: string(b)})
	}
	return nil
}
