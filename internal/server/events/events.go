// Package events is the stream on which an open app hears of requests (docs/protocol.md, section 6): text/event-stream of the HTML
// standard, section 9.2. Routes: GET /v1/events,
// POST /v1/events/test. The stream only repeats what GET /v1/requests and GET /v1/device say, so one that
// breaks loses nothing.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/device"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

const (
	heartbeat = 20 * time.Second // also how often the store is read again, should a wake-up be lost
	writeTime = 10 * time.Second // for one event, before the phone is taken for gone
)

// Service is the flow of events. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	device *device.Service

	mu    sync.Mutex
	open  map[authn.DeviceID]int
	tests map[authn.DeviceID]test // of the last minute
}

// New makes the service.
func New(s *site.Site, c *proof.Checker, d *device.Service) *Service {
	return &Service{site: s, proof: c, device: d, open: map[authn.DeviceID]int{}, tests: map[authn.DeviceID]test{}}
}

// Routes registers the phone's route.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /v1/events", api.Handle(s.site.Log, s.events))
	mux.Handle("POST /v1/events/test", api.Handle(s.site.Log, s.test))
}

// maxStreams is how many streams one device may hold: broken ones count until they are noticed.
const maxStreams = 8

func (s *Service) enter(id authn.DeviceID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] >= maxStreams {
		return authn.Fail(authn.TooMany, "too_many_streams", "The app is connected too often. Wait a minute.").After(time.Minute)
	}
	s.open[id]++
	return nil
}

func (s *Service) leave(id authn.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id]--; s.open[id] == 0 {
		delete(s.open, id)
	}
}

// events runs a stream until the phone goes, the device or its user may not be heard any more, or the server ends.
func (s *Service) events(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	if err := s.enter(d.ID); err != nil {
		return err
	}
	defer s.leave(d.ID)
	waiter := s.site.Live.Wait(live.User(string(d.User)))
	defer waiter.Close()
	computers := s.site.Live.Wait(live.Computers(string(d.ID)))
	defer computers.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy in between must not gather events
	w.WriteHeader(http.StatusOK)
	st := stream{service: s, device: d, w: w, control: http.NewResponseController(w), shown: map[authn.RequestID]bool{}}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	news := st.hasGrants(r) // the phone may have missed something since it called last
	for {
		more, err := st.tell(r)
		if err != nil {
			s.site.Log.DebugContext(r.Context(), "stream ended", "device", string(d.ID), "err", err)
		}
		if err == nil && more && news {
			err, news = st.event(wire.EventComputers, struct{}{}), false
		}
		if err != nil || !more {
			return nil // the headers are gone: the phone sees the end of the stream and connects again, or is told why not
		}
		late := st.untilNext(s.site.Now())
		select {
		case <-waiter.C():
		case <-computers.C():
			news = true
		case <-late:
		case <-tick.C:
			err = st.send(": still here\n\n")
		case <-s.site.Live.Stopped():
			return nil
		case <-r.Context().Done():
			return nil
		}
		if err != nil {
			return nil
		}
	}
}

// stream is one open stream and what its phone knows.
type stream struct {
	service *Service
	device  authn.Device
	w       http.ResponseWriter
	control *http.ResponseController
	shown   map[authn.RequestID]bool
	expires []time.Time // of the requests that are shown
	told    wire.Status
	offers  string // what it was told of its offers
	tested  string // the test that was sent last
}

// news is what the store says now.
type news struct {
	status wire.Status
	open   []authn.ApprovalRequest // that wait for this device
	closed []wire.RequestClosed    // that did
	offers string                  // how those of the last minutes stand; "" for none
}

