package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/key"
)

// open reads the administrator's credential. The file must be its owner's alone: who has it can do everything.
func (a *app) open() (client.Credential, error) {
	path := cmp.Or(a.credential, os.Getenv("AVOW_ADMIN"), "admin.json")
	b, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return client.Credential{}, cli.Usage{Text: fmt.Sprintf("there is no credential at %s: name it with --credential, or in AVOW_ADMIN", path)}
	}
	if err != nil {
		return client.Credential{}, err
	}
	c, err := client.ParseCredential(b)
	if err != nil {
		return client.Credential{}, fmt.Errorf("%s cannot be used: %w; avow-server init makes a good one", path, err)
	}
	return c, nil
}

// admin is the way to the server.
func (a *app) admin() (*client.Admin, error) {
	c, err := a.open()
	if err != nil {
		return nil, err
	}
	return client.NewAdmin(c, a.options), nil
}

// readPrivate reads a file that only its owner may read.
func readPrivate(path string) (key.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than you may read %s, which holds a private key; chmod 600 %s", path, path)
	}
	if info.Size() > 64<<10 {
		return nil, fmt.Errorf("%s is too large to be a key", path)
	}
	return os.ReadFile(path)
}
