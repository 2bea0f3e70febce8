package portal

import (
	"fmt"
	"net/http"
	"time"

	"avow/internal/server/live"
	"avow/internal/server/registration"
)

const (
	heartbeat    = 20 * time.Second
	writeTimeout = 30 * time.Second
)

// events tells the page when its session changes: the name of the state and nothing else. The page then loads itself.
func (s *Service) events(a answering) error {
	visit, v, err := s.visited(a)
	if err != nil {
		return err
	}
	if visit == nil {
		a.w.WriteHeader(http.StatusForbidden)
		return nil
	}
	waiter := s.site.Live.Wait(live.Session(string(v.Session.ID)))
	defer waiter.Close()

	a.w.Header().Set("Content-Type", "text/event-stream")
	a.w.Header().Set("X-Accel-Buffering", "no") // a proxy in front must hand on each event at once
	var sent registration.State
	for {
		if visit, v, err = s.visited(a); err != nil || visit == nil {
			return nil // the stream has begun: all that can be said is that it ends, and the page asks again
		}
		text := ": still here\n\n"
		if v.State != sent {
			text, sent = fmt.Sprintf("event: state\ndata: %s\n\n", v.State), v.State
		}
		if err := write(a.w, text); err != nil {
			return nil // the browser went away
		}
		if !lasting(v.State) {
			return nil
		}
		select {
		case <-waiter.C():
		case <-time.After(s.nextLook(v)):
		case <-s.site.Live.Stopped():
			return nil
		case <-a.r.Context().Done():
			return nil
		}
	}
}

// lasting says whether a session in this state can still change by itself.
func lasting(st registration.State) bool {
	return st == registration.Active || st == registration.Claimed || st == registration.Waiting
}

// nextLook is when to look again though nobody woke us: at the end of the session's time, else to show that we are here.
func (s *Service) nextLook(v registration.View) time.Duration {
	if v.State == registration.Waiting {
		return heartbeat
	}
	return min(max(0, v.Session.ExpiresAt.Sub(s.site.Now())), heartbeat)
}

func write(w http.ResponseWriter, text string) error {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has none
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}