// tell sends what the phone does not know yet. more is false when the stream must end.
func (st *stream) tell(r *http.Request) (more bool, err error) {
	var n news
	err = st.service.site.Store.View(r.Context(), func(rd store.Reader) error {
		n, err = st.read(rd)
		return err
	})
	if err != nil || n.status.UserStatus != authn.UserActive {
		return false, err
	}
	more = n.status.State != authn.DeviceRevoked // it is told that it was removed, at once, and nothing after that
	if !more {
		n.open, n.closed, n.offers = nil, nil, st.offers
	}
	if !reflect.DeepEqual(n.status, st.told) {
		answer, err := st.service.device.Sign(n.status)
		if err != nil {
			return false, err
		}
		if err := st.event(wire.EventStatus, answer); err != nil {
			return false, err
		}
		st.told = n.status
	}
	if id := st.service.testOf(st.device.ID); id != st.tested && id != "" {
		if err := st.event(wire.EventTest, wire.DeliveryTest{ID: id}); err != nil {
			return false, err
		}
		st.tested = id
	}
	if n.offers != st.offers && n.offers != "" {
		if err := st.event(wire.EventDuplicate, struct{}{}); err != nil {
			return false, err
		}
		st.offers = n.offers
	}
	for _, c := range n.closed {
		if err := st.event(wire.EventRequestClosed, c); err != nil {
			return false, err
		}
		delete(st.shown, c.ID)
	}
	st.expires = st.expires[:0]
	for _, o := range n.open {
		st.expires = append(st.expires, o.Expires)
		if st.shown[o.ID] || n.status.MutedUntil > 0 { // a muted phone is not disturbed; it can still fetch them
			continue
		}
		jws, _ := o.OpenFor(st.device.ID, o.OpenedAt)
		if err := st.send("event: " + wire.EventRequest + "\ndata: " + jws + "\n\n"); err != nil {
			return false, err
		}
		st.shown[o.ID] = true
	}
	return more, nil
}

// hasGrants reports whether the phone has anything to do with computers.
func (st *stream) hasGrants(r *http.Request) (has bool) {
	err := st.service.site.Store.View(r.Context(), func(rd store.Reader) error {
		list, err := rd.GrantsOfDevice(st.device.ID, time.Time{})
		has = len(list) > 0
		return err
	})
	return has || err != nil // the phone may ask once too often
}

func (st *stream) read(rd store.Reader) (n news, err error) {
	now := st.service.site.Now()
	if n.status, err = st.service.device.Status(rd, st.device.ID); err != nil {
		return n, err
	}
	if n.offers, err = offers(rd, st.device.ID, now); err != nil {
		return n, err
	}
	all, err := rd.OpenApprovalRequests(st.device.User)
	if err != nil {
		return n, err
	}
	still := map[authn.RequestID]bool{}
	for _, o := range all {
		if _, ok := o.OpenFor(st.device.ID, now); ok && n.status.State == authn.DeviceActive {
			n.open = append(n.open, o)
			still[o.ID] = true
		}
	}
	for id := range st.shown {
		if still[id] {
			continue
		}
		o, err := rd.ApprovalRequest(id)
		if err != nil {
			return n, err
		}
		c := wire.RequestClosed{ID: id, State: o.StateAt(now)}
		if o.DecidedBy != "" {
			by, err := rd.Device(o.DecidedBy)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return n, err
			}
			c.Device, c.Name = o.DecidedBy, by.Info.Name
		}
		n.closed = append(n.closed, c)
	}
	return n, nil
}

// offers says how a device's offers of the last minutes stand, in a form that is only compared.
func offers(rd store.Reader, id authn.DeviceID, now time.Time) (stand string, err error) {
	list, err := rd.DuplicatesFrom(id, now.Add(-authn.DuplicateLifetime-authn.DuplicateAnswerTime))
	for _, d := range list {
		if d.State != authn.DuplicateOpen { // it knows that it has made an offer
			stand += fmt.Sprint(d.ID, d.State, d.Raced, " ")
		}
	}
	return stand, err
}

// untilNext fires when the first of the shown requests runs out of time; never when there is none.
func (st *stream) untilNext(now time.Time) <-chan time.Time {
	var first time.Time
	for _, e := range st.expires {
		if first.IsZero() || e.Before(first) {
			first = e
		}
	}
	if first.IsZero() {
		return nil
	}
	return time.After(max(first.Sub(now), time.Millisecond))
}

// event sends a value as JSON.
func (st *stream) event(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return st.send(fmt.Sprintf("event: %s\ndata: %s\n\n", name, b))
}

// send writes and flushes. The deadline takes the place of the server's, which would end every stream.
func (st *stream) send(text string) error {
	if err := st.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.control.Flush()
}
