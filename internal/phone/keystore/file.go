package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// The names of the files in the app's folder.
const (
	FileName   = "keystore.json"
	BackupName = "keystore.json.bak"
	SecretName = "keystore.secret" // of class software only
)

// Options say how a File is made or opened.
type Options struct {
	Dir      string                // made if it is missing
	FS       atomicfile.FS         // nil: the machine's
	Verifier platform.UserVerifier // nil: PIN only
	Now      func() time.Time      // nil: time.Now; should carry the monotonic clock
	Boot     Boot                  // nil: the machine's
	KDF      KDF                   // zero: DefaultKDF; used when a PIN is set

	// KeyringWait is how long to wait for the desktop's keyring to start or to be unlocked; zero: 20 seconds.
	KeyringWait time.Duration

	// Backup opens the backup of a keystore whose file is damaged, for a person who was told so.
	Backup bool
}

// File is a keystore in a sealed file. Everything in it is sealed under a root secret, which lies in the desktop's keyring
// (class keyring) or in a file beside it (class software). Approval, exchange and vault keys are besides sealed to two
// keys that only the PIN opens, or the OS's user verification: one for a single use, one that may be held for Window.
type File struct {
	opt     Options
	class   key.Class
	install string
	root    key.Secret
	marks   marks

	pinning chan struct{} // held while a PIN is checked, so that tries are counted one by one
	ringing chan struct{} // held while the keyring is called
	marking sync.Mutex    // held while marks in the keyring are read and written

	mu     sync.Mutex
	body   body
	heard  stamp   // when a trusted time was told last
	window *opened // a verification that is still good
	until  time.Time
	timer  *time.Timer
	gone   bool
}

var (
	_ Keystore = (*File)(nil)
	_ PINs     = (*File)(nil)
)

// Create makes a new keystore of class key.Keyring or key.Software. Errors: ErrKeystoreExists, ErrStorage,
// ErrKeyringUnavailable: then nothing was made, and the caller may offer key.Software.
func Create(ctx context.Context, opt Options, class key.Class) (*File, error) {
	opt = opt.withDefaults()
	if class != key.Software && class != key.Keyring {
		return nil, fmt.Errorf("create keystore of class %q: not kept in a file", class)
	}
	if err := opt.prepare(); err != nil {
		return nil, err
	}
	for _, name := range []string{FileName, BackupName} {
		data, err := opt.read(name)
		if err != nil {
			return nil, err
		}
		if data != nil {
			return nil, ErrKeystoreExists
		}
	}
	f := newFile(opt, class, key.RandomID(16))
	f.root = key.NewSecret(rootSize)
	if err := f.keepRoot(ctx); err != nil {
		return nil, err
	}
	if err := f.commit(keys, func(*body) error { return nil }); err != nil {
		return nil, err
	}
	return f, nil
}

// Open opens the keystore that lies in the folder, whatever its class; it never makes a new one. Errors: ErrNoKeystore,
// ErrKeystoreDamaged (Options.Backup may help), ErrKeystoreNewer, ErrStorage, ErrKeyringUnavailable (try again later), ErrKeyringLost.
func Open(ctx context.Context, opt Options) (*File, error) {
	opt = opt.withDefaults()
	if err := opt.prepare(); err != nil {
		return nil, err
	}
	name := FileName
	if opt.Backup {
		name = BackupName
	}
	data, err := opt.read(name)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return nil, opt.missing()
	}
	h, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	f := newFile(opt, h.Class, h.Install)
	if err := f.fetchRoot(ctx); err != nil {
		return nil, f.lostOrDamaged(err)
	}
	if f.body, err = h.open(f.root); err != nil {
		return nil, err
	}
	f.resumeWait()
	f.repairCopies(data)
	return f, nil
}

// lostOrDamaged tells a keyring that lost its secret from a file that names the wrong one: then its backup names another.
func (f *File) lostOrDamaged(err error) error {
	if !errors.Is(err, ErrKeyringLost) {
		return err
	}
	for _, name := range []string{FileName, BackupName} {
		data, readErr := f.opt.read(name)
		if h, parseErr := parseHeader(data); readErr == nil && parseErr == nil && h.Install != f.install {
			return ErrKeystoreDamaged.Because(err)
		}
	}
	return err
}

// missing tells an empty folder from one whose keystore file was lost.
func (o Options) missing() error {
	for _, name := range []string{FileName, BackupName} {
		data, err := o.read(name)
		if err != nil {
			return err
		}
		if data != nil {
			return ErrKeystoreDamaged.Because(errors.New("one of its two files is missing"))
		}
	}
	return ErrNoKeystore
}

// repairCopies brings file and backup to the same keys, so that no removed key or changed PIN lives on in the other. If
// that fails, as on a full disk, the keystore is still good and the next start tries again.
func (f *File) repairCopies(data []byte) {
	other := BackupName
	if f.opt.Backup {
		other = FileName
	}
	copied, err := f.opt.read(other)
	if err != nil {
		return
	}
	if h, err := parseHeader(copied); err == nil {
		if b, err := h.open(f.root); err == nil && b.sameKeys(f.body) {
			return
		}
	}
	_ = f.opt.write(other, data)
}

