package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
)

// The files beside the state of package computer. All are 0600 in a folder that only root may enter.
const (
	settingsFile = "computer.json"
	keyFile      = "computer.key"
	nextKeyFile  = "computer.key.next" // made by enroll, until the server has it
)

// settings say which computer this is, and at which server. Append fields, never rename.
type settings struct {
	Version int            `json:"version"` // 1
	ID      authn.ClientID `json:"id"`
	Name    string         `json:"name"`
	Server  client.Server  `json:"server"`
}

var errNotEnrolled = authn.Fail(authn.NotFound, "not_enrolled", "This computer is not enrolled yet.")

func (a *app) loadSettings() (s settings, err error) {
	data, err := os.ReadFile(a.path(settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, errNotEnrolled
	}
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil || s.Version != 1 || s.ID.Validate() != nil || s.Server.Identity.IsZero() {
		return s, fmt.Errorf("%s is not one that this program wrote; enroll the computer again", a.path(settingsFile))
	}
	return s, nil
}

func (a *app) saveSettings(s settings) error {
	s.Version = 1
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the settings: %w", err)
	}
	return atomicfile.Write(a.path(settingsFile), append(data, '\n'))
}

// loadKey reads a private key that nobody else may read.
func (a *app) loadKey(name string) (key.Private, error) {
	info, err := os.Stat(a.path(name))
	if err != nil {
		return key.Private{}, fmt.Errorf("read the computer's key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key.Private{}, fmt.Errorf("%s may be read by others: chmod 600 %s, and enroll the computer again if somebody has", a.path(name), a.path(name))
	}
	data, err := os.ReadFile(a.path(name))
	if err != nil {
		return key.Private{}, fmt.Errorf("read the computer's key: %w", err)
	}
	defer clear(data)
	k, err := key.ParsePEM(data)
	if err != nil {
		return key.Private{}, fmt.Errorf("read the computer's key: %w", err)
	}
	return k, nil
}

// nextKey is the key of an enrollment: the one that an interrupted enrollment has left, so that it can be finished, or a new one.
func (a *app) nextKey() (key.Private, error) {
	if k, err := a.loadKey(nextKeyFile); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	k, err := key.Generate()
	if err != nil {
		return key.Private{}, err
	}
	pem, err := k.EncodePEM()
	if err != nil {
		return key.Private{}, err
	}
	defer clear(pem)
	return k, atomicfile.Write(a.path(nextKeyFile), pem)
}
