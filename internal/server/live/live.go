// Package live wakes those who wait: a phone's event stream, a page, a client's long poll. It carries no content, only "look again at this topic": who is
// woken reads the store, so a lost wake-up costs time and never truth.
package live

import "sync"

// Topic names what changed: a user's requests and devices, one request, one registration session.
type Topic string

// Hub hands wake-ups on. The zero value is not usable; NewHub makes one.
type Hub struct {
	mu      sync.Mutex
	topics  map[Topic]map[*Waiter]struct{}
	stop    sync.Once
	stopped chan struct{}
}

// Waiter waits for wake-ups of one topic.
type Waiter struct {
	hub   *Hub
	topic Topic
	c     chan struct{}
}

// NewHub returns an empty hub.
func NewHub() *Hub {
	return &Hub{topics: map[Topic]map[*Waiter]struct{}{}, stopped: make(chan struct{})}
}

// Stop tells all who wait that the server ends. Calling it again does nothing.
func (h *Hub) Stop() { h.stop.Do(func() { close(h.stopped) }) }

// Stopped is closed by Stop. Every stream and long poll ends then, so that the server can.
func (h *Hub) Stopped() <-chan struct{} { return h.stopped }

// Wait subscribes. Subscribe first, then read the store, then wait: so nothing is missed. Close when done.
func (h *Hub) Wait(t Topic) *Waiter {
	w := &Waiter{hub: h, topic: t, c: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[t] == nil {
		h.topics[t] = map[*Waiter]struct{}{}
	}
	h.topics[t][w] = struct{}{}
	return w
}

// C receives once for any number of wake-ups since the last receive.
func (w *Waiter) C() <-chan struct{} { return w.c }

// Close unsubscribes.
func (w *Waiter) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	delete(w.hub.topics[w.topic], w)
	if len(w.hub.topics[w.topic]) == 0 {
		delete(w.hub.topics, w.topic)
	}
}

// Wake wakes everyone who waits for t. Call it after the change is on disk.
func (h *Hub) Wake(t Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.topics[t] {
		select {
		case w.c <- struct{}{}:
		default: // woken already
		}
	}
}

// User is the topic of a user's requests, devices and notices.
func User(id string) Topic { return Topic("user:" + id) }

// Request is the topic of one approval request.
func Request(id string) Topic { return Topic("request:" + id) }

// AuthReq is the topic of one approval request as its client knows it: by the text of the auth_req_id's hash.
func AuthReq(hash string) Topic { return Topic("auth_req:" + hash) }

// Outbox is the topic of messages that wait to be sent.
const Outbox Topic = "outbox"

// Session is the topic of one registration session.
func Session(id string) Topic { return Topic("session:" + id) }

// Computers is the topic of the grants and batches of one device.
func Computers(device string) Topic { return Topic("computers:" + device) }
