package wire

import "time"

// DirectoryStatus answers GET /v1/admin/directory: how the directory stands from which users come. Without one only Configured is there.
type DirectoryStatus struct {
	Configured   bool          `json:"configured"`
	Running      bool          `json:"running"`
	Runs         int           `json:"runs"` // reads that have come to an end since the server's start
	Last         *DirectoryRun `json:"last,omitempty"`
	FullAt       time.Time     `json:"full_at,omitzero"` // when everybody was read last
	NextAt       time.Time     `json:"next_at,omitzero"`
	Problem      string        `json:"problem,omitempty"` // why the last read failed, and what to do
	ProblemSince time.Time     `json:"problem_since,omitzero"`
	Notes        []string      `json:"notes,omitempty"` // who was passed over and why
}

// DirectoryRun is what one read of the directory did, as numbers of users.
type DirectoryRun struct {
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Full      bool      `json:"full"`
	Read      int       `json:"read"`
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Disabled  int       `json:"disabled"` // disabled in the directory
	Enabled   int       `json:"enabled"`
	Vanished  int       `json:"vanished"`  // disabled, since the directory does not have them any more
	Conflicts int       `json:"conflicts"` // left alone, since somebody else has the login
	Broken    int       `json:"broken"`    // passed over, since the entry cannot be read
}

// SyncDirectory has the directory read now (POST /v1/admin/directory/sync).
type SyncDirectory struct {
	Full     bool   `json:"full"`     // everybody, not only what has changed
	Vanished bool   `json:"vanished"` // disables who is not found any more, also when they are more than half; with full
	Reason   string `json:"reason"`
}

// SyncingDirectory answers it at once: the read is done when Runs of the status is this.
type SyncingDirectory struct {
	Runs int `json:"runs"`
}

// TestDirectory connects, signs in, reads one page and changes nothing (POST /v1/admin/directory/test).
type TestDirectory struct {
	Reason string `json:"reason"`
}

// TestedDirectory answers it.
type TestedDirectory struct {
	Users int      `json:"users"` // on the first page
	Notes []string `json:"notes,omitempty"`
}
