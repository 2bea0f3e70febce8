package server_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// stream is an open event stream of a phone.
type stream struct {
	t      testing.TB
	events chan [2]string // name and data
}

// stream opens a stream; the first status has been read when it returns.
func (p *phone) stream(ctx context.Context) *stream {
	p.r.t.Helper()
	for try := 0; ; try++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.r.Site.Issuer+"/v1/events", nil)
		if err != nil {
			p.r.t.Fatal(err)
		}
		req.Header.Set("Authorization", p.proof(http.MethodGet, "/v1/events", nil))
		resp, err := p.r.http.Do(req)
		if err != nil {
			p.r.t.Fatal(err)
		}
		p.mu.Lock()
		p.nonce = resp.Header.Get(wire.NonceHeader)
		p.mu.Unlock()
		if resp.StatusCode != http.StatusOK {
			_ = resp.Body.Close()
			if try == 0 {
				continue
			}
			p.r.t.Fatalf("stream: status %d", resp.StatusCode)
		}
		s := &stream{t: p.r.t, events: make(chan [2]string, 100)}
		go func() {
			defer resp.Body.Close()
			defer close(s.events)
			name := ""
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				_, _ = p.r.traffic.Write(lines.Bytes())
				field, value, _ := strings.Cut(lines.Text(), ": ")
				switch field {
				case "event":
					name = value
				case "data":
					s.events <- [2]string{name, value}
				}
			}
		}()
		s.wait(wire.EventStatus)
		return s
	}
}

// wait returns the data of the next event with the name; others are passed over. Only a broken test waits to the end.
func (s *stream) wait(name string) string {
	s.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.t.Fatalf("stream ended before %q", name)
			}
			if e[0] == name {
				return e[1]
			}
		case <-late.C:
			s.t.Fatalf("no event %q", name)
		}
	}
}

// ended waits for the end of the stream and returns the names of what came before it.
func (s *stream) ended() (names []string) {
	s.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				return names
			}
			names = append(names, e[0])
		case <-late.C:
			s.t.Fatal("stream did not end")
		}
	}
}

// plain is a text with the readable part of each JWS in it.
func plain(s string) string {
	var b strings.Builder
	b.WriteString(s)
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`."{}[],: `+"\n", r) }) {
		if d, err := base64.RawURLEncoding.DecodeString(part); err == nil && len(d) > 1 && d[0] == '{' {
			b.WriteByte('\n')
			b.Write(d)
		}
	}
	return b.String()
}

// TestStreamBringsTests: a test comes back on the device's own streams, also on one that is opened after it, and on nobody else's; a second one has to wait.
func TestStreamBringsTests(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	second := o.connect(o.anna, authn.BindAdditional)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, other := o.phone.stream(ctx), second.stream(ctx)
	const id, theirs = "AAAAAAAAAAAAAAAAAAAAAA", "AQEBAQEBAQEBAQEBAQEBAQ"
	send := func(p *phone, id string, want int) {
		t.Helper()
		decode[struct{}](t, p.post("/v1/events/test", wire.DeliveryTest{ID: id}), want)
	}
	for _, bad := range []string{"", "AAAA", id + "A", strings.Repeat("!", 22)} {
		if a := o.phone.post("/v1/events/test", wire.DeliveryTest{ID: bad}); a.status != http.StatusBadRequest {
			t.Errorf("id %q: status %d", bad, a.status)
		}
	}
	send(o.phone, id, http.StatusOK)
	if got := s.wait(wire.EventTest); got != `{"id":"`+id+`"}` {
		t.Errorf("the test came as %s", got)
	}
	o.phone.stream(ctx).wait(wire.EventTest)
	send(second, theirs, http.StatusOK)
	if got := other.wait(wire.EventTest); got != `{"id":"`+theirs+`"}` {
		t.Errorf("the other device got %s", got)
	}
	if a := o.phone.post("/v1/events/test", wire.DeliveryTest{ID: theirs}); a.status != http.StatusTooManyRequests {
		t.Errorf("a second test at once: status %d", a.status)
	}
}

