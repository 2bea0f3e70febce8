package computer

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
)

// Config is what a Machine needs. Dir and ID must be set.
type Config struct {
	Dir    string               // folder of the state file; made if missing
	FS     atomicfile.FS        // nil: the machine's own
	ID     authn.ClientID       // of this computer
	Host   string               // the server's, for the QR; it may be empty
	Now    func() time.Time     // the wall clock; nil: time.Now
	Uptime func() time.Duration // since boot, suspend counted (CLOCK_BOOTTIME); nil: since this process began
	Cost   ListCost             // of new lists; zero: DefaultListCost
	Log    *slog.Logger         // nil: nowhere
}

// Machine is the computer's memory and judgment. It is safe for concurrent use; of one folder there is one Machine at a time.
type Machine struct {
	cfg        Config
	path       string
	began      time.Duration // uptime when it was opened
	trying     chan struct{} // held by the one code that is being looked at, so that a guess is counted before the next
	stretching chan struct{} // held by the one argon2 that is running

	mu         sync.Mutex
	state      state
	clock      clock
	savedAt    time.Duration            // uptime of the last save
	handed     uint64                   // last journal entry that Pending gave out
	wrongAt    map[string]time.Duration // uptime of the last wrong code, by login
	challenges []*Challenge             // that live, oldest first
}

// Open reads the state, or begins with none if there is no file yet. ErrStateDamaged means that there is a file which cannot be
// believed: nobody may be let in by it, and Erase and the next contact begin anew.
func Open(cfg Config) (*Machine, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	m := &Machine{
		cfg: cfg, path: statePath(cfg), began: cfg.Uptime(), savedAt: cfg.Uptime(),
		trying: make(chan struct{}, 1), stretching: make(chan struct{}, 1),
		wrongAt: map[string]time.Duration{}, state: state{Offline: authn.OfflineDeny},
		clock: clock{wall: cfg.Now, uptime: cfg.Uptime},
	}
	if err := cfg.FS.MkdirAll(cfg.Dir); err != nil {
		return nil, ErrStorage.Because(fmt.Errorf("make folder of state: %w", err))
	}
	if err := atomicfile.Clean(cfg.FS, m.path); err != nil {
		return nil, ErrStorage.Because(err)
	}
	data, err := cfg.FS.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		m.clock.at, m.clock.since = cfg.Now(), m.began
		return m, nil
	}
	if err != nil {
		return nil, ErrStorage.Because(fmt.Errorf("read state: %w", err))
	}
	if m.state, err = decodeState(data); err != nil {
		return nil, ErrStateDamaged.Because(err)
	}
	if !m.state.of(cfg.ID) {
		return nil, ErrStateDamaged.Because(fmt.Errorf("state is not of computer %q", cfg.ID))
	}
	m.clock.at, m.clock.since = time.UnixMilli(m.state.HighWater), time.Duration(m.state.Uptime)*time.Millisecond
	m.clock.now()
	return m, nil
}

func (c *Config) complete() error {
	if c.Dir == "" || c.ID.Validate() != nil {
		return errors.New("computer: folder or id is missing")
	}
	if c.FS == nil {
		c.FS = atomicfile.OS
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Uptime == nil {
		began := time.Now()
		c.Uptime = func() time.Duration { return time.Since(began) }
	}
	if c.Cost == (ListCost{}) {
		c.Cost = DefaultListCost
	}
	if !c.Cost.bounded() {
		return fmt.Errorf("computer: cost of lists %+v is out of bounds", c.Cost)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func statePath(cfg Config) string { return filepath.Join(cfg.Dir, "state.json") }

// Erase removes the state in a folder, damaged or not: for a computer that is enrolled anew, whose journal begins anew too. No Machine
// may be open on it. Journal entries that the server does not have are lost with it.
func Erase(cfg Config) error {
	if cfg.FS == nil {
		cfg.FS = atomicfile.OS
	}
	if err := atomicfile.Remove(cfg.FS, statePath(cfg)); err != nil {
		return ErrStorage.Because(err)
	}
	return nil
}

// of reports whether all grants are of the computer: a state that was copied from another lets nobody in.
func (s state) of(id authn.ClientID) bool {
	for _, g := range s.Grants {
		if g.Computer.ID != id {
			return false
		}
	}
	return true
}

// save makes next the state once it is on disk; m.mu is held. After an error the state is as before.
func (m *Machine) save(next state) error {
	next.HighWater = max(0, m.clock.now().UnixMilli())
	next.Uptime = m.clock.since.Milliseconds()
	data, err := next.encode()
	if err == nil {
		err = atomicfile.WriteFS(m.cfg.FS, m.path, data)
	}
	if err != nil {
		return ErrStorage.Because(err)
	}
	m.state, m.savedAt = next, m.clock.since
	return nil
}

// Tick keeps the latest time seen on disk, at most once an hour. Call it every few minutes.
func (m *Machine) Tick() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.clock.uptime()-m.savedAt < time.Hour {
		return nil
	}
	return m.save(m.state)
}
