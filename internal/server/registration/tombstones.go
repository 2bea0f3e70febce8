package registration

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
)

// Tombstones is the file of used sessions, beside the database and not part of its backup: a session that connected a phone stays used
// also after yesterday's database was put back. Each line is the session's hash in hex and its expiry in Unix seconds. A line
// is on disk before the phone hears that it is connected; a last line that a power cut has torn is dropped.
type Tombstones struct {
	path string

	mu      sync.RWMutex
	expiry  map[authn.Hash]int64
	file    *os.File
	size    int64
	damaged bool // an append failed: what is on disk is not known, so the next one writes the file anew
}

// OpenTombstones opens the file, which it makes if it is not there.
func OpenTombstones(path string) (*Tombstones, error) {
	t := &Tombstones{path: path, expiry: map[authn.Hash]int64{}}
	if err := atomicfile.Clean(atomicfile.OS, path); err != nil {
		return nil, fmt.Errorf("open used sessions: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open used sessions: %w", err)
	}
	if err := t.parse(data); err != nil {
		return nil, fmt.Errorf("open used sessions %s: %w", filepath.Base(path), err)
	}
	if err := t.rewrite(); err != nil {
		return nil, fmt.Errorf("open used sessions: %w", err)
	}
	return t, nil
}

func (t *Tombstones) parse(data []byte) error {
	whole := bytes.LastIndexByte(data, '\n') + 1 // the rest is torn
	for i, line := range strings.Split(string(data[:whole]), "\n") {
		if line == "" {
			continue
		}
		text, at, _ := strings.Cut(line, " ")
		raw, err := hex.DecodeString(text)
		unix, err2 := strconv.ParseInt(at, 10, 64)
		if err != nil || err2 != nil || len(raw) != len(authn.Hash{}) {
			return fmt.Errorf("line %d is damaged; put the file back from its newest copy, or delete the line if there is none", i+1)
		}
		t.expiry[authn.Hash(raw)] = unix
	}
	return nil
}

func entry(h authn.Hash, unix int64) string {
	return hex.EncodeToString(h[:]) + " " + strconv.FormatInt(unix, 10) + "\n"
}

// rewrite replaces the file by what is in memory, plus what is added.
func (t *Tombstones) rewrite() error {
	var b bytes.Buffer
	for h, unix := range t.expiry {
		b.WriteString(entry(h, unix))
	}
	if t.file != nil {
		_ = t.file.Close() // its content is written anew
		t.file = nil
	}
	t.damaged = true
	if err := atomicfile.Write(t.path, b.Bytes()); err != nil {
		return err
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, atomicfile.Mode)
	if err != nil {
		return err
	}
	t.file, t.size, t.damaged = f, int64(b.Len()), false
	return nil
}

// Has reports whether the session with this hash was used.
func (t *Tombstones) Has(h authn.Hash) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.expiry[h]
	return ok
}

// Add keeps a used session. When it returns nil the entry is on disk.
func (t *Tombstones) Add(h authn.Hash, expires time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.expiry[h]; ok && !t.damaged {
		return nil
	}
	t.expiry[h] = expires.Unix() // used from now on, even if the disk is full
	var err error
	if t.damaged {
		err = t.rewrite()
	} else {
		err = t.append(entry(h, expires.Unix()))
	}
	if err != nil {
		return fmt.Errorf("keep used session: %w", err)
	}
	return nil
}

func (t *Tombstones) append(line string) error {
	_, err := t.file.WriteString(line)
	if err == nil {
		err = t.file.Sync()
	}
	if err != nil {
		t.damaged = true
		return errors.Join(err, t.file.Truncate(t.size))
	}
	t.size += int64(len(line))
	return nil
}

// Adopt adds the used sessions of the database that the file does not have.
func (t *Tombstones) Adopt(used map[authn.Hash]time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	missing := false
	for h, at := range used {
		if _, ok := t.expiry[h]; !ok {
			t.expiry[h], missing = at.Unix(), true
		}
	}
	if !missing {
		return nil
	}
	return t.rewrite()
}

// Forget drops the entries whose expiry is more than authn.TombstoneLifetime ago.
func (t *Tombstones) Forget(now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.expiry)
	for h, unix := range t.expiry {
		if now.After(time.Unix(unix, 0).Add(authn.TombstoneLifetime)) {
			delete(t.expiry, h)
		}
	}
	if len(t.expiry) == n && !t.damaged {
		return nil
	}
	return t.rewrite()
}

// Close closes the file.
func (t *Tombstones) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.damaged = true
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}
