package page

import (
	"fmt"
	"net/http"
	"time"

	"avow/internal/server/live"
)

const (
	heartbeat    = 20 * time.Second
	writeTimeout = 30 * time.Second
)

// Look says how things stand: the name of the state, when to look again though nobody woke us (0: when the heart beats), and whether it can still change. An error
// ends the stream, and the page asks again.
type Look func() (state string, again time.Duration, lasts bool, err error)

// Follow tells a page when its state changes: the name of the state and nothing else (server-sent events). The page then loads itself.
func (s *Set) Follow(a Request, topic live.Topic, look Look) error {
	waiter := s.Site.Live.Wait(topic)
	defer waiter.Close()
	a.W.Header().Set("Content-Type", "text/event-stream")
	a.W.Header().Set("X-Accel-Buffering", "no") // a proxy in front must hand on each event at once
	sent, first := "", true
	for {
		state, again, lasts, err := look()
		if err != nil {
			return nil // the stream has begun: all that can be said is that it ends
		}
		text := ": still here\n\n"
		if state != sent || first {
			text, sent, first = fmt.Sprintf("event: state\ndata: %s\n\n", state), state, false
		}
		if err := write(a.W, text); err != nil || !lasts {
			return nil
		}
		if again <= 0 || again > heartbeat {
			again = heartbeat
		}
		select {
		case <-waiter.C():
		case <-time.After(again):
		case <-s.Site.Live.Stopped():
			return nil
		case <-a.R.Context().Done():
			return nil
		}
	}
}

func write(w http.ResponseWriter, text string) error {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has none
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return c.Flush()
}
