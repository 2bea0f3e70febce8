package desktop

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// bus speaks as much D-Bus as somebody who listens needs. Sessions whose path ends in "other" are of another user.
type bus struct {
	net.Listener
	ready chan *busConn // whoever has asked for all it listens to
	rules int
}

type busConn struct {
	net.Conn
	mu sync.Mutex
}

func newBus(t *testing.T, variable string, rules int) *bus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	t.Setenv(variable, "unix:path="+path)
	b := &bus{Listener: l, ready: make(chan *busConn, 1), rules: rules}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(&busConn{Conn: c})
		}
	}()
	return b
}

func (b *bus) serve(c *busConn) {
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		answer := "ERROR\r\n"
		switch line = strings.TrimSpace(strings.TrimPrefix(line, "\x00")); {
		case line == "BEGIN":
			b.talk(c, r)
			return
		case line == "AUTH":
			answer = "REJECTED EXTERNAL\r\n"
		case strings.HasPrefix(line, "AUTH EXTERNAL"), strings.HasPrefix(line, "DATA"):
			answer = "OK 0123456789abcdef0123456789abcdef\r\n"
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

func (b *bus) talk(c *busConn, r io.Reader) {
	for matches := 0; ; {
		m, err := dbus.DecodeMessage(r)
		if err != nil {
			return
		}
		member, _ := m.Headers[dbus.FieldMember].Value().(string)
		var body []any
		switch member {
		case "Hello":
			body = []any{":1.1"}
		case "AddMatch":
			matches++
		case "Get":
			path, _ := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
			uid := uint32(os.Getuid())
			if strings.HasSuffix(string(path), "other") {
				uid++
			}
			body = []any{dbus.MakeVariant(struct {
				UID  uint32
				Path dbus.ObjectPath
			}{uid, "/u"})}
		}
		c.send(dbus.TypeMethodReply, map[dbus.HeaderField]dbus.Variant{dbus.FieldReplySerial: dbus.MakeVariant(m.Serial())}, body)
		if member == "AddMatch" && matches == b.rules {
			b.ready <- c
		}
	}
}

func (c *busConn) send(kind dbus.Type, headers map[dbus.HeaderField]dbus.Variant, body []any) {
	if len(body) > 0 {
		headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body...))
	}
	headers[dbus.FieldSender] = dbus.MakeVariant(":1.9")
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = (&dbus.Message{Type: kind, Headers: headers, Body: body}).EncodeTo(c, binary.LittleEndian)
}

func (c *busConn) signal(path dbus.ObjectPath, from, member string, body ...any) {
	c.send(dbus.TypeSignal, map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath: dbus.MakeVariant(path), dbus.FieldInterface: dbus.MakeVariant(from), dbus.FieldMember: dbus.MakeVariant(member),
	}, body)
}

// the app hears that the session is locked, the screen dark, the computer about to sleep; of other people's sessions it does not.
func TestWatchSession(t *testing.T) {
	system, session := newBus(t, "DBUS_SYSTEM_BUS_ADDRESS", 3), newBus(t, "DBUS_SESSION_BUS_ADDRESS", 1)
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan struct{}, 16), make(chan struct{})
	go func() {
		defer close(done)
		WatchSession(ctx, func() { heard <- struct{}{} })
	}()
	sys, ses := <-system.ready, <-session.ready
	type told struct {
		on           *busConn
		path         dbus.ObjectPath
		from, member string
		body         []any
	}
	hint := func(on bool) []any {
		return []any{loginSession, map[string]dbus.Variant{"LockedHint": dbus.MakeVariant(on)}, []string{}}
	}
	nothing := []told{
		{sys, "/s/other", loginSession, "Lock", nil},
		{sys, "/s/other", properties, "PropertiesChanged", hint(true)},
		{sys, "/s/_1", properties, "PropertiesChanged", hint(false)},
		{sys, "/s/_1", properties, "PropertiesChanged", []any{"x"}},
		{sys, "/m", loginManager, "PrepareForSleep", []any{false}},
		{sys, "/m", loginManager, "PrepareForSleep", nil},
		{ses, "/x", "org.gnome.ScreenSaver", "ActiveChanged", []any{false}},
		{ses, "/x", "org.example.Other", "ActiveChanged", []any{true}},
	}
	for _, lock := range []told{
		{sys, "/s/_1", loginSession, "Lock", nil},
		{sys, "/s/_1", properties, "PropertiesChanged", hint(true)},
		{sys, "/m", loginManager, "PrepareForSleep", []any{true}},
		{ses, "/x", "org.gnome.ScreenSaver", "ActiveChanged", []any{true}},
		{ses, "/y", "org.freedesktop.ScreenSaver", "ActiveChanged", []any{true}},
	} {
		for _, n := range nothing { // each bus keeps the order, so what these led to would be heard before
			if n.on == lock.on {
				n.on.signal(n.path, n.from, n.member, n.body...)
			}
		}
		lock.on.signal(lock.path, lock.from, lock.member, lock.body...)
		<-heard
	}
	cancel()
	<-done
	if n := len(heard); n != 0 {
		t.Errorf("%d more were heard", n)
	}
}

func TestNoSession(t *testing.T) {
	for _, v := range []string{"DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"} {
		t.Setenv(v, "unix:path="+filepath.Join(t.TempDir(), "nobody"))
	}
	WatchSession(t.Context(), func() { t.Error(errors.New("told of a lock")) })
}