func newFile(opt Options, class key.Class, install string) *File {
	f := &File{opt: opt, class: class, install: install, pinning: make(chan struct{}, 1), ringing: make(chan struct{}, 1)}
	if class == key.Keyring {
		f.marks = keyringMarks{f}
	} else {
		f.marks = fileMarks{f}
	}
	return f
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = atomicfile.OS
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Boot == nil {
		o.Boot = systemBoot
	}
	if o.KDF == (KDF{}) {
		o.KDF = DefaultKDF
	}
	if o.KeyringWait == 0 {
		o.KeyringWait = 20 * time.Second
	}
	return o
}

func (o Options) prepare() error {
	if err := o.FS.MkdirAll(o.Dir); err != nil {
		return ErrStorage.Because(err)
	}
	for _, name := range []string{FileName, BackupName, SecretName} {
		if err := atomicfile.Clean(o.FS, o.path(name)); err != nil {
			return ErrStorage.Because(err)
		}
	}
	return nil
}

func (o Options) path(name string) string { return filepath.Join(o.Dir, name) }

// read returns nil for a missing file and an empty slice for an empty one.
func (o Options) read(name string) ([]byte, error) {
	data, err := o.FS.ReadFile(o.path(name))
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

func (o Options) write(name string, data []byte) error {
	if err := atomicfile.WriteFS(o.FS, o.path(name), data); err != nil {
		return ErrStorage.Because(err)
	}
	return nil
}

// What a commit touches: keys and slots are written to the backup too, the count of tries and marks are not.
const (
	keys = iota
	counters
)

// commit changes the file by change: afterwards disk and memory are as change left them, or, with an error, memory is as
// it was and the disk has the old or the new state.
func (f *File) commit(what int, change func(*body) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return ErrNoKeystore
	}
	next := f.body.clone()
	if err := change(&next); err != nil {
		return err
	}
	data, err := encode(f.class, f.install, f.root, next)
	if err != nil {
		return err
	}
	if err := f.opt.write(FileName, data); err != nil {
		return err
	}
	f.body = next
	if what == counters {
		return nil
	}
	return f.opt.write(BackupName, data)
}

// Class implements Keystore.
func (f *File) Class() key.Class { return f.class }

// Create implements Keystore.
func (f *File) Create(_ context.Context, id ID, purpose Purpose) (key.Public, error) {
	if !purpose.Valid() || !id.valid() {
		return key.Public{}, fmt.Errorf("create key: bad id %q or purpose %q", id, purpose)
	}
	private, err := key.Generate()
	if err != nil {
		return key.Public{}, err
	}
	pub := private.Key()
	err = f.commit(keys, func(b *body) error {
		if _, ok := b.find(id); ok {
			return ErrKeyExists
		}
		e := entry{ID: id, Purpose: purpose, Public: pub}
		if e.Sealed, err = b.sealKey(e, private); err != nil {
			return err
		}
		b.Keys = append(b.Keys, e)
		return nil
	})
	if err != nil {
		return key.Public{}, err
	}
	return pub, nil
}

// Public implements Keystore.
func (f *File) Public(id ID) (key.Public, error) {
	e, err := f.entry(id)
	return e.Public, err
}

// List implements Keystore.
func (f *File) List() []Info {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Info, len(f.body.Keys))
	for i, e := range f.body.Keys {
		list[i] = Info{e.ID, e.Purpose, e.Public}
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list
}

// Delete implements Keystore.
func (f *File) Delete(_ context.Context, id ID) error {
	return f.commit(keys, func(b *body) error {
		b.Keys = slices.DeleteFunc(b.Keys, func(e entry) bool { return e.ID == id })
		return nil
	})
}

// Destroy implements Keystore.
func (f *File) Destroy(ctx context.Context) error {
	f.Lock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
	f.root.Wipe()
	f.body = body{}
	err := f.forgetRoot(ctx) // first: without it the files say nothing
	if f.opt.Verifier != nil {
		err = errors.Join(err, f.opt.Verifier.Forget(ctx))
	}
	for _, name := range []string{SecretName, FileName, BackupName} {
		if removeErr := atomicfile.Remove(f.opt.FS, f.opt.path(name)); removeErr != nil {
			err = errors.Join(err, ErrStorage.Because(removeErr))
		}
	}
	return err
}

func (f *File) entry(id ID) (entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.body.find(id)
	if !ok {
		return entry{}, ErrKeyNotFound
	}
	return e, nil
}

func (id ID) valid() bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	return strings.Trim(string(id), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == ""
}

func (b body) clone() body {
	b.Slots, b.Keys, b.Marks = slices.Clone(b.Slots), slices.Clone(b.Keys), maps.Clone(b.Marks)
	return b
}

// sameKeys compares all but counters and marks.
func (b body) sameKeys(o body) bool {
	same := func(x, y entry) bool { return x.ID == y.ID && bytes.Equal(x.Sealed, y.Sealed) }
	slots := func(x, y slot) bool { return x.Kind == y.Kind && bytes.Equal(x.Sealed, y.Sealed) }
	return b.Rule == o.Rule && slices.EqualFunc(b.Keys, o.Keys, same) && slices.EqualFunc(b.Slots, o.Slots, slots)
}
