package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
)

// JournalEnding is what the name of a file's journal has behind the file's own.
const JournalEnding = ".avow-progress"

// Made is a session that was made for a row.
type Made struct {
	User    string               `json:"user"`
	Session authn.RegistrationID `json:"session"`
	At      time.Time            `json:"at"`
	Expires time.Time            `json:"expires"`
	PIN     string               `json:"pin,omitempty"` // the server shows it once: without it here a kill before the report would lose it
}

// tried are rows that may be asked for from now on.
type tried struct {
	At    time.Time `json:"at"` // by the server's clock
	Users []string  `json:"users"`
}

// entry is one line of the journal.
type entry struct {
	Server string `json:"server,omitempty"` // in the first line: the issuer
	Admin  string `json:"admin,omitempty"`  // begins a run
	Try    *tried `json:"try,omitempty"`
	Made   *Made  `json:"made,omitempty"`
	Failed string `json:"failed,omitempty"` // a user: nothing was made for her, so she may be tried again
	NoPIN  bool   `json:"no_pin,omitempty"` // something was made, with a PIN that nobody knows
}

// Journal is the file in which a run keeps what is done. Lines are only added, and are on the disk before the run goes on: after a crash the last may be cut off, which
// is as if it had not been written. It is for its owner only. One run at a time may use it.
type Journal struct {
	path string
	file *os.File

	made   map[string]Made // by key
	noPIN  map[string]bool
	tried  map[string]time.Time // asked for since, with an answer that is not known
	admins map[string]bool      // who has run this
	server string
}

// OpenJournal opens the journal of a file of users, or makes it.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{path: path, made: map[string]Made{}, noPIN: map[string]bool{}, tried: map[string]time.Time{}, admins: map[string]bool{}}
	whole, err := j.load()
	if err != nil {
		return nil, err
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, atomicfile.Mode); err != nil {
		return nil, fmt.Errorf("keep the progress: %w", err)
	}
	err = j.file.Chmod(atomicfile.Mode)
	if err == nil {
		err = j.file.Truncate(whole)
	}
	if err == nil {
		err = atomicfile.OS.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep the progress in %s: %w", path, err), j.file.Close())
	}
	return j, nil
}

// load reads what is there and says how much of it is whole.
func (j *Journal) load() (int64, error) {
	data, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the progress: %w", err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	n := 0
	for line := range bytes.Lines(data[:whole]) {
		n++
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("line %d of %s cannot be read: put the file back as it was, or remove it to begin anew", n, j.path)
		}
		j.take(e)
	}
	return int64(whole), nil
}

// take follows one line.
func (j *Journal) take(e entry) {
	switch {
	case e.Admin != "":
		j.admins[e.Admin] = true
		if j.server == "" {
			j.server = e.Server
		}
	case e.Try != nil:
		for _, user := range e.Try.Users {
			if key := strings.ToLower(user); j.tried[key].IsZero() {
				j.tried[key] = e.Try.At
			}
		}
	case e.Made != nil:
		key := strings.ToLower(e.Made.User)
		j.made[key] = *e.Made
		delete(j.tried, key)
	case e.Failed != "":
		key := strings.ToLower(e.Failed)
		delete(j.tried, key)
		j.noPIN[key] = e.NoPIN
	}
}

// begin begins a run. The journal of another server is refused.
func (j *Journal) begin(server, admin string) error {
	if j.server != "" && j.server != server {
		return fmt.Errorf("%s belongs to %s and not to %s: use the credential of that server, or remove the file to begin anew", j.path, j.server, server)
	}
	return j.add(entry{Server: server, Admin: admin})
}

// add puts lines on the disk, all with one fsync.
func (j *Journal) add(entries ...entry) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, line := range entries {
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	_, err := j.file.Write(b.Bytes())
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("keep the progress in %s: %w", j.path, err)
	}
	for _, line := range entries {
		j.take(line)
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
