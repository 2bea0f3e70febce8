package vault

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"avow/internal/atomicfile"
	"avow/internal/key"
)

// Writing a large vault anew for each small change would take too long, so the change alone is written, as a file of its own beside the vault, by the
// same steps as every other file: it is there whole or not at all. Each names the generation that it makes and the one that it was made from. Now and
// then the vault is written anew, and the changes go that no backup needs any more.

// LogPrefix begins the names of the files that hold one change each; the generation in decimal follows.
const LogPrefix = "vault.log."

const (
	// defaultLogFrom is the size of a vault file from which on changes are written alone: below it, writing all of it costs about the same.
	defaultLogFrom = 128 << 10
	// maxRecords is how many changes there are before the vault is written anew at once: each is a file to be opened.
	maxRecords = 256
	// tidyRecords is how many there are before it is written anew when nobody waits for it.
	tidyRecords = 16

	recordLabel = "avow vault log v1"
	maxRecord   = MaxFile
)

// record is one change. It is sealed with XChaCha20-Poly1305 under the vault's log key, a random nonce before it; label and generation are
// authenticated with it.
type record struct {
	Generation uint64     `json:"generation"`
	After      uint64     `json:"after"` // the generation that it was made from
	Accounts   listChange `json:"accounts"`
	Codes      listChange `json:"codes"`
}

// listChange says what a list becomes: how long it is, and what stands where it is not as before.
type listChange struct {
	Len     int               `json:"len"`
	At      []int             `json:"at"` // ascending
	Entries []json.RawMessage `json:"entries"`
}

func diff(old, next []json.RawMessage) listChange {
	c := listChange{Len: len(next), At: []int{}, Entries: []json.RawMessage{}}
	for i, e := range next {
		if i >= len(old) || !same(old[i], e) {
			c.At, c.Entries = append(c.At, i), append(c.Entries, e)
		}
	}
	return c
}

// same compares; what is the same memory, as most is, costs nothing.
func same(a, b json.RawMessage) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || bytes.Equal(a, b))
}

func additional(generation uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(recordLabel), generation)
}

