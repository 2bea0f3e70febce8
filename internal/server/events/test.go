package events

import (
	"encoding/base64"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/wire"
)

const (
	testLife  = time.Minute     // a stream that is opened anew meanwhile still brings it
	testPause = 2 * time.Second // between two tests of one device
)

// test is what a device wants to see on its streams.
type test struct {
	id string
	at time.Time
}

// test answers POST /v1/events/test: the device's open streams bring what it sent, on the way that requests take. Nothing of it is kept.
func (s *Service) test(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var t wire.DeliveryTest
	if err := api.Decode(body, &t); err != nil {
		return err
	}
	if id, err := base64.RawURLEncoding.Strict().DecodeString(t.ID); err != nil || len(id) != 16 {
		return authn.Fail(authn.Invalid, "bad_test", "The test has no id. Update the app.")
	}
	if err := s.take(d.ID, t.ID); err != nil {
		return err
	}
	s.site.Live.Wake(live.User(string(d.User)))
	return api.Write(w, http.StatusOK, struct{}{})
}

// take keeps a test for the streams, one of each device.
func (s *Service) take(id authn.DeviceID, sent string) error {
	now := s.site.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait := s.tests[id].at.Add(testPause).Sub(now); wait > 0 && wait <= testPause {
		return authn.Fail(authn.TooMany, "too_many_tests", "A test was sent a moment ago. Wait for it.").After(wait)
	}
	for other, t := range s.tests {
		if now.Sub(t.at) > testLife {
			delete(s.tests, other)
		}
	}
	s.tests[id] = test{sent, now}
	return nil
}

// testOf is the device's test of the last minute; "" for none.
func (s *Service) testOf(id authn.DeviceID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tests[id]
	if s.site.Now().Sub(t.at) > testLife {
		return ""
	}
	return t.id
}
