package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"avow/internal/atomicfile"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
)

// The names of the files in the app's folder.
const (
	FileName   = "vault.age"
	BackupName = "vault.age.bak"
	IndexName  = "index.sealed"
)

// mark is the keystore's high-water mark of generations; label binds the sealed index to its use.
const (
	mark  = "vault"
	label = "avow index v1"
)

// Config says where a vault lies and which key opens it.
type Config struct {
	Dir  string            // made if it is missing
	FS   atomicfile.FS     // nil: the machine's
	Keys keystore.Keystore // holds Key
	Key  keystore.ID       // of purpose keystore.Vault

	// LogFrom is the size in bytes of a vault file from which on changes are written alone; 0 for the default.
	LogFrom int
}

// Store is the vault's files. It is safe for concurrent use. One process at a time may write a folder; a second one is
// noticed by Save, not prevented.
type Store struct {
	cfg Config

	mu    sync.Mutex
	known bool   // the fields below are set
	last  uint64 // newest generation opened or tried to save
	main  []byte // the bytes of the newest file as last seen on disk, damaged or not
	good  []byte // the bytes of the newest file that could be opened or was saved
	tried []byte // the bytes of a save that failed, which may yet lie on disk

	log     key.Secret // of the changes; nil while the vault is small
	whole   bool       // main is good and what saved holds is it with its changes, so that the next one can be added
	base    uint64     // generation of the file good
	saved   Document   // what is on disk; its entries are the caller's
	records int        // changes since good
}

// New returns the store and removes temporary files that a crash left. It reads nothing yet.
func New(cfg Config) (*Store, error) {
	if cfg.FS == nil {
		cfg.FS = atomicfile.OS
	}
	if cfg.LogFrom == 0 {
		cfg.LogFrom = defaultLogFrom
	}
	if err := cfg.FS.MkdirAll(cfg.Dir); err != nil {
		return nil, ErrStorage.Because(err)
	}
	s := &Store{cfg: cfg}
	for _, name := range []string{FileName, BackupName, IndexName} {
		if err := atomicfile.Clean(cfg.FS, s.path(name)); err != nil {
			return nil, ErrStorage.Because(err)
		}
	}
	if err := s.cleanRecords(); err != nil {
		return nil, err
	}
	return s, nil
}

// Found reports whether a vault or its backup lies in dir, without a keystore: an app that finds one but no keystore has lost
// its keys and must not greet its user as new. A nil fsys is the machine's.
func Found(fsys atomicfile.FS, dir string) (bool, error) {
	if fsys == nil {
		fsys = atomicfile.OS
	}
	s := &Store{cfg: Config{Dir: dir, FS: fsys}}
	file, err := s.read(FileName)
	if err != nil || file != nil {
		return file != nil, err
	}
	backup, err := s.read(BackupName)
	return backup != nil, err
}

// Exists reports whether there is a vault or was one: a file, a backup, or a mark of the keystore. Only if it is false may
// an app greet its user as new.
func (s *Store) Exists(ctx context.Context) (bool, error) {
	found, err := Found(s.cfg.FS, s.cfg.Dir)
	if err != nil || found {
		return found, err
	}
	n, err := s.cfg.Keys.Mark(ctx, mark)
	return n > 0, err
}