// TestStreamOfComputers: a phone that listens hears at once that its grants or lists have changed, and at the beginning that there are any.
func TestStreamOfComputers(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	m := o.computer("desk-7")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := o.phone.stream(ctx)
	g := o.grant(m, "desk-7")
	s.wait(wire.EventComputers)
	raw, err := wire.SignBatch(m.device, wire.Batch{
		Computer: "desk-7", Holder: string(o.phone.id), IssuedAt: 1, Grant: g.ID, ID: authn.NewBatchID(), JWK: newKey(t).Key(), Count: 50,
	})
	if err != nil {
		t.Fatal(err)
	}
	decode[wire.SyncedComputer](t, m.post("/v1/computer/sync", wire.SyncComputer{Journal: []wire.JournalEntry{}, Batches: []string{raw}}), http.StatusOK)
	if data := s.wait(wire.EventComputers); data != "{}" {
		t.Errorf("data is %q", data)
	}
	late := o.phone.stream(ctx)
	late.wait(wire.EventComputers)
	if err := o.Offline.End(ctx, "desk-7", authn.ComputerStolen, "admin:maja", "stolen"); err != nil {
		t.Fatal(err)
	}
	s.wait(wire.EventComputers)
	late.wait(wire.EventComputers)
}

// TestStream: a phone that listens hears of requests, of their end, of notices, and of its own end.
func TestStream(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	second := o.connect(o.anna, authn.BindAdditional)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	one, two := o.phone.stream(ctx), second.stream(ctx)
	q := o.ask()
	jws := one.wait(wire.EventRequest)
	if jws != o.phone.request(q.Request.ID) {
		t.Error("the stream says something else than the list")
	}
	two.wait(wire.EventRequest)
	decode[wire.DecisionAnswer](t, o.phone.decide(authn.Deny, q, ""), http.StatusOK)
	for _, s := range []*stream{one, two} {
		if e := s.wait(wire.EventRequestClosed); e != `{"id":"`+string(q.Request.ID)+`","state":"denied","device":"`+string(o.phone.id)+`","name":"Anna's phone"}` {
			t.Errorf("closed: %s", e)
		}
	}
	o.ask()
	late := o.phone.stream(ctx) // a stream that comes later
	late.wait(wire.EventRequest)
	if err := o.Device.Revoke(t.Context(), second.id, "admin:maja", "lost"); err != nil {
		t.Fatal(err)
	}
	two.ended()
	for {
		a := one.wait(wire.EventStatus)
		if strings.Contains(plain(a), string(authn.NoticeDeviceRevoked)) {
			break
		}
	}
	o.stop()
	one.ended()
	late.ended()
}

// TestStreamLimit: one device cannot hold more than eight streams.
func TestStreamLimit(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 8 {
		o.phone.stream(ctx)
	}
	wantProblem(t, "ninth", o.phone.call(http.MethodGet, "/v1/events", nil), http.StatusTooManyRequests, "too_many_streams")
}

// TestOwnRemoval: a device takes itself off; the others are told, also when the user is blocked.
func TestOwnRemoval(t *testing.T) {
	o := newOffice(t, authn.MatchTap)
	second := o.connect(o.anna, authn.BindAdditional)
	o.block(o.anna)
	wantProblem(t, "requests of a blocked user", second.call(http.MethodGet, "/v1/requests", nil), http.StatusForbidden, "user_disabled")
	wantProblem(t, "events of a blocked user", second.call(http.MethodGet, "/v1/events", nil), http.StatusForbidden, "user_disabled")
	if st := second.status(); st.UserStatus != authn.UserDisabled {
		t.Errorf("user is %s", st.UserStatus)
	}
	if a := second.post("/v1/device/remove", struct{}{}); a.status != http.StatusOK {
		t.Fatalf("remove: %d %s", a.status, a.body)
	}
	wantProblem(t, "after it", second.call(http.MethodGet, "/v1/device", nil), http.StatusForbidden, "device_revoked")
	n := o.phone.status().Notices
	if last := n[len(n)-1]; last.Kind != authn.NoticeDeviceRevoked || last.Facts["device"] != "Anna's phone" {
		t.Errorf("the first phone is told %+v", n)
	}
}
