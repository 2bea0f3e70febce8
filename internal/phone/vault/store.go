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
}

// New returns the store and removes temporary files that a crash left. It reads nothing yet.
func New(cfg Config) (*Store, error) {
	if cfg.FS == nil {
		cfg.FS = atomicfile.OS
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
	return s.save(ctx, doc)
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

// OpenBackup opens the generation before the newest, for a person who was told that the newest is damaged. The next Save
// writes above every generation that there was, and keeps this backup until that is done.
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
	if backup == nil {
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
	doc, err := Decode(k, backup)
	if err != nil {
		return Document{}, s.damaged(err, 0, high)
	}
	s.known, s.last, s.main, s.good, s.tried = true, max(doc.Generation, high), file, backup, nil
	return doc, nil
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
	doc, err := decodeFile(k, file)
	if err != nil {
		var refused *refusedError
		if errors.As(err, &refused) || errors.Is(err, ErrNewer) {
			return Document{}, s.damaged(err, 0, high)
		}
		old, backupErr := decodeFile(k, backup)
		old.Wipe()
		if errors.As(backupErr, &refused) {
			return Document{}, refused.err
		}
		return Document{}, s.damaged(err, old.Generation, high)
	}
	if doc.Generation < high && !older {
		found := doc.Generation
		doc.Wipe()
		return Document{}, &RolledBackError{Found: found, Mark: high}
	}
	if err := s.cfg.Keys.RaiseMark(ctx, mark, doc.Generation); err != nil {
		doc.Wipe()
		return Document{}, err // a crash between the file and the mark is healed here
	}
	s.known, s.last, s.main, s.good, s.tried = true, max(doc.Generation, high), file, file, nil
	return doc, nil
}

func decodeFile(k *keystore.Exchanger, file []byte) (Document, error) {
	if file == nil {
		return Document{}, errors.New("vault file is missing")
	}
	return Decode(k, file)
}

// damaged tells what the key refused and what a newer app wrote from what is broken.
func (s *Store) damaged(err error, backup, high uint64) error {
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		return refused.err
	case errors.Is(err, ErrNewer):
		return ErrNewer
	}
	return &DamagedError{Backup: backup, Mark: high, Cause: err}
}

// Save stores doc as the next generation, which it sets in doc, and keeps the one before as the backup. It needs no user
// verification. When it returns nil, doc survives a power cut. After ErrStorage the file is the old one, or already the new
// one; both can be opened, and Save may be called again. Errors: ErrStorage, ErrChanged, ErrNoVault if nothing was opened or
// created before, those of the keystore.
func (s *Store) Save(ctx context.Context, doc *Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return ErrNoVault
	}
	return s.save(ctx, doc)
}

func (s *Store) save(ctx context.Context, doc *Document) error {
	pub, err := s.cfg.Keys.Public(s.cfg.Key)
	if err != nil {
		return err
	}
	onDisk, err := s.read(FileName)
	if err != nil {
		return err
	}
	switch {
	case onDisk == nil || bytes.Equal(onDisk, s.main):
	case s.tried != nil && bytes.Equal(onDisk, s.tried):
		s.main, s.good = onDisk, onDisk // its rename was done, only the fsync after it failed
	default:
		return ErrChanged
	}
	next := *doc
	next.V, next.Generation = Version, s.last+1
	file, err := Encode(pub, next)
	if err != nil {
		return err
	}
	s.last, s.tried = next.Generation, file // used up, whether the disk takes it or not
	if err := s.write(file); err != nil {
		return err
	}
	s.main, s.good, s.tried = file, file, nil
	doc.V, doc.Generation = next.V, next.Generation
	return s.cfg.Keys.RaiseMark(ctx, mark, next.Generation)
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
	s.known, s.last, s.main, s.good, s.tried = false, 0, nil, nil, nil
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