// Create writes the first generation. Errors: ErrExists, ErrStorage, those of the keystore.
func (s *Store) Create(ctx context.Context, doc *Document) error {
	exists, err := s.Exists(ctx)
	if err != nil {
		return err
	}
	if exists {
		return ErrExists
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = true
	return s.save(ctx, doc, false)
}

// Open verifies the user, as the keystore does for a vault key, and returns the newest vault. Errors: ErrNoVault if there never
// was one, *DamagedError (ErrDamaged), *RolledBackError (ErrRolledBack), ErrNewer, ErrStorage, and what the keystore says.
// The document is empty with every error.
func (s *Store) Open(ctx context.Context, p platform.Prompt) (Document, error) {
	return s.open(ctx, p, false)
}

// OpenRolledBack is Open for a person who was told that the vault is older than it should be and goes on.
func (s *Store) OpenRolledBack(ctx context.Context, p platform.Prompt) (Document, error) {
	return s.open(ctx, p, true)
}

// OpenBackup opens the newest generation that can be had without what is damaged, for a person who was told so. The next Save
// writes above every generation that there was, and keeps what was opened until that is done.
func (s *Store) OpenBackup(ctx context.Context, p platform.Prompt) (Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.read(FileName)
	if err != nil {
		return Document{}, err
	}
	backup, err := s.read(BackupName)
	if err != nil {
		return Document{}, err
	}
	if backup == nil && file == nil {
		return Document{}, ErrNoVault
	}
	high, err := s.cfg.Keys.Mark(ctx, mark)
	if err != nil {
		return Document{}, err
	}
	k, err := keystore.NewExchanger(ctx, s.cfg.Keys, s.cfg.Key, p)
	if err != nil {
		return Document{}, err
	}
	defer k.Close()
	if got, err := s.readAll(k, file); err == nil && got.broken != nil { // only a change is damaged: what comes before it is newer than the backup
		s.take(got, high, file, file)
		return got.doc, nil
	}
	if backup == nil {
		return Document{}, ErrNoVault
	}
	got, err := s.readAll(k, backup)
	if err != nil {
		return Document{}, s.damaged(err, 0, high)
	}
	s.take(got, high, file, backup)
	s.whole = false
	return got.doc, nil
}

// opened is a vault file with its changes.
type opened struct {
	replayed
	base uint64
	log  key.Secret
}

// readAll opens a file and makes the changes that lie beside it.
func (s *Store) readAll(k *keystore.Exchanger, file []byte) (opened, error) {
	doc, log, err := decodeFile(k, file)
	if err != nil {
		return opened{}, err
	}
	base := doc.Generation
	r, err := s.replay(doc, log)
	if err != nil {
		doc.Wipe()
		return opened{}, err
	}
	return opened{r, base, log}, nil
}

// take remembers what was opened.
func (s *Store) take(o opened, high uint64, main, good []byte) {
	s.known, s.last, s.main, s.good, s.tried = true, max(o.doc.Generation, high, o.newest), main, good, nil
	s.log, s.whole, s.base, s.saved, s.records = o.log, true, o.base, o.doc, o.count
}

func (s *Store) open(ctx context.Context, p platform.Prompt, older bool) (Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	high, err := s.cfg.Keys.Mark(ctx, mark)
	if err != nil {
		return Document{}, err
	}
	file, err := s.read(FileName)
	if err != nil {
		return Document{}, err
	}
	backup, err := s.read(BackupName)
	if err != nil {
		return Document{}, err
	}
	if file == nil && backup == nil && high == 0 {
		return Document{}, ErrNoVault
	}
	k, err := keystore.NewExchanger(ctx, s.cfg.Keys, s.cfg.Key, p)
	if err != nil {
		return Document{}, err
	}
	defer k.Close()
	got, err := s.readAll(k, file)
	doc := got.doc
	if err != nil {
		var refused *refusedError
		if errors.As(err, &refused) || errors.Is(err, ErrNewer) || errors.Is(err, ErrStorage) {
			return Document{}, s.damaged(err, 0, high)
		}
		old, backupErr := s.readAll(k, backup)
		defer old.doc.Wipe()
		if errors.As(backupErr, &refused) {
			return Document{}, refused.err
		}
		return Document{}, s.damaged(err, old.doc.Generation, high)
	}
	switch found := doc.Generation; {
	case got.broken != nil && !older:
		doc.Wipe()
		return Document{}, s.damaged(got.broken, found, high)
	case found < high && !older:
		doc.Wipe()
		return Document{}, &RolledBackError{Found: found, Mark: high}
	}
	if err := s.cfg.Keys.RaiseMark(ctx, mark, doc.Generation); err != nil {
		doc.Wipe()
		return Document{}, err // a crash between the file and the mark is healed here
	}
	s.take(got, high, file, file)
	return doc, nil
}

func decodeFile(k *keystore.Exchanger, file []byte) (Document, key.Secret, error) {
	if file == nil {
		return Document{}, nil, errors.New("vault file is missing")
	}
	return decode(k, file)
}

// damaged tells what the key refused and what a newer app wrote from what is broken.
func (s *Store) damaged(err error, backup, high uint64) error {
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		return refused.err
	case errors.Is(err, ErrNewer):
		return ErrNewer
	case errors.Is(err, ErrStorage):
		return err
	}
	return &DamagedError{Backup: backup, Mark: high, Cause: err}
}

