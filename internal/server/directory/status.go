package directory

import (
	"net/url"
	"slices"
	"time"
)

// Run is what one read of the directory did.
type Run struct {
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Full      bool      `json:"full"`
	Counts
}

// Counts are how many users. Disabled are those blocked in the directory, Vanished those disabled because it does not have them any more.
type Counts struct {
	Read      int `json:"read"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Disabled  int `json:"disabled"`
	Enabled   int `json:"enabled"`
	Vanished  int `json:"vanished"`
	Conflicts int `json:"conflicts"`
	Broken    int `json:"broken"`
}

func (c *Counts) add(d Counts) {
	c.Read += d.Read
	c.Created += d.Created
	c.Updated += d.Updated
	c.Disabled += d.Disabled
	c.Enabled += d.Enabled
	c.Vanished += d.Vanished
	c.Conflicts += d.Conflicts
	c.Broken += d.Broken
}

// changed reports whether there is something to tell beside that the directory was read.
func (c Counts) changed() bool {
	c.Read, c.Conflicts, c.Broken = 0, 0, 0 // these two stay until somebody puts them right
	return c != Counts{}
}

// Status is how the directory stands, for administrators.
type Status struct {
	Running      bool
	Runs         int       // finished since the server's start, failed ones too
	Last         Run       // the last that came to its end; zero when none did
	FullAt       time.Time // when everybody was read last
	NextAt       time.Time // zero while one runs
	Problem      string    // why the last one failed, as a sentence that says what to do; "" when it did not
	ProblemSince time.Time
	Notes        []string // of the last one: who was passed over and why; at most maxNotes
}

// maxNotes is the number of entries that are named; the counts tell of all.
const maxNotes = 50

// Name is the host of the directory, for people.
func (s *Service) Name() string {
	u, err := url.Parse(s.cfg.URL)
	if err != nil {
		return s.cfg.URL
	}
	return u.Hostname()
}

// Status tells how the directory stands.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.status
	st.Notes = slices.Clone(st.Notes)
	return st
}
