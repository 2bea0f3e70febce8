package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// silence is how long a stream may be without a byte: three of the server's heartbeats.
const silence = 60 * time.Second

// Event is one event of a Stream; exactly one of its fields is set.
type Event struct {
	Request   string              // a wire.ApprovalRequest as JWS, not verified
	Closed    *wire.RequestClosed // a request is open no more
	Status    *wire.Status        // verified
	Computers bool                // grants or lists have changed: ask Device.Offline
	Test      string              // the id of a test that this phone asked for
	Duplicate bool                // a phone has claimed what this one offers: ask Device.Duplicate
}

// Stream is an open event stream (GET /v1/events, text/event-stream of the HTML standard, section 9.2).
type Stream struct {
	device *Device
	parent context.Context
	cancel context.CancelFunc
	body   io.ReadCloser
	lines  *bufio.Reader
	quiet  *time.Timer
	mu     sync.Mutex
	silent bool
}

// Events opens the stream. It ends when ctx does, when Close is called, when the device is revoked, or when the network breaks; to
// connect again, after a pause, is the caller's.
func (d *Device) Events(ctx context.Context) (*Stream, error) {
	var s *Stream
	err := d.roundTrip(ctx, func() error {
		var err error
		if s, err = d.connect(ctx); isUseNonce(err) {
			s, err = d.connect(ctx)
		}
		return err
	})
	return s, err
}

func (d *Device) connect(parent context.Context) (*Stream, error) {
	ctx, cancel := context.WithCancel(parent)
	late := time.AfterFunc(d.o.timeout(), cancel) // only until the headers are there
	req, err := d.request(ctx, http.MethodGet, "/v1/events", "", nil, d.kid)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := d.http.Do(req)
	inTime := late.Stop()
	if err == nil && !inTime {
		_ = resp.Body.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		cancel()
		return nil, networkError(parent, req.URL.Host, withoutURL(err))
	}
	d.keepNonce(resp.Header.Get(wire.NonceHeader))
	if resp.StatusCode != http.StatusOK || media(resp.Header) != "text/event-stream" {
		late = time.AfterFunc(d.o.timeout(), cancel)
		body, _ := io.ReadAll(io.LimitReader(resp.Body, wire.MaxBody))
		late.Stop()
		_ = resp.Body.Close()
		cancel()
		return nil, answerError(resp.StatusCode, resp.Header, body)
	}
	s := &Stream{device: d, parent: parent, cancel: cancel, body: resp.Body, lines: bufio.NewReaderSize(resp.Body, 4<<10)}
	s.quiet = time.AfterFunc(silence, s.giveUp)
	return s, nil
}

func (s *Stream) giveUp() {
	s.mu.Lock()
	s.silent = true
	s.mu.Unlock()
	s.cancel()
}

// Close ends the stream; Next then fails.
func (s *Stream) Close() {
	s.quiet.Stop()
	s.cancel()
	_ = s.body.Close()
}

// Next waits for the next event. Events of kinds that this version does not know are passed over. After an error the stream
// is closed.
func (s *Stream) Next() (Event, error) {
	for {
		name, data, err := s.frame()
		if err == nil {
			var e Event
			var known bool
			if e, known, err = s.event(name, data); err == nil && known {
				return e, nil
			}
		}
		if err != nil {
			s.Close()
			return Event{}, err
		}
	}
}

func (s *Stream) event(name, data string) (Event, bool, error) {
	switch name {
	case wire.EventRequest:
		return Event{Request: data}, true, nil
	case wire.EventRequestClosed:
		var c wire.RequestClosed
		if err := wire.DecodeAnswer([]byte(data), &c); err != nil {
			return Event{}, false, ErrNonsense.Because(err)
		}
		return Event{Closed: &c}, true, nil
	case wire.EventStatus:
		var a wire.StatusAnswer
		if err := wire.DecodeAnswer([]byte(data), &a); err != nil {
			return Event{}, false, ErrNonsense.Because(err)
		}
		st, err := s.device.verifyStatus(a)
		return Event{Status: &st}, err == nil, err
	case wire.EventComputers:
		return Event{Computers: true}, true, nil
	case wire.EventTest:
		var t wire.DeliveryTest
		if err := wire.DecodeAnswer([]byte(data), &t); err != nil {
			return Event{}, false, ErrNonsense.Because(err)
		}
		return Event{Test: t.ID}, t.ID != "", nil
	case wire.EventDuplicate:
		return Event{Duplicate: true}, true, nil
	}
	return Event{}, false, nil
}

// frame reads up to the empty line that ends an event; comments, which are heartbeats, only keep the stream alive.
func (s *Stream) frame() (name, data string, err error) {
	var lines []string
	for size := 0; ; {
		line, err := s.line()
		if err != nil {
			return "", "", err
		}
		if size += len(line); size > wire.MaxBody {
			return "", "", nonsense("event has more than %d bytes", wire.MaxBody)
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && (name != "" || lines != nil):
			return name, strings.Join(lines, "\n"), nil
		case line == "" || field == "":
			size = 0
		case field == "event":
			name = value
		case field == "data":
			lines = append(lines, value)
		}
	}
}

func (s *Stream) line() (string, error) {
	var b strings.Builder
	for {
		part, err := s.lines.ReadSlice('\n')
		s.quiet.Reset(silence)
		b.Write(part)
		switch {
		case err == nil:
			return strings.TrimRight(b.String(), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", s.broken(err)
		case b.Len() > wire.MaxBody:
			return "", nonsense("event line has more than %d bytes", wire.MaxBody)
		}
	}
}

func (s *Stream) broken(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent {
		err = fmt.Errorf("no heartbeat for %s: %w", silence, err)
		return ErrUnreachable.Because(err)
	}
	if errors.Is(err, io.EOF) && s.parent.Err() == nil {
		return authn.Fail(authn.Unavailable, "stream_ended", "The server ended the connection. It is opened again.").Because(err)
	}
	return networkError(s.parent, s.device.Server().Host(), err)
}