// Save stores doc as the next generation, which it sets in doc, and keeps the one before as the backup. It needs no user
// verification. When it returns nil, doc survives a power cut. After ErrStorage the file is the old one, or already the new
// one; both can be opened, and Save may be called again. Of a large vault only what has changed is written; for that the entries
// that were saved must stay as they are until the next Save has returned. Errors: ErrStorage, ErrChanged, ErrNoVault if nothing was
// opened or created before, those of the keystore.
func (s *Store) Save(ctx context.Context, doc *Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return ErrNoVault
	}
	return s.save(ctx, doc, false)
}

// SaveWhole is Save that writes everything anew. Called twice, nothing that is not in doc is left on the disk.
func (s *Store) SaveWhole(ctx context.Context, doc *Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return ErrNoVault
	}
	return s.save(ctx, doc, true)
}

// Forget writes the vault anew if there are many changes beside it, as far as that can be done, and forgets everything: the next thing is to
// open it. The entries that were saved last must still be there.
func (s *Store) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && s.whole && s.records >= tidyRecords {
		_ = s.tidy() // the changes stay, and are tried again
	}
	s.log.Wipe()
	s.known, s.main, s.good, s.tried = false, nil, nil, nil
	s.log, s.whole, s.saved, s.records = nil, false, Document{}, 0
}

func (s *Store) save(ctx context.Context, doc *Document, whole bool) error {
	if err := s.unchanged(); err != nil {
		return err
	}
	next := *doc
	next.V, next.Generation = Version, s.last+1
	if err := next.validate(); err != nil {
		return fmt.Errorf("encode vault: %w", err)
	}
	add := s.log != nil && s.whole && !whole
	var err error
	if add {
		err = s.add(next)
	} else {
		err = s.writeWhole(next)
	}
	if err != nil {
		return err
	}
	doc.V, doc.Generation = next.V, next.Generation
	if err := s.cfg.Keys.RaiseMark(ctx, mark, next.Generation); err != nil {
		return err
	}
	if add && s.records >= maxRecords {
		_ = s.tidy() // what was saved is on disk in any case
	}
	return nil
}

// unchanged fails if another process has written.
func (s *Store) unchanged() error {
	onDisk, err := s.read(FileName)
	if err != nil {
		return err
	}
	switch {
	case onDisk == nil || bytes.Equal(onDisk, s.main):
	case s.tried != nil && bytes.Equal(onDisk, s.tried):
		s.main, s.good, s.whole = onDisk, onDisk, false // its rename was done, only the fsync after it failed
	default:
		return ErrChanged
	}
	if onDisk == nil {
		s.whole = false
	}
	if s.log == nil {
		return nil
	}
	all, err := recordsOf(s.cfg.FS, s.cfg.Dir)
	if err != nil {
		return err
	}
	if len(all) > 0 && all[len(all)-1] > s.last {
		return ErrChanged
	}
	return nil
}

// add writes the change that makes next of what was saved.
func (s *Store) add(next Document) error {
	r := record{next.Generation, s.saved.Generation, diff(s.saved.Accounts, next.Accounts), diff(s.saved.Codes, next.Codes)}
	file, err := sealRecord(s.log, r)
	if err != nil {
		return err
	}
	s.last = next.Generation // used up, whether the disk takes it or not
	if err := atomicfile.WriteFS(s.cfg.FS, s.path(recordName(next.Generation)), file); err != nil {
		return ErrStorage.Because(err)
	}
	s.records++
	s.saved = next
	return nil
}