func sealRecord(log key.Secret, r record) ([]byte, error) {
	for _, list := range [][]json.RawMessage{r.Accounts.Entries, r.Codes.Entries} {
		for _, e := range list {
			if !isEntry(e) {
				return nil, errors.New("encode vault: entry is not a JSON object in one line")
			}
		}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	defer func() { clear(text.Bytes()) }()
	if err := enc.Encode(r); err != nil {
		return nil, errors.New("encode vault: entry is not JSON") // the cause could quote it
	}
	aead, err := chacha20poly1305.NewX(log)
	if err != nil {
		return nil, err
	}
	nonce := key.NewSecret(chacha20poly1305.NonceSizeX)
	return aead.Seal(nonce, nonce, text.Bytes(), additional(r.Generation)), nil
}

func openRecord(log key.Secret, generation uint64, file []byte) (r record, err error) {
	aead, err := chacha20poly1305.NewX(log)
	if err != nil {
		return record{}, err
	}
	if len(file) < chacha20poly1305.NonceSizeX || len(file) > maxRecord {
		return record{}, errors.New("change of the vault is cut")
	}
	text, err := aead.Open(nil, file[:chacha20poly1305.NonceSizeX], file[chacha20poly1305.NonceSizeX:], additional(generation))
	if err != nil {
		return record{}, errors.New("change of the vault is damaged")
	}
	defer clear(text)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil || r.Generation != generation || r.After >= generation {
		return record{}, errors.New("change of the vault is not one")
	}
	return r, nil
}

// apply makes doc the next generation. The lists are new, their entries are shared.
func (r record) apply(doc *Document) error {
	accounts, err := r.Accounts.apply(doc.Accounts)
	if err != nil {
		return err
	}
	codes, err := r.Codes.apply(doc.Codes)
	if err != nil {
		return err
	}
	doc.Accounts, doc.Codes, doc.Generation = accounts, codes, r.Generation
	return nil
}

func recordName(generation uint64) string { return LogPrefix + strconv.FormatUint(generation, 10) }

// recordsOf are the generations of which a change lies in the folder, ascending.
func recordsOf(fsys atomicfile.FS, dir string) ([]uint64, error) {
	names, err := fsys.List(dir)
	if err != nil {
		return nil, ErrStorage.Because(fmt.Errorf("look for changes: %w", err))
	}
	var list []uint64
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, LogPrefix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil && recordName(n) == name && n <= maxGeneration {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// cleanRecords removes temporary files that a crash left of changes.
func (s *Store) cleanRecords() error {
	names, err := s.cfg.FS.List(s.cfg.Dir)
	if err != nil {
		return ErrStorage.Because(err)
	}
	for _, name := range names {
		base, _, ok := strings.Cut(strings.TrimPrefix(name, "."), ".tmp-")
		if !ok || !strings.HasPrefix(name, "."+LogPrefix) {
			continue
		}
		if err := atomicfile.Clean(s.cfg.FS, s.path(base)); err != nil {
			return ErrStorage.Because(err)
		}
	}
	return nil
}

// replayed is what became of a vault file and the changes beside it.
type replayed struct {
	doc    Document
	newest uint64 // generation of the newest change that lies there, 0 for none
	count  int    // changes that were made
	broken error  // a change is missing or damaged; doc is as far as one can come
}

// replay makes the changes of the log: those that lead from the newest one back to doc. One that leads nowhere is of a save that failed.
func (s *Store) replay(doc Document, log key.Secret) (replayed, error) {
	out := replayed{doc: doc}
	all, err := recordsOf(s.cfg.FS, s.cfg.Dir)
	if err != nil || len(all) == 0 {
		return out, err
	}
	if out.newest = all[len(all)-1]; log == nil {
		return out, nil
	}
	all = slices.DeleteFunc(all, func(n uint64) bool { return n <= doc.Generation })
	records := make(map[uint64]record, len(all))
	for _, n := range all {
		file, err := s.read(recordName(n))
		if err != nil {
			return out, err
		}
		r, err := openRecord(log, n, file)
		if err != nil {
			out.broken = fmt.Errorf("generation %d: %w", n, err)
			continue
		}
		records[n] = r
	}
	chain, err := back(records, all, doc.Generation)
	if err != nil {
		out.broken = errors.Join(out.broken, err)
		chain = forth(records, all, doc.Generation)
	} else {
		out.broken = nil
	}
	for _, n := range chain {
		if err := records[n].apply(&out.doc); err != nil {
			out.broken = fmt.Errorf("generation %d: %w", n, err)
			return out, nil
		}
		out.count++
	}
	return out, nil
}

// back are the generations from base, without it, to the newest.
func back(records map[uint64]record, all []uint64, base uint64) (chain []uint64, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	for at := all[len(all)-1]; at > base; {
		r, ok := records[at]
		if !ok {
			return nil, fmt.Errorf("change to generation %d is missing", at)
		}
		chain, at = append(chain, at), r.After
		if at < base {
			return nil, fmt.Errorf("change to generation %d was made from an earlier vault", r.Generation)
		}
	}
	slices.Reverse(chain)
	return chain, nil
}

// forth are the generations that can be reached from base.
func forth(records map[uint64]record, all []uint64, base uint64) (chain []uint64) {
	for at := base; ; {
		next := uint64(0)
		for _, n := range all {
			if r, ok := records[n]; ok && r.After == at {
				next = n // the last one: those before it are of saves that failed
			}
		}
		if next == 0 {
			return chain
		}
		chain, at = append(chain, next), next
	}
}

// removeRecords removes the changes up to a generation, which nothing needs any more.
func (s *Store) removeRecords(upTo uint64) error {
	all, err := recordsOf(s.cfg.FS, s.cfg.Dir)
	if err != nil {
		return err
	}
	removed := false
	for _, n := range all {
		if n > upTo {
			continue
		}
		if err := s.cfg.FS.Remove(filepath.Join(s.cfg.Dir, recordName(n))); err != nil {
			return ErrStorage.Because(err)
		}
		removed = true
	}
	if removed {
		if err := s.cfg.FS.SyncDir(s.cfg.Dir); err != nil {
			return ErrStorage.Because(err)
		}
	}
	return nil
}
