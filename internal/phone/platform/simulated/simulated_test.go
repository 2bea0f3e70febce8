package simulated_test

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/platformtest"
	"avow/internal/phone/platform/simulated"
)

func TestSensor(t *testing.T) {
	platformtest.RunVerifier(t, func(t *testing.T) *platformtest.VerifierFixture {
		now, answer := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), simulated.Touch
		s := simulated.NewSensor(func() time.Time { return now }, func(context.Context, platform.Prompt) simulated.Answer { return answer })
		return &platformtest.VerifierFixture{
			Verifier: s, Kind: authn.UVBiometric,
			Agree:  func() { answer = simulated.Touch },
			Cancel: func() { answer = simulated.Cancel },
			Enroll: s.EnrollFinger, Remove: s.RemoveFingers,
			Exhaust: func() {
				answer = simulated.WrongTouch
				if _, err := s.Verify(t.Context(), platform.Prompt{}); !errors.Is(err, platform.ErrLockedOut) {
					t.Fatalf("wrong fingers: %v", err)
				}
			},
			Pass: func(d time.Duration) { now = now.Add(d) },
		}
	})
}

func TestSensorSaysUsePIN(t *testing.T) {
	s := simulated.NewSensor(time.Now, simulated.Always(simulated.UsePIN))
	if _, err := s.Verify(t.Context(), platform.Prompt{Title: "Approve"}); !errors.Is(err, platform.ErrUsePIN) {
		t.Errorf("got %v, want ErrUsePIN", err)
	}
	if asked := s.Asked(); len(asked) != 1 || asked[0].Title != "Approve" {
		t.Errorf("prompts were %v", asked)
	}
}

func TestCamera(t *testing.T) {
	platformtest.RunCamera(t, func(*testing.T) (platform.Camera, func(image.Image)) {
		c := &simulated.Camera{}
		return c, func(img image.Image) { c.Show(img) }
	})
}

func TestCameraSaysNo(t *testing.T) {
	c := &simulated.Camera{}
	if c.Show(image.NewGray(image.Rect(0, 0, 1, 1))) {
		t.Error("someone looks though nobody started it")
	}
	c.Refuse(platform.ErrCameraDenied)
	if _, err := c.Start(t.Context()); !errors.Is(err, platform.ErrCameraDenied) {
		t.Errorf("got %v, want ErrCameraDenied", err)
	}
	c.Refuse(nil)
	frames, err := c.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context()); !errors.Is(err, platform.ErrCameraBusy) {
		t.Errorf("second reader: %v, want ErrCameraBusy", err)
	}
	c.Unplug()
	if _, ok := <-frames; ok {
		t.Error("an unplugged camera still sends")
	}
}

func TestScreen(t *testing.T) {
	s := &simulated.Screen{}
	platformtest.RunLifecycle(t, s, s.Tell)
	platformtest.RunGuard(t, s, s.Guarded)
}

func TestLinks(t *testing.T) {
	l := &simulated.Links{}
	platformtest.RunLinks(t, l, l.Open)
}