// writeWhole writes the vault anew.
func (s *Store) writeWhole(next Document) error {
	pub, err := s.cfg.Keys.Public(s.cfg.Key)
	if err != nil {
		return err
	}
	file, err := encode(pub, next, s.log)
	if err != nil {
		return err
	}
	if s.log == nil && len(file) >= s.cfg.LogFrom {
		s.log = key.NewSecret(logKeySize)
		if file, err = encode(pub, next, s.log); err != nil {
			return err
		}
	}
	if len(file) > MaxFile { // decode would call it damaged
		return fmt.Errorf("encrypt vault: %d bytes, want at most %d", len(file), MaxFile)
	}
	s.last, s.tried = next.Generation, file
	s.whole = false
	if err := s.write(file); err != nil {
		return err
	}
	old := s.base
	s.main, s.good, s.tried = file, file, nil
	s.whole, s.base, s.saved, s.records = true, next.Generation, next, 0
	if s.log == nil {
		return nil
	}
	return s.removeRecords(old) // the backup needs those after it
}

// tidy writes anew what is on disk, as the same generation.
func (s *Store) tidy() error {
	last := s.last
	err := s.writeWhole(s.saved)
	s.last = last
	return err
}

// write puts the newest good file aside as the backup, then replaces it. A damaged file never becomes the backup.
func (s *Store) write(file []byte) error {
	backup, err := s.read(BackupName)
	if err != nil {
		return err
	}
	if s.good != nil && !bytes.Equal(backup, s.good) {
		if err := atomicfile.WriteFS(s.cfg.FS, s.path(BackupName), s.good); err != nil {
			return ErrStorage.Because(err)
		}
	}
	if err := atomicfile.WriteFS(s.cfg.FS, s.path(FileName), file); err != nil {
		return ErrStorage.Because(err)
	}
	return nil
}

// SaveIndex stores what may be known while the app is locked.
func (s *Store) SaveIndex(ctx context.Context, idx Index) error {
	text, err := encodeIndex(idx)
	if err != nil {
		return err
	}
	sealed, err := s.cfg.Keys.Seal(ctx, label, text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := atomicfile.WriteFS(s.cfg.FS, s.path(IndexName), sealed); err != nil {
		return ErrStorage.Because(err)
	}
	return nil
}

// LoadIndex reads the index without asking the user. ErrNoIndex if it is missing or damaged: Open the vault and make it anew.
func (s *Store) LoadIndex(ctx context.Context) (Index, error) {
	sealed, err := s.read(IndexName)
	if err != nil {
		return Index{}, err
	}
	if sealed == nil {
		return Index{}, ErrNoIndex
	}
	text, err := s.cfg.Keys.Unseal(ctx, label, sealed)
	if errors.Is(err, keystore.ErrSealBroken) {
		return Index{}, ErrNoIndex.Because(err)
	}
	if err != nil {
		return Index{}, err
	}
	idx, err := parseIndex(text)
	if err != nil {
		return Index{}, ErrNoIndex.Because(err)
	}
	return idx, nil
}

// Remove deletes all files of the vault, durably. The keystore's keys go first, in a wipe: without them the files say nothing.
func (s *Store) Remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{FileName, BackupName, IndexName} {
		if err := atomicfile.Remove(s.cfg.FS, s.path(name)); err != nil {
			return ErrStorage.Because(err)
		}
	}
	if err := s.removeRecords(maxGeneration); err != nil {
		return err
	}
	s.log.Wipe()
	s.known, s.last, s.main, s.good, s.tried = false, 0, nil, nil, nil
	s.log, s.whole, s.saved, s.records = nil, false, Document{}, 0
	return nil
}

func (s *Store) path(name string) string { return filepath.Join(s.cfg.Dir, name) }

// read returns nil for a missing file and an empty slice for an empty one.
func (s *Store) read(name string) ([]byte, error) {
	data, err := s.cfg.FS.ReadFile(s.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, ErrStorage.Because(fmt.Errorf("read %s: %w", name, err))
	case data == nil:
		return []byte{}, nil
	}
	return data, nil
}
