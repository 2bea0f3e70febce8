package outbox

import (
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"avow/internal/server/notify"
)

// sink is a mail server that keeps what it takes and refuses whom the test wants.
type sink struct {
	port   int
	refuse func(to string) error
	server *smtp.Server

	mu       sync.Mutex
	visits   int
	ids      []string // Message-IDs
	mails    []*mail.Message
	bodies   []string
	keep     bool           // mails and bodies too
	receive  func(n int)    // called with each mail, before it is acknowledged
	received map[string]int // by Message-ID
}

func newSink(t testing.TB) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &sink{port: l.Addr().(*net.TCPAddr).Port, keep: true, received: map[string]int{}}
	p.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.visits++
		return &visit{p}, nil
	}))
	p.server.Domain, p.server.ErrorLog = "localhost", quiet{}
	go func() { _ = p.server.Serve(l) }()
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type visit struct{ p *sink }

func (visit) Reset()                               {}
func (visit) Logout() error                        { return nil }
func (visit) Mail(string, *smtp.MailOptions) error { return nil }

func (v visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	if v.p.refuse != nil {
		return v.p.refuse(to)
	}
	return nil
}

func (v visit) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	id := m.Header.Get("Message-ID")
	v.p.mu.Lock()
	v.p.ids = append(v.p.ids, id)
	v.p.received[id]++
	n := len(v.p.ids)
	if v.p.keep {
		v.p.mails, v.p.bodies = append(v.p.mails, m), append(v.p.bodies, string(b))
	}
	receive := v.p.receive
	v.p.mu.Unlock()
	if receive != nil {
		receive(n)
	}
	return nil
}

func (p *sink) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids)
}

func (p *sink) smtp() *notify.SMTP {
	return &notify.SMTP{Host: "127.0.0.1", Port: p.port, TLS: notify.Plain, From: "Avow <avow@example.com>", Helo: "localhost"}
}
