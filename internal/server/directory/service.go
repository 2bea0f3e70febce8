package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
)

const (
	fullEvery  = 24 * time.Hour   // everybody is read as often as this
	overlap    = 10 * time.Minute // a changed entry is looked for so long after: a read takes time, and directories have several clocks
	clockFault = time.Hour        // the directory's clock is no further behind than this
	firstWait  = 30 * time.Second // after a failure, doubled with each
)

// Names of the settings.
const (
	settingState   = "directory"         // kept
	settingBlocked = "directory.blocked" // blocked
)

// kept is what outlives the process, as JSON.
type kept struct {
	Scope  string    `json:"scope"`  // the settings that say who is read: others begin with a full read
	Cursor time.Time `json:"cursor"` // the newest change seen, by the directory's clock
	FullAt time.Time `json:"full_at"`
	Last   Run       `json:"last"`
}

// Order is what a read shall be beyond the usual.
type Order struct {
	Full     bool // read everybody, though it is not time
	Vanished bool // disable those who vanished, also when they are many; with Full
}

// Service keeps the store's users as they are in the directory, and asks it for passwords. It is safe for concurrent use.
type Service struct {
	site *site.Site
	cfg  Config

	reading sync.Mutex // one read at a time
	wake    chan struct{}
	guesses guesses
	binding chan struct{} // a place for each bind at the same time

	mu     sync.Mutex
	status Status
	order  Order // of the next read
}

// New makes the service. Nothing is asked of the directory yet. An error says what is wrong with the settings or the database.
func New(ctx context.Context, s *site.Site, cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d := &Service{
		site: s, cfg: cfg, wake: make(chan struct{}, 1), binding: make(chan struct{}, bindsAtOnce),
		guesses: guesses{now: s.Now, wrong: map[authn.UserID][]time.Time{}},
	}
	k, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	d.status.Last, d.status.FullAt = k.Last, k.FullAt
	return d, nil
}

// scope is what decides who is read and how.
func (c Config) scope() string {
	b, err := json.Marshal([]string{c.URL, c.BaseDN, c.filter(), string(c.Schema), c.GroupBase})
	if err != nil {
		panic("texts cannot fail to become JSON: " + err.Error())
	}
	return string(b)
}

func (s *Service) load(ctx context.Context) (k kept, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		set, err := r.Setting(settingState)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(set.Value), &k); err != nil {
			return fmt.Errorf("setting %s: %w", settingState, err)
		}
		return nil
	})
	return k, err
}

// Run reads the directory at once, then every so often, and when asked, until ctx ends. After a failure it tries again soon, then less often.
func (s *Service) Run(ctx context.Context) {
	for failed := 0; ; {
		s.mu.Lock()
		order := s.order
		s.order = Order{}
		s.mu.Unlock()
		if _, err := s.Sync(ctx, order); err == nil {
			failed = 0
		} else {
			failed++
		}
		wait := pause(s.cfg.Every, failed)
		s.mu.Lock()
		s.status.NextAt = s.site.Now().Add(wait)
		s.mu.Unlock()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-s.wake:
			t.Stop()
		case <-t.C:
		}
	}
}

// pause is how long to wait after so many failures in a row; never longer than without one.
func pause(every time.Duration, failed int) time.Duration {
	if failed == 0 || failed > 16 {
		return every
	}
	return min(every, firstWait<<(failed-1))
}

// Ask has Run read soon, beside its times. It returns what Runs of the status will be when the read has come to its end.
func (s *Service) Ask(o Order) (runs int) {
	s.mu.Lock()
	s.order.Full = s.order.Full || o.Full
	s.order.Vanished = s.order.Vanished || o.Vanished
	runs = s.status.Runs + 1
	if s.status.Running {
		runs++
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return runs
}

// Try connects, signs in and reads one page, and changes nothing. It returns how many people that page held, and who was broken.
func (s *Service) Try(ctx context.Context) (people int, broken []Broken, err error) {
	err = s.cfg.Read(ctx, time.Time{}, func(p Page) error {
		people, broken = len(p.People), p.Broken
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return people, broken, err
}

var errEnough = errors.New("one page is enough")
