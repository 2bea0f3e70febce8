package client

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

type brokenSigner struct {
	key.Private
	err error
}

func (b brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, b.err }

func TestEvents(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	raw, err := wire.SignStatus(f.identity, wire.Status{Issuer: f.URL, Device: d.id, Name: "Anna"})
	if err != nil {
		t.Fatal(err)
	}
	id := authn.NewRequestID()
	f.answer(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("accept %q", r.Header.Get("Accept"))
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, ": heartbeat\n\nevent: request\ndata: a.b.c\n\nevent: of_a_later_version\ndata: x\n\n")
		_, _ = fmt.Fprintf(w, "event: request_closed\r\ndata: {\"id\":%q,\r\ndata: \"state\":\"denied\"}\r\n\r\n", id)
		_, _ = fmt.Fprintf(w, "event: status\ndata: {\"status\":%q}\n\n", raw)
	})
	s, err := d.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if e, err := s.Next(); err != nil || e.Request != "a.b.c" {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := s.Next(); err != nil || e.Closed == nil || e.Closed.ID != id || e.Closed.State != authn.RequestDenied {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := s.Next(); err != nil || e.Status == nil || e.Status.Name != "Anna" {
		t.Fatalf("%+v, %v", e, err)
	}
	_, err = s.Next()
	wantCode(t, err, "stream_ended")
}

func TestEventsBad(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	forged, err := wire.SignStatus(newKey(t), wire.Status{Issuer: f.URL, Device: d.id})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"forged status":    "event: status\ndata: {\"status\":\"" + forged + "\"}\n\n",
		"closed nonsense":  "event: request_closed\ndata: {\n\n",
		"endless line":     "data: " + strings.Repeat("x", 2*wire.MaxBody),
		"endless event":    "event: request\n" + strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n", 100),
		"status not JSON":  "event: status\ndata: hello\n\n",
		"status two times": "event: status\ndata: {\"status\":\"a\",\"status\":\"b\"}\n\n",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			f.answer(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = w.Write([]byte(text))
			})
			s, err := d.Events(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Next()
			wantCode(t, err, "server_nonsense")
		})
	}
}

// A half-open connection is found by the missing heartbeats, whether there ever was one or not.
func TestSilentStreamEnds(t *testing.T) {
	for _, beats := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			o := Options{PlainLoopback: true, Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
			s := Server{Issuer: "http://127.0.0.1:1", Identity: newKey(t).Key()}
			d := NewDevice(s, authn.NewDeviceID(), newKey(t), o)
			go func() {
				b := make([]byte, 1<<16)
				_, _ = far.Read(b)
				_, _ = far.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"))
				for range beats {
					time.Sleep(20 * time.Second)
					_, _ = far.Write([]byte(":\n\n"))
				}
			}()
			began := time.Now()
			stream, err := d.Events(bg())
			if err != nil {
				t.Fatal(err)
			}
			_, err = stream.Next()
			wantCode(t, err, "server_unreachable")
			if took, want := time.Since(began), time.Duration(beats)*20*time.Second+silence; took != want {
				t.Errorf("gave up after %v, want %v", took, want)
			}
			d.Close()
			_ = far.Close()
			synctest.Wait()
		})
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	f := newFake(t)
	d := f.device(t, Options{})
	f.answer(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := d.Events(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = s.Next()
	wantCode(t, err, "cancelled")
}
