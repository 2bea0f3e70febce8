package outbox

import (
	"net/mail"
	"sync"
	"testing"

	"avow/internal/server/notify"
	"avow/internal/server/notify/notifytest"
)

// sink is a mail server that keeps what it takes.
type sink struct {
	*notifytest.Server

	mu       sync.Mutex
	ids      []string // Message-IDs
	mails    []*mail.Message
	bodies   []string
	keep     bool           // mails and bodies too
	receive  func(n int)    // called with each mail, before it is acknowledged
	received map[string]int // by Message-ID
}

func newSink(t testing.TB) *sink {
	t.Helper()
	p := &sink{keep: true, received: map[string]int{}}
	p.Server = notifytest.Start(t, p.take)
	return p
}

func (p *sink) take(m notifytest.Mail) {
	id := m.Header.Get("Message-ID")
	p.mu.Lock()
	p.ids = append(p.ids, id)
	p.received[id]++
	n := len(p.ids)
	if p.keep {
		p.mails, p.bodies = append(p.mails, &mail.Message{Header: m.Header}), append(p.bodies, m.Body)
	}
	receive := p.receive
	p.mu.Unlock()
	if receive != nil {
		receive(n)
	}
}

func (p *sink) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids)
}

func (p *sink) smtp() *notify.SMTP {
	return &notify.SMTP{Host: "127.0.0.1", Port: p.Port, TLS: notify.Plain, From: "Avow <avow@example.com>", Helo: "localhost"}
}
