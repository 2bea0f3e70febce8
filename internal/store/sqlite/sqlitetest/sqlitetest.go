// Package sqlitetest opens new databases quickly, for tests and the simulator. A program makes hundreds of them in a minute, and bringing an empty
// file to today's schema is 75 ms of work: here it is done once, and its file copied.
package sqlitetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"avow/internal/atomicfile"
	"avow/internal/store/sqlite"
)

// Open is sqlite.Open of the file at path, which is made when there is none.
func Open(ctx context.Context, path string) (*sqlite.Store, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, path, sqlite.Options{})
}

func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := empty()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, b)
}

// empty is the file of a database in which nothing has been written.
var empty = sync.OnceValues(func() (b []byte, err error) {
	dir, err := os.MkdirTemp("", "avow-")
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "avow.db")
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // which leaves no log beside the file
		return nil, err
	}
	return os.ReadFile(path)
})
