// Package transfer reads what other authenticator apps export, and compares it with the codes that are there already. It
// stores nothing: what it found is shown first, and the caller stores what the person confirmed.
//
// A file is known by its content, never by its name. Everything in it is hostile until it is checked: sizes, counts, depths
// and the work that a key derivation may cost are bounded before they are used, and one entry that cannot be read leaves the
// others. docs/import.md says which apps and forms these are, where each app has its export, and what is refused.
package transfer

import (
	"context"
	"errors"
	"io"

	"avow/internal/key"
	"avow/internal/otp"
)

// The limits of what is read.
const (
	MaxFile     = 32 << 20 // bytes; the largest export that people have is far under 1 MiB without pictures
	MaxEntries  = 100_000
	MaxPassword = 1024 // bytes
	MaxMemory   = 1 << 30
)

// Item is one code of a file, valid by [otp.Code.Validate], with what the other app knew of it.
type Item struct {
	Code   otp.Code
	Name   string // the person's own name for it; "" if it is the issuer
	Note   string
	Groups []string // at most 8, each at most 40 characters
	Pinned bool
}

// Unreadable is an entry that is left out, and why.
type Unreadable struct {
	Where string // its name in the file, or "#3" for the third; no secret
	Err   error  // an authn.Error
}

// Found is what a file or a number of scanned texts hold. Wipe it when it is not needed any more.
type Found struct {
	Format     Format
	Items      []Item
	Unreadable []Unreadable
	Missing    []int // the parts of a Google migration that were not given, from 1, ascending
	Parts      int   // how many parts that migration has; 0 for everything else
}

// Wipe overwrites the secrets.
func (f *Found) Wipe() {
	for _, item := range f.Items {
		item.Code.Secret.Wipe()
		item.Code.PIN.Wipe()
	}
	*f = Found{}
}

// Options is what reading may need beside the file.
type Options struct {
	Password key.Secret // nil if none was given

	// Memory is how many bytes the key derivation that a file demands may take, at most [MaxMemory]; 0 is 256 MiB, which
	// every phone has. Only Ente goes over that: on a large phone or a computer it takes 1 GiB.
	Memory int64
}

// Read finds out what r is by its content and reads it. At most [MaxFile] bytes are read, and a few times that is the
// memory it takes. ctx ends it between its steps; a key derivation, which takes seconds on a slow phone, is one step.
//
// Errors: the sentinels of this package, that of r, that of ctx.
func Read(ctx context.Context, r io.Reader, o Options) (Found, error) {
	data, err := readAll(ctx, r)
	if err != nil {
		return Found{}, err
	}
	defer clear(data)
	if len(o.Password) > MaxPassword {
		return Found{}, ErrPasswordWrong
	}
	f, err := newFile(data)
	if err != nil {
		return Found{}, err
	}
	defer f.wipe()
	for _, format := range formats {
		if !format.sniff(f) {
			continue
		}
		found, err := format.read(ctx, f, o)
		if err == nil {
			err = found.check()
		}
		if err != nil {
			found.Wipe()
			return Found{}, err
		}
		if found.Format == "" {
			found.Format = format.name
		}
		return found, nil
	}
	return Found{}, ErrUnknownFormat
}

// check refuses what holds nothing.
func (f *Found) check() error {
	if len(f.Items) == 0 && len(f.Unreadable) == 0 {
		return ErrNothing
	}
	return nil
}

// readAll reads r up to the limit. It asks ctx between the pieces.
func readAll(ctx context.Context, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(reader{ctx, r}, MaxFile+1))
	if err != nil {
		clear(data)
		return nil, err
	}
	if len(data) > MaxFile {
		clear(data)
		return nil, ErrTooLarge
	}
	return data, nil
}

type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrTruncated.Because(err)
	}
	return n, err
}
