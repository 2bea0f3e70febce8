// Package atomicfile replaces small files so that a reader, a crash or a power cut sees the old content or the new one and
// never a third: temporary file in the same folder, fsync, rename, fsync of the folder, mode 0600. It is no database: a
// file is written whole, and who writes the same file from two processes must agree otherwise. The order of the calls is
// that of POSIX rename(2) and fsync(2).
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Mode is the permission of every file that this package writes.
const Mode fs.FileMode = 0o600

// FS is what this package and its users need of a file system. OS is the real one; atomicfiletest has one that fails and
// crashes where a test wants it.
type FS interface {
	// CreateTemp makes a new empty file of mode 0600 in dir, with a name as os.CreateTemp makes it from pattern.
	CreateTemp(dir, pattern string) (File, error)
	// Rename replaces newPath by oldPath in one step.
	Rename(oldPath, newPath string) error
	// Remove deletes a file; the error of a missing one is fs.ErrNotExist.
	Remove(path string) error
	// SyncDir makes what happened to the names in dir durable.
	SyncDir(dir string) error
	// ReadFile returns the content; the error of a missing file is fs.ErrNotExist.
	ReadFile(path string) ([]byte, error)
	// List returns the names in dir, nil if there is no such folder.
	List(dir string) ([]string, error)
	// MkdirAll makes the folder, mode 0700, and its parents.
	MkdirAll(dir string) error
}

// File is a file that is being written.
type File interface {
	Name() string
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// OS is the file system of the machine.
var OS FS = osFS{}

// Write replaces the file at path by data on the real file system. After an error the old content or the new is there.
func Write(path string, data []byte) error { return WriteFS(OS, path, data) }

// WriteFS is Write on another file system.
func WriteFS(fsys FS, path string, data []byte) error {
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	f, err := fsys.CreateTemp(dir, tempPrefix(base)+"*")
	if err != nil {
		return fmt.Errorf("write %s: %w", base, err)
	}
	if err := fill(f, data); err != nil {
		return fmt.Errorf("write %s: %w", base, errors.Join(err, fsys.Remove(f.Name())))
	}
	if err := fsys.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("replace %s: %w", base, errors.Join(err, fsys.Remove(f.Name())))
	}
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("make %s durable: %w", base, err)
	}
	return nil
}

// Clean removes the temporary files that a crash left beside path. Call it before the first Write, when no other process
// can be writing.
func Clean(fsys FS, path string) error {
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	names, err := fsys.List(dir)
	if err != nil {
		return fmt.Errorf("look for leftovers of %s: %w", base, err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, tempPrefix(base)) {
			continue
		}
		if err := fsys.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove leftover of %s: %w", base, err)
		}
	}
	return nil
}

// Remove deletes the file and makes that durable. A missing file is no error.
func Remove(fsys FS, path string) error {
	if err := fsys.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", filepath.Base(path), err)
	}
	if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("make removal of %s durable: %w", filepath.Base(path), err)
	}
	return nil
}

func tempPrefix(base string) string { return "." + base + ".tmp-" }

func fill(f File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

type osFS struct{}

func (osFS) CreateTemp(dir, pattern string) (File, error) {
	return os.CreateTemp(dir, pattern) // mode 0600 by its contract
}

func (osFS) Rename(oldPath, newPath string) error { return os.Rename(oldPath, newPath) }
func (osFS) Remove(path string) error             { return os.Remove(path) }
func (osFS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }
func (osFS) MkdirAll(dir string) error            { return os.MkdirAll(dir, 0o700) }

func (osFS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder can't be synced there; NTFS journals the rename
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
