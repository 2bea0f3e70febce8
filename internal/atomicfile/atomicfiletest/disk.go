// Package atomicfiletest is a disk in memory for tests of what survives: it fails at a chosen call, and it crashes, which
// forgets what was not synced and tears what was half written. It follows the weakest promise of POSIX: only fsync of a
// file keeps its content, only fsync of its folder keeps its name.
package atomicfiletest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"avow/internal/atomicfile"
)

// ErrFault is what a chosen call returns.
var ErrFault = errors.New("input/output error (made by the test)")

// Disk is a file system in memory. The zero value is not usable; call New.
type Disk struct {
	mu      sync.Mutex
	calls   int
	failAt  int  // the call that fails, counted from 1; 0 for none
	dead    bool // every call from failAt on fails, as after a crash
	full    int  // bytes that may still be written; negative for no limit
	temp    int
	names   map[string]*node // as running programs see it
	durable map[string]*node // as the disk has it
	pending []change         // name changes not yet synced, in order
}

type node struct {
	data   []byte
	synced []byte
}

type change struct {
	path string
	to   *node // nil: removed
}

// New returns an empty disk.
func New() *Disk {
	return &Disk{full: -1, names: map[string]*node{}, durable: map[string]*node{}}
}

// FailAt makes the n-th call from now on fail, counted from 1, and those after it too if dead is set; 0 ends failing.
func (d *Disk) FailAt(n int, dead bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls, d.failAt, d.dead = 0, n, dead
}

// Calls returns how many calls were made since FailAt.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Limit lets n more bytes be written, then the disk is full; negative for no limit.
func (d *Disk) Limit(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = n
}

// Pending returns how many name changes a crash could lose.
func (d *Disk) Pending() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.pending)
}

// Crash returns the disk as it may be found after a power cut. Bit i of kept says whether the i-th name change that was
// not synced reached the disk; torn says how many bytes of content that was not synced did, negative for all.
func (d *Disk) Crash(kept uint, torn int) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := New()
	names := map[string]*node{}
	for path, n := range d.durable {
		names[path] = n
	}
	for i, c := range d.pending {
		if kept>>i&1 == 0 {
			continue
		}
		if c.to == nil {
			delete(names, c.path)
		} else {
			names[c.path] = c.to
		}
	}
	for path, n := range names {
		data := n.survivor(torn)
		after.names[path] = &node{data: data, synced: data}
	}
	for path, n := range after.names {
		after.durable[path] = n
	}
	return after
}

func (n *node) survivor(torn int) []byte {
	if bytes.Equal(n.data, n.synced) {
		return bytes.Clone(n.synced)
	}
	if torn < 0 || torn > len(n.data) {
		torn = len(n.data)
	}
	return bytes.Clone(n.data[:torn])
}

// Put writes a file durably, past all faults.
func (d *Disk) Put(path string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &node{data: bytes.Clone(data), synced: bytes.Clone(data)}
	d.names[path], d.durable[path] = n, n
}

// Files returns every file as running programs see it.
func (d *Disk) Files() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string][]byte{}
	for path, n := range d.names {
		out[path] = bytes.Clone(n.data)
	}
	return out
}

// step counts a call and says whether it fails; the lock is held.
func (d *Disk) step() error {
	d.calls++
	if d.failAt > 0 && (d.calls == d.failAt || d.dead && d.calls > d.failAt) {
		return ErrFault
	}
	return nil
}

// CreateTemp implements atomicfile.FS.
func (d *Disk) CreateTemp(dir, pattern string) (atomicfile.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	d.temp++
	path := filepath.Join(dir, strings.Replace(pattern, "*", fmt.Sprint(d.temp), 1))
	n := &node{}
	d.names[path] = n
	d.pending = append(d.pending, change{path, n})
	return &file{d, n, path}, nil
}

// Rename implements atomicfile.FS. On disk a rename is one change of the new name and one of the old, as a crash that
// reorders metadata may show them.
func (d *Disk) Rename(oldPath, newPath string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	n, ok := d.names[oldPath]
	if !ok {
		return fs.ErrNotExist
	}
	delete(d.names, oldPath)
	d.names[newPath] = n
	d.pending = append(d.pending, change{newPath, n}, change{oldPath, nil})
	return nil
}

// Remove implements atomicfile.FS.
func (d *Disk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	if _, ok := d.names[path]; !ok {
		return fs.ErrNotExist
	}
	delete(d.names, path)
	d.pending = append(d.pending, change{path, nil})
	return nil
}

// SyncDir implements atomicfile.FS.
func (d *Disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return err
	}
	d.pending = slices.DeleteFunc(d.pending, func(c change) bool {
		if filepath.Dir(c.path) != dir {
			return false
		}
		if c.to == nil {
			delete(d.durable, c.path)
		} else {
			d.durable[c.path] = c.to
		}
		return true
	})
	return nil
}

// ReadFile implements atomicfile.FS.
func (d *Disk) ReadFile(path string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	n, ok := d.names[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(n.data), nil
}

// List implements atomicfile.FS.
func (d *Disk) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(); err != nil {
		return nil, err
	}
	var names []string
	for path := range d.names {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	return names, nil
}

// MkdirAll implements atomicfile.FS; folders need not be made here.
func (d *Disk) MkdirAll(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.step()
}

type file struct {
	d    *Disk
	n    *node
	path string
}

func (f *file) Name() string { return f.path }

func (f *file) Write(p []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		f.n.data = append(f.n.data, p[:len(p)/2]...) // a failing disk writes half
		return len(p) / 2, err
	}
	if f.d.full >= 0 && len(p) > f.d.full {
		n := f.d.full
		f.n.data, f.d.full = append(f.n.data, p[:n]...), 0
		return n, errors.New("no space left on device (made by the test)")
	}
	if f.d.full >= 0 {
		f.d.full -= len(p)
	}
	f.n.data = append(f.n.data, p...)
	return len(p), nil
}

func (f *file) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step(); err != nil {
		return err
	}
	f.n.synced = bytes.Clone(f.n.data)
	return nil
}

func (f *file) Close() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return f.d.step()
}
