// Package simulated is a platform without hardware: a finger on a button, a camera that shows pictures, a screen that goes
// dark when told. The simulator's windows and tests drive it; it protects nothing beyond this process's memory, and a
// device that keeps real accounts should use its OS. It keeps the same promises as an OS, which platformtest checks.
package simulated

import (
	"bytes"
	"context"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// Answer is what the person in front of the simulated sensor does.
type Answer string

// The answers.
const (
	Touch      Answer = "touch"       // an enrolled finger
	WrongTouch Answer = "wrong_touch" // another finger; the sensor asks again
	Cancel     Answer = "cancel"
	UsePIN     Answer = "use_pin"
)

// Wrong fingers that a sensor takes before it locks out, and for how long.
const (
	MaxWrong = 5
	LockOut  = 30 * time.Second
)

// Sensor is a fingerprint reader with the OS around it. It is safe for concurrent use.
type Sensor struct {
	now func() time.Time
	ask func(context.Context, platform.Prompt) Answer

	mu     sync.Mutex
	finger bool
	secret key.Secret
	stale  bool // a finger was added after Keep
	wrong  int
	until  time.Time
	asked  []platform.Prompt
}

var _ platform.UserVerifier = (*Sensor)(nil)

// NewSensor returns a sensor with one finger enrolled. ask is called for each prompt, from the goroutine of Verify, and says
// what the person does; it should return when ctx ends.
func NewSensor(now func() time.Time, ask func(context.Context, platform.Prompt) Answer) *Sensor {
	return &Sensor{now: now, ask: ask, finger: true}
}

// Always is a person who does the same at every prompt.
func Always(a Answer) func(context.Context, platform.Prompt) Answer {
	return func(context.Context, platform.Prompt) Answer { return a }
}

// EnrollFinger adds a finger; what was kept before is destroyed.
func (s *Sensor) EnrollFinger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret != nil {
		s.secret.Wipe()
		s.secret, s.stale = nil, true
	}
	s.finger = true
}

// RemoveFingers leaves the sensor without a finger.
func (s *Sensor) RemoveFingers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finger = false
}

// Asked returns the prompts shown so far.
func (s *Sensor) Asked() []platform.Prompt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]platform.Prompt(nil), s.asked...)
}

// Kinds implements platform.UserVerifier.
func (s *Sensor) Kinds() []authn.UserVerification {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finger {
		return nil
	}
	return []authn.UserVerification{authn.UVBiometric}
}

// Keep implements platform.UserVerifier; like Android it asks for the finger first.
func (s *Sensor) Keep(ctx context.Context, p platform.Prompt, secret key.Secret) error {
	if err := s.touch(ctx, p); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret, s.stale = bytes.Clone(secret), false
	return nil
}

// Forget implements platform.UserVerifier.
func (s *Sensor) Forget(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret.Wipe()
	s.secret, s.stale = nil, false
	return nil
}

// Verify implements platform.UserVerifier.
func (s *Sensor) Verify(ctx context.Context, p platform.Prompt) (platform.Verification, error) {
	s.mu.Lock()
	stale := s.stale
	s.mu.Unlock()
	if stale {
		return platform.Verification{}, platform.ErrInvalidated
	}
	if err := s.touch(ctx, p); err != nil {
		return platform.Verification{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return platform.Verification{Kind: authn.UVBiometric, Released: bytes.Clone(s.secret)}, nil
}

// touch asks until the finger is right, the person gives up or the sensor locks out.
func (s *Sensor) touch(ctx context.Context, p platform.Prompt) error {
	if !p.Allows(authn.UVBiometric) {
		return platform.ErrNotEnrolled
	}
	for {
		if err := s.begin(ctx, p); err != nil {
			return err
		}
		answer := s.ask(ctx, p)
		if err := ctx.Err(); err != nil {
			return err
		}
		switch answer {
		case Touch:
			s.mu.Lock()
			s.wrong = 0
			s.mu.Unlock()
			return nil
		case UsePIN:
			return platform.ErrUsePIN
		case WrongTouch:
			s.count()
		default:
			return platform.ErrCanceled
		}
	}
}

func (s *Sensor) begin(ctx context.Context, p platform.Prompt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finger {
		return platform.ErrNotEnrolled
	}
	if wait := s.until.Sub(s.now()); wait > 0 {
		return platform.LockedOut(wait)
	}
	s.asked = append(s.asked, p)
	return nil
}

func (s *Sensor) count() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong++; s.wrong >= MaxWrong {
		s.wrong, s.until = 0, s.now().Add(LockOut)
	}
}
